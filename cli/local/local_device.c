/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri device create|run|info: a device on this machine (target linux).
 * Its whole state is one folder; layout in docs/spec/pluton.md.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <fts.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/program.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/image.h"

/* The same as the OS takes in device.conf. */
enum { RESTART_DELAY_MAX_MS = 60000, UID_BASE_MIN = 1000, UID_BASE_MAX = 2000000000 };

static int path_join(char path[static 4096], const char *folder, const char *name)
{
    return snprintf(path, 4096, "%s/%s", folder, name) >= 4096
               ? fail(PERI_EXIT_USAGE, "'%s' is too long", folder)
               : PERI_EXIT_OK;
}

static int folder_make(const char *folder, const char *name)
{
    char path[4096];
    int code = path_join(path, folder, name);
    if (!code && mkdir(path, 0755) != 0)
        code = fail(PERI_EXIT_ERROR, "cannot make '%s': %s", path, strerror(errno));
    return code;
}

static int copy_to(const char *from, const char *folder, const char *name)
{
    char path[4096];
    struct span bytes;
    int code = path_join(path, folder, name);
    if (!code)
        code = file_read(from, &bytes);
    if (code)
        return code;
    code = file_write(path, bytes, 0644);
    file_release(&bytes);
    return code;
}

static int type_of(const char *file, uint16_t *type)
{
    struct span bytes;
    struct image image;
    int code = file_read(file, &bytes);
    if (code)
        return code;
    int err = image_parse(bytes, &image);
    *type = image.meta.type;
    file_release(&bytes);
    return err ? fail(PERI_EXIT_REFUSED, "'%s' is not an image package: %s", file, err_text(err))
               : PERI_EXIT_OK;
}

static int manufacture(struct peri *peri, const char *folder, char *id, size_t cap)
{
    struct program program;
    int code = program_init(&program, "plutond");
    if (code)
        return code;
    program_add(&program, "--device");
    program_add(&program, folder);
    program_add(&program, "--manufacture");
    program_add(&program, "--root-key");
    program_add(&program, arg_text(peri, "root-key"));
    return program_run(&program, id, cap);
}

/* The monitor goes where Pluton looks for it, twice; the rest into flash. */
static int images_install(struct peri *peri, const char *folder)
{
    struct program program;
    uint16_t type;
    bool monitor = false;
    int code = program_init(&program, "monitord");
    if (!code) {
        program_add(&program, "--factory");
        program_add(&program, folder);
        program_add(&program, "--keystore");
        program_add(&program, arg_text(peri, "keystore"));
        program_add(&program, "--root-key");
        program_add(&program, arg_text(peri, "root-key"));
    }
    for (size_t i = 0; !code && arg_at(peri, "images", i); i++) {
        const char *file = arg_at(peri, "images", i);
        code = type_of(file, &type);
        if (code || type == IMAGE_TYPE_PLUTON_RUNTIME || type == IMAGE_TYPE_TRUSTED_KEYSTORE)
            continue; /* Pluton is this machine's program; the keystore has its own option */
        if (type != IMAGE_TYPE_SECURITY_MONITOR) {
            program_add(&program, file);
            continue;
        }
        monitor = true;
        code = copy_to(file, folder, "boot/monitor.image");
        if (!code)
            code = copy_to(file, folder, "boot/monitor.backup.image");
    }
    if (!code && !monitor)
        code = fail(PERI_EXIT_USAGE, "--images names no SecurityMonitor image");
    if (!code)
        code = copy_to(arg_text(peri, "keystore"), folder, "boot/keystore.image");
    if (!code)
        code = copy_to(arg_text(peri, "keystore"), folder, "boot/keystore.backup.image");
    return code ? code : program_run(&program, NULL, 0);
}

/* Settings of device.conf; 0: the OS has its own default. */
struct numbers {
    uint32_t restart_delay_ms, uid_base;
};

