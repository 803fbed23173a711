/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HTTP request that front has parsed, bounded and authenticated, and the
 * answer to it, as they cross the channel from front to a backend.
 * Source: docs/spec/service-ipc.md.
 *
 * front guarantees: the route exists, its authentication rule holds, the body
 * is within the route's limit, path parameters are percent-decoded, non-empty
 * and free of control characters.  It guarantees nothing about their meaning.
 */
#ifndef PERI_SERVICE_IPC_HTTP_MESSAGE_H
#define PERI_SERVICE_IPC_HTTP_MESSAGE_H

#include "service/ipc/channel.h"

enum {
    HTTP_OP_REQUEST = 1, /* struct http_request -> struct http_response */
    HTTP_OP_PULL = 2,    /* struct http_pull -> bytes of a streamed body */
    HTTP_PARAMS_MAX = 8,
    HTTP_QUERY_MAX = 4096,
    HTTP_PULL_MAX = 262144,
    HTTP_STREAM_TOKEN_BYTES = 32,
};

enum http_identity_kind {
    HTTP_IDENTITY_NONE = 0,
    HTTP_IDENTITY_OPERATOR = 1,    /* name = common name of the client certificate */
    HTTP_IDENTITY_OS = 2,          /* name = device id, from an OS certificate */
    HTTP_IDENTITY_UPDATE_ONLY = 3, /* name = device id, from an update-only certificate */
    HTTP_IDENTITY_APPLICATION = 4, /* name = device id, from a catalog's CA: no route takes it */
    HTTP_IDENTITY_TOKEN = 5,       /* name = ISSUER#SUBJECT of a bearer token */
};

struct http_request {
    uint16_t route; /* index into the route table, service/api/routes.h */
    uint16_t identity; /* enum http_identity_kind */
    struct span identity_name;
    uint8_t identity_key[32]; /* SHA-256 of the client certificate or the token, zero for NONE */
    uint8_t identity_serial[16]; /* of the client certificate; zero for NONE and tokens */
    uint16_t param_count;
    struct span param[HTTP_PARAMS_MAX]; /* in the order of the pattern */
    struct span query;                  /* raw, without '?' */
    struct span range;                  /* Range header, or empty */
    struct span if_match, if_none_match, if_range;
    struct span request_id; /* x-ms-client-request-id, or ours: for logs */
    struct span body;
};

struct http_response {
    uint16_t status;
    struct span content_type; /* empty with an empty body */
    struct span location;
    struct span async_operation; /* Azure-AsyncOperation */
    struct span content_range;
    struct span etag;          /* with its quotes */
    struct span cache_control; /* empty: not to be kept */
    uint32_t retry_after_s; /* 0 = no header */
    bool no_retry_header;
    struct span body;
    /* A body that front pulls piece by piece instead: length > 0. */
    uint64_t stream_length;
    uint64_t stream_offset;
    uint8_t stream_token[HTTP_STREAM_TOKEN_BYTES];
};

/* The answer is so many bytes, or fewer where the whole ends.  A token names bytes
 * that never change, and is given to those alone who may have them: front keeps
 * blocks by it. */
struct http_pull {
    uint8_t token[HTTP_STREAM_TOKEN_BYTES];
    uint64_t offset;
    uint32_t length; /* at most HTTP_PULL_MAX */
};

/* CBOR both ways.  *_bytes: an upper bound of the encoding.  Parsed spans are
 * views into the payload. */
size_t http_request_bytes(const struct http_request *request);
int http_request_write(const struct http_request *request, struct writer *w) MUST_CHECK;
int http_request_parse(struct span payload, struct http_request *request) MUST_CHECK;
size_t http_response_bytes(const struct http_response *response);
int http_response_write(const struct http_response *response, struct writer *w) MUST_CHECK;
int http_response_parse(struct span payload, struct http_response *response) MUST_CHECK;
int http_pull_write(const struct http_pull *pull, struct writer *w) MUST_CHECK;
int http_pull_parse(struct span payload, struct http_pull *pull) MUST_CHECK;

/* If-None-Match (RFC 9110 section 13.1.2): etag, with its quotes, is in the list, weak or strong; "*" is any. */
bool http_etag_listed(struct span list, struct span etag);

/* Encodes and sends; on memory shortage answers E_NOMEM. */
void http_reply(struct channel_request *request, const struct http_response *response);
/* Device routes: CBOR problem details (RFC 9290). */
void http_reply_problem(struct channel_request *request, uint16_t status, const char *title,
                        const char *detail, uint32_t retry_after_s);

#endif
