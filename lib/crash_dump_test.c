/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/crash-dump.md: which dumps are taken, and that nobody else opens one. */
#include "lib/crash_dump.h"
#include "tests/check.h"

static const struct crash_dump good = {.dump = {1}, .device_id = {2, [63] = 3}, .catalog = {4}, .group = {5},
                                       .component = {6}, .image = {7}, .signal = 11, .time_s = 1800000000};
static const uint8_t seed_r[HPKE_SEED_BYTES] = {1}, seed_e[HPKE_SEED_BYTES] = {2}, seed_k[HPKE_SEED_BYTES] = {3};
static uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES];

static struct span made(const struct crash_dump *head, struct span core, uint8_t *at, size_t cap)
{
    struct writer w = writer_of(at, cap);
    REQUIRE(crash_dump_seal(head, public, seed_e, core, &w) == 0);
    return writer_view(&w);
}

static void there_and_back(void)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX], core[CRASH_DUMP_CORE_MAX + 1], back[CRASH_DUMP_CORE_MAX];
    const size_t sizes[] = {1, 1000, CRASH_DUMP_CORE_MAX};
    for (size_t i = 0; i < sizeof core; i++)
        core[i] = (uint8_t)(i * 31);
    for (size_t i = 0; i < 3; i++) {
        struct crash_dump dump;
        struct hpke_secret secret, other;
        uint8_t key[CRASH_DUMP_KEY_BYTES];
        struct span all = made(&good, span_of(core, sizes[i]), bytes, sizeof bytes);
        CHECK_INT(all.len, sizes[i] + CRASH_DUMP_EXTRA_BYTES);
        CHECK_INT(crash_dump_parse(all, &dump), 0);
        CHECK_INT(dump.core_bytes, sizes[i]);
        CHECK_INT(dump.signal, 11);
        CHECK_INT(dump.time_s, 1800000000);
        CHECK_MEM(dump.device_id, good.device_id, 64);
        CHECK_MEM(dump.dump, good.dump, 16);
        CHECK_MEM(dump.catalog, good.catalog, 16);
        CHECK_MEM(dump.group, good.group, 16);
        CHECK_MEM(dump.component, good.component, 16);
        CHECK_MEM(dump.image, good.image, 16);
        REQUIRE(crash_dump_secret(private, dump.catalog, dump.enc.at, &secret) == 0);
        CHECK_INT(crash_dump_open(&dump, &secret, back), 0);
        CHECK_MEM(back, core, sizes[i]);
        /* to somebody who asks for it */
        uint8_t theirs[HPKE_PRIVATE_BYTES], to[HPKE_PUBLIC_BYTES];
        REQUIRE(hpke_pair(seed_k, theirs, to) == 0);
        CHECK_INT(crash_dump_key_seal(&secret, to, seed_r, dump.head, key), 0);
        CHECK_INT(crash_dump_key_open(theirs, dump.head, key, &other), 0);
        CHECK_MEM(&other, &secret, sizeof secret);
        CHECK_INT(crash_dump_key_open(private, dump.head, key, &other), E_CRYPTO);
        bytes[9] ^= 1; /* of another dump */
        CHECK_INT(crash_dump_key_open(theirs, dump.head, key, &other), E_CRYPTO);
        bytes[9] ^= 1;
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(crash_dump_seal(&good, public, seed_e, span_of(core, CRASH_DUMP_CORE_MAX + 1), &w), E_LIMIT);
    CHECK_INT(crash_dump_seal(&good, public, seed_e, span_of(core, 0), &w), E_LIMIT);
    w = writer_of(bytes, 300);
    CHECK_INT(crash_dump_seal(&good, public, seed_e, span_of(core, 300 - CRASH_DUMP_EXTRA_BYTES + 1), &w), E_FULL);
    const uint8_t nothing[HPKE_PUBLIC_BYTES] = {4};
    CHECK_INT(crash_dump_seal(&good, nothing, seed_e, span_of(core, 3), &w), E_RANGE);
    CHECK_INT(w.len, 0);
    struct crash_dump bad = good;
    bad.signal = 0;
    CHECK_INT(crash_dump_seal(&bad, public, seed_e, span_of(core, 3), &w), E_LIMIT);
    bad.signal = 65;
    CHECK_INT(crash_dump_seal(&bad, public, seed_e, span_of(core, 3), &w), E_LIMIT);
}

