/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of peri: the built program run as a user runs it, and what the
 * code in this process says, caught.  Folder per test, removed at the end.
 */
#ifndef PERI_CLI_RUN_FIXTURE_TEST_H
#define PERI_CLI_RUN_FIXTURE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static char run_folder[64];
static char run_out[262144], run_err[65536]; /* of the last program, terminated */

static inline int run_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void run_end(void) { nftw(run_folder, run_remove, 16, FTW_DEPTH | FTW_PHYS); }

static inline void run_begin(void)
{
    strcpy(run_folder, "/tmp/peri-cli-XXXXXX");
    REQUIRE(mkdtemp(run_folder) != NULL);
    atexit(run_end);
}

/* Path in the test's folder; good until eight calls later. */
__attribute__((format(printf, 1, 2))) static inline const char *at(const char *format, ...)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    va_list args;
    int n = snprintf(path, 1024, "%s/", run_folder);
    va_start(args, format);
    vsnprintf(path + n, 1024 - (size_t)n, format, args);
    va_end(args);
    return path;
}

static inline void put_bytes(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(bytes, 1, len, f) == len);
    REQUIRE(fclose(f) == 0);
}

static inline void put_text(const char *path, const char *text) { put_bytes(path, text, strlen(text)); }

static inline void read_back(const char *path, char *text, size_t cap)
{
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL);
    text[fread(text, 1, cap - 1, f)] = 0;
    fclose(f);
}

static inline bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Entries of a folder, without "." and "..". */
static inline unsigned entries(const char *path)
{
    char command[1200];
    unsigned count = 0;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
    FILE *f = popen(command, "r");
    REQUIRE(f && fscanf(f, "%u", &count) == 1);
    pclose(f);
    return count;
}

/* Runs argv[0]; exit code, or 1000 + signal. */
static inline int run_argv(const char *const *argv, void (*before)(void))
{
    char out[80], err[80];
    snprintf(out, sizeof out, "%s/.out", run_folder);
    snprintf(err, sizeof err, "%s/.err", run_folder);
    fflush(NULL);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        int out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int err_fd = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out_fd, STDOUT_FILENO);
        dup2(err_fd, STDERR_FILENO);
        close(out_fd);
        close(err_fd);
        if (before)
            before();
        union {
            const char *const *from;
            char *const *to;
        } words = {argv};
        execv(argv[0], words.to);
        _exit(127);
    }
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    read_back(out, run_out, sizeof run_out);
    read_back(err, run_err, sizeof run_err);
    unlink(out);
    unlink(err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline const char *run_program(void)
{
    static char path[1024];
    const char *bin = getenv("PERI_BIN");
    REQUIRE(bin != NULL);
    snprintf(path, sizeof path, "%s/peri", bin);
    return path;
}

#define PERI(...) run_argv((const char *const[]){run_program(), __VA_ARGS__, NULL}, NULL)
#define PERI_AFTER(before, ...) run_argv((const char *const[]){run_program(), __VA_ARGS__, NULL}, before)

#define CHECK_HAS(text, part)                                                        \
    do {                                                                             \
        check_count++;                                                               \
        if (!strstr((text), (part))) {                                               \
            check_failed++;                                                          \
            fprintf(stderr, "%s:%d: %s is \"%s\", without \"%s\"\n", __FILE__, __LINE__, \
                    #text, (text), (part));                                          \
        }                                                                            \
    } while (0)

/* What the code in this process says on stderr or stdout between begin and end. */
static char *caught;
static size_t caught_len;
static FILE *caught_from;

static inline void catch_begin(FILE **stream)
{
    free(caught);
    caught = NULL;
    fflush(*stream);
    caught_from = *stream;
    *stream = open_memstream(&caught, &caught_len);
    REQUIRE(*stream != NULL);
}

static inline void catch_end(FILE **stream)
{
    fclose(*stream);
    *stream = caught_from;
}

/* The value of an expression, its messages in caught. */
#define CAUGHT(expression)             \
    __extension__({                    \
        catch_begin(&stderr);          \
        int catch_code = (expression); \
        catch_end(&stderr);            \
        catch_code;                    \
    })

#endif
