/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/tls.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/front/algorithms.h"
#include "service/front/verified.h"
#include "service/ipc/former_name.h"
#include "service/ipc/service_init.h"

enum { SESSION_S = 7200, DEVICE_NAME = 128 };

static const struct anchor_row {
    const char *ca; /* CA.pem, and former ones (former_name.h) */
    uint16_t kind;
} anchor_rows[] = {
    {"operator", HTTP_IDENTITY_OPERATOR},
    {"os", HTTP_IDENTITY_OS},
    {"update-only", HTTP_IDENTITY_UPDATE_ONLY},
    {"root", HTTP_IDENTITY_NONE}, /* signs no client itself */
};
enum { ANCHORS = sizeof anchor_rows / sizeof anchor_rows[0] };

/* Those of the table, and former ones of the same kinds. */
struct anchor {
    X509 *x;
    uint16_t kind;
    int64_t until_s;
};
enum { ANCHORS_MAX = ANCHORS + SERVICE_FORMER_CAS };

struct tls {
    struct algorithms algorithms;
    SSL_CTX *ctx;
    struct anchor anchor[ANCHORS_MAX];
    size_t anchor_count;
    struct verified_set *verified;
};

static int alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *context)
{
    static const unsigned char http1[] = "\x08http/1.1\x08http/1.0"; /* the first that the client offers too */
    (void)ssl;
    (void)context;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, http1, sizeof http1 - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Who comes by this chain, and until when that may be; times_of_chain() says no more than the certificates do. */
static uint16_t kind_of_chain(const struct tls *tls, STACK_OF(X509) *chain, int64_t *until_s)
{
    *until_s = INT64_MAX;
    /* leaf, its CA, ..., root */
    if (!chain || sk_X509_num(chain) < 2)
        return HTTP_IDENTITY_NONE;
    for (size_t i = 0; i < tls->anchor_count; i++)
        if (X509_cmp(sk_X509_value(chain, 1), tls->anchor[i].x) == 0) {
            *until_s = tls->anchor[i].until_s;
            return tls->anchor[i].kind;
        }
    return HTTP_IDENTITY_APPLICATION;
}

/* The kind that chain_verify() found is a connection's; 0 (nobody) without a certificate. */
static void kind_set(SSL *ssl, uint16_t kind) { SSL_set_app_data(ssl, (void *)(uintptr_t)kind); }
static uint16_t kind_of(SSL *ssl) { return (uint16_t)(uintptr_t)SSL_get_app_data(ssl); }

/* The verified chain is not part of a session, so the kind that was found goes
 * into the ticket, which only we can read and write. */
static int ticket_make(SSL *ssl, void *context)
{
    uint8_t kind = (uint8_t)kind_of(ssl);
    (void)context;
    if (SSL_session_reused(ssl)) {
        void *old;
        size_t len;
        if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &old, &len) == 1 && len == 1)
            kind = *(uint8_t *)old;
    }
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &kind, sizeof kind);
}

static SSL_TICKET_RETURN ticket_use(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t name_len, SSL_TICKET_STATUS status, void *context)
{
    (void)session;
    (void)name;
    (void)name_len;
    (void)context;
    (void)SSL_set_num_tickets(ssl, 1); /* fails never; each ticket is for one use */
    if (status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_USE_RENEW;
    return SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* What all of a verified chain allow. */
static bool times_of_chain(STACK_OF(X509) *chain, struct verified *entry)
{
    entry->begin_s = INT64_MIN;
    entry->end_s = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        struct tm begin, end;
        const X509 *x = sk_X509_value(chain, i);
        if (ASN1_TIME_to_tm(X509_get0_notBefore(x), &begin) != 1 || ASN1_TIME_to_tm(X509_get0_notAfter(x), &end) != 1)
            return false;
        int64_t begin_s = timegm(&begin), end_s = timegm(&end);
        entry->begin_s = begin_s > entry->begin_s ? begin_s : entry->begin_s;
        entry->end_s = end_s < entry->end_s ? end_s : entry->end_s;
    }
    return true;
}

/* In OpenSSL's place: who is known already is not verified once more.  A ticket for
 * operators alone: devices keep none (docs/decisions/device-tls.md), and OpenSSL 3.0 takes
 * the certificate apart again to make one: a fifth of the handshake.  Who comes without a
 * certificate attests, and does not come back for a day. */
static int chain_verify(X509_STORE_CTX *store, void *context)
{
    struct tls *tls = context;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct verified entry = {0};
    unsigned len = sizeof entry.key;
    if (!ssl || X509_digest(X509_STORE_CTX_get0_cert(store), EVP_sha256(), entry.key, &len) != 1)
        return 0;
    const struct verified *known = verified_find(tls->verified, entry.key, time(NULL));
    if (known) {
        entry.kind = known->kind;
        X509_STORE_CTX_set_error(store, X509_V_OK);
    } else {
        if (X509_verify_cert(store) != 1)
            return 0;
        int64_t until_s;
        entry.kind = kind_of_chain(tls, X509_STORE_CTX_get0_chain(store), &until_s);
        if (time(NULL) > until_s) { /* a former CA whose time is over */
            X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_HAS_EXPIRED);
            return 0;
        }
        if (entry.kind != HTTP_IDENTITY_NONE && times_of_chain(X509_STORE_CTX_get0_chain(store), &entry)) {
            entry.end_s = entry.end_s < until_s ? entry.end_s : until_s;
            verified_put(tls->verified, &entry);
        }
    }
    kind_set(ssl, entry.kind);
    if (entry.kind == HTTP_IDENTITY_OPERATOR)
        (void)SSL_set_num_tickets(ssl, 1);
    return 1;
}

