/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a device stands: all that its wanted set hangs on, of one moment.
 * Source: docs/spec/store.md, "Update checks".  Called by wanted.c alone, from one thread.
 *
 * Two statements say it.  DEVICE_WANTED says all, and costs the database eleven look-ups.
 * DEVICE_STANDING reads the device's row, its group's and the counters; what it leaves out is recalled
 * from what DEVICE_WANTED once said of the same group and hardware:
 *   KNOWN_GROUP     a: group, b: its sequence, c: catalog   deployment, rollout, tenant
 *   KNOWN_HARDWARE  a: hardware, b: counter 'feed0'         OS rollout
 * Nothing of it goes stale under its key: whatever changes a deployment or a rollout of a group gives the
 * group a new sequence in its own transaction (group_touch()), and whatever changes an OS rollout gives
 * one to the Retail feed (feed_touch()), because devices are to see it.
 *
 * How a device stands in a rollout changes with no sequence, so it is always read: by DEVICE_WANTED, or by
 * DEVICE_STANDING_PARTS, which is DEVICE_STANDING with that, asked while rollouts are met.
 */
#ifndef PERI_SERVICE_STORE_STANDING_H
#define PERI_SERVICE_STORE_STANDING_H

#include "service/store/operations.h"

enum { POLICY_UPDATE_ALL = 0 };

/* A rollout that reached the device; id 0: none.  state, silent: how it stands there. */
struct reached {
    uint64_t id, state;
    bool silent;
};

/* A device as the database has it. */
struct standing {
    uint64_t device, group, feed, policy, deployment, hardware, generation, sequence;
    uint8_t tenant[16];
    bool crash_dumps, revoked, was_revoked;
    struct reached rollout, os_rollout;
    uint64_t release; /* that the OS rollout brings */
    char installed_os[STORE_TEXT_MAX];
    size_t installed_os_bytes;
};

/* By DEVICE_WANTED.  E_NOT_FOUND: no such device. */
int standing_get(struct store *store, const uint8_t device_id[static 64], struct standing *d) MUST_CHECK;
/* The row of DEVICE_WANTED that stands ready; what it says of others' as well is kept. */
void standing_read(struct store *store, struct statement *s, const uint8_t device_id[static 64], struct standing *d);

/* The statement that standing_recall() reads. */
enum statement_id standing_statement(struct store *store);
/* Its row that stands ready, and what is in memory.  False: not all of it is; *d is not whole. */
bool standing_recall(struct store *store, struct statement *s, const uint8_t device_id[static 64], struct standing *d);

#endif
