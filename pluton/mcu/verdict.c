/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/verdict.h"

#include <string.h>

#include "pluton/mcu/fuse.h"
#include "pluton/mcu/hsp.h"

enum { STEPS = 5 };
#define YES_SHAPE 0x6996A55Au
#define YES_TYPE 0xC35A96A5u
#define YES_VERSION 0x5A3C69C3u
#define YES_AUTHORITY 0xA569C396u

bool verdict_parse(volatile struct verdict *v, const struct claim *claim, struct span file,
                   struct image *image)
{
    uint32_t floor;
    v->shape = v->type = v->version = v->authority = v->signature = v->steps = 0;
    v->reason = file.len == 0 ? E_NOT_FOUND : image_parse(file, image);
    if (v->reason)
        return false;
    if (claim->exact_bytes != 0 && file.len != claim->exact_bytes)
        v->reason = E_LENGTH;
    v->shape = YES_SHAPE ^ (uint32_t)v->reason;
    v->steps++;
    /* Or, not XOR: a wrong type and a wrong signing type must not make up for each other. */
    v->type = YES_TYPE ^ ((claim->type ^ image->meta.type) |
                          (image->meta.signing_type ^ IMAGE_SIGNING_ECDSA256));
    v->steps++;
    const int err = fuse_counter(claim->counter, &floor);
    if (err)
        v->reason = err;
    else if (image->meta.security_version >= floor)
        v->version = YES_VERSION;
    v->steps++;
    return v->shape == YES_SHAPE;
}

void verdict_root(volatile struct verdict *v, const uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    const struct span part = span_of(key, P256_PUBLIC_BYTES);
    uint32_t differ = hsp_digest(HSP_SHA_START, &part, 1, digest) ^ HSP_OK;
    unsigned i = 0;
    for (; i < FUSE_ROOT_WORDS; i++) {
        struct cursor c = cursor_of(span_of(digest + 4 * i, 4));
        differ |= fuse_word(FUSE_ROOT + i) ^ cursor_u32le(&c);
    }
    /* The count, so that a loop that ends early is no match. */
    v->authority = YES_AUTHORITY ^ differ ^ (i ^ FUSE_ROOT_WORDS);
    v->steps++;
}

void verdict_usage(volatile struct verdict *v, uint32_t usage, uint32_t needed)
{
    v->authority = YES_AUTHORITY ^ ((usage & needed) ^ needed) ^ (needed == 0);
    v->steps++;
}

void verdict_signature(volatile struct verdict *v, struct span file,
                       const uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    const struct span part = span_of(file.at, file.len - IMAGE_SIGNATURE_BYTES);
    const uint32_t digested = hsp_digest(HSP_SHA_START, &part, 1, digest);
    v->signature = hsp_verify(key, digest, file.at + part.len) ^ digested ^ HSP_OK;
    v->steps++;
}

uint32_t verdict_wrong_itself(const volatile struct verdict *v)
{
    return (v->shape ^ YES_SHAPE) | (v->type ^ YES_TYPE) | (v->version ^ YES_VERSION) |
           (v->signature ^ HSP_OK) | (v->steps ^ STEPS);
}

uint32_t verdict_wrong(const volatile struct verdict *v, unsigned count)
{
    uint32_t wrong = 0;
    unsigned i = 0;
    for (; i < count; i++)
        wrong |= verdict_wrong_itself(&v[i]) | (v[i].authority ^ YES_AUTHORITY);
    return wrong | (i ^ count) | (count == 0);
}

static const char *one_text(const volatile struct verdict *v, const struct claim *claim)
{
    if (v->reason == E_NOT_FOUND)
        return "no image";
    if (v->shape != YES_SHAPE)
        return err_text(v->reason);
    if (v->type != YES_TYPE)
        return "wrong image type";
    if (v->authority != YES_AUTHORITY)
        return claim->stranger;
    if (v->signature != HSP_OK)
        return err_text(v->signature == HSP_BAD_SIGNATURE ? E_SIGNATURE : E_CRYPTO);
    if (v->version != YES_VERSION)
        return v->reason ? "fuses are damaged" : err_text(E_ROLLBACK);
    return NULL;
}

const char *verdict_text(const volatile struct verdict *v, unsigned count,
                         const struct claim *claim)
{
    const char *text = NULL;
    for (unsigned i = 0; i < count && !text; i++)
        text = one_text(&v[i], claim);
    return text ? text : err_text(E_INTERNAL);
}
