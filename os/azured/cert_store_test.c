/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/cert-store.md: which certificates, keys and passwords are taken; list, show, move, room; over a start and with a
 * damaged file; whoever stages beside another one mixes nothing.
 */
#include "os/azured/cert_store.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "os/azured/cert_check.h"
#include "tests/check.h"
#include "tests/tls_server.h"

static const uint8_t cable[CERT_OWNER_BYTES], app[CERT_OWNER_BYTES] = {1}, other_app[CERT_OWNER_BYTES] = {2};
static char folder[] = "/tmp/peri-certs-XXXXXX";
static int fd;
static struct cert_store *store;

struct text {
    char at[CERT_PEM_MAX + 64];
    size_t len;
};
static struct text rsa_client, rsa_key, rsa_encrypted_key, other_rsa_key, forged_key, long_key;
static struct text root, client, clear_key, encrypted_key, expensive_key, other_key, large, damaged;
static struct text hidden_key[3]; /* as expensive, with an algorithm, or all of it, that is said to be empty */

static void bio_take(BIO *bio, struct text *to)
{
    int n = BIO_read(bio, to->at, (int)sizeof to->at - 1);
    REQUIRE(n > 0);
    to->len = (size_t)n;
    BIO_free(bio);
}

static void certificate_text(X509 *x509, struct text *to)
{
    BIO *bio = BIO_new(BIO_s_mem());
    REQUIRE(bio && PEM_write_bio_X509(bio, x509) == 1);
    bio_take(bio, to);
}

/* rounds 0: not encrypted. */
static void key_text(EVP_PKEY *key, int rounds, struct text *to)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    REQUIRE(bio && info);
    if (rounds) {
        X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6, NULL, 0, rounds, info);
        REQUIRE(sealed && PEM_write_bio_PKCS8(bio, sealed) == 1);
        X509_SIG_free(sealed);
    } else {
        REQUIRE(PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    bio_take(bio, to);
}

/* The private half of another key beside the public one of the certificate's (RFC 5915 lets both stand there). */
static void forged_key_make(EVP_PKEY *key, EVP_PKEY *another)
{
    uint8_t point[65], other_point[65], der[512];
    size_t len = 0, other_len = 0;
    uint8_t *to = der;
    int bytes;
    REQUIRE(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &len) == 1 &&
            EVP_PKEY_get_octet_string_param(another, "pub", other_point, sizeof other_point, &other_len) == 1);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(another);
    REQUIRE(info && len == 65 && other_len == 65 && (bytes = i2d_PKCS8_PRIV_KEY_INFO(info, NULL)) > 0 && bytes <= (int)sizeof der);
    REQUIRE(i2d_PKCS8_PRIV_KEY_INFO(info, &to) == bytes);
    uint8_t *at = memmem(der, (size_t)bytes, other_point, other_len);
    REQUIRE(at != NULL);
    memcpy(at, point, len);
    BIO *bio = BIO_new(BIO_s_mem());
    REQUIRE(bio && PEM_write_bio(bio, "PRIVATE KEY", "", der, bytes) > 0);
    bio_take(bio, &forged_key);
    PKCS8_PRIV_KEY_INFO_free(info);
}

/* Said to be of prime239v3, whose numbers have 30 bytes: this one has 32. */
static void long_key_make(EVP_PKEY *key)
{
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    uint8_t *der = NULL;
    int bytes = i2d_PrivateKey(key, &der); /* RFC 5915 */
    uint8_t *at = bytes > 0 ? memmem(der, (size_t)bytes, p256, sizeof p256) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    REQUIRE(at && bio);
    at[sizeof p256 - 1] = 0x06;
    REQUIRE(PEM_write_bio(bio, "EC PRIVATE KEY", "", der, bytes) > 0);
    bio_take(bio, &long_key);
    OPENSSL_free(der);
}

