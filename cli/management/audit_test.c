/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/audit.md: whoever holds the database cannot change it unseen.  Every
 * record in every field, every record left out, every two exchanged, every end cut
 * off, each also with the chain computed anew; seals by others; the history seen before.  And records that
 * went: without the issuer's word, with a forged one, with a file that is another or an older one.
 */
#include "cli/management/audit_file.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/hex.h"
#include "tests/check.h"

enum { RECORDS = 9 };

static EVP_PKEY *root_key, *seal_key;
static X509 *root, *seal_certificate;
static STACK_OF(X509) *roots; /* another service's, and root */
static const uint64_t sealed[] = {3, 6, RECORDS};
enum { SEALS = sizeof sealed / sizeof sealed[0] };

static X509 *certificate(const char *name, EVP_PKEY *key, EVP_PKEY *by, bool ca)
{
    X509 *x = X509_new();
    REQUIRE(x != NULL);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
    REQUIRE(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
    REQUIRE(X509_sign(x, by, EVP_sha256()) > 0);
    return x;
}

static json_t *base64(const void *bytes, size_t len)
{
    char text[4096];
    struct writer w = writer_of(text, sizeof text);
    base64_encode(span_of(bytes, len), &w);
    REQUIRE(w.err == 0);
    return json_stringn(text, w.len);
}

typedef int digest_of(const struct audit_seal *seal, uint8_t digest[static 32]);

/* x: whose certificate goes with it, NULL: none. */
static json_t *signed_make(uint64_t sequence, const uint8_t digest[static 32], EVP_PKEY *key, X509 *x, digest_of *of)
{
    struct audit_seal seal = {.sequence = sequence, .time_ms = 5};
    uint8_t hash[32], der[128], *whole = NULL;
    char hex[65];
    size_t len = sizeof der;
    memcpy(seal.digest, digest, 32);
    REQUIRE(of(&seal, hash) == 0);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    REQUIRE(c && EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_sign(c, der, &len, hash, 32) == 1);
    EVP_PKEY_CTX_free(c);
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    REQUIRE(pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), seal.signature, 32) == 32 &&
            BN_bn2binpad(ECDSA_SIG_get0_s(pair), seal.signature + 32, 32) == 32);
    ECDSA_SIG_free(pair);
    hex_encode(digest, 32, hex);
    json_t *json = json_pack("{s:I,s:s,s:I,s:o}", "sequence", (json_int_t)sequence, "digest", hex, "timeMs",
                             (json_int_t)5, "signature", base64(seal.signature, 64));
    if (x) {
        int bytes = i2d_X509(x, &whole);
        REQUIRE(bytes > 0);
        json_object_set_new(json, "certificate", base64(whole, (size_t)bytes));
        OPENSSL_free(whole);
    }
    return json;
}

static json_t *seal_make(uint64_t sequence, const uint8_t digest[static 32], EVP_PKEY *key, X509 *x)
{
    return signed_make(sequence, digest, key, x, audit_seal_digest);
}

static struct span text_of(json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);
    return span_of(json_string_value(value), json_string_length(value));
}

/* As one who can write the database would: sequences and digests that fit. */
static void chain_anew(json_t *records)
{
    uint8_t digest[32] = {0};
    char hex[65];
    size_t index;
    json_t *row;
    json_array_foreach(records, index, row) {
        const struct audit_record record = {
            .sequence = index + 1, .time_ms = (uint64_t)json_integer_value(json_object_get(row, "timeMs")),
            .principal = text_of(row, "principal"), .action = text_of(row, "action"),
            .path = text_of(row, "scope"), .detail = text_of(row, "detail"), .outcome = text_of(row, "outcome"),
            .request_id = text_of(row, "requestId")};
        REQUIRE(audit_digest(digest, &record, digest) == 0);
        hex_encode(digest, 32, hex);
        json_object_set_new(row, "sequence", json_integer((json_int_t)index + 1));
        json_object_set_new(row, "digest", json_string(hex));
    }
}

