/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device should have, its images, and its check-ins.
 * Source: docs/spec/store.md, "wanted set".
 */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "lib/guid.h"
#include "service/store/rollouts.h"
#include "service/store/standing.h"

/* The set, and beside each image its file. */
struct wanted {
    struct store_wanted set;
    struct image_file os_file[STORE_WANTED_MAX];
    struct image_file app_file[STORE_WANTED_MAX];
};

/* Whether what is not in memory may be read from the database. */
enum source { FROM_MEMORY, FROM_DATABASE };

/* E_STATE: it is not in memory. */
static int known_get(struct store *store, enum source source, const struct known_key *key, const struct known **known)
{
    if (source == FROM_DATABASE)
        return known_load(store, key, known);
    *known = known_find(store, key);
    return *known ? 0 : E_STATE;
}

static int images_get(struct store *store, enum source source, const struct known_key *key,
                      struct store_wanted_image *at, struct image_file *file, uint16_t *count)
{
    const struct known *known;
    int err = known_get(store, source, key, &known);
    if (err)
        return err;
    for (uint16_t i = 0; i < known->count; i++) {
        at[i] = known->image[i].image;
        file[i] = known->image[i].file;
    }
    *count = known->count;
    return 0;
}

static int wanted_make(struct store *store, enum source source, const struct standing *d, struct wanted *wanted)
{
    struct store_wanted *set = &wanted->set;
    const struct known_key of_feed = {KNOWN_OS, d->generation, d->feed, d->hardware, 0};
    const struct known_key of_rollout = {KNOWN_OS_ROLLOUT, d->generation, d->release, 0, 0};
    const struct known_key applications = {d->rollout.id ? KNOWN_ROLLOUT : KNOWN_APPLICATIONS, 0,
                                           d->rollout.id ? d->rollout.id : d->deployment, 0, 0};
    memset(wanted, 0, sizeof *wanted);
    memcpy(set->catalog, d->tenant, sizeof set->catalog);
    store_group_number(d->group, set->group);
    set->crash_dumps = d->crash_dumps;
    set->sequence = d->sequence;
    set->applications = d->group && d->deployment && d->policy == POLICY_UPDATE_ALL;
    int err = images_get(store, source, d->os_rollout.id ? &of_rollout : &of_feed, set->os, wanted->os_file, &set->os_count);
    if (!err && set->applications)
        err = images_get(store, source, &applications, set->app, wanted->app_file, &set->app_count);
    return err;
}

/* -- keystores -------------------------------------------------------------------- */

/* Those of the feed's releases for this hardware, and of the one that is rolled out to it. */
static int keystores_get(struct store *store, enum source source, const struct standing *d, const struct known **keystores)
{
    const struct known_key key = {KNOWN_KEYSTORES, d->generation, d->feed, d->hardware, d->release};
    return known_get(store, source, &key, keystores);
}

/* The next one after the device's, if there is any: step by step, as they were made for the
 * systems of their time. */
static int keystore_next(struct store *store, enum source source, uint32_t version, const struct standing *d,
                         struct wanted *wanted)
{
    const struct known *keystores;
    uint32_t next = UINT32_MAX;
    if (version == STORE_KEYSTORE_UNKNOWN)
        return 0;
    int err = keystores_get(store, source, d, &keystores);
    for (uint16_t i = 0; !err && i < keystores->count; i++) {
        uint32_t is = keystores->image[i].file.version;
        if (is <= version || is >= next)
            continue;
        next = is;
        wanted->set.keystore[0] = keystores->image[i].image;
        wanted->set.keystore_count = 1;
    }
    return err;
}

/* -- what it has ---------------------------------------------------------------- */

/* Of what the device says that it runs, what the database does not have yet. */
struct news {
    bool version, hardware;
    struct known_release release;
};

/* The version whose services image the device runs, and its hardware where attestation has
 * not said it yet. */
static int news_of(struct store *store, enum source source, const struct standing *d,
                   const struct store_wanted_request *request, struct news *news)
{
    *news = (struct news){.version = false};
    for (size_t i = 0; i < request->count; i++) {
        const struct known *known;
        struct known_key key = {.kind = KNOWN_VERSION, .generation = d->generation};
        if (request->at[i].type != IMAGE_TYPE_SERVICES)
            continue;
        memcpy(&key.a, request->at[i].image, 8);
        memcpy(&key.b, request->at[i].image + 8, 8);
        int err = known_get(store, source, &key, &known);
        if (err)
            return err;
        if (!known->release->version_bytes)
            continue;
        news->release = *known->release;
        news->hardware = d->hardware == HARDWARE_UNSTATED && news->release.hardware != HARDWARE_UNSTATED;
        news->version = !span_equal(span_of(d->installed_os, d->installed_os_bytes),
                                    span_of(news->release.version, news->release.version_bytes));
    }
    return 0;
}

