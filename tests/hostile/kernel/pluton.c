/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pluton's channel of the normal world, misused: blocks, commands, the mailbox itself.
 */
#include "tests/hostile/kernel/hostile.h"

enum { PATTERN = 0xA5A5A5A5, ANSWER_MS = 8000, QUIET_MS = 200, BLOCK_WORDS = 1024 };
#define MAILBOX(reg) (MT3620_A7_MAILBOX_NORMAL + MAILBOX_##reg)

static uint32_t *prepare(uint32_t command, uint32_t bytes, uint32_t capacity)
{
    uint32_t *block = hostile_scratch;
    for (unsigned i = 0; i < BLOCK_WORDS * 2; i++)
        block[i] = 0;
    block[0] = 0;
    block[1] = capacity;
    block[2] = command;
    block[3] = bytes;
    return block;
}

enum { STATUS_NONE = 0xFFFF };
static uint32_t status_of(const uint32_t *block)
{
    return block[2] >> 16;
}

/* A call with an honest block; STATUS_NONE without an answer. */
static uint32_t call(uint32_t command, uint32_t bytes)
{
    uint32_t *block = prepare(command, bytes, PLUTON_BLOCK_MAX - PLUTON_BLOCK_CALL);
    return pluton_exchange(block) && block[0] == 1 ? status_of(block) : (uint32_t)STATUS_NONE;
}

/* A word that names no block comes back with DATA 0. */
static enum hostile_word bad_block(uint32_t address, uint32_t *detail)
{
    pluton_push(address, ++pluton_sequence);
    const struct pluton_answer answer = pluton_answer_to(address, pluton_sequence);
    *detail = answer.data;
    if (!answer.came)
        return HOSTILE_WRONG;
    return answer.data == 0 ? HOSTILE_REFUSED : HOSTILE_ALLOWED;
}

static enum hostile_word command(const struct hostile_row *row, uint32_t *detail)
{
    *detail = call(row->a, row->b);
    if (*detail == PLUTON_OK)
        return HOSTILE_ALLOWED;
    if (row->c == HOSTILE_NOT_OK)
        return *detail != STATUS_NONE ? HOSTILE_REFUSED : HOSTILE_WRONG;
    return *detail == row->c ? HOSTILE_REFUSED : HOSTILE_WRONG;
}

static bool answers(void)
{
    pluton_settle();
    return call(PLUTON_GET_MANUFACTURING_STATE, 0) == PLUTON_OK;
}

/* --- tricks: true when the attack worked --- */

static bool pluton_control_state(uint32_t *detail)
{
    *detail = call(PLUTON_GET_SECURITY_STATE, 0);
    return *detail == PLUTON_OK;
}

/* A block whose capacity is a lie is either no block (DATA 0) or an error, and nothing
 * outside of the capacity changes. */
static bool capacity_lie(uint32_t capacity, uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_GET_SECURITY_STATE, 0, capacity);
    for (unsigned i = 4; i < BLOCK_WORDS; i++)
        block[i] = PATTERN;
    pluton_push((uint32_t)(uintptr_t)block, ++pluton_sequence);
    const struct pluton_answer answer = pluton_answer_to((uint32_t)(uintptr_t)block, pluton_sequence);
    *detail = answer.data;
    if (!answer.came)
        return true;
    for (unsigned i = 4 + 4; i < BLOCK_WORDS; i++)
        if (block[i] != PATTERN)
            return true;
    return answer.data != 0 && status_of(block) == PLUTON_OK;
}

static bool pluton_capacity_none(uint32_t *detail)
{
    return capacity_lie(0, detail);
}

static bool pluton_capacity_less_than_header(uint32_t *detail)
{
    return capacity_lie(PLUTON_HEADER_BYTES - 1, detail);
}

static bool pluton_capacity_to_secure(uint32_t *detail)
{
    const uint32_t at = (uint32_t)(uintptr_t)hostile_scratch + PLUTON_BLOCK_CALL;
    return capacity_lie(MT3620_SECURE_RAM - at + 1, detail);
}

static bool pluton_capacity_all(uint32_t *detail)
{
    return capacity_lie(0xFFFFFFFF, detail);
}

/* 132 bytes of reply do not go into 16. */
static bool pluton_capacity_less_than_reply(uint32_t *detail)
{
    return capacity_lie(PLUTON_HEADER_BYTES + 8, detail);
}

