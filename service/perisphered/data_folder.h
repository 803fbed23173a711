/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data folder as the supervisor finds it: whose it is, who else may look,
 * and that nobody else uses it.  Each failure prints one line that names the
 * file and what to do.
 *
 * With a uid for each process the folder itself is made 0711, so that a process
 * reaches its own subfolder (0700, its own) and can list nothing.
 */
#ifndef PERI_SERVICE_PERISPHERED_DATA_FOLDER_H
#define PERI_SERVICE_PERISPHERED_DATA_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* Type, owner and modes; every key file closed to others.  0, E_NOT_FOUND, E_DENIED. */
int data_folder_check(const char *data) MUST_CHECK;
/* Takes DIR/run/lock for as long as *fd stays open.  0, E_BUSY, E_IO. */
int data_folder_lock(const char *data, int *fd) MUST_CHECK;
/* Makes DIR/<process> where missing; with uid_base, gives each tree to its process. */
int data_folder_own(const char *data, unsigned uid_base) MUST_CHECK;
/* DIR/run/<name> with this number, whole or not at all. */
int data_folder_note(const char *data, const char *name, unsigned long number) MUST_CHECK;
void data_folder_forget(const char *data, const char *name);

#endif