static json_t *records_make(void)
{
    json_t *records = json_array();
    for (int i = 0; i < RECORDS; i++)
        json_array_append_new(records, json_pack("{s:i,s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "sequence", 0, "timeMs",
                                                 1000 + i, "principal", "certificate:a", "action", "x/write",
                                                 "scope", "/c", "detail", i % 2 ? "d" : "", "outcome", "Succeeded",
                                                 "requestId", "r"));
    chain_anew(records);
    return records;
}

static void digest_at(json_t *records, uint64_t sequence, uint8_t digest[static 32])
{
    REQUIRE(hex_decode(text_of(json_array_get(records, sequence - 1), "digest"), digest, 32) == 0);
}

static json_t *seals_make(json_t *records)
{
    json_t *seals = json_array();
    uint8_t digest[32];
    for (int i = 0; i < SEALS; i++) {
        digest_at(records, sealed[i], digest);
        json_array_append_new(seals, seal_make(sealed[i], digest, seal_key, seal_certificate));
    }
    return seals;
}

/* With a checkpoint, behind which the records begin, and where files end that were exported; both may be NULL. */
static int run_behind(json_t *checkpoint, json_t *rest, json_t *seals, const struct audit_seal *exported,
                      const struct audit_seal *seen)
{
    struct audit_check check;
    size_t index;
    json_t *row;
    int err = audit_check_init(&check, roots, seals, seen);
    if (exported)
        check.exported = *exported;
    if (!err && checkpoint)
        err = audit_check_begin(&check, checkpoint);
    json_array_foreach(rest, index, row) {
        if (!err)
            err = audit_check_add(&check, row);
    }
    if (!err)
        err = audit_check_end(&check);
    CHECK((err != 0) == (check.why[0] != '\0'));
    audit_check_release(&check);
    return err;
}

static int run(json_t *records, json_t *seals, const struct audit_seal *seen)
{
    return run_behind(NULL, records, seals, NULL, seen);
}

/* Found as it is, and found when the chain is computed anew: by the seals. */
static void refused_both(json_t *records, json_t *seals)
{
    CHECK(run(records, seals, NULL) != 0);
    chain_anew(records);
    CHECK(run(records, seals, NULL) != 0);
}

static void test_each_record(void)
{
    static const char *const texts[] = {"principal", "action", "scope", "detail", "outcome", "requestId"};
    json_t *good = records_make(), *seals = seals_make(good);
    CHECK_INT(run(good, seals, NULL), 0);
    for (size_t i = 0; i < RECORDS; i++) {
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            json_t *bad = json_deep_copy(good);
            json_object_set_new(json_array_get(bad, i), texts[k], json_string("other"));
            refused_both(bad, seals);
            json_decref(bad);
        }
        json_t *bad = json_deep_copy(good);
        json_object_set_new(json_array_get(bad, i), "timeMs", json_integer(1));
        refused_both(bad, seals);
        json_decref(bad);
        bad = json_deep_copy(good); /* left out */
        json_array_remove(bad, i);
        refused_both(bad, seals);
        json_decref(bad);
        bad = json_deep_copy(good); /* one more */
        json_array_insert_new(bad, i, json_deep_copy(json_array_get(good, i)));
        json_object_set_new(json_array_get(bad, i), "timeMs", json_integer(1));
        refused_both(bad, seals);
        json_decref(bad);
        bad = json_deep_copy(good); /* cut off here */
        while (json_array_size(bad) > i)
            json_array_remove(bad, json_array_size(bad) - 1);
        refused_both(bad, seals);
        json_decref(bad);
        for (size_t k = i + 1; k < RECORDS; k++) { /* exchanged */
            bad = json_deep_copy(good);
            json_t *a = json_incref(json_array_get(bad, i)), *b = json_incref(json_array_get(bad, k));
            json_array_set(bad, i, b);
            json_array_set(bad, k, a);
            json_decref(a);
            json_decref(b);
            refused_both(bad, seals);
            json_decref(bad);
        }
    }
    json_decref(good);
    json_decref(seals);
}