/* Every prefix is refused, every flipped bit at the latest by who opens it. */
static void cut_and_flip(void)
{
    uint8_t bytes[512], back[64];
    struct crash_dump dump;
    struct hpke_secret secret;
    struct span all = made(&good, span_of("a core file", 11), bytes, sizeof bytes);
    for (size_t cut = 0; cut < all.len; cut++)
        CHECK_INT(crash_dump_parse(span_of(bytes, cut), &dump), E_MORE);
    CHECK_INT(crash_dump_parse(span_of(bytes, all.len + 1), &dump), E_TRAILING);
    for (size_t bit = 0; bit < all.len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = crash_dump_parse(all, &dump);
        if (!err)
            err = crash_dump_secret(private, dump.catalog, dump.enc.at, &secret);
        if (!err)
            err = crash_dump_open(&dump, &secret, back);
        CHECK(err != 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void refused(void)
{
    static const struct {
        size_t at;
        uint8_t value;
        int want;
    } rows[] = {
        {0, 'Q', E_MALFORMED}, {4, 2, E_VERSION}, {6, 1, E_MALFORMED}, {152, 0, E_LIMIT}, {152, 65, E_LIMIT},
        {153, 1, E_LIMIT}, {156, 0, E_LIMIT}, {156, 4, E_MORE}, {156, 2, E_TRAILING}, {158, 1, E_LIMIT}, {167, 128, E_LIMIT},
    };
    uint8_t bytes[512];
    static const struct crash_dump zero;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crash_dump dump;
        struct span all = made(&good, span_of("abc", 3), bytes, sizeof bytes);
        bytes[rows[i].at] = rows[i].value;
        CHECK_INT(crash_dump_parse(all, &dump), rows[i].want);
        CHECK_MEM(&dump, &zero, sizeof zero);
    }
}

/* A dump that was never whole anywhere is the same dump; one with a piece too many or too few is none. */
static void in_pieces(void)
{
    enum { SIZE = 10000 };
    static uint8_t core[SIZE], bytes[SIZE + CRASH_DUMP_EXTRA_BYTES], whole[SIZE + CRASH_DUMP_EXTRA_BYTES];
    const size_t steps[] = {1, 100, 4096, SIZE};
    for (size_t i = 0; i < SIZE; i++)
        core[i] = (uint8_t)(i * 13);
    struct crash_dump_sealer s;
    struct crash_dump head = good, read;
    (void)made(&good, span_of(core, SIZE), whole, sizeof whole);
    head.core_bytes = SIZE;
    for (size_t i = 0; i < 4; i++) {
        REQUIRE(crash_dump_begin(&s, &head, public, seed_e, bytes) == 0);
        for (size_t at = 0; at < SIZE; at += steps[i]) {
            size_t len = SIZE - at < steps[i] ? SIZE - at : steps[i];
            CHECK_INT(crash_dump_put(&s, span_of(core + at, len), bytes + CRASH_DUMP_FIRST_BYTES + at), 0);
        }
        CHECK_INT(crash_dump_put(&s, span_of(core, 1), bytes), E_LIMIT);
        CHECK_INT(crash_dump_end(&s, bytes + CRASH_DUMP_FIRST_BYTES + SIZE), 0);
        crash_dump_release(&s);
        crash_dump_release(&s);
        CHECK_MEM(bytes, whole, sizeof bytes);
    }
    REQUIRE(crash_dump_begin(&s, &head, public, seed_e, bytes) == 0);
    CHECK_INT(crash_dump_put(&s, span_of(core, SIZE - 1), bytes + CRASH_DUMP_FIRST_BYTES), 0);
    CHECK_INT(crash_dump_end(&s, bytes), E_MORE);
    crash_dump_release(&s);
    CHECK_INT(crash_dump_put(&s, span_of(core, 1), bytes), E_LIMIT);
    CHECK_INT(crash_dump_end(&s, bytes), E_MORE);
    head.core_bytes = 0;
    CHECK_INT(crash_dump_begin(&s, &head, public, seed_e, bytes), E_LIMIT);
    head.core_bytes = CRASH_DUMP_CORE_MAX + 1;
    CHECK_INT(crash_dump_begin(&s, &head, public, seed_e, bytes), E_LIMIT);
    /* the head alone tells what a dump is of */
    CHECK_INT(crash_dump_head_parse(span_of(whole, CRASH_DUMP_HEAD_BYTES), &read), 0);
    CHECK(read.core_bytes == SIZE && read.signal == 11 && !read.enc.at && !read.sealed.at);
    CHECK_INT(crash_dump_head_parse(span_of(whole, sizeof whole), &read), 0);
    for (size_t cut = 0; cut < CRASH_DUMP_HEAD_BYTES; cut++)
        CHECK_INT(crash_dump_head_parse(span_of(whole, cut), &read), E_MORE);
}

int main(void)
{
    REQUIRE(hpke_pair(seed_r, private, public) == 0);
    there_and_back();
    cut_and_flip();
    refused();
    in_pieces();
    return check_done();
}
