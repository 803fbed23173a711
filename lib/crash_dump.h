/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps: made by a device, looked at by the service, opened by who may read them.
 * Source: abi/crash_dump.h, docs/spec/crash-dump.md.
 * Trust: crash_dump_parse() takes anybody's bytes.  Errors: E_MORE, E_TRAILING, E_MALFORMED, E_VERSION, E_LIMIT.
 */
#ifndef PERI_LIB_CRASH_DUMP_H
#define PERI_LIB_CRASH_DUMP_H

#include "abi/crash_dump.h"
#include "lib/hpke.h"

enum { CRASH_DUMP_FIRST_BYTES = CRASH_DUMP_HEAD_BYTES + CRASH_DUMP_ENC_BYTES }; /* before the core */

struct crash_dump {
    uint8_t dump[16], device_id[64], catalog[16], group[16], component[16], image[16];
    uint32_t signal, core_bytes;
    uint64_t time_s;
    /* of a parsed one, views of it */
    struct span head;   /* what the core is bound to */
    struct span enc;    /* CRASH_DUMP_ENC_BYTES */
    struct span sealed; /* core_bytes and the tag */
};

int crash_dump_parse(struct span bytes, struct crash_dump *dump) MUST_CHECK;
/* The head alone, CRASH_DUMP_HEAD_BYTES of a dump that may be longer; enc and sealed stay empty. */
int crash_dump_head_parse(struct span bytes, struct crash_dump *dump) MUST_CHECK;
/* Writes head, enc and the sealed core, whose length replaces core_bytes; public: of the catalog of the head.  The
 * writer's errors, E_LIMIT (the core), E_RANGE (the key), E_CRYPTO: nothing was written then. */
int crash_dump_seal(const struct crash_dump *head, const uint8_t public[static HPKE_PUBLIC_BYTES],
                    const uint8_t seed[static HPKE_SEED_BYTES], struct span core, struct writer *w) MUST_CHECK;
/*
 * The same dump in pieces, for who cannot hold a core: begin() gives what the dump begins with, put() seals the next bytes
 * of the core in their place, end() gives what it ends with.  core_bytes of the head says how many there will be.
 * begin(): E_LIMIT, E_RANGE, E_CRYPTO, E_NOMEM: nothing is open then.  put(): E_LIMIT (more than that).  end(): E_MORE (fewer).
 * After an error of these two, and after end(), crash_dump_release(); it is harmless at any time.
 */
struct crash_dump_sealer {
    struct hpke_sealer *sealer;
    uint32_t left;
};
int crash_dump_begin(struct crash_dump_sealer *s, const struct crash_dump *head, const uint8_t public[static HPKE_PUBLIC_BYTES],
                     const uint8_t seed[static HPKE_SEED_BYTES], uint8_t first[static CRASH_DUMP_FIRST_BYTES]) MUST_CHECK;
int crash_dump_put(struct crash_dump_sealer *s, struct span piece, uint8_t *out) MUST_CHECK;
int crash_dump_end(struct crash_dump_sealer *s, uint8_t tag[static CRASH_DUMP_TAG_BYTES]) MUST_CHECK;
void crash_dump_release(struct crash_dump_sealer *s);
/* The key of the message, for the holder of the catalog's. */
int crash_dump_secret(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t catalog[static 16],
                      const uint8_t enc[static CRASH_DUMP_ENC_BYTES], struct hpke_secret *secret) MUST_CHECK;
/* That key for somebody: to his public key, bound to the head; and back. */
int crash_dump_key_seal(const struct hpke_secret *secret, const uint8_t public[static HPKE_PUBLIC_BYTES],
                        const uint8_t seed[static HPKE_SEED_BYTES], struct span head,
                        uint8_t key[static CRASH_DUMP_KEY_BYTES]) MUST_CHECK;
int crash_dump_key_open(const uint8_t private[static HPKE_PRIVATE_BYTES], struct span head,
                        const uint8_t key[static CRASH_DUMP_KEY_BYTES], struct hpke_secret *secret) MUST_CHECK;
/* core has room for core_bytes. */
int crash_dump_open(const struct crash_dump *dump, const struct hpke_secret *secret, uint8_t *core) MUST_CHECK;

#endif
