/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abi/pluton_call.h "Transport of the MCU", the monitor's end, against a Pluton
 * that answers as each case says: also late, twice, for another call, or never.
 */
#include "abi/mt3620.h"
#include "abi/mt3620_mailbox.h"
#include "abi/pluton_call.h"
#include "lib/crypto.h"
#include "monitor/mcu/mcu.h"
#include "monitor/svc/plat.h"
#include "tests/check.h"

/* What stands in the FIFO towards the monitor. */
static struct {
    uint32_t command, data;
} fifo[MAILBOX_DEPTH];
static unsigned waiting, taken, pushes, barriers;
static uint32_t data_push;
static uint64_t now;

/* The next answer. */
static struct answer {
    bool silent, stale_first, foreign_first, no_block;
    uint16_t status, command_differs;
    uint32_t processed, length, claims; /* claims: length said, if not 0 */
} answer;
static uint8_t request[PLUTON_PAYLOAD_MAX];
static uint32_t request_bytes;

/* On this machine an address has more bits than a mailbox word: those of this program. */
static uint8_t *block_at(uint32_t address)
{
    const uintptr_t here = (uintptr_t)&answer;
    uintptr_t at = (here & ~(uintptr_t)UINT32_MAX) | address;
    if (at > here && at - here > INT32_MAX)
        at -= (uintptr_t)UINT32_MAX + 1;
    else if (here > at && here - at > INT32_MAX)
        at += (uintptr_t)UINT32_MAX + 1;
    return (uint8_t *)at;
}

static void post(uint32_t command, uint32_t data)
{
    REQUIRE(waiting < MAILBOX_DEPTH);
    fifo[waiting].command = command;
    fifo[waiting++].data = data;
}

static void serve(uint32_t address, uint32_t sequence)
{
    uint8_t *block = block_at(address);
    struct cursor c = cursor_of(span_of(block, PLUTON_BLOCK_MAX));
    CHECK_INT(cursor_u32le(&c), 0);
    const uint32_t capacity = cursor_u32le(&c);
    CHECK_INT(capacity, PLUTON_BLOCK_MAX - PLUTON_BLOCK_CALL);
    const uint16_t command = cursor_u16le(&c);
    CHECK_INT(cursor_u16le(&c), 0);
    request_bytes = cursor_u32le(&c);
    REQUIRE(request_bytes <= sizeof request);
    cursor_copy(&c, request, request_bytes);
    CHECK(sequence != 0);
    if (answer.silent)
        return;
    struct writer w = writer_of(block, PLUTON_BLOCK_MAX);
    writer_u32le(&w, answer.processed);
    writer_u32le(&w, capacity);
    writer_u16le(&w, (uint16_t)(command ^ answer.command_differs));
    writer_u16le(&w, answer.status);
    writer_u32le(&w, answer.claims ? answer.claims : answer.length);
    for (uint32_t i = 0; i < answer.length; i++)
        writer_u8(&w, (uint8_t)(i + 1));
    if (answer.stale_first)
        post(address, sequence - 1 ? sequence - 1 : 77);
    if (answer.foreign_first)
        post(address + 4, sequence);
    post(address, answer.no_block ? 0 : sequence);
}

uint32_t plat_read(uint32_t address)
{
    switch (address - MT3620_A7_MAILBOX_SECURE) {
    case MAILBOX_POP_CNT: return waiting - taken;
    case MAILBOX_DATA_POP: return fifo[taken].data;
    case MAILBOX_CMD_POP: return fifo[taken++].command; /* read last: it pops */
    default: break;
    }
    REQUIRE(!"a register of the mailbox");
    return 0;
}

void plat_write(uint32_t address, uint32_t value)
{
    if (address == MT3620_A7_MAILBOX_SECURE + MAILBOX_DATA_PUSH) {
        data_push = value;
        return;
    }
    REQUIRE(address == MT3620_A7_MAILBOX_SECURE + MAILBOX_CMD_PUSH);
    CHECK(barriers > 0); /* the block is complete before the word that names it */
    pushes++;
    waiting = taken = 0;
    serve(value, data_push);
}

void barrier(void)
{
    barriers++;
}

uint64_t timer_now(void)
{
    return now += MT3620_TIMER_HZ / 100;
}

static int call(struct answer how, size_t bytes, struct writer *reply)
{
    static uint8_t payload[PLUTON_PAYLOAD_MAX + 64];
    for (size_t i = 0; i < bytes; i++)
        payload[i] = (uint8_t)(i * 3);
    answer = how;
    barriers = 0;
    return plat_pluton(PLUTON_DERIVE, span_of(payload, bytes), reply);
}

