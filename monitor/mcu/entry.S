/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry, vectors and the change of worlds: the monitor's only assembly.
 *
 * All C of the monitor runs in monitor mode, on that mode's own stack: banked
 * registers of the other modes are shared between the worlds, and none of them is
 * touched.  Monitor mode is secure whatever SCR.NS says; NS is cleared all the same
 * while C runs, so that CP15 means the secure copies.
 */
    .syntax unified
    .arch armv7-a
    .arch_extension sec
    .arm

    .equ MODE_SVC, 0x13
    .equ MODE_MON, 0x16
    .equ MASKED, 0x1C0                  @ A, I, F
    .equ SCR_NS, 1 << 0
    .equ SCR_FW, 1 << 4                 @ the normal world masks its own FIQs
    .equ SCR_AW, 1 << 5                 @ and aborts
    .equ SCR_SIF, 1 << 9                @ no instruction from its memory in secure state
    .equ SCR_SECURE, SCR_FW | SCR_AW | SCR_SIF

    .section .header, "a"
    .word __load
    .word __file_bytes                  @ the whole image file: set when it is packaged
    .word entry

    .section .text.entry, "ax"
    .global entry
    .type entry, %function
entry:
    cpsid aif, #MODE_MON
    movw r0, #:lower16:SCR_SECURE
    mcr p15, 0, r0, c1, c1, 0           @ SCR
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0          @ VBAR, secure
    mcr p15, 0, r0, c12, c0, 1          @ MVBAR
    isb
    ldr sp, =stack_top
    ldr r0, =__bss_start
    ldr r1, =__bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    blx monitor_main                    @ returns when the normal world may run
    b normal_world_start

    /* One table for secure and for monitor mode: the secure world makes no calls
     * and takes no interrupts, so everything but an SMC is the end. */
    .section .text.vectors, "ax"
    .balign 32
vectors:
    b fault_other                       @ reset
    b fault_other                       @ undefined
    b smc
    b fault_prefetch
    b fault_data
    b fault_other
    b fault_other                       @ IRQ
    b fault_other                       @ FIQ

fault_prefetch:
    mrc p15, 0, r0, c6, c0, 2           @ IFAR
    b fault
fault_data:
    mrc p15, 0, r0, c6, c0, 0           @ DFAR
    b fault
fault_other:
    mov r0, #0
fault:
    sub r1, lr, #8
    cps #MODE_MON
    ldr sp, =stack_top                @ what was running is over
    blx monitor_fault
    b .

    /* r0..r4 are the call, r0 and r1 the answer, all else comes back as it was. */
smc:
    srsdb sp!, #MODE_MON
    push {r0-r12, lr}
    movw r0, #:lower16:SCR_SECURE
    mcr p15, 0, r0, c1, c1, 0
    isb
    mov r0, sp
    blx monitor_smc
    movw r0, #:lower16:(SCR_SECURE | SCR_NS)
    mcr p15, 0, r0, c1, c1, 0
    isb
    pop {r0-r12, lr}
    rfeia sp!

    /* Supervisor mode, MMU off, everything masked; no value of ours in a register. */
normal_world_start:
    movw r0, #:lower16:(SCR_SECURE | SCR_NS)
    mcr p15, 0, r0, c1, c1, 0
    isb
    movw r0, #0x0078
    movt r0, #0x00C5                    @ SCTLR: reset value, MMU and caches off
    mcr p15, 0, r0, c1, c0, 0           @ normal world's copy
    mov r0, #0
    mcr p15, 0, r0, c12, c0, 0          @ VBAR
    mcr p15, 0, r0, c2, c0, 2           @ TTBCR
    movw r0, #0xC00                     @ it may have the floating-point unit
    mcr p15, 0, r0, c1, c1, 2           @ NSACR
    isb
    mov r0, #(MASKED | MODE_SVC)
    msr spsr_cxsf, r0
    ldr lr, =normal_world_at
    ldr lr, [lr]
    ldr r2, =normal_world_tree
    ldr r2, [r2]
    mov r0, #0
    mvn r1, #0
    mov r3, #0
    mov r4, #0
    mov r5, #0
    mov r6, #0
    mov r7, #0
    mov r8, #0
    mov r9, #0
    mov r10, #0
    mov r11, #0
    mov r12, #0
    movs pc, lr
    .ltorg
    .section .note.GNU-stack, "", %progbits
