/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that a catalog's devices seal crash dumps to, and the key of one dump for who downloads it.
 * Source: docs/spec/crash-dump.md.
 *
 * It is not stored: made anew from the wrap key, which the issuers of one database share, and the catalog's tenant id.  After
 * another wrap key has followed, what was sealed before is opened by the former one, for as long as there is any (wrap_ring.h).
 * Devices get it in a certificate of the OS CA, whose common name says for which catalog it is.  All that ask within an
 * hour get the same one: a device that asks in a loop makes nothing, and leaves one line an hour in the log of serials.
 * The issuer never sees a dump: it opens the 65 bytes in front of one, and seals what comes out to another key.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crash_dump.h"
#include "lib/ct.h"
#include "lib/guid.h"
#include "service/ipc/dump_ops.h"
#include "service/issuer/state.h"

static int key_of(const struct wrap *wrap, const uint8_t catalog[static 16], uint8_t private[static HPKE_PRIVATE_BYTES],
                  uint8_t public[static HPKE_PUBLIC_BYTES])
{
    static const char purpose[] = "perisphere crash dump key";
    uint8_t bytes[sizeof purpose - 1 + 16], seed[HPKE_SEED_BYTES];
    memcpy(bytes, purpose, sizeof purpose - 1);
    memcpy(bytes + sizeof purpose - 1, catalog, 16);
    int err = wrap_derive(wrap, span_of(bytes, sizeof bytes), seed);
    if (!err)
        err = hpke_pair(seed, private, public);
    ct_wipe(seed, sizeof seed);
    return err;
}

/* -- the certificate -------------------------------------------------------------- */

/* The catalog's place; else a free one, else the oldest. */
static struct dump_leaf *leaf_place(struct issuer *issuer, const uint8_t catalog[static 16])
{
    struct dump_leaf *place = issuer->dump_leaves;
    for (size_t i = 0; i < ISSUER_DUMP_LEAVES_MAX; i++) {
        struct dump_leaf *leaf = &issuer->dump_leaves[i];
        if (!leaf->der)
            return leaf; /* they fill from the front */
        if (memcmp(leaf->catalog, catalog, sizeof leaf->catalog) == 0)
            return leaf;
        if (leaf->made_s < place->made_s)
            place = leaf;
    }
    return place;
}

static void leaf_release(struct dump_leaf *leaf)
{
    free(leaf->der);
    *leaf = (struct dump_leaf){0};
}

void dump_leaves_release(struct issuer *issuer)
{
    for (size_t i = 0; i < ISSUER_DUMP_LEAVES_MAX; i++)
        leaf_release(&issuer->dump_leaves[i]);
}

static bool leaf_stands(const struct dump_leaf *leaf, const uint8_t catalog[static 16], uint64_t now_s)
{
    return leaf->der && memcmp(leaf->catalog, catalog, sizeof leaf->catalog) == 0 && leaf->made_s <= now_s &&
           now_s - leaf->made_s < ISSUER_DUMP_LEAF_S && now_s < leaf->not_after_s;
}

static int leaf_keep(struct dump_leaf *leaf, const uint8_t catalog[static 16], const struct certificate_request *made,
                     struct span der, uint64_t now_s)
{
    uint8_t *copy = malloc(der.len);
    if (!copy)
        return E_NOMEM;
    memcpy(copy, der.at, der.len);
    leaf_release(leaf);
    *leaf = (struct dump_leaf){.made_s = now_s, .not_before_s = made->not_before_s, .not_after_s = made->not_after_s,
                               .der = copy, .der_bytes = der.len};
    memcpy(leaf->catalog, catalog, sizeof leaf->catalog);
    memcpy(leaf->serial, made->serial, sizeof leaf->serial);
    return 0;
}

static int leaf_make(struct issuer *issuer, const uint8_t catalog[static 16], uint64_t now_s, struct dump_leaf *place)
{
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], serial[ISSUER_SERIAL_BYTES],
        buffer[ISSUER_CERTIFICATE_MAX];
    char name[sizeof CRASH_DUMP_CERTIFICATE_NAME + GUID_TEXT_BYTES] = CRASH_DUMP_CERTIFICATE_NAME " ";
    struct span der;
    int err = key_of(&issuer->catalogs.wrap.now, catalog, private, public);
    if (err)
        return err;
    ct_wipe(private, sizeof private);
    guid_format(catalog, name + strlen(name));
    uint64_t begin = now_s - ISSUER_BACKDATE_S, end = begin + profile_table[PROFILE_DUMP].life_s;
    if ((err = certificate_serial(serial)) != 0)
        return err;
    const struct certificate_request leaf = {
        .profile = PROFILE_DUMP, .serial = serial, .not_before_s = begin,
        .not_after_s = end < issuer->os.not_after_s ? end : issuer->os.not_after_s,
        .common_name = span_of(name, strlen(name)), .point = public, .point_bytes = sizeof public,
    };
    err = certificate_make(&leaf, &issuer->os, buffer, sizeof buffer, &der);
    if (!err)
        err = serial_log_add(&issuer->serials, &leaf, now_s);
    return err ? err : leaf_keep(place, catalog, &leaf, der, now_s);
}

int issuer_dump_certificate(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_catalog_request r;
    int err = issuer_catalog_request_parse(payload, &r);
    if (!err && guid_is_zero(r.catalog))
        err = E_NOT_FOUND;
    if (err)
        return err;
    struct dump_leaf *leaf = leaf_place(issuer, r.catalog);
    if (!leaf_stands(leaf, r.catalog, now_s) && (err = leaf_make(issuer, r.catalog, now_s, leaf)) != 0)
        return err;
    const struct certificate_request named = {.serial = leaf->serial, .not_before_s = leaf->not_before_s,
                                              .not_after_s = leaf->not_after_s};
    return issuer_leaf_reply(issuer, &named, span_of(leaf->der, leaf->der_bytes), &issuer->os, reply);
}

/* -- the key of one dump ------------------------------------------------------------ */

/* Which of the issuer's keys the dump was sealed under its head does not say: the key of the message is made for each, and
 * whoever opens the dump finds the one that does. */
static int one_open(const struct wrap *wrap, const struct issuer_dump_open *r, struct writer *reply)
{
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], seed[HPKE_SEED_BYTES], key[CRASH_DUMP_KEY_BYTES];
    struct hpke_secret secret;
    int err = RAND_bytes(seed, sizeof seed) == 1 ? 0 : E_ENTROPY;
    if (!err)
        err = key_of(wrap, r->catalog, private, public);
    if (err)
        return err;
    err = crash_dump_secret(private, r->catalog, r->enc, &secret);
    if (!err)
        err = crash_dump_key_seal(&secret, r->key, seed, span_of(r->head, sizeof r->head), key);
    if (!err)
        writer_bytes(reply, key, sizeof key);
    ct_wipe(private, sizeof private);
    ct_wipe(seed, sizeof seed);
    ct_wipe(&secret, sizeof secret);
    return err;
}

int issuer_dump_open(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_dump_open r;
    const struct wrap *wrap;
    (void)now_s;
    int err = record_parse(&issuer_dump_open_type, payload, &r);
    if (err)
        return err;
    err = one_open(&issuer->catalogs.wrap.now, &r, reply);
    if (err && err != E_UNSUPPORTED) /* a token that derives nothing: what came before it may */
        return err;
    /* One of the others that cannot be had now keeps nobody from what the rest open. */
    for (size_t i = 1; (wrap = wrap_ring_at(&issuer->catalogs.wrap, i)) != NULL; i++)
        if (one_open(wrap, &r, reply) == 0)
            err = 0;
    return err;
}
