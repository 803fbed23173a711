/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that crash dumps are sealed to, and by whose consent: in a file while dumps are allowed, gone otherwise.
 * Source: docs/spec/crash-dump.md.
 * Writer: azured (os/azured/dump_key.h says where it comes from).  Readers: azured; on the MCU azcore.
 * Trust: the file's folder is the reader's own, or that of dumps; what is damaged is as none.
 *
 * Stored form, little-endian:
 *   off size field
 *     0    4 magic "PDKY"
 *     4    2 version 1
 *     6    2 0
 *     8   64 device id
 *    72   16 catalog
 *    88   16 group             that allowed dumps
 *   104   65 public key        uncompressed point
 *   169    8 fetched           Unix s
 *   177    4 CRC-32 of all before
 */
#ifndef PERI_OS_DUMPS_STORED_KEY_H
#define PERI_OS_DUMPS_STORED_KEY_H

#include "lib/crash_dump.h"

enum {
    DUMP_KEY_BYTES = 181,
    DUMP_KEY_MAGIC = 0x594B4450,
    DUMP_KEY_MODE = 0644, /* nothing in it is secret; who may look into the folder is the folder's business */
};

/* What a manifest set says. */
struct dump_consent {
    bool allowed;
    uint8_t device_id[64], catalog[16], group[16];
};

struct dump_key {
    struct dump_consent of; /* not allowed: there is no key */
    uint8_t public[HPKE_PUBLIC_BYTES];
    uint64_t fetched_s;
};

/* E_MORE, E_TRAILING, E_MALFORMED, E_VERSION, E_CORRUPT: no key then. */
int dump_key_parse(struct span bytes, struct dump_key *key) MUST_CHECK;
int dump_key_write(const struct dump_key *key, struct writer *w) MUST_CHECK;

#endif
