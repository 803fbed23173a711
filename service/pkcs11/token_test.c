/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in a SoftHSM: made, found, used, lost; what is wrong with a token is said, and nothing more is done. */
#include "service/pkcs11/token.h"

#include <ftw.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "service/pkcs11/module.h"
#include "service/pkcs11/sealed_key.h"
#include "service/pkcs11/softhsm_test.h"

static char top[] = "/tmp/peri-token-XXXXXX";

static struct span text(const char *s) { return span_of(s, strlen(s)); }

static struct token *opened(const char *pin)
{
    struct token *token;
    REQUIRE(token_open(SOFTHSM_MODULE, pin, &token) == 0);
    return token;
}

static bool verifies(const struct token_key *key, const uint8_t *digest, size_t digest_bytes, const uint8_t *raw, size_t len)
{
    struct span point = token_key_point(key);
    bool p384 = token_key_kind(key) == TOKEN_KEY_P384;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)(p384 ? "P-384" : "P-256"), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.at, point.len),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *public = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    REQUIRE(make && EVP_PKEY_fromdata_init(make) == 1 && EVP_PKEY_fromdata(make, &public, EVP_PKEY_PUBLIC_KEY, params) == 1);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    REQUIRE(ECDSA_SIG_set0(pair, BN_bin2bn(raw, (int)len / 2, NULL), BN_bin2bn(raw + len / 2, (int)len / 2, NULL)) == 1);
    uint8_t der[128], *at = der;
    int der_bytes = i2d_ECDSA_SIG(pair, &at);
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(public, NULL);
    bool good = EVP_PKEY_verify_init(check) == 1 && EVP_PKEY_verify(check, der, (size_t)der_bytes, digest, digest_bytes) == 1;
    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(make);
    EVP_PKEY_free(public);
    return good;
}

static void signing(void)
{
    static const struct {
        const char *uri;
        enum token_key_kind kind;
        size_t digest_bytes;
    } rows[] = {{"pkcs11:token=first;object=small", TOKEN_KEY_P256, 32}, {"pkcs11:token=first;object=large", TOKEN_KEY_P384, 48}};
    struct token *token = opened(SOFTHSM_PIN);
    for (size_t i = 0; i < 2; i++) {
        uint8_t digest[48] = {1, 2, 3}, signature[TOKEN_SIGNATURE_MAX];
        struct token_key *made, *found, *again;
        size_t len;
        REQUIRE(token_key_generate(token, text(rows[i].uri), rows[i].kind, &made) == 0);
        CHECK_INT(token_key_generate(token, text(rows[i].uri), rows[i].kind, &again), E_EXISTS);
        CHECK(again == NULL);
        REQUIRE(token_key_open(token, text(rows[i].uri), false, &found) == 0);
        CHECK_INT(token_key_kind(found), rows[i].kind);
        CHECK_STR(token_key_uri(found), token_key_uri(made));
        CHECK(span_equal(token_key_point(found), token_key_point(made)));
        CHECK_INT(token_key_sign(found, span_of(digest, rows[i].digest_bytes), signature, &len), 0);
        CHECK_INT(len, 2 * rows[i].digest_bytes);
        CHECK(verifies(made, digest, rows[i].digest_bytes, signature, len));
        digest[0] ^= 1;
        CHECK(!verifies(made, digest, rows[i].digest_bytes, signature, len));
        CHECK_INT(token_key_sign(found, span_of(digest, 20), signature, &len), E_RANGE);
        /* By its full name too, and not as a key of another kind. */
        REQUIRE(token_key_open(token, text(token_key_uri(made)), false, &again) == 0);
        token_key_free(again);
        CHECK_INT(token_key_open(token, text(rows[i].uri), true, &again), E_NOT_FOUND);
        CHECK_INT(token_key_seal(found, signature, span_of(NULL, 0), text("x"), digest, signature), E_RANGE);
        token_key_free(made);
        token_key_free(found);
    }
    token_close(token);
}

/* A key that was made outside, in OpenSSL: halves as token_key_import() takes them. */
static void outside_make(bool p384, uint8_t *scalar, uint8_t *point, size_t bytes)
{
    EVP_PKEY *key = EVP_EC_gen(p384 ? "P-384" : "P-256");
    BIGNUM *number = NULL;
    size_t len;
    REQUIRE(key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1);
    REQUIRE(BN_bn2binpad(number, scalar, (int)bytes) == (int)bytes);
    REQUIRE(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, 2 * bytes + 1, &len) == 1 && len == 2 * bytes + 1);
    BN_clear_free(number);
    EVP_PKEY_free(key);
}

