/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trusted keystore: verified with the root key, whose SHA-256 is in fuses.
 */
#include <string.h>

#include "lib/ct.h"
#include "pluton/runtime/cmd.h"

/* The ROM's copy of the key counts only if the fuses know it. */
static int root_verify(struct pluton *p, const struct image *image)
{
    uint8_t root[P256_PUBLIC_BYTES], digest[SHA256_BYTES];
    if (hal_root_key(p->hal, root))
        return E_CRYPTO;
    const struct span part = span_of(root, sizeof root);
    int err = crypto_sha256(&part, 1, digest);
    if (err)
        return err;
    if (!ct_equal(digest, p->fuses.root_digest, sizeof digest))
        return E_CORRUPT;
    return image_verify(image, root);
}

/* Everything that is asked of a keystore before its keys count. */
static int keystore_check(struct pluton *p, struct span file, struct keystore *keystore,
                          uint32_t *version)
{
    struct image image;
    int err = image_parse(file, &image);
    if (err)
        return err;
    if (image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE)
        return E_RANGE;
    /* Twice: one skipped instruction must not change whom the device trusts. */
    err = root_verify(p, &image);
    if (err)
        return err;
    err = root_verify(p, &image);
    if (err)
        return err;
    *version = image.meta.security_version;
    /* Nor older than the one of this boot: a key that was withdrawn does not
     * come back before the counter is raised. */
    if (*version < p->fuses.counter[PLUTON_COUNTER_KEYSTORE] || *version < p->keystore_version)
        return E_ROLLBACK;
    return keystore_parse(image.body, keystore);
}

int pluton_trust_keystore(struct pluton *p, struct span file)
{
    struct keystore keystore;
    uint32_t version;
    int err = keystore_check(p, file, &keystore, &version);
    if (err)
        return err;
    p->keystore = keystore;
    p->keystore_version = version;
    p->keystore_trusted = true;
    return 0;
}

int cmd_TRUST_KEYSTORE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)reply;
    return pluton_trust_keystore(p, cursor_bytes(in, in->left));
}

int cmd_CHECK_KEYSTORE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct keystore ignored;
    uint32_t version;
    (void)reply;
    return keystore_check(p, cursor_bytes(in, in->left), &ignored, &version);
}
