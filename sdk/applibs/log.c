/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/log.h>

#include <errno.h>
#include <stdio.h>

int Log_DebugVarArgs(const char *fmt, va_list args)
{
    if (!fmt) {
        errno = EFAULT;
        return -1;
    }
    /* stdio locks the stream for one call, which makes this thread-safe. */
    return vfprintf(stderr, fmt, args) < 0 ? -1 : 0;
}

int Log_Debug(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int result = Log_DebugVarArgs(fmt, args);
    va_end(args);
    return result;
}
