/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuse files of tests: one in a folder of its own, which fuse_file_remove takes away.
 * Source: abi/mt3620_fuse.h.  Links machine/fuse_array.c.
 */
#ifndef PERI_MACHINE_TESTS_FUSE_FILE_H
#define PERI_MACHINE_TESTS_FUSE_FILE_H

#include "machine/fuse_array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fuse_file {
    char folder[32];
    char path[48];
    char option[64]; /* ",fuses=PATH" */
};

static inline void fuse_file_put(const struct fuse_file *file, const void *bytes, size_t count)
{
    FILE *f = fopen(file->path, "wb");

    if (!f || fwrite(bytes, 1, count, f) != count || fclose(f) != 0) {
        perror(file->path);
        exit(1);
    }
}

static inline void fuse_file_write(const struct fuse_file *file, const struct fuse_array *array)
{
    uint8_t bytes[FUSE_FILE_BYTES];

    fuse_file_encode(array, bytes);
    fuse_file_put(file, bytes, sizeof(bytes));
}

/* A chip as it comes from the foundry. */
static inline void fuse_file_blank(const struct fuse_file *file)
{
    const struct fuse_array blank = { 0 };

    fuse_file_write(file, &blank);
}

static inline void fuse_file_make(struct fuse_file *file)
{
    strcpy(file->folder, "/tmp/peri-fuse-test.XXXXXX");
    if (!mkdtemp(file->folder)) {
        perror(file->folder);
        exit(1);
    }
    snprintf(file->path, sizeof(file->path), "%s/fuses", file->folder);
    snprintf(file->option, sizeof(file->option), ",fuses=%s", file->path);
    fuse_file_blank(file);
}

/* What is in the file now; a file that is none ends the program. */
static inline void fuse_file_get(const struct fuse_file *file, struct fuse_array *array)
{
    uint8_t bytes[FUSE_FILE_BYTES + 1];
    FILE *f = fopen(file->path, "rb");
    size_t count = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

    if (f) {
        fclose(f);
    }
    if (count != FUSE_FILE_BYTES || fuse_file_decode(bytes, array) != FUSE_FILE_GOOD) {
        fprintf(stderr, "%s: no good fuse file\n", file->path);
        exit(1);
    }
}

static inline void fuse_file_remove(const struct fuse_file *file)
{
    unlink(file->path);
    rmdir(file->folder);
}

#endif
