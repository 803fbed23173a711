/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include "os/azured/cert_check.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/ct.h"
#include "os/azured/certificate_dates.h"

enum { DER_MAX = CERT_PEM_MAX, DEPTH_MAX = 8, TAG_INTEGER = 0x02, TAG_CONSTRUCTED = 0x20 };

/* One element: its tag and contents.  Definite lengths of at most four bytes: 0x80, which BER has, is none. */
static uint8_t element_read(struct cursor *c, struct span *contents)
{
    uint8_t tag = cursor_u8(c), first = cursor_u8(c);
    size_t len = first;
    if (first & 0x80) {
        len = 0;
        if (first == 0x80 || (first & 0x7f) > 4)
            cursor_fail(c, E_MALFORMED);
        for (int i = first & 0x7f; i > 0 && !c->err; i--)
            len = len << 8 | cursor_u8(c);
    }
    *contents = cursor_bytes(c, c->err ? 0 : len);
    return tag;
}

/* No number in it is large: of an algorithm's parameters these are rounds, costs and lengths. */
static bool numbers_small(struct span der, int depth)
{
    struct cursor c = cursor_of(der);
    while (c.left && !c.err) {
        struct span in;
        uint8_t tag = element_read(&c, &in);
        if (c.err)
            return false;
        if (tag == TAG_INTEGER) {
            uint64_t value = 0;
            for (size_t i = 0; i < in.len; i++)
                value = value > CERT_KEY_ROUNDS_MAX ? value : value << 8 | in.at[i];
            if (value > CERT_KEY_ROUNDS_MAX)
                return false;
        } else if (tag & TAG_CONSTRUCTED && (depth == DEPTH_MAX || !numbers_small(in, depth + 1))) {
            return false;
        }
    }
    return true;
}

/* PKCS#8's EncryptedPrivateKeyInfo (RFC 5958 section 3): the algorithm, and an octet string; other forms have a fixed, small cost.
 * All of it is looked at, wherever an element says that it ends: wolfSSL reads on behind a sequence that is too short. */
