/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that a catalog's devices seal crash dumps to, and the key of one dump for who downloads it.
 * Source: docs/spec/crash-dump.md.
 *
 * It is not stored: made anew from the wrap key, which the issuers of one database share, and the catalog's tenant id.
 * Devices get it in a certificate of the OS CA, whose common name says for which catalog it is.
 * The issuer never sees a dump: it opens the 65 bytes in front of one, and seals what comes out to another key.
 */
#include <openssl/rand.h>
#include <string.h>

#include "lib/crash_dump.h"
#include "lib/ct.h"
#include "lib/guid.h"
#include "service/ipc/dump_ops.h"
#include "service/issuer/state.h"

static int key_of(const struct issuer *issuer, const uint8_t catalog[static 16],
                  uint8_t private[static HPKE_PRIVATE_BYTES], uint8_t public[static HPKE_PUBLIC_BYTES])
{
    static const char purpose[] = "perisphere crash dump key";
    uint8_t bytes[sizeof purpose - 1 + 16], seed[HPKE_SEED_BYTES];
    memcpy(bytes, purpose, sizeof purpose - 1);
    memcpy(bytes + sizeof purpose - 1, catalog, 16);
    int err = wrap_derive(&issuer->catalogs.wrap, span_of(bytes, sizeof bytes), seed);
    if (!err)
        err = hpke_pair(seed, private, public);
    ct_wipe(seed, sizeof seed);
    return err;
}

int issuer_dump_certificate(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_catalog_request r;
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], serial[ISSUER_SERIAL_BYTES],
        buffer[ISSUER_CERTIFICATE_MAX];
    char name[sizeof CRASH_DUMP_CERTIFICATE_NAME + GUID_TEXT_BYTES] = CRASH_DUMP_CERTIFICATE_NAME " ";
    struct span der;
    int err = issuer_catalog_request_parse(payload, &r);
    if (!err)
        err = guid_is_zero(r.catalog) ? E_NOT_FOUND : key_of(issuer, r.catalog, private, public);
    if (err)
        return err;
    ct_wipe(private, sizeof private);
    guid_format(r.catalog, name + strlen(name));
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
    return err ? err : issuer_leaf_reply(issuer, &leaf, der, &issuer->os, reply);
}

int issuer_dump_open(struct issuer *issuer, struct span payload, uint64_t now_s, struct writer *reply)
{
    struct issuer_dump_open r;
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], seed[HPKE_SEED_BYTES], key[CRASH_DUMP_KEY_BYTES];
    struct hpke_secret secret;
    (void)now_s;
    int err = record_parse(&issuer_dump_open_type, payload, &r);
    if (!err)
        err = RAND_bytes(seed, sizeof seed) == 1 ? 0 : E_ENTROPY;
    if (!err)
        err = key_of(issuer, r.catalog, private, public);
    if (err)
        return err;
    err = crash_dump_secret(private, r.catalog, r.enc, &secret);
    if (!err)
        err = crash_dump_key_seal(&secret, r.key, seed, span_of(r.head, sizeof r.head), key);
    if (!err)
        writer_bytes(reply, key, sizeof key);
    ct_wipe(private, sizeof private);
    ct_wipe(seed, sizeof seed);
    ct_wipe(&secret, sizeof secret);
    return err;
}
