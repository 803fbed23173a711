/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SNTP: one question for the time and its answer.
 * Source: RFC 4330 section 5 (checks of a client), RFC 5905 figure 8 (layout), 48 bytes.
 * Trust: an answer is the network's word.  It is tied to the question by 64 random bits in the
 * transmit timestamp, which come back as the originate timestamp; who wrote it is not known.
 * What it may change is decided by the application manager.
 *
 *   off size field            network byte order
 *     0    1 leap 2 bits (3: not synchronised), version 3 bits, mode 3 bits (3 client, 4 server)
 *     1    1 stratum          1..15; 0: told to go away
 *     2    1 poll,  3 1 precision
 *     4    4 root delay,  8 4 root dispersion    16.16 seconds
 *    12    4 reference id
 *    16    8 reference, 24 originate, 32 receive, 40 transmit    32.32 seconds since 1900
 */
#ifndef PERI_OS_NETWORKD_SNTP_MESSAGE_H
#define PERI_OS_NETWORKD_SNTP_MESSAGE_H

#include "lib/cursor.h"

enum {
    SNTP_PORT = 123,
    SNTP_BYTES = 48,
    SNTP_COOKIE_BYTES = 8,
    SNTP_MESSAGE_MAX = 128,         /* keys and extensions may follow; not read */
    SNTP_ROUND_TRIP_MAX_MS = 2000,  /* an answer that took longer says too little */
    SNTP_ROOT_ERROR_MAX_MS = 10000, /* of the server's own time */
};

struct sntp_sample {
    uint64_t unix_ms; /* when the answer arrived */
    uint32_t error_ms;
};

int sntp_request_write(const uint8_t cookie[static SNTP_COOKIE_BYTES], struct writer *w) MUST_CHECK;
/* pivot_s: a Unix time that is not later than now; it tells eras of 136 years apart.
 * E_BINDING: answer to another question; E_DENIED: the server wants us to stop asking it;
 * E_STALE: it does not know the time; E_MORE, E_MALFORMED, E_LIMIT. */
int sntp_answer_parse(struct span bytes, const uint8_t cookie[static SNTP_COOKIE_BYTES],
                      uint64_t pivot_s, uint32_t round_trip_ms, struct sntp_sample *sample) MUST_CHECK;

#endif
