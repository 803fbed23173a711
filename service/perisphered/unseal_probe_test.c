/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Not a PKCS#11 module, but code that is loaded as one: it looks for marks in the memory it finds itself in, and
 * says how often which is there.  Through /proc/self/mem, so that a sanitizer has no part in it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/perisphered/unseal_probe_test.h"

enum { MAPPING_MAX = 1 << 22 }; /* a sanitizer's own are larger */

static unsigned found[PROBE_MARKS];

static void look(int memory, unsigned long from, unsigned long to)
{
    static unsigned char block[65536 + PROBE_MARK_BYTES];
    unsigned char first[PROBE_MARKS];
    for (unsigned k = 0; k < PROBE_MARKS; k++)
        first[k] = probe_mark(k, 0);
    for (unsigned long at = from; at < to; at += 65536) {
        size_t want = to - at < sizeof block ? to - at : sizeof block;
        ssize_t n = pread(memory, block, want, (off_t)at);
        for (ssize_t i = 0; i + PROBE_MARK_BYTES <= n && i < 65536; i++)
            for (unsigned k = 0; k < PROBE_MARKS; k++) {
                size_t same = block[i] == first[k]; /* no mark is in memory whole because of this */
                while (same && same < PROBE_MARK_BYTES && block[i + (ssize_t)same] == probe_mark(k, same))
                    same++;
                found[k] += same == PROBE_MARK_BYTES;
            }
    }
}

__attribute__((constructor)) static void probe(void)
{
    char line[512], perms[8];
    unsigned long from, to;
    const char *out = getenv("PERI_PROBE_OUT");
    FILE *maps = fopen("/proc/self/maps", "r"), *f = out ? fopen(out, "w") : NULL;
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    while (maps && memory >= 0 && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) == 3 && perms[0] == 'r' && perms[1] == 'w' && to - from <= MAPPING_MAX)
            look(memory, from, to);
    for (unsigned k = 0; f && k < PROBE_MARKS; k++)
        fprintf(f, "%u\n", found[k]);
    if (f)
        fclose(f);
    if (maps)
        fclose(maps);
    if (memory >= 0)
        close(memory);
}
