# The first SMI: copied to 38000h, moves SMBASE. See relocate.rs.

    .section .text.smi_relocate, "ax"
    .globl smi_relocate, smi_relocate_end
    .code16
smi_relocate:                               # CS.base = 30000h
    mov     eax, cs:[0xFEFC]
    mov     cs:[0x80F0], eax
    mov     ebx, cs:[0x80F4]
    cmp     ax, 0x64
    jne     2f
    mov     cs:[0xFF00], ebx                # AMD64
    rsm
2:  mov     cs:[0xFEF8], ebx                # Intel 64
    rsm
smi_relocate_end:
    .code64
    .text
