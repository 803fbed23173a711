/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mcu/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/mcu_boot.h"
#include "abi/monitor_call.h"
#include "cli/file.h"
#include "cli/package/package_tree.h"
#include "cli/package/signed_image.h"

static const struct {
    const char *file;
    uint32_t use; /* 0: the root key, which the keystore does not list */
} keys[] = {
    {"root.pem", 0},
    {"os.pem", KEYSTORE_USE_OS},
    {"application.pem", KEYSTORE_USE_APPLICATION},
    {"update.pem", KEYSTORE_USE_UPDATE},
    {"capability.pem", KEYSTORE_USE_CAPABILITY},
    {"development.pem", KEYSTORE_USE_DEVELOPMENT},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

struct keyring {
    struct signing_key root, os;
    struct keystore keystore;
};

static int join(char path[static 4096], const char *folder, const char *name)
{
    return snprintf(path, 4096, "%s/%s", folder, name) >= 4096 ? fail(PERI_EXIT_USAGE, "'%s' is too long", folder)
                                                               : PERI_EXIT_OK;
}

int mcu_keys_create(const char *folder)
{
    char path[4096];
    if (mkdir(folder, 0700) != 0)
        return fail(PERI_EXIT_ERROR, "cannot make '%s': %s", folder, strerror(errno));
    int code = PERI_EXIT_OK;
    for (size_t i = 0; !code && i < KEYS; i++) {
        code = join(path, folder, keys[i].file);
        if (!code)
            code = signing_key_create(path);
    }
    return code;
}

static int keyring_load(const char *folder, struct keyring *ring)
{
    char path[4096];
    uint8_t key[P256_PUBLIC_BYTES];
    struct stat st;
    memset(ring, 0, sizeof *ring);
    int code = join(path, folder, "root.pem");
    if (!code)
        code = signing_key_load(path, &ring->root);
    if (!code)
        code = join(path, folder, "os.pem");
    if (!code)
        code = signing_key_load(path, &ring->os);
    if (!code)
        code = keystore_key_add(&ring->keystore, ring->os.public_key, KEYSTORE_USE_OS);
    for (size_t i = 0; !code && i < KEYS; i++) {
        if (snprintf(path, sizeof path, "%s/%s.pub", folder, keys[i].file) >= (int)sizeof path)
            return fail(PERI_EXIT_USAGE, "'%s' is too long", folder);
        if (!(keys[i].use & ~(uint32_t)KEYSTORE_USE_OS) || stat(path, &st) != 0)
            continue;
        code = public_key_load(path, key);
        if (!code)
            code = keystore_key_add(&ring->keystore, key, keys[i].use);
    }
    return code;
}

static void keyring_release(struct keyring *ring)
{
    signing_key_release(&ring->root);
    signing_key_release(&ring->os);
}

/* Body of a first boot loader: padded so that the file gets its exact size, and with
 * the root key in its header.  footer: bytes that metadata and signature will take. */
static int one_bl_prepare(const char *path, struct writer *w, size_t footer, const struct keyring *ring)
{
    struct cursor c = cursor_of(writer_view(w));
    cursor_skip(&c, BOOT_1BL_HEADER_AT);
    uint32_t magic = cursor_u32le(&c), version = cursor_u32le(&c);
    cursor_skip(&c, P256_PUBLIC_BYTES);
    if (c.err || magic != BOOT_1BL_MAGIC || version != BOOT_1BL_VERSION)
        return fail(PERI_EXIT_ERROR, "'%s' is no first boot loader: its header is not at byte %d", path,
                    BOOT_1BL_HEADER_AT);
    if (w->len + footer > BOOT_1BL_BYTES)
        return fail(PERI_EXIT_ERROR, "'%s' has %zu bytes: with its signature it may have %u", path, w->len,
                    BOOT_1BL_BYTES);
    memcpy(w->at + BOOT_1BL_HEADER_AT + 8, ring->root.public_key, P256_PUBLIC_BYTES);
    writer_zero(w, BOOT_1BL_BYTES - footer - w->len);
    return PERI_EXIT_OK;
}

/* The monitor's header says how long the whole file is, which is known only here. */
static int monitor_prepare(const char *path, struct writer *w, size_t footer, const struct keyring *ring)
{
    (void)ring;
    struct cursor c = cursor_of(writer_view(w));
    uint32_t load = cursor_u32le(&c);
    cursor_u32le(&c);
    uint32_t entry = cursor_u32le(&c);
    if (c.err || load != MT3620_SECURE_RAM || entry < load || entry - load >= w->len)
        return fail(PERI_EXIT_ERROR, "'%s' is no monitor: it does not begin with its load address %08x and entry",
                    path, MT3620_SECURE_RAM);
    struct writer size = writer_of(w->at + 4, 4);
    writer_u32le(&size, (uint32_t)(w->len + footer));
    return PERI_EXIT_OK;
}

enum { FOLDER = 1, OPTIONAL = 2, BY_ROOT = 4 };
enum { APPLICATION_RUNTIME = 1 }; /* version of applibs in this build's root */

static const struct part {
    const char *file;
    uint16_t type;
    enum mcu_slot first, second;
    const char *component;
    int flags;
    int (*prepare)(const char *path, struct writer *w, size_t footer, const struct keyring *ring);
    const char *made_by;
} parts[] = {
    {"1bl.bin", IMAGE_TYPE_ONE_BL, MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP, COMPONENT_ONE_BL, BY_ROOT,
     one_bl_prepare, "the target firmware"},
    {"pluton.bin", IMAGE_TYPE_PLUTON_RUNTIME, MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP, COMPONENT_PLUTON_RUNTIME, 0,
     NULL, "the target firmware"},
    {"monitor.bin", IMAGE_TYPE_SECURITY_MONITOR, MCU_SLOT_MONITOR, MCU_SLOT_MONITOR_BACKUP,
     COMPONENT_SECURITY_MONITOR, 0, monitor_prepare, "the target firmware"},
    {"xipImage", IMAGE_TYPE_NORMAL_WORLD_KERNEL, MCU_SLOT_KERNEL_A, MCU_SLOT_KERNEL_B, COMPONENT_KERNEL, 0, NULL,
     "kernel/build"},
    {"mt3620.dtb", IMAGE_TYPE_NORMAL_WORLD_DTB, MCU_SLOT_DTB_A, MCU_SLOT_DTB_B, COMPONENT_DEVICE_TREE, 0, NULL,
     "kernel/build"},
    {"root", IMAGE_TYPE_ROOT_FS, MCU_SLOT_ROOT_A, MCU_SLOT_ROOT_B, COMPONENT_ROOT_FS, FOLDER, NULL, "the build"},
    {"services", IMAGE_TYPE_SERVICES, MCU_SLOT_SERVICES_A, MCU_SLOT_SERVICES_B, COMPONENT_SERVICES, FOLDER | OPTIONAL,
     NULL, "the build"},
};

/* What stands behind every body; found by writing it once. */
static int footer_bytes(const struct image_meta *meta, size_t *bytes)
{
    uint8_t room[SIGNED_IMAGE_ROOM];
    struct writer w = writer_of(room, sizeof room);
    int err = image_meta_write(&w, meta);
    *bytes = w.len + IMAGE_SIGNATURE_BYTES;
    return err ? fail(PERI_EXIT_ERROR, "cannot describe the image: %s", err_text(err)) : PERI_EXIT_OK;
}

/* What makes a root image one of this service's fleet. */
static int root_configure(const struct mcu_sources *sources, struct package_tree *tree)
{
    struct span anchor = {NULL, 0};
    if (!sources->service_url)
        return PERI_EXIT_OK;
    int code = file_read(sources->trust_anchor, &anchor);
    if (!code && !memmem(anchor.at, anchor.len, "-----BEGIN CERTIFICATE-----", 27)) {
        file_release(&anchor);
        code = fail(PERI_EXIT_ERROR, "'%s' is no PEM certificate", sources->trust_anchor);
    }
    if (!code)
        code = package_tree_put(tree, "/etc/trust-anchor.pem", anchor);
    if (code)
        return code;
    json_t *conf = json_pack("{s:s,s:s,s:i}", "service_url", sources->service_url, "trust_anchor", "trust-anchor.pem",
                             "app_memory_kib", MCU_APP_MEMORY_KIB);
    char *text = conf ? json_dumps(conf, JSON_COMPACT) : NULL;
    json_decref(conf);
    return text ? package_tree_put(tree, "/etc/device.conf", span_of(text, strlen(text)))
                : fail(PERI_EXIT_ERROR, "out of memory");
}

/* The body alone, with room behind it; *w is malloc'd. */
static int body_read(const struct mcu_sources *sources, const struct part *part, const char *path, size_t room,
                     struct writer *w)
{
    static struct package_tree tree;
    struct span bytes = {NULL, 0};
    int err = 0, code = part->flags & FOLDER ? package_tree_load(&tree, path) : file_read(path, &bytes);
    if (!code && part->type == IMAGE_TYPE_ROOT_FS)
        code = root_configure(sources, &tree);
    if (!code) {
        size_t cap = (part->flags & FOLDER ? package_tree_bytes(&tree) : bytes.len) + room;
        uint8_t *at = malloc(cap);
        *w = writer_of(at, at ? cap : 0);
        if (!at)
            err = E_NOMEM;
        else if (part->flags & FOLDER)
            err = asxipfs_write(tree.source, tree.count, w);
        else
            writer_bytes(w, bytes.at, bytes.len);
    }
    if (part->flags & FOLDER)
        package_tree_release(&tree);
    file_release(&bytes);
    return err ? fail(PERI_EXIT_ERROR, "cannot build the image of '%s': %s", path, err_text(err)) : code;
}

static int slots_fill(struct mcu_flash *flash, enum mcu_slot first, enum mcu_slot second, struct span file,
                      const char *path)
{
    if (mcu_flash_put(flash, first, file) != 0 || mcu_flash_put(flash, second, file) != 0)
        return fail(PERI_EXIT_ERROR, "'%s' becomes an image of %zu bytes, and the slot %s holds %u", path, file.len,
                    mcu_slots[first].name, mcu_slot_room(first));
    return PERI_EXIT_OK;
}

static int part_put(const struct mcu_sources *sources, const struct part *part, struct keyring *ring,
                    struct mcu_flash *flash)
{
    char path[4096];
    struct stat st;
    struct writer w = {NULL, 0, 0, 0};
    size_t footer;
    struct image_meta meta = {
        .type = part->type,
        .signing_type = IMAGE_SIGNING_ECDSA256,
        .has_debug = true,
        .has_security_version = true,
        .security_version = sources->security_version,
    };
    snprintf(meta.name, sizeof meta.name, "%s", image_type_name(part->type));
    if (part->type == IMAGE_TYPE_SERVICES) { /* what applications depend on */
        meta.has_provides = true;
        meta.provides.count = 1;
        meta.provides.at[0] = (struct abi_identity){APPLICATION_RUNTIME, IMAGE_IDENTITY_APPLICATION_RUNTIME};
    }
    int code = join(path, sources->images, part->file);
    if (code)
        return code;
    if (stat(path, &st) != 0)
        return part->flags & OPTIONAL && errno == ENOENT
                   ? PERI_EXIT_OK
                   : fail(PERI_EXIT_ERROR, "no image '%s' (%s): %s makes it", path, strerror(errno), part->made_by);
    code = footer_bytes(&meta, &footer);
    if (!code)
        code = body_read(sources, part, path, BOOT_1BL_BYTES + SIGNED_IMAGE_ROOM, &w);
    if (!code && part->prepare)
        code = part->prepare(path, &w, footer, ring);
    if (!code)
        code = signed_image_name(&meta, writer_view(&w), part->component,
                                 part->flags & BY_ROOT ? &ring->root : &ring->os);
    if (!code)
        code = signed_image_finish(&w, &meta, part->component, part->flags & BY_ROOT ? &ring->root : &ring->os);
    if (!code)
        code = slots_fill(flash, part->first, part->second, writer_view(&w), path);
    free(w.at);
    return code;
}

int mcu_rom_read(const struct mcu_sources *sources, struct span *rom)
{
    char path[4096];
    struct stat st;
    *rom = span_of(NULL, 0);
    int code = join(path, sources->images, "rom.bin");
    if (!code && stat(path, &st) != 0)
        code = fail(PERI_EXIT_ERROR, "no image '%s' (%s): the target firmware makes it", path, strerror(errno));
    if (!code)
        code = file_read(path, rom);
    if (!code && (rom->len == 0 || rom->len > MT3620_PLUTON_ROM_BYTES)) {
        code = fail(PERI_EXIT_ERROR, "the ROM '%s' has %zu bytes: 1 to %u are expected", path, rom->len,
                    MT3620_PLUTON_ROM_BYTES);
        file_release(rom);
    }
    return code;
}

/* As it is: who signed it is the device's to judge, by the keystore. */
static int application_put(const char *path, struct mcu_flash *flash)
{
    struct span file = {NULL, 0};
    struct image image;
    int code = file_read(path, &file);
    if (!code && (image_parse(file, &image) != 0 || image.meta.type != IMAGE_TYPE_APPLICATIONS))
        code = fail(PERI_EXIT_ERROR, "'%s' is no image package of an application: peri image-package create makes one", path);
    if (!code)
        code = slots_fill(flash, MCU_SLOT_APPLICATIONS, MCU_SLOT_APPLICATIONS, file, path);
    file_release(&file);
    return code;
}

int mcu_flash_fill(const struct mcu_sources *sources, struct mcu_flash *flash)
{
    struct keyring ring;
    uint8_t bytes[8192];
    struct writer w = writer_of(bytes, sizeof bytes);
    int code = keyring_load(sources->keys, &ring);
    if (!code)
        code = keystore_image(&ring.keystore, sources->security_version, &ring.root, &w);
    if (!code)
        code = slots_fill(flash, MCU_SLOT_KEYSTORE, MCU_SLOT_KEYSTORE_BACKUP, writer_view(&w), "keystore");
    for (size_t i = 0; !code && i < sizeof parts / sizeof parts[0]; i++)
        code = part_put(sources, &parts[i], &ring, flash);
    if (!code && sources->application)
        code = application_put(sources->application, flash);
    keyring_release(&ring);
    return code;
}
