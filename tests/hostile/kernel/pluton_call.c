/* SPDX-License-Identifier: BSD-2-Clause */
/* Words to and from Pluton (abi/pluton_call.h, "Transport of the MCU"). */
#include "tests/hostile/kernel/hostile.h"

enum { ANSWER_MS = 8000, QUIET_MS = 200 };
#define MAILBOX(reg) (MT3620_A7_MAILBOX_NORMAL + MAILBOX_##reg)

uint32_t pluton_sequence;

void pluton_push(uint32_t word, uint32_t data)
{
    barrier();
    poke(MAILBOX(DATA_PUSH), data);
    poke(MAILBOX(CMD_PUSH), word);
}

static struct pluton_answer pop(unsigned milliseconds)
{
    const uint64_t until = ticks() + (uint64_t)milliseconds * (MT3620_TIMER_HZ / 1000);
    while (!peek(MAILBOX(POP_CNT)))
        if (ticks() > until)
            return (struct pluton_answer){false, 0, 0};
    struct pluton_answer answer = {.came = true};
    answer.data = peek(MAILBOX(DATA_POP));
    answer.cmd = peek(MAILBOX(CMD_POP));
    barrier();
    return answer;
}

struct pluton_answer pluton_answer_to(uint32_t word, uint32_t number)
{
    for (unsigned stale = 0; stale < 4 * MAILBOX_DEPTH; stale++) {
        const struct pluton_answer answer = pop(ANSWER_MS);
        if (!answer.came || (answer.cmd == word && (answer.data == number || answer.data == 0)))
            return answer;
    }
    return (struct pluton_answer){false, 0, 0};
}

unsigned pluton_settle(void)
{
    const uint64_t until = ticks() + (uint64_t)ANSWER_MS * (MT3620_TIMER_HZ / 1000);
    unsigned count = 0;
    while (peek(MAILBOX(PUSH_CNT)) && ticks() < until)
        count += pop(0).came;
    while (count < 1000 && pop(QUIET_MS).came)
        count++;
    return count;
}

bool pluton_exchange(uint32_t *block)
{
    const uint32_t word = (uint32_t)(uintptr_t)block, number = ++pluton_sequence;
    pluton_push(word, number);
    const struct pluton_answer answer = pluton_answer_to(word, number);
    return answer.came && answer.data == number;
}
