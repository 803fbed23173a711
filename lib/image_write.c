/* SPDX-License-Identifier: BSD-2-Clause */
/* What hosts alone do with images: build them, and know types by name.  Firmware has the
 * reader, lib/image.c. */
#include <string.h>

#include "lib/image.h"

enum { METADATA_LENGTH_BYTES = 4 };

static void section_begin(struct writer *w, uint16_t id, size_t len)
{
    writer_u16le(w, id);
    writer_u16le(w, (uint16_t)len);
}

static void abi_write(struct writer *w, uint16_t id, const struct image_abi *abi)
{
    section_begin(w, id, 4 + 8 * (size_t)abi->count);
    writer_u32le(w, abi->count);
    for (uint32_t i = 0; i < abi->count; i++) {
        writer_u32le(w, abi->at[i].version);
        writer_u32le(w, abi->at[i].type);
    }
}

int image_meta_write(struct writer *w, const struct image_meta *meta)
{
    if ((meta->has_debug && !image_name_valid(meta->name)) ||
        (meta->has_depends && meta->depends.count > IMAGE_ABI_MAX) ||
        (meta->has_provides && meta->provides.count > IMAGE_ABI_MAX))
        return E_RANGE;

    const size_t start = w->len;
    const unsigned count = 2u + meta->has_debug + meta->has_temporary + meta->has_depends +
                           meta->has_provides + meta->has_security_version;
    writer_u32le(w, IMAGE_MAGIC);
    writer_u32le(w, count);
    section_begin(w, IMAGE_SECTION_ID, 36);
    writer_u16le(w, meta->type);
    writer_u16le(w, 0);
    writer_bytes(w, meta->component, IMAGE_UID_BYTES);
    writer_bytes(w, meta->id, IMAGE_UID_BYTES);
    section_begin(w, IMAGE_SECTION_SG, 24);
    writer_bytes(w, meta->thumbprint, IMAGE_THUMBPRINT_BYTES);
    writer_u32le(w, meta->signing_type);
    if (meta->has_debug) {
        section_begin(w, IMAGE_SECTION_DB, 40);
        writer_u64le(w, meta->built_s);
        writer_bytes(w, meta->name, IMAGE_NAME_BYTES);
    }
    if (meta->has_temporary) {
        section_begin(w, IMAGE_SECTION_TP, 4);
        writer_u32le(w, meta->temporary);
    }
    if (meta->has_depends)
        abi_write(w, IMAGE_SECTION_ND, &meta->depends);
    if (meta->has_provides)
        abi_write(w, IMAGE_SECTION_NP, &meta->provides);
    if (meta->has_security_version) {
        section_begin(w, IMAGE_SECTION_RV, 4);
        writer_u32le(w, meta->security_version);
    }
    writer_u32le(w, (uint32_t)(w->len - start + METADATA_LENGTH_BYTES));
    return w->err;
}

int image_sign(struct writer *w, const struct signer *signer)
{
    uint8_t digest[SHA256_BYTES], signature[P256_SIGNATURE_BYTES];
    if (w->err)
        return w->err;
    const struct span all = {w->at, w->len};
    int err = crypto_sha256(&all, 1, digest);
    if (!err)
        err = signer->sign(signer->context, digest, signature);
    if (err)
        writer_fail(w, err); /* an unsigned package is no view of w */
    else
        writer_bytes(w, signature, sizeof signature);
    return w->err;
}

int image_thumbprint(const uint8_t key[static P256_PUBLIC_BYTES],
                     uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES])
{
    uint8_t point[1 + P256_PUBLIC_BYTES] = {4}; /* uncompressed */
    memcpy(point + 1, key, P256_PUBLIC_BYTES);
    return crypto_sha1(span_of(point, sizeof point), thumbprint);
}

static bool text_is(const char *text, struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (text[i] == '\0' || (uint8_t)text[i] != name.at[i])
            return false;
    return text[name.len] == '\0';
}

int image_type_of_name(struct span name, uint16_t *type)
{
    *type = IMAGE_TYPE_INVALID;
    static const uint16_t types[] = {
#define TYPE_ROW(name_, number, text) number,
        IMAGE_TYPE_TABLE(TYPE_ROW)
#undef TYPE_ROW
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (text_is(image_type_name(types[i]), name)) {
            *type = types[i];
            return 0;
        }
    return E_NOT_FOUND;
}
