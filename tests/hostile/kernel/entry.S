/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry, exceptions, and the two things that C cannot say: SMC with all registers
 * seen, and an attempt that may end in an exception.
 */
    .syntax unified
    .arch_extension sec
    .arm

    .section .entry, "ax"
    .global hostile_entry
    .type hostile_entry, %function
hostile_entry:
    cpsid aif, #0x13
    ldr sp, =hostile_stack_top
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0 /* VBAR of this world */
    isb
    ldr r0, =hostile_data_start
    ldr r1, =hostile_data_end
    ldr r2, =hostile_data_load
1:  cmp r0, r1
    ldrlo r3, [r2], #4
    strlo r3, [r0], #4
    blo 1b
    ldr r0, =hostile_bss_start
    ldr r1, =hostile_bss_end
    mov r2, #0
2:  cmp r0, r1
    strlo r2, [r0], #4
    blo 2b
    ldr r0, =hostile_main
    blx r0
3:  wfi
    b 3b
    .ltorg

    .text
    .balign 32
vectors:
    b . /* reset: not taken here */
    b undefined
    b called
    b prefetch_abort
    b data_abort
    b . /* hypervisor */
    b interrupted
    b interrupted

undefined:
    mov r0, #1
    b caught
called:
    mov r0, #2
    b caught
prefetch_abort:
    mrc p15, 0, r3, c5, c0, 1 /* IFSR */
    mov r0, #3
    b count
data_abort:
    mrc p15, 0, r3, c5, c0, 0 /* DFSR */
    mov r0, #4
    b count
interrupted:
    mov r0, #5
    b caught

count:
    ldr r1, =hostile_bus_errors
    ldr r2, [r1]
    add r2, r2, #1
    str r2, [r1]

/* Whatever happened, go on after the attempt: the stack knows the way. */
caught:
    cpsid if, #0x13
    cpsie a
    ldr r1, =hostile_fault_status
    str r3, [r1]
    ldr r1, =resume
    ldr sp, [r1]
    cmp sp, #0
    beq . /* outside an attempt: this program is wrong; the host's time limit says so */
    b leave

    .global hostile_try
    .type hostile_try, %function
hostile_try:
    push {r4-r11, lr}
    ldr r3, =resume
    str sp, [r3]
    mov r3, r0
    mov r0, r1
    mov r1, r2
    blx r3
    cpsid if, #0x13 /* an attempt that got elsewhere comes back */
    ldr r1, =resume
    ldr sp, [r1]
    mov r0, #0
leave:
    mov r2, #0
    ldr r1, =resume
    str r2, [r1]
    pop {r4-r11, pc}

    .global hostile_smc
    .type hostile_smc, %function
hostile_smc:
    push {r0, r4-r11, lr}
    mov lr, r0
    ldm lr, {r0-r12}
    smc #0
    ldr lr, [sp]
    stm lr, {r0-r12}
    pop {r0, r4-r11, pc}

    .bss
    .balign 4
resume:
    .space 4
    .global hostile_fault_status
hostile_fault_status:
    .space 4
    .global hostile_bus_errors
hostile_bus_errors:
    .space 4

    .section .note.GNU-stack, "", %progbits
