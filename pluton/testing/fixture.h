/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and signed images for tests: a root, an OS signer, a capability signer
 * and a stranger.  Everything is made anew in each run.
 */
#ifndef PERI_PLUTON_TESTING_FIXTURE_H
#define PERI_PLUTON_TESTING_FIXTURE_H

#include "lib/image.h"
#include "pluton/host/keys.h"

enum fixture_key { FIXTURE_ROOT, FIXTURE_OS, FIXTURE_CAPABILITY, FIXTURE_STRANGER, FIXTURE_KEYS };

enum { FIXTURE_IMAGE_MAX = 4096 };

struct fixture {
    struct key key[FIXTURE_KEYS];
};

void fixture_init(struct fixture *f);
void fixture_release(struct fixture *f);

/* Body, metadata and signature into w; the thumbprint names the signer unless
 * as is another key: then the image claims to be signed by that one. */
void fixture_image(const struct fixture *f, enum fixture_key signer, enum fixture_key as, uint16_t type,
                   uint32_t security_version, struct span body, struct writer *w);
/* Appends a signature over what is in w. */
void fixture_sign(const struct fixture *f, enum fixture_key signer, struct writer *w);
/* Holds the OS and the capability key, each for its use. */
void fixture_keystore(const struct fixture *f, enum fixture_key signer, uint32_t security_version,
                      struct writer *w);
/* A capability file of exactly 392 bytes. */
void fixture_capability(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                        const uint8_t device_id[static 64], const uint16_t *list, uint16_t count,
                        struct writer *w);

#endif
