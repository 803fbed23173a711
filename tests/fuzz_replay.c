/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over its stored corpus in an ordinary test run: each file
 * as it is, and for files up to SMALL_BYTES every prefix and every flipped bit.
 * Arguments: folders or files.  Each input is copied to memory of exactly its
 * size, so that the address sanitizer sees a read of one byte too many.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/check.h"

enum { SMALL_BYTES = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs;

static void one(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    REQUIRE(exact != NULL);
    memcpy(exact, bytes, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    inputs++;
}

static void file_replay(const char *path)
{
    size_t len;
    uint8_t *bytes = check_read_file(path, &len);
    one(bytes, len);
    if (len <= SMALL_BYTES) {
        for (size_t cut = 0; cut < len; cut++)
            one(bytes, cut);
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1u << (bit % 8)));
            one(bytes, len);
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1u << (bit % 8)));
        }
    }
    free(bytes);
}

static void path_replay(const char *path)
{
    struct stat st;
    REQUIRE(stat(path, &st) == 0);
    if (!S_ISDIR(st.st_mode)) {
        file_replay(path);
        return;
    }
    DIR *dir = opendir(path);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char name[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        file_replay(name);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        path_replay(argv[i]);
    printf("%lu inputs replayed\n", inputs);
    CHECK(inputs > 0);
    return check_done();
}
