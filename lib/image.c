/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/image.h"

#include <string.h>

enum {
    METADATA_LENGTH_BYTES = 4,
    METADATA_MIN = 12,      /* magic, section count, length */
    SECTION_HEADER_BYTES = 4,
};

/* Readers of the sections whose layout is public.  Each is given exactly its
 * section; what it leaves unread is an error. */

static void identity_read(struct cursor *c, struct image_meta *meta)
{
    meta->type = cursor_u16le(c);
    if (cursor_u16le(c) != 0)
        cursor_fail(c, E_MALFORMED);
    cursor_copy(c, meta->component, IMAGE_UID_BYTES);
    cursor_copy(c, meta->id, IMAGE_UID_BYTES);
}

static void signature_read(struct cursor *c, struct image_meta *meta)
{
    cursor_copy(c, meta->thumbprint, IMAGE_THUMBPRINT_BYTES);
    meta->signing_type = cursor_u32le(c);
}

bool image_name_valid(const char name[static IMAGE_NAME_BYTES])
{
    size_t len = 0;
    while (len < IMAGE_NAME_BYTES && name[len] != '\0') {
        unsigned char ch = (unsigned char)name[len++];
        if (ch < 0x20 || ch == 0x7f)
            return false;
    }
    if (len == IMAGE_NAME_BYTES)
        return false;
    for (size_t i = len; i < IMAGE_NAME_BYTES; i++)
        if (name[i] != '\0')
            return false;
    return true;
}

static void debug_read(struct cursor *c, struct image_meta *meta)
{
    meta->has_debug = true;
    meta->built_s = cursor_u64le(c);
    cursor_copy(c, meta->name, IMAGE_NAME_BYTES);
    if (!image_name_valid(meta->name))
        cursor_fail(c, E_MALFORMED);
}

static void temporary_read(struct cursor *c, struct image_meta *meta)
{
    meta->has_temporary = true;
    meta->temporary = cursor_u32le(c);
}

static void abi_read(struct cursor *c, struct image_abi *abi)
{
    abi->count = cursor_u32le(c);
    if (abi->count > IMAGE_ABI_MAX)
        cursor_fail(c, E_LIMIT);
    for (uint32_t i = 0; i < abi->count && !c->err; i++) {
        abi->at[i].version = cursor_u32le(c);
        abi->at[i].type = cursor_u32le(c);
    }
}

static void depends_read(struct cursor *c, struct image_meta *meta)
{
    meta->has_depends = true;
    abi_read(c, &meta->depends);
}

static void provides_read(struct cursor *c, struct image_meta *meta)
{
    meta->has_provides = true;
    abi_read(c, &meta->provides);
}

static void revocation_read(struct cursor *c, struct image_meta *meta)
{
    meta->has_security_version = true;
    meta->security_version = cursor_u32le(c);
}

static const struct section_reader {
    uint16_t id;
    void (*read)(struct cursor *c, struct image_meta *meta);
} readers[] = {
    {IMAGE_SECTION_ID, identity_read},  {IMAGE_SECTION_SG, signature_read},
    {IMAGE_SECTION_DB, debug_read},     {IMAGE_SECTION_TP, temporary_read},
    {IMAGE_SECTION_ND, depends_read},   {IMAGE_SECTION_NP, provides_read},
    {IMAGE_SECTION_RV, revocation_read},
};

static int section_parse(const struct image_section_view *view, struct image_meta *meta)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (readers[i].id != view->id)
            continue;
        struct cursor c = cursor_of(view->data);
        readers[i].read(&c, meta);
        int err = cursor_end(&c);
        /* Too short or too long: the section's own length is wrong. */
        return err == E_MORE || err == E_TRAILING ? E_MALFORMED : err;
    }
    return 0; /* not public, or not known to us: kept as bytes */
}

struct image_section_view image_section_next(struct cursor *c)
{
    struct image_section_view view = {.id = cursor_u16le(c)};
    view.data = cursor_bytes(c, cursor_u16le(c));
    if (view.data.len == 0) /* past the end, or an empty section */
        cursor_fail(c, E_MALFORMED);
    return view;
}

/* c stands behind the magic; the length word is not part of it. */
static int sections_parse(struct cursor *c, struct image_meta *meta)
{
    uint16_t seen[IMAGE_SECTIONS_MAX];
    const uint32_t count = cursor_u32le(c);
    bool has_id = false, has_sg = false;

    if (count > IMAGE_SECTIONS_MAX)
        return E_LIMIT;
    for (uint32_t n = 0; n < count; n++) {
        struct image_section_view view = image_section_next(c);
        if (c->err)
            return E_MALFORMED;
        for (uint32_t i = 0; i < n; i++)
            if (seen[i] == view.id)
                return E_DUPLICATE;
        seen[n] = view.id;
        has_id |= view.id == IMAGE_SECTION_ID;
        has_sg |= view.id == IMAGE_SECTION_SG;
        int err = section_parse(&view, meta);
        if (err)
            return err;
    }
    if (cursor_end(c) != 0)
        return E_MALFORMED;
    return has_id && has_sg ? 0 : E_MISSING;
}

int image_parse(struct span file, struct image *image)
{
    struct image got = {.file = file};
    int err = E_MORE;

    memset(image, 0, sizeof *image);
    if (file.len < METADATA_MIN + IMAGE_SIGNATURE_BYTES)
        goto out;
    const size_t signed_bytes = file.len - IMAGE_SIGNATURE_BYTES;
    struct cursor c = cursor_of(file);
    cursor_skip(&c, signed_bytes - METADATA_LENGTH_BYTES);
    const uint32_t metadata_bytes = cursor_u32le(&c);
    got.signature = cursor_bytes(&c, IMAGE_SIGNATURE_BYTES).at;

    err = E_LIMIT;
    if (metadata_bytes > IMAGE_METADATA_MAX)
        goto out;
    err = E_MALFORMED;
    if (metadata_bytes < METADATA_MIN || metadata_bytes > signed_bytes)
        goto out;
    c = cursor_of(file);
    got.signed_bytes = span_of(file.at, signed_bytes);
    got.body = cursor_bytes(&c, signed_bytes - metadata_bytes);
    got.metadata = cursor_bytes(&c, metadata_bytes);

    c = cursor_of(span_of(got.metadata.at, metadata_bytes - METADATA_LENGTH_BYTES));
    if (cursor_u32le(&c) != IMAGE_MAGIC)
        goto out;
    err = sections_parse(&c, &got.meta);
out:
    if (err == 0)
        *image = got;
    return err;
}

int image_digest(const struct image *image, uint8_t digest[static SHA256_BYTES])
{
    return crypto_sha256(&image->signed_bytes, 1, digest);
}

int image_verify(const struct image *image, const uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    int err = E_SIGNATURE;

    if (!image->signature)
        return E_SIGNATURE;
    if (image->meta.signing_type != IMAGE_SIGNING_ECDSA256)
        return E_UNSUPPORTED;
    err = image_digest(image, digest);
    if (err)
        return err;
    err = crypto_p256_verify(key, digest, image->signature);
    /* A key that is no point of the curve has signed nothing. */
    return err == E_MALFORMED ? E_SIGNATURE : err;
}

static const struct type_row {
    uint16_t type;
    const char *name;
} types[] = {
#define TYPE_ROW(name, number, text) {number, text},
    IMAGE_TYPE_TABLE(TYPE_ROW)
#undef TYPE_ROW
};

const char *image_type_name(uint16_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type)
            return types[i].name;
    return "Unknown";
}
