/* SPDX-License-Identifier: BSD-2-Clause */
/* One call over a plutond channel, for tests. */
#ifndef PERI_PLUTON_TESTING_CALL_H
#define PERI_PLUTON_TESTING_CALL_H

#include <string.h>
#include <sys/socket.h>

#include "abi/pluton_call.h"
#include "lib/cursor.h"

enum { CALL_DATAGRAM_MAX = PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX };

/* Header and payload into w. */
static inline void call_write(struct writer *w, uint16_t command, struct span payload)
{
    writer_u16le(w, command);
    writer_u16le(w, 0);
    writer_u32le(w, (uint32_t)payload.len);
    writer_bytes(w, payload.at, payload.len);
}

/* The status, or -1 when the reply is no reply to this command.  The payload
 * views reply. */
static inline int call_read(struct span reply, uint16_t command, struct span *payload)
{
    struct cursor c = cursor_of(reply);
    const uint16_t echoed = cursor_u16le(&c), status = cursor_u16le(&c);
    const uint32_t length = cursor_u32le(&c);
    *payload = span_of(c.at, c.left);
    if (c.err || echoed != command || length != c.left || (status != PLUTON_OK && c.left != 0))
        return -1;
    return status;
}

static inline int call_socket(int fd, uint16_t command, struct span payload, uint8_t *room,
                              struct span *answer)
{
    uint8_t request[CALL_DATAGRAM_MAX];
    struct writer w = writer_of(request, sizeof request);
    call_write(&w, command, payload);
    *answer = span_of(NULL, 0);
    if (w.err || send(fd, request, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
        return -1;
    const ssize_t got = recv(fd, room, CALL_DATAGRAM_MAX, 0);
    return got < 0 ? -1 : call_read(span_of(room, (size_t)got), command, answer);
}

#endif
