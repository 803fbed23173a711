/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/fuse.h"

#include <string.h>

#include "abi/mt3620_hsp.h"
#include "pluton/mcu/reg.h"

enum {
    COPY_WORDS = FUSE_COUNTER_WORDS / 2,
    LIFECYCLE_BITS = 3,
};

uint32_t fuse_word(unsigned n)
{
    return reg_read(MT3620_HSP_FUSE + FUSE_ARRAY + 4 * n);
}

/* A fuse that failed to 0 in one copy is 1 in the other. */
static uint32_t pair(unsigned n, unsigned distance)
{
    return fuse_word(n) | fuse_word(n + distance);
}

uint32_t fuse_locks(void)
{
    return pair(FUSE_LOCKS, 1);
}

/* Word w of a thermometer that shows value. */
static uint32_t thermometer(uint32_t value, unsigned w)
{
    const uint32_t below = 32 * w;
    if (value <= below)
        return 0;
    return value - below >= 32 ? UINT32_MAX : (1u << (value - below)) - 1;
}

int fuse_counter(unsigned index, uint32_t *value)
{
    const unsigned first = FUSE_COUNTERS + index * FUSE_COUNTER_WORDS;
    uint32_t ones = 0, differ = 0;
    *value = UINT32_MAX;
    for (unsigned w = 0; w < COPY_WORDS; w++)
        for (uint32_t word = pair(first + w, COPY_WORDS); word != 0; word &= word - 1)
            ones++;
    for (unsigned w = 0; w < COPY_WORDS; w++)
        differ |= pair(first + w, COPY_WORDS) ^ thermometer(ones, w);
    if (differ != 0)
        return E_CORRUPT;
    *value = ones;
    return 0;
}

static int lifecycle_read(uint32_t *lifecycle)
{
    const uint32_t bits = pair(FUSE_LIFECYCLE, 1);
    *lifecycle = bits & 2 ? LIFECYCLE_DEVICE_COMPLETE
                 : bits & 1 ? LIFECYCLE_MODULE1_COMPLETE : LIFECYCLE_BLANK;
    return bits & ~(uint32_t)LIFECYCLE_BITS ? E_CORRUPT : 0;
}

int fuse_read(struct fuses *fuses)
{
    struct fuses got;
    struct writer w = writer_of(got.root_digest, sizeof got.root_digest);
    memset(fuses, 0, sizeof *fuses);
    int err = lifecycle_read(&got.lifecycle);
    for (unsigned i = 0; !err && i < PLUTON_COUNTERS; i++)
        err = fuse_counter(i, &got.counter[i]);
    for (unsigned i = 0; i < FUSE_ROOT_WORDS; i++)
        writer_u32le(&w, fuse_word(FUSE_ROOT + i));
    if (!err && !(fuse_locks() & FUSE_LOCK_ROOT))
        err = E_CORRUPT; /* nobody has decided whom this chip obeys */
    if (!err)
        *fuses = got;
    return err;
}

static void shadow(unsigned n, uint32_t ones)
{
    reg_write(MT3620_HSP_FUSE + FUSE_SHADOW + 4 * n, ones);
}

static int burn(void)
{
    reg_write(MT3620_HSP_FUSE + FUSE_COMMAND, FUSE_BURN);
    return reg_read(MT3620_HSP_FUSE + FUSE_STATUS) == HSP_OK ? 0 : E_IO;
}

/* Only what is not a one yet: a word that is final must not be named. */
static void shadow_pair(unsigned n, unsigned distance, uint32_t ones)
{
    shadow(n, ones & ~fuse_word(n));
    shadow(n + distance, ones & ~fuse_word(n + distance));
}

int fuse_program(const struct fuses *next)
{
    struct fuses now;
    int err = fuse_read(&now);
    if (err)
        return E_IO;
    if (next->lifecycle < now.lifecycle || next->lifecycle >= LIFECYCLE_COUNT ||
        memcmp(next->root_digest, now.root_digest, sizeof now.root_digest) != 0)
        return E_RANGE;
    for (unsigned i = 0; i < PLUTON_COUNTERS; i++)
        if (next->counter[i] < now.counter[i] || next->counter[i] > FUSE_COUNTER_MAX)
            return E_RANGE;

    if (next->lifecycle != LIFECYCLE_BLANK)
        shadow_pair(FUSE_LIFECYCLE, 1, 1u << (next->lifecycle - 1));
    for (unsigned i = 0; i < PLUTON_COUNTERS; i++)
        for (unsigned w = 0; w < COPY_WORDS; w++)
            shadow_pair(FUSE_COUNTERS + i * FUSE_COUNTER_WORDS + w, COPY_WORDS,
                        thermometer(next->counter[i], w));
    err = burn();
    if (!err)
        err = fuse_read(&now);
    return !err && memcmp(&now, next, sizeof now) == 0 ? 0 : E_IO;
}

int fuse_burn_root(const uint8_t digest[static SHA256_BYTES])
{
    struct cursor c = cursor_of(span_of(digest, SHA256_BYTES));
    for (unsigned i = 0; i < FUSE_ROOT_WORDS; i++)
        shadow(FUSE_ROOT + i, cursor_u32le(&c));
    shadow_pair(FUSE_LOCKS, 1, FUSE_LOCK_ROOT);
    return burn();
}
