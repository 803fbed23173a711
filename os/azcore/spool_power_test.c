/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A crash dump and power: after a cut there is the old dump or the new one, whole, or none, and the next one can be made.
 * `schedules` random losses: first argument.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/azcore/spool.h"
#include "os/dumps/dump_files.h"
#include "os/dumps/kept_file.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 300 };

/* The key was there long before, and what it costs to make a secret is no matter of this test. */
static const struct dump_key key = {.of = {.allowed = true, .device_id = {1}}};
static const struct hpke_secret secret = {{1}, {2}};

int __wrap_kept_file_read(int folder, const char *name, uint8_t *bytes, size_t cap, size_t *len);
int __wrap_kept_file_read(int folder, const char *name, uint8_t *bytes, size_t cap, size_t *len)
{
    (void)folder;
    (void)name;
    *len = 1;
    bytes[0] = 0;
    return cap > 1 ? 0 : E_LIMIT;
}

int __wrap_dump_key_parse(struct span bytes, struct dump_key *to);
int __wrap_dump_key_parse(struct span bytes, struct dump_key *to)
{
    (void)bytes;
    *to = key;
    return 0;
}

int __wrap_hpke_encap(const uint8_t *public, struct span info, const uint8_t *seed, uint8_t *enc, struct hpke_secret *to);
int __wrap_hpke_encap(const uint8_t *public, struct span info, const uint8_t *seed, uint8_t *enc, struct hpke_secret *to)
{
    (void)public;
    (void)info;
    (void)seed;
    memset(enc, 4, HPKE_PUBLIC_BYTES);
    *to = secret;
    return 0;
}

/* The value of a dump; 0: there is none, -1: it is not whole. */
static int dump_read(int folder, unsigned i)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX];
    char name[DUMP_FILES_NAME_BYTES];
    struct span view;
    struct crash_dump dump;
    int value = -1;
    if (kept_file_map(folder, dump_files_name(i, name), CRASH_DUMP_BYTES_MAX, &view))
        return 0;
    if (crash_dump_parse(view, &dump) == 0 && crash_dump_open(&dump, &secret, core) == 0 && core[0] == dump.time_s)
        value = core[0];
    kept_file_unmap(&view);
    return value;
}

/* Values come around after 90, in steps of less than 20. */
static bool newer(int a, int b)
{
    return a && (!b || (a - b + 90) % 90 < 45);
}

/* The newest dump there is. */
static int load(const char *path)
{
    const int folder = open(path, O_RDONLY | O_DIRECTORY);
    const int one = dump_read(folder, 0), other = dump_read(folder, 1);
    close(folder);
    return one < 0 || other < 0 ? -1 : newer(one, other) ? one : other;
}

/* Into the place that the newest one does not have: it was delivered. */
static int save(const char *path, unsigned value)
{
    static const uint8_t memory[6000] = {1};
    static struct core_cut cut = {.head_len = 300, .piece = {{200, 3000}}, .pieces = 1, .bytes = 3300};
    struct spool spool;
    struct spool_crash what = {.component = {1, (uint8_t)value}, .signal = 11, .time_s = value};
    size_t bytes;
    char name[DUMP_FILES_NAME_BYTES];
    const int folder = open(path, O_RDONLY | O_DIRECTORY);
    const int one = dump_read(folder, 0), other = dump_read(folder, 1);
    cut.head[0] = (uint8_t)value;
    if (one && other)
        (void)unlinkat(folder, dump_files_name(newer(one, other), name), 0);
    close(folder);
    int err = spool_open(&spool, path);
    if (!err) {
        err = spool_take(&spool, &what, &cut, span_of(memory, sizeof memory), -1, &bytes);
        spool_close(&spool);
    }
    return err;
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"crash dumps (azcore)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
