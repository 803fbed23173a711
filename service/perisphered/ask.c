/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/perisphered/say.h"

enum { POLL_MS = 50, ANSWER_MAX_S = 3600, GOING = -1 };

static const char *path_in(const char *data, const char *part, const char *name, char path[static PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s/%s", data, part, name) >= PATH_MAX)
        path[0] = '\0'; /* names no file: what is done with it fails */
    return path;
}

int ask_lock(const char *data)
{
    char path[PATH_MAX];
    int fd = open(path_in(data, "run", "lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool ask_running(const char *data)
{
    int fd = ask_lock(data);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

int ask_file_give(const char *path, const char *data, const char *part)
{
    char folder[PATH_MAX];
    struct stat st;
    return stat(path_in(data, part, ".", folder), &st) == 0 && lchown(path, st.st_uid, st.st_gid) == 0 ? 0 : 1;
}

static int request_write(const char *data, const char *part, const char *word)
{
    char fresh[PATH_MAX], path[PATH_MAX];
    ask_forget(data, part);
    int fd = open(path_in(data, part, "request.part", fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && dprintf(fd, "%s\n", word) > 0;
    if (fd >= 0)
        close(fd);
    if (!good || ask_file_give(fresh, data, part) != 0 || rename(fresh, path_in(data, part, "request", path)) != 0)
        return say("%s: %s", fresh, strerror(errno));
    return 0;
}

/* On a terminal, over the line before. */
static void progress_show(const struct ask_count *at)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " ", at->first, at->second);
}

/* GOING, ASK_DONE or ASK_FAILED. */
static int answer_read(const char *data, const char *part, struct ask_count *count)
{
    char path[PATH_MAX], line[512] = "";
    struct ask_count none, *to = count ? count : &none;
    FILE *f = fopen(path_in(data, part, "answer", path), "re");
    if (!f)
        return GOING;
    char *got = fgets(line, sizeof line, f);
    fclose(f);
    if (got && sscanf(line, "at %" SCNu64 " %" SCNu64, &to->first, &to->second) == 2) {
        progress_show(to);
        return GOING;
    }
    *to = (struct ask_count){0};
    if (got && (strcmp(line, "done\n") == 0 || sscanf(line, "done %" SCNu64 " %" SCNu64, &to->first, &to->second) == 2))
        return ASK_DONE;
    (void)unlink(path);
    line[strcspn(line, "\n")] = '\0';
    say("the %s: %s", part, line);
    return ASK_FAILED;
}

int ask_process(const char *data, const char *part, const char *word, struct ask_count *count)
{
    static const struct timespec pause = {0, POLL_MS * 1000000};
    if (request_write(data, part, word) != 0)
        return ASK_ENDED;
    for (long waited = 0; waited < ANSWER_MAX_S * 1000L; waited += POLL_MS) {
        int got = answer_read(data, part, count);
        if (got != GOING)
            return got;
        if (waited % 1000 == 0 && !ask_running(data)) {
            say("the service ended before it was done: start it and ask again");
            return ASK_ENDED;
        }
        nanosleep(&pause, NULL);
    }
    say("no answer from the service");
    return ASK_ENDED;
}

void ask_forget(const char *data, const char *part)
{
    char path[PATH_MAX];
    (void)unlink(path_in(data, part, "answer", path));
}