static int config_write(struct peri *peri, const char *folder, const struct numbers *numbers)
{
    char path[4096];
    json_t *conf = json_pack("{s:s,s:s}", "service_url", arg_text(peri, "service-url"),
                             "trust_anchor", "trust-anchor.pem");
    if (numbers->restart_delay_ms)
        json_object_set_new(conf, "restart_delay_ms", json_integer((json_int_t)numbers->restart_delay_ms));
    if (numbers->uid_base)
        json_object_set_new(conf, "uid_base", json_integer((json_int_t)numbers->uid_base));
    if (arg_text(peri, "service-interface"))
        json_object_set_new(conf, "service_interface", json_string(arg_text(peri, "service-interface")));
    json_t *missing = json_array();
    for (size_t i = 0; arg_at(peri, "allow-missing", i); i++)
        json_array_append_new(missing, json_string(arg_at(peri, "allow-missing", i)));
    if (json_array_size(missing))
        json_object_set(conf, "allow_missing", missing);
    json_decref(missing);
    char *text = json_dumps(conf, JSON_INDENT(2));
    json_decref(conf);
    int code = text ? path_join(path, folder, "device.conf") : fail(PERI_EXIT_ERROR, "out of memory");
    if (!code)
        code = file_write(path, span_of(text, strlen(text)), 0644);
    free(text);
    return code ? code : copy_to(arg_text(peri, "trust-anchor"), folder, "trust-anchor.pem");
}

/* What create() made and did not finish; never follows a link out of it. */
static void part_remove(const char *part)
{
    char *roots[] = {strdup(part), NULL};
    FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *e; fts && (e = fts_read(fts)) != NULL;)
        if (e->fts_info != FTS_D)
            remove(e->fts_path);
    if (fts)
        fts_close(fts);
    free(roots[0]);
}

/* DIR without the slashes that completion adds, and DIR.part beside it. */
static int names_of(const char *given, char folder[static 4096], char part[static 4096])
{
    size_t len = strlen(given);
    while (len > 1 && given[len - 1] == '/')
        len--;
    if (len == 0 || snprintf(folder, 4096, "%.*s", (int)len, given) >= 4096 ||
        snprintf(part, 4096, "%.*s.part", (int)len, given) >= 4096)
        return fail(PERI_EXIT_USAGE, "'%.40s' is no name for a folder: empty or too long", given);
    return PERI_EXIT_OK;
}

static int root_check(void)
{
    return geteuid() == 0 ? PERI_EXIT_OK
                          : fail(PERI_EXIT_ERROR, "a device on this machine needs root: namespaces, "
                                 "uids, mounts (sudo peri ...)");
}

static int part_fill(struct peri *peri, const char *part, const struct numbers *numbers, char *id, size_t cap)
{
    int code = folder_make(part, "boot");
    if (!code)
        code = folder_make(part, "flash");
    if (!code)
        code = folder_make(part, "config");
    if (!code)
        code = manufacture(peri, part, id, cap);
    if (!code)
        code = images_install(peri, part);
    return code ? code : config_write(peri, part, numbers);
}

/* All or nothing: the folder has its name only when it is complete. */
static int create(struct peri *peri)
{
    char folder[4096], part[4096], id[256];
    struct stat st;
    struct numbers numbers = {0, 0};
    int code = names_of(peri->positional[0], folder, part);
    if (!code)
        code = arg_number(peri, "restart-delay-ms", 1, RESTART_DELAY_MAX_MS, &numbers.restart_delay_ms);
    if (!code)
        code = arg_number(peri, "uid-base", UID_BASE_MIN, UID_BASE_MAX, &numbers.uid_base);
    if (!code)
        code = root_check();
    if (code)
        return code;
    if (lstat(folder, &st) == 0)
        return fail(PERI_EXIT_ERROR, "'%s' exists already", folder);
    if (mkdir(part, 0755) != 0)
        return fail(PERI_EXIT_ERROR, "cannot make '%s': %s%s", part, strerror(errno),
                    errno == EEXIST ? " (of another run: remove it if that is over)" : "");
    code = part_fill(peri, part, &numbers, id, sizeof id);
    if (!code && rename(part, folder) != 0)
        code = fail(PERI_EXIT_ERROR, "cannot name the folder '%s': %s", folder, strerror(errno));
    if (code) {
        part_remove(part);
        return fail(code, "no device was made");
    }
    json_t *answer = json_pack("{s:s,s:s}", "deviceId", id, "folder", folder);
    code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

/* Is there a device in the folder, as create() leaves it? */
static int device_check(const char *folder)
{
    static const char *const parts[] = {"boot", "flash", "config", "device.conf"};
    char path[4096];
    struct stat st;
    if (stat(folder, &st) != 0)
        return fail(errno == ENOENT ? PERI_EXIT_NOT_FOUND : PERI_EXIT_ERROR,
                    "no device at '%s' (%s): peri device create makes one", folder, strerror(errno));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int code = path_join(path, folder, parts[i]);
        if (code)
            return code;
        if (stat(path, &st) != 0)
            return fail(PERI_EXIT_ERROR, "'%s' is no device, or a broken one: it has no '%s'", folder,
                        parts[i]);
    }
    return PERI_EXIT_OK;
}

