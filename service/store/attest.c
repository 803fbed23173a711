/* SPDX-License-Identifier: BSD-2-Clause */
/* What the attestation process asks: the device, the reference values, and that
 * a certificate was issued. */
#include <stdlib.h>
#include <string.h>

#include "lib/guid.h"
#include "service/ipc/issuer_ops.h"
#include "service/store/operations.h"

/* The answer's buffer for messages that are written by their own functions. */
static int answer_reserve(struct answer *answer, size_t cap, struct writer *w)
{
    answer_release(answer);
    answer->at = malloc(cap);
    if (!answer->at)
        return E_NOMEM;
    answer->cap = cap;
    *w = writer_of(answer->at, cap);
    return 0;
}

struct device_state {
    uint64_t id, hardware;
    struct store_device device;
};

static int state_find(struct store *store, const uint8_t device_id[static 64], struct device_state *state)
{
    *state = (struct device_state){0};
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_STATE);
    bind_bytes(s, 1, device_id, 64);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        uint64_t group = column_number(s, 2);
        state->id = column_number(s, 0);
        column_exact(s, 1, state->device.catalog, sizeof state->device.catalog);
        state->device.claimed = !guid_is_zero(state->device.catalog);
        state->device.feed = (uint16_t)column_number(s, 3);
        state->hardware = column_number(s, 4);
        state->device.revoked = column_number(s, 5) != 0;
        /* Groups have no GUID of their own in the API: their number stands in for one. */
        store_group_number(group, state->device.group);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* E_LIMIT: the device has as many certificates that have not run out as it may have. */
static int certificate_room(struct store *store, const struct device_state *state)
{
    struct statement *s = statement_get(&store->db, STATEMENT_CERTIFICATE_FULL);
    bind_number(s, 1, state->id);
    bind_number(s, 2, database_now_ms(&store->db) / 1000);
    bind_number(s, 3, STORE_CERTIFICATES_MAX - 1);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_LIMIT : 0;
}

int op_device_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_device_get get;
    struct device_state state;
    struct writer w;
    int err = store_device_get_parse(payload, &get);
    if (!err)
        err = state_find(store, get.device_id, &state);
    if (!err && !state.device.revoked)
        err = certificate_room(store, &state); /* before one is made for nothing */
    if (!err)
        err = answer_reserve(answer, 128, &w);
    if (!err)
        err = store_device_write(&state.device, &w);
    if (!err)
        answer->len = w.len;
    return err;
}

static int generation_get(struct store *store, uint64_t *generation)
{
    struct statement *s = statement_get(&store->db, STATEMENT_GENERATION_GET);
    int got = statement_step(&store->db, s);
    *generation = got == 1 ? column_number(s, 0) : 1; /* never 0: that means "have none" */
    statement_done(s);
    return got < 0 ? got : 0;
}

static int references_load(struct store *store, struct store_references *references)
{
    struct statement *s = statement_get(&store->db, STATEMENT_REFERENCE_LIST);
    int got;
    bind_number(s, 1, STORE_REFERENCES_MAX);
    while ((got = statement_step(&store->db, s)) == 1 && references->count < STORE_REFERENCES_MAX) {
        struct store_reference *r = &references->at[references->count++];
        r->type = (uint16_t)column_number(s, 0);
        column_exact(s, 1, r->component, sizeof r->component);
        column_exact(s, 2, r->digest, sizeof r->digest);
        r->state = (uint16_t)column_number(s, 3);
        r->hardware = (uint16_t)column_number(s, 4);
    }
    statement_done(s);
    return got < 0 ? got : 0;
}

int op_reference_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_reference_get get;
    static struct store_references references; /* 28 KB; one thread */
    struct writer w;
    memset(&references, 0, sizeof references);
    int err = store_reference_get_parse(payload, &get);
    if (!err)
        err = generation_get(store, &references.generation);
    if (!err && references.generation != get.generation)
        err = references_load(store, &references);
    if (!err)
        err = answer_reserve(answer, 64 + (size_t)references.count * 64, &w);
    if (!err)
        err = store_references_write(&references, &w);
    if (!err)
        answer->len = w.len;
    return err;
}

/* What the measured images are for decides which releases the device gets; written only
 * when it changes. */
static int hardware_record(struct store *store, const struct device_state *state, const struct store_attest *attest)
{
    if (attest->hardware == HARDWARE_UNSTATED || attest->hardware == state->hardware)
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_HARDWARE_SET);
    bind_bytes(s, 1, attest->device_id, sizeof attest->device_id);
    bind_number(s, 2, attest->hardware);
    return statement_run(&store->db, s);
}

/* Those that are over.  By a clock that is ahead none is, or revoking the device would not reach them when it is right
 * again. */
static int certificates_prune(struct store *store, uint64_t device)
{
    if (!clock_settled(store))
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_CERTIFICATE_PRUNE);
    bind_number(s, 1, device);
    bind_number(s, 2, database_now_ms(&store->db) / 1000);
    return statement_run(&store->db, s);
}

/* The device was read before its evidence was appraised; this is the last look. */
int op_attest_record(struct store *store, struct span payload, struct answer *answer)
{
    struct store_attest attest;
    struct device_state state;
    (void)answer;
    int err = store_attest_parse(payload, &attest);
    if (!err)
        err = state_find(store, attest.device_id, &state);
    if (err)
        return err;
    if (state.device.revoked)
        return E_LIFECYCLE;
    if (attest.kind == ISSUER_KIND_CATALOG && !guid_equal(attest.catalog, state.device.catalog))
        return E_CONFLICT;
    err = certificate_room(store, &state);
    if (!err)
        err = hardware_record(store, &state, &attest);
    if (err)
        return err;
    err = certificates_prune(store, state.id);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_CERTIFICATE_INSERT);
    bind_bytes(s, 1, attest.serial, sizeof attest.serial);
    bind_number(s, 2, state.id);
    bind_number(s, 3, attest.kind);
    bind_bytes(s, 4, attest.catalog, sizeof attest.catalog);
    bind_number(s, 5, attest.not_before_s);
    bind_number(s, 6, attest.not_after_s);
    bind_bytes(s, 7, attest.key, sizeof attest.key);
    return statement_run(&store->db, s);
}
