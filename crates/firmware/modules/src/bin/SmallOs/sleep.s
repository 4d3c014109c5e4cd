# Into S3 and back: what a function call keeps, and the system registers, wait on the stack. See sleep.rs.

    .section .text.sleep, "ax"
    .globl os_sleep, os_wake
os_sleep:                                   # RCX: goes to sleep
    push    rbx
    push    rbp
    push    rsi
    push    rdi
    push    r12
    push    r13
    push    r14
    push    r15
    mov     rax, cr0
    push    rax
    mov     rax, cr3
    push    rax
    mov     rax, cr4
    push    rax
    sub     rsp, 16
    sgdt    [rsp]
    mov     qword ptr [rip + {stack}], rsp
    sub     rsp, 32
    call    rcx
2:  pause                                   # QEMU sleeps some instructions later
    jmp     2b
os_wake:                                    # the waking vector: 64 bits, memory where it is, no interrupts
    mov     rsp, qword ptr [rip + {stack}]
    lgdt    [rsp]
    add     rsp, 16
    pop     rax
    mov     cr4, rax
    pop     rax
    mov     cr3, rax
    pop     rax
    mov     cr0, rax
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     rdi
    pop     rsi
    pop     rbp
    pop     rbx
    ret
    .text
