/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channel between two processes of the service: requests and replies over one
 * stream socketpair, many under way at once, driven by libevent.
 * Source: docs/spec/service-ipc.md (ours).
 *
 * Frame, little-endian: u32 payload length, u32 id, u16 operation, u16 flags
 * (bit 0 = reply), i32 status (0 or a code of lib/err.h; 0 in requests).
 *
 * Trust: siblings trust each other no further than each other's operation
 * table.  A frame that breaks the framing, is too long for its operation, names
 * an unknown operation, or replies to nothing ends the process that reads it
 * when the peer is at least as trusted ("bad message from a trusted sibling"),
 * and is answered E_DENIED / drops the channel when it is less trusted.
 *
 * Lifetime: payload spans live until the callback returns; a request may be
 * answered later, exactly once.  channel_free() answers every waiting call with
 * E_NETWORK.
 * Limits: CHANNEL_PENDING_MAX calls under way each way, then E_BUSY.
 */
#ifndef PERI_SERVICE_IPC_CHANNEL_H
#define PERI_SERVICE_IPC_CHANNEL_H

#include <stdbool.h>

#include "lib/cursor.h"

struct event_base;
struct channel;
struct channel_request;

enum {
    CHANNEL_HEADER_BYTES = 16,
    CHANNEL_PAYLOAD_MAX = 24 << 20, /* one image of 16 MiB in base64 and its JSON */
    CHANNEL_PENDING_MAX = 4096,
};

/* One operation that this end serves. */
struct channel_operation {
    uint16_t number;
    const char *name;
    uint32_t request_max; /* bytes */
    /* Must lead to exactly one channel_reply(), now or later. */
    void (*handle)(void *context, struct channel_request *request, struct span payload);
};

typedef void channel_done(void *context, int status, struct span payload);

/* Takes fd.  operations may be NULL for an end that only asks; context is handed
 * to its handlers.  closed is called once when the peer is gone.  NULL: E_NOMEM. */
struct channel *channel_new(struct event_base *base, int fd,
                            const struct channel_operation *operations, size_t count,
                            void *context, void (*closed)(void *context, struct channel *channel));
void channel_free(struct channel *channel);
/* done is called exactly once, unless this returns an error. */
int channel_call(struct channel *channel, uint16_t operation, struct span payload,
                 channel_done *done, void *context) MUST_CHECK;
/* Ends request; payload is copied. */
void channel_reply(struct channel_request *request, int status, struct span payload);
/* The channel a request came by: tells handlers who asks. */
struct channel *channel_of(const struct channel_request *request);
/* Calls under way from this end. */
size_t channel_pending(const struct channel *channel);
/* Asks and waits, for start-up only (before the event loop runs); fd blocking.
 * reply is malloc'd, the caller frees. */
int channel_call_blocking(int fd, uint16_t operation, struct span payload, uint8_t **reply,
                          size_t *reply_bytes) MUST_CHECK;

#endif
