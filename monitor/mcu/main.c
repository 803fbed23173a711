/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security Monitor of the MCU: start, the call of the normal world, the end.
 *
 * A fault of the monitor's own is a defect or an attack: it says where, and
 * resets the chip.
 */
#include "abi/mcu_boot.h"
#include "abi/mt3620_reset.h"
#include "monitor/mcu/mcu.h"
#include "monitor/svc/boot.h"
#include "monitor/svc/firewall.h"
#include "monitor/svc/plat.h"

static struct monitor monitor;

/* Read by entry.S.  0 until all checks are passed: a check that is skipped over
 * starts nothing. */
extern uint32_t normal_world_at, normal_world_tree;
uint32_t normal_world_at;
uint32_t normal_world_tree = BOOT_DTB_AT;

extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0xA75C3E19;
_Noreturn void __stack_chk_fail(void);

/* Also speaks when a guard was found damaged: has none of its own. */
__attribute__((no_stack_protector)) static void say_hex(uint32_t value)
{
    char text[9];
    for (unsigned i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    text[8] = '\0';
    plat_say(text);
}

static void say_decimal(uint32_t value)
{
    char text[11];
    unsigned at = sizeof text - 1;
    text[at] = '\0';
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    plat_say(text + at);
}

_Noreturn static void restart(void)
{
    plat_write(MT3620_INFRA + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET);
    for (;;)
        plat_stop();
}

_Noreturn void monitor_fault(uint32_t address, uint32_t pc)
{
    plat_say("\n[SM] !! FAULT at ");
    say_hex(pc);
    plat_say(" address ");
    say_hex(address);
    plat_say("\n");
    restart();
}

_Noreturn void __stack_chk_fail(void)
{
    monitor_fault(0, (uint32_t)(uintptr_t)__builtin_return_address(0));
}

static void timer_set(void)
{
    const uint32_t hz = MT3620_TIMER_HZ;
    __asm__ volatile("mcr p15, 0, %0, c14, c0, 0" ::"r"(hz)); /* CNTFRQ */
}

/* A guess of the next boot's guard is worth nothing.  Not in a function that has
 * one itself; below monitor_main() none is running. */
__attribute__((no_stack_protector)) static void guard_change(void)
{
    static const uint8_t request[2] = {sizeof __stack_chk_guard, 0};
    uintptr_t guard = 0;
    struct writer reply = writer_of(&guard, sizeof guard);
    if (plat_pluton(PLUTON_READ_RNG, span_of(request, sizeof request), &reply) == 0)
        __stack_chk_guard = guard;
}

/* The chip stops here; Pluton goes to recovery.  Should it not hear, the watchdog
 * starts everything again: never a silent stop. */
_Noreturn static void give_up(const struct boot_failure *failure)
{
    plat_say("[SM] !! ERROR: ");
    plat_say(failure->name);
    plat_say(": ");
    plat_say(err_text(failure->err));
    plat_say("\n");
    if (boot_report(failure) != 0)
        plat_say("[SM] !! ERROR: Pluton does not answer\n");
    else
        watchdog_stop();
    for (;;)
        plat_stop();
}

__attribute__((no_stack_protector)) void monitor_main(void)
{
    static struct boot_failure failure = {IMAGE_TYPE_SECURITY_MONITOR, "firewall", 0};
    mmu_start();
    const uint32_t begin = (uint32_t)timer_now();
    timer_set();
    watchdog_arm();
    plat_say("[SM] Security Monitor\n");
    gic_open();
    guard_change();
    failure.err = firewall_close();
    if (failure.err || boot_run(&monitor, &failure) != 0)
        give_up(&failure);
    if (*(volatile uint32_t *)&monitor.verdict == MONITOR_BOOTED)
        normal_world_at = BOOT_KERNEL_AT;
    plat_say(monitor.system_at == FLASH_SYSTEM_A_AT ? "[SM] starting system A" : "[SM] starting system B");
    plat_say(", verified in ");
    say_decimal(((uint32_t)timer_now() - begin) / (MT3620_TIMER_HZ / 1000));
    plat_say(" ms\n");
    watchdog_arm();
}

void monitor_smc(uint32_t r[8])
{
    const uint32_t call[5] = {r[0], r[1], r[2], r[3], r[4]};
    const struct smc_result result = smc_call(&monitor, call);
    r[0] = result.status;
    r[1] = result.bytes;
}
