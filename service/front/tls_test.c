/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of each kind, the server's own and a client's: read in OpenSSL's context, used in front's.
 * Clauses: tls.h.  Who a client is: front_test.c. */
#include "service/front/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static char top[64];

static FILE *file_make(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/front/%s", top, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    return f;
}

/* By the holder of signer, whose name is "localhost"; version 1, so it may be a CA too. */
static X509 *certificate_make(const char *name, EVP_PKEY *key, EVP_PKEY *signer, const EVP_MD *digest)
{
    static const unsigned char issuer[] = "localhost";
    X509 *x = X509_new();
    REQUIRE(x && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 && X509_set_pubkey(x, key) == 1);
    REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1);
    REQUIRE(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_ASC, issuer, -1, -1, 0) == 1);
    REQUIRE(X509_gmtime_adj(X509_getm_notBefore(x), -60) && X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    REQUIRE(X509_sign(x, signer, digest) > 0);
    return x;
}

static void certificate_write(const char *file, EVP_PKEY *key, const EVP_MD *digest)
{
    X509 *x = certificate_make("localhost", key, key, digest);
    FILE *f = file_make(file);
    REQUIRE(PEM_write_X509(f, x) == 1 && fclose(f) == 0);
    X509_free(x);
}

/* old: in the form of the kind, as OpenSSL 1 wrote it; else PKCS #8. */
static void key_write(EVP_PKEY *key, bool old)
{
    BIO *to = BIO_new_fp(file_make("key.pem"), BIO_CLOSE);
    REQUIRE(to != NULL);
    REQUIRE((old ? PEM_write_bio_PrivateKey_traditional(to, key, NULL, NULL, 0, NULL, NULL)
                 : PEM_write_bio_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL)) == 1);
    BIO_free(to);
}

/* certificate NULL: of nobody. */
static bool handshake(struct tls *tls, X509 *certificate, EVP_PKEY *key)
{
    struct tls_identity identity;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context)
        SSL_CTX_set_security_level(context, 0); /* front is to refuse, not the client */
    REQUIRE(context && (!certificate || SSL_CTX_use_certificate(context, certificate) == 1));
    REQUIRE(!certificate || SSL_CTX_use_PrivateKey(context, key) == 1);
    SSL *server = tls_accept(tls), *client = SSL_new(context);
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    REQUIRE(server && client && up && down);
    BIO_set_mem_eof_return(up, -1);
    BIO_set_mem_eof_return(down, -1);
    REQUIRE(BIO_up_ref(up) == 1 && BIO_up_ref(down) == 1);
    SSL_set_bio(client, down, up);
    SSL_set_bio(server, up, down);
    SSL_set_connect_state(client);
    (void)SSL_do_handshake(client);
    (void)SSL_do_handshake(server);
    bool good = SSL_do_handshake(client) == 1 && SSL_do_handshake(server) == 1 && tls_identity_get(server, &identity) == 0 &&
                identity.kind == (certificate ? HTTP_IDENTITY_OPERATOR : HTTP_IDENTITY_NONE);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(context);
    return good;
}

static bool served(EVP_PKEY *key, const EVP_MD *digest, bool old)
{
    REQUIRE(key != NULL);
    certificate_write("cert.pem", key, digest);
    key_write(key, old);
    struct tls *tls = tls_new(top);
    bool good = tls && handshake(tls, NULL, NULL) && handshake(tls, NULL, NULL);
    tls_free(tls);
    EVP_PKEY_free(key);
    return good;
}

static void test_kinds(void)
{
    CHECK(served(EVP_EC_gen("P-256"), EVP_sha256(), false));
    CHECK(served(EVP_EC_gen("P-256"), EVP_sha256(), true));
    CHECK(served(EVP_EC_gen("P-384"), EVP_sha384(), false));
    CHECK(served(EVP_RSA_gen(2048), EVP_sha256(), false));
    CHECK(served(EVP_RSA_gen(2048), EVP_sha256(), true));
    /* not a kind that front knows */
    CHECK(!served(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, false));
}

