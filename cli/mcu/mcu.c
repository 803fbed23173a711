/* SPDX-License-Identifier: BSD-2-Clause */
/* peri mcu create|info|measurements: a virtual MCU, its whole state one folder. */
#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/mcu/build.h"
#include "cli/mcu/machine.h"
#include "cli/mcu/run.h"
#include "cli/mcu/verify.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/hex.h"

enum { DEVICE_ID_DIGITS = 2 * P256_PUBLIC_BYTES, FIRST_POWER_ON_S = 120 };

/* -- create --------------------------------------------------------------- */

/* What create() made and did not finish; never follows a link out of it. */
static void part_remove(const char *part)
{
    char *roots[] = {strdup(part), NULL};
    FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *e; fts && (e = fts_read(fts)) != NULL;)
        if (e->fts_info == FTS_DP)
            rmdir(e->fts_accpath);
        else if (e->fts_info != FTS_D)
            unlink(e->fts_accpath);
    if (fts)
        fts_close(fts);
    free(roots[0]);
}

/* folder without its last slashes, and a new folder beside it to work in. */
static int part_make(const char *given, char folder[static 4000], char part[static 4096])
{
    size_t len = strlen(given);
    while (len > 1 && given[len - 1] == '/')
        len--;
    if (len == 0 || len >= 4000 || (len == 1 && *given == '/'))
        return fail(PERI_EXIT_USAGE, "'%.40s' is no name for a folder: empty or too long", given);
    memcpy(folder, given, len);
    folder[len] = 0;
    snprintf(part, 4096, "%s.tmp-XXXXXX", folder);
    return mkdtemp(part) ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot make '%s': %s", part, strerror(errno));
}

/* "D=<128 hex>,N=..." of the first boot. */
static bool identity_found(void *context, const char *line)
{
    char *id = context;
    const char *at = strstr(line, "D=");
    if (!at || strspn(at + 2, "0123456789abcdefABCDEF") != DEVICE_ID_DIGITS)
        return false;
    memcpy(id, at + 2, DEVICE_ID_DIGITS);
    id[DEVICE_ID_DIGITS] = 0;
    for (char *c = id; *c; c++)
        *c |= *c >= 'A' && *c <= 'F' ? 0x20 : 0;
    return true;
}

/* What the blank chip does by itself at its first power-on: keys, root key hash. */
static int first_power_on(struct peri *peri, const char *part, char id[static DEVICE_ID_DIGITS + 1])
{
    struct mcu_run run = {.folder = part, .qemu = arg_text(peri, "qemu"), .end_at_reset = true};
    struct mcu_console console = {.keyboard = -1, .on_line = identity_found, .context = id};
    struct mcu_machine machine;
    uint32_t timeout = FIRST_POWER_ON_S;
    id[0] = 0;
    int code = arg_number(peri, "timeout", 1, 86400, &timeout);
    if (arg_has(peri, "verbose"))
        console.show = 1u << MCU_UART_PLUTON;
    console.timeout_s = timeout;
    if (!code)
        code = mcu_machine_start(&run, &machine);
    if (code)
        return code;
    int end = mcu_console_run(&console, &machine);
    if (id[0])
        return PERI_EXIT_OK;
    if (end > MCU_EXIT_SIGNAL)
        return fail(PERI_EXIT_ERROR, "stopped by signal %d", end - MCU_EXIT_SIGNAL);
    return fail(PERI_EXIT_ERROR, "the chip did not print its identity at its first power-on (%s): --verbose shows "
                "what it said", mcu_end_text(end));
}

