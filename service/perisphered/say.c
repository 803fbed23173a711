/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/say.h"

#include <stdarg.h>
#include <stdio.h>

int say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("perisphered: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return 1;
}
