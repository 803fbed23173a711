/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/oidc/fetch.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/http.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S = 10, HEAD_MAX = 16384 };

static const char system_certificates[] = "/etc/ssl/certs/ca-certificates.crt";

struct fetcher {
    struct event_base *base;
    struct evdns_base *dns;
    SSL_CTX *tls;
    uint16_t port;
    struct evhttp_connection *connection; /* of the request under way, or the one before */
    fetch_done *done;                     /* NULL: none is under way */
    void *context;
};

struct fetcher *fetcher_new(struct event_base *base, const char *ca_file, uint16_t port)
{
    const char *file = ca_file ? ca_file : system_certificates;
    struct fetcher *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->base = base;
    f->port = port;
    /* A machine without a resolver still reaches addresses and /etc/hosts. */
    f->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    f->tls = SSL_CTX_new(TLS_client_method());
    if (!f->dns || !f->tls || SSL_CTX_set_min_proto_version(f->tls, TLS1_2_VERSION) != 1) {
        fprintf(stderr, "oidc: the client cannot be set up\n");
        fetcher_free(f);
        return NULL;
    }
    (void)evdns_base_resolv_conf_parse(f->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    (void)evdns_base_load_hosts(f->dns, "/etc/hosts");
    if (SSL_CTX_load_verify_locations(f->tls, file, NULL) != 1) {
        fprintf(stderr, "oidc: %s: no certificate in it (put the provider's CA into oidc/ca.pem of the data folder)\n",
                file);
        fetcher_free(f);
        return NULL;
    }
    SSL_CTX_set_verify(f->tls, SSL_VERIFY_PEER, NULL);
    return f;
}

static void connection_drop(struct fetcher *f)
{
    if (f->connection)
        evhttp_connection_free(f->connection);
    f->connection = NULL;
}

void fetcher_free(struct fetcher *f)
{
    if (!f)
        return;
    connection_drop(f);
    if (f->dns)
        evdns_base_free(f->dns, 0);
    SSL_CTX_free(f->tls);
    free(f);
}

static void finish(struct fetcher *f, int err, struct span body)
{
    fetch_done *done = f->done;
    f->done = NULL;
    done(f->context, err, body);
}

/* libevent calls without a request when the connection failed. */
static void on_answer(struct evhttp_request *request, void *context)
{
    struct fetcher *f = context;
    if (!f->done)
        return; /* cancelled by connection_drop() */
    int status = request ? evhttp_request_get_response_code(request) : 0;
    struct evbuffer *in = request ? evhttp_request_get_input_buffer(request) : NULL;
    size_t len = in ? evbuffer_get_length(in) : 0;
    if (status != 200) {
        finish(f, status ? E_DENIED : E_NETWORK, span_of(NULL, 0));
        return;
    }
    const uint8_t *at = len ? evbuffer_pullup(in, -1) : NULL;
    finish(f, len && !at ? E_NOMEM : 0, span_of(at, len));
}

/* https://HOST[:PORT]/PATH[?QUERY], nothing else. */
static int url_split(const char *url, char host[static FETCH_URL_MAX], uint16_t *port, char path[static FETCH_URL_MAX])
{
    struct evhttp_uri *uri = strlen(url) < FETCH_URL_MAX ? evhttp_uri_parse(url) : NULL;
    const char *scheme = uri ? evhttp_uri_get_scheme(uri) : NULL, *name = uri ? evhttp_uri_get_host(uri) : NULL,
               *at = uri ? evhttp_uri_get_path(uri) : NULL, *query = uri ? evhttp_uri_get_query(uri) : NULL;
    bool good = scheme && strcmp(scheme, "https") == 0 && name && *name && !evhttp_uri_get_userinfo(uri) &&
                !evhttp_uri_get_fragment(uri);
    if (good) {
        int number = evhttp_uri_get_port(uri);
        *port = (uint16_t)(number > 0 ? number : 443);
        good = number <= 65535 && number != 0;
        snprintf(host, FETCH_URL_MAX, "%s", name);
        int len = snprintf(path, FETCH_URL_MAX, "%s%s%s", at && *at ? at : "/", query ? "?" : "", query ? query : "");
        good = good && len < FETCH_URL_MAX;
    }
    if (uri)
        evhttp_uri_free(uri);
    return good ? 0 : E_MALFORMED;
}

int fetch_port(const char *url, uint16_t *port)
{
    char host[FETCH_URL_MAX], path[FETCH_URL_MAX];
    return url_split(url, host, port, path);
}

/* A certificate is asked for the host's name, or for its address. */
static SSL *tls_to(struct fetcher *f, char *host)
{
    SSL *ssl = SSL_new(f->tls);
    X509_VERIFY_PARAM *param = ssl ? SSL_get0_param(ssl) : NULL;
    if (param && X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
        return ssl;
    if (param && SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static int connection_make(struct fetcher *f, char *host, uint16_t port)
{
    SSL *ssl = tls_to(f, host);
    struct bufferevent *stream =
        ssl ? bufferevent_openssl_socket_new(f->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
                                             BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)
            : NULL;
    if (!stream) {
        SSL_free(ssl);
        return E_NOMEM;
    }
    /* Providers that close without a goodbye: the length says what is whole. */
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    f->connection = evhttp_connection_base_bufferevent_new(f->base, f->dns, stream, host, port);
    if (!f->connection) {
        bufferevent_free(stream);
        return E_NOMEM;
    }
    evhttp_connection_set_timeout(f->connection, TIMEOUT_S);
    evhttp_connection_set_retries(f->connection, 0);
    evhttp_connection_set_max_headers_size(f->connection, HEAD_MAX);
    evhttp_connection_set_max_body_size(f->connection, FETCH_BODY_MAX);
    return 0;
}

int fetch(struct fetcher *f, const char *url, fetch_done *done, void *context)
{
    char host[FETCH_URL_MAX], path[FETCH_URL_MAX], host_header[FETCH_URL_MAX + 8];
    uint16_t port;
    if (f->done)
        return E_BUSY;
    int err = url_split(url, host, &port, path);
    if (!err && port != f->port)
        err = E_BINDING;
    if (err)
        return err;
    connection_drop(f);
    if ((err = connection_make(f, host, port)) != 0)
        return err;
    struct evhttp_request *request = evhttp_request_new(on_answer, f);
    if (!request)
        return E_NOMEM;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    if (port == 443)
        snprintf(host_header, sizeof host_header, "%s", host);
    else
        snprintf(host_header, sizeof host_header, "%s:%u", host, port);
    if (evhttp_add_header(headers, "Host", host_header) != 0 ||
        evhttp_add_header(headers, "Accept", "application/json") != 0 ||
        evhttp_add_header(headers, "Connection", "close") != 0) {
        evhttp_request_free(request);
        return E_NOMEM;
    }
    f->done = done;
    f->context = context;
    /* Owns the request from here, and has called on_answer() if it fails at once. */
    if (evhttp_make_request(f->connection, request, EVHTTP_REQ_GET, path) != 0 && f->done) {
        f->done = NULL;
        return E_NETWORK;
    }
    return 0;
}
