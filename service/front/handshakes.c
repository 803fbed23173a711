/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri-front-handshakes: what a client costs front's TLS, over memory, for bench/run.
 *
 *   peri-front-handshakes nobody|known|new COUNT
 *
 * nobody: without a certificate, as a device that attests; known: with a device's, shown before;
 * new: a device's that front has not seen.  P-256 for the key exchange, as azured offers it.  Each
 * client is accepted, shakes hands, asks twice as an attesting device does, and leaves.
 * Its one line is the CPU time of front's side.  Under callgrind, --toggle-collect='server_*'
 * counts the instructions of the same: the same number on a busy machine.
 */
#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/front/tls.h"

enum { COUNT_MAX = 8000, REQUEST_BYTES = 300, REQUESTS = 2 };

static char top[64];
static double spent_s;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "peri-front-handshakes: %s\n", what);
    exit(1);
}

/* -- certificates, in a folder as front has one -------------------------------------------- */

static const char *const files[] = {"anchors/operator.pem", "anchors/os.pem", "anchors/update-only.pem", "anchors/root.pem",
                                    "cert.pem", "key.pem"};
enum { FILES = sizeof files / sizeof files[0], KEY = FILES - 1, ANCHORS = FILES - 2 };

static void path_make(const char *file, char path[static 160]) { snprintf(path, 160, "%s/front/%s", top, file); }

/* Version 1, so that the one that signs itself may be a CA; a device's name is longer than MBSTRING_ASC would allow. */
static X509 *certificate_make(const char *name, const char *signer_name, EVP_PKEY *key, EVP_PKEY *signer, long serial)
{
    X509 *x = X509_new();
    need(x && ASN1_INTEGER_set(X509_get_serialNumber(x), serial) == 1 && X509_set_pubkey(x, key) == 1 &&
             X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", V_ASN1_UTF8STRING, (const unsigned char *)name, -1, -1, 0) == 1 &&
             X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", V_ASN1_UTF8STRING, (const unsigned char *)signer_name, -1, -1, 0) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(x), -60) && X509_gmtime_adj(X509_getm_notAfter(x), 86400) &&
             X509_sign(x, signer, EVP_sha256()) > 0,
         "a certificate could not be made");
    return x;
}

static void certificate_write(const char *file, X509 *x)
{
    char path[160];
    path_make(file, path);
    FILE *f = fopen(path, "we");
    need(f && PEM_write_X509(f, x) == 1 && fclose(f) == 0, path);
}

/* Each CA a key of its own: signed by the wrong one, a device would be somebody else. */
static EVP_PKEY *folder_make(void)
{
    char path[160];
    EVP_PKEY *os = NULL, *own = EVP_EC_gen("P-256");
    snprintf(top, sizeof top, "/tmp/peri-handshakes-XXXXXX");
    need(mkdtemp(top) != NULL, "no folder in /tmp");
    path_make("", path);
    need(mkdir(path, 0700) == 0, path);
    path_make("anchors", path);
    need(mkdir(path, 0700) == 0, path);
    for (size_t i = 0; i < ANCHORS; i++) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *x = certificate_make(files[i], files[i], key, key, 1);
        certificate_write(files[i], x);
        X509_free(x);
        if (strcmp(files[i], "anchors/os.pem") == 0)
            os = key;
        else
            EVP_PKEY_free(key);
    }
    X509 *x = certificate_make("localhost", "localhost", own, own, 1);
    certificate_write("cert.pem", x);
    X509_free(x);
    path_make(files[KEY], path);
    FILE *f = fopen(path, "we");
    need(f && PEM_write_PrivateKey(f, own, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0, path);
    EVP_PKEY_free(own);
    return os;
}

static void folder_remove(void)
{
    char path[160];
    for (size_t i = 0; i < FILES; i++) {
        path_make(files[i], path);
        unlink(path);
    }
    path_make("anchors", path);
    rmdir(path);
    path_make("", path);
    rmdir(path);
    rmdir(top);
}

/* -- front's side; callgrind knows these by name ----------------------------------------------- */

#define MEASURED __attribute__((noinline))

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static MEASURED SSL *server_new(struct tls *tls, BIO *from, BIO *to)
{
    SSL *ssl = tls_accept(tls);
    if (ssl) {
        SSL_set_bio(ssl, from, to);
        SSL_set_read_ahead(ssl, 1);
    }
    return ssl;
}

