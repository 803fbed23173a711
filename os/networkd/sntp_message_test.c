/* SPDX-License-Identifier: BSD-2-Clause */
/* SNTP answers: the checks of RFC 4330 section 5, one by one. */
#include "os/networkd/sntp_message.h"

#include "tests/check.h"

static const uint8_t cookie[SNTP_COOKIE_BYTES] = "12345678";
static const uint64_t pivot = 1704067200, now_s = 1800000000;

static void good(uint8_t b[static SNTP_BYTES])
{
    struct writer w = writer_of(b, SNTP_BYTES);
    writer_u8(&w, 4 << 3 | 4);
    writer_u8(&w, 2);
    writer_zero(&w, 2);
    writer_u32be(&w, 0x8000); /* half a second of delay */
    writer_u32be(&w, 0x4000);
    writer_zero(&w, 12);
    writer_bytes(&w, cookie, sizeof cookie);
    for (int i = 0; i < 2; i++)
        writer_u64be(&w, ((now_s + 2208988800u) & UINT32_MAX) << 32 | 0x80000000u);
    REQUIRE(w.err == 0 && w.len == SNTP_BYTES);
}

static int parse(const uint8_t *b, size_t len, struct sntp_sample *s)
{
    return sntp_answer_parse(span_of(b, len), cookie, pivot, 40, s);
}

int main(void)
{
    uint8_t b[SNTP_BYTES];
    struct sntp_sample s;
    struct writer w = writer_of(b, sizeof b);
    CHECK_INT(sntp_request_write(cookie, &w), 0);
    CHECK(w.len == SNTP_BYTES && b[0] == 0x23 && memcmp(b + 40, cookie, 8) == 0);

    good(b);
    CHECK_INT(parse(b, sizeof b, &s), 0);
    CHECK(s.unix_ms == now_s * 1000 + 500 + 20);
    CHECK_INT(s.error_ms, 250 + 250 + 20 + 1);
    for (size_t cut = 0; cut < sizeof b; cut++)
        CHECK_INT(parse(b, cut, &s), E_MORE);

    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
        int error;
    } rows[] = {
        {"clock not synchronised", 0, 3 << 6 | 4 << 3 | 4, E_STALE},
        {"a client's message", 0, 4 << 3 | 3, E_MALFORMED},
        {"broadcast", 0, 4 << 3 | 5, E_MALFORMED},
        {"version 2", 0, 2 << 3 | 4, E_MALFORMED},
        {"kiss of death", 1, 0, E_DENIED},
        {"stratum 16", 1, 16, E_STALE},
        {"far from its own source", 8, 0xFF, E_LIMIT},
        {"another question", 24, 0, E_BINDING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        good(b);
        b[rows[i].at] = rows[i].value;
        int e = parse(b, sizeof b, &s);
        if (e != rows[i].error)
            fprintf(stderr, "%s: %d\n", rows[i].what, e);
        CHECK_INT(e, rows[i].error);
        CHECK(s.unix_ms == 0);
    }
    good(b);
    memset(b + 40, 0, 8);
    CHECK_INT(parse(b, sizeof b, &s), E_STALE); /* no time at all */
    good(b);
    CHECK_INT(sntp_answer_parse(span_of(b, sizeof b), cookie, pivot, SNTP_ROUND_TRIP_MAX_MS + 1, &s),
              E_LIMIT);
    good(b); /* 2036-02-08, the next era: its seconds begin at 0 again */
    memset(b + 32, 0, 16);
    b[35] = b[43] = 1;
    CHECK_INT(parse(b, sizeof b, &s), 0);
    CHECK(s.unix_ms / 1000 == 2085978497);
    return check_done();
}
