/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A crash dump into flash, from the core as it flows in: sealed byte by byte, never held whole, never in the clear.
 * Source: docs/spec/crash-dump.md.  Who: azcore on the MCU, while the kernel waits and the process that died still stands.
 * Trust: the folder and what stands in it were made by the application manager and azured; the core is hostile.
 *
 *   key there? -> kind waits? room? -> seal and write beside -> key still the same? -> renamed: it is there
 *
 * Without the key, which is there while the device's group allows dumps, nothing of the memory is read.  Power that goes before
 * the rename leaves a file that nobody takes for a dump; the application manager removes it at the next start.  One that was
 * killed leaves it too: the next one removes it, before it asks how much room there is.
 * One dump is made at a time.
 */
#ifndef PERI_OS_AZCORE_SPOOL_H
#define PERI_OS_AZCORE_SPOOL_H

#include "os/azcore/core_cut.h"
#include "os/dumps/stored_key.h"

enum {
    SPOOL_DUMPS_MAX = 2,       /* that wait; of one component, image and signal one alone */
    SPOOL_SPARE_BYTES = 81920, /* what stays free beside a dump: the manager's reserve of 48 KiB, and 32 KiB for applications */
};

struct spool {
    int folder; /* -1: closed */
    struct dump_key key;
};

/* What crashed. */
struct spool_crash {
    uint8_t component[16], image[16];
    uint32_t signal;
    uint64_t time_s;
};

/* May there be dumps?  E_DENIED: no; E_BUSY: another one is being made; what dump_key_parse() says; E_IO.  Closed then. */
int spool_open(struct spool *spool, const char *folder) MUST_CHECK;
void spool_close(struct spool *spool);
/* The dump of what is cut out of the core that begins with these bytes and goes on in the descriptor.
 * *bytes: of the dump.  Nothing is left of it after an error: E_EXISTS: one of its kind waits; E_FULL: as many as may, or
 * no room in flash; E_DENIED: the consent went meanwhile; E_MORE: the core ends too early; E_ENTROPY, E_CRYPTO, E_IO, E_NOMEM. */
int spool_take(struct spool *spool, const struct spool_crash *what, const struct core_cut *cut, struct span begin, int core,
               size_t *bytes) MUST_CHECK;

#endif