/* The fuses must hold the identity that was printed, and the root key that signs. */
static int chip_check(const char *path, const char *id)
{
    struct mcu_fuses fuses;
    uint8_t key[P256_PUBLIC_BYTES], root[SHA256_BYTES];
    char hex[DEVICE_ID_DIGITS + 1];
    int code = mcu_fuses_read(path, &fuses);
    if (code)
        return code;
    int err = mcu_fuses_device_id(&fuses, key);
    hex_encode(key, sizeof key, hex);
    if (err || strcmp(hex, id) != 0 || !mcu_fuses_root(&fuses, root))
        code = fail(PERI_EXIT_ERROR, "the chip printed an identity that its fuses do not hold (%s)",
                    err ? err_text(err) : "another one");
    mcu_fuses_wipe(&fuses);
    return code;
}

static int signal_check(void)
{
    return mcu_signal_caught() ? fail(PERI_EXIT_ERROR, "stopped by signal %d", mcu_signal_caught()) : PERI_EXIT_OK;
}

static int rom_put(const struct mcu_sources *sources, const char *part)
{
    char path[4096];
    struct span rom;
    int code = mcu_rom_read(sources, &rom);
    if (!code)
        code = mcu_path(path, part, "rom.bin");
    if (!code)
        code = file_create(path, rom, 0644);
    file_release(&rom);
    return code;
}

/* Without --keys the chip gets signing keys of its own, which stay with it. */
static int keys_choose(struct peri *peri, const char *part, char keys[static 4096])
{
    const char *given = arg_text(peri, "keys");
    if (given)
        return snprintf(keys, 4096, "%s", given) >= 4096 ? fail(PERI_EXIT_USAGE, "'%s' is too long", given)
                                                         : PERI_EXIT_OK;
    int code = mcu_path(keys, part, "keys");
    return code ? code : mcu_keys_create(keys);
}

static int part_fill(struct peri *peri, const char *part, char *id)
{
    char keys[4096], images[4096], fuses_path[4096], flash_path[4096];
    struct mcu_sources sources = {.images = images, .keys = keys, .security_version = 1};
    struct mcu_flash flash = {NULL};
    struct mcu_fuses fuses;
    const char *given = arg_text(peri, "images");
    int code = arg_number(peri, "security-version", 0, FUSE_COUNTER_MAX, &sources.security_version);
    sources.service_url = arg_text(peri, "service-url");
    sources.trust_anchor = arg_text(peri, "trust-anchor");
    sources.application = arg_text(peri, "application");
    if (!code && given)
        code = snprintf(images, sizeof images, "%s", given) >= 4096 ? PERI_EXIT_USAGE : PERI_EXIT_OK;
    else if (!code)
        code = mcu_images_default(images);
    if (!code)
        code = rom_put(&sources, part);
    if (!code)
        code = keys_choose(peri, part, keys);
    if (!code)
        code = mcu_path(fuses_path, part, "fuses.bin");
    if (!code)
        code = mcu_path(flash_path, part, "flash.bin");
    if (!code)
        code = mcu_flash_new(&flash);
    if (!code)
        code = mcu_flash_fill(&sources, &flash);
    if (!code)
        code = mcu_flash_write(flash_path, &flash);
    mcu_fuses_blank(&fuses);
    if (!code)
        code = mcu_fuses_write(fuses_path, &fuses);
    if (!code)
        code = signal_check();
    if (!code)
        code = first_power_on(peri, part, id);
    if (!code)
        code = chip_check(fuses_path, id);
    if (!code) /* the boot may have come further: the chip leaves the factory as it was filled */
        code = mcu_flash_write(flash_path, &flash);
    mcu_flash_free(&flash);
    return code ? code : signal_check();
}

/* The name for the finished folder.  With --force an old MCU gives way, in one step. */
static int part_name(const char *part, const char *folder, bool replace)
{
    if (!replace)
        return renameat2(AT_FDCWD, part, AT_FDCWD, folder, RENAME_NOREPLACE) == 0
                   ? PERI_EXIT_OK
                   : fail(PERI_EXIT_ERROR, "cannot name the folder '%s': %s", folder, strerror(errno));
    if (renameat2(AT_FDCWD, part, AT_FDCWD, folder, RENAME_EXCHANGE) != 0)
        return fail(PERI_EXIT_ERROR, "cannot replace the folder '%s': %s", folder, strerror(errno));
    part_remove(part); /* which is the old one now */
    return PERI_EXIT_OK;
}

