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

#include "lib/utf8.h"
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

/* The process's folder, and whose it is.  Up to here names are the owner's of the service; in it they are the process's to make,
 * and no link is followed. */
static int folder_open(const char *data, const char *part, struct stat *st)
{
    char path[PATH_MAX];
    int fd = open(path_in(data, part, ".", path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, st) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The owner is changed of what was looked at, not of what has its name by then. */
int ask_file_give(const char *path, const char *data, const char *part)
{
    struct stat to, st;
    int folder = folder_open(data, part, &to);
    int fd = folder < 0 ? -1 : open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, &st) == 0;
    if (good && ((!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)) || st.st_nlink != 1)) {
        good = false;
        errno = EPERM; /* of another place, perhaps */
    }
    good = good && fchownat(fd, "", to.st_uid, to.st_gid, AT_EMPTY_PATH) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (folder >= 0)
        close(folder);
    errno = why;
    return good ? 0 : 1;
}

static int request_write(int folder, const struct stat *owner, const char *word)
{
    (void)unlinkat(folder, "request.part", 0);
    int fd = openat(folder, "request.part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && dprintf(fd, "%s\n", word) > 0 && fchown(fd, owner->st_uid, owner->st_gid) == 0;
    if (fd >= 0)
        close(fd);
    return good && renameat(folder, "request.part", folder, "request") == 0 ? 0 : 1;
}

/* On a terminal, over the line before. */
static void progress_show(const struct ask_count *at)
{
    if (isatty(STDERR_FILENO) && at->second)
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " ", at->first, at->second);
}

/* What comes next stands alone in its line. */
static void progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%44s\r", "");
}

/* It is shown, and a terminal obeys more than it shows: control characters, those from U+0080 to U+009F too, which stand
 * alone where the terminal takes no UTF-8. */
static void line_tame(char *line)
{
    const bool utf8 = utf8_valid(span_of(line, strlen(line)));
    for (unsigned char *c = (unsigned char *)line; *c; c++)
        if (*c < ' ' || *c == 0x7f || (*c > 0x7f && !utf8) || (*c == 0xc2 && c[1] < 0xa0)) {
            if (*c == 0xc2 && utf8)
                *c++ = '?';
            *c = '?';
        }
}

/* The first line of the answer.  0; ENOENT: there is none yet; else why it is no answer. */
static int line_read(int folder, char *line, size_t cap)
{
    struct stat st;
    int fd = openat(folder, "answer", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno;
    ssize_t n = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ? -1 : read(fd, line, cap - 1);
    close(fd);
    if (n < 0)
        return EINVAL;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    line_tame(line);
    return 0;
}

/* GOING, ASK_DONE or ASK_FAILED. */
static int answer_read(int folder, const char *part, struct ask_count *count)
{
    char line[512];
    struct ask_count none, *to = count ? count : &none;
    int err = line_read(folder, line, sizeof line);
    if (err == ENOENT)
        return GOING;
    if (!err && sscanf(line, "at %" SCNu64 " %" SCNu64, &to->first, &to->second) == 2) {
        progress_show(to);
        return GOING;
    }
    *to = (struct ask_count){0};
    if (!err && (strcmp(line, "done") == 0 || sscanf(line, "done %" SCNu64 " %" SCNu64, &to->first, &to->second) == 2))
        return ASK_DONE;
    (void)unlinkat(folder, "answer", 0);
    say("the %s: %s", part, err ? "its answer is not a plain file that can be read" : line);
    return ASK_FAILED;
}

static int answer_wait(const char *data, int folder, const char *part, struct ask_count *count)
{
    static const struct timespec pause = {0, POLL_MS * 1000000};
    for (long waited = 0; waited < ANSWER_MAX_S * 1000L; waited += POLL_MS) {
        int got = answer_read(folder, part, count);
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

int ask_process(const char *data, const char *part, const char *word, struct ask_count *count)
{
    struct stat owner;
    int folder = folder_open(data, part, &owner), end = ASK_ENDED;
    if (folder >= 0)
        (void)unlinkat(folder, "answer", 0);
    if (folder < 0 || request_write(folder, &owner, word) != 0)
        say("%s/%s/request: %s", data, part, strerror(errno));
    else
        end = answer_wait(data, folder, part, count);
    progress_end();
    if (folder >= 0)
        close(folder);
    return end;
}

void ask_forget(const char *data, const char *part)
{
    struct stat owner;
    int folder = folder_open(data, part, &owner);
    if (folder < 0)
        return;
    (void)unlinkat(folder, "answer", 0);
    close(folder);
}