static int version_set(struct store *store, const struct store_wanted_request *request, const struct known_release *release)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_OS_SET);
    bind_bytes(s, 1, request->device_id, sizeof request->device_id);
    bind_text(s, 2, span_of(release->version, release->version_bytes));
    bind_number(s, 3, request->now_s);
    return statement_run(&store->db, s);
}

static int hardware_set(struct store *store, const struct store_wanted_request *request, uint64_t hardware)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_HARDWARE_SET);
    bind_bytes(s, 1, request->device_id, sizeof request->device_id);
    bind_number(s, 2, hardware);
    return statement_run(&store->db, s);
}

/* Each written only when it changes.  What it has decides what it is to have: then the row is another. */
static int installed_record(struct store *store, const struct store_wanted_request *request, struct standing *d)
{
    struct news news;
    int err = news_of(store, FROM_DATABASE, d, request, &news);
    if (!err && news.hardware)
        err = hardware_set(store, request, news.release.hardware);
    if (!err && news.version)
        err = version_set(store, request, &news.release);
    if (!err && news.hardware)
        err = standing_get(store, request->device_id, d);
    return err;
}

/* -- operations ------------------------------------------------------------------- */

/* Every image of these is installed. */
static bool has_all(const struct store_wanted_image *at, uint16_t count, const struct store_wanted_request *request)
{
    for (uint16_t i = 0; i < count; i++) {
        bool found = false;
        for (uint16_t k = 0; k < request->count && !found; k++)
            found = guid_equal(request->at[k].image, at[i].image);
        if (!found)
            return false;
    }
    return true;
}

static int rollouts_seen(struct store *store, const struct standing *d, const struct store_wanted *set,
                         const struct store_wanted_request *request)
{
    int err = 0;
    if (d->rollout.id)
        err = rollout_seen(store, &rollout_of_applications, d->rollout.id, d->device,
                           has_all(set->app, set->app_count, request));
    if (!err && d->os_rollout.id)
        err = rollout_seen(store, &rollout_of_os, d->os_rollout.id, d->device,
                           has_all(set->os, set->os_count, request));
    return err;
}

static bool rollouts_news(const struct standing *d, const struct store_wanted *set, const struct store_wanted_request *request)
{
    return (d->rollout.id &&
            rollout_news(d->rollout.state, d->rollout.silent, has_all(set->app, set->app_count, request))) ||
           (d->os_rollout.id &&
            rollout_news(d->os_rollout.state, d->os_rollout.silent, has_all(set->os, set->os_count, request)));
}

/* The end of a check that went well. */
static int check_answer(struct store *store, const struct store_wanted_request *request, const struct standing *d,
                        const struct store_wanted *set, struct answer *answer)
{
    checkin_add(store, d->device, request->now_s);
    size_t cap = 256 + ((size_t)set->os_count + set->app_count + set->keystore_count) * 96;
    answer->at = malloc(cap);
    if (!answer->at)
        return E_NOMEM;
    answer->cap = cap;
    struct writer w = writer_of(answer->at, cap);
    int err = store_wanted_write(set, &w);
    answer->len = err ? 0 : w.len;
    return err;
}

static struct wanted wanted; /* 7 KB; one thread, one operation at a time */

int op_wanted_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_wanted_request request;
    struct standing d;
    int err = store_wanted_request_parse(payload, &request);
    if (!err)
        err = standing_get(store, request.device_id, &d);
    if (!err)
        err = device_admit(store, d.revoked, d.was_revoked, request.serial);
    if (!err)
        err = installed_record(store, &request, &d);
    if (!err)
        err = wanted_make(store, FROM_DATABASE, &d, &wanted);
    if (!err)
        err = rollouts_seen(store, &d, &wanted.set, &request);
    if (!err)
        err = keystore_next(store, FROM_DATABASE, request.keystore_version, &d, &wanted);
    return err ? err : check_answer(store, &request, &d, &wanted.set, answer);
}

/* A fleet that polls changes nothing: one row says that nothing has to be written, and the sets are in
 * memory.  Read outside of a transaction that row is of one moment, and no anomaly of it: whatever a set
 * hangs on is changed by transactions that all raise the counter 'sequence' or change this device alone,
 * so these come one after the other, and a moment between two of them is one of their order.  What is
 * recalled is what the database had whenever it had the sequences of that row (standing.h). */
static void wanted_bind(struct statement *s, struct span payload)
{
    static struct store_wanted_request request; /* its id must live until it is sealed */
    if (store_wanted_request_parse(payload, &request) != 0)
        memset(&request, 0, sizeof request);
    bind_bytes(s, 1, request.device_id, sizeof request.device_id);
}

/* Nothing to write, and all sets in memory: the answer.  Else it has to be carried out. */
static enum store_ahead_end wanted_known(struct store *store, const struct standing *d,
                                         const struct store_wanted_request *request, struct answer *answer, int *status)
{
    struct news news;
    if (d->revoked || d->was_revoked || news_of(store, FROM_MEMORY, d, request, &news) != 0 || news.version ||
        news.hardware || wanted_make(store, FROM_MEMORY, d, &wanted) != 0 || rollouts_news(d, &wanted.set, request) ||
        keystore_next(store, FROM_MEMORY, request->keystore_version, d, &wanted) != 0)
        return AHEAD_CARRY_OUT;
    *status = check_answer(store, request, d, &wanted.set, answer);
    return AHEAD_ANSWERED;
}