static int create(struct peri *peri)
{
    char folder[4000], part[4096], id[DEVICE_ID_DIGITS + 1];
    const char *given = peri->positional[0];
    struct stat st;
    struct mcu_folder held = {NULL, -1};
    if (arg_has(peri, "service-url") != arg_has(peri, "trust-anchor"))
        return fail(PERI_EXIT_USAGE, "--service-url and --trust-anchor go together");
    bool there = lstat(given, &st) == 0;
    if (there && !arg_has(peri, "force"))
        return fail(PERI_EXIT_ERROR, "'%s' exists already: another name, or --force to replace the MCU in it", given);
    int code = there ? mcu_folder_hold(given, &held) : PERI_EXIT_OK; /* only an MCU that is off gives way */
    if (code)
        return code;
    mcu_signals_catch();
    code = part_make(given, folder, part);
    if (!code) {
        code = part_fill(peri, part, id);
        if (!code)
            code = part_name(part, folder, there);
        if (code) {
            part_remove(part);
            fail(code, "no MCU was made");
        }
    }
    mcu_folder_release(&held);
    if (code)
        return code;
    json_t *answer = json_pack("{s:s,s:s}", "deviceId", id, "folder", folder);
    code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

/* -- info ----------------------------------------------------------------- */

static void image_describe(json_t *row, const struct image *image)
{
    char id[GUID_TEXT_BYTES], component[GUID_TEXT_BYTES];
    guid_format(image->meta.id, id);
    guid_format(image->meta.component, component);
    json_object_set_new(row, "imageType", json_string(image_type_name(image->meta.type)));
    json_object_set_new(row, "componentId", json_string(component));
    json_object_set_new(row, "imageId", json_string(id));
    json_object_set_new(row, "securityVersion", json_integer(image->meta.security_version));
    json_object_set_new(row, "bytes", json_integer((json_int_t)image->file.len));
}

static json_t *slots_json(const struct mcu_trust *trust, const struct mcu_flash *flash)
{
    json_t *rows = json_array();
    for (int slot = 0; slot < MCU_SLOTS; slot++) {
        struct mcu_verdict verdict;
        char at[16];
        snprintf(at, sizeof at, "0x%06x", mcu_slots[slot].at);
        mcu_slot_verify(trust, flash, (enum mcu_slot)slot, &verdict);
        json_t *row = json_pack("{s:s,s:s,s:s}", "slot", mcu_slots[slot].name, "offset", at, "state",
                                mcu_verdict_text(&verdict));
        if (verdict.parsed)
            image_describe(row, &verdict.image);
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *counters_json(const struct mcu_fuses *fuses)
{
    static const struct {
        const char *name;
        enum pluton_counter counter;
    } rows[] = {{"pluton", PLUTON_COUNTER_PLUTON},
                {"keystore", PLUTON_COUNTER_KEYSTORE},
                {"monitor", PLUTON_COUNTER_MONITOR},
                {"os", PLUTON_COUNTER_OS}};
    json_t *counters = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t value;
        int err = mcu_fuses_counter(fuses, rows[i].counter, &value);
        json_object_set_new(counters, rows[i].name, err ? json_string("corrupt") : json_integer(value));
    }
    return counters;
}

static json_t *fuses_json(const struct mcu_fuses *fuses)
{
    static const char *const names[] = {
#define LIFECYCLE_NAME(name, number, text) text,
        LIFECYCLE_TABLE(LIFECYCLE_NAME)
#undef LIFECYCLE_NAME
    };
    uint8_t key[P256_PUBLIC_BYTES], root[SHA256_BYTES];
    char hex[DEVICE_ID_DIGITS + 1];
    json_t *answer = json_object();
    int err = mcu_fuses_device_id(fuses, key);
    hex_encode(key, sizeof key, hex);
    json_object_set_new(answer, "deviceId", err ? json_null() : json_string(hex));
    json_object_set_new(answer, "lifeCycle", json_string(names[mcu_fuses_lifecycle(fuses)]));
    bool final = mcu_fuses_root(fuses, root);
    hex_encode(root, sizeof root, hex);
    json_object_set_new(answer, "rootKeyHash", final ? json_string(hex) : json_null());
    json_object_set_new(answer, "starts", json_integer((json_int_t)fuses->starts));
    json_object_set_new(answer, "counters", counters_json(fuses));
    return answer;
}

/* Both files of a chip's folder. */
static int chip_load(const char *folder, struct mcu_fuses *fuses, struct mcu_flash *flash)
{
    char path[4096];
    int code = mcu_folder_check(folder);
    if (!code)
        code = mcu_path(path, folder, "fuses.bin");
    if (!code)
        code = mcu_fuses_read(path, fuses);
    if (!code)
        code = mcu_path(path, folder, "flash.bin");
    return code ? code : mcu_flash_read(path, flash);
}

static void summary_print(const char *key, json_t *value)
{
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    printf("%-12s %s\n", key, json_is_string(value) ? json_string_value(value) : text ? text : "");
    free(text);
}

static int info(struct peri *peri)
{
    const char *folder = peri->positional[0], *key;
    struct mcu_fuses fuses;
    struct mcu_flash flash = {NULL};
    struct mcu_trust trust;
    json_t *value;
    int code = chip_load(folder, &fuses, &flash);
    if (code)
        return code;
    mcu_trust_init(&trust, &flash, &fuses);
    json_t *answer = fuses_json(&fuses);
    mcu_fuses_wipe(&fuses);
    json_object_set_new(answer, "running", json_boolean(mcu_folder_running(folder)));
    json_t *slots = slots_json(&trust, &flash);
    if (peri->output == OUTPUT_TABLE && !arg_text(peri, "query")) {
        json_object_foreach(answer, key, value)
            summary_print(key, value);
        putchar('\n');
        code = output_print(peri, slots);
        json_decref(slots);
    } else {
        json_object_set_new(answer, "slots", slots);
        code = output_print(peri, answer);
    }
    json_decref(answer);
    mcu_flash_free(&flash);
    return code;
}

/* -- extract -------------------------------------------------------------- */

/* A file for each stage, under these names; the first slot that verifies counts. */
static const struct {
    enum mcu_slot slot[2];
    const char *file;
} extracted[] = {
    {{MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP}, "one-bl.image"},
    {{MCU_SLOT_KEYSTORE, MCU_SLOT_KEYSTORE_BACKUP}, "keystore.image"},
    {{MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP}, "pluton.image"},
    {{MCU_SLOT_MONITOR, MCU_SLOT_MONITOR_BACKUP}, "monitor.image"},
    {{MCU_SLOT_KERNEL_A, MCU_SLOT_KERNEL_B}, "kernel.image"},
    {{MCU_SLOT_DTB_A, MCU_SLOT_DTB_B}, "device-tree.image"},
    {{MCU_SLOT_ROOT_A, MCU_SLOT_ROOT_B}, "root.image"},
    {{MCU_SLOT_SERVICES_A, MCU_SLOT_SERVICES_B}, "services.image"},
};

static int extract_one(const struct mcu_trust *trust, const struct mcu_flash *flash, size_t stage, const char *folder,
                       json_t *rows)
{
    char path[4096];
    struct mcu_verdict verdict = {0};
    for (int i = 0; i < 2; i++) {
        mcu_slot_verify(trust, flash, extracted[stage].slot[i], &verdict);
        if (verdict.err == 0)
            break;
    }
    if (verdict.err == E_NOT_FOUND)
        return PERI_EXIT_OK; /* a services slot may be empty */
    if (verdict.err)
        return fail(PERI_EXIT_REFUSED, "no image for %s verifies: %s", mcu_slots[extracted[stage].slot[0]].name,
                    mcu_verdict_text(&verdict));
    int code = mcu_path(path, folder, extracted[stage].file);
    if (!code)
        code = file_write(path, verdict.file, 0644);
    if (code)
        return code;
    json_t *row = json_pack("{s:s}", "file", path);
    image_describe(row, &verdict.image);
    json_array_append_new(rows, row);
    return PERI_EXIT_OK;
}

static int extract(struct peri *peri)
{
    const char *folder = arg_text(peri, "output-folder");
    struct mcu_fuses fuses;
    struct mcu_flash flash = {NULL};
    struct mcu_trust trust;
    int code = chip_load(peri->positional[0], &fuses, &flash);
    if (code)
        return code;
    mcu_trust_init(&trust, &flash, &fuses);
    mcu_fuses_wipe(&fuses);
    json_t *rows = json_array();
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        code = fail(PERI_EXIT_ERROR, "cannot make '%s': %s", folder, strerror(errno));
    for (size_t i = 0; !code && i < sizeof extracted / sizeof *extracted; i++)
        code = extract_one(&trust, &flash, i, folder, rows);
    if (!code)
        code = output_print(peri, rows);
    json_decref(rows);
    mcu_flash_free(&flash);
    return code;
}

/* -- measurements --------------------------------------------------------- */

static json_t *measurement_json(const struct mcu_measurement *m)
{
    char component[GUID_TEXT_BYTES], digest[2 * SHA256_BYTES + 1];
    guid_format(m->component, component);
    hex_encode(m->digest, SHA256_BYTES, digest);
    return json_pack("{s:s,s:i,s:s,s:I,s:s}", "imageType", image_type_name(m->type), "imageTypeNumber", m->type,
                     "componentId", component, "securityVersion", (json_int_t)m->security_version, "measurement",
                     digest);
}

static int of_chip(const char *folder, json_t *rows)
{
    struct mcu_fuses fuses;
    struct mcu_flash flash = {NULL};
    struct mcu_trust trust;
    struct mcu_measurement m[MCU_MEASUREMENTS_MAX];
    size_t count = 0;
    enum mcu_slot missing = MCU_SLOT_ONE_BL;
    int code = chip_load(folder, &fuses, &flash);
    if (code)
        return code;
    mcu_trust_init(&trust, &flash, &fuses);
    mcu_fuses_wipe(&fuses);
    int err = mcu_measure_boot(&trust, &flash, m, &count, &missing);
    if (err)
        code = fail(PERI_EXIT_REFUSED, "'%s' does not boot: no image for %s verifies (peri mcu info says why)", folder,
                    mcu_slots[missing].name);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, measurement_json(&m[i]));
    mcu_flash_free(&flash);
    return code;
}

static int of_file(const char *file, struct mcu_measurement *m)
{
    struct span bytes;
    struct image image;
    int code = file_read(file, &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    if (!err)
        err = mcu_measure(&image, m);
    file_release(&bytes);
    return err ? fail(PERI_EXIT_REFUSED, "'%s' is not an image package: %s", file, err_text(err)) : PERI_EXIT_OK;
}

/* In the order of boot, whatever the order of the files. */
static int of_files(struct peri *peri, json_t *rows)
{
    struct mcu_measurement m[ARG_VALUES_MAX];
    size_t count = 0;
    for (; arg_at(peri, "images", count); count++) {
        int code = of_file(arg_at(peri, "images", count), &m[count]);
        if (code)
            return code;
    }
    for (size_t place = 0; place <= MCU_MEASUREMENTS_MAX; place++)
        for (size_t i = 0; i < count; i++)
            if (mcu_boot_order(m[i].type) == place)
                json_array_append_new(rows, measurement_json(&m[i]));
    return PERI_EXIT_OK;
}

static int measurements(struct peri *peri)
{
    if ((peri->positional_count == 1) == arg_has(peri, "images"))
        return fail(PERI_EXIT_USAGE, "give either an MCU's folder or --images FILE...");
    json_t *rows = json_array();
    int code = peri->positional_count ? of_chip(peri->positional[0], rows) : of_files(peri, rows);
    if (!code)
        code = output_print(peri, rows);
    json_decref(rows);
    return code;
}

static const struct option_row create_options[] = {
    {"images", "i", OPTION_VALUE, "folder with rom.bin, 1bl.bin, pluton.bin, monitor.bin, xipImage, mt3620.dtb, root/ (default: this build's)"},
    {"keys", "k", OPTION_VALUE, "folder with root.pem, os.pem and public keys (default: new ones in DIR/keys)"},
    {"security-version", NULL, OPTION_VALUE, "anti-rollback number of the images, 0 to 128 (default: 1)"},
    {"service-url", NULL, OPTION_VALUE, "https://NAME:PORT of the security service; becomes part of the root image"},
    {"trust-anchor", NULL, OPTION_VALUE, "root.pem of that service"},
    {"application", NULL, OPTION_VALUE, "signed image package of an application that is there from the factory"},
    {"force", NULL, OPTION_SWITCH, "replace the MCU that is there"},
    {"qemu", NULL, OPTION_VALUE, "emulator (default: $PERI_QEMU, else machine/build's)"},
    {"timeout", NULL, OPTION_VALUE, "seconds the first power-on may take (default: 120)"},
    {"verbose", "v", OPTION_SWITCH, "show what the chip says at its first power-on"},
    SCOPE_END};
static const struct option_row measurements_options[] = {
    {"images", "i", OPTION_LIST, "image packages instead of an MCU"}, SCOPE_END};
static const struct option_row extract_options[] = {
    {"output-folder", NULL, OPTION_REQUIRED, "folder for the files; made when it is not there"}, SCOPE_END};
static const struct column extract_columns[] = {{"File", "file"}, {"Type", "imageType"}, {"Version", "securityVersion"},
    {"Bytes", "bytes"}, {"Image ID", "imageId"}, COLUMNS_END};
static const struct column create_columns[] = {{"Device ID", "deviceId"}, {"Folder", "folder"}, COLUMNS_END};
static const struct column info_columns[] = {{"Slot", "slot"}, {"Offset", "offset"}, {"State", "state"}, {"Type", "imageType"},
    {"Version", "securityVersion"}, {"Bytes", "bytes"}, {"Image ID", "imageId"}, COLUMNS_END};
static const struct column measurement_columns[] = {{"Type", "imageType"}, {"Version", "securityVersion"},
    {"Component ID", "componentId"}, {"Measurement", "measurement"}, COLUMNS_END};

const struct verb mcu_verbs[] = {
    {"mcu", "create", create, "DIR", "manufacture a virtual MCU: fuses, keys, flash", create_options, create_columns, true},
    {"mcu", "run", mcu_run, "DIR", "power a virtual MCU on; the exit code says how it ended", mcu_run_options, NULL, true,
     mcu_run_notes},
    {"mcu", "info", info, "DIR", "identity, life-cycle and every flash slot of a virtual MCU", NULL, info_columns, true,
     "Applications: the one that the factory left.  What came by updates the monitor's own record names, which is not read here: peri device "
     "show-deployment-status and image list-installed say what a device that runs has."},
    {"mcu", "extract", extract, "DIR", "image packages of a virtual MCU as files, for os-release publish", extract_options,
     extract_columns, true},
    {"mcu", "measurements", measurements, "[DIR]", "what Pluton will measure at its boot", measurements_options,
     measurement_columns, true},
    VERBS_END,
};
