/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTPS GET: TLS 1.2 or later, the server's name and chain verified, no
 * redirects, a bounded body, a bounded time.
 * Trust: what comes back is as hostile as the provider.
 */
#ifndef PERI_SERVICE_OIDC_FETCH_H
#define PERI_SERVICE_OIDC_FETCH_H

#include <stdbool.h>

#include "lib/cursor.h"

struct event_base;
struct fetcher;

enum { FETCH_BODY_MAX = 131072, FETCH_URL_MAX = 512 };

/* body is a view for the time of the call; err 0, or E_NETWORK, E_MALFORMED (the address),
 * E_BINDING (another port), E_DENIED (a status other than 200), E_NOMEM. */
typedef void fetch_done(void *context, int err, struct span body);

/* The port of an https address; E_MALFORMED. */
int fetch_port(const char *url, uint16_t *port) MUST_CHECK;
/* Connects to this port of any host and to no other.  Reads ca_file (NULL: the system's certificates) and the resolver's settings: before
 * confinement.  NULL after one line on stderr. */
struct fetcher *fetcher_new(struct event_base *base, const char *ca_file, uint16_t port);
void fetcher_free(struct fetcher *fetcher);
/* One at a time, E_BUSY.  done is called once, unless this returns an error. */
int fetch(struct fetcher *fetcher, const char *url, fetch_done *done, void *context) MUST_CHECK;

#endif