static bool pluton_length_past_capacity(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_IS_CAPABILITY_ENABLED, 64, PLUTON_HEADER_BYTES + 2);
    const bool served = pluton_exchange(block);
    *detail = status_of(block);
    return served && *detail == PLUTON_OK;
}

static bool pluton_length_negative(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_IS_CAPABILITY_ENABLED, 0xFFFFFFFF, 64);
    const bool served = pluton_exchange(block);
    *detail = status_of(block);
    return served && *detail == PLUTON_OK;
}

static bool pluton_reserved_not_zero(uint32_t *detail)
{
    uint32_t *block = prepare(0x10000 | PLUTON_MEASURE, 56, 4096);
    const bool served = pluton_exchange(block);
    *detail = status_of(block);
    return served && *detail == PLUTON_OK;
}

static bool pluton_processed_not_zero(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_MEASURE, 56, 4096);
    block[0] = 1;
    const bool served = pluton_exchange(block);
    *detail = status_of(block);
    return served && *detail == PLUTON_OK;
}

static bool pluton_nothing_past_reply(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_GET_MANUFACTURING_STATE, 0, 2048);
    for (unsigned i = 5; i < BLOCK_WORDS; i++)
        block[i] = PATTERN;
    if (!pluton_exchange(block))
        return true;
    for (*detail = 5; *detail < BLOCK_WORDS; ++*detail)
        if (block[*detail] != PATTERN)
            return true;
    return false;
}

/* DATA 0 is the word for "no": it cannot be told from a refusal, so it is one. */
static bool pluton_sequence_zero(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_MEASURE, 56, 4096);
    pluton_push((uint32_t)(uintptr_t)block, 0);
    const struct pluton_answer answer = pluton_answer_to((uint32_t)(uintptr_t)block, 0);
    *detail = answer.data;
    return !answer.came || answer.data != 0 || (block[0] == 1 && status_of(block) == PLUTON_OK);
}

static bool pluton_talos_2020_1139_every_length(uint32_t *detail)
{
    for (uint32_t bytes = 0; bytes <= 128; bytes++) {
        const uint32_t status = call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, bytes);
        *detail = bytes << 16 | status;
        if (bytes == 48 ? status == PLUTON_OK || status == PLUTON_BAD_LENGTH
                        : status != PLUTON_BAD_LENGTH)
            return true;
    }
    return false;
}

/* Every byte that was asked for is written; the last one too. */
static bool random_fills(uint32_t bytes)
{
    for (unsigned tries = 0; tries < 8; tries++) {
        uint32_t *block = prepare(PLUTON_READ_RNG, 2, 1024);
        uint8_t *payload = (uint8_t *)(block + 4);
        payload[bytes - 1] = 0;
        payload[0] = (uint8_t)bytes;
        payload[1] = (uint8_t)(bytes >> 8);
        for (uint32_t i = 2; i < bytes + 8; i++)
            payload[i] = 0;
        if (!pluton_exchange(block) || status_of(block) != PLUTON_OK || block[3] != bytes)
            return false;
        for (uint32_t i = bytes < 2 ? 2 : bytes; i < bytes + 8; i++)
            if (payload[i] != 0)
                return false; /* more than was asked for */
        if (payload[bytes - 1] != 0 && (bytes > 2 || payload[bytes - 1] != (uint8_t)bytes))
            return true;
    }
    return false;
}

static bool pluton_trail_of_bits_random_every_length(uint32_t *detail)
{
    for (*detail = 1; *detail <= 16; ++*detail)
        if (!random_fills(*detail))
            return true;
    for (*detail = 250; *detail <= PLUTON_RANDOM_MAX; ++*detail)
        if (!random_fills(*detail))
            return true;
    *detail = 0;
    return false;
}

static bool random_of(uint32_t bytes, uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_READ_RNG, 2, 4096);
    block[4] = bytes;
    const bool served = pluton_exchange(block);
    *detail = status_of(block);
    return !served || *detail == PLUTON_OK;
}

static bool pluton_random_none(uint32_t *detail)
{
    return random_of(0, detail);
}

static bool pluton_random_too_much(uint32_t *detail)
{
    return random_of(PLUTON_RANDOM_MAX + 1, detail) || random_of(0xFFFF, detail);
}

static uint32_t lifecycle(uint32_t magic, uint32_t state)
{
    uint32_t *block = prepare(PLUTON_SET_MANUFACTURING_STATE, 8, 64);
    block[4] = magic;
    block[5] = state;
    return pluton_exchange(block) ? status_of(block) : (uint32_t)STATUS_NONE;
}

