# Stubs of the exceptions: vector and registers on the stack, then `handle`. See exception.rs.

    .section .text.exceptions, "ax"
    .globl  exception_stubs
    .balign 16
exception_stubs:
    .set    vector, 0
    .rept   34
    .balign 16
    .if     vector > 31 || (0x60227D00 >> (vector & 31)) & 1 == 0
    push    0
    .endif
    .byte   0x6A, vector                    # push vector
    jmp     2f
    .set    vector, vector + 1
    .endr
2:  push    rax
    push    rcx
    push    rdx
    push    rbx
    push    rbp
    push    rsi
    push    rdi
    push    r8
    push    r9
    push    r10
    push    r11
    push    r12
    push    r13
    push    r14
    push    r15
    cld
    mov     rcx, rsp
    mov     rbp, rsp
    and     rsp, -16
    sub     rsp, 32
    call    {handle}
    mov     rsp, rbp
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     r11
    pop     r10
    pop     r9
    pop     r8
    pop     rdi
    pop     rsi
    pop     rbp
    pop     rbx
    pop     rdx
    pop     rcx
    pop     rax
    add     rsp, 16                         # vector, error code
    iretq
    .text
