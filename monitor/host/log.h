/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's log: one line on standard error, "monitord: what: why".
 * Each returns err, so that a failing function ends with `return log_...`.
 */
#ifndef PERI_MONITOR_HOST_LOG_H
#define PERI_MONITOR_HOST_LOG_H

#include "lib/err.h"

__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);
/* Why: the code's text. */
__attribute__((format(printf, 2, 3))) int log_error(int err, const char *format, ...);
/* Why: errno. */
__attribute__((format(printf, 2, 3))) int log_errno(int err, const char *format, ...);

#endif