static bool pluton_lifecycle_backward(uint32_t *detail)
{
    uint32_t before, after;
    uint32_t *block = prepare(PLUTON_GET_MANUFACTURING_STATE, 0, 64);
    if (!pluton_exchange(block))
        return true;
    before = block[4];
    *detail = lifecycle(PLUTON_LIFECYCLE_MAGIC, before - 1);
    block = prepare(PLUTON_GET_MANUFACTURING_STATE, 0, 64);
    if (!pluton_exchange(block))
        return true;
    after = block[4];
    return after != before || *detail == PLUTON_OK;
}

static bool pluton_lifecycle_without_magic(uint32_t *detail)
{
    *detail = lifecycle(PLUTON_LIFECYCLE_MAGIC + 1, 1);
    return *detail == PLUTON_OK || *detail == STATUS_NONE;
}

static bool pluton_capability_unsigned(uint32_t *detail)
{
    *detail = call(PLUTON_APPLY_CAPABILITIES, 392);
    if (*detail == PLUTON_OK || *detail == STATUS_NONE)
        return true;
    uint32_t *block = prepare(PLUTON_IS_CAPABILITY_ENABLED, 2, 64);
    block[4] = 11; /* EnableAppDevelopment */
    return !pluton_exchange(block) || status_of(block) != PLUTON_OK || (block[4] & 0xFF) != 0;
}

static bool pluton_sign_unknown_tenant(uint32_t *detail)
{
    *detail = call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 48);
    return *detail == PLUTON_OK || *detail == STATUS_NONE;
}

/* The block changes between the check and the act: Pluton acts on what it checked. */
static bool pluton_swap_after_push(uint32_t *detail)
{
    for (unsigned round = 0; round < 64; round++) {
        uint32_t *block = prepare(PLUTON_GET_MANUFACTURING_STATE, 0, 64);
        for (unsigned i = 32; i < BLOCK_WORDS; i++)
            block[i] = PATTERN;
        const uint32_t number = ++pluton_sequence;
        pluton_push((uint32_t)(uintptr_t)block, number);
        for (unsigned i = 0; i < 8 + round * 8; i++) {
            *(volatile uint32_t *)&block[1] = i & 1 ? 0xFFFFFFF0 : 64;
            *(volatile uint32_t *)&block[2] = i & 1 ? PLUTON_READ_COUNTER : PLUTON_GET_SECURITY_STATE;
            *(volatile uint32_t *)&block[3] = i & 1 ? 0xFFFFFFFF : 0;
        }
        const struct pluton_answer answer = pluton_answer_to((uint32_t)(uintptr_t)block, number);
        *detail = round;
        if (!answer.came)
            return true;
        for (unsigned i = 64; i < BLOCK_WORDS; i++)
            if (block[i] != PATTERN)
                return true;
    }
    return !answers();
}

/* Calls of both worlds at once: the monitor asks Pluton while this kernel's calls wait there. */
static bool pluton_talos_2021_1347_two_in_flight(uint32_t *detail)
{
    uint32_t *const first = prepare(PLUTON_GET_SECURITY_STATE, 0, 1024);
    uint32_t *const second = first + BLOCK_WORDS;
    for (unsigned i = 0; i < BLOCK_WORDS; i++)
        second[i] = first[i];
    second[2] = PLUTON_GET_ENABLED_CAPABILITIES;
    const uint32_t one = ++pluton_sequence, two = ++pluton_sequence;
    pluton_push((uint32_t)(uintptr_t)first, one);
    pluton_push((uint32_t)(uintptr_t)second, two);
    uint32_t request[5] = {1, 0, 0, 0, 0}, key[10];
    smc_call(SMC_DERIVE_KEY, request, sizeof request, key, sizeof key, detail);
    const struct pluton_answer a = pluton_answer_to((uint32_t)(uintptr_t)first, one),
                        b = pluton_answer_to((uint32_t)(uintptr_t)second, two);
    return *detail != MONITOR_OK || !a.came || !b.came || a.data != one || b.data != two ||
           status_of(first) != PLUTON_OK || status_of(second) != PLUTON_OK || first[3] != 132 ||
           second[3] != 128;
}

static bool pluton_flood_requests(uint32_t *detail)
{
    uint32_t *block = prepare(PLUTON_GET_MANUFACTURING_STATE, 0, 64);
    for (unsigned i = 0; i < 200; i++)
        pluton_push((uint32_t)(uintptr_t)block, ++pluton_sequence);
    *detail = pluton_settle();
    return !answers();
}

