/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/serial_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/hex.h"

enum { DAY_S = 86400, LINE_MAX_BYTES = 512, DAY_NAME_BYTES = sizeof "2026-11-29.log" };

static const char offline_name[] = "offline.log";

static int io_error(void) { return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO; }

static void time_write(uint64_t s, char text[static 32])
{
    time_t t = (time_t)s;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* One write: a line is there whole, or not; half of one is taken back. */
static int line_add(int fd, const struct certificate_request *c, uint64_t now_s)
{
    char line[LINE_MAX_BYTES], serial[2 * ISSUER_SERIAL_BYTES + 1], now[32], end[32];
    struct stat st;
    hex_encode(c->serial, ISSUER_SERIAL_BYTES, serial);
    time_write(now_s, now);
    time_write(c->not_after_s, end);
    int len = snprintf(line, sizeof line, "%s %s %s %s %.*s\n", now, profile_table[c->profile].name, serial, end,
                       (int)c->common_name.len, (const char *)c->common_name.at);
    if (len <= 0 || len >= (int)sizeof line)
        return E_IO;
    errno = 0;
    ssize_t n = write(fd, line, (size_t)len);
    if (n == len)
        return 0;
    int err = n >= 0 ? E_FULL : io_error();
    if (n <= 0)
        return err;
    return fstat(fd, &st) == 0 && ftruncate(fd, st.st_size - n) == 0 ? err : E_IO;
}

static int file_open(const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return -1;
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int serial_log_open(struct serial_log *log, const char *issuer_folder)
{
    *log = (struct serial_log){.fd = -1};
    if (snprintf(log->folder, sizeof log->folder, "%s/serials", issuer_folder) >= (int)sizeof log->folder)
        return E_RANGE;
    if (mkdir(log->folder, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr, "issuer: %s: %s\n", log->folder, strerror(errno));
        return E_IO;
    }
    return 0;
}

void serial_log_close(struct serial_log *log)
{
    if (log->fd > 0)
        close(log->fd);
    log->fd = -1;
}

/* Names of another form are not ours to remove. */
static bool is_day(const char *name)
{
    struct tm tm = {0};
    const char *rest = strptime(name, "%Y-%m-%d", &tm);
    return rest && strcmp(rest, ".log") == 0;
}

/* How many there are, and the name of the oldest: names in order are dates in order. */
static size_t days_count(DIR *dir, char oldest[static DAY_NAME_BYTES])
{
    size_t count = 0;
    rewinddir(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (!is_day(e->d_name) || strlen(e->d_name) >= DAY_NAME_BYTES)
            continue;
        if (count++ == 0 || strcmp(e->d_name, oldest) < 0)
            memcpy(oldest, e->d_name, strlen(e->d_name) + 1);
    }
    return count;
}

/* The oldest go, so that SERIAL_LOG_DAYS are left.  By their number and not by their age: a clock that is set to a
 * year ahead for a minute must not take along what nobody can write anew. */
static void old_remove(const struct serial_log *log)
{
    char oldest[DAY_NAME_BYTES];
    DIR *dir = opendir(log->folder);
    while (dir && days_count(dir, oldest) > SERIAL_LOG_DAYS && unlinkat(dirfd(dir), oldest, 0) == 0)
        ;
    if (dir)
        closedir(dir);
}

int serial_log_add(struct serial_log *log, const struct certificate_request *certificate, uint64_t now_s)
{
    uint64_t day = now_s / DAY_S;
    if (log->fd < 0 || log->day != day) {
        char name[40];
        time_write(now_s, name);
        memcpy(name + 10, ".log", 5);
        int fd = file_open(log->folder, name);
        if (fd < 0)
            return io_error();
        serial_log_close(log);
        log->fd = fd;
        log->day = day;
        old_remove(log);
    }
    return line_add(log->fd, certificate, now_s);
}

int serial_log_offline(const char *issuer_folder, const struct certificate_request *certificate, uint64_t now_s)
{
    struct serial_log log;
    int err = serial_log_open(&log, issuer_folder);
    if (err)
        return err;
    int fd = file_open(log.folder, offline_name);
    if (fd < 0)
        return io_error();
    err = line_add(fd, certificate, now_s);
    if (!err && fsync(fd) != 0)
        err = io_error();
    close(fd);
    return err;
}
