/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole test harness.  A test program calls CHECK... and ends main with
 * `return check_done();`.  A failed check prints file, line and both values
 * and the program exits 1; the run goes on so that one run shows all.
 */
#ifndef PERI_TESTS_CHECK_H
#define PERI_TESTS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned check_count, check_failed;

#define CHECK(cond)                                                              \
    do {                                                                         \
        check_count++;                                                           \
        if (!(cond)) {                                                           \
            check_failed++;                                                      \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #cond); \
        }                                                                        \
    } while (0)

#define CHECK_INT(got, want)                                                     \
    do {                                                                         \
        long long check_got = (long long)(got), check_want = (long long)(want);  \
        check_count++;                                                           \
        if (check_got != check_want) {                                           \
            check_failed++;                                                      \
            fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__,      \
                    __LINE__, #got, check_got, check_want);                      \
        }                                                                        \
    } while (0)

#define CHECK_STR(got, want)                                                     \
    do {                                                                         \
        const char *check_got = (got), *check_want = (want);                     \
        check_count++;                                                           \
        if (!check_got || strcmp(check_got, check_want) != 0) {                  \
            check_failed++;                                                      \
            fprintf(stderr, "%s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__,  \
                    __LINE__, #got, check_got ? check_got : "(null)", check_want); \
        }                                                                        \
    } while (0)

#define CHECK_MEM(got, want, len)                                                \
    do {                                                                         \
        check_count++;                                                           \
        if (memcmp((got), (want), (len)) != 0) {                                 \
            check_failed++;                                                      \
            fprintf(stderr, "%s:%d: %s differs from %s\n", __FILE__, __LINE__,   \
                    #got, #want);                                                \
        }                                                                        \
    } while (0)

/* For set-up that the test cannot go on without. */
#define REQUIRE(cond)                                                            \
    do {                                                                         \
        check_count++;                                                           \
        if (!(cond)) {                                                           \
            fprintf(stderr, "%s:%d: required: %s\n", __FILE__, __LINE__, #cond); \
            exit(1);                                                             \
        }                                                                        \
    } while (0)

static inline int check_done(void)
{
    if (check_count == 0) {
        fprintf(stderr, "no check was executed\n");
        return 1;
    }
    printf("%u checks, %u failed\n", check_count, check_failed);
    return check_failed ? 1 : 0;
}

/* Whole file into malloc'd memory; exits on failure. */
static inline uint8_t *check_read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t cap = 4096, n = 0;
    uint8_t *bytes = malloc(cap);
    for (size_t got; bytes && (got = fread(bytes + n, 1, cap - n, f)) > 0;) {
        n += got;
        if (n == cap)
            bytes = realloc(bytes, cap *= 2);
    }
    fclose(f);
    if (!bytes)
        exit(1);
    *len = n;
    return bytes;
}

#endif