static void taken_in(void)
{
    static const struct {
        const char *uri;
        enum token_key_kind kind;
        size_t bytes;
    } rows[] = {{"pkcs11:token=first;object=in-small", TOKEN_KEY_P256, 32}, {"pkcs11:token=first;object=in-large", TOKEN_KEY_P384, 48}};
    struct token *token = opened(SOFTHSM_PIN);
    for (size_t i = 0; i < 2; i++) {
        uint8_t scalar[48], point[97], digest[48] = {4, 5}, signature[TOKEN_SIGNATURE_MAX];
        struct token_key *key, *found;
        const size_t bytes = rows[i].bytes;
        const struct span in = span_of(scalar, bytes), half = span_of(point, 2 * bytes + 1);
        size_t len;
        outside_make(i == 1, scalar, point, bytes);
        REQUIRE(token_key_import(token, text(rows[i].uri), rows[i].kind, in, half, &key) == 0);
        CHECK(span_equal(token_key_point(key), half));
        CHECK_INT(token_key_sign(key, span_of(digest, bytes), signature, &len), 0);
        CHECK(verifies(key, digest, bytes, signature, len));
        /* found as any other: it is private, sensitive and not extractable, or would be refused */
        REQUIRE(token_key_open(token, text(rows[i].uri), false, &found) == 0);
        token_key_free(found);
        fprintf(stderr, "expected messages follow\n");
        CHECK_INT(token_key_import(token, text(rows[i].uri), rows[i].kind, in, half, &found), E_EXISTS);
        CHECK_INT(token_key_import(token, text(rows[i].uri), rows[1 - i].kind, in, half, &found), E_RANGE);
        CHECK_INT(token_key_import(token, text("pkcs11:token=first;id=%01"), rows[i].kind, in, half, &found), E_MALFORMED);
        REQUIRE(token_key_destroy(key) == 0);
        token_key_free(key);
        REQUIRE(token_key_import(token, text(rows[i].uri), rows[i].kind, in, half, &key) == 0);
        REQUIRE(token_key_destroy(key) == 0);
        token_key_free(key);
    }
    token_close(token);
}

static void sealing(void)
{
    struct token *token = opened(SOFTHSM_PIN);
    struct token_key *key, *other;
    uint8_t nonce[TOKEN_NONCE_BYTES] = {7}, tag[TOKEN_TAG_BYTES], sealed[5], clear[5] = {0};
    REQUIRE(token_key_generate(token, text("pkcs11:token=first;object=seal"), TOKEN_KEY_AES, &key) == 0);
    REQUIRE(token_key_generate(token, text("pkcs11:token=second;object=seal"), TOKEN_KEY_AES, &other) == 0);
    REQUIRE(token_key_seal(key, nonce, text("for us"), text("hello"), sealed, tag) == 0);
    CHECK(memcmp(sealed, "hello", 5) != 0);
    CHECK_INT(token_key_unseal(key, nonce, text("for us"), span_of(sealed, 5), clear, tag), 0);
    CHECK_MEM(clear, "hello", 5);
    memset(clear, 0, sizeof clear);
    CHECK_INT(token_key_unseal(key, nonce, text("for you"), span_of(sealed, 5), clear, tag), E_KEY_UNKNOWN);
    CHECK_INT(token_key_unseal(other, nonce, text("for us"), span_of(sealed, 5), clear, tag), E_KEY_UNKNOWN);
    tag[3] ^= 1;
    CHECK_INT(token_key_unseal(key, nonce, text("for us"), span_of(sealed, 5), clear, tag), E_KEY_UNKNOWN);
    CHECK_MEM(clear, "\0\0\0\0\0", 5);
    tag[3] ^= 1;
    CHECK_INT(token_key_unseal(key, nonce, text("for us"), span_of(sealed, 5), clear, tag), 0); /* and goes on */
    CHECK_INT(token_key_destroy(other), 0);
    token_key_free(other);
    CHECK_INT(token_key_open(token, text("pkcs11:token=second;object=seal"), true, &other), E_NOT_FOUND);
    token_key_free(key);
    token_close(token);
}

