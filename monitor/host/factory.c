/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/factory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guid.h"
#include "lib/hex.h"
#include "monitor/engine/engine.h"
#include "monitor/host/log.h"
#include "monitor/host/medium_files.h"

/* Read-only view of a whole file; a file that is not there is logged. */
static int file_map(const char *path, struct span *file)
{
    struct stat st;
    *file = span_of(NULL, 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return log_errno(E_IO, "open \"%s\"", path);
    int err = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
        err = log_error(E_MALFORMED, "\"%s\" is empty or not a file", path);
    else if (st.st_size > MEDIUM_FILES_SLOT_BYTES)
        err = log_error(E_LIMIT, "\"%s\"", path);
    void *map = err ? MAP_FAILED
                    : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (!err && map == MAP_FAILED)
        err = log_errno(E_IO, "map \"%s\"", path);
    if (!err)
        *file = span_of(map, (size_t)st.st_size);
    close(fd);
    return err;
}

static void file_unmap(struct span *file)
{
    if (file->at)
        munmap((void *)(uintptr_t)file->at, file->len);
    *file = span_of(NULL, 0);
}

int factory_key(const char *path, uint8_t key[static P256_PUBLIC_BYTES])
{
    struct span file;
    memset(key, 0, P256_PUBLIC_BYTES);
    int err = file_map(path, &file);
    if (err)
        return err;
    if (file.len == P256_PUBLIC_BYTES)
        memcpy(key, file.at, P256_PUBLIC_BYTES);
    else if (file.len >= 2 * P256_PUBLIC_BYTES && file.len <= 2 * P256_PUBLIC_BYTES + 1)
        err = hex_decode(span_of(file.at, 2 * P256_PUBLIC_BYTES), key, P256_PUBLIC_BYTES);
    else
        err = E_LENGTH;
    file_unmap(&file);
    return err ? log_error(err, "key \"%s\" (64 bytes, or 128 hex digits)", path) : 0;
}

int factory_keystore(const char *path, const uint8_t key[static P256_PUBLIC_BYTES],
                     struct keystore *keystore)
{
    struct span file;
    struct image image;
    memset(keystore, 0, sizeof *keystore);
    int err = file_map(path, &file);
    if (err)
        return err;
    err = image_parse(file, &image);
    if (!err && image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        err = E_KEY_UNKNOWN;
    if (!err)
        err = image_verify(&image, key);
    if (!err)
        err = keystore_parse(image.body, keystore);
    file_unmap(&file);
    return err ? log_error(err, "keystore \"%s\"", path) : 0;
}

struct fill {
    struct record record;
    struct span file[MONITOR_COMPONENTS_MAX];
    struct abi_offer offer;
    struct image_abi depends[MONITOR_COMPONENTS_MAX];
};

static int image_add(struct fill *fill, const struct medium *medium, const struct keystore *keystore,
                     const char *path)
{
    struct image_checker checker = {.medium = medium, .keystore = keystore};
    struct image_set *set = &fill->record.kept;
    struct component *to = &set->at[set->count];
    struct span *file = &fill->file[set->count];
    struct image image;
    int err = file_map(path, file);
    if (err)
        return err;
    enum monitor_status status = image_check(&checker, *file, &image, to->digest);
    if (status != MONITOR_OK)
        return log_error(status == MONITOR_VERIFICATION_FAILED ? E_SIGNATURE : E_BINDING,
                         "image \"%s\" (monitor status %d)", path, (int)status);
    if (image_set_component(set, image.meta.component) ||
        image_set_image(set, image.meta.id))
        return log_error(E_DUPLICATE, "image \"%s\"", path);
    memcpy(to->component, image.meta.component, sizeof to->component);
    memcpy(to->image, image.meta.id, sizeof to->image);
    to->type = image.meta.type;
    to->first = set->count;
    to->file_bytes = (uint32_t)file->len;
    abi_offer_add(&fill->offer, image.meta.provides.at, image.meta.provides.count);
    fill->depends[set->count++] = image.meta.depends;
    return 0;
}

static int set_check(const struct fill *fill)
{
    const struct image_set *set = &fill->record.kept;
    unsigned services = 0;
    for (unsigned i = 0; i < set->count; i++) {
        services += set->at[i].type == IMAGE_TYPE_SERVICES;
        if (!abi_offer_meets(&fill->offer, fill->depends[i].at, fill->depends[i].count))
            return log_error(E_MISSING, "image number %u: ABI it depends on", i + 1);
    }
    return services == 1 ? 0 : log_error(E_MISSING, "exactly one Services image is needed");
}

static int set_write(const struct fill *fill, const struct medium *medium)
{
    const struct image_set *set = &fill->record.kept;
    for (unsigned i = 0; i < set->count; i++) {
        struct span view;
        const struct medium_area area = component_area(medium, &set->at[i]);
        int err = medium_erase(medium, area);
        if (!err)
            err = medium_write(medium, area, 0, fill->file[i]);
        if (!err)
            err = medium_view(medium, area, (uint32_t)fill->file[i].len, &view);
        if (!err && !span_equal(view, fill->file[i]))
            err = E_IO;
        if (err)
            return err;
    }
    return record_commit(medium, &fill->record, 0);
}

int factory_fill(const char *device, const struct keystore *keystore, char *const *images,
                 int count)
{
    const struct medium shape = medium_files_shape();
    struct medium_files files;
    struct fill *fill = calloc(1, sizeof *fill);
    int err = fill ? 0 : E_NOMEM, folder = -1;

    if (count < 1 || count > MONITOR_COMPONENTS_MAX)
        err = log_error(E_RANGE, "1 to %d images", MONITOR_COMPONENTS_MAX);
    if (err)
        goto out;
    fill->record.generation = 1;
    fill->offer.version[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = ENGINE_SECURE_WORLD_RUNTIME;
    for (int i = 0; i < count && !err; i++)
        err = image_add(fill, &shape, keystore, images[i]);
    if (!err)
        err = set_check(fill);
    if (err)
        goto out;
    folder = open(device, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        err = log_errno(E_IO, "device folder \"%s\"", device);
        goto out;
    }
    err = medium_files_open(&files, folder, MEDIUM_FILES_CREATE);
    if (err) {
        log_error(err, "flash of \"%s\"", device);
        goto out;
    }
    err = set_write(fill, &files.medium);
    if (err)
        log_error(err, "write flash of \"%s\"", device);
    medium_files_release(&files);
out:
    if (fill)
        for (int i = 0; i < MONITOR_COMPONENTS_MAX; i++)
            file_unmap(&fill->file[i]);
    free(fill);
    if (folder >= 0)
        close(folder);
    return err;
}

static void component_print(const struct medium *medium, const struct component *c)
{
    char component[GUID_TEXT_BYTES], id[GUID_TEXT_BYTES];
    struct span file;
    struct image image;
    const char *name = "-";
    if (medium_view(medium, component_area(medium, c), c->file_bytes, &file) == 0 &&
        image_parse(file, &image) == 0 && image.meta.has_debug && image.meta.name[0])
        name = image.meta.name;
    guid_format(c->component, component);
    guid_format(c->image, id);
    printf("%s %s %s %u %s\n", component, id, image_type_name(c->type), (unsigned)c->file_bytes,
           name);
}

int factory_list(const char *device)
{
    struct medium_files files;
    struct record record;
    unsigned which;
    int folder = open(device, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return log_errno(E_IO, "device folder \"%s\"", device);
    int err = medium_files_open(&files, folder, MEDIUM_FILES_READ);
    if (err) {
        close(folder);
        return log_error(err, "flash of \"%s\"", device);
    }
    err = record_load(&files.medium, &record, &which);
    if (err)
        log_error(err, "state of \"%s\"", device);
    const struct image_set *set = record.trial ? &record.next : &record.kept;
    for (unsigned i = 0; i < set->count && !err; i++)
        component_print(&files.medium, &set->at[i]);
    medium_files_release(&files);
    close(folder);
    return err;
}
