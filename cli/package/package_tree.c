/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/package/package_tree.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/package/hardware.h"

#define MANIFEST_PATH "/app_manifest.json"

static struct asxipfs_source *source_find(struct package_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->source[i].path, path) == 0)
            return &tree->source[i];
    return NULL;
}

/* Takes data, also on failure. */
static int source_add(struct package_tree *tree, const char *path, bool executable, struct span data)
{
    int code = PERI_EXIT_OK;
    char *copy = NULL;
    if (tree->count == ASXIPFS_FILES_MAX - 1) /* the root is one of them */
        code = fail(PERI_EXIT_ERROR, "more than %d files: an image holds no more", ASXIPFS_FILES_MAX - 1);
    else if ((copy = strdup(path)) == NULL)
        code = fail(PERI_EXIT_ERROR, "out of memory");
    if (code)
        file_release(&data);
    else
        tree->source[tree->count++] = (struct asxipfs_source){copy, executable, data};
    return code;
}

int package_tree_put(struct package_tree *tree, const char *path, struct span data)
{
    struct asxipfs_source *there = source_find(tree, path);
    if (!there)
        return source_add(tree, path, false, data);
    file_release(&there->data);
    there->data = data;
    return PERI_EXIT_OK;
}

static int entry_take(struct package_tree *tree, const FTSENT *e, size_t skip)
{
    struct span data;
    switch (e->fts_info) {
    case FTS_D:
    case FTS_DP:
        return PERI_EXIT_OK;
    case FTS_F:
        if (e->fts_level == FTS_ROOTLEVEL)
            return fail(PERI_EXIT_ERROR, "'%s' is not a folder", e->fts_path);
        if (file_read(e->fts_path, &data))
            return PERI_EXIT_ERROR;
        return source_add(tree, e->fts_path + skip, (e->fts_statp->st_mode & 0111) != 0, data);
    case FTS_SL:
    case FTS_SLNONE:
        return fail(PERI_EXIT_ERROR, "'%s' is a symbolic link: an image has files and folders only",
                    e->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", e->fts_path, strerror(e->fts_errno));
    default:
        return fail(PERI_EXIT_ERROR, "'%s' is a special file: an image has files and folders only",
                    e->fts_path);
    }
}

/* One order on every machine, so that the same folder gives the same image. */
static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

int package_tree_load(struct package_tree *tree, const char *folder)
{
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    char *roots[] = {strndup(folder, len), NULL};
    size_t skip = len == 1 && folder[0] == '/' ? 0 : len;
    int code = PERI_EXIT_OK;
    FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
    if (!fts)
        code = fail(PERI_EXIT_ERROR, "cannot read the folder '%s'", folder);
    for (FTSENT *e; !code && (e = fts_read(fts)) != NULL;)
        code = entry_take(tree, e, skip);
    if (fts)
        fts_close(fts);
    free(roots[0]);
    if (!code && tree->count == 0)
        code = fail(PERI_EXIT_ERROR, "the folder '%s' is empty", folder);
    return code;
}

/* Minified, CmdArgs present, runtime version added. */
static int names_resolve(const char *file, const struct hardware *hardware, json_t *manifest)
{
    const char *name = hardware_name_in(manifest);
    if (!name || hardware)
        return name ? hardware_resolve(hardware, manifest) : PERI_EXIT_OK;
    return fail(PERI_EXIT_ERROR, "'%s' asks for '%s': --target-definition-filename FILE says what it stands for", file, name);
}

static int manifest_pack(const char *name, struct span json, uint32_t runtime_version, const struct hardware *hardware,
                         char **packed)
{
    json_error_t error;
    static const char bom[3] = {'\xEF', '\xBB', '\xBF'};
    if (json.len >= 3 && memcmp(json.at, bom, 3) == 0)
        json = span_of(json.at + 3, json.len - 3);
    json_t *root = json_loadb((const char *)json.at, json.len, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail(PERI_EXIT_ERROR, "(%d) '%s' line %d: %s", APP_MANIFEST_NOT_JSON, name, error.line,
                    error.text);
    int code = names_resolve(name, hardware, root);
    if (code) {
        json_decref(root);
        return code;
    }
    if (!json_object_get(root, "CmdArgs"))
        json_object_set_new(root, "CmdArgs", json_array());
    if (runtime_version)
        json_object_set_new(root, "TargetApplicationRuntimeVersion",
                            json_integer((json_int_t)runtime_version));
    *packed = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return *packed ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "out of memory");
}

int package_tree_manifest(struct package_tree *tree, const char *file, uint32_t runtime_version,
                          const struct hardware *hardware, struct app_manifest *manifest)
{
    struct asxipfs_source *source = source_find(tree, MANIFEST_PATH);
    struct span given = {NULL, 0};
    char *packed = NULL;
    int code = PERI_EXIT_OK;
    if (file) {
        code = file_read(file, &given);
        if (!code && !source)
            code = source_add(tree, MANIFEST_PATH, false, span_of(NULL, 0));
        if (!code)
            source = source_find(tree, MANIFEST_PATH);
    } else if (!source) {
        return fail(PERI_EXIT_ERROR, "(%d) %s", APP_MANIFEST_MANIFEST_MISSING,
                    app_manifest_error_text(APP_MANIFEST_MANIFEST_MISSING));
    }
    if (!code)
        code = manifest_pack(file ? file : "app_manifest.json", file ? given : source->data,
                             runtime_version, hardware, &packed);
    file_release(&given);
    if (code)
        return code;
    file_release(&source->data);
    source->data = span_of(packed, strlen(packed));

    int error = app_manifest_parse(source->data, manifest);
    struct asxipfs_source *entry =
        error ? NULL : source_find(tree, app_manifest_text(manifest, manifest->entry_point));
    if (!error && !entry)
        error = APP_MANIFEST_ENTRY_POINT_MISSING;
    if (error)
        return fail(PERI_EXIT_ERROR, "(%d) '%s': %s", error, file ? file : "app_manifest.json",
                    app_manifest_error_text(error));
    entry->executable = true;
    return PERI_EXIT_OK;
}

int package_tree_executable(struct package_tree *tree, const char *path)
{
    char *rooted = NULL;
    if (*path != '/' && asprintf(&rooted, "/%s", path) < 0)
        return fail(PERI_EXIT_ERROR, "out of memory");
    struct asxipfs_source *source = source_find(tree, rooted ? rooted : path);
    free(rooted);
    if (!source)
        return fail(PERI_EXIT_ERROR, "--executables names '%s', and the package has no such file", path);
    source->executable = true;
    return PERI_EXIT_OK;
}

size_t package_tree_bytes(const struct package_tree *tree)
{
    size_t bytes = ASXIPFS_PAGE_BYTES * 16;
    for (size_t i = 0; i < tree->count; i++)
        bytes += tree->source[i].data.len + ASXIPFS_PAGE_BYTES + 2 * ASXIPFS_PATH_MAX;
    return bytes;
}

void package_tree_release(struct package_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        file_release(&tree->source[i].data);
        free((void *)(uintptr_t)tree->source[i].path);
    }
    memset(tree, 0, sizeof *tree);
}