static int run(struct peri *peri)
{
    struct program program;
    int code = root_check();
    if (!code)
        code = device_check(peri->positional[0]);
    if (!code)
        code = program_init(&program, "plutond");
    if (code)
        return code;
    program_add(&program, "--device");
    program_add(&program, peri->positional[0]);
    return program_exec(&program);
}

struct image_lines {
    json_t *rows;
    bool bad;
};

/* A line of monitord --list: COMPONENT IMAGE TYPE BYTES NAME; the name is last and may have blanks. */
static void image_line(void *context, const char *line)
{
    char component[GUID_TEXT_BYTES], image[GUID_TEXT_BYTES], type[64];
    unsigned bytes;
    int at = 0;
    struct image_lines *lines = context;
    json_t *row = NULL;
    if (sscanf(line, "%36s %36s %63s %u %n", component, image, type, &bytes, &at) == 4 && at)
        row = json_pack("{s:s,s:s,s:s,s:I,s:s}", "componentId", component, "imageId", image, "imageType", type,
                        "bytes", (json_int_t)bytes, "name", strcmp(line + at, "-") == 0 ? "" : line + at);
    if (!row || json_array_append_new(lines->rows, row) != 0)
        lines->bad = true;
}

static int info(struct peri *peri)
{
    struct program program;
    char id[256];
    struct image_lines lines = {.rows = json_array()};
    json_t *answer = NULL;
    int code = device_check(peri->positional[0]);
    if (!code)
        code = program_init(&program, "plutond");
    if (!code) {
        program_add(&program, "--device");
        program_add(&program, peri->positional[0]);
        program_add(&program, "--identity");
        code = program_run(&program, id, sizeof id);
    }
    if (!code)
        code = program_init(&program, "monitord");
    if (!code) {
        program_add(&program, "--list");
        program_add(&program, peri->positional[0]);
        code = program_lines(&program, image_line, &lines);
    }
    if (!code && lines.bad)
        code = fail(PERI_EXIT_ERROR, "monitord's list of the images in '%s' is not understood", peri->positional[0]);
    if (!code && (answer = json_pack("{s:s,s:O}", "deviceId", id, "images", lines.rows)) == NULL)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    /* a table has a row an image */
    if (!code && peri->output == OUTPUT_TABLE && !arg_has(peri, "query"))
        code = output_print(peri, lines.rows);
    else if (!code)
        code = output_print(peri, answer);
    json_decref(answer);
    json_decref(lines.rows);
    return code;
}

static const struct option_row create_options[] = {
    {"root-key", NULL, OPTION_REQUIRED, "FILE.pub whose hash is fused: it signs the keystore"},
    {"keystore", NULL, OPTION_REQUIRED, "keystore image"},
    {"images", "i", OPTION_REQUIRED | OPTION_LIST, "image packages: security monitor, services, applications"},
    {"service-url", NULL, OPTION_REQUIRED, "https://NAME:PORT of the security service"},
    {"trust-anchor", NULL, OPTION_REQUIRED, "root.pem of the service"},
    {"restart-delay-ms", NULL, OPTION_VALUE, "first delay before an application is restarted, 1 to 60000 (default: 1000)"},
    {"uid-base", NULL, OPTION_VALUE, "first uid of applications (61200); devices of one machine need ranges of their own"},
    {"service-interface", NULL, OPTION_VALUE, "ADDRESS[:PORT] where the device takes local commands (peri device show-attached and kin); none without it"},
    {"allow-missing", NULL, OPTION_LIST, "protection that this machine's kernel may lack"},
    SCOPE_END};

static const struct column info_columns[] = {
    {"Component", "componentId"}, {"Image", "imageId"}, {"Type", "imageType"}, {"Bytes", "bytes"}, {"Name", "name"},
    COLUMNS_END};

const struct verb local_device_verbs[] = {
    {"device", "create", create, "DIR", "make a device on this machine, as a factory does", create_options, NULL, true},
    {"device", "run", run, "DIR", "power a device of this machine on", NULL, NULL, true},
    {"device", "info", info, "DIR", "identity and installed images of a device of this machine", NULL, info_columns, true},
    VERBS_END,
};