static void test_malformed(void)
{
    static const char *const members[] = {"sequence", "timeMs", "digest"};
    json_t *good = records_make(), *seals = seals_make(good);
    for (size_t i = 0; i < 3; i++) {
        json_t *bad = json_deep_copy(good);
        json_object_set_new(json_array_get(bad, 3), members[i], json_null());
        CHECK_INT(run(bad, seals, NULL), E_MALFORMED);
        json_decref(bad);
        for (size_t k = 0; k < SEALS; k++) {
            bad = json_deep_copy(seals);
            json_object_set_new(json_array_get(bad, k), members[i], json_null());
            CHECK_INT(run(good, bad, NULL), E_MALFORMED);
            json_decref(bad);
        }
    }
    CHECK_INT(run(good, NULL, NULL), E_MALFORMED);
    json_decref(good);
    json_decref(seals);
}

/* One who holds the database, and keys of their own, seals a history of their own. */
static void test_seals_of_others(void)
{
    json_t *records = records_make(), *seals = seals_make(records);
    uint8_t digest[32];
    digest_at(records, RECORDS, digest);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    X509 *self = certificate("Perisphere audit log", other, other, false);
    X509 *named = certificate("Perisphere 0123", other, root_key, false);
    X509 *ca = certificate("Perisphere audit log", other, root_key, true);
    const struct {
        EVP_PKEY *key;
        X509 *x;
    } rows[] = {{other, self}, {other, named}, {other, ca}, {other, seal_certificate}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *bad = json_array();
        json_array_append_new(bad, seal_make(RECORDS, digest, rows[i].key, rows[i].x));
        CHECK_INT(run(records, bad, NULL), E_SIGNATURE);
        json_decref(bad);
    }
    json_t *swapped = json_deep_copy(seals);
    json_array_append(swapped, json_array_get(seals, 0));
    CHECK_INT(run(records, swapped, NULL), E_CONFLICT);
    json_decref(swapped);
    X509_free(self);
    X509_free(named);
    X509_free(ca);
    EVP_PKEY_free(other);
    json_decref(records);
    json_decref(seals);
}

/* Even the issuer's key cannot take back what an operator has seen. */
static void test_seen_before(void)
{
    json_t *records = records_make(), *none = json_array();
    for (uint64_t at = 1; at <= RECORDS; at++) {
        struct audit_seal seen = {.sequence = at};
        digest_at(records, at, seen.digest);
        CHECK_INT(run(records, none, &seen), 0);
        json_t *bad = json_deep_copy(records);
        json_object_set_new(json_array_get(bad, at - 1), "outcome", json_string("other"));
        chain_anew(bad);
        json_t *seals = seals_make(bad);
        CHECK_INT(run(bad, seals, NULL), 0);
        CHECK_INT(run(bad, seals, &seen), E_DIGEST);
        while (json_array_size(bad) >= at)
            json_array_remove(bad, json_array_size(bad) - 1);
        CHECK_INT(run(bad, none, &seen), E_MISSING);
        json_decref(bad);
        json_decref(seals);
    }
    json_decref(records);
    json_decref(none);
}

/* -- records that went --------------------------------------------------------------- */

static json_t *checkpoint_make(json_t *records, uint64_t sequence, EVP_PKEY *key)
{
    uint8_t digest[32];
    digest_at(records, sequence, digest);
    return signed_make(sequence, digest, key, NULL, audit_checkpoint_digest);
}

static json_t *behind(json_t *records, uint64_t sequence)
{
    json_t *rest = json_deep_copy(records);
    for (uint64_t i = 0; i < sequence; i++)
        json_array_remove(rest, 0);
    return rest;
}

static struct audit_seal at(json_t *records, uint64_t sequence)
{
    struct audit_seal seal = {.sequence = sequence};
    digest_at(records, sequence, seal.digest);
    return seal;
}

