/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/former_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char middle[] = "-until-";

int64_t former_name_until(const char *file, const char *ca, const char *ending)
{
    const size_t stem = strlen(ca);
    char *end;
    if (strncmp(file, ca, stem) != 0 || strncmp(file + stem, middle, sizeof middle - 1) != 0)
        return 0;
    const char *digits = file + stem + sizeof middle - 1;
    if (*digits < '1' || *digits > '9')
        return 0;
    errno = 0;
    const long long value = strtoll(digits, &end, 10);
    return errno == 0 && strcmp(end, ending) == 0 ? value : 0;
}

bool former_name_make(char *to, size_t cap, const char *ca, uint64_t until_s, const char *ending)
{
    const int len = snprintf(to, cap, "%s%s%" PRIu64 "%s", ca, middle, until_s, ending);
    return len > 0 && (size_t)len < cap;
}
