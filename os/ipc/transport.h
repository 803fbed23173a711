/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a request reaches the monitor or the root of trust, and its answer comes
 * back.  One implementation is chosen at link time:
 *   transport_socket.c   fd is a SOCK_SEQPACKET channel to the process that holds the role
 *   transport_device.c   fd is an open /dev/security-monitor or /dev/pluton of the MCU's
 *                        kernel, which decides by the caller's credential (abi/azure_sphere.h)
 * Callers: monitor_client.c, trust_pluton.c, which check every answer.
 *
 * bytes holds a whole request, header and payload as in abi/monitor_call.h or
 * abi/pluton_call.h, in a room of cap bytes; the whole reply comes back in it.
 * Errors: E_TIMEOUT, E_NETWORK (peer is gone), E_MALFORMED, E_IO: an answer may
 * still come, so the channel must not be used again.  A refusal by the kernel is an
 * answer: the reply carries the status that stands for it.
 */
#ifndef PERI_OS_IPC_TRANSPORT_H
#define PERI_OS_IPC_TRANSPORT_H

#include "lib/cursor.h"

/* passed as in message_receive(): NULL where no descriptor is expected; a device
 * passes none. */
int monitor_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len, int *passed,
                     int timeout_ms) MUST_CHECK;
int pluton_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len,
                    int timeout_ms) MUST_CHECK;
/* Random bytes where they do not come through pluton_exchange(): E_UNSUPPORTED,
 * ask there; 0, they are in to; E_ENTROPY. */
int transport_random(void *to, size_t len) MUST_CHECK;

#endif
