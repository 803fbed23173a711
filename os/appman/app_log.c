/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/app_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void open_file(struct app_log *log)
{
    struct stat s;
    log->file = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    log->bytes = log->file >= 0 && fstat(log->file, &s) == 0 ? (size_t)s.st_size : 0;
}

int app_log_open(struct app_log *log, const char *path, const char *prefix, int *to)
{
    int fd[2];
    memset(log, 0, sizeof *log);
    log->from = log->file = *to = -1;
    if ((size_t)snprintf(log->path, sizeof log->path, "%s", path) >= sizeof log->path - 2)
        return E_RANGE;
    snprintf(log->prefix, sizeof log->prefix, "%s", prefix);
    if (pipe2(fd, O_CLOEXEC))
        return E_IO;
    if (fcntl(fd[0], F_SETFL, O_NONBLOCK)) {
        close(fd[0]);
        close(fd[1]);
        return E_IO;
    }
    log->from = fd[0];
    *to = fd[1];
    open_file(log);
    return 0;
}

static void tell_left_out(struct app_log *log)
{
    if (log->left_out)
        fprintf(stderr, "%s: (%lu lines left out)\n", log->prefix, log->left_out);
    log->left_out = 0;
}

static void show_line(struct app_log *log)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - log->shown_since_s >= APP_LOG_SHOWN_S) {
        tell_left_out(log);
        log->shown_since_s = now.tv_sec;
        log->shown = 0;
    }
    if (log->shown + log->len > APP_LOG_SHOWN_MAX) {
        log->left_out++;
        return;
    }
    log->shown += log->len;
    fprintf(stderr, "%s: %.*s", log->prefix, (int)log->len, log->line);
}

static void put_line(struct app_log *log)
{
    if (log->len == 0)
        return;
    log->line[log->len++] = '\n';
    if (log->bytes + log->len > APP_LOG_BYTES_MAX && log->file >= 0) {
        char old[PATH_MAX + 2];
        snprintf(old, sizeof old, "%s.1", log->path);
        close(log->file);
        if (rename(log->path, old))
            unlink(log->path);
        open_file(log);
    }
    if (log->file >= 0 && write(log->file, log->line, log->len) > 0)
        log->bytes += log->len;
    show_line(log);
    log->len = 0;
}

bool app_log_read(struct app_log *log)
{
    char bytes[4096];
    if (log->from < 0)
        return false;
    ssize_t n = read(log->from, bytes, sizeof bytes);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    for (ssize_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (c == '\n') {
            put_line(log);
            continue;
        }
        log->line[log->len++] = c == '\t' || (c >= ' ' && c <= '~') ? c : '?';
        if (log->len == APP_LOG_LINE_MAX)
            put_line(log);
    }
    return n > 0;
}

void app_log_close(struct app_log *log)
{
    for (int i = 0; i < 16 && app_log_read(log); i++) /* a pipe holds 64 KiB */
        ;
    put_line(log);
    tell_left_out(log);
    if (log->from >= 0)
        close(log->from);
    if (log->file >= 0)
        close(log->file);
    log->from = log->file = -1;
}
