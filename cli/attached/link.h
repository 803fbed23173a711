/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to a device that is attached to this computer: its local interface
 * (docs/spec/local-rest.md), HTTPS with TLS 1.3 by libcurl.
 * Trust: a device has a key of its own that no authority vouches for.  It is kept at
 * the first contact with an address, and demanded from then on, as SSH does with hosts;
 * what the device answers is data like any other.
 */
#ifndef PERI_CLI_ATTACHED_LINK_H
#define PERI_CLI_ATTACHED_LINK_H

#include "cli/command.h"
#include "lib/cursor.h"

#define ATTACHED_DEFAULT "192.168.35.2"
#define ATTACHED_ENV "PERI_DEVICE"
enum { ATTACHED_TIMEOUT_S = 330 }; /* the device gives a request 300 s */

#define TRUST_OPTION \
    {"trust-new-device", NULL, OPTION_SWITCH, "take another device's key at an address that is known already"}
/* The options that every verb for an attached device has. */
#define ATTACHED_OPTIONS \
    {"device", "d", OPTION_VALUE, "address or id of an attached device (default: $PERI_DEVICE, then 192.168.35.2)"}, \
    TRUST_OPTION

/* What a device said: malloc'd, terminated; NULL: nothing yet. */
struct attached_answer {
    char *at;
    size_t len;
};

/* A request to be made by curl, a CURL: GET, no key is demanded; what comes goes into *answer,
 * which the caller owns.  NULL without memory. */
void *attached_handle(const char *address, const char *path, struct attached_answer *answer);

/* body may be empty, type is its media type.  PERI_EXIT_OK: *text is what the device
 * answered, malloc'd and terminated; otherwise a message was printed and *text is NULL. */
int attached_call(struct peri *peri, const char *method, const char *path, struct span body,
                  const char *type, char **text);
/* The same with JSON both ways; body may be NULL and is not kept; answer may be NULL. */
int attached_json(struct peri *peri, const char *method, const char *path, json_t *body, json_t **answer);

#endif
