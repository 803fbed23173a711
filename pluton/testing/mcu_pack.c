/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flash and a blank fuse file for trying the firmware in the emulator, signed
 * with keys made for the occasion.  `peri mcu create` makes the real ones.
 *
 *   pluton_mcu_pack FIRMWARE_DIR OUT_DIR [stage:how ...]
 *     stage: 1bl 1bl-backup keystore keystore-backup pluton pluton-backup monitor monitor-backup
 *     how:   none | flip=BYTE | stranger | old | version=N
 *
 * FIRMWARE_DIR holds 1bl.bin, pluton.bin and monitor.bin (or test_monitor.bin).
 * OUT_DIR gets flash.bin, fuses.bin if there is none yet, and keys.bin, so that a second
 * packing is of the same device's maker.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/mt3620.h"
#include "abi/mt3620_fuse.h"
#include "pluton/testing/mcu_flash.h"

static void die(const char *what, const char *name)
{
    fprintf(stderr, "mcu_pack: %s: \"%s\"\n", what, name);
    exit(1);
}

static const char *path_of(const char *folder, const char *name)
{
    static char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        die("path too long", name);
    return path;
}

static struct span file_read(const char *path, bool needed)
{
    uint8_t *bytes = malloc(MCU_IMAGE_MAX);
    FILE *f = fopen(path, "rb");
    if (!bytes || (!f && needed))
        die("cannot be read", path);
    const size_t len = f ? fread(bytes, 1, MCU_IMAGE_MAX, f) : 0;
    if (f)
        fclose(f);
    return span_of(bytes, len);
}

static void file_free(struct span file)
{
    free((void *)(uintptr_t)file.at);
}

static void file_write(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0 || chmod(path, 0600) != 0)
        die("cannot be written", path);
}

/* The same keys in each packing of one folder. */
static void keys_load(struct fixture *f, const char *path)
{
    uint8_t scalars[FIXTURE_KEYS][KEY_PRIVATE_BYTES];
    const struct span have = file_read(path, false);
    for (unsigned i = 0; i < FIXTURE_KEYS; i++) {
        if (have.len == sizeof scalars && key_import(&f->key[i], have.at + i * KEY_PRIVATE_BYTES))
            die("holds no keys", path);
        if (key_export(&f->key[i], scalars[i]))
            die("keys", path);
    }
    file_write(path, scalars, sizeof scalars);
    file_free(have);
}

static void fuses_blank(const char *path)
{
    uint8_t bytes[FUSE_FILE_BYTES] = {0}, digest[SHA256_BYTES];
    struct stat st;
    if (stat(path, &st) == 0)
        return;
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_bytes(&w, FUSE_FILE_MAGIC, 8);
    writer_u32le(&w, FUSE_FILE_VERSION);
    writer_u32le(&w, FUSE_WORDS);
    const struct span covered = span_of(bytes, FUSE_FILE_DIGEST);
    if (crypto_sha256(&covered, 1, digest))
        die("digest", path);
    memcpy(bytes + FUSE_FILE_DIGEST, digest, sizeof digest);
    file_write(path, bytes, sizeof bytes);
}

static const struct slot_row {
    const char *name, *file;
    uint32_t at, bytes;
    enum { LOADER, KEYSTORE, RUNTIME, MONITOR } kind;
} rows[] = {
    {"1bl", "1bl.bin", FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES, LOADER},
    {"1bl-backup", "1bl.bin", FLASH_BOOTLOADER_ONE_BACKUP_AT, FLASH_BOOTLOADER_ONE_BACKUP_BYTES, LOADER},
    {"keystore", NULL, FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, KEYSTORE},
    {"keystore-backup", NULL, FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BACKUP_BYTES, KEYSTORE},
    {"pluton", "pluton.bin", FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES, RUNTIME},
    {"pluton-backup", "pluton.bin", FLASH_PLUTON_RUNTIME_BACKUP_AT, FLASH_PLUTON_RUNTIME_BACKUP_BYTES, RUNTIME},
    {"monitor", "test_monitor.bin", FLASH_MONITOR_AT, FLASH_MONITOR_BYTES, MONITOR},
    {"monitor-backup", "test_monitor.bin", FLASH_MONITOR_BACKUP_AT, FLASH_MONITOR_BACKUP_BYTES, MONITOR},
};

static void slot_make(const struct fixture *f, const struct slot_row *row, const char *how,
                      struct span body, uint8_t *flash)
{
    static uint8_t room[MCU_IMAGE_MAX];
    struct writer w = writer_of(room, sizeof room);
    const bool stranger = strcmp(how, "stranger") == 0;
    enum fixture_key key = row->kind == LOADER || row->kind == KEYSTORE ? FIXTURE_ROOT : FIXTURE_OS;
    uint32_t version = 1;
    if (strncmp(how, "version=", 8) == 0)
        version = (uint32_t)strtoul(how + 8, NULL, 0);
    if (strcmp(how, "old") == 0)
        version = 0;
    const enum fixture_key by = stranger ? FIXTURE_STRANGER : key;
    switch (row->kind) {
    case LOADER: mcu_loader(f, by, by, version, body, 0, &w); break;
    case KEYSTORE: fixture_keystore(f, by, version, &w); break;
    case RUNTIME: mcu_runtime(f, by, by, version, body, 0, &w); break;
    case MONITOR: mcu_monitor(f, by, by, version, body, 0, &w); break;
    }
    if (w.err)
        die("image does not fit", row->name);
    if (strncmp(how, "flip=", 5) == 0)
        room[strtoul(how + 5, NULL, 0) % w.len] ^= 1;
    mcu_slot_put(flash, row->at, row->bytes, strcmp(how, "none") == 0 ? span_of(NULL, 0) : writer_view(&w));
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: pluton_mcu_pack FIRMWARE_DIR OUT_DIR [stage:how ...]\n");
        return 2;
    }
    struct fixture f;
    uint8_t *flash = malloc(MT3620_FLASH_BYTES);
    if (!flash)
        die("memory", "flash");
    memset(flash, 0xFF, MT3620_FLASH_BYTES);
    if (mkdir(argv[2], 0700) && errno != EEXIST)
        die("cannot be made", argv[2]);
    fixture_init(&f);
    keys_load(&f, path_of(argv[2], "keys.bin"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *how = "";
        const size_t len = strlen(rows[i].name);
        for (int k = 3; k < argc; k++)
            if (strncmp(argv[k], rows[i].name, len) == 0 && argv[k][len] == ':')
                how = argv[k] + len + 1;
        const struct span body =
            rows[i].file ? file_read(path_of(argv[1], rows[i].file), true) : span_of(NULL, 0);
        slot_make(&f, &rows[i], how, body, flash);
        file_free(body);
    }
    file_write(path_of(argv[2], "flash.bin"), flash, MT3620_FLASH_BYTES);
    fuses_blank(path_of(argv[2], "fuses.bin"));
    fixture_release(&f);
    free(flash);
    return 0;
}