/* BER and a length that is not true: what reads on after it finds the rounds all the same. */
static void hidden_key_make(EVP_PKEY *key, bool outer, uint8_t length, struct text *to)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    X509_SIG *sealed = info ? PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6, NULL, 0, CERT_KEY_ROUNDS_MAX + 1, info) : NULL;
    uint8_t *der = NULL;
    int bytes = sealed ? i2d_X509_SIG(sealed, &der) : -1;
    BIO *bio = BIO_new(BIO_s_mem());
    REQUIRE(bio && bytes > 5 && der[0] == 0x30 && der[1] > 0x80 && der[1] < 0x83);
    uint8_t *algorithm = der + 2 + (der[1] & 0x7f);
    REQUIRE(algorithm[0] == 0x30 && algorithm[1] < 0x80);
    if (outer)
        memset(der + 2, 0, der[1] & 0x7f);
    else
        algorithm[1] = length;
    REQUIRE(PEM_write_bio(bio, "ENCRYPTED PRIVATE KEY", "", der, bytes) > 0);
    bio_take(bio, to);
    OPENSSL_free(der);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
}

static void texts_make(void)
{
    struct test_ca ca;
    test_ca_make(&ca, "the root");
    EVP_PKEY *key = EVP_EC_gen("P-256"), *another = EVP_EC_gen("P-256");
    X509 *leaf = test_ca_issue(&ca, "the client", key, NULL);
    REQUIRE(key && another && leaf);
    certificate_text(ca.certificate, &root);
    certificate_text(leaf, &client);
    key_text(key, 0, &clear_key);
    key_text(key, 2048, &encrypted_key);
    key_text(key, CERT_KEY_ROUNDS_MAX + 1, &expensive_key);
    hidden_key_make(key, false, 0x80, &hidden_key[0]);
    hidden_key_make(key, false, 0, &hidden_key[1]);
    hidden_key_make(key, true, 0, &hidden_key[2]);
    key_text(another, 0, &other_key);
    forged_key_make(key, another);
    long_key_make(key);
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *another_rsa = EVP_RSA_gen(2048);
    X509 *rsa_leaf = rsa ? test_ca_issue(&ca, "the rsa client", rsa, NULL) : NULL;
    REQUIRE(rsa && another_rsa && rsa_leaf);
    certificate_text(rsa_leaf, &rsa_client);
    key_text(rsa, 0, &rsa_key);
    key_text(rsa, 2048, &rsa_encrypted_key);
    key_text(another_rsa, 0, &other_rsa_key);
    X509_free(rsa_leaf);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(another_rsa);
    /* a certificate of exactly as many bytes as one may have: what stands in front of it is no part of it */
    large.len = CERT_PEM_MAX;
    memset(large.at, '\n', CERT_PEM_MAX);
    memcpy(large.at + CERT_PEM_MAX - root.len, root.at, root.len);
    damaged = root;
    damaged.at[60] = '*';
    X509_free(leaf);
    EVP_PKEY_free(key);
    EVP_PKEY_free(another);
    test_ca_release(&ca);
}

static struct cert_answer answer;

static uint32_t ask_as(const uint8_t *owner, enum cert_action action, const char *id, const char *new_id, uint32_t index)
{
    struct cert_ask ask = {.action = (uint8_t)action, .index = index};
    snprintf(ask.id, sizeof ask.id, "%s", id);
    snprintf(ask.new_id, sizeof ask.new_id, "%s", new_id);
    cert_store_ask(store, owner, &ask, &answer);
    return answer.error;
}

static uint32_t ask(enum cert_action action, const char *id) { return ask_as(cable, action, id, "", 0); }

static uint32_t install_as(const uint8_t *owner, uint8_t type, const char *id, const struct text *cert, const struct text *key, const char *password)
{
    struct cert_ask what = {.action = CERT_INSTALL, .type = type, .cert_bytes = (uint16_t)cert->len,
                            .key_bytes = key ? (uint16_t)key->len : 0, .password_bytes = (uint16_t)strlen(password)};
    snprintf(what.id, sizeof what.id, "%s", id);
    size_t offset = 0;
    const struct span parts[] = {span_of(cert->at, cert->len), span_of(key ? key->at : NULL, key ? key->len : 0), span_of(password, strlen(password))};
    for (size_t i = 0; i < 3; i++)
        for (size_t at = 0; at < parts[i].len; at += 1000) { /* in pieces */
            size_t len = parts[i].len - at < 1000 ? parts[i].len - at : 1000;
            REQUIRE(cert_store_stage(store, owner, (uint32_t)offset, span_of(parts[i].at + at, len)) == 0);
            offset += len;
        }
    cert_store_ask(store, owner, &what, &answer);
    return answer.error;
}

