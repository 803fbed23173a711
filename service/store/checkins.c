/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When devices were heard last.  Source: docs/spec/store.md, "Durability".
 *
 * The one thing that need not be on disk before the answer: check-ins are kept in memory and
 * written with the next transaction that reads or writes for an operator, or a tenth of a second
 * later in one of their own, which waits for no disk.  So polling costs no fsync, and what is
 * written at once stays short: a million devices are 3,333 check-ins a second.
 */
#include <string.h>

#include "service/store/operations.h"

enum { TOGETHER = STATEMENT_VALUES_MAX - 1 };

void checkin_add(struct store *store, uint64_t device, uint64_t at_s)
{
    if (store->checkin_count < STORE_CHECKINS_MAX) /* the loop writes them before it comes to this */
        store->checkin[store->checkin_count++] = (struct checkin){device, at_s};
}

/* Those of one second share a statement: to a database elsewhere each one is a journey. */
int checkins_write(struct store *store)
{
    for (size_t i = 0; i < store->checkin_count;) {
        const uint64_t at_s = store->checkin[i].at_s;
        struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_CHECKIN);
        bind_number(s, 1, at_s);
        for (int k = 0; k < TOGETHER; k++) {
            bool one = i < store->checkin_count && store->checkin[i].at_s == at_s;
            bind_number(s, 2 + k, one ? store->checkin[i].device : 0); /* 0: none */
            i += one;
        }
        int err = statement_run(&store->db, s);
        if (err)
            return err;
    }
    return 0;
}
