/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors of a hostile I/O core, and the attempt that may end in a fault.
 */
    .syntax unified
    .thumb

    .section .vectors, "a"
    .global hostile_vectors
hostile_vectors:
    .word hostile_stack_top
    .word start
    .rept 14
    .word faulted
    .endr

    .text
    .type start, %function
start:
    cpsid i
    ldr r0, =hostile_stack_top
    mov sp, r0
    ldr r0, =hostile_bss_start
    ldr r1, =hostile_bss_end
    movs r2, #0
1:  cmp r0, r1
    bhs 4f
    str r2, [r0], #4
    b 1b
4:  ldr r0, =hostile_main
    blx r0
2:  b 2b
    .ltorg

/* Back to the attempt, as if it had returned 1. */
    .type faulted, %function
faulted:
    ldr r1, =resume
    ldr r0, [r1]
    cbz r0, 3f
    ldr r2, =0xE000ED28 /* CFSR, HFSR: written ones clear */
    ldr r3, [r2]
    str r3, [r2]
    ldr r0, [r2, #4]
    str r0, [r2, #4]
    ldr r2, =hostile_fault_status
    str r3, [r2]
    ldr r2, =hostile_bus_errors
    ldr r0, [r2]
    adds r0, #1
    str r0, [r2]
    movs r0, #1
    str r0, [sp, #0]
    ldr r0, =leave
    bic r0, r0, #1
    str r0, [sp, #24]
    mov r0, #0x01000000
    str r0, [sp, #28]
    bx lr
3:  b 3b /* outside an attempt: this program is wrong; the host's time limit says so */
    .ltorg

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
    movs r0, #0
    .type leave, %function
leave:
    ldr r1, =resume
    ldr r2, [r1]
    mov sp, r2
    movs r2, #0
    str r2, [r1]
    pop {r4-r11, pc}
    .ltorg

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
