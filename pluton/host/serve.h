/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox loop of the host build: four channels, one call after the other.
 *
 * Each channel has at most one call in hand: while its reply waits for room,
 * no further request of it is read.  A round serves every ready channel once,
 * so none can starve another.  Memory is bounded by the struct below.
 */
#ifndef PERI_PLUTON_HOST_SERVE_H
#define PERI_PLUTON_HOST_SERVE_H

#include "pluton/runtime/pluton.h"

struct channel {
    int fd; /* -1 when every holder of the other end is gone */
    uint32_t rights;
    size_t reply_bytes; /* 0: none is waiting */
    uint8_t reply[PLUTON_DATAGRAM_MAX];
};

enum { CHANNELS = 4 };

/* Serves until the other end of control is closed: 0.  E_IO when poll fails.
 * *postcode follows the last SET_POSTCODE. */
int serve(struct pluton *p, struct channel channel[static CHANNELS], int control,
          uint32_t *postcode) MUST_CHECK;

#endif
