/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/output/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output/terminal.h"

enum { LINE_MAX_BYTES = 256, COLUMNS_STANDARD = 80, BAR_MAX = 30, BAR_MIN = 4 };

static volatile sig_atomic_t shown; /* a line stands there */
static volatile sig_atomic_t dumb;  /* the terminal knows no command that takes it away */
static struct sigaction before[2];
static const int ending[2] = {SIGINT, SIGTERM};

bool progress_wanted(const struct peri *peri)
{
    return isatty(STDERR_FILENO) && !arg_has(peri, "only-show-errors");
}

/* Characters that fit beside each other; the last column stays free, for some terminals go on
 * to the next line from it. */
static size_t columns(void)
{
    struct winsize size;
    unsigned n = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : COLUMNS_STANDARD;
    return n > 1 ? n - 1 : 1;
}

static void line_clear(void)
{
    static const char clear[] = "\r\x1b[K", end[] = "\n";
    if (shown && write(STDERR_FILENO, dumb ? end : clear, dumb ? 1 : sizeof clear - 1) < 0) {
        /* nothing is left to be done about it */
    }
    shown = 0;
}

/* Ended by Ctrl-C or kill: the shell's line begins where it should, and the signal does its work. */
static void ended(int number)
{
    line_clear();
    for (size_t i = 0; i < 2; i++)
        if (ending[i] == number)
            sigaction(number, &before[i], NULL);
    raise(number);
}

static void line_put(const char *text)
{
    static bool first = true;
    if (first) {
        struct sigaction action = {.sa_handler = ended};
        first = false;
        dumb = terminal_is_dumb();
        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < 2; i++) {
            sigaction(ending[i], NULL, &before[i]);
            if (before[i].sa_handler == SIG_DFL) /* who ignores it for us has a reason */
                sigaction(ending[i], &action, NULL);
        }
    }
    size_t room = columns();
    if (dumb && shown) /* a line each would be a flood */
        return;
    shown = 1; /* before it is: a signal may come between */
    fprintf(stderr, "%s%.*s%s", dumb ? "" : "\r", (int)room, text, dumb ? "" : "\x1b[K");
    fflush(stderr);
}

void progress_bar(const char *what, uint64_t done, uint64_t total)
{
    static const char full[] = "##############################";
    char line[LINE_MAX_BYTES];
    if (total == 0 || done > total)
        return;
    int percent = (int)(done * 100 / total);
    size_t rest = strlen(what) + sizeof " [] 100 %" - 1, room = columns();
    size_t width = room > rest ? room - rest : 0;
    if (width > BAR_MAX)
        width = BAR_MAX;
    int part = (int)(done * width / total);
    if (width < BAR_MIN) /* the number says enough */
        snprintf(line, sizeof line, "%d %%", percent);
    else
        snprintf(line, sizeof line, "%s [%.*s%*s] %3d %%", what, part, full, (int)width - part, "", percent);
    line_put(line);
}

void progress_waiting(const char *what, unsigned seconds, int percent)
{
    char line[LINE_MAX_BYTES];
    int n = snprintf(line, sizeof line, "%s, %u s", what, seconds);
    if (percent >= 0 && percent <= 100 && n > 0 && (size_t)n < sizeof line)
        snprintf(line + n, sizeof line - (size_t)n, ", %d %%", percent);
    line_put(line);
}

void progress_clear(void)
{
    fflush(stderr);
    line_clear();
}
