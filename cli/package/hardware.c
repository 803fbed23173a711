/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading a hardware definition, and what its names stand for in a manifest. */
#include "cli/package/hardware.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/file.h"

#define TYPE_INT "int"

/* Types of entries, and the capability of a manifest that takes them. */
static const char *const types[] = {"Gpio", "Uart", "I2cMaster", "SpiMaster", "Pwm", "Adc", TYPE_INT, NULL};

static bool type_known(const char *type)
{
    for (size_t i = 0; types[i]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static bool identifier_good(const char *name)
{
    return *name && (*name < '0' || *name > '9') &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static const struct hardware_entry *entry_find(const struct hardware *h, const char *name)
{
    for (size_t i = 0; i < h->entry_count; i++)
        if (strcmp(h->entry[i].name, name) == 0)
            return &h->entry[i];
    return NULL;
}

/* -- where definitions are ------------------------------------------------- */

static char *path_if_there(const char *folder, size_t folder_len, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%.*s/%s", (int)folder_len, folder, name) < 0)
        return NULL;
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* Ours stand beside the program: as installed, or as the tree has them. */
static char *ours_find(const char *name)
{
    static const char *const beside[] = {"../share/perisphere/hardware-definitions", "../../sdk/hardware-definitions",
                                         "../../../sdk/hardware-definitions"};
    char program[PATH_MAX], folder[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash = len > 0 ? memrchr(program, '/', (size_t)len) : NULL;
    if (!slash || strchr(name, '/'))
        return NULL;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(folder, sizeof folder, "%.*s/%s", (int)(slash - program), program, beside[i]);
        char *path = path_if_there(folder, strlen(folder), name);
        if (path)
            return path;
    }
    return NULL;
}

char *hardware_find(const char *name, const char *const *folders, size_t folder_count)
{
    if (*name == '/')
        return strdup(name);
    for (size_t i = 0; i < folder_count; i++) {
        char *path = path_if_there(folders[i], strlen(folders[i]), name);
        if (path)
            return path;
    }
    return ours_find(name);
}

static char *import_find(const char *from, const char *name, const char *const *folders, size_t folder_count)
{
    const char *slash = strrchr(from, '/');
    char *path = *name == '/' || !slash ? NULL : path_if_there(from, (size_t)(slash - from), name);
    return path ? path : hardware_find(name, folders, folder_count);
}

/* -- loading --------------------------------------------------------------- */

static int entry_add(struct hardware *h, size_t file, json_t *object)
{
    const char *path = h->file[file].path;
    struct hardware_entry e = {.comment = "", .file = file};
    json_error_t why;
    if (json_unpack_ex(object, &why, 0, "{s:s,s:s,s?s,s?s,s?s,s?o}", "Name", &e.name, "Type", &e.type, "Mapping", &e.mapping,
                       "MainCoreHeaderValue", &e.header_value, "Comment", &e.comment, "AppManifestValue",
                       &e.manifest_value) != 0)
        return fail(PERI_EXIT_ERROR, "'%s': a peripheral: %s", path, why.text);
    if (!identifier_good(e.name))
        return fail(PERI_EXIT_ERROR, "'%s': '%s' is no C identifier", path, e.name);
    if (!type_known(e.type))
        return fail(PERI_EXIT_ERROR, "'%s': %s has the type '%s': Gpio, Uart, I2cMaster, SpiMaster, Pwm, Adc or int is expected",
                    path, e.name, e.type);
    if (!e.mapping == !e.header_value)
        return fail(PERI_EXIT_ERROR, "'%s': %s must have either a Mapping or a MainCoreHeaderValue", path, e.name);
    if (e.header_value && strpbrk(e.header_value, "\r\n\\"))
        return fail(PERI_EXIT_ERROR, "'%s': the MainCoreHeaderValue of %s must be one line", path, e.name);
    if (e.manifest_value && !json_is_integer(e.manifest_value) && !json_is_string(e.manifest_value))
        return fail(PERI_EXIT_ERROR, "'%s': the AppManifestValue of %s must be a number or a string", path, e.name);
    const struct hardware_entry *there = entry_find(h, e.name);
    if (there)
        return fail(PERI_EXIT_ERROR, "'%s': %s is defined in '%s' already", path, e.name, h->file[there->file].path);
    if (h->entry_count == HARDWARE_ENTRIES_MAX)
        return fail(PERI_EXIT_ERROR, "'%s': more than %d peripherals", path, HARDWARE_ENTRIES_MAX);
    h->entry[h->entry_count++] = e;
    return PERI_EXIT_OK;
}

static int file_parse(const char *path, json_t **json)
{
    struct span bytes;
    json_error_t why;
    const char *type = NULL;
    int version = 0, code = file_read(path, &bytes);
    if (code)
        return code;
    struct span text = bytes;
    if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        text = span_of(text.at + 3, text.len - 3);
    *json = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &why);
    file_release(&bytes);
    if (!*json)
        return fail(PERI_EXIT_ERROR, "'%s' line %d: %s", path, why.line, why.text);
    if (json_unpack(*json, "{s:{s:s,s:i}}", "Metadata", "Type", &type, "Version", &version) != 0 ||
        strcmp(type, "Azure Sphere Hardware Definition") != 0 || version != 1)
        return fail(PERI_EXIT_ERROR, "'%s' is no hardware definition of version 1 (Metadata.Type, Metadata.Version)", path);
    return PERI_EXIT_OK;
}

static int file_load(struct hardware *h, const char *file, const char *const *folders, size_t folder_count);

static int imports_load(struct hardware *h, size_t at, const char *const *folders, size_t folder_count)
{
    json_t *row, *imports = json_object_get(h->file[at].json, "Imports");
    size_t i;
    if (imports && !json_is_array(imports))
        return fail(PERI_EXIT_ERROR, "'%s': Imports must be an array", h->file[at].path);
    json_array_foreach(imports, i, row) {
        const char *name = json_string_value(json_object_get(row, "Path"));
        if (!name || !*name)
            return fail(PERI_EXIT_ERROR, "'%s': an import without a Path", h->file[at].path);
        char *path = import_find(h->file[at].path, name, folders, folder_count);
        if (!path)
            return fail(PERI_EXIT_ERROR, "'%s' imports '%s', which is neither beside it nor in a folder of --hardware-definitions",
                        h->file[at].path, name);
        int code = file_load(h, path, folders, folder_count);
        free(path);
        if (code)
            return code;
    }
    return PERI_EXIT_OK;
}

static int file_load(struct hardware *h, const char *file, const char *const *folders, size_t folder_count)
{
    char *path = realpath(file, NULL);
    if (!path)
        return fail(PERI_EXIT_ERROR, "cannot read '%s'", file);
    for (size_t i = 0; i < h->file_count; i++)
        if (strcmp(h->file[i].path, path) == 0) {
            free(path);
            return h->file[i].loading ? fail(PERI_EXIT_ERROR, "'%s' imports itself", h->file[i].path) : PERI_EXIT_OK;
        }
    if (h->file_count == HARDWARE_FILES_MAX) {
        free(path);
        return fail(PERI_EXIT_ERROR, "'%s': more than %d files are imported", file, HARDWARE_FILES_MAX);
    }
    size_t at = h->file_count++;
    h->file[at].path = path;
    h->file[at].loading = true;
    int code = file_parse(path, &h->file[at].json);
    if (!code)
        code = imports_load(h, at, folders, folder_count);
    h->file[at].loading = false;
    json_t *row, *peripherals = code ? NULL : json_object_get(h->file[at].json, "Peripherals");
    size_t i;
    if (!code && !json_is_array(peripherals))
        code = fail(PERI_EXIT_ERROR, "'%s': Peripherals must be an array", path);
    json_array_foreach(peripherals, i, row)
        if (!code)
            code = entry_add(h, at, row);
    return code;
}

/* The entry with a value at the end of the mappings; NULL: none, or a circle. */
static const struct hardware_entry *entry_follow(const struct hardware *h, const struct hardware_entry *e)
{
    for (size_t steps = 0; e && e->mapping; steps++)
        e = steps < h->entry_count ? entry_find(h, e->mapping) : NULL;
    return e;
}

static int mappings_check(const struct hardware *h)
{
    for (size_t i = 0; i < h->entry_count; i++) {
        const struct hardware_entry *e = &h->entry[i], *end = entry_follow(h, e);
        const char *path = h->file[e->file].path;
        if (!end)
            return fail(PERI_EXIT_ERROR, "'%s': %s is mapped to '%s', which leads to no value", path, e->name, e->mapping);
        if (strcmp(end->type, e->type) != 0)
            return fail(PERI_EXIT_ERROR, "'%s': %s is of type %s, and what it is mapped to (%s) of type %s", path, e->name,
                        e->type, end->name, end->type);
    }
    return PERI_EXIT_OK;
}

int hardware_load(struct hardware *hardware, const char *file, const char *const *folders, size_t folder_count)
{
    memset(hardware, 0, sizeof *hardware);
    int code = file_load(hardware, file, folders, folder_count);
    return code ? code : mappings_check(hardware);
}

void hardware_release(struct hardware *hardware)
{
    for (size_t i = 0; i < hardware->file_count; i++) {
        free(hardware->file[i].path);
        json_decref(hardware->file[i].json);
    }
    memset(hardware, 0, sizeof *hardware);
}

/* -- manifests ------------------------------------------------------------- */

const char *hardware_name_in(json_t *manifest)
{
    json_t *row, *list, *capabilities = json_object_get(manifest, "Capabilities");
    size_t i;
    for (size_t t = 0; types[t]; t++) {
        list = json_object_get(capabilities, types[t]);
        json_array_foreach(list, i, row)
            if (json_is_string(row) && json_string_value(row)[0] == '$')
                return json_string_value(row);
    }
    return NULL;
}

static int name_resolve(const struct hardware *h, const char *capability, const char *name, json_t **value)
{
    const struct hardware_entry *e = entry_find(h, name), *end = e ? entry_follow(h, e) : NULL;
    if (!e)
        return fail(PERI_EXIT_ERROR, "the manifest asks for '$%s', which '%s' does not define", name, h->file[0].path);
    if (strcmp(e->type, capability) != 0)
        return fail(PERI_EXIT_ERROR, "the manifest asks for '$%s' as %s, and '%s' defines it as %s", name, capability,
                    h->file[e->file].path, e->type);
    if (!end->manifest_value)
        return fail(PERI_EXIT_ERROR, "the manifest asks for '$%s': its entry %s has no AppManifestValue", name, end->name);
    *value = end->manifest_value;
    return PERI_EXIT_OK;
}

int hardware_resolve(const struct hardware *hardware, json_t *manifest)
{
    json_t *row, *list, *value, *capabilities = json_object_get(manifest, "Capabilities");
    size_t i;
    for (size_t t = 0; types[t]; t++) {
        list = json_object_get(capabilities, types[t]);
        json_array_foreach(list, i, row) {
            const char *text = json_string_value(row);
            if (!text || *text != '$')
                continue;
            int code = name_resolve(hardware, types[t], text + 1, &value);
            if (code)
                return code;
            json_array_set(list, i, value);
        }
    }
    return PERI_EXIT_OK;
}