static void good_calls(void)
{
    uint8_t room[PLUTON_PAYLOAD_MAX];
    static const size_t lengths[] = {0, 1, 20, PLUTON_PAYLOAD_MAX};
    for (unsigned i = 0; i < 4; i++) {
        struct writer reply = writer_of(room, sizeof room);
        CHECK_INT(call((struct answer){.processed = 1, .length = (uint32_t)lengths[i]}, lengths[3 - i], &reply), 0);
        CHECK_INT(reply.len, lengths[i]);
        CHECK_INT(request_bytes, lengths[3 - i]);
        CHECK(request_bytes < 20 || request[19] == 57);
        CHECK(reply.len < 20 || room[19] == 20);
    }
    /* answers to earlier calls, or to nobody's */
    struct writer reply = writer_of(room, sizeof room);
    CHECK_INT(call((struct answer){.processed = 1, .length = 5, .stale_first = true, .foreign_first = true}, 1, &reply), 0);
    CHECK_INT(reply.len, 5);
}

static void statuses(void)
{
    static const struct {
        uint16_t status;
        int err;
    } rows[] = {{PLUTON_UNKNOWN_COMMAND, E_UNSUPPORTED}, {PLUTON_DENIED, E_DENIED}, {PLUTON_BAD_LIFECYCLE, E_DENIED},
                {PLUTON_BAD_LENGTH, E_MALFORMED}, {PLUTON_BAD_ARGUMENT, E_MALFORMED}, {PLUTON_BAD_STATE, E_STATE},
                {PLUTON_NOT_FOUND, E_NOT_FOUND}, {PLUTON_FULL, E_FULL}, {PLUTON_BAD_SIGNATURE, E_SIGNATURE},
                {PLUTON_HARDWARE, E_CRYPTO}, {11, E_IO}, {0xFFFF, E_IO}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t room[8];
        struct writer reply = writer_of(room, sizeof room);
        CHECK_INT(call((struct answer){.processed = 1, .status = rows[i].status, .length = 4}, 1, &reply), rows[i].err);
        CHECK_INT(reply.len, 0);
    }
}

static void broken_answers(void)
{
    uint8_t room[16];
    static const struct answer bad[] = {
        {.processed = 0},
        {.processed = 2},
        {.processed = 1, .command_differs = 1},
        {.processed = 1, .claims = PLUTON_PAYLOAD_MAX + 1},
        {.processed = 1, .claims = 0xFFFFFFFF},
        {.processed = 1, .no_block = true},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct writer reply = writer_of(room, sizeof room);
        CHECK_INT(call(bad[i], 1, &reply), E_IO);
        CHECK_INT(reply.len, 0);
    }
    struct writer reply = writer_of(room, sizeof room);
    CHECK_INT(call((struct answer){.processed = 1, .length = 17}, 1, &reply), E_FULL);
    const unsigned before = pushes;
    CHECK_INT(call((struct answer){.processed = 1}, PLUTON_PAYLOAD_MAX + 1, &reply), E_LENGTH);
    CHECK_INT(pushes, before);
}

/* lib/crypto.h over the calls: a digest is right or zero. */
static void crypto(void)
{
    uint8_t digest[SHA256_BYTES], zero[SHA256_BYTES] = {0};
    struct span parts[9];
    for (unsigned i = 0; i < 9; i++)
        parts[i] = span_of(zero, i);
    answer = (struct answer){.processed = 1, .length = 32};
    CHECK_INT(crypto_sha256(parts, 8, digest), 0);
    CHECK_INT(request_bytes, 64);
    CHECK_INT(request[60], 7);
    CHECK_INT(digest[31], 32);
    CHECK(crypto_sha256(parts, 9, digest) != 0);
    CHECK_MEM(digest, zero, 32);
    answer.length = 31;
    CHECK_INT(crypto_sha256(parts, 1, digest), E_CRYPTO);
    CHECK_MEM(digest, zero, 32);
    answer = (struct answer){.processed = 1, .status = PLUTON_BAD_SIGNATURE};
    uint8_t key[64] = {1}, signature[64] = {2};
    CHECK_INT(crypto_p256_verify(key, zero, signature), E_SIGNATURE);
    CHECK_INT(request_bytes, 160);
    answer = (struct answer){.processed = 1};
    CHECK_INT(crypto_p256_verify(key, zero, signature), 0);
    answer.length = 1; /* "out nothing": an answer with more is none */
    CHECK(crypto_p256_verify(key, zero, signature) != 0);
}

/* No answer: the block may still be written to, so it is never used again. */
static void silence(void)
{
    uint8_t room[8];
    struct writer reply = writer_of(room, sizeof room);
    CHECK_INT(call((struct answer){.silent = true}, 1, &reply), E_TIMEOUT);
    const unsigned before = pushes;
    CHECK_INT(call((struct answer){.processed = 1}, 1, &reply), E_TIMEOUT);
    CHECK_INT(pushes, before);
}

int main(void)
{
    good_calls();
    statuses();
    broken_answers();
    crypto();
    silence();
    return check_done();
}
