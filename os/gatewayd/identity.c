/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

#include "os/gatewayd/identity.h"

#include <stdio.h>
#include <string.h>

#include "lib/crypto.h"
#include "lib/ct.h"
#include "os/gatewayd/store.h"

void identity_wipe(struct identity *identity)
{
    ct_wipe(identity, sizeof *identity);
}

static size_t part_read(struct cursor *c, uint8_t *to, size_t cap)
{
    size_t len = cursor_u16le(c);
    if (len > cap)
        cursor_fail(c, E_LIMIT);
    if (len == 0)
        cursor_fail(c, E_MALFORMED);
    if (c->err)
        return 0;
    cursor_copy(c, to, len);
    return len;
}

int identity_parse(struct span bytes, struct identity *to)
{
    struct cursor c = cursor_of(bytes);
    memset(to, 0, sizeof *to);
    to->key_len = part_read(&c, to->key, sizeof to->key);
    to->certificate_len = part_read(&c, to->certificate, sizeof to->certificate);
    struct span signed_part = {bytes.at, bytes.len - c.left};
    uint8_t digest[SHA256_BYTES];
    struct span stored = cursor_bytes(&c, sizeof digest);
    int err = cursor_end(&c);
    if (!err)
        err = crypto_sha256(&signed_part, 1, digest);
    if (!err && memcmp(digest, stored.at, sizeof digest) != 0)
        err = E_DIGEST;
    if (err)
        identity_wipe(to);
    return err;
}

int identity_write(const struct identity *identity, struct writer *w)
{
    uint8_t digest[SHA256_BYTES];
    size_t from = w->len;
    writer_u16le(w, (uint16_t)identity->key_len);
    writer_bytes(w, identity->key, identity->key_len);
    writer_u16le(w, (uint16_t)identity->certificate_len);
    writer_bytes(w, identity->certificate, identity->certificate_len);
    struct span part = {w->at + from, w->len - from};
    int err = w->err ? w->err : crypto_sha256(&part, 1, digest);
    if (err)
        return err;
    writer_bytes(w, digest, sizeof digest);
    return w->err;
}

static int certificate_make(ecc_key *key, WC_RNG *rng, const char *common_name, struct identity *to)
{
    static const char not_before[] = "\x17\x0d" "200101000000Z", not_after[] = "\x17\x0d" "491231235959Z";
    Cert certificate;
    if (wc_InitCert(&certificate) != 0)
        return E_CRYPTO;
    certificate.sigType = CTC_SHA256wECDSA;
    certificate.selfSigned = 1;
    certificate.isCA = 0;
    snprintf(certificate.subject.commonName, sizeof certificate.subject.commonName, "%s", common_name);
    snprintf(certificate.subject.org, sizeof certificate.subject.org, "%s", "Perisphere device");
    memcpy(certificate.beforeDate, not_before, sizeof not_before - 1);
    certificate.beforeDateSz = sizeof not_before - 1;
    memcpy(certificate.afterDate, not_after, sizeof not_after - 1);
    certificate.afterDateSz = sizeof not_after - 1;
    certificate.issuer = certificate.subject;
    int len = wc_MakeCert(&certificate, to->certificate, sizeof to->certificate, NULL, key, rng);
    if (len > 0)
        len = wc_SignCert(certificate.bodySz, certificate.sigType, to->certificate,
                          sizeof to->certificate, NULL, key, rng);
    if (len <= 0)
        return E_CRYPTO;
    to->certificate_len = (size_t)len;
    return 0;
}

int identity_make(const char *common_name, struct identity *to)
{
    WC_RNG rng;
    ecc_key key;
    int err = E_CRYPTO;
    memset(to, 0, sizeof *to);
    if (wc_InitRng(&rng) != 0)
        return E_ENTROPY;
    if (wc_ecc_init(&key) == 0) {
        if (wc_ecc_make_key_ex(&rng, 32, &key, ECC_SECP256R1) == 0) {
            int len = wc_EccKeyToDer(&key, to->key, sizeof to->key);
            to->key_len = len > 0 ? (size_t)len : 0;
            err = len > 0 ? certificate_make(&key, &rng, common_name, to) : E_CRYPTO;
        }
        wc_ecc_free(&key);
    }
    wc_FreeRng(&rng);
    if (err)
        identity_wipe(to);
    return err;
}

int identity_load(int folder, const char *common_name, struct identity *to)
{
    uint8_t file[IDENTITY_FILE_MAX + 1];
    size_t len;
    int err = store_read(folder, STORE_IDENTITY, file, sizeof file, &len);
    if (!err)
        err = identity_parse(span_of(file, len), to);
    if (!err)
        goto out;
    if (err != E_NOT_FOUND)
        fprintf(stderr, "gatewayd: key of the local interface: %s: a new one is made\n", err_text(err));
    err = identity_make(common_name, to);
    if (!err) {
        struct writer w = writer_of(file, IDENTITY_FILE_MAX);
        err = identity_write(to, &w);
        if (!err)
            err = store_write(folder, STORE_IDENTITY, writer_view(&w));
    }
    if (err)
        identity_wipe(to);
out:
    ct_wipe(file, sizeof file);
    return err;
}
