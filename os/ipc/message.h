/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One datagram each way over a SOCK_SEQPACKET socket, with at most one
 * descriptor: the carrier of every channel of the OS.
 *
 * Trust: the bytes that arrive are the peer's; lengths are the kernel's.
 * Invariants: a datagram is delivered whole or not at all; one that is longer
 * than the buffer, empty, or carries more than one descriptor is E_MALFORMED
 * and every descriptor that came with it is closed.
 * Descriptors arrive closed-on-exec.
 * Timeouts are on the monotonic clock and cover the whole call, signals
 * included; timeout_ms < 0 waits for ever, 0 does not wait.
 * Errors: E_TIMEOUT, E_NETWORK (peer is gone), E_MALFORMED, E_IO.
 */
#ifndef PERI_OS_IPC_MESSAGE_H
#define PERI_OS_IPC_MESSAGE_H

#include "lib/cursor.h"

/* pass is a descriptor to send along, or -1; it stays the caller's. */
int message_send(int fd, struct span bytes, int pass, int timeout_ms) MUST_CHECK;
/* passed may be NULL: then a descriptor is E_MALFORMED.  Else -1 or the
 * caller's new descriptor.  *len is 0 on failure. */
int message_receive(int fd, uint8_t *buffer, size_t cap, size_t *len, int *passed,
                    int timeout_ms) MUST_CHECK;

#endif
