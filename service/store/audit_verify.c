/* SPDX-License-Identifier: BSD-2-Clause */
/* The chain of the audit log, walked from its first record, or from where it was pruned: lib/audit.h. */
#include <stdio.h>
#include <string.h>

#include "lib/audit.h"
#include "service/store/operations.h"

enum { PAGE = 1000 };

struct walk {
    uint64_t sequence;
    uint8_t digest[32];
};

static int record_check(struct statement *s, struct walk *walk)
{
    uint8_t stored[32];
    const struct audit_record record = {
        .sequence = column_number(s, 8), .time_ms = column_number(s, 0), .principal = column_span(s, 1),
        .action = column_span(s, 2), .path = column_span(s, 3), .detail = column_span(s, 4),
        .outcome = column_span(s, 5), .request_id = column_span(s, 6)};
    column_exact(s, 7, stored, sizeof stored);
    int err = s->db->damaged ? E_CORRUPT : record.sequence == walk->sequence + 1 ? 0 : E_MISSING;
    if (!err)
        err = audit_digest(walk->digest, &record, walk->digest);
    if (!err && memcmp(walk->digest, stored, sizeof stored) != 0)
        err = E_DIGEST;
    walk->sequence++;
    return err;
}

static int page_check(struct store *store, struct walk *walk, bool *more)
{
    struct statement *s = statement_get(&store->db, STATEMENT_AUDIT_LIST);
    uint64_t before = walk->sequence;
    int got, err = 0;
    bind_number(s, 1, before);
    bind_number(s, 2, PAGE);
    bind_number(s, 3, 0);
    while (!err && (got = statement_step(&store->db, s)) != 0)
        err = got < 0 ? got : record_check(s, walk);
    statement_done(s);
    *more = walk->sequence == before + PAGE;
    return err;
}

int audit_verify(struct store *store, uint64_t *records)
{
    struct walk walk = {0};
    struct statement *s = statement_get(&store->db, STATEMENT_CHECKPOINT_LAST);
    int got = statement_step(&store->db, s), err = got < 0 ? got : 0;
    if (got == 1) {
        walk.sequence = column_number(s, 0);
        column_exact(s, 1, walk.digest, sizeof walk.digest);
    }
    statement_done(s);
    for (bool more = true; !err && more;)
        err = page_check(store, &walk, &more);
    *records = walk.sequence;
    if (err)
        fprintf(stderr, "store: audit log: record %llu does not continue the chain: %s\n",
                (unsigned long long)walk.sequence, err_text(err));
    return err;
}
