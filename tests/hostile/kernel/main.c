/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks the rows, prints a line for each, and powers the chip down.
 */
#include "tests/hostile/kernel/hostile.h"

uint32_t hostile_scratch[SCRATCH_BYTES / 4] __attribute__((aligned(4096)));

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    console_text("hostile: own stack is broken\n");
    for (;;)
        ;
}

static void print(unsigned number, const struct hostile_row *row, enum hostile_word word,
                  uint32_t detail)
{
    static const char *const words[] = HOSTILE_WORDS;
    static const char *const deeds[HOSTILE_DEEDS] = HOSTILE_DEED_NAMES;
    console_text(words[word]);
    console_text(" ");
    console_decimal(number);
    console_text(" ");
    console_text(deeds[row->deed]);
    console_text(" ");
    console_text(row->set);
    console_text(".");
    console_text(row->item);
    console_text(" ");
    console_hex(row->a);
    console_text(" ");
    console_hex(detail);
    console_text("\n");
}

static enum hostile_word play(const struct hostile_row *row, uint32_t *detail)
{
    switch ((enum hostile_deed)row->deed) {
    case HOSTILE_READ:
    case HOSTILE_WRITE:
    case HOSTILE_EXECUTE:
        return access_play(row, detail);
    case HOSTILE_READ_MAPPED:
        return mapped_play(row, detail);
    case HOSTILE_ACROSS:
        return across_play(row, detail);
    case HOSTILE_CPU:
        return cpu_play(row, detail);
    case HOSTILE_GIC:
        return gic_play(row, detail);
    case HOSTILE_SMC_NUMBER:
    case HOSTILE_SMC_ID:
    case HOSTILE_SMC_REQUEST:
    case HOSTILE_SMC_REPLY:
    case HOSTILE_SMC_PAYLOAD:
    case HOSTILE_SMC_PARTITION:
    case HOSTILE_SMC_TRICK:
        return smc_play(row, detail);
    case HOSTILE_PLUTON_BLOCK:
    case HOSTILE_PLUTON_CALL:
    case HOSTILE_PLUTON_TRICK:
        return pluton_play(row, detail);
    case HOSTILE_DEEDS:
        break;
    }
    return HOSTILE_WRONG;
}

void hostile_main(void);
void hostile_main(void)
{
    uint32_t status;
    unsigned played = 0;
    console_init();
    console_text("hostile: start\n");
    for (unsigned n = 0; n < hostile_rows(); n++) {
        const struct hostile_row row = hostile_row(n);
        if (row.want == HOSTILE_WRONG)
            continue; /* not tried */
        uint32_t detail = 0;
        const enum hostile_word word = play(&row, &detail);
        print(n, &row, word, detail);
        if (++played % 64 == 0) /* the monitor's watchdog does not care how slow the host is */
            smc_call(SMC_TEND_WATCHDOG, NULL, 0, NULL, 0, &status);
    }
    console_text("hostile: count ");
    console_decimal(played);
    console_text(" bus errors ");
    console_decimal(hostile_bus_errors);
    console_text("\n");
    /* The host looks at the firewall now, and answers with a byte. */
    console_wait();
    hostile_scratch[0] = 1; /* power off */
    smc_call(MONITOR_CALL_RESET, hostile_scratch, 4, NULL, 0, &status);
    console_text("hostile: still here\n");
    for (;;)
        ;
}