/* Nobody reads the answers: Pluton must not wait for a reader. */
static bool pluton_flood_unread_replies(uint32_t *detail)
{
    for (unsigned i = 0; i < 4 * MAILBOX_DEPTH; i++) {
        const uint64_t until = ticks() + MT3620_TIMER_HZ / 20;
        pluton_push(0, ++pluton_sequence);
        while (peek(MAILBOX(PUSH_CNT)) && ticks() < until)
            ;
    }
    *detail = peek(MAILBOX(POP_CNT));
    return !answers();
}

static bool pluton_monitor_answers_while_flooded(uint32_t *detail)
{
    for (unsigned i = 0; i < 200; i++)
        pluton_push(0xFFFFFFFF, ++pluton_sequence);
    uint32_t request[5] = {1, 0, 0, 0, 0}, key[10];
    smc_call(SMC_DERIVE_KEY, request, sizeof request, key, sizeof key, detail);
    return *detail != MONITOR_OK || !answers();
}

static bool pluton_registers_garbage(uint32_t *detail)
{
    static const uint8_t registers[] = {MAILBOX_VERSION, MAILBOX_SW_TX_INT_PORT, MAILBOX_SW_RX_INT_EN,
                                        MAILBOX_SW_RX_INT_STS, MAILBOX_FIFO_CTRL, MAILBOX_NF_THRS,
                                        MAILBOX_NE_THRS, MAILBOX_INT_EN, MAILBOX_INT_STS,
                                        MAILBOX_PUSH_CNT, MAILBOX_POP_CNT};
    for (unsigned i = 0; i < sizeof registers; i++)
        poke(MT3620_A7_MAILBOX_NORMAL + registers[i], 0xFFFFFFFF);
    for (unsigned i = 0; i < 64; i++)
        poke(MAILBOX(SW_TX_INT_PORT), 0xFFFFFFFF);
    *detail = peek(MAILBOX(VERSION));
    for (unsigned i = 0; i < sizeof registers; i++)
        poke(MT3620_A7_MAILBOX_NORMAL + registers[i], 0);
    return *detail != MAILBOX_VERSION_VALUE || !answers();
}

static bool reset_side(uint32_t bits, uint32_t *detail)
{
    for (unsigned i = 0; i < 32; i++) {
        pluton_push(0, ++pluton_sequence);
        poke(MAILBOX(GEN_CTRL), bits);
    }
    poke(MAILBOX(GEN_CTRL), 0);
    *detail = pluton_settle();
    return !answers();
}

static bool pluton_reset_own_side(uint32_t *detail)
{
    return reset_side(2, detail);
}

static bool pluton_reset_both_sides(uint32_t *detail)
{
    return reset_side(1, detail);
}

static bool pluton_reset_between_push_and_reply(uint32_t *detail)
{
    for (unsigned i = 0; i < 64; i++) {
        uint32_t *block = prepare(PLUTON_GET_SECURITY_STATE, 0, 1024);
        pluton_push((uint32_t)(uintptr_t)block, ++pluton_sequence);
        for (unsigned wait = 0; wait < i * 16; wait++)
            (void)peek(MAILBOX(POP_CNT));
        poke(MAILBOX(GEN_CTRL), 3);
        poke(MAILBOX(GEN_CTRL), 0);
    }
    *detail = pluton_settle();
    return !answers();
}

static bool pluton_semaphore_held(uint32_t *detail)
{
    *detail = peek(MAILBOX(SEMAPHORE));
    uint32_t request[5] = {1, 0, 0, 0, 0}, key[10], status;
    smc_call(SMC_DERIVE_KEY, request, sizeof request, key, sizeof key, &status);
    const bool stopped = status != MONITOR_OK || !answers();
    poke(MAILBOX(SEMAPHORE), 0);
    return stopped;
}

static bool pluton_answers_afterwards(uint32_t *detail)
{
    *detail = 0;
    return answers();
}

typedef bool trick(uint32_t *detail);
static trick *const tricks[] = {
#define X(name, want) pluton_##name,
    HOSTILE_PLUTON_TRICKS(X)
#undef X
};

enum hostile_word pluton_play(const struct hostile_row *row, uint32_t *detail)
{
    switch (row->deed) {
    case HOSTILE_PLUTON_BLOCK:
        return bad_block(row->a, detail);
    case HOSTILE_PLUTON_CALL:
        return command(row, detail);
    default:
        return tricks[row->a](detail) ? HOSTILE_ALLOWED : HOSTILE_REFUSED;
    }
}
