/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool shown;

bool progress_wanted(const struct peri *peri)
{
    return isatty(STDERR_FILENO) && !arg_has(peri, "only-show-errors");
}

void progress_bar(const char *what, uint64_t done, uint64_t total)
{
    enum { WIDTH = 30 };
    static const char full[] = "##############################";
    if (total == 0 || done > total)
        return;
    int part = (int)(done * WIDTH / total);
    fprintf(stderr, "\r%s [%.*s%*s] %3d %%", what, part, full, WIDTH - part, "", (int)(done * 100 / total));
    fflush(stderr);
    shown = true;
}

void progress_waiting(const char *what, unsigned seconds, int percent)
{
    fprintf(stderr, "\r%s, %u s", what, seconds);
    if (percent >= 0 && percent <= 100)
        fprintf(stderr, ", %d %%", percent);
    fputs("   ", stderr);
    fflush(stderr);
    shown = true;
}

void progress_clear(void)
{
    if (shown)
        fputs("\r\x1b[K", stderr);
    shown = false;
}
