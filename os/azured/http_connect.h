/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Part of http_client.c: the connection under TLS, to the service or to a network proxy that leads there.
 * All waiting is bounded by the client's silence_ms and a deadline, a time of http_now_ms().
 */
#ifndef PERI_OS_AZURED_HTTP_CONNECT_H
#define PERI_OS_AZURED_HTTP_CONNECT_H

#include "os/azured/http_client.h"

int64_t http_now_ms(void); /* CLOCK_MONOTONIC */
/* Waits for one event, within limit_ms and the deadline.  0, E_TIMEOUT, E_NETWORK. */
int http_fd_wait(int fd, short events, int limit_ms, int64_t deadline) MUST_CHECK;
/* client->fd leads to client->host, there or by way of the proxy.  E_NETWORK, E_TIMEOUT; fd may be open then. */
int http_connect(struct http_client *client, int64_t deadline) MUST_CHECK;

#endif