static void test_checkpoint(void)
{
    json_t *records = records_make(), *seals = seals_make(records), *rest = behind(records, sealed[1]);
    json_t *good = checkpoint_make(records, sealed[1], seal_key);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    CHECK_INT(run_behind(good, rest, seals, NULL, NULL), 0);
    CHECK_INT(run_behind(NULL, rest, seals, NULL, NULL), E_MISSING); /* they went without a word */
    json_t *more = behind(records, sealed[1] + 1);
    CHECK_INT(run_behind(good, more, seals, NULL, NULL), E_MISSING);
    CHECK_INT(run_behind(good, records, seals, NULL, NULL), E_MISSING);
    /* forged: another key's, a seal's signature, another record's, of one that was never sealed, changed */
    json_t *bad = checkpoint_make(records, sealed[1], other);
    CHECK_INT(run_behind(bad, rest, seals, NULL, NULL), E_SIGNATURE);
    json_object_set(bad, "signature", json_object_get(json_array_get(seals, 1), "signature"));
    CHECK_INT(run_behind(bad, rest, seals, NULL, NULL), E_SIGNATURE);
    json_decref(bad);
    uint64_t unsealed = sealed[1] + 1;
    bad = checkpoint_make(records, unsealed, seal_key);
    json_t *behind_it = behind(records, unsealed);
    CHECK_INT(run_behind(bad, behind_it, seals, NULL, NULL), E_SIGNATURE);
    json_decref(behind_it);
    json_decref(bad);
    json_t *history = json_deep_copy(records); /* another history, whose owner has the issuer's word for it */
    json_object_set_new(json_array_get(history, 0), "outcome", json_string("other"));
    chain_anew(history);
    bad = checkpoint_make(history, sealed[1], seal_key);
    json_t *theirs = behind(history, sealed[1]);
    CHECK_INT(run_behind(bad, theirs, seals, NULL, NULL), E_DIGEST);
    json_decref(theirs);
    json_decref(bad);
    static const char *const members[] = {"sequence", "timeMs", "digest", "signature"};
    for (size_t i = 0; i < 4; i++) {
        bad = json_deep_copy(good);
        json_object_set_new(bad, members[i], json_null());
        CHECK_INT(run_behind(bad, rest, seals, NULL, NULL), E_MALFORMED);
        json_decref(bad);
    }
    bad = json_deep_copy(good);
    json_object_set_new(bad, "timeMs", json_integer(6));
    CHECK_INT(run_behind(bad, rest, seals, NULL, NULL), E_SIGNATURE);
    json_decref(bad);

    /* what was seen here, and what was exported, must reach to where the log begins */
    struct audit_seal seen = at(records, sealed[1] - 1), exported = at(records, sealed[1]);
    CHECK_INT(run_behind(good, rest, seals, NULL, &seen), E_MISSING);
    CHECK_INT(run_behind(good, rest, seals, &exported, &seen), 0);
    exported = at(records, sealed[0]); /* an older file */
    CHECK_INT(run_behind(good, rest, seals, &exported, &seen), E_MISSING);
    exported = at(history, sealed[1]);
    CHECK_INT(run_behind(good, rest, seals, &exported, NULL), E_DIGEST);
    exported = at(history, RECORDS);
    CHECK_INT(run_behind(good, rest, seals, &exported, NULL), E_DIGEST);
    exported = at(records, RECORDS);
    CHECK_INT(run_behind(good, rest, seals, &exported, NULL), 0);
    seen = at(records, sealed[1]);
    CHECK_INT(run_behind(good, rest, seals, NULL, &seen), 0);
    seen.digest[0] ^= 1;
    CHECK_INT(run_behind(good, rest, seals, NULL, &seen), E_DIGEST);
    json_decref(history);
    json_decref(good);
    json_decref(more);
    json_decref(rest);
    json_decref(seals);
    json_decref(records);
    EVP_PKEY_free(other);
}

/* -- files ----------------------------------------------------------------------------- */

static char exported_file[64];

