/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OS releases: which images make a version, for which feed, and how far devices
 * that run it are trusted.  The images of a version never change; feed and state do.
 */
#include <string.h>

#include "service/store/operations.h"

struct release {
    uint64_t id;
    uint16_t feed, state;
};

static int release_find(struct store *store, struct span version, struct release *release)
{
    *release = (struct release){0};
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_FIND);
    bind_text(s, 1, version);
    int got = statement_step(&store->db, s);
    if (got == 1)
        *release = (struct release){column_number(s, 0), (uint16_t)column_number(s, 1),
                                    (uint16_t)column_number(s, 2)};
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

static int release_answer(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_release, answer);
    return err ? err : answer_rows(answer, created, 0);
}

int op_release_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct release release;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = release_find(store, query.scope.name, &release);
    return err ? err : release_answer(store, release.id, false, answer);
}

int op_release_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_LIST);
    page_bind(s, 1, &query);
    return row_list(store, s, row_release, &store_row_release_type, &query, answer);
}

static int number_set(struct store *store, enum statement_id id, uint64_t value)
{
    struct statement *s = statement_get(&store->db, id);
    bind_number(s, 1, value);
    return statement_run(&store->db, s);
}

static int feed_touch(struct store *store, uint16_t feed, uint64_t sequence)
{
    struct statement *s = statement_get(&store->db, STATEMENT_FEED_SET);
    bind_number(s, 1, feed);
    bind_number(s, 2, sequence);
    return statement_run(&store->db, s);
}

/* Devices of both feeds see the change, and verifiers a new generation. */
static int release_changed(struct store *store, uint16_t before, uint16_t after, uint64_t sequence)
{
    int err = feed_touch(store, before, sequence);
    if (!err)
        err = feed_touch(store, after, sequence);
    return err ? err : number_set(store, STATEMENT_GENERATION_SET, sequence);
}

struct set {
    uint64_t row[STORE_WANTED_MAX];
    uint8_t component[STORE_WANTED_MAX][16];
};

static int set_find(struct store *store, const struct store_release_put *put, struct set *set)
{
    for (size_t i = 0; i < put->count; i++) {
        struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_FIND_OS);
        bind_bytes(s, 1, put->image[i].id, sizeof put->image[i].id);
        int got = statement_step(&store->db, s);
        if (got == 1) {
            set->row[i] = column_number(s, 0);
            column_exact(s, 3, set->component[i], sizeof set->component[i]);
        }
        statement_done(s);
        if (got != 1)
            return got < 0 ? got : E_RANGE;
        for (size_t j = 0; j < i; j++)
            if (memcmp(set->component[i], set->component[j], sizeof set->component[i]) == 0)
                return E_DUPLICATE;
    }
    return 0;
}

static int release_insert(struct store *store, const struct store_release_put *put, const struct set *set,
                          uint64_t *id)
{
    uint64_t sequence;
    int err = counter_next(&store->db, &sequence);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_INSERT);
    bind_text(s, 1, put->version);
    bind_number(s, 2, put->feed);
    bind_number(s, 3, put->state);
    bind_number(s, 4, sequence);
    bind_number(s, 5, database_now_ms(&store->db));
    err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    for (size_t i = 0; !err && i < put->count; i++) {
        s = statement_get(&store->db, STATEMENT_RELEASE_ADD);
        bind_number(s, 1, *id);
        bind_number(s, 2, set->row[i]);
        err = statement_run(&store->db, s);
    }
    return err ? err : release_changed(store, put->feed, put->feed, sequence);
}

/* No images given, or exactly those the release has. */
static int set_same(struct store *store, uint64_t release, const struct store_release_put *put,
                    const struct set *set)
{
    for (size_t i = 0; i < put->count; i++) {
        struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_HAS);
        bind_number(s, 1, release);
        bind_number(s, 2, set->row[i]);
        int got = statement_step(&store->db, s);
        bool same = got == 1 && column_number(s, 0) == put->count && column_number(s, 1) == 1;
        statement_done(s);
        if (!same)
            return got < 0 ? got : E_CONFLICT;
    }
    return 0;
}

static int release_update(struct store *store, const struct store_release_put *put,
                          const struct release *old)
{
    uint64_t sequence;
    if (old->feed == put->feed && old->state == put->state)
        return 0;
    int err = counter_next(&store->db, &sequence);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_UPDATE);
    bind_number(s, 1, old->id);
    bind_number(s, 2, put->feed);
    bind_number(s, 3, put->state);
    bind_number(s, 4, sequence);
    err = statement_run(&store->db, s);
    return err ? err : release_changed(store, old->feed, put->feed, sequence);
}

int op_release_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_release_put put;
    struct release release;
    struct set set;
    int err = record_parse(&store_release_put_type, payload, &put);
    if (!err && put.state == 0)
        err = E_LIMIT;
    if (!err)
        err = set_find(store, &put, &set);
    if (err)
        return err;
    err = release_find(store, put.version, &release);
    bool created = err == E_NOT_FOUND;
    if (created) {
        err = put.count ? release_insert(store, &put, &set, &release.id) : E_LIMIT;
    } else if (!err) {
        err = set_same(store, release.id, &put, &set);
        if (!err)
            err = release_update(store, &put, &release);
    }
    return err ? err : release_answer(store, release.id, created, answer);
}