static bool cost_bearable(struct span pem)
{
    static const char begin[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    static uint8_t text[CERT_PEM_MAX], der[DER_MAX];
    const uint8_t *at = memmem(pem.at, pem.len, begin, sizeof begin - 1);
    struct writer t = writer_of(text, sizeof text), d = writer_of(der, sizeof der);
    if (!at)
        return true;
    for (at += sizeof begin - 1; at < pem.at + pem.len && *at != '-'; at++)
        if (*at > 0x20)
            writer_u8(&t, *at);
    if (t.err || base64_decode(writer_view(&t), &d) != 0)
        return false;
    return numbers_small(writer_view(&d), 0);
}

struct password {
    struct span text;
    bool asked;
};

static int password_give(char *to, int cap, int writing, void *context)
{
    struct password *password = context;
    (void)writing;
    password->asked = true;
    if (cap < 0 || password->text.len > (size_t)cap)
        return 0;
    if (password->text.len)
        memcpy(to, password->text.at, password->text.len);
    return (int)password->text.len;
}

/* wolfSSL compares the numbers of RSA keys, but of an EC key it believes the public half that stands beside the private one: here it
 * is computed, and must be the end of the certificate's.  false: it is no EC key, or another one's (*ec).
 * What it computes with is smaller than the curve's order, or refused; wolfSSL's own comparison (wolfSSL_CTX_check_private_key(),
 * 5.5.4) writes a longer number beyond its end of memory, so it is never asked about an EC key. */
static bool ec_matches(struct span der, struct span public_key, bool *ec)
{
    uint8_t point[133]; /* of P-521 */
    word32 at = 0, len = sizeof point;
    ecc_key key;
    WC_RNG rng;
    *ec = false;
    if (wc_InitRng(&rng) != 0)
        return false;
    if (wc_ecc_init(&key) != 0) {
        wc_FreeRng(&rng);
        return false;
    }
    *ec = wc_EccPrivateKeyDecode(der.at, &at, &key, (word32)der.len) == 0;
    bool good = *ec && wc_ecc_make_pub_ex(&key, NULL, &rng) == 0 && wc_ecc_export_x963(&key, point, &len) == 0 &&
                public_key.len >= len && memcmp(public_key.at + (public_key.len - len), point, len) == 0;
    wc_ecc_free(&key);
    wc_FreeRng(&rng);
    return good;
}

static bool is_rsa(struct span der)
{
    word32 at = 0;
    RsaKey key;
    if (wc_InitRsaKey(&key, NULL) != 0)
        return false;
    bool good = wc_RsaPrivateKeyDecode(der.at, &at, &key, (word32)der.len) == 0;
    wc_FreeRsaKey(&key);
    return good;
}

/* The pair is known to be well-formed.  Whether the numbers of an RSA key match is left to wolfSSL (*rsa). */
static enum cert_error halves_check(struct span cert, struct span key, struct span password, bool *rsa)
{
    static uint8_t der[DER_MAX], public_key[1024];
    char text[CERT_PASSWORD_MAX + 1] = "";
    int public_len = sizeof public_key;
    bool ec = false;
    if (password.len)
        memcpy(text, password.at, password.len);
    int len = wc_KeyPemToDer(key.at, (int)key.len, der, sizeof der, text);
    ct_wipe(text, sizeof text);
    WOLFSSL_X509 *x509 = wolfSSL_X509_load_certificate_buffer(cert.at, (int)cert.len, WOLFSSL_FILETYPE_PEM);
    bool read = len > 0 && x509 && wolfSSL_X509_get_pubkey_buffer(x509, public_key, &public_len) == WOLFSSL_SUCCESS && public_len > 0;
    bool matches = read && ec_matches(span_of(der, (size_t)len), span_of(public_key, (size_t)public_len), &ec);
    *rsa = read && !ec && is_rsa(span_of(der, (size_t)len));
    enum cert_error error = !read   ? CERT_PRIVATE_INVALID
                            : ec    ? (matches ? CERT_OK : CERT_MISMATCHED)
                            : *rsa  ? CERT_OK
                                    : CERT_PRIVATE_INVALID;
    ct_wipe(der, sizeof der); /* what could not be decrypted to its end stands there too */
    if (x509)
        wolfSSL_X509_free(x509);
    return error;
}

static enum cert_error pair_check(struct span cert, struct span key, struct span text)
{
    struct password password = {.text = text};
    enum cert_error error = CERT_OK;
    bool rsa = false;
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (!context)
        return CERT_NOT_STORED;
    wolfSSL_CTX_set_default_passwd_cb(context, password_give);
    wolfSSL_CTX_set_default_passwd_cb_userdata(context, &password);
    if (wolfSSL_CTX_use_certificate_buffer(context, cert.at, (long)cert.len, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
        error = CERT_PUBLIC_INVALID;
    else if (!cost_bearable(key) ||
             wolfSSL_CTX_use_PrivateKey_buffer(context, key.at, (long)key.len, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
        error = CERT_PRIVATE_INVALID;
    else if (text.len && !password.asked)
        error = CERT_PASSWORD_NOT_REQUIRED;
    else
        error = halves_check(cert, key, text, &rsa);
    if (!error && rsa && wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS)
        error = CERT_MISMATCHED;
    wolfSSL_CTX_free(context);
    return error;
}

enum cert_error cert_check(uint8_t type, struct span cert, struct span key, struct span password)
{
    struct cert_answer description;
    if (type != CERT_CLIENT && type != CERT_ROOT_CA)
        return CERT_TYPE_INVALID;
    if (cert.len > CERT_PEM_MAX)
        return CERT_PUBLIC_TOO_LONG;
    if (type == CERT_ROOT_CA && key.len)
        return CERT_PRIVATE_NOT_ALLOWED;
    if (type == CERT_ROOT_CA && password.len)
        return CERT_PASSWORD_NOT_ALLOWED;
    if (key.len > CERT_PEM_MAX)
        return CERT_PRIVATE_TOO_LONG;
    if (password.len > CERT_PASSWORD_MAX)
        return CERT_PASSWORD_TOO_LONG;
    if (!cert_describe(cert, &description))
        return CERT_PUBLIC_INVALID;
    return type == CERT_ROOT_CA ? CERT_OK : key.len == 0 ? CERT_PRIVATE_INVALID : pair_check(cert, key, password);
}

static void name_write(WOLFSSL_X509_NAME *name, char to[static CERT_NAME_MAX + 1])
{
    char text[CERT_NAME_MAX + 1] = "";
    if (name)
        (void)wolfSSL_X509_NAME_oneline(name, text, sizeof text);
    text[CERT_NAME_MAX] = '\0';
    memcpy(to, text, sizeof text);
}

bool cert_describe(struct span cert, struct cert_answer *answer)
{
    int len = 0;
    WOLFSSL_X509 *x509 = cert.len ? wolfSSL_X509_load_certificate_buffer(cert.at, (int)cert.len, WOLFSSL_FILETYPE_PEM) : NULL;
    const unsigned char *der = x509 ? wolfSSL_X509_get_der(x509, &len) : NULL;
    bool good = der && len > 0 && certificate_dates(span_of(der, (size_t)len), &answer->not_before_s, &answer->not_after_s) == 0;
    if (good) {
        name_write(wolfSSL_X509_get_subject_name(x509), answer->subject);
        name_write(wolfSSL_X509_get_issuer_name(x509), answer->issuer);
    }
    if (x509)
        wolfSSL_X509_free(x509);
    return good;
}
