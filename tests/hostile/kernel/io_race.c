/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that change while they are served.  Each race has an honest and a hostile
 * version of the same words; core 0 exchanges them all the time.  A call may serve the
 * one or refuse the other; a row is only worth something when both were seen.
 */
#include "tests/hostile/kernel/io_race.h"

enum {
    SEEN = 100, /* of each outcome, before a race counts */
    ROUNDS_MAX = 200000,
    CONFIG = 6, /* partition number of NW_CONFIG */
    BEHIND_CONFIG = FLASH_NW_CONFIG_BYTES, /* the log's first byte */
    BLOCK_BYTES = 64,
    PAGE_WORDS = 1024,
};
#define PATTERN 0xA5A5A5A5u

struct seen {
    uint32_t served, refused;
};

static uint32_t reply[64];

static uint32_t *page(unsigned direction)
{
    return (uint32_t *)(uintptr_t)IO_BUFFER(0, direction);
}

static void start(const uint32_t honest[IO_RACE_WORDS], const uint32_t hostile[IO_RACE_WORDS])
{
    for (unsigned i = 0; i < IO_RACE_WORDS; i++) {
        page(0)[i] = page(1)[i] = honest[i];
        page(0)[IO_RACE_WORDS + i] = hostile[i];
    }
    barrier();
    io_send(0, IO_SAY_RACE);
}

static bool stop(void)
{
    io_send(0, IO_SAY_STOP);
    return io_receive(0, IO_SAY_STOP);
}

/* One call after the other with the shared page as its request; true when every
 * answer was the one or the other and both were seen.  served(): is what it did right? */
static bool smc_race(unsigned number, uint32_t bytes, const uint32_t honest[IO_RACE_WORDS],
                     const uint32_t hostile[IO_RACE_WORDS], bool (*served)(uint32_t length),
                     struct seen *seen)
{
    bool right = true;
    *seen = (struct seen){0, 0};
    start(honest, hostile);
    for (unsigned i = 0; i < ROUNDS_MAX && (seen->served < SEEN || seen->refused < SEEN); i++) {
        uint32_t status, tended;
        const uint32_t length = smc_call(number, page(1), bytes, reply, sizeof reply, &status);
        if (status == MONITOR_OK)
            seen->served++;
        else
            seen->refused++;
        right = right && (status != MONITOR_OK || served(length));
        if (i % 1024 == 0)
            smc_call(SMC_TEND_WATCHDOG, NULL, 0, NULL, 0, &tended);
    }
    return stop() && right;
}

/* The configuration is blank; the log behind it is not. */
static bool reads_blank(uint32_t length)
{
    for (unsigned i = 0; i < length / 4; i++)
        if (reply[i] != 0xFFFFFFFF)
            return false;
    return length == 64;
}

static bool anything(uint32_t length)
{
    (void)length;
    return true;
}

static uint32_t log_size(void)
{
    uint32_t type = 0, size = 0, status;
    smc_call(SMC_GET_LOG_DATA_SIZE, &type, sizeof type, &size, sizeof size, &status);
    return status == MONITOR_OK ? size : 0;
}

static bool race_read_flash_offset(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {CONFIG, 4096, 64};
    static const uint32_t hostile[IO_RACE_WORDS] = {CONFIG, BEHIND_CONFIG, 64};
    return smc_race(SMC_READ_FLASH, 12, honest, hostile, reads_blank, seen);
}

static bool race_write_flash_offset(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {CONFIG, 0, 0, 0};
    static const uint32_t hostile[IO_RACE_WORDS] = {CONFIG, BEHIND_CONFIG, 0, 0};
    const uint32_t before = log_size();
    return smc_race(SMC_WRITE_FLASH, 16, honest, hostile, anything, seen) && log_size() == before;
}

static bool race_erase_flash_offset(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {CONFIG, 0, 4096};
    static const uint32_t hostile[IO_RACE_WORDS] = {CONFIG, BEHIND_CONFIG, 4096};
    const uint32_t before = log_size();
    return smc_race(SMC_ERASE_FLASH, 12, honest, hostile, anything, seen) && log_size() == before;
}

