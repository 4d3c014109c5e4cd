# The first SMI of a processor: copied to 38000h, moves SMBASE. See relocate.rs.

    .section .text.smi_relocate, "ax"
    .globl smi_relocate, smi_relocate_end
    .code16
smi_relocate:                               # CS.base = 30000h
    mov     eax, cs:[0xFEFC]
    mov     cs:[0x80F0], eax
    mov     ebx, cs:[0x80F4]
    xor     ecx, ecx
    cmp     ax, 0x64
    jne     3f
    mov     cs:[0xFF00], ebx                # AMD64
    cmp     dword ptr cs:[0x80F8], ecx
    je      2f
    mov     cs:[0xFF78], ecx                # RIP: parks anew
    mov     byte ptr cs:[0xFEC9], cl        # auto-HALT restart
2:  rsm
3:  mov     cs:[0xFEF8], ebx                # Intel 64
    cmp     dword ptr cs:[0x80F8], ecx
    je      2b
    mov     cs:[0xFFD8], ecx
    mov     byte ptr cs:[0xFF02], cl
    rsm
smi_relocate_end:
    .code64
    .text
