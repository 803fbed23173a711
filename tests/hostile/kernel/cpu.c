/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core keeps for the secure world: registers, modes, translation.
 * An attempt is refused when it is undefined, or when it runs and changes nothing.
 */
#include "tests/hostile/kernel/hostile.h"

__asm__(".arch_extension sec\n.arch_extension virt\n");

enum { MODE_SUPERVISOR = 0x13, MODE_MONITOR = 0x16, MODE_HYPERVISOR = 0x1A, MODE_BITS = 0x1F };

static uint32_t mode(void)
{
    uint32_t cpsr;
    __asm__ volatile("mrs %0, cpsr" : "=r"(cpsr));
    return cpsr & MODE_BITS;
}

/* Fails the attempt in a way that no refusal does: reached means ALLOWED. */
#define READ_REGISTER(name, op1, crn, crm, op2)                                        \
    static void cpu_##name(uint32_t a, uint32_t b)                                     \
    {                                                                                  \
        uint32_t value;                                                                \
        (void)a, (void)b;                                                              \
        __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value)); \
    }
#define WRITE_REGISTER(name, op1, crn, crm, op2, value)                                \
    static void cpu_##name(uint32_t a, uint32_t b)                                     \
    {                                                                                  \
        (void)a, (void)b;                                                              \
        __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 "\n\tisb"  \
                         : : "r"(value));                                              \
    }

READ_REGISTER(control_read_id, 0, c0, c0, 0)
READ_REGISTER(read_scr, 0, c1, c1, 0)
WRITE_REGISTER(write_scr, 0, c1, c1, 0, 0x30) /* NS = 0 */
READ_REGISTER(read_sder, 0, c1, c1, 1)
WRITE_REGISTER(write_sder, 0, c1, c1, 1, 3) /* debug of the secure world */
WRITE_REGISTER(write_nsacr, 0, c1, c1, 2, 0xFFFFFFFF)
READ_REGISTER(read_mvbar, 0, c12, c0, 1)
WRITE_REGISTER(write_mvbar, 0, c12, c0, 1, MT3620_RAM)
WRITE_REGISTER(write_cntfrq, 0, c14, c0, 0, 1)
WRITE_REGISTER(translate_as_other_world, 0, c7, c8, 4, MT3620_SECURE_RAM)

/* The rest runs to its end when nothing stops it and then looks where it is; an
 * exception of its own kind tells that the attempt had no effect. */
static void no_effect(bool effect)
{
    if (!effect)
        __asm__ volatile("udf #0");
}

static void cpu_cps_to_monitor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("cps #0x16");
    no_effect(mode() == MODE_MONITOR);
}

static void cpu_cps_to_hypervisor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("cps #0x1A");
    no_effect(mode() == MODE_HYPERVISOR);
}

static void cpu_msr_to_monitor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("msr cpsr_c, %0" : : "r"(0xC0 | MODE_MONITOR));
    no_effect(mode() == MODE_MONITOR);
}

/* An exception return whose saved state names monitor mode. */
__attribute__((target("arm"), noinline)) static void cpu_return_to_monitor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("msr spsr_cxsf, %0\n\t"
                     "adr lr, 1f\n\t"
                     "movs pc, lr\n"
                     "1:\n\t" : : "r"(0xC0 | MODE_MONITOR) : "lr", "memory");
    no_effect(mode() == MODE_MONITOR);
}

static void cpu_read_sp_monitor(uint32_t a, uint32_t b)
{
    uint32_t value;
    (void)a, (void)b;
    __asm__ volatile("mrs %0, sp_mon" : "=r"(value));
}

static void cpu_write_sp_monitor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("msr sp_mon, %0" : : "r"(MT3620_RAM));
}

static void cpu_write_spsr_monitor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("msr spsr_mon, %0" : : "r"(MODE_SUPERVISOR));
}

static void cpu_call_hypervisor(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    __asm__ volatile("hvc #0");
}

/* The walker must not read secure RAM for this world either. */
static void cpu_walk_from_secure_ram(uint32_t a, uint32_t b)
{
    (void)a, (void)b;
    mapping_on(MT3620_SECURE_RAM);
    (void)peek(0x1000);
}

typedef void attempt(uint32_t a, uint32_t b);
static attempt *const attempts[] = {
#define X(name, want) cpu_##name,
    HOSTILE_CPU_TABLE(X)
#undef X
};

enum { EXTERNAL_ON_WALK_1 = 12, EXTERNAL_ON_WALK_2 = 14 };

enum hostile_word cpu_play(const struct hostile_row *row, uint32_t *detail)
{
    const unsigned caught = hostile_try(attempts[row->a], 0, 0);
    *detail = caught;
    if (row->a == HOSTILE_CPU_walk_from_secure_ram) {
        mapping_off();
        const uint32_t status = hostile_fault_status & 15;
        *detail = hostile_fault_status;
        return caught == CAUGHT_DATA &&
                       (status == EXTERNAL_ON_WALK_1 || status == EXTERNAL_ON_WALK_2)
                   ? HOSTILE_REFUSED
                   : HOSTILE_ALLOWED; /* a translation fault tells what stands there */
    }
    return caught == CAUGHT_UNDEFINED ? HOSTILE_REFUSED
           : caught == CAUGHT_NOTHING ? HOSTILE_ALLOWED
                                      : HOSTILE_WRONG;
}
