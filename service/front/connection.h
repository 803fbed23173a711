/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client connection: handshake, requests one after the other, answers.
 *
 *   state      waits for                    deadline (wall clock)        then
 *   HANDSHAKE  end of the TLS handshake     header_timeout_s             close
 *   IDLE       first byte of a request      idle_timeout_s               close
 *   HEAD       the whole head               header_timeout_s             408
 *   BODY       the whole body               request_timeout_s            408
 *   TOKEN      the oidc process's word      request_timeout_s            503
 *   BACKEND    the backend's answer         request_timeout_s            503
 *   ANSWER     the client taking it         request_timeout_s a block    cut
 *   LINGER     the client's end             LINGER_S                     close
 *
 * Deadlines are armed once on entering a state, so a byte now and then buys no
 * time.  A client that goes away while a backend works leaves the call behind;
 * its answer is dropped.
 */
#ifndef PERI_SERVICE_FRONT_CONNECTION_H
#define PERI_SERVICE_FRONT_CONNECTION_H

#include <event2/event.h>

#include "service/front/tls.h"
#include "service/ipc/process.h"

struct block_cache;
struct connection;

/* What all connections share. */
struct door {
    struct event_base *base;
    const struct service_config *config;
    struct tls *tls;
    struct block_cache *blocks;
    struct channel *channel[PROCESS_COUNT]; /* NULL where front has none */
    struct connection *first;
    size_t count;
    size_t body_bytes; /* held for all requests together */
    bool draining;
    void (*left)(struct door *door); /* a connection ended */
};

enum { DOOR_BODY_BYTES_MAX = 256 << 20 };

/* Takes fd. */
void connection_open(struct door *door, int fd);
/* Ends those that wait for a request; the others end after their answer. */
void connections_drain(struct door *door);
void connections_close(struct door *door);

#endif
