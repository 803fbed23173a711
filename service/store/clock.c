/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/store/operations.h"

enum { LINE_MAX_BYTES = 32 };

static const char waits[] = "what goes for its age stays for another day";

static uint64_t steady_now_ms(const struct store *store)
{
    uint64_t ms = database_steady_ms(&store->db);
    return ms ? ms : 1; /* 0 stands for never */
}

static uint64_t wall_now_s(const struct store *store) { return database_now_ms(&store->db) / 1000; }

/* -- the file -------------------------------------------------------------------- */

static uint64_t last_read(const char *path)
{
    char line[LINE_MAX_BYTES] = "", *end;
    FILE *f = fopen(path, "re");
    bool read = f && fgets(line, sizeof line, f) != NULL;
    if (f)
        fclose(f);
    uint64_t s = read && line[0] >= '0' && line[0] <= '9' ? strtoull(line, &end, 10) : 0;
    return s && *end == '\n' && s <= INT64_MAX / 1000 ? s : 0;
}

/* By another name first, so that there is never half a number; not synced: an older one serves as well.  A full disk
 * leaves the older one. */
static void last_write(struct store *store)
{
    struct store_clock *clock = &store->clock;
    char name[sizeof clock->path + 4], line[LINE_MAX_BYTES];
    uint64_t now_s = wall_now_s(store);
    clock->written_ms = steady_now_ms(store);
    if (!clock->path[0] || !clock_settled(store))
        return;
    snprintf(name, sizeof name, "%s.new", clock->path);
    int len = snprintf(line, sizeof line, "%" PRIu64 "\n", now_s);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, line, (size_t)len) == len;
    if (fd >= 0)
        close(fd);
    if (good && rename(name, clock->path) == 0)
        clock->last_s = now_s;
}

/* -- doubt ------------------------------------------------------------------------ */

static void doubt_begin(struct store *store, bool jumped)
{
    struct store_clock *clock = &store->clock;
    clock->doubt_ms = clock->steady_ms;
    clock->jumped |= jumped;
}

static void doubt_end(struct store *store)
{
    struct store_clock *clock = &store->clock;
    if (!clock->doubt_ms || clock->steady_ms - clock->doubt_ms < CLOCK_SETTLE_MS)
        return;
    fprintf(stderr, "store: the clock has run for a day since it was set: what is old enough goes again\n");
    clock->doubt_ms = 0;
    clock->jumped = false;
    last_write(store);
}

static void time_text(uint64_t s, char text[static LINE_MAX_BYTES])
{
    time_t t = (time_t)s;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    strftime(text, LINE_MAX_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void clock_open(struct store *store, const char *folder)
{
    struct store_clock *clock = &store->clock;
    char last[LINE_MAX_BYTES];
    if (snprintf(clock->path, sizeof clock->path, "%s/clock", folder) >= (int)sizeof clock->path)
        clock->path[0] = '\0';
    clock->last_s = last_read(clock->path);
    clock->written_ms = steady_now_ms(store); /* not by this look: what it says is to be judged first */
    clock_look(store);
    uint64_t now_s = wall_now_s(store), behind_s = clock_behind_s(store);
    time_text(clock->last_s, last);
    if (behind_s) {
        fprintf(stderr, "store: the clock is %" PRIu64 " s behind the last time of this service, %s: look which of the two is "
                        "wrong; %s\n", behind_s, last, waits);
        doubt_begin(store, false);
    } else if (clock->last_s && now_s > clock->last_s + CLOCK_LONG_S) {
        fprintf(stderr, "store: the last time of this service is %" PRIu64 " days ago, %s: it was off, or the clock is ahead; "
                        "%s\n", (now_s - clock->last_s) / 86400, last, waits);
        doubt_begin(store, false);
    }
    if (clock->doubt_ms || (clock->last_s && now_s > clock->last_s + CLOCK_PAUSE_S))
        clock->set_ms = clock->steady_ms;
    last_write(store);
}

/* A clock that is set says neither how long a step lasted, nor that a device was silent, nor how old anything is. */
void clock_look(struct store *store)
{
    struct store_clock *clock = &store->clock;
    uint64_t wall = database_now_ms(&store->db), steady = steady_now_ms(store);
    bool fixed = store->db.fixed_now_ms != 0;
    int64_t set = clock->wall_ms && clock->fixed == fixed ? (int64_t)(wall - clock->wall_ms) - (int64_t)(steady - clock->steady_ms) : 0;
    clock->wall_ms = wall;
    clock->steady_ms = steady;
    clock->fixed = fixed;
    if (set > CLOCK_SET_MS || set < -CLOCK_SET_MS) {
        fprintf(stderr, "store: the clock was set by %+" PRId64 " s: steps and silent devices of rollouts wait anew, %s\n",
                set / 1000, waits);
        clock->set_ms = steady;
        doubt_begin(store, true);
    }
    doubt_end(store);
    if (steady - clock->written_ms >= CLOCK_WRITE_MS)
        last_write(store);
    store->db.clock_settled = clock_settled(store);
    store->db.clock_jumped = clock->jumped;
}

void clock_close(struct store *store)
{
    if (store->clock.path[0])
        last_write(store);
}

uint64_t clock_good_ms(const struct store *store)
{
    return store->clock.set_ms ? store->clock.steady_ms - store->clock.set_ms : INT64_MAX;
}

bool clock_settled(const struct store *store) { return store->clock.doubt_ms == 0; }

uint64_t clock_behind_s(const struct store *store)
{
    uint64_t now_s = wall_now_s(store), last_s = store->clock.last_s;
    return last_s > now_s + CLOCK_SET_MS / 1000 ? last_s - now_s : 0;
}
