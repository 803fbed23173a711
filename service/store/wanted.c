/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device should have, its images, and its check-ins.
 * Source: docs/spec/store.md, "wanted set".
 */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/keystore.h"
#include "lib/guid.h"
#include "lib/image.h"
#include "service/store/rollouts.h"

enum { POLICY_UPDATE_ALL = 0 };

struct image_file {
    uint64_t row, bytes;
    uint8_t digest[32];
};

/* The set, and beside each image its file. */
struct wanted {
    struct store_wanted set;
    uint64_t device, rollout; /* rollout: one that reached the device, or 0 */
    uint64_t os_rollout, release; /* the same of the OS, and what it brings */
    uint64_t feed, hardware; /* of the device */
    struct image_file os_file[STORE_WANTED_MAX];
    struct image_file app_file[STORE_WANTED_MAX];
};

static void image_load(struct statement *s, struct store_wanted_image *image, struct image_file *file)
{
    column_exact(s, 0, image->image, sizeof image->image);
    column_exact(s, 1, image->component, sizeof image->component);
    image->type = (uint16_t)column_number(s, 2);
    image->file_bytes = (uint32_t)column_number(s, 3);
    image->provides_version = (uint32_t)column_number(s, 4);
    image->provides_type = (uint32_t)column_number(s, 5);
    image->depends_version = (uint32_t)column_number(s, 6);
    image->depends_type = (uint32_t)column_number(s, 7);
    column_exact(s, 8, file->digest, sizeof file->digest);
    file->row = column_number(s, 9);
    file->bytes = image->file_bytes;
}

/* hardware: of what releases bring alone; release: one more whose keystores count. */
static int images_load(struct store *store, enum statement_id id, uint64_t owner, uint64_t hardware, uint64_t release,
                       struct store_wanted_image *at, struct image_file *file, uint16_t *count)
{
    struct statement *s = statement_get(&store->db, id);
    int got;
    bind_number(s, 1, owner);
    if (id == STATEMENT_WANTED_OS || id == STATEMENT_WANTED_KEYSTORES)
        bind_number(s, 2, hardware);
    if (id == STATEMENT_WANTED_KEYSTORES)
        bind_number(s, 3, release);
    while ((got = statement_step(&store->db, s)) == 1 && *count < STORE_WANTED_MAX) {
        image_load(s, &at[*count], &file[*count]);
        (*count)++;
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? E_LIMIT : 0; /* half a set is no set */
}

/* A feed has all that the ones below it have: RetailEval what Retail has, and earlier. */
static int feed_sequence(struct store *store, uint64_t feed, uint64_t *sequence)
{
    int got = 0;
    for (uint64_t of = 0; of <= feed && got >= 0; of++) {
        struct statement *s = statement_get(&store->db, STATEMENT_FEED_GET);
        bind_number(s, 1, of);
        got = statement_step(&store->db, s);
        uint64_t value = got == 1 ? column_number(s, 0) : 0;
        statement_done(s);
        if (value > *sequence)
            *sequence = value;
    }
    return got < 0 ? got : 0;
}

/* The rollout in columns at: id, name, share.  Its id where it reaches the device. */
static uint64_t rollout_reaching(struct statement *s, int at, const uint8_t device_id[static 64])
{
    uint8_t name[16];
    uint64_t id = column_number(s, at);
    column_exact(s, at + 1, name, sizeof name);
    return id && rollout_reaches(name, device_id, column_number(s, at + 2)) ? id : 0;
}

static int wanted_load(struct store *store, const uint8_t device_id[static 64], const uint8_t serial[static 16],
                       struct wanted *wanted)
{
    struct store_wanted *set = &wanted->set;
    memset(wanted, 0, sizeof *wanted);
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_WANTED);
    bind_bytes(s, 1, device_id, 64);
    int got = statement_step(&store->db, s);
    if (got != 1) {
        statement_done(s);
        return got < 0 ? got : E_NOT_FOUND;
    }
    uint64_t group = column_number(s, 2), feed = column_number(s, 3), policy = column_number(s, 4);
    uint64_t assignment = column_number(s, 6), changed = column_number(s, 7), deployment = column_number(s, 8);
    uint64_t hardware = column_number(s, 9);
    bool revoked = column_number(s, 13) != 0, was_revoked = column_number(s, 18) != 0;
    column_exact(s, 1, set->catalog, sizeof set->catalog);
    store_group_number(group, set->group);
    set->crash_dumps = column_number(s, 5) != 0;
    wanted->device = column_number(s, 0);
    wanted->rollout = policy == POLICY_UPDATE_ALL ? rollout_reaching(s, 10, device_id) : 0;
    wanted->os_rollout = rollout_reaching(s, 14, device_id);
    wanted->release = wanted->os_rollout ? column_number(s, 17) : 0;
    statement_done(s);
    int err = device_admit(store, revoked, was_revoked, serial);
    if (err)
        return err;

