/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OS releases: which images make a version, for which feed and hardware, and how far
 * devices that run it are trusted.  The images of a version never change, nor does what
 * hardware they are for, which they say themselves; feed and state do.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "service/store/hardware.h"
#include "service/store/operations.h"

enum { FEED_RETAIL = 0 };

struct release {
    uint64_t id;
    uint16_t feed, state;
    uint64_t hardware;
};

static int release_find(struct store *store, struct span version, struct release *release)
{
    *release = (struct release){0};
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_FIND);
    bind_text(s, 1, version);
    int got = statement_step(&store->db, s);
    if (got == 1)
        *release = (struct release){column_number(s, 0), (uint16_t)column_number(s, 1),
                                    (uint16_t)column_number(s, 2), column_number(s, 3)};
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

int release_named(struct store *store, struct span version, uint64_t *id, uint16_t *feed, uint16_t *state,
                  uint64_t *hardware)
{
    struct release release;
    int err = release_find(store, version, &release);
    *id = release.id;
    *feed = release.feed;
    *state = release.state;
    *hardware = release.hardware;
    return err;
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

static int feed_set(struct store *store, uint16_t feed, uint64_t sequence)
{
    struct statement *s = statement_get(&store->db, STATEMENT_FEED_SET);
    bind_number(s, 1, feed);
    bind_number(s, 2, sequence);
    return statement_run(&store->db, s);
}

int feed_touch(struct store *store, uint16_t feed)
{
    uint64_t sequence;
    int err = counter_next(&store->db, &sequence);
    return err ? err : feed_set(store, feed, sequence);
}

/* Devices of both feeds see the change, and verifiers a new generation. */
static int release_changed(struct store *store, uint16_t before, uint16_t after, uint64_t sequence)
{
    int err = feed_set(store, before, sequence);
    if (!err)
        err = feed_set(store, after, sequence);
    return err ? err : number_set(store, STATEMENT_GENERATION_SET, sequence);
}

/* -- hardware ---------------------------------------------------------------- */

/* What the images so far say. */
struct said {
    enum hardware hardware;
    bool chip, host;
};

/* One image more.  E_BINDING: it is for other hardware than those before. */
static int said_add(struct store *store, uint16_t type, const uint8_t digest[static 32], uint8_t *room,
                    struct said *said)
{
    size_t len = 0;
    int err = package_read(store, digest, 0, room, HARDWARE_HEAD_BYTES, &len);
    if (err)
        return err;
    struct hardware_found found = hardware_of_image(type, span_of(room, len));
    said->chip |= found.chip;
    said->host |= found.host;
    if (said->chip && said->host)
        return E_BINDING;
    if (found.hardware == HARDWARE_UNSTATED)
        return 0;
    if (said->hardware != HARDWARE_UNSTATED && said->hardware != found.hardware)
        return E_BINDING;
    said->hardware = found.hardware;
    return 0;
}

/* A keystore may serve several; every other image is of one hardware alone, so that what
 * a device runs says what the device is. */
static int elsewhere_refuse(struct store *store, uint64_t image, enum hardware hardware)
{
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_ELSEWHERE);
    bind_number(s, 1, image);
    bind_number(s, 2, hardware);
    int got = statement_step(&store->db, s);
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_BINDING : 0;
}

struct set {
    uint64_t row[STORE_WANTED_MAX];
    uint16_t type[STORE_WANTED_MAX];
    uint8_t component[STORE_WANTED_MAX][16];
    uint8_t digest[STORE_WANTED_MAX][32];
};

/* E_UNSUPPORTED: nothing in the set says for what it is.  E_BINDING: a mixture. */
static int set_hardware(struct store *store, const struct set *set, size_t count, enum hardware *hardware)
{
    struct said said = {.hardware = HARDWARE_UNSTATED};
    uint8_t *room = malloc(HARDWARE_HEAD_BYTES);
    int err = room ? 0 : E_NOMEM;
    for (size_t i = 0; !err && i < count; i++)
        err = said_add(store, set->type[i], set->digest[i], room, &said);
    free(room);
    if (!err && said.hardware == HARDWARE_UNSTATED)
        err = E_UNSUPPORTED;
    for (size_t i = 0; !err && i < count; i++)
        if (set->type[i] != IMAGE_TYPE_TRUSTED_KEYSTORE)
            err = elsewhere_refuse(store, set->row[i], said.hardware);
    *hardware = err ? HARDWARE_UNSTATED : said.hardware;
    return err;
}

/* What its images say of a release that is older than schema 5; it stays unstated where
 * they cannot be read or contradict each other, and goes to devices of which as little is known. */