/* A key of ours, sealed, as a file has it. */
static void sealed_files(void)
{
    struct token *token = opened(SOFTHSM_PIN);
    struct token_key *by;
    struct name_file file, read;
    uint8_t key[SEALED_KEY_BYTES] = {1, 2, 3}, got[SEALED_KEY_BYTES] = {0};
    char line[NAME_FILE_TEXT_MAX];
    REQUIRE(token_key_generate(token, text("pkcs11:token=second;object=data"), TOKEN_KEY_AES, &by) == 0);
    REQUIRE(sealed_key_make(by, key, &file) == 0);
    token_key_free(by);
    REQUIRE(name_file_format(&file, line, sizeof line) == 0);
    CHECK_INT(name_file_parse(text(line), &read), 0);
    CHECK_INT(sealed_key_open(token, &read, got), 0);
    CHECK_MEM(got, key, sizeof key);
    for (size_t i = 0; i < SEALED_KEY_FILE_BYTES; i += 7) { /* nonce, key and tag */
        struct name_file bent = read;
        bent.sealed[i] ^= 1;
        CHECK_INT(sealed_key_open(token, &bent, got), E_KEY_UNKNOWN);
    }
    struct name_file cut = read;
    cut.sealed_bytes--;
    CHECK_INT(sealed_key_open(token, &cut, got), E_MALFORMED);
    CHECK_INT(token_key_find(token, text("pkcs11:token=second;object=none"), true, &by), E_NOT_FOUND);
    token_close(token);

    CHECK_INT(name_file_format(&read, line, 40), E_FULL);
    static const struct {
        const char *text;
        int err;
        bool name;
    } rows[] = {
        {"", 0, false},
        {"-----BEGIN PRIVATE KEY-----\n", 0, false},
        {"00112233", 0, false},
        {"pkcs11:token=a;object=b", 0, true},
        {"pkcs11:token=a;object=b\n", 0, true},
        {"pkcs11:token=a;object=b\n0011\n", 0, true},
        {"pkcs11:token=a;object=b\n-----BEGIN CERTIFICATE-----\nx\n", 0, true},
        {"pkcs11:token=a;object=b\n001\n", E_MALFORMED, false},
        {"pkcs11:token=a;object=b\nzz\n", E_MALFORMED, false},
        {"pkcs11:token=a;object=b\n00\nmore", E_MALFORMED, false},
        {"pkcs11:token=a;object=b\n\nmore", E_MALFORMED, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(name_file_parse(text(rows[i].text), &read), rows[i].err);
        CHECK_INT(read.uri[0] != '\0', rows[i].name);
    }
}

static void refusals(void)
{
    struct token *token;
    struct token_key *key;
    CHECK_INT(token_open("/nonexistent.so", "1", &token), E_NOT_FOUND);
    CHECK_INT(token_open("relative.so", "1", &token), E_RANGE);
    CHECK_INT(token_open("/lib/x86_64-linux-gnu/libcrypto.so.3", "1", &token),
              access("/lib/x86_64-linux-gnu/libcrypto.so.3", R_OK) == 0 ? E_UNSUPPORTED : E_NOT_FOUND);
    CHECK_INT(token_open(SOFTHSM_MODULE, "", &token), E_RANGE);
    token = opened(SOFTHSM_PIN);
    CHECK_INT(token_key_open(token, text("pkcs11:token=third;object=small"), false, &key), E_NOT_FOUND);
    CHECK_INT(token_key_open(token, text("pkcs11:token=first;object=nobody"), false, &key), E_NOT_FOUND);
    CHECK_INT(token_key_open(token, text("pkcs11:object=small"), false, &key), E_MALFORMED);
    CHECK_INT(token_key_open(token, text("pkcs11:token=first"), false, &key), E_MALFORMED);
    CHECK_INT(token_key_open(token, text("pkcs11:token=first;object=small;type=public"), false, &key), E_UNSUPPORTED);
    CHECK_INT(token_key_open(token, text("pkcs11:token=first;object=small?pin-value=1"), false, &key), E_UNSUPPORTED);
    CHECK_INT(token_key_generate(token, text("pkcs11:token=first;id=%01"), TOKEN_KEY_P256, &key), E_MALFORMED);
    token_close(token);

    token = opened("wrong"); /* refused once; the second time not even tried */
    CHECK_INT(token_key_open(token, text("pkcs11:token=first;object=small"), false, &key), E_DENIED);
    CHECK_INT(token_key_open(token, text("pkcs11:token=first;object=small"), false, &key), E_DENIED);
    CHECK(token_pin_refused(token));
    token_close(token);
}

/* A key as whoever can write the token's files would put it there: no PIN where it is not private. */
static void key_plant(const char *label, CK_BBOOL private, CK_BBOOL sensitive, CK_BBOOL extractable, CK_BBOOL decrypts)
{
    CK_FUNCTION_LIST *f;
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE;
    CK_UTF8CHAR pin[] = SOFTHSM_PIN, value[32] = "known to whoever put it there";
    CK_ATTRIBUTE parts[] = {
        {CKA_CLASS, &class, sizeof class},             {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_TOKEN, &yes, sizeof yes},                 {CKA_PRIVATE, &private, sizeof private},
        {CKA_SENSITIVE, &sensitive, sizeof sensitive}, {CKA_EXTRACTABLE, &extractable, sizeof extractable},
        {CKA_ENCRYPT, &yes, sizeof yes},               {CKA_DECRYPT, &decrypts, sizeof decrypts},
        {CKA_VALUE, value, sizeof value},              {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
        {CKA_ID, (void *)(uintptr_t)"\1\2", 2},
    };
    REQUIRE(module_load(SOFTHSM_MODULE, &f) == 0);
    REQUIRE(f->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK && memcmp(info.label, "second ", 7) == 0)
            slots[0] = slots[i];
    REQUIRE(f->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK);
    if (private)
        REQUIRE(f->C_Login(session, CKU_USER, pin, sizeof pin - 1) == CKR_OK);
    REQUIRE(f->C_CreateObject(session, parts, sizeof parts / sizeof parts[0], &object) == CKR_OK);
    module_unload(f);
}

static void planted(void)
{
    static const struct {
        const char *label, *uri;
        CK_BBOOL private, sensitive, extractable;
        int err;
    } rows[] = {
        {"kept", "pkcs11:token=second;object=kept", CK_TRUE, CK_TRUE, CK_FALSE, 0},
        {"public", "pkcs11:token=second;object=public", CK_FALSE, CK_TRUE, CK_FALSE, E_UNSUPPORTED},
        {"clear", "pkcs11:token=second;object=clear", CK_TRUE, CK_FALSE, CK_FALSE, E_UNSUPPORTED},
        {"wrapped", "pkcs11:token=second;object=wrapped", CK_TRUE, CK_TRUE, CK_TRUE, E_UNSUPPORTED},
        {"all", "pkcs11:token=second;object=all", CK_FALSE, CK_FALSE, CK_TRUE, E_UNSUPPORTED},
    };
    struct token_key *key;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        key_plant(rows[i].label, rows[i].private, rows[i].sensitive, rows[i].extractable, CK_TRUE);
    struct token *token = opened(SOFTHSM_PIN);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(token_key_open(token, text(rows[i].uri), true, &key), rows[i].err);
        CHECK((key != NULL) == (rows[i].err == 0));
        token_key_free(key);
        CHECK_INT(token_key_find(token, text(rows[i].uri), true, &key), rows[i].err);
        token_key_free(key);
    }
    token_close(token);
}

/* Only a refused PIN is one: whoever may write a key's name could else end the service for good. */
static void denied_otherwise(void)
{
    uint8_t nonce[TOKEN_NONCE_BYTES] = {7}, tag[TOKEN_TAG_BYTES], sealed[5], clear[5];
    struct token_key *key;
    key_plant("seals", CK_TRUE, CK_TRUE, CK_FALSE, CK_FALSE);
    struct token *token = opened(SOFTHSM_PIN);
    REQUIRE(token_key_open(token, text("pkcs11:token=second;object=seals"), true, &key) == 0);
    REQUIRE(token_key_seal(key, nonce, text("for us"), text("hello"), sealed, tag) == 0);
    CHECK_INT(token_key_unseal(key, nonce, text("for us"), span_of(sealed, 5), clear, tag), E_DENIED);
    CHECK(!token_pin_refused(token));
    token_key_free(key);
    token_close(token);
}

/* A token is unplugged, and comes back: the folder of a SoftHSM's tokens goes, and comes back. */
static void lost_and_found(void)
{
    char tokens[64], away[64];
    uint8_t digest[32] = {9}, signature[TOKEN_SIGNATURE_MAX];
    size_t len;
    struct token_key *key;
    struct token *token = opened(SOFTHSM_PIN);
    snprintf(tokens, sizeof tokens, "%s/tokens", top);
    snprintf(away, sizeof away, "%s/away", top);
    REQUIRE(token_key_open(token, text("pkcs11:token=first;object=small"), false, &key) == 0);
    CHECK_INT(token_key_sign(key, span_of(digest, 32), signature, &len), 0);
    REQUIRE(rename(tokens, away) == 0);
    CHECK(token_key_sign(key, span_of(digest, 32), signature, &len) != 0);
    CHECK_INT(len, 0);
    REQUIRE(rename(away, tokens) == 0);
    CHECK_INT(token_key_sign(key, span_of(digest, 32), signature, &len), 0);
    CHECK(verifies(key, digest, 32, signature, len));
    /* The key goes for good. */
    struct token_key *same;
    REQUIRE(token_key_open(token, text("pkcs11:token=first;object=small"), false, &same) == 0);
    REQUIRE(token_key_destroy(same) == 0);
    token_key_free(same);
    CHECK_INT(token_key_sign(key, span_of(digest, 32), signature, &len), E_NOT_FOUND);
    token_key_free(key);
    token_close(token);
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    REQUIRE(mkdtemp(top) != NULL);
    softhsm_begin(top);
    softhsm_token_add("first");
    softhsm_token_add("second");
    signing();
    taken_in();
    sealing();
    sealed_files();
    planted();
    denied_otherwise();
    refusals();
    lost_and_found();
    CHECK_INT(nftw(top, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
    return check_done();
}
