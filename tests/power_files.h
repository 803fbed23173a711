/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder that loses power under a program: the calls by which files are written (open,
 * write, fsync, rename, unlink) go to the real folder, and are noted; when power goes,
 * the folder becomes what a disk may have kept.
 *
 * What a disk may do with what was not synced: lose it, keep part of it, or keep a later
 * operation without an earlier one.  fsync() of a file makes its bytes durable, fsync()
 * of the folder the names in it; a rename is whole or absent.
 * For stores that replace a file of one folder as a whole; the programs are linked with
 * --wrap of those calls (power_files_test() in tests/CMakeLists.txt).
 */
#ifndef PERI_TESTS_POWER_FILES_H
#define PERI_TESTS_POWER_FILES_H

#include <stdbool.h>

/* A store of one value, which is a number here; 0: there is none yet. */
struct power_files_store {
    const char *name;
    /* 0 when the store says that the value is kept. */
    int (*save)(const char *folder, unsigned value);
    /* The value; -1 when what is there is none. */
    int (*load)(const char *folder);
};

/* Power is lost at every operation of a save, at every pair of operations in two saves, and
 * in `schedules` random ones, each in every way.  Afterwards the old or the new value is
 * there, the new one if the save had said so, and the next save goes through.  Prints what
 * was tried, as monitor/engine/power_all does; the number of failures. */
unsigned long power_files_prove(const struct power_files_store *store, unsigned long schedules);

#endif
