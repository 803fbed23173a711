/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/crash_dump.h"

#include <string.h>

#include "lib/ct.h"

_Static_assert((int)HPKE_PUBLIC_BYTES == (int)CRASH_DUMP_ENC_BYTES && (int)HPKE_TAG_BYTES == (int)CRASH_DUMP_TAG_BYTES,
               "abi/crash_dump.h");
_Static_assert(sizeof(struct hpke_secret) == CRASH_DUMP_SECRET_BYTES, "abi/crash_dump.h");

enum { SIGNAL_MAX = 64, PURPOSE_BYTES = sizeof CRASH_DUMP_INFO - 1 };

int crash_dump_head_parse(struct span bytes, struct crash_dump *dump)
{
    struct cursor c = cursor_of(bytes);
    memset(dump, 0, sizeof *dump);
    struct crash_dump got = {.head = cursor_bytes(&c, CRASH_DUMP_HEAD_BYTES)};
    if (c.err)
        return c.err;
    struct cursor h = cursor_of(got.head);
    uint32_t magic = cursor_u32le(&h);
    uint16_t version = cursor_u16le(&h), zero = cursor_u16le(&h);
    cursor_copy(&h, got.dump, sizeof got.dump);
    cursor_copy(&h, got.device_id, sizeof got.device_id);
    cursor_copy(&h, got.catalog, sizeof got.catalog);
    cursor_copy(&h, got.group, sizeof got.group);
    cursor_copy(&h, got.component, sizeof got.component);
    cursor_copy(&h, got.image, sizeof got.image);
    got.signal = cursor_u32le(&h);
    got.core_bytes = cursor_u32le(&h);
    got.time_s = cursor_u64le(&h);
    int err = cursor_end(&h);
    if (err)
        return err;
    if (magic != CRASH_DUMP_MAGIC || zero)
        return E_MALFORMED;
    if (version != CRASH_DUMP_VERSION)
        return E_VERSION;
    if (got.signal < 1 || got.signal > SIGNAL_MAX || got.core_bytes < 1 || got.core_bytes > CRASH_DUMP_CORE_MAX ||
        got.time_s > INT64_MAX)
        return E_LIMIT;
    *dump = got;
    return 0;
}

int crash_dump_parse(struct span bytes, struct crash_dump *dump)
{
    struct cursor c = cursor_of(bytes);
    int err = crash_dump_head_parse(bytes, dump);
    if (err)
        return err;
    cursor_skip(&c, CRASH_DUMP_HEAD_BYTES);
    dump->enc = cursor_bytes(&c, CRASH_DUMP_ENC_BYTES);
    dump->sealed = cursor_bytes(&c, dump->core_bytes + CRASH_DUMP_TAG_BYTES);
    err = cursor_end(&c);
    if (err)
        memset(dump, 0, sizeof *dump);
    return err;
}

static void head_write(const struct crash_dump *head, struct writer *w)
{
    writer_u32le(w, CRASH_DUMP_MAGIC);
    writer_u16le(w, CRASH_DUMP_VERSION);
    writer_u16le(w, 0);
    writer_bytes(w, head->dump, sizeof head->dump);
    writer_bytes(w, head->device_id, sizeof head->device_id);
    writer_bytes(w, head->catalog, sizeof head->catalog);
    writer_bytes(w, head->group, sizeof head->group);
    writer_bytes(w, head->component, sizeof head->component);
    writer_bytes(w, head->image, sizeof head->image);
    writer_u32le(w, head->signal);
    writer_u32le(w, head->core_bytes);
    writer_u64le(w, head->time_s);
}

static struct span info_write(const uint8_t catalog[static 16], uint8_t info[static PURPOSE_BYTES + 16])
{
    memcpy(info, CRASH_DUMP_INFO, PURPOSE_BYTES);
    memcpy(info + PURPOSE_BYTES, catalog, 16);
    return span_of(info, PURPOSE_BYTES + 16);
}

int crash_dump_begin(struct crash_dump_sealer *s, const struct crash_dump *head, const uint8_t public[static HPKE_PUBLIC_BYTES],
                     const uint8_t seed[static HPKE_SEED_BYTES], uint8_t first[static CRASH_DUMP_FIRST_BYTES])
{
    uint8_t info[PURPOSE_BYTES + 16];
    struct hpke_secret secret;
    struct writer w = writer_of(first, CRASH_DUMP_HEAD_BYTES);
    *s = (struct crash_dump_sealer){0};
    if (head->core_bytes < 1 || head->core_bytes > CRASH_DUMP_CORE_MAX || head->signal < 1 || head->signal > SIGNAL_MAX)
        return E_LIMIT;
    head_write(head, &w);
    int err = w.err ? w.err
                    : hpke_encap(public, info_write(head->catalog, info), seed, first + CRASH_DUMP_HEAD_BYTES, &secret);
    if (err)
        return err;
    err = hpke_sealer_new(&secret, writer_view(&w), &s->sealer);
    ct_wipe(&secret, sizeof secret);
    s->left = err ? 0 : head->core_bytes;
    return err;
}

