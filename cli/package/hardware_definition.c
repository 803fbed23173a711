/* SPDX-License-Identifier: BSD-2-Clause */
/* peri hardware-definition ...: the C header of a board's names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/package/hardware.h"
#include "cli/verbs.h"

static int header_make(struct peri *peri, char **text, char **path)
{
    static struct hardware hardware;
    const char *folders[HARDWARE_FOLDERS_MAX];
    size_t count = 0;
    *text = *path = NULL;
    for (; arg_at(peri, "hardware-definitions", count); count++) {
        if (count == HARDWARE_FOLDERS_MAX)
            return fail(PERI_EXIT_USAGE, "more than %d folders", HARDWARE_FOLDERS_MAX);
        folders[count] = arg_at(peri, "hardware-definitions", count);
    }
    int code = hardware_load(&hardware, arg_text(peri, "hardware-definition-file"), folders, count);
    if (!code)
        code = hardware_header(&hardware, text, path);
    hardware_release(&hardware);
    return code;
}

/* The folders inc and inc/hw of PATH. */
static int folders_make(char *path)
{
    char *end = strrchr(path, '/'), *middle = end - strlen("/hw");
    char *const cuts[] = {middle, end};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        *cuts[i] = '\0';
        int bad = mkdir(path, 0755) != 0 && errno != EEXIST;
        if (bad)
            return fail(PERI_EXIT_ERROR, "cannot make '%s': %s", path, strerror(errno));
        *cuts[i] = '/';
    }
    return PERI_EXIT_OK;
}

static int generate_header(struct peri *peri)
{
    char *text, *path;
    int code = header_make(peri, &text, &path);
    if (!code)
        code = folders_make(path);
    if (!code)
        code = file_write(path, span_of(text, strlen(text)), 0644);
    if (!code) {
        json_t *answer = json_pack("{s:s}", "file", path);
        code = output_print(peri, answer);
        json_decref(answer);
    }
    free(text);
    free(path);
    return code;
}

static int test_header(struct peri *peri)
{
    char *text, *path;
    struct span there = {NULL, 0};
    int code = header_make(peri, &text, &path);
    if (!code)
        code = file_read(path, &there);
    if (!code && (there.len != strlen(text) || memcmp(there.at, text, there.len) != 0))
        code = fail(PERI_EXIT_ERROR, "'%s' is not what the definition says now: peri hardware-definition generate-header makes it anew",
                    path);
    file_release(&there);
    free(text);
    free(path);
    return code;
}

static const struct option_row options[] = {
    {"hardware-definition-file", NULL, OPTION_REQUIRED, "the definition, JSON"},
    {"hardware-definitions", NULL, OPTION_LIST, "folders in which imports are looked for"},
    SCOPE_END};

const struct verb hardware_definition_verbs[] = {
    {"hardware-definition", "generate-header", generate_header, NULL, "make inc/hw/NAME.h beside a hardware definition",
     options, NULL, true},
    {"hardware-definition", "test-header", test_header, NULL, "is inc/hw/NAME.h what the definition says?", options, NULL, true},
    VERBS_END,
};