static int wanted_row(bool found, struct span payload, struct store_wanted_request *request)
{
    int err = store_wanted_request_parse(payload, request);
    return !err && !found ? E_NOT_FOUND : err;
}

static enum store_ahead_end wanted_whole(struct store *store, struct statement *s, bool found, struct span payload,
                                         struct answer *answer, int *status)
{
    struct store_wanted_request request;
    struct standing d;
    *status = wanted_row(found, payload, &request);
    if (*status)
        return AHEAD_ANSWERED;
    standing_read(store, s, request.device_id, &d);
    return wanted_known(store, &d, &request, answer, status);
}

static enum store_ahead_end wanted_recalled(struct store *store, struct statement *s, bool found, struct span payload,
                                            struct answer *answer, int *status)
{
    struct store_wanted_request request;
    struct standing d;
    *status = wanted_row(found, payload, &request);
    if (*status)
        return AHEAD_ANSWERED;
    return standing_recall(store, s, request.device_id, &d) ? wanted_known(store, &d, &request, answer, status) : AHEAD_LOOK_ON;
}

static enum statement_id wanted_statement(struct store *store)
{
    (void)store;
    return STATEMENT_DEVICE_WANTED;
}

static const struct store_ahead wanted_wholly = {wanted_statement, wanted_bind, wanted_whole, NULL};
const struct store_ahead wanted_ahead = {standing_statement, wanted_bind, wanted_recalled, &wanted_wholly};

static bool file_in(const struct store_wanted_image *at, const struct image_file *file, uint16_t count,
                    const uint8_t image[static 16], struct image_file *found)
{
    for (uint16_t i = 0; i < count; i++)
        if (guid_equal(at[i].image, image)) {
            *found = file[i];
            return true;
        }
    return false;
}

static int file_of_row(struct store *store, uint64_t row, struct image_file *found)
{
    struct known_image image = {.file.row = 0};
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_OF_ROW);
    bind_number(s, 1, row);
    int got = statement_step(&store->db, s);
    if (got == 1)
        known_image_read(s, &image);
    statement_done(s);
    *found = image.file;
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* Only what is wanted on the device: image ids are no secret, images may be.
 * An id alone never finds an image: another catalog may have one of that id. */
static int file_find(struct store *store, const struct store_image_read *read, struct image_file *found)
{
    const struct known *keystores;
    struct standing d;
    if (read->row)
        return file_of_row(store, read->row, found);
    int err = standing_get(store, read->device_id, &d);
    if (!err)
        err = device_admit(store, d.revoked, d.was_revoked, read->serial);
    if (!err)
        err = wanted_make(store, FROM_DATABASE, &d, &wanted);
    if (err)
        return err;
    if (file_in(wanted.set.os, wanted.os_file, wanted.set.os_count, read->image, found) ||
        file_in(wanted.set.app, wanted.app_file, wanted.set.app_count, read->image, found))
        return 0;
    err = keystores_get(store, FROM_DATABASE, &d, &keystores);
    for (uint16_t i = 0; !err && i < keystores->count; i++)
        if (guid_equal(keystores->image[i].image.image, read->image)) {
            *found = keystores->image[i].file;
            return 0;
        }
    return err ? err : E_NOT_FOUND;
}

int op_image_read(struct store *store, struct span payload, struct answer *answer)
{
    struct store_image_read read;
    struct store_image_bytes reply = {0};
    struct image_file file = {0};
    uint8_t *bytes = NULL;
    size_t got = 0;
    int err = store_image_read_parse(payload, &read);
    if (!err)
        err = file_find(store, &read, &file);
    if (err)
        return err;
    reply.row = file.row;
    reply.total = file.bytes;
    if (!read.length && !read.row)
        err = image_address_write(store, file.row, reply.address);
    if (err)
        return err;
    if (read.offset > reply.total)
        return E_RANGE;
    size_t len = read.length;
    if (len > reply.total - read.offset)
        len = (size_t)(reply.total - read.offset);
    bytes = malloc(len + 1);
    answer->cap = len + 128;
    answer->at = malloc(answer->cap);
    if (!bytes || !answer->at) {
        err = E_NOMEM;
        goto out;
    }
    if (len) {
        err = package_read(store, file.digest, read.offset, bytes, len, &got);
        if (!err && got != len)
            err = E_CORRUPT; /* shorter than when it was taken in */
    }
    reply.bytes = span_of(bytes, len);
    struct writer w = writer_of(answer->at, answer->cap);
    if (!err)
        err = store_image_bytes_write(&reply, &w);
    if (!err)
        answer->len = w.len;
out:
    free(bytes);
    return err;
}
