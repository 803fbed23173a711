/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/management/audit_check.h"

#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/hex.h"

#define SEAL_NAME "Perisphere audit log"

enum { CERTIFICATE_MAX = 4096 };

static int say(struct audit_check *check, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int say(struct audit_check *check, int err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->why, sizeof check->why, format, arguments);
    va_end(arguments);
    return err;
}

static struct span text_in(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return span_of(json_string_value(value), json_string_length(value));
}

static bool number_in(json_t *object, const char *key, uint64_t *number)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

/* -- seals ------------------------------------------------------------------------ */

static X509 *certificate_in(json_t *seal, const char *member)
{
    uint8_t der[CERTIFICATE_MAX];
    struct writer w = writer_of(der, sizeof der);
    const uint8_t *at = der;
    int err = base64_decode(text_in(seal, member), &w);
    return err || w.err ? NULL : d2i_X509(NULL, &at, (long)w.len);
}

/* Signed by the root itself, or, where that is off line, by the CA that it signed. */
static bool signed_below(X509 *root, X509 *issuing, X509 *x)
{
    if (!issuing)
        return X509_verify(x, X509_get0_pubkey(root)) == 1;
    return X509_verify(issuing, X509_get0_pubkey(root)) == 1 && X509_check_ca(issuing) == 1 &&
           (X509_get_key_usage(issuing) & KU_KEY_CERT_SIGN) && X509_get_pathlen(issuing) > 0 &&
           X509_verify(x, X509_get0_pubkey(issuing)) == 1;
}

static bool signed_right(const struct audit_check *check, json_t *seal, X509 *x)
{
    const bool has_issuing = json_object_get(seal, "issuingCertificate") != NULL;
    X509 *issuing = has_issuing ? certificate_in(seal, "issuingCertificate") : NULL;
    bool good = false;
    for (int i = 0; (issuing || !has_issuing) && !good && i < sk_X509_num(check->roots); i++)
        good = signed_below(sk_X509_value(check->roots, i), issuing, x);
    X509_free(issuing);
    return good;
}

/* The public key of the sealing certificate, which is named so. */
static int key_take(struct audit_check *check, json_t *seal, uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t point[1 + P256_PUBLIC_BYTES];
    char name[64] = "";
    size_t len = 0;
    X509 *x = certificate_in(seal, "certificate");
    bool good = x && signed_right(check, seal, x) && X509_check_ca(x) == 0 &&
                X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name) > 0 &&
                strcmp(name, SEAL_NAME) == 0 &&
                EVP_PKEY_get_octet_string_param(X509_get0_pubkey(x), "pub", point, sizeof point, &len) == 1 &&
                len == sizeof point && point[0] == 4;
    X509_free(x);
    if (!good)
        return E_SIGNATURE;
    memcpy(key, point + 1, P256_PUBLIC_BYTES);
    return 0;
}

static int seal_take(struct audit_check *check, json_t *row, struct audit_seal *seal)
{
    uint8_t key[P256_PUBLIC_BYTES], digest[SHA256_BYTES];
    struct writer w = writer_of(seal->signature, sizeof seal->signature);
    if (!number_in(row, "sequence", &seal->sequence) || seal->sequence == 0 ||
        !number_in(row, "timeMs", &seal->time_ms) ||
        hex_decode(text_in(row, "digest"), seal->digest, sizeof seal->digest) != 0 ||
        base64_decode(text_in(row, "signature"), &w) != 0 || w.err || w.len != sizeof seal->signature)
        return say(check, E_MALFORMED, "a seal is malformed");
    int err = key_take(check, row, key);
    memcpy(check->key, key, sizeof check->key);
    if (err)
        return say(check, err, "the seal of record %llu is not by this service's issuer",
                   (unsigned long long)seal->sequence);
    if ((err = audit_seal_digest(seal, digest)) != 0 || (err = crypto_p256_verify(key, digest, seal->signature)) != 0)
        return say(check, err, "the signature of the seal of record %llu does not verify",
                   (unsigned long long)seal->sequence);
    return 0;
}

int audit_check_init(struct audit_check *check, const STACK_OF(X509) *roots, json_t *seals, const struct audit_seal *seen)
{
    size_t index;
    json_t *row;
    *check = (struct audit_check){.roots = roots};
    if (seen)
        check->seen = *seen;
    if (!json_is_array(seals))
        return say(check, E_MALFORMED, "the seals are not a list");
    check->seal = calloc(json_array_size(seals) + 1, sizeof *check->seal);
    if (!check->seal)
        return say(check, E_NOMEM, "out of memory");
    json_array_foreach(seals, index, row) {
        int err = seal_take(check, row, &check->seal[index]);
        if (err)
            return err;
        if (index && check->seal[index].sequence <= check->seal[index - 1].sequence)
            return say(check, E_CONFLICT, "the seals are not in order");
        check->seal_count++;
    }
    return 0;
}

void audit_check_release(struct audit_check *check)
{
    free(check->seal);
    *check = (struct audit_check){0};
}

/* -- where it begins ---------------------------------------------------------------- */

static const struct audit_seal *seal_of(const struct audit_check *check, uint64_t sequence)
{
    for (size_t i = 0; i < check->seal_count; i++)
        if (check->seal[i].sequence == sequence)
            return &check->seal[i];
    return NULL;
}

bool audit_check_sealed(const struct audit_check *check, uint64_t sequence, const uint8_t digest[static 32])
{
    const struct audit_seal *seal = seal_of(check, sequence);
    return seal && memcmp(seal->digest, digest, sizeof seal->digest) == 0;
}

