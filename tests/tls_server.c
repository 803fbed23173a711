/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/tls_server.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

static void extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    REQUIRE(e && X509_add_ext(certificate, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static X509 *certificate_make(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                              const char *alt)
{
    static long serial = 1;
    X509 *x = X509_new();
    X509_NAME *subject = X509_NAME_new();
    REQUIRE(x && subject && X509_set_version(x, 2));
    /* Longer than the 64 characters of ub-common-name, as device ids are. */
    ASN1_STRING *cn = ASN1_STRING_type_new(V_ASN1_UTF8STRING);
    REQUIRE(cn && ASN1_STRING_set(cn, name, -1));
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, V_ASN1_UTF8STRING,
                                                           (const unsigned char *)name, -1);
    REQUIRE(entry && X509_NAME_add_entry(subject, entry, -1, 0));
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    REQUIRE(X509_set_subject_name(x, subject) && X509_set_pubkey(x, key));
    REQUIRE(X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject));
    extension(x, issuer, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    extension(x, issuer, NID_subject_key_identifier, "hash");
    if (issuer) /* by which the CAs of one name are told apart */
        extension(x, issuer, NID_authority_key_identifier, "keyid:always");
    else
        extension(x, issuer, NID_key_usage, "critical,keyCertSign,digitalSignature");
    if (alt)
        extension(x, issuer, NID_subject_alt_name, alt);
    REQUIRE(X509_sign(x, issuer_key, EVP_sha256()) > 0);
    X509_NAME_ENTRY_free(entry);
    ASN1_STRING_free(cn);
    X509_NAME_free(subject);
    return x;
}

void test_ca_make(struct test_ca *ca, const char *name)
{
    ca->key = EVP_EC_gen("P-256");
    REQUIRE(ca->key != NULL);
    ca->certificate = certificate_make(name, ca->key, NULL, ca->key, NULL);
}

void test_ca_release(struct test_ca *ca)
{
    X509_free(ca->certificate);
    EVP_PKEY_free(ca->key);
}

X509 *test_ca_issue(const struct test_ca *ca, const char *name, EVP_PKEY *key, const char *alt)
{
    return certificate_make(name, key, ca->certificate, ca->key, alt);
}

EVP_PKEY *test_public_key(const uint8_t key[static 64])
{
    uint8_t point[65] = {4};
    memcpy(point + 1, key, 64);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    REQUIRE(bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    REQUIRE(params && make && EVP_PKEY_fromdata_init(make) == 1);
    REQUIRE(EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1);
    EVP_PKEY_CTX_free(make);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

void test_write_pem(const char *path, X509 *certificate)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f && PEM_write_X509(f, certificate) == 1 && fclose(f) == 0);
}

void tls_send(SSL *ssl, const void *bytes, size_t len)
{
    size_t done;
    (void)SSL_write_ex(ssl, bytes, len, &done); /* the client may have gone: that is its right */
}

void tls_text(SSL *ssl, const char *text)
{
    tls_send(ssl, text, strlen(text));
}

void tls_answer(SSL *ssl, int status, const char *headers, struct span body)
{
    char head[512];
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n", status,
             headers ? headers : "", body.len);
    if (status == 204)
        snprintf(head, sizeof head, "HTTP/1.1 204 No Content\r\n\r\n");
    tls_text(ssl, head);
    if (body.len)
        tls_send(ssl, body.at, body.len);
}

/* One request, head and body; false when the client went. */
static bool request_read(SSL *ssl, struct tls_request *r)
{
    size_t len = 0, got;
    char *end = NULL;
    r->body_len = 0;
    while (!end) {
        if (len + 1 >= sizeof r->head || SSL_read_ex(ssl, r->head + len, 1, &got) != 1)
            return false;
        len += got;
        r->head[len] = 0;
        end = strstr(r->head, "\r\n\r\n");
    }
    const char *at = strcasestr(r->head, "\r\nContent-Length: ");
    size_t body = at ? strtoul(at + 18, NULL, 10) : 0;
    at = strcasestr(r->head, "\r\nRange: bytes=");
    r->range_from = at ? strtoull(at + 15, NULL, 10) : 0;
    REQUIRE(body <= sizeof r->body);
    while (r->body_len < body) {
        if (SSL_read_ex(ssl, r->body + r->body_len, body - r->body_len, &got) != 1)
            return false;
        r->body_len += got;
    }
    return true;
}

static void connection_serve(struct tls_server *server, int fd)
{
    static struct tls_request request; /* one connection at a time */
    memset(&request, 0, sizeof request);
    request.connection = ++server->connections;
    if (server->plain) {
        server->script(server->script_context, NULL, fd, &request);
        return;
    }
    SSL *ssl = SSL_new(server->context);
    REQUIRE(ssl && SSL_set_fd(ssl, fd));
    if (SSL_accept(ssl) == 1) {
        X509 *client = SSL_get1_peer_certificate(ssl);
        request.client_certificate = client != NULL;
        if (client)
            X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName,
                                      request.client_name, sizeof request.client_name);
        X509_free(client);
        while (request_read(ssl, &request)) {
            request.number++;
            if (!server->script(server->script_context, ssl, fd, &request))
                break;
        }
    }
    SSL_free(ssl);
}

static void *run(void *context)
{
    struct tls_server *server = context;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0; close(fd))
        connection_serve(server, fd);
    return NULL;
}

void tls_server_start(struct tls_server *server, const struct test_ca *ca, const char *alt,
                      const struct test_ca *client_ca, int max_version)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *leaf = test_ca_issue(ca, "server", key, alt);
    server->context = SSL_CTX_new(TLS_server_method());
    REQUIRE(server->context && SSL_CTX_use_certificate(server->context, leaf) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(server->context, key) == 1);
    SSL_CTX_set_max_proto_version(server->context, max_version);
    if (client_ca) {
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER, NULL); /* optional, as the service does */
        REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(server->context), client_ca->certificate));
    }
    X509_free(leaf);
    EVP_PKEY_free(key);

    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(server->listener >= 0 && bind(server->listener, (struct sockaddr *)&at, sizeof at) == 0);
    REQUIRE(listen(server->listener, 16) == 0);
    REQUIRE(getsockname(server->listener, (struct sockaddr *)&at, &len) == 0);
    server->port = ntohs(at.sin_port);
    snprintf(server->url, sizeof server->url, "https://localhost:%u", server->port);
    REQUIRE(pthread_create(&server->thread, NULL, run, server) == 0);
}

void tls_server_stop(struct tls_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    REQUIRE(pthread_join(server->thread, NULL) == 0);
    close(server->listener);
    SSL_CTX_free(server->context);
}
