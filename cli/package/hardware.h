/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hardware definition: names for the peripherals of a board, in JSON, each mapped to
 * an entry of a definition that it imports, or to a value of its own.  What an
 * application asks for by $NAME in its manifest, and by NAME in C.
 * Source: the public definitions of Azure Sphere's samples; docs/manual/hardware.md.
 * Trust: files of the user or of somebody else's repository: every limit is checked.
 */
#ifndef PERI_CLI_PACKAGE_HARDWARE_H
#define PERI_CLI_PACKAGE_HARDWARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { HARDWARE_ENTRIES_MAX = 1024, HARDWARE_FILES_MAX = 16, HARDWARE_FOLDERS_MAX = 16 };

/* One symbol; texts belong to the JSON that struct hardware holds. */
struct hardware_entry {
    const char *name, *type, *comment; /* comment "" when there is none */
    const char *mapping;               /* name of another entry, or NULL */
    const char *header_value;          /* C expression, or NULL */
    json_t *manifest_value;            /* integer or string, or NULL; borrowed */
    size_t file;
};

struct hardware {
    size_t file_count, entry_count;
    struct {
        char *path; /* canonical */
        json_t *json;
        bool loading;
    } file[HARDWARE_FILES_MAX]; /* file 0 is the one asked for */
    struct hardware_entry entry[HARDWARE_ENTRIES_MAX];
};

/*
 * Loads file with all it imports: looked for beside the importing file, then in folders,
 * then in the definitions that come with peri.  Every mapping ends at a value of the same
 * type.  An exit code, after a message; hardware_release() is due in any case.
 */
int hardware_load(struct hardware *hardware, const char *file, const char *const *folders, size_t folder_count);
void hardware_release(struct hardware *hardware);
/* Where a definition of this name is: beside nothing, in folders, among ours.  malloc'd, or NULL. */
char *hardware_find(const char *name, const char *const *folders, size_t folder_count);
/* Puts values in the place of $NAMEs in a manifest's capabilities. */
int hardware_resolve(const struct hardware *hardware, json_t *manifest);
/* The C header of file 0, malloc'd text; and where it belongs: inc/hw/NAME.h beside the file. */
int hardware_header(const struct hardware *hardware, char **text, char **path);
/* Does a manifest have a $NAME?  The first, or NULL. */
const char *hardware_name_in(json_t *manifest);

#endif