static int checkpoint_take(struct audit_check *check, json_t *row, struct audit_seal *checkpoint)
{
    uint8_t digest[SHA256_BYTES];
    struct writer w = writer_of(checkpoint->signature, sizeof checkpoint->signature);
    if (!number_in(row, "sequence", &checkpoint->sequence) || checkpoint->sequence == 0 ||
        !number_in(row, "timeMs", &checkpoint->time_ms) ||
        hex_decode(text_in(row, "digest"), checkpoint->digest, sizeof checkpoint->digest) != 0 ||
        base64_decode(text_in(row, "signature"), &w) != 0 || w.err || w.len != sizeof checkpoint->signature)
        return say(check, E_MALFORMED, "the checkpoint is malformed");
    unsigned long long number = checkpoint->sequence;
    if (!seal_of(check, checkpoint->sequence))
        return say(check, E_SIGNATURE, "the log begins behind record %llu, which was never sealed", number);
    if (!audit_check_sealed(check, checkpoint->sequence, checkpoint->digest))
        return say(check, E_DIGEST, "the log begins behind a record %llu that is not the one that was sealed", number);
    int err = audit_checkpoint_digest(checkpoint, digest);
    if (!err)
        err = crypto_p256_verify(check->key, digest, checkpoint->signature);
    return err ? say(check, E_SIGNATURE, "the log begins behind record %llu, and the issuer did not let those before it go",
                     number) : 0;
}

int audit_check_begin(struct audit_check *check, json_t *row)
{
    struct audit_seal checkpoint = {0};
    const struct audit_seal *exported = &check->exported, *seen = &check->seen;
    int err = checkpoint_take(check, row, &checkpoint);
    if (err)
        return err;
    unsigned long long number = checkpoint.sequence;
    if (exported->sequence && exported->sequence < checkpoint.sequence)
        return say(check, E_MISSING, "the files end at record %llu, and the log begins behind record %llu: a file is missing, "
                   "or is an older one", (unsigned long long)exported->sequence, number);
    if (exported->sequence == checkpoint.sequence && memcmp(exported->digest, checkpoint.digest, 32) != 0)
        return say(check, E_DIGEST, "record %llu of the file is not the one behind which the log begins", number);
    if (seen->sequence && seen->sequence < checkpoint.sequence && !exported->sequence)
        return say(check, E_MISSING, "record %llu was seen here before, and the log begins behind record %llu: give what was "
                   "exported, --file", (unsigned long long)seen->sequence, number);
    if (seen->sequence == checkpoint.sequence && memcmp(seen->digest, checkpoint.digest, 32) != 0)
        return say(check, E_DIGEST, "record %llu, or one before it, is not the one that was seen here before", number);
    check->begins = check->sequence = checkpoint.sequence;
    memcpy(check->digest, checkpoint.digest, sizeof check->digest);
    while (check->seal_met < check->seal_count && check->seal[check->seal_met].sequence <= checkpoint.sequence)
        check->seal_met++;
    return 0;
}

/* -- records ------------------------------------------------------------------------ */

int audit_check_add(struct audit_check *check, json_t *row)
{
    uint8_t stored[SHA256_BYTES];
    struct audit_record record = {
        .principal = text_in(row, "principal"), .action = text_in(row, "action"), .path = text_in(row, "scope"),
        .detail = text_in(row, "detail"), .outcome = text_in(row, "outcome"),
        .request_id = text_in(row, "requestId"),
    };
    unsigned long long next = check->sequence + 1;
    if (!number_in(row, "sequence", &record.sequence) || !number_in(row, "timeMs", &record.time_ms) ||
        hex_decode(text_in(row, "digest"), stored, sizeof stored) != 0)
        return say(check, E_MALFORMED, "record %llu is malformed", next);
    if (record.sequence != next)
        return say(check, E_MISSING, "record %llu is missing: %llu stands in its place", next,
                   (unsigned long long)record.sequence);
    int err = audit_digest(check->digest, &record, check->digest);
    if (err)
        return say(check, err, "record %llu is malformed", next);
    if (memcmp(stored, check->digest, sizeof stored) != 0)
        return say(check, E_DIGEST, "record %llu was changed, or one before it", next);
    check->sequence = record.sequence;
    const struct audit_seal *seal = check->seal_met < check->seal_count ? &check->seal[check->seal_met] : NULL;
    if (seal && seal->sequence == record.sequence) {
        if (memcmp(seal->digest, stored, sizeof stored) != 0)
            return say(check, E_DIGEST, "record %llu, or one before it, is not the one that was sealed", next);
        check->seal_met++;
    }
    if (check->exported.sequence == record.sequence && memcmp(check->exported.digest, stored, sizeof stored) != 0)
        return say(check, E_DIGEST, "record %llu, or one before it, is not the one that was exported", next);
    if (check->seen.sequence == record.sequence && memcmp(check->seen.digest, stored, sizeof stored) != 0)
        return say(check, E_DIGEST, "record %llu, or one before it, is not the one that was seen here before", next);
    return 0;
}

int audit_check_end(struct audit_check *check)
{
    if (check->seal_met < check->seal_count)
        return say(check, E_MISSING, "the log ends at record %llu, and record %llu was sealed",
                   (unsigned long long)check->sequence,
                   (unsigned long long)check->seal[check->seal_count - 1].sequence);
    if (check->seen.sequence > check->sequence)
        return say(check, E_MISSING, "the log ends at record %llu, and record %llu was seen here before",
                   (unsigned long long)check->sequence, (unsigned long long)check->seen.sequence);
    return 0;
}
