/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/package_tree.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"

#define MANIFEST_PATH "/app_manifest.json"

static struct asxipfs_source *source_find(struct package_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->source[i].path, path) == 0)
            return &tree->source[i];
    return NULL;
}

static int source_add(struct package_tree *tree, const char *path, bool executable, struct span data)
{
    if (tree->count == ASXIPFS_FILES_MAX)
        return fail(PERI_EXIT_ERROR, "more than %d files", ASXIPFS_FILES_MAX);
    char *copy = strdup(path);
    if (!copy)
        return fail(PERI_EXIT_ERROR, "out of memory");
    tree->source[tree->count++] = (struct asxipfs_source){copy, executable, data};
    return PERI_EXIT_OK;
}

int package_tree_load(struct package_tree *tree, const char *folder)
{
    char *roots[] = {strdup(folder), NULL};
    size_t skip = strlen(folder);
    int code = PERI_EXIT_OK;
    FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    if (!fts)
        code = fail(PERI_EXIT_ERROR, "cannot read the folder '%s'", folder);
    while (skip > 1 && folder[skip - 1] == '/')
        skip--;
    for (FTSENT *e; !code && (e = fts_read(fts)) != NULL;) {
        struct span data;
        switch (e->fts_info) {
        case FTS_D:
        case FTS_DP:
            break;
        case FTS_F:
            code = file_read(e->fts_path, &data);
            if (!code)
                code = source_add(tree, e->fts_path + skip, (e->fts_statp->st_mode & 0111) != 0, data);
            break;
        default:
            code = fail(PERI_EXIT_ERROR, "'%s' is neither a file nor a folder that can be read", e->fts_path);
        }
    }
    if (fts)
        fts_close(fts);
    free(roots[0]);
    if (!code && tree->count == 0)
        code = fail(PERI_EXIT_ERROR, "the folder '%s' is empty", folder);
    return code;
}

/* Minified, CmdArgs present, runtime version added. */
static int manifest_pack(const char *name, struct span json, const char *runtime_version, char **packed)
{
    json_error_t error;
    static const char bom[3] = {'\xEF', '\xBB', '\xBF'};
    if (json.len >= 3 && memcmp(json.at, bom, 3) == 0)
        json = span_of(json.at + 3, json.len - 3);
    json_t *root = json_loadb((const char *)json.at, json.len, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail(PERI_EXIT_ERROR, "%s line %d: %s", name, error.line, error.text);
    if (!json_object_get(root, "CmdArgs"))
        json_object_set_new(root, "CmdArgs", json_array());
    if (runtime_version)
        json_object_set_new(root, "TargetApplicationRuntimeVersion",
                            json_integer(strtol(runtime_version, NULL, 10)));
    *packed = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return *packed ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "out of memory");
}

int package_tree_manifest(struct package_tree *tree, const char *file, const char *runtime_version,
                          struct app_manifest *manifest)
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
                             runtime_version, &packed);
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
        return fail(PERI_EXIT_ERROR, "(%d) %s", error, app_manifest_error_text(error));
    entry->executable = true;
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