static uint32_t install(uint8_t type, const char *id, const struct text *cert, const struct text *key, const char *password)
{
    return install_as(cable, type, id, cert, key, password);
}

static void what_is_taken(void)
{
    static const struct {
        const char *what;
        uint8_t type;
        const struct text *cert, *key;
        const char *password;
        uint32_t error;
    } rows[] = {
        {"a root", CERT_ROOT_CA, &root, NULL, "", CERT_OK},
        {"the largest", CERT_ROOT_CA, &large, NULL, "", CERT_OK},
        {"a client with its key", CERT_CLIENT, &client, &clear_key, "", CERT_OK},
        {"an encrypted key", CERT_CLIENT, &client, &encrypted_key, "secret", CERT_OK},
        {"another password", CERT_CLIENT, &client, &encrypted_key, "guess", CERT_PRIVATE_INVALID},
        {"no password", CERT_CLIENT, &client, &encrypted_key, "", CERT_PRIVATE_INVALID},
        {"a key that costs too much", CERT_CLIENT, &client, &expensive_key, "secret", CERT_PRIVATE_INVALID},
        {"the same, its algorithm of no definite length", CERT_CLIENT, &client, &hidden_key[0], "secret", CERT_PRIVATE_INVALID},
        {"the same, its algorithm of no length", CERT_CLIENT, &client, &hidden_key[1], "secret", CERT_PRIVATE_INVALID},
        {"the same, all of it of no length", CERT_CLIENT, &client, &hidden_key[2], "secret", CERT_PRIVATE_INVALID},
        {"a password for nothing", CERT_CLIENT, &client, &clear_key, "secret", CERT_PASSWORD_NOT_REQUIRED},
        {"another one's key", CERT_CLIENT, &client, &other_key, "", CERT_MISMATCHED},
        {"another one's key with this one's public half", CERT_CLIENT, &client, &forged_key, "", CERT_MISMATCHED},
        {"a key that is longer than its curve", CERT_CLIENT, &client, &long_key, "", CERT_MISMATCHED},
        {"an RSA client", CERT_CLIENT, &rsa_client, &rsa_key, "", CERT_OK},
        {"with an encrypted key", CERT_CLIENT, &rsa_client, &rsa_encrypted_key, "secret", CERT_OK},
        {"another one's RSA key", CERT_CLIENT, &rsa_client, &other_rsa_key, "", CERT_MISMATCHED},
        {"an EC key for RSA", CERT_CLIENT, &rsa_client, &clear_key, "", CERT_MISMATCHED},
        {"an RSA key for EC", CERT_CLIENT, &client, &rsa_key, "", CERT_MISMATCHED},
        {"no key", CERT_CLIENT, &client, NULL, "", CERT_PRIVATE_INVALID},
        {"a certificate for a key", CERT_CLIENT, &client, &client, "", CERT_PRIVATE_INVALID},
        {"a key for a certificate", CERT_ROOT_CA, &clear_key, NULL, "", CERT_PUBLIC_INVALID},
        {"a damaged one", CERT_ROOT_CA, &damaged, NULL, "", CERT_PUBLIC_INVALID},
        {"a root with a key", CERT_ROOT_CA, &root, &clear_key, "", CERT_PRIVATE_NOT_ALLOWED},
        {"a root with a password", CERT_ROOT_CA, &root, NULL, "x", CERT_PASSWORD_NOT_ALLOWED},
        {"another type", 3, &root, NULL, "", CERT_TYPE_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t error = install(rows[i].type, "a", rows[i].cert, rows[i].key, rows[i].password);
        if (error != rows[i].error)
            fprintf(stderr, "case \"%s\":\n", rows[i].what);
        CHECK_INT(error, rows[i].error);
        CHECK_INT(answer.count, error ? 0 : 1);
        if (!error)
            CHECK_INT(ask(CERT_DELETE, "a"), CERT_OK);
        CHECK_INT(ask(CERT_SPACE, ""), CERT_OK);
        CHECK_INT(answer.available, CERT_STORE_BYTES);
    }
}

static void shown_and_moved(void)
{
    CHECK_INT(install(CERT_ROOT_CA, "root", &root, NULL, ""), CERT_OK);
    CHECK_INT(install(CERT_CLIENT, "client", &client, &encrypted_key, "secret"), CERT_OK);
    CHECK_INT(answer.count, 2);
    CHECK_INT(answer.available, CERT_STORE_BYTES - root.len - client.len - encrypted_key.len - 6);
    CHECK_INT(ask(CERT_SHOW, "client"), CERT_OK);
    CHECK(strstr(answer.subject, "the client") && strstr(answer.issuer, "the root"));
    CHECK(answer.not_before_s > 1500000000 && answer.not_after_s > answer.not_before_s);
    CHECK(!memmem(&answer, sizeof answer, "secret", 6) && !memmem(&answer, sizeof answer, "PRIVATE", 7));
    CHECK_INT(ask_as(cable, CERT_AT, "", "", 0), CERT_OK);
    CHECK_STR(answer.id, "root");
    CHECK_INT(ask_as(cable, CERT_AT, "", "", 2), CERT_INDEX_OUT_OF_RANGE);
    CHECK_INT(ask_as(cable, CERT_MOVE, "client", "client", 0), CERT_OK); /* to itself */
    CHECK_INT(answer.count, 2);
    CHECK_INT(ask_as(cable, CERT_MOVE, "client", "root", 0), CERT_OK); /* in the place of another */
    CHECK_INT(answer.count, 1);
    CHECK(ask(CERT_SHOW, "root") == CERT_OK && strstr(answer.subject, "the client"));
    CHECK_INT(ask(CERT_SHOW, "client"), CERT_NOT_FOUND);
    CHECK_INT(ask_as(cable, CERT_MOVE, "client", "x", 0), CERT_NOT_FOUND);
    CHECK_INT(ask_as(cable, CERT_MOVE, "root", "a b", 0), CERT_ID_INVALID);
    CHECK_INT(ask(CERT_DELETE, ""), CERT_ID_INVALID);
    CHECK_INT(ask(CERT_DELETE, "none"), CERT_NOT_FOUND);
    store = cert_store_open(fd); /* as after a start */
    CHECK(ask(CERT_SHOW, "root") == CERT_OK && answer.count == 1 && strstr(answer.subject, "the client"));
    CHECK_INT(ask(CERT_DELETE, "root"), CERT_OK);
}

static void room(void)
{
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(install(CERT_ROOT_CA, (const char *[]){"a", "b", "c"}[i], &large, NULL, ""), CERT_OK);
    CHECK_INT(answer.available, 0);
    CHECK_INT(install(CERT_ROOT_CA, "d", &root, NULL, ""), CERT_OUT_OF_SPACE);
    CHECK_INT(install(CERT_ROOT_CA, "b", &large, NULL, ""), CERT_OK); /* in its own place there is room */
    CHECK_INT(install(CERT_ROOT_CA, "b", &root, NULL, ""), CERT_OK);
    CHECK_INT(answer.available, CERT_PEM_MAX - root.len);
    for (const char *id = "abc"; *id; id++)
        CHECK_INT(ask(CERT_DELETE, (const char[]){*id, 0}), CERT_OK);
    char name[16];
    for (unsigned i = 0; i < CERT_COUNT_MAX + 1; i++) {
        snprintf(name, sizeof name, "n%u", i);
        uint32_t error = install(CERT_ROOT_CA, name, &root, NULL, "");
        bool fits = (i + 1) * root.len <= CERT_STORE_BYTES && i < CERT_COUNT_MAX;
        CHECK_INT(error, fits ? CERT_OK : CERT_OUT_OF_SPACE);
    }
    while (ask_as(cable, CERT_AT, "", "", 0) == CERT_OK) {
        char first[CERT_ID_MAX + 1];
        strcpy(first, answer.id);
        REQUIRE(ask(CERT_DELETE, first) == CERT_OK);
    }
}

/* Two that stage at the same time: the later one begins anew, the other one is told, and nothing is mixed. */
static void owners(void)
{
    const struct cert_ask what = {.action = CERT_INSTALL, .type = CERT_ROOT_CA, .cert_bytes = (uint16_t)root.len, .id = "mine"};
    REQUIRE(cert_store_stage(store, app, 0, span_of(root.at, root.len)) == 0);
    CHECK_INT(cert_store_stage(store, other_app, (uint32_t)root.len, span_of("x", 1)), E_STATE);
    cert_store_ask(store, other_app, &what, &answer);
    CHECK_INT(answer.error, CERT_NOT_STAGED);
    CHECK_INT(cert_store_stage(store, other_app, 0, span_of("x", 1)), 0);
    cert_store_ask(store, app, &what, &answer);
    CHECK_INT(answer.error, CERT_NOT_STAGED);
    CHECK_INT(install_as(app, CERT_ROOT_CA, "mine", &root, NULL, ""), CERT_OK);
    cert_store_ask(store, app, &what, &answer); /* once */
    CHECK_INT(answer.error, CERT_NOT_STAGED);
    CHECK_INT(ask_as(other_app, CERT_SHOW, "mine", "", 0), CERT_OK); /* the store is the device's */
    /* gaps, and more than there is room for */
    static uint8_t much[CERT_STAGE_BYTES + 1];
    CHECK_INT(cert_store_stage(store, app, 5, span_of("x", 1)), E_STATE);
    CHECK_INT(cert_store_stage(store, app, 0, span_of(much, sizeof much)), E_LIMIT);
    CHECK_INT(cert_store_stage(store, app, 0, span_of(much, CERT_STAGE_BYTES)), 0);
    CHECK_INT(cert_store_stage(store, app, CERT_STAGE_BYTES, span_of(much, 1)), E_LIMIT);
    struct cert_ask lies = what;
    lies.cert_bytes--; /* lengths that are not what was staged */
    REQUIRE(cert_store_stage(store, app, 0, span_of(root.at, root.len)) == 0);
    cert_store_ask(store, app, &lies, &answer);
    CHECK_INT(answer.error, CERT_NOT_STAGED);
    CHECK_INT(ask(CERT_DELETE, "mine"), CERT_OK);
}

/* Cut and flipped: the store that was, or an empty one that works. */
static void damage(void)
{
    static uint8_t was[CERT_FILE_BYTES], bytes[CERT_FILE_BYTES];
    CHECK_INT(install(CERT_CLIENT, "client", &client, &clear_key, ""), CERT_OK);
    int file = openat(fd, "certificates", O_RDWR);
    ssize_t len = read(file, was, sizeof was);
    REQUIRE(file >= 0 && len > 0);
    close(file);
    int quiet = open("/dev/null", O_WRONLY), loud = dup(2);
    REQUIRE(quiet >= 0 && loud >= 0 && dup2(quiet, 2) == 2);
    for (ssize_t cut = 0; cut < 2 * len; cut += cut < len ? 7 : 3) {
        size_t n = cut < len ? (size_t)cut : (size_t)len;
        memcpy(bytes, was, (size_t)len);
        if (cut >= len)
            bytes[cut - len] ^= (uint8_t)(1u << cut % 8);
        file = openat(fd, "certificates", O_WRONLY | O_TRUNC);
        REQUIRE(file >= 0 && write(file, bytes, n) == (ssize_t)n);
        close(file);
        store = cert_store_open(fd);
        CHECK_INT(ask(CERT_SPACE, ""), CERT_OK);
        CHECK(answer.count <= 1 && (cut >= len || answer.count == 0));
        if (answer.count)
            (void)ask(CERT_SHOW, "client");
    }
    REQUIRE(dup2(loud, 2) == 2);
    store = cert_store_open(fd);
    CHECK_INT(install(CERT_ROOT_CA, "after", &root, NULL, ""), CERT_OK);
    /* a folder that takes nothing: what was there stays */
    store = cert_store_open(fd);
    int count = (int)(ask(CERT_SPACE, ""), answer.count);
    close(fd);
    CHECK_INT(install(CERT_ROOT_CA, "more", &root, NULL, ""), CERT_NOT_STORED);
    CHECK_INT(answer.count, count);
    CHECK_INT(ask(CERT_SHOW, "after"), CERT_OK);
    CHECK_INT(ask(CERT_DELETE, "after"), CERT_NOT_STORED);
    CHECK_INT(ask(CERT_SHOW, "after"), CERT_OK);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int main(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    texts_make();
    store = cert_store_open(fd);
    what_is_taken();
    shown_and_moved();
    room();
    owners();
    damage();
    (void)unlinkat(fd, "certificates", 0);
    close(fd);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
