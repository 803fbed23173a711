/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain loads, stores and jumps. */
#include "tests/hostile/kernel/hostile.h"

#define RETURN_INSTRUCTION 0xE12FFF1Eu /* bx lr */

static void attempt_read(uint32_t address, uint32_t unused)
{
    (void)unused;
    (void)peek(address);
    barrier();
}

static void attempt_write(uint32_t address, uint32_t value)
{
    poke(address, value);
    barrier(); /* a late abort must be this attempt's */
}

static void attempt_execute(uint32_t address, uint32_t unused)
{
    (void)unused;
    ((void (*)(void))(uintptr_t)address)();
}

/* Memory that may be written shows what was written. */
static enum hostile_word write_shows(const struct hostile_row *row)
{
    const uint32_t before = peek(row->a);
    poke(row->a, ~before);
    barrier();
    const bool shows = peek(row->a) == ~before;
    poke(row->a, before);
    return shows ? HOSTILE_ALLOWED : HOSTILE_WRONG;
}

enum hostile_word access_play(const struct hostile_row *row, uint32_t *detail)
{
    unsigned caught, want;
    switch (row->deed) {
    case HOSTILE_READ:
        caught = hostile_try(attempt_read, row->a, 0);
        want = CAUGHT_DATA;
        break;
    case HOSTILE_WRITE:
        if (row->want == HOSTILE_ALLOWED)
            return write_shows(row);
        caught = hostile_try(attempt_write, row->a, row->b);
        want = CAUGHT_DATA;
        break;
    default:
        if (row->want == HOSTILE_ALLOWED) {
            poke(row->a, RETURN_INSTRUCTION);
            barrier();
        }
        caught = hostile_try(attempt_execute, row->a, 0);
        want = CAUGHT_PREFETCH;
        break;
    }
    *detail = caught ? hostile_fault_status : 0;
    if (caught == want)
        return HOSTILE_REFUSED;
    /* An attempt at code that ends in another exception has run something. */
    return caught == CAUGHT_NOTHING || row->deed == HOSTILE_EXECUTE ? HOSTILE_ALLOWED
                                                                    : HOSTILE_WRONG;
}
