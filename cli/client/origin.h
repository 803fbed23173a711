/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheme, host and port: the border within which the client certificate is
 * presented.  The service's answers carry addresses (nextLink, Location,
 * Azure-AsyncOperation); an answer must not be able to send the operator's
 * certificate, or a request in the operator's name, somewhere else.
 */
#ifndef PERI_CLI_CLIENT_ORIGIN_H
#define PERI_CLI_CLIENT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

/* True for https://HOST[:PORT][/PATH] without user, query and fragment. */
bool origin_valid(const char *endpoint);
/* The address that link means, absolute or relative to the endpoint, in url.
 * False, with url empty, when it leaves the endpoint's scheme, host and port,
 * carries a user, or is longer than cap. */
bool origin_follow(const char *endpoint, const char *link, char *url, size_t cap);

#endif
