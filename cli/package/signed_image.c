/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/package/signed_image.h"

#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "abi/monitor_call.h"
#include "lib/guid.h"

int signed_image_name(struct image_meta *meta, struct span body, const char *component,
                      const struct signing_key *key)
{
    uint8_t digest[SHA256_BYTES], numbers[8];
    struct writer w = writer_of(numbers, sizeof numbers);
    writer_u32le(&w, meta->type);
    writer_u32le(&w, meta->security_version);
    const struct span parts[] = {body, writer_view(&w), span_of(component, strlen(component)),
                                 span_of(key->public_key, sizeof key->public_key)};
    if (crypto_sha256(parts, sizeof parts / sizeof parts[0], digest) != 0)
        return fail(PERI_EXIT_ERROR, "cannot compute the digest of an image");
    memcpy(meta->id, digest, sizeof meta->id);
    guid_from_random(meta->id);
    meta->built_s = SIGNED_IMAGE_BUILT_S;
    return PERI_EXIT_OK;
}

int signed_image_finish(struct writer *w, struct image_meta *meta, const char *component,
                        struct signing_key *key)
{
    static const uint8_t none[IMAGE_UID_BYTES];
    struct signer signer = signing_key_signer(key);
    meta->signing_type = IMAGE_SIGNING_ECDSA256;
    meta->has_debug = true;
    if (!meta->built_s)
        meta->built_s = (uint64_t)time(NULL);
    if (memcmp(meta->id, none, sizeof none) == 0) {
        if (RAND_bytes(meta->id, sizeof meta->id) != 1)
            return fail(PERI_EXIT_ERROR, "no random numbers");
        guid_from_random(meta->id);
    }
    int err = guid_parse(span_of(component, strlen(component)), meta->component);
    if (!err)
        err = image_thumbprint(key->public_key, meta->thumbprint);
    if (!err)
        err = image_meta_write(w, meta);
    if (!err)
        err = image_sign(w, &signer);
    return err ? fail(PERI_EXIT_ERROR, "cannot build the %s image: %s", image_type_name(meta->type), err_text(err))
               : PERI_EXIT_OK;
}

int keystore_image(const struct keystore *keystore, uint32_t version, struct signing_key *root,
                   struct writer *w)
{
    struct image_meta meta = {
        .type = IMAGE_TYPE_TRUSTED_KEYSTORE,
        .name = "trusted keystore",
        .has_security_version = true,
        .security_version = version,
    };
    int err = keystore_write(keystore, w);
    if (err)
        return fail(PERI_EXIT_ERROR, "cannot build the keystore: %s", err_text(err));
    int code = signed_image_name(&meta, writer_view(w), COMPONENT_TRUSTED_KEYSTORE, root);
    return code ? code : signed_image_finish(w, &meta, COMPONENT_TRUSTED_KEYSTORE, root);
}

int keystore_key_add(struct keystore *keystore, const uint8_t key[static P256_PUBLIC_BYTES], uint32_t use)
{
    struct keystore_key *at = keystore->at;
    for (; at < keystore->at + keystore->count; at++)
        if (memcmp(at->key, key, P256_PUBLIC_BYTES) == 0) { /* one key may sign several things */
            at->usage |= use;
            return PERI_EXIT_OK;
        }
    if (keystore->count == KEYSTORE_KEYS_MAX)
        return fail(PERI_EXIT_USAGE, "a keystore holds at most %d keys", KEYSTORE_KEYS_MAX);
    if (image_thumbprint(key, at->thumbprint) != 0)
        return fail(PERI_EXIT_ERROR, "cannot compute the thumbprint of a key");
    memcpy(at->key, key, P256_PUBLIC_BYTES);
    at->usage = use;
    keystore->count++;
    return PERI_EXIT_OK;
}
