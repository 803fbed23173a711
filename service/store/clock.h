/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store makes of a wall clock that is set: it is looked at before each operation, against the clock that nobody
 * sets, and at the start against the last time of this folder.
 * Source: docs/decisions/clock.md.
 *
 *   seen                                    silence and steps    what goes for its age   sequence of deployments
 *   set by more than a minute, running      wait anew            a day later             one by one, for a day
 *   behind the folder's last time, at start wait anew            a day later             (its last one is higher)
 *   more than 10 minutes past it            wait anew            as ever                 as ever
 *   more than a day past it                 wait anew            a day later             as ever: a restored backup must get ahead
 *
 * File: <data>/store/clock, Unix seconds in decimal and a line's end; written anew every five minutes while nothing is in
 * doubt, and at the end.  Without it, or with another content: there is no last time.
 */
#ifndef PERI_SERVICE_STORE_CLOCK_H
#define PERI_SERVICE_STORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct store;

enum {
    CLOCK_SET_MS = 60000,             /* more than that at once, and the clock was set */
    CLOCK_PAUSE_S = 600,              /* a service that was off for longer heard nobody */
    CLOCK_LONG_S = 86400,             /* and for longer: off, or the clock is ahead */
    CLOCK_SETTLE_MS = 86400 * 1000,   /* for so long what goes for its age stays */
    CLOCK_WRITE_MS = 300 * 1000,
};

struct store_clock {
    uint64_t wall_ms, steady_ms; /* at the last look; 0: none yet */
    uint64_t set_ms;             /* steady, when it was seen to be set, or the store began after a pause; 0: never */
    uint64_t doubt_ms;           /* steady, when what goes for its age began to wait; 0: it does not */
    bool jumped;                 /* and that was while the store ran */
    bool fixed;                  /* the look was at clocks that a test moves */
    char path[4096];             /* of the file; empty: none is kept */
    uint64_t last_s;             /* what the file says; 0: nothing */
    uint64_t written_ms;         /* steady */
};

/* Before the first operation, while files can be reached by the path that is reached later. */
void clock_open(struct store *store, const char *folder);
void clock_look(struct store *store);
/* Writes the file, where nothing is in doubt. */
void clock_close(struct store *store);
/* For how long the clock is known to be one; bounded for the database's numbers. */
uint64_t clock_good_ms(const struct store *store);
/* May what is old enough go for good?  Not while its age may be the clock's. */
bool clock_settled(const struct store *store);
/* So much is the clock behind the folder's last time; 0: it is not, by more than a minute. */
uint64_t clock_behind_s(const struct store *store);

#endif