static void file_make(json_t *records, uint64_t from, uint64_t to, const char *more)
{
    struct audit_seal after = {0};
    if (from)
        after = at(records, from);
    uint8_t digest[32];
    digest_at(records, sealed[1], digest);
    json_t *seal = seal_make(sealed[1], digest, seal_key, seal_certificate);
    char *head = audit_file_head(&after, seal);
    FILE *f = fopen(exported_file, "we");
    REQUIRE(head && f);
    fprintf(f, "%s\n", head);
    for (uint64_t i = from; i < to; i++) {
        char *line = json_dumps(json_array_get(records, i), JSON_COMPACT);
        fprintf(f, "%s\n", line);
        free(line);
    }
    fputs(more, f);
    REQUIRE(fclose(f) == 0);
    free(head);
    json_decref(seal);
}

static int file_run(const struct audit_seal *seen, struct audit_seal *end)
{
    struct audit_seal after;
    const struct audit_seal none = {0};
    return audit_file_check(exported_file, roots, seen ? seen : &none, &after, end);
}

static void test_file(void)
{
    json_t *records = records_make();
    struct audit_seal end;
    FILE *nowhere = fopen("/dev/null", "we");
    REQUIRE(nowhere != NULL);
    fail_redirect(nowhere);
    strcpy(exported_file, "/tmp/peri-audit-XXXXXX");
    int fd = mkstemp(exported_file);
    REQUIRE(fd >= 0);
    close(fd);
    file_make(records, 0, sealed[1], "");
    CHECK_INT(file_run(NULL, &end), 0);
    CHECK_INT(end.sequence, sealed[1]);
    struct audit_seal seen = at(records, 2);
    CHECK_INT(file_run(&seen, &end), 0);
    seen.digest[0] ^= 1;
    CHECK_INT(file_run(&seen, &end), PERI_EXIT_REFUSED);
    file_make(records, sealed[0], sealed[1], ""); /* goes on behind an earlier one */
    CHECK_INT(file_run(NULL, &end), 0);
    file_make(records, 0, sealed[1] - 1, ""); /* cut off */
    CHECK_INT(file_run(NULL, &end), PERI_EXIT_REFUSED);
    file_make(records, 0, sealed[1] + 1, ""); /* more than was sealed */
    CHECK_INT(file_run(NULL, &end), PERI_EXIT_REFUSED);
    file_make(records, 0, sealed[1], "{");
    CHECK_INT(file_run(NULL, &end), PERI_EXIT_REFUSED);
    for (size_t i = 0; i < sealed[1]; i++) {
        json_t *bad = json_deep_copy(records);
        json_object_set_new(json_array_get(bad, i), "detail", json_string("other"));
        file_make(bad, 0, sealed[1], "");
        CHECK_INT(file_run(NULL, &end), PERI_EXIT_REFUSED);
        json_decref(bad);
    }
    FILE *f = fopen(exported_file, "we"); /* none */
    REQUIRE(f != NULL && fclose(f) == 0);
    CHECK_INT(file_run(NULL, &end), PERI_EXIT_REFUSED);
    REQUIRE(unlink(exported_file) == 0);
    CHECK_INT(file_run(NULL, &end), PERI_EXIT_ERROR);
    fail_redirect(NULL);
    fclose(nowhere);
    json_decref(records);
}

int main(void)
{
    root_key = EVP_EC_gen("P-384");
    seal_key = EVP_EC_gen("P-256");
    REQUIRE(root_key && seal_key);
    root = certificate("Perisphere root", root_key, root_key, true);
    EVP_PKEY *elsewhere = EVP_EC_gen("P-384");
    roots = sk_X509_new_null();
    REQUIRE(elsewhere && roots && sk_X509_push(roots, certificate("Perisphere root", elsewhere, elsewhere, true)) == 1 && sk_X509_push(roots, root) == 2);
    EVP_PKEY_free(elsewhere);
    seal_certificate = certificate("Perisphere audit log", seal_key, root_key, false);
    test_each_record();
    test_malformed();
    test_seals_of_others();
    test_seen_before();
    test_checkpoint();
    test_file();
    sk_X509_pop_free(roots, X509_free);
    X509_free(seal_certificate);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(seal_key);
    return check_done();
}
