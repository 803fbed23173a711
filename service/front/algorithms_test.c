/* SPDX-License-Identifier: BSD-2-Clause */
/* What front's TLS can do, and that what is not listed is not there.  Clauses: algorithms.h. */
#include "service/front/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "tests/check.h"

static OSSL_LIB_CTX *ours;

static bool digest_there(const char *name)
{
    EVP_MD *md = EVP_MD_fetch(ours, name, NULL);
    EVP_MD_free(md);
    return md != NULL;
}

static bool cipher_there(const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(ours, name, NULL);
    EVP_CIPHER_free(cipher);
    return cipher != NULL;
}

static bool key_there(const char *name)
{
    EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(ours, name, NULL);
    EVP_KEYMGMT_free(keys);
    return keys != NULL;
}

static void test_list(void)
{
    CHECK(digest_there("SHA2-256") && digest_there("SHA2-384") && digest_there("SHA2-512"));
    CHECK(!digest_there("MD5") && !digest_there("SHA3-256") && !digest_there("SHA2-256/192"));
    CHECK(cipher_there("AES-128-GCM") && cipher_there("AES-256-GCM") && cipher_there("ChaCha20-Poly1305"));
    CHECK(!cipher_there("AES-128-CBC") && !cipher_there("DES-EDE3-CBC") && !cipher_there("NULL"));
    CHECK(key_there("EC") && key_there("RSA") && key_there("X25519"));
    CHECK(!key_there("DSA") && !key_there("DH") && !key_there("ED25519") && !key_there("SM2"));
}

/* What each look-up goes through: no names but those of the list.  Three digests are there for
 * signatures of certificates, which OpenSSL looks up in the table of old. */
static void test_names(void)
{
    CHECK(EVP_get_digestbyname("SHA256") && EVP_get_digestbyname("SHA384") && EVP_get_digestbyname("SHA512"));
    CHECK(!EVP_get_digestbyname("MD5") && !EVP_get_digestbyname("SHA1") && !EVP_get_digestbyname("RIPEMD160"));
    CHECK(!EVP_get_cipherbyname("DES-EDE3-CBC") && !EVP_get_cipherbyname("AES-128-CBC"));
}

/* A certificate's key is taken apart when the certificate is read, before anybody has
 * verified anything. */
static bool certificate_key_read(EVP_PKEY *key, const EVP_MD *digest)
{
    unsigned char *der = NULL;
    X509 *made = X509_new(), *read = X509_new_ex(ours, NULL);
    REQUIRE(made && read && X509_set_pubkey(made, key) == 1);
    REQUIRE(X509_gmtime_adj(X509_getm_notBefore(made), 0) && X509_gmtime_adj(X509_getm_notAfter(made), 60));
    REQUIRE(X509_sign(made, key, digest) > 0);
    int len = i2d_X509(made, &der);
    const unsigned char *at = der;
    REQUIRE(len > 0 && d2i_X509(&read, &at, len) != NULL);
    bool good = X509_get0_pubkey(read) != NULL && X509_verify(read, X509_get0_pubkey(read)) == 1;
    OPENSSL_free(der);
    X509_free(made);
    X509_free(read);
    EVP_PKEY_free(key);
    return good;
}

static void test_keys_of_strangers(void)
{
    CHECK(!certificate_key_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL));
    CHECK(!certificate_key_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL));
    CHECK(certificate_key_read(EVP_EC_gen("P-256"), EVP_sha256()));
    CHECK(certificate_key_read(EVP_EC_gen("P-384"), EVP_sha384()));
    CHECK(certificate_key_read(EVP_EC_gen("P-384"), EVP_sha512()));
    CHECK(certificate_key_read(EVP_RSA_gen(2048), EVP_sha256()));
    CHECK(!certificate_key_read(EVP_RSA_gen(2048), EVP_sha1()));
}

static void test_groups(void)
{
    char wanted[] = "X25519:P-256:P-384";
    SSL_CTX *ctx = SSL_CTX_new_ex(ours, NULL, TLS_server_method());
    REQUIRE(ctx != NULL);
    CHECK_INT(SSL_CTX_set1_groups_list(ctx, wanted), 1);
    CHECK_INT(SSL_CTX_set1_groups_list(ctx, "P-521"), 0);
    CHECK_INT(SSL_CTX_set1_groups_list(ctx, "ffdhe2048"), 0);
    SSL_CTX_free(ctx);
}

/* Contexts come and go; what they share stays. */
static void test_again(void)
{
    struct algorithms second;
    REQUIRE(algorithms_init(&second) == 0 && second.context != ours);
    algorithms_release(&second);
    CHECK(digest_there("SHA2-256"));
}

int main(void)
{
    struct algorithms algorithms;
    REQUIRE(algorithms_init(&algorithms) == 0);
    ours = algorithms.context;
    test_list();
    test_names();
    test_keys_of_strangers();
    test_groups();
    test_again();
    algorithms_release(&algorithms);
    return check_done();
}