    wanted->feed = feed;
    wanted->hardware = hardware;
    set->sequence = assignment > changed ? assignment : changed;
    set->applications = group && deployment && policy == POLICY_UPDATE_ALL;
    err = feed_sequence(store, feed, &set->sequence);
    if (!err)
        err = images_load(store, wanted->os_rollout ? STATEMENT_WANTED_OS_ROLLOUT : STATEMENT_WANTED_OS,
                          wanted->os_rollout ? wanted->release : feed, hardware, 0, set->os, wanted->os_file,
                          &set->os_count);
    if (!err && set->applications)
        err = images_load(store, wanted->rollout ? STATEMENT_WANTED_ROLLOUT : STATEMENT_WANTED_APPLICATIONS,
                          wanted->rollout ? wanted->rollout : deployment, 0, 0, set->app, wanted->app_file, &set->app_count);
    return err;
}

/* -- keystores -------------------------------------------------------------------- */

/* Those of the feed's releases for this hardware. */
struct keystores {
    uint16_t count;
    struct store_wanted_image at[STORE_WANTED_MAX];
    struct image_file file[STORE_WANTED_MAX];
};

static int keystores_load(struct store *store, const struct wanted *wanted, struct keystores *keystores)
{
    keystores->count = 0;
    return images_load(store, STATEMENT_WANTED_KEYSTORES, wanted->feed, wanted->hardware, wanted->release,
                       keystores->at, keystores->file, &keystores->count);
}

/* Its security version: in the package, which never changes. */
static int keystore_version(struct store *store, const struct image_file *file, uint32_t *version)
{
    static struct {
        uint64_t row;
        uint32_t version;
    } known[64];
    const size_t slot = file->row % (sizeof known / sizeof known[0]);
    uint8_t bytes[KEYSTORE_FILE_BYTES_MAX];
    struct image image;
    size_t got = 0;
    if (known[slot].row == file->row) {
        *version = known[slot].version;
        return 0;
    }
    if (file->bytes > sizeof bytes)
        return E_LIMIT; /* no device takes it */
    int err = package_read(store, file->digest, 0, bytes, (size_t)file->bytes, &got);
    if (!err)
        err = image_parse(span_of(bytes, got), &image);
    if (err)
        return err;
    known[slot].row = file->row;
    *version = known[slot].version = image.meta.security_version;
    return 0;
}

/* The next one after the device's, if there is any: step by step, as they were made for the
 * systems of their time. */
static int keystore_next(struct store *store, uint32_t version, struct wanted *wanted)
{
    static struct keystores keystores; /* one thread */
    uint32_t next = UINT32_MAX;
    if (version == STORE_KEYSTORE_UNKNOWN)
        return 0;
    int err = keystores_load(store, wanted, &keystores);
    for (uint16_t i = 0; !err && i < keystores.count; i++) {
        uint32_t is = 0;
        err = keystore_version(store, &keystores.file[i], &is);
        if (err == E_LIMIT)
            err = 0;
        if (err || is <= version || is >= next)
            continue;
        next = is;
        wanted->set.keystore[0] = keystores.at[i];
        wanted->set.keystore_count = 1;
    }
    return err;
}

/* -- what it has ---------------------------------------------------------------- */

/* The release that holds an image. */
struct of_release {
    char version[STORE_TEXT_MAX];
    size_t version_bytes; /* 0: none holds it */
    uint64_t hardware;
};