static bool race_flash_partition(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {CONFIG, 4096, 64};
    static const uint32_t hostile[IO_RACE_WORDS] = {5, 0, 64}; /* the log itself */
    return smc_race(SMC_READ_FLASH, 12, honest, hostile, reads_blank, seen);
}

/* The answer stands in the page that changes, so what counts is what is around it. */
static bool block_race(const uint32_t honest[IO_RACE_WORDS], const uint32_t hostile[IO_RACE_WORDS],
                       struct seen *seen)
{
    bool right = true;
    *seen = (struct seen){0, 0};
    for (unsigned i = BLOCK_BYTES / 4 + 2; i < PAGE_WORDS; i++)
        page(1)[i] = PATTERN;
    start(honest, hostile);
    for (unsigned i = 0; i < 2000; i++) {
        const uint32_t word = (uint32_t)(uintptr_t)page(1), number = ++pluton_sequence;
        pluton_push(word, number);
        const struct pluton_answer answer = pluton_answer_to(word, number);
        right = right && answer.came;
        if (answer.data)
            seen->served++;
        else
            seen->refused++;
    }
    right = stop() && right;
    for (unsigned i = BLOCK_BYTES / 4 + 2; i < PAGE_WORDS; i++)
        right = right && page(1)[i] == PATTERN;
    uint32_t *block = hostile_scratch; /* and Pluton serves as before */
    block[0] = 0, block[1] = 1024, block[2] = PLUTON_GET_SECURITY_STATE, block[3] = 0;
    return right && pluton_exchange(block) && block[2] >> 16 == PLUTON_OK && block[3] == 132;
}

static bool race_pluton_capacity(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {0, BLOCK_BYTES, PLUTON_GET_SECURITY_STATE, 0};
    static const uint32_t hostile[IO_RACE_WORDS] = {0, 0xFFFFFFF0, PLUTON_GET_SECURITY_STATE, 0};
    return block_race(honest, hostile, seen) && seen->served && seen->refused;
}

/* Counter 3 would be raised if the right were looked up for one command and the other ran. */
static bool race_pluton_command(struct seen *seen)
{
    static const uint32_t honest[IO_RACE_WORDS] = {0, BLOCK_BYTES, PLUTON_IS_CAPABILITY_ENABLED, 2, 0x0B};
    static const uint32_t hostile[IO_RACE_WORDS] = {0, BLOCK_BYTES, PLUTON_RAISE_COUNTER, 5, 0x00007F03};
    return block_race(honest, hostile, seen) && seen->served;
}

static bool (*const races[])(struct seen *seen) = {
#define X(name) race_##name,
    HOSTILE_RACES(X)
#undef X
};

void io_races(void)
{
    static const char *const words[] = HOSTILE_WORDS;
    static const char *const deeds[HOSTILE_DEEDS] = HOSTILE_DEED_NAMES;
    uint32_t status;
    smc_call(SMC_WRITE_LOG, "race", 4, NULL, 0, &status);
    console_text("hostile: start\n");
    for (unsigned n = 0; n < hostile_race_rows(); n++) {
        const struct hostile_row row = hostile_race_row(n, 0);
        struct seen seen = {0, 0};
        const bool stood = races[n](&seen);
        const bool tried = n >= HOSTILE_SMC_RACES || (seen.served >= SEEN && seen.refused >= SEEN);
        console_text(words[!stood ? HOSTILE_ALLOWED : tried ? HOSTILE_REFUSED : HOSTILE_WRONG]);
        console_text(" ");
        console_decimal(n);
        console_text(" ");
        console_text(deeds[row.deed]);
        console_text(" ");
        console_text(row.set);
        console_text(".");
        console_text(row.item);
        console_text(" ");
        console_hex(row.a);
        console_text(" ");
        console_decimal(seen.served);
        console_text(" served, ");
        console_decimal(seen.refused);
        console_text(" refused\n");
    }
    console_text("hostile: count ");
    console_decimal(hostile_race_rows());
    console_text("\n");
}
