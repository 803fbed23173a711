/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of every image that peri builds: metadata and signature. */
#ifndef PERI_CLI_PACKAGE_SIGNED_IMAGE_H
#define PERI_CLI_PACKAGE_SIGNED_IMAGE_H

#include "cli/package/signing_key.h"
#include "lib/image.h"
#include "lib/keystore.h"

enum {
    SIGNED_IMAGE_ROOM = 1024,          /* enough for both behind any body */
    SIGNED_IMAGE_BUILT_S = 1577836800, /* 2020-01-01: "built" of images that are named by their contents */
};

/* Gives the image an id that depends on body, type, security version, component and
 * key, and
 * a fixed build time: equal contents are then the same image, with the same measurement,
 * whoever builds it and whenever. */
int signed_image_name(struct image_meta *meta, struct span body, const char *component,
                      const struct signing_key *key);
/* Appends metadata and signature to the body in w.  Of meta, type, component (text of a
 * GUID), name and versions are the caller's; thumbprint and, where they are
 * zero, build time and a random image id are filled in.  Message on failure. */
int signed_image_finish(struct writer *w, struct image_meta *meta, const char *component,
                        struct signing_key *key);
/* A whole keystore image, signed by the root key. */
int keystore_image(const struct keystore *keystore, uint32_t version, struct signing_key *root,
                   struct writer *w);
/* Adds a key with its use (lib/keystore.h) or the use to a key that is there. */
int keystore_key_add(struct keystore *keystore, const uint8_t key[static P256_PUBLIC_BYTES], uint32_t use);

#endif