/* ca: of operators.  Twice: the second time it is known. */
static bool taken(struct tls *tls, EVP_PKEY *ca, EVP_PKEY *key, const EVP_MD *digest)
{
    REQUIRE(key != NULL);
    X509 *certificate = certificate_make("ada", key, ca, digest);
    bool good = handshake(tls, certificate, key) && handshake(tls, certificate, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}

static void test_clients(EVP_PKEY *ca)
{
    EVP_PKEY *own = EVP_EC_gen("P-256");
    REQUIRE(own != NULL);
    certificate_write("cert.pem", own, EVP_sha256());
    key_write(own, false);
    EVP_PKEY_free(own);
    struct tls *tls = tls_new(top);
    REQUIRE(tls != NULL);
    CHECK(taken(tls, ca, EVP_EC_gen("P-256"), EVP_sha256()));
    CHECK(taken(tls, ca, EVP_EC_gen("P-256"), EVP_sha384()));
    CHECK(taken(tls, ca, EVP_EC_gen("P-384"), EVP_sha512()));
    CHECK(taken(tls, ca, EVP_RSA_gen(2048), EVP_sha256()));
    CHECK(!taken(tls, ca, EVP_EC_gen("P-256"), EVP_sha1()));
    CHECK(!taken(tls, ca, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_sha256()));
    tls_free(tls);
}

/* More than are taken, and a file that is none: front comes up, and knows its clients. */
static void test_formers(EVP_PKEY *ca)
{
    enum { FORMERS = 20 };
    char name[64], path[160];
    for (int i = 0; i <= FORMERS; i++) {
        snprintf(name, sizeof name, "anchors/operator-until-%lld.pem", 4000000000LL + i);
        if (i < FORMERS) {
            certificate_write(name, ca, EVP_sha256());
        } else {
            FILE *f = file_make(name);
            REQUIRE(fputs("no certificate\n", f) > 0 && fclose(f) == 0);
        }
    }
    fprintf(stderr, "expected messages follow\n");
    struct tls *tls = tls_new(top);
    CHECK(tls != NULL);
    CHECK(tls && taken(tls, ca, EVP_EC_gen("P-256"), EVP_sha256()));
    tls_free(tls);
    for (int i = 0; i <= FORMERS; i++) {
        snprintf(path, sizeof path, "%s/front/anchors/operator-until-%lld.pem", top, 4000000000LL + i);
        REQUIRE(unlink(path) == 0);
    }
}

static bool refused(void)
{
    struct tls *tls = tls_new(top);
    tls_free(tls);
    return tls == NULL;
}

static void test_refused(void)
{
    char path[160];
    EVP_PKEY *mine = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"), *longer = EVP_EC_gen("P-384");
    REQUIRE(mine && other && longer);
    certificate_write("cert.pem", mine, EVP_sha256());
    key_write(other, false);
    CHECK(refused());
    key_write(longer, false);
    CHECK(refused());
    FILE *f = file_make("key.pem"); /* half a key */
    REQUIRE(fputs("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\n", f) > 0 && fclose(f) == 0);
    CHECK(refused());
    snprintf(path, sizeof path, "%s/front/key.pem", top);
    REQUIRE(unlink(path) == 0);
    CHECK(refused());
    key_write(mine, false);
    CHECK(!refused());
    EVP_PKEY_free(mine);
    EVP_PKEY_free(other);
    EVP_PKEY_free(longer);
}

int main(void)
{
    static const char *const folders[] = {"", "/front", "/front/anchors"};
    static const char *const anchors[] = {"anchors/operator.pem", "anchors/os.pem", "anchors/update-only.pem", "anchors/root.pem"};
    static const char *const files[] = {"cert.pem", "key.pem"};
    char path[160];
    EVP_PKEY *ca = EVP_EC_gen("P-256");
    REQUIRE(ca != NULL);
    snprintf(top, sizeof top, "/tmp/peri-tls-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    for (size_t i = 1; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s%s", top, folders[i]);
        REQUIRE(mkdir(path, 0700) == 0);
    }
    for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++)
        certificate_write(anchors[i], ca, EVP_sha256());
    test_kinds();
    test_clients(ca);
    test_formers(ca);
    EVP_PKEY_free(ca);
    test_refused();
    for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++) {
        snprintf(path, sizeof path, "%s/front/%s", top, anchors[i]);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/front/%s", top, files[i]);
        unlink(path);
    }
    for (size_t i = sizeof folders / sizeof folders[0]; i-- > 0;) {
        snprintf(path, sizeof path, "%s%s", top, folders[i]);
        rmdir(path);
    }
    return check_done();
}