static int anchor_load(struct tls *tls, const char *folder, const char *file, uint16_t kind, int64_t until_s)
{
    char path[4096 + 256];
    struct anchor *anchor = &tls->anchor[tls->anchor_count];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = tls->anchor_count < ANCHORS_MAX ? fopen(path, "re") : NULL;
    X509 *x = f ? X509_new_ex(tls->algorithms.context, NULL) : NULL;
    bool read = x && PEM_read_X509(f, &x, NULL, NULL) && X509_STORE_add_cert(SSL_CTX_get_cert_store(tls->ctx), x) == 1;
    if (f)
        fclose(f);
    if (!read) {
        X509_free(x);
        fprintf(stderr, "front: %s: no certificate in it, or one more than are taken\n", path);
        return E_NOT_FOUND;
    }
    *anchor = (struct anchor){x, kind, until_s};
    tls->anchor_count++;
    return 0;
}

/* One that cannot be had keeps nobody out but whom it signed. */
static int formers_load(struct tls *tls, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return E_NOT_FOUND;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        for (int i = 0; i < ANCHORS; i++) {
            const int64_t until_s = former_name_until(e->d_name, anchor_rows[i].ca, ".pem");
            if (until_s > time(NULL))
                (void)!anchor_load(tls, folder, e->d_name, anchor_rows[i].kind, until_s);
        }
    closedir(dir);
    return 0;
}

static int anchors_load(struct tls *tls, const char *data)
{
    char folder[4096], file[64];
    int err = 0;
    snprintf(folder, sizeof folder, "%s/front/anchors", data);
    for (int i = 0; !err && i < ANCHORS; i++) {
        snprintf(file, sizeof file, "%s.pem", anchor_rows[i].ca);
        err = anchor_load(tls, folder, file, anchor_rows[i].kind, INT64_MAX);
    }
    return err ? err : formers_load(tls, folder);
}

static int settings_apply(struct tls *tls)
{
    static const unsigned char context_id[] = "perisphere front";
    char groups[] = "X25519:P-256:P-384";
    /* What certificates of this service and of operators are signed with.  OpenSSL
     * walks its whole list several times in each handshake. */
    char signatures[] = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256";
    /* SHA-256 first: a handshake derives some twenty keys, and SHA-384 takes longer. */
    static const char suites[] =
        "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
    SSL_CTX *ctx = tls->ctx;
    /* The CAs of devices and operators are anchors themselves: otherwise each
     * handshake would verify the root's P-384 signature on them once more. */
    if (X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN) != 1)
        return E_CRYPTO;
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set1_groups_list(ctx, groups) != 1 ||
        SSL_CTX_set1_sigalgs_list(ctx, signatures) != 1 ||
        SSL_CTX_set1_client_sigalgs_list(ctx, signatures) != 1 ||
        SSL_CTX_set_ciphersuites(ctx, suites) != 1 ||
        SSL_CTX_set_session_id_context(ctx, context_id, sizeof context_id - 1) != 1 ||
        SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
        SSL_CTX_set_session_ticket_cb(ctx, ticket_make, ticket_use, tls) != 1)
        return E_CRYPTO;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, chain_verify, tls);
    SSL_CTX_set_verify_depth(ctx, 3);
    SSL_CTX_set_timeout(ctx, SESSION_S);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* The file holds the chain that is sent: without the mode OpenSSL would look
     * for more of it, and verify what it finds, in every handshake. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_max_cert_list(ctx, 16384);
    SSL_CTX_set_alpn_select_cb(ctx, alpn_choose, NULL);
    return 0;
}

