/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor under attest-and-issue and under a new connection: what is left of them when TLS,
 * cryptography and all thinking cost nothing.
 *
 * Four processes stand for front, daa, issuer and store.  The same bytes go in the same turns over
 * the same kinds of sockets as `strace` shows them of the service (29 November 2026); front accepts
 * and closes, the issuer writes its line to a file, the store looks the device up and inserts the
 * certificate in SQLite, in tables of the same shape, with the same settings, one commit for all
 * that stand in a turn of its loop, durable before the answer.  Nothing is parsed, encrypted, hashed
 * or allocated; events come by epoll itself; there is no call filter.
 *
 * So it is less than what any service of these processes can do with, whatever its TLS library:
 * 1 / (1 / crypto limit + floor) is the most that it could reach on this machine.
 */
#ifndef PERI_BENCH_FLOOR_H
#define PERI_BENCH_FLOOR_H

#include <stdbool.h>
#include <sys/types.h>

enum floor_what { FLOOR_ATTEST, FLOOR_CONNECT };

struct floor_result {
    unsigned long done, failed;
    double wall_s, cpu_s; /* of all four processes */
};

/* LOAD_DEVICES clients at it for so long, per_second exchanges of all together, 0: as many as go.
 * The slower, the fewer share a turn of a loop and a commit, and the more each costs.
 * The database stands at FOLDER.floor and is removed.  Exits on failure.  No other thread may run. */
struct floor_result floor_measure(const char *folder, enum floor_what what, double per_second, double seconds);

#endif
