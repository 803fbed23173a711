/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One write, so that lines of several processes do not mix. */
__attribute__((format(printf, 2, 0))) static void emit(const char *why, const char *format, va_list args)
{
    char line[512];
    int n = snprintf(line, sizeof line, "monitord: ");
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    n = m < 0 ? n : n + m;
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    if (why) {
        m = snprintf(line + n, sizeof line - (size_t)n - 1, ": %s", why);
        n = m < 0 ? n : n + m;
    }
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)n);
    (void)ignored;
}

void log_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(NULL, format, args);
    va_end(args);
}

int log_error(int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(err_text(err), format, args);
    va_end(args);
    return err;
}

int log_errno(int err, const char *format, ...)
{
    va_list args;
    const char *why = strerror(errno);
    va_start(args, format);
    emit(why, format, args);
    va_end(args);
    return err;
}