int crash_dump_put(struct crash_dump_sealer *s, struct span piece, uint8_t *out)
{
    if (!s->sealer || piece.len > s->left)
        return E_LIMIT;
    s->left -= (uint32_t)piece.len;
    return hpke_sealer_put(s->sealer, piece, out);
}

int crash_dump_end(struct crash_dump_sealer *s, uint8_t tag[static CRASH_DUMP_TAG_BYTES])
{
    return !s->sealer || s->left ? E_MORE : hpke_sealer_end(s->sealer, tag);
}

void crash_dump_release(struct crash_dump_sealer *s)
{
    hpke_sealer_free(s->sealer);
    *s = (struct crash_dump_sealer){0};
}

int crash_dump_seal(const struct crash_dump *head, const uint8_t public[static HPKE_PUBLIC_BYTES],
                    const uint8_t seed[static HPKE_SEED_BYTES], struct span core, struct writer *w)
{
    struct crash_dump whole = *head;
    struct crash_dump_sealer s;
    if (core.len < 1 || core.len > CRASH_DUMP_CORE_MAX)
        return E_LIMIT;
    if (w->err || w->cap - w->len < CRASH_DUMP_EXTRA_BYTES + core.len)
        return E_FULL;
    whole.core_bytes = (uint32_t)core.len;
    uint8_t *at = (uint8_t *)w->at + w->len;
    int err = crash_dump_begin(&s, &whole, public, seed, at);
    if (!err)
        err = crash_dump_put(&s, core, at + CRASH_DUMP_FIRST_BYTES);
    if (!err)
        err = crash_dump_end(&s, at + CRASH_DUMP_FIRST_BYTES + core.len);
    crash_dump_release(&s);
    if (!err)
        w->len += CRASH_DUMP_EXTRA_BYTES + core.len;
    return err;
}

int crash_dump_secret(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t catalog[static 16],
                      const uint8_t enc[static CRASH_DUMP_ENC_BYTES], struct hpke_secret *secret)
{
    uint8_t info[PURPOSE_BYTES + 16];
    return hpke_decap(private, enc, info_write(catalog, info), secret);
}

static struct span key_info(void)
{
    return span_of(CRASH_DUMP_KEY_INFO, sizeof CRASH_DUMP_KEY_INFO - 1);
}

int crash_dump_key_seal(const struct hpke_secret *secret, const uint8_t public[static HPKE_PUBLIC_BYTES],
                        const uint8_t seed[static HPKE_SEED_BYTES], struct span head,
                        uint8_t key[static CRASH_DUMP_KEY_BYTES])
{
    struct hpke_secret own;
    uint8_t plain[CRASH_DUMP_SECRET_BYTES];
    memset(key, 0, CRASH_DUMP_KEY_BYTES);
    memcpy(plain, secret->key, sizeof secret->key);
    memcpy(plain + sizeof secret->key, secret->nonce, sizeof secret->nonce);
    int err = hpke_encap(public, key_info(), seed, key, &own);
    if (!err)
        err = hpke_seal(&own, head, span_of(plain, sizeof plain), key + CRASH_DUMP_ENC_BYTES);
    ct_wipe(plain, sizeof plain);
    ct_wipe(&own, sizeof own);
    return err;
}

int crash_dump_key_open(const uint8_t private[static HPKE_PRIVATE_BYTES], struct span head,
                        const uint8_t key[static CRASH_DUMP_KEY_BYTES], struct hpke_secret *secret)
{
    struct hpke_secret own;
    uint8_t plain[CRASH_DUMP_SECRET_BYTES];
    memset(secret, 0, sizeof *secret);
    int err = hpke_decap(private, key, key_info(), &own);
    if (!err)
        err = hpke_open(&own, head, span_of(key + CRASH_DUMP_ENC_BYTES, sizeof plain + CRASH_DUMP_TAG_BYTES), plain);
    if (!err) {
        memcpy(secret->key, plain, sizeof secret->key);
        memcpy(secret->nonce, plain + sizeof secret->key, sizeof secret->nonce);
    }
    ct_wipe(plain, sizeof plain);
    ct_wipe(&own, sizeof own);
    return err;
}

int crash_dump_open(const struct crash_dump *dump, const struct hpke_secret *secret, uint8_t *core)
{
    return hpke_open(secret, dump->head, dump->sealed, core);
}