/* The same key in the context with few names; NULL: no memory, or not a kind of key that it has. */
static EVP_PKEY *key_bring(const struct algorithms *to, const EVP_PKEY *key)
{
    const char *kind = EVP_PKEY_get0_type_name(key);
    EVP_PKEY_CTX *ctx = kind ? EVP_PKEY_CTX_new_from_name(to->context, kind, NULL) : NULL;
    OSSL_PARAM *parts = NULL;
    EVP_PKEY *brought = NULL;
    if (ctx && EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &parts) == 1 && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &brought, EVP_PKEY_KEYPAIR, parts) != 1)
        brought = NULL;
    OSSL_PARAM_free(parts);
    EVP_PKEY_CTX_free(ctx);
    return brought;
}

/* Read by OpenSSL's own context, which knows keys in every form; used by front's, since each
 * signature looks through all the names of its key's context. */
static int key_load(struct tls *tls, const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *read = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = read ? key_bring(&tls->algorithms, read) : NULL;
    bool good = key && SSL_CTX_use_PrivateKey(tls->ctx, key) == 1 && SSL_CTX_check_private_key(tls->ctx) == 1;
    if (f)
        fclose(f);
    EVP_PKEY_free(read);
    EVP_PKEY_free(key);
    return good ? 0 : E_DENIED;
}

struct tls *tls_new(const char *data)
{
    char certificate[4096], key[4096];
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls || !(tls->verified = verified_new()) || algorithms_init(&tls->algorithms) != 0 ||
        !(tls->ctx = SSL_CTX_new_ex(tls->algorithms.context, NULL, TLS_server_method())) || settings_apply(tls) != 0) {
        fprintf(stderr, "front: TLS cannot be set up\n");
        goto fail;
    }
    snprintf(certificate, sizeof certificate, "%s/front/cert.pem", data);
    snprintf(key, sizeof key, "%s/front/key.pem", data);
    if (SSL_CTX_use_certificate_chain_file(tls->ctx, certificate) != 1) {
        fprintf(stderr, "front: %s: no certificate chain in it\n", certificate);
        goto fail;
    }
    if (key_load(tls, key) != 0) {
        fprintf(stderr, "front: %s: not the key of %s\n", key, certificate);
        goto fail;
    }
    if (anchors_load(tls, data) != 0)
        goto fail;
    return tls;
fail:
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    for (size_t i = 0; i < tls->anchor_count; i++)
        X509_free(tls->anchor[i].x);
    SSL_CTX_free(tls->ctx);
    algorithms_release(&tls->algorithms);
    verified_free(tls->verified);
    free(tls);
}

SSL *tls_accept(struct tls *tls)
{
    SSL *ssl = SSL_new(tls->ctx);
    if (ssl)
        SSL_set_accept_state(ssl);
    return ssl;
}

static bool is_device_id(const char *name)
{
    size_t digits = strspn(name, "0123456789abcdef");
    return digits == DEVICE_NAME && name[digits] == '\0';
}

/* The one common name, as printable ASCII. */
static int name_get(X509 *certificate, char name[static TLS_NAME_MAX + 1])
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return E_DENIED;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    int len = ASN1_STRING_length(value);
    if (len < 1 || len > TLS_NAME_MAX)
        return E_DENIED;
    memcpy(name, ASN1_STRING_get0_data(value), (size_t)len);
    name[len] = '\0';
    for (int i = 0; i < len; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            return E_DENIED;
    return 0;
}

/* What our operator CA gives: positive, 16 bytes at most. */
static int serial_get(X509 *certificate, uint8_t serial[static 16])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    bool good = number && !BN_is_negative(number) && !BN_is_zero(number) && BN_bn2binpad(number, serial, 16) == 16;
    BN_free(number);
    return good ? 0 : E_DENIED;
}

static uint16_t kind_get(SSL *ssl)
{
    void *kind;
    size_t len;
    if (!SSL_session_reused(ssl))
        return kind_of(ssl);
    if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &kind, &len) != 1 || len != 1)
        return HTTP_IDENTITY_NONE;
    return *(uint8_t *)kind;
}

int tls_identity_get(SSL *ssl, struct tls_identity *identity)
{
    unsigned len = sizeof identity->key;
    struct tm end;
    memset(identity, 0, sizeof *identity);
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    if (!certificate)
        return 0;
    struct tls_identity found = {.kind = kind_get(ssl)};
    if (SSL_get_verify_result(ssl) != X509_V_OK || found.kind == HTTP_IDENTITY_NONE ||
        name_get(certificate, found.name) != 0)
        return E_DENIED;
    if (found.kind != HTTP_IDENTITY_OPERATOR && !is_device_id(found.name))
        return E_DENIED;
    if (serial_get(certificate, found.serial) != 0)
        return E_DENIED;
    /* A session may outlive the certificate that began it. */
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1 ||
        X509_digest(certificate, EVP_sha256(), found.key, &len) != 1)
        return E_DENIED;
    found.not_after_s = timegm(&end);
    *identity = found;
    return 0;
}
