/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/capability.h"
#include "lib/keystore.h"

static void must(int err)
{
    if (!err)
        return;
    fprintf(stderr, "fixture: %s\n", err_text(err));
    exit(1);
}

void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    for (unsigned i = 0; i < FIXTURE_KEYS; i++)
        must(key_generate(&f->key[i]));
}

void fixture_release(struct fixture *f)
{
    for (unsigned i = 0; i < FIXTURE_KEYS; i++)
        key_release(&f->key[i]);
}

static int sign(void *context, const uint8_t digest[static SHA256_BYTES],
                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    return key_sign(context, digest, signature);
}

void fixture_image(const struct fixture *f, enum fixture_key signer, enum fixture_key as, uint16_t type,
                   uint32_t security_version, struct span body, struct writer *w)
{
    struct image_meta meta = {.type = type,
                              .signing_type = IMAGE_SIGNING_ECDSA256,
                              .has_debug = true,
                              .built_s = 1700000000,
                              .name = "fixture"};
    /* A capability file has no room for a version: it is 392 bytes. */
    meta.has_security_version = type != IMAGE_TYPE_FW_CONFIG;
    meta.security_version = security_version;
    memset(meta.component, (uint8_t)type, sizeof meta.component);
    memset(meta.id, 0x1d, sizeof meta.id);
    must(image_thumbprint(f->key[as].public_key, meta.thumbprint));
    writer_bytes(w, body.at, body.len);
    must(image_meta_write(w, &meta));
    fixture_sign(f, signer, w);
}

void fixture_sign(const struct fixture *f, enum fixture_key signer, struct writer *w)
{
    struct key key = f->key[signer];
    const struct signer by = {sign, &key};
    must(image_sign(w, &by));
}

void fixture_keystore(const struct fixture *f, enum fixture_key signer, uint32_t security_version,
                      struct writer *w)
{
    uint8_t body[1024];
    struct keystore keystore = {.count = 2};
    struct writer b = writer_of(body, sizeof body);
    memcpy(keystore.at[0].key, f->key[FIXTURE_OS].public_key, P256_PUBLIC_BYTES);
    memcpy(keystore.at[1].key, f->key[FIXTURE_CAPABILITY].public_key, P256_PUBLIC_BYTES);
    keystore.at[0].usage = KEYSTORE_USE_OS;
    keystore.at[1].usage = KEYSTORE_USE_CAPABILITY;
    for (unsigned i = 0; i < keystore.count; i++)
        must(image_thumbprint(keystore.at[i].key, keystore.at[i].thumbprint));
    must(keystore_write(&keystore, &b));
    fixture_image(f, signer, signer, IMAGE_TYPE_TRUSTED_KEYSTORE, security_version, writer_view(&b), w);
}

void fixture_capability(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                        const uint8_t device_id[static 64], const uint16_t *list, uint16_t count,
                        struct writer *w)
{
    uint8_t bytes[CAPABILITY_BODY_BYTES];
    struct capability_body body = {.count = count};
    struct writer b = writer_of(bytes, sizeof bytes);
    memcpy(body.device_id, device_id, sizeof body.device_id);
    memcpy(body.capability, list, count * sizeof list[0]);
    must(capability_write(&body, &b));
    fixture_image(f, signer, as, IMAGE_TYPE_FW_CONFIG, 0, writer_view(&b), w);
}