static int release_of_image(struct store *store, const uint8_t image[static 16], struct of_release *release)
{
    struct statement *s = statement_get(&store->db, STATEMENT_RELEASE_OF_IMAGE);
    *release = (struct of_release){.version_bytes = 0};
    bind_bytes(s, 1, image, 16);
    int got = statement_step(&store->db, s);
    struct span text = got == 1 ? column_span(s, 0) : span_of(NULL, 0);
    if (text.len && text.len < sizeof release->version) {
        memcpy(release->version, text.at, text.len);
        release->version_bytes = text.len;
        release->hardware = column_number(s, 1);
    }
    statement_done(s);
    return got < 0 ? got : 0;
}

static int version_set(struct store *store, const struct store_wanted_request *request, const struct of_release *release)
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

/* The version whose services image the device runs, and its hardware where attestation has
 * not said it yet; each written only when it changes. */
static int installed_record(struct store *store, const struct store_wanted_request *request)
{
    int err = 0;
    for (size_t i = 0; !err && i < request->count; i++) {
        struct of_release release;
        if (request->at[i].type != IMAGE_TYPE_SERVICES)
            continue;
        err = release_of_image(store, request->at[i].image, &release);
        if (err || !release.version_bytes)
            continue;
        struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_OS_GET);
        bind_bytes(s, 1, request->device_id, sizeof request->device_id);
        int got = statement_step(&store->db, s);
        bool same = got == 1 && span_equal(column_span(s, 0), span_of(release.version, release.version_bytes));
        bool known = got != 1 || column_number(s, 1) != HARDWARE_UNSTATED;
        statement_done(s);
        if (got < 0)
            return got;
        if (!known && release.hardware != HARDWARE_UNSTATED)
            err = hardware_set(store, request, release.hardware);
        if (!err && !same)
            err = version_set(store, request, &release);
    }
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

static int rollouts_seen(struct store *store, const struct wanted *wanted, const struct store_wanted_request *request)
{
    const struct store_wanted *set = &wanted->set;
    int err = 0;
    if (wanted->rollout)
        err = rollout_seen(store, &rollout_of_applications, wanted->rollout, wanted->device,
                           has_all(set->app, set->app_count, request));
    if (!err && wanted->os_rollout)
        err = rollout_seen(store, &rollout_of_os, wanted->os_rollout, wanted->device,
                           has_all(set->os, set->os_count, request));
    return err;
}

int op_wanted_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_wanted_request request;
    static struct wanted wanted; /* 6 KB; one thread */
    int err = store_wanted_request_parse(payload, &request);
    if (!err)
        err = installed_record(store, &request); /* what it has decides what it is to have */
    if (!err)
        err = wanted_load(store, request.device_id, request.serial, &wanted);
    if (!err)
        err = rollouts_seen(store, &wanted, &request);
    if (!err)
        err = keystore_next(store, request.keystore_version, &wanted);
    if (err)
        return err;
    checkin_add(store, wanted.device, request.now_s);
    size_t cap = 256 + ((size_t)wanted.set.os_count + wanted.set.app_count + wanted.set.keystore_count) * 96;
    answer->at = malloc(cap);
    if (!answer->at)
        return E_NOMEM;
    answer->cap = cap;
    struct writer w = writer_of(answer->at, cap);
    err = store_wanted_write(&wanted.set, &w);
    answer->len = err ? 0 : w.len;
    return err;
}

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
    struct store_wanted_image image;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_OF_ROW);
    bind_number(s, 1, row);
    int got = statement_step(&store->db, s);
    if (got == 1)
        image_load(s, &image, found);
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* Only what is wanted on the device: image ids are no secret, images may be.
 * An id alone never finds an image: another catalog may have one of that id. */
static int file_find(struct store *store, const struct store_image_read *read, struct image_file *found)
{
    static struct wanted wanted;
    static struct keystores keystores;
    if (read->row)
        return file_of_row(store, read->row, found);
    int err = wanted_load(store, read->device_id, read->serial, &wanted);
    if (err)
        return err;
    if (file_in(wanted.set.os, wanted.os_file, wanted.set.os_count, read->image, found) ||
        file_in(wanted.set.app, wanted.app_file, wanted.set.app_count, read->image, found))
        return 0;
    err = keystores_load(store, &wanted, &keystores);
    if (err)
        return err;
    return file_in(keystores.at, keystores.file, keystores.count, read->image, found) ? 0 : E_NOT_FOUND;
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
