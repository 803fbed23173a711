/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads and error bodies of answers.  Pure: writes into an evbuffer.
 * Management routes answer errors as Azure Resource Manager does, device routes
 * as RFC 9290 (CBOR).
 */
#ifndef PERI_SERVICE_FRONT_ANSWER_H
#define PERI_SERVICE_FRONT_ANSWER_H

#include <stdbool.h>

#include "service/ipc/http_message.h"

struct evbuffer;

enum answer_kind { ANSWER_MANAGEMENT, ANSWER_DEVICE };

struct answer_frame {
    enum answer_kind kind;
    bool close;     /* Connection: close */
    bool head_only; /* HEAD: length, no body */
    const char *request_id;     /* ours */
    struct span correlation_id; /* the client's, or empty: ours */
    struct span client_request_id; /* the client's, where it wants that back; or empty */
    const char *allow;          /* NULL unless 405 */
};

/* Head and body (for a stream the head alone).  Bytes of the body, or negative. */
int64_t answer_write(struct evbuffer *out, const struct answer_frame *frame,
                     const struct http_response *response);
/* A refusal by front itself, from the table of statuses. */
int64_t answer_refusal(struct evbuffer *out, const struct answer_frame *frame, int status);

#endif