static MEASURED int server_shake(SSL *ssl) { return SSL_do_handshake(ssl); }

static MEASURED int server_look(SSL *ssl, struct tls_identity *identity) { return tls_identity_get(ssl, identity); }

static MEASURED int server_answer(SSL *ssl, unsigned char bytes[static REQUEST_BYTES])
{
    return SSL_read(ssl, bytes, REQUEST_BYTES) == REQUEST_BYTES ? SSL_write(ssl, bytes, REQUEST_BYTES) : -1;
}

static MEASURED void server_end(SSL *ssl)
{
    SSL_shutdown(ssl);
    SSL_free(ssl);
}

#define TIMED(result, call) (begin = now_s(), (result) = (call), spent_s += now_s() - begin)

/* -- clients ------------------------------------------------------------------------------------- */

static void client_once(struct tls *tls, SSL_CTX *context, uint16_t kind)
{
    unsigned char bytes[REQUEST_BYTES] = {0};
    struct tls_identity identity;
    double begin;
    int step;
    SSL *server, *client = SSL_new(context);
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    need(client && up && down && BIO_up_ref(up) == 1 && BIO_up_ref(down) == 1, "no memory");
    BIO_set_mem_eof_return(up, -1);
    BIO_set_mem_eof_return(down, -1);
    SSL_set_bio(client, down, up);
    SSL_set_connect_state(client);
    TIMED(server, server_new(tls, up, down));
    need(server != NULL, "no memory");
    (void)SSL_do_handshake(client);
    TIMED(step, server_shake(server));
    need(SSL_do_handshake(client) == 1, "the client does not take front's side");
    TIMED(step, server_shake(server));
    need(step == 1, "front does not take the client's side");
    TIMED(step, server_look(server, &identity));
    need(step == 0 && identity.kind == kind, "front takes the client for somebody else");
    for (int i = 0; i < REQUESTS; i++) {
        need(SSL_write(client, bytes, REQUEST_BYTES) == REQUEST_BYTES, "request");
        TIMED(step, server_answer(server, bytes));
        need(step == REQUEST_BYTES && SSL_read(client, bytes, REQUEST_BYTES) == REQUEST_BYTES, "answer");
    }
    SSL_shutdown(client);
    begin = now_s();
    server_end(server);
    spent_s += now_s() - begin;
    SSL_free(client);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"nobody", "known", "new"};
    enum { NOBODY, KNOWN, NEW, WHO } who = NOBODY;
    char device[129];
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    while (argc == 3 && who < WHO && strcmp(argv[1], names[who]) != 0)
        who++;
    if (count < 1 || count > COUNT_MAX || who == WHO) {
        fprintf(stderr, "usage: peri-front-handshakes nobody|known|new COUNT (1 to %d)\n", COUNT_MAX);
        return 2;
    }
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20); /* as front.c does */
    (void)mallopt(M_MXFAST, 0);
    memset(device, 'a', sizeof device - 1);
    device[sizeof device - 1] = '\0';
    EVP_PKEY *os = folder_make(), *key = EVP_EC_gen("P-256");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct tls *tls = tls_new(top);
    folder_remove();
    need(tls && context && key && SSL_CTX_set1_groups_list(context, "P-256") == 1, "set-up");
    uint16_t kind = who == NOBODY ? HTTP_IDENTITY_NONE : HTTP_IDENTITY_OS;
    for (long i = 0; i < count + 1; i++) { /* the first one fills caches: not counted in the time */
        if (who == NEW || (who == KNOWN && i == 0)) {
            X509 *x = certificate_make(device, "anchors/os.pem", key, os, i + 1);
            need(SSL_CTX_use_certificate(context, x) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1, "certificate");
            X509_free(x);
        }
        client_once(tls, context, kind);
        if (i == 0)
            spent_s = 0;
    }
    printf("{\"name\":\"handshake_%s\",\"value\":%.1f,\"unit\":\"cpu-us\",\"limit\":null,\"ratio\":null,"
           "\"how\":\"front's TLS over memory: handshake, two requests, goodbye; CPU time of its side\"}\n",
           names[who], spent_s / (double)count * 1e6);
    tls_free(tls);
    SSL_CTX_free(context);
    EVP_PKEY_free(key);
    EVP_PKEY_free(os);
    return 0;
}
