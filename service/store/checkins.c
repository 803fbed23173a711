/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When devices were heard last.  Source: docs/spec/store.md, "Durability".
 *
 * The one thing that need not be on disk before the answer.  Check-ins are kept in memory.  A few are
 * written with the next transaction that reads or writes for an operator, or a tenth of a second later
 * in one of their own, which waits for no disk.
 *
 * Of a million devices 3,333 come a second, each to its own place.  Written as they come, every one would
 * change a page.  So many are written in sweeps, as an elevator goes: those that wait are put into the
 * order of their rows, and each tenth of a second the next hundredth of them is written, while newcomers
 * wait for the next sweep.  A page that three hundred devices share is then written once a sweep (ten
 * seconds), not once a device, and no write holds up the process for long.
 */
#include <stdlib.h>
#include <string.h>

#include "service/store/operations.h"

enum { TOGETHER = STATEMENT_VALUES_MAX - 1, SLICES = 100, SLICE_MIN = 64, GROUPS = 64 };

void checkin_add(struct store *store, uint64_t device, uint64_t at_s)
{
    if (store->checkin_count < STORE_CHECKINS_MAX) /* batch.c writes them before it comes to this */
        store->checkin[store->checkin_count++] = (struct checkin){device, at_s};
}

static int device_compare(const void *a, const void *b)
{
    const struct checkin *x = a, *y = b;
    return (x->device > y->device) - (x->device < y->device);
}

static int time_compare(const void *a, const void *b)
{
    const struct checkin *x = a, *y = b;
    return x->at_s != y->at_s ? (x->at_s > y->at_s) - (x->at_s < y->at_s) : device_compare(a, b);
}

size_t checkins_slice(struct store *store)
{
    if (store->checkin_sweep == 0) {
        qsort(store->checkin, store->checkin_count, sizeof store->checkin[0], device_compare);
        store->checkin_sweep = store->checkin_count;
        store->checkin_step = store->checkin_count / SLICES > SLICE_MIN ? store->checkin_count / SLICES : SLICE_MIN;
    }
    return store->checkin_sweep < store->checkin_step ? store->checkin_sweep : store->checkin_step;
}

/* Those of one second share a statement, and all statements a journey to a database elsewhere. */
struct group_of_second {
    size_t first, count;
};

struct writing {
    const struct store *store;
    const struct group_of_second *group;
};

static void group_bind(void *context, size_t at, struct statement *s)
{
    const struct writing *writing = context;
    const struct group_of_second *group = &writing->group[at];
    const struct checkin *first = &writing->store->checkin[group->first];
    bind_number(s, 1, first->at_s);
    for (size_t k = 0; k < TOGETHER; k++)
        bind_number(s, 2 + (int)k, k < group->count ? first[k].device : 0); /* 0: none */
}

int checkins_write(struct store *store, size_t count)
{
    static struct group_of_second group[GROUPS]; /* one thread */
    const struct statement_each each = {.context = &(struct writing){store, group}, .bind = group_bind};
    int err = 0;
    qsort(store->checkin, count, sizeof store->checkin[0], time_compare);
    for (size_t i = 0; !err && i < count;) {
        size_t groups = 0;
        for (; groups < GROUPS && i < count; groups++) {
            group[groups] = (struct group_of_second){.first = i};
            while (i < count && group[groups].count < TOGETHER && store->checkin[i].at_s == store->checkin[group[groups].first].at_s) {
                group[groups].count++;
                i++;
            }
        }
        err = statement_each(&store->db, STATEMENT_DEVICE_CHECKIN, groups, &each);
    }
    return err;
}

void checkins_forget(struct store *store, size_t count)
{
    memmove(store->checkin, store->checkin + count, (store->checkin_count - count) * sizeof store->checkin[0]);
    store->checkin_count -= count;
    store->checkin_sweep -= count < store->checkin_sweep ? count : store->checkin_sweep;
}
