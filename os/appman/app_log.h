/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard output of one application: a bounded file and the manager's stderr.
 * Writer: an application, hostile: what is not printable becomes '?', so that
 * it can neither forge a line of another program nor steer a terminal.
 * Limits: a file of APP_LOG_BYTES_MAX, renamed once to <file>.1; lines longer
 * than APP_LOG_LINE_MAX are broken.  A full disk loses log lines, nothing else.
 * What goes on to stderr may be kept without a bound there: at most
 * APP_LOG_SHOWN_MAX bytes in APP_LOG_SHOWN_S; of the rest only the number of
 * lines is told.  The file has them.
 */
#ifndef PERI_OS_APPMAN_APP_LOG_H
#define PERI_OS_APPMAN_APP_LOG_H

#include <limits.h>
#include <stdbool.h>

#include "lib/cursor.h"

enum {
    APP_LOG_BYTES_MAX = 65536,
    APP_LOG_LINE_MAX = 512,
    APP_LOG_SHOWN_MAX = 32768,
    APP_LOG_SHOWN_S = 60,
};

struct app_log {
    int from; /* read end of the pipe, non-blocking; -1 = none */
    int file; /* -1 = none */
    size_t bytes;
    char path[PATH_MAX];
    char prefix[64];
    char line[APP_LOG_LINE_MAX + 1];
    size_t len;
    int64_t shown_since_s; /* CLOCK_MONOTONIC */
    size_t shown; /* bytes on stderr since then */
    unsigned long left_out; /* lines since then */
};

/* Makes the pipe; *to is the caller's end to hand to the application. */
int app_log_open(struct app_log *log, const char *path, const char *prefix, int *to) MUST_CHECK;
/* Reads at most a few KiB, so that one chatty application cannot hold up the
 * others.  False at end of file. */
bool app_log_read(struct app_log *log);
/* Drains what is left, at most one pipe full, and closes. */
void app_log_close(struct app_log *log);

#endif
