/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rollouts of both kinds share: a set of applications on its way to a device group
 * (rollouts.c), an OS release on its way to the Retail feed (os_rollouts.c).  How they go on, count
 * and stop is rollout_progress.c.
 * Source: docs/spec/rollouts.md.
 */
#ifndef PERI_SERVICE_STORE_ROLLOUTS_H
#define PERI_SERVICE_STORE_ROLLOUTS_H

#include "service/store/operations.h"

enum { ROLLOUT_BUCKETS = 10000, ROLLOUT_BUCKETS_A_PERCENT = ROLLOUT_BUCKETS / 100 };

struct rollout {
    uint64_t id, goal; /* goal: row of the group or of the release */
    uint64_t state, step, share, threshold, minimum, silent_checks, offered, failed, silent;
    uint8_t name[16];
    uint16_t percent[STORE_STEPS_MAX];
    size_t steps;
};

/* Texts of SQL_ROLLOUT_KIND in statements.h, and what differs. */
struct rollout_kind {
    enum statement_id row, load, state, step, due, again, count, heard, device_get, device_set, listens, hears, of_device, has, states;
    enum access_action action;
    const char *folder; /* of its audit records */
    int (*row_add)(struct store *store, struct statement *s, struct answer *answer); /* rollout_row_add() */
    /* Devices shall see a change. */
    int (*touch)(struct store *store, const struct rollout *rollout);
    /* The last step is over: all devices shall have it. */
    int (*complete)(struct store *store, const struct rollout *rollout);
};

extern const struct rollout_kind rollout_of_applications, rollout_of_os;

int rollout_load(struct store *store, const struct rollout_kind *kind, uint64_t id, struct rollout *rollout) MUST_CHECK;
/* To another state: devices see it. */
int rollout_state_set(struct store *store, const struct rollout_kind *kind, const struct rollout *rollout,
                      uint16_t state, const char *reason) MUST_CHECK;
/* What an operator asks for: ACTIVE, PAUSED or ABORTED.  The state that it has is fine; what has ended
 * stays so: E_CONFLICT. */
int rollout_state_ask(struct store *store, const struct rollout_kind *kind, uint64_t id, uint16_t state) MUST_CHECK;
/* What the service does by itself is in the audit log as well. */
int rollout_record(struct store *store, const struct rollout_kind *kind, const struct rollout *rollout,
                   const char *detail) MUST_CHECK;
/* Steps of a request as text, "5,25,100".  E_LIMIT: not rising to 100. */
int rollout_steps_write(const struct store_rollout_put *put, char text[static STORE_TEXT_MAX]) MUST_CHECK;
/* A row of an answer: its first two columns are the kind's, and in the row by now; those of SQL_ROLLOUT_COLUMNS, from column 2
 * on, and the images, that the statement names of this, are put there. */
int rollout_row_add(struct store *store, struct statement *s, struct store_row_rollout *row, enum statement_id images,
                    uint64_t of, struct answer *answer) MUST_CHECK;
/* One rollout, as it is now. */
int rollout_answer(struct store *store, const struct rollout_kind *kind, uint64_t id, bool created,
                   struct answer *answer) MUST_CHECK;
/* What a statement that looks for a name finds; E_NOT_FOUND: zero. */
int rollout_found(struct store *store, struct statement *s, uint64_t *id, uint64_t *state) MUST_CHECK;
/* Binds what both kinds insert, at ?1 and ?3 to ?9. */
void rollout_bind(struct store *store, struct statement *s, const struct store_rollout_put *put,
                  const uint8_t name[static 16], const char *steps);

#endif