static int release_learn(struct store *store, uint64_t release, bool *learned)
{
    struct set *set = calloc(1, sizeof *set);
    enum hardware hardware;
    size_t count = 0;
    int got, err = set ? 0 : E_NOMEM;
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_IMAGES);
    bind_number(s, 1, release);
    while ((got = statement_step(&store->db, s)) == 1 && count < STORE_WANTED_MAX) {
        column_exact(s, 0, set->digest[count], sizeof set->digest[count]);
        set->type[count++] = (uint16_t)column_number(s, 1);
    }
    statement_done(s);
    err = got < 0 ? got : set_hardware(store, set, count, &hardware);
    free(set);
    if (err)
        return err == E_UNSUPPORTED || err == E_BINDING || err == E_CORRUPT ? 0 : err;
    *learned = true;
    s = statement_get(&store->db, STATEMENT_RELEASE_HARDWARE_SET);
    bind_number(s, 1, release);
    bind_number(s, 2, hardware);
    return statement_run(&store->db, s);
}

/* Another service on the database may keep what it knew of them (known.h). */
static int generation_raise(struct store *store)
{
    uint64_t sequence;
    int err = counter_next(&store->db, &sequence);
    return err ? err : number_set(store, STATEMENT_GENERATION_SET, sequence);
}

static int releases_learn_once(struct store *store)
{
    uint64_t release = 0;
    bool learned = false;
    int err = database_begin(&store->db);
    while (!err) {
        struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_UNSTATED);
        bind_number(s, 1, release);
        int got = statement_step(&store->db, s);
        release = got == 1 ? column_number(s, 0) : 0;
        statement_done(s);
        if (got < 0)
            err = got;
        if (err || !release)
            break;
        err = release_learn(store, release, &learned);
    }
    if (!err && learned)
        err = statement_run(&store->db, statement_get(&store->db, STATEMENT_DEVICE_HARDWARE_LEARN));
    if (!err && learned)
        err = generation_raise(store);
    if (!err)
        err = database_commit(&store->db, learned);
    if (err)
        database_rollback(&store->db);
    return err;
}

int releases_learn(struct store *store)
{
    int err = releases_learn_once(store);
    for (unsigned attempt = 0; err && database_again(&store->db, attempt); attempt++)
        err = releases_learn_once(store);
    return err;
}

/* -- publishing -------------------------------------------------------------- */

static int set_find(struct store *store, const struct store_release_put *put, struct set *set)
{
    for (size_t i = 0; i < put->count; i++) {
        struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_FIND_OS);
        bind_bytes(s, 1, put->image[i].id, sizeof put->image[i].id);
        int got = statement_step(&store->db, s);
        if (got == 1) {
            set->row[i] = column_number(s, 0);
            column_exact(s, 1, set->digest[i], sizeof set->digest[i]);
            set->type[i] = (uint16_t)column_number(s, 2);
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
    enum hardware hardware;
    int err = set_hardware(store, set, put->count, &hardware);
    if (!err && put->feed == FEED_RETAIL)
        err = os_rollout_none(store, hardware); /* it would be newer than what is rolled out */
    if (!err)
        err = counter_next(&store->db, &sequence);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_INSERT);
    bind_text(s, 1, put->version);
    bind_number(s, 2, put->feed);
    bind_number(s, 3, put->state);
    bind_number(s, 4, sequence);
    bind_number(s, 5, database_now_ms(&store->db));
    bind_number(s, 6, hardware);
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

int release_change(struct store *store, uint64_t release, uint16_t feed, uint16_t state)
{
    uint64_t sequence;
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_STATE);
    bind_number(s, 1, release);
    int got = statement_step(&store->db, s);
    uint16_t before = got == 1 ? (uint16_t)column_number(s, 0) : 0;
    statement_done(s);
    int err = got < 0 ? got : got == 1 ? counter_next(&store->db, &sequence) : E_NOT_FOUND;
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_RELEASE_UPDATE);
    bind_number(s, 1, release);
    bind_number(s, 2, feed);
    bind_number(s, 3, state);
    bind_number(s, 4, sequence);
    err = statement_run(&store->db, s);
    return err ? err : release_changed(store, before, feed, sequence);
}

/* A release on its way to the Retail feed is not put there by hand; what is not trusted any more is
 * offered to nobody else. */
static int release_update(struct store *store, const struct store_release_put *put, const struct release *old)
{
    if (old->feed == put->feed && old->state == put->state)
        return 0;
    int err = old->feed == put->feed ? 0 : os_rollout_none(store, old->hardware);
    if (!err && put->state != old->state)
        err = os_rollout_end(store, old->id, put->state == STORE_REFERENCE_REVOKED ? "the release was revoked"
                                                                                   : "the release is not trusted any more");
    if (err && err != E_NOT_FOUND)
        return err;
    return release_change(store, old->id, put->feed, put->state);
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
