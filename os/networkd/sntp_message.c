/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/sntp_message.h"

#include <string.h>

enum {
    VERSION = 4,
    VERSION_LEAST = 3,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    LEAP_UNKNOWN = 3,
    STRATUM_MAX = 15,
    TIMESTAMP_AT = 40,
};

static const uint64_t seconds_to_1970 = 2208988800u;

int sntp_request_write(const uint8_t cookie[static SNTP_COOKIE_BYTES], struct writer *w)
{
    writer_u8(w, VERSION << 3 | MODE_CLIENT);
    writer_zero(w, TIMESTAMP_AT - 1);
    writer_bytes(w, cookie, SNTP_COOKIE_BYTES);
    return w->err;
}

static uint32_t fixed_ms(uint32_t value) /* 16.16 seconds */
{
    return (uint32_t)((uint64_t)value * 1000 >> 16);
}

static int parse(struct span bytes, const uint8_t *cookie, uint64_t pivot_s, uint32_t round_trip_ms,
                 struct sntp_sample *sample)
{
    struct cursor c = cursor_of(bytes);
    unsigned first = cursor_u8(&c), stratum = cursor_u8(&c);
    cursor_skip(&c, 2);
    uint32_t delay = cursor_u32be(&c), dispersion = cursor_u32be(&c);
    cursor_skip(&c, 4 + 8);
    struct span originate = cursor_bytes(&c, SNTP_COOKIE_BYTES);
    uint64_t receive = cursor_u64be(&c), transmit = cursor_u64be(&c);
    if (c.err)
        return c.err;
    unsigned leap = first >> 6, version = first >> 3 & 7, mode = first & 7;
    if (!span_equal(originate, span_of(cookie, SNTP_COOKIE_BYTES)))
        return E_BINDING;
    if (mode != MODE_SERVER || version < VERSION_LEAST || version > VERSION)
        return E_MALFORMED;
    if (stratum == 0)
        return E_DENIED;
    if (leap == LEAP_UNKNOWN || stratum > STRATUM_MAX || transmit == 0)
        return E_STALE;
    if (receive > transmit && receive - transmit < (uint64_t)1 << 63)
        return E_MALFORMED;
    uint32_t root_ms = fixed_ms(delay) / 2 + fixed_ms(dispersion);
    if (root_ms > SNTP_ROOT_ERROR_MAX_MS || round_trip_ms > SNTP_ROUND_TRIP_MAX_MS)
        return E_LIMIT;
    /* The first time since pivot_s that has these 32 bits of seconds. */
    uint64_t since_1900 = pivot_s + seconds_to_1970;
    uint64_t seconds = (since_1900 & ~(uint64_t)UINT32_MAX) | transmit >> 32;
    if (seconds < since_1900)
        seconds += (uint64_t)1 << 32;
    uint64_t fraction_ms = (transmit & UINT32_MAX) * 1000 >> 32;
    sample->unix_ms = (seconds - seconds_to_1970) * 1000 + fraction_ms + round_trip_ms / 2;
    sample->error_ms = root_ms + (round_trip_ms + 1) / 2 + 1;
    return 0;
}

int sntp_answer_parse(struct span bytes, const uint8_t cookie[static SNTP_COOKIE_BYTES],
                      uint64_t pivot_s, uint32_t round_trip_ms, struct sntp_sample *sample)
{
    memset(sample, 0, sizeof *sample);
    int e = bytes.len > SNTP_MESSAGE_MAX ? E_LIMIT
                                         : parse(bytes, cookie, pivot_s, round_trip_ms, sample);
    if (e)
        memset(sample, 0, sizeof *sample);
    return e;
}
