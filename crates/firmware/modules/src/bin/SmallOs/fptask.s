# Sums 1/k^2, two terms at a time, by SSE2. What it has so far stays in XMM0 and XMM1 from call to call: an SMI
# handler that loses them shows. See fptask.rs.

    .section .text.fptask, "ax"
    .globl fp_begin, fp_go_on, fp_end
fp_begin:
    mov     rax, cr4
    or      eax, 0x600                      # OSFXSR, OSXMMEXCPT
    mov     cr4, rax
    mov     eax, 2
    cvtsi2sd xmm14, eax
    unpcklpd xmm14, xmm14                   # 2, 2
    mov     eax, 1
    cvtsi2sd xmm15, eax
    movapd  xmm1, xmm15
    unpcklpd xmm15, xmm15                   # 1, 1
    unpcklpd xmm1, xmm14                    # the first two k: 1, 2
    xorpd   xmm0, xmm0
    ret
fp_go_on:                                   # RCX: how many pairs of terms
    movapd  xmm2, xmm1
    mulpd   xmm2, xmm2
    movapd  xmm3, xmm15
    divpd   xmm3, xmm2
    addpd   xmm0, xmm3
    addpd   xmm1, xmm14
    dec     rcx
    jnz     fp_go_on
    ret
fp_end:                                     # RAX: the sum
    movapd  xmm2, xmm0
    unpckhpd xmm2, xmm2
    addsd   xmm2, xmm0
    movq    rax, xmm2
    ret
    .text
