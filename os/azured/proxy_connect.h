/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP CONNECT: a way through a network proxy to the service.
 * Source: RFC 9110 section 9.3.6, RFC 9112 section 3.2.3; RFC 7617 (Basic).
 * Trust: the proxy is hostile.  Its answer is bounded (PROXY_ANSWER_MAX bytes, the caller's deadline), of it the
 * status alone is used; it is read byte by byte, so that nothing of what follows is taken away from TLS, by
 * which the service proves itself to us whoever carries the bytes.  The proxy learns which host and port we
 * want, and the name and password that it was given.
 */
#ifndef PERI_OS_AZURED_PROXY_CONNECT_H
#define PERI_OS_AZURED_PROXY_CONNECT_H

#include "lib/network_proxy.h"

enum {
    PROXY_ANSWER_MAX = 8192,  /* status line and headers */
    PROXY_REQUEST_MAX = 1024, /* two host names, port, base64 of the credential */
};

/* The request for host (terminated; an IPv6 address without brackets) and port.  E_FULL. */
int proxy_request_write(const struct network_proxy *proxy, const char *host, const char *port, struct writer *w) MUST_CHECK;
/* The answer's head, with its empty line: its status 100..599, or E_MALFORMED. */
int proxy_answer_status(struct span head) MUST_CHECK;
/* Whether head ends with the empty line that ends every head. */
bool proxy_answer_ends(struct span head);

#endif
