/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTPS to the security service: one connection, kept between requests.
 * TLS 1.3 by wolfSSL, responses parsed by http_parser; decision:
 * docs/decisions/device-http.md.
 *
 * Trust: the server is who its certificate says, chained to the trust anchor and
 * matching the host of the URL; what it sends is hostile all the same: headers,
 * lengths and bodies are bounded, chunked bodies are refused, and no redirect is followed
 * unless the caller does.
 * The client key is never here: sign is called with the digest.
 * Dates of certificates: os/azured/device_time.h.  While the time is not known, a client
 * without identity takes a server whose certificate holds at another date.
 * Where a network proxy is set and enabled, connections go by HTTP CONNECT through it (proxy_connect.h), but for
 * hosts that it is not for.  A proxy that refuses, or answers nonsense, is E_NETWORK, one that is slow E_TIMEOUT:
 * nothing that it says can pass for the service's word.
 * Errors: E_NETWORK (cannot reach, broke off), E_TIMEOUT, E_MALFORMED (not HTTP,
 * or beyond a limit), E_DENIED (TLS refused: either side's certificate),
 * E_NOMEM.  After an error the connection is closed; the next request makes one.
 */
#ifndef PERI_OS_AZURED_HTTP_CLIENT_H
#define PERI_OS_AZURED_HTTP_CLIENT_H

#include "lib/crypto.h"
#include "os/azured/proxy_settings.h"

enum {
    HTTP_CLIENT_HOST_MAX = 253,
    HTTP_CLIENT_HEADERS_MAX = 16384, /* bytes of a response's headers */
    HTTP_CLIENT_CONNECT_MS = 10000,
    HTTP_CLIENT_SILENCE_MS = 20000,  /* longest pause inside an exchange */
    HTTP_CLIENT_EXCHANGE_MS = 60000, /* whole exchange; images are fetched by range */
    HTTP_CLIENT_LOCATION_MAX = 383,
};

struct http_client {
    char host[HTTP_CLIENT_HOST_MAX + 1];
    char port[6];
    char anchor[512]; /* path of the PEM trust anchor */
    void *context;    /* WOLFSSL_CTX, with or without a client certificate */
    void *session;    /* WOLFSSL, NULL when not connected */
    bool identified;  /* a client certificate is behind context */
    uint64_t begins_s; /* the last server refused for its dates: when its chain begins to hold */
    int fd;
    struct proxy_settings *proxy; /* asked before each connection; NULL: never by way of one */
    uint32_t proxy_generation;    /* by which the connection was made */
    int silence_ms, exchange_ms; /* the limits above; tests shorten them */
};

struct http_exchange {
    /* asked */
    const char *method, *path, *content_type; /* content_type NULL: no body */
    struct span body;
    uint64_t range_from; /* "Range: bytes=from-" when ranged */
    bool ranged;
    /* Takes the body of a 2xx answer, piece by piece; nonzero breaks off and is
     * returned.  May be NULL: the body goes to body_room. */
    int (*sink)(void *context, struct span piece);
    void *sink_context;
    /* answered */
    int status;
    uint32_t retry_after_s; /* 0 = not given */
    char location[HTTP_CLIENT_LOCATION_MAX + 1]; /* empty: none, or a longer one */
    struct writer body_room; /* small answers and error bodies; E_LIMIT beyond */
};

/* url: https://HOST[:PORT], nothing behind.  E_MALFORMED, E_LIMIT. */
int http_client_init(struct http_client *client, const char *url, const char *anchor) MUST_CHECK;
void http_client_release(struct http_client *client);
/* Identity for the connections from now on: PEM chain, of which the leaf is shown, and
 * the key behind it; an empty span for none. */
int http_client_identify(struct http_client *client, struct span pem, struct signer *signer) MUST_CHECK;
int http_client_run(struct http_client *client, struct http_exchange *exchange) MUST_CHECK;
void http_client_close(struct http_client *client);
/* One exchange with another server of the same trust anchor: https://HOST[:PORT]/PATH, printable
 * characters, which takes the place of exchange->path.  For a client without identity: it is not shown
 * to strangers.  The connection does not stay, and the client is as it was.  E_MALFORMED, E_LIMIT: address. */
int http_client_run_at(struct http_client *client, const char *address, struct http_exchange *exchange) MUST_CHECK;

/* The pure half, for tests: an answer that arrives in pieces of piece bytes;
 * E_MORE while it is not complete, E_MALFORMED, E_LIMIT, or what sink said. */
int http_answer_parse(struct http_exchange *exchange, struct span bytes, size_t piece) MUST_CHECK;
/* Takes url apart. */
int http_url_split(const char *url, char host[static HTTP_CLIENT_HOST_MAX + 1], char port[static 6]) MUST_CHECK;

#endif
