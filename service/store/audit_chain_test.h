/* SPDX-License-Identifier: BSD-2-Clause */
/* Every record of the audit log, each chained to the one before. */
#ifndef PERI_SERVICE_STORE_AUDIT_CHAIN_TEST_H
#define PERI_SERVICE_STORE_AUDIT_CHAIN_TEST_H

#include "lib/audit.h"
#include "service/store/operations.h"
#include "tests/check.h"

/* How many there are. */
static inline uint64_t audit_chain_check(struct store *store)
{
    uint8_t digest[32] = {0};
    uint64_t count = 0;
    struct statement *s = statement_get(&store->db, STATEMENT_AUDIT_LIST);
    bind_number(s, 1, 0);
    bind_number(s, 2, INT32_MAX);
    bind_number(s, 3, 0);
    for (; statement_step(&store->db, s) == 1; count++) {
        uint8_t stored[32];
        const struct audit_record record = {
            .sequence = count + 1, .time_ms = column_number(s, 0), .principal = column_span(s, 1),
            .action = column_span(s, 2), .path = column_span(s, 3), .detail = column_span(s, 4),
            .outcome = column_span(s, 5), .request_id = column_span(s, 6)};
        CHECK_INT(column_number(s, 8), count + 1);
        column_exact(s, 7, stored, sizeof stored);
        CHECK_INT(audit_digest(digest, &record, digest), 0);
        CHECK_MEM(digest, stored, sizeof digest);
    }
    statement_done(s);
    return count;
}

#endif
