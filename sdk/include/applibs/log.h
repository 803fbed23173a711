/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug log of an application.  No capability needed.
 * Visible on the debug channel only; nowhere on a production device.
 * Thread-safe; not for signal handlers.
 */
#pragma once

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* printf format.  0; or -1 with errno EFAULT (fmt is NULL) or that of the write. */
int Log_Debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int Log_DebugVarArgs(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#ifdef __cplusplus
}
#endif
