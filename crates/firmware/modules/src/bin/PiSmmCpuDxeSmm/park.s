# Where application processors wait, in a page below 1 MiB: real mode, CS.base the page, IP = 0. See aps.rs.

    .section .text.ap_park, "ax"
    .globl ap_park, ap_park_end, ap_parked
    .code16
ap_park:
    cli
    .set AP_PARKED, ap_parked - ap_park
    mov     eax, 1
    cpuid
    shr     ebx, 24                         # the initial APIC ID
    lock bts dword ptr cs:[AP_PARKED], ebx
2:  hlt                                     # SMIs come and go
    jmp     2b
    .balign 4
ap_parked:
    .long   0
ap_park_end:
    .code64
    .text
