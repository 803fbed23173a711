/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stored vectors of a format: testdata/<format>/good-<what> is accepted,
 * bad-<error>-<what> is refused with E_<ERROR>, so the name of the file is the
 * expectation.  Each is copied to memory of exactly its size.
 */
#ifndef PERI_TESTS_VECTORS_H
#define PERI_TESTS_VECTORS_H

#include <ctype.h>
#include <dirent.h>

#include "lib/cursor.h"
#include "tests/check.h"

/* The code that a file name asks for; 1 when the name follows no rule. */
static inline int vector_expectation(const char *name)
{
    if (strncmp(name, "good-", 5) == 0)
        return 0;
    if (strncmp(name, "bad-", 4) != 0)
        return 1;
    char wanted[40] = "E_";
    size_t len = 2;
    for (const char *p = name + 4; *p && *p != '-' && len < sizeof wanted - 1; p++)
        wanted[len++] = (char)toupper((unsigned char)*p);
    for (int code = -1; code > -100; code--)
        if (strcmp(err_name(code), wanted) == 0)
            return code;
    return 1;
}

/* Runs parse over every vector of the folder; how many there were. */
static inline unsigned vectors_replay(const char *folder, int (*parse)(struct span bytes))
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[4096];
        size_t len;
        if (e->d_name[0] == '.' || strcmp(e->d_name, "corpus") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        uint8_t *bytes = check_read_file(path, &len), *exact = malloc(len ? len : 1);
        REQUIRE(exact != NULL);
        memcpy(exact, bytes, len);
        int got = parse(span_of(exact, len)), want = vector_expectation(e->d_name);
        CHECK(want <= 0);
        check_count++;
        if (got != want) {
            check_failed++;
            fprintf(stderr, "%s: %s\n", path, err_name(got));
        }
        free(exact);
        free(bytes);
        count++;
    }
    closedir(dir);
    return count;
}

/*
 * Cut and flip: every prefix and every single-bit change of good input is
 * given to judge, which returns true if it was refused or harmless.
 */
static inline void cut_and_flip(struct span good, bool (*judge)(struct span changed, void *context),
                                void *context)
{
    uint8_t *bytes = malloc(good.len ? good.len : 1);
    REQUIRE(bytes != NULL);
    for (size_t cut = 0; cut < good.len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        REQUIRE(exact != NULL);
        memcpy(exact, good.at, cut);
        check_count++;
        if (!judge(span_of(exact, cut), context)) {
            check_failed++;
            fprintf(stderr, "prefix of %zu bytes is taken\n", cut);
        }
        free(exact);
    }
    memcpy(bytes, good.at, good.len);
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1u << (bit % 8)));
        check_count++;
        if (!judge(span_of(bytes, good.len), context)) {
            check_failed++;
            fprintf(stderr, "flip of bit %zu in byte %zu is taken\n", bit % 8, bit / 8);
        }
        bytes[bit / 8] = good.at[bit / 8];
    }
    free(bytes);
}

#endif
