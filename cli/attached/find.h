/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device is meant: --device of the verbs for attached devices, and of those for
 * devices of the service that take the attached one when no id is given, as az does.
 * Attached are those that answer at $PERI_DEVICE (one address, or several with blanks between
 * them; without it 192.168.35.2) and at addresses where one was met before
 * (cli/attached/known.h); all are asked at once.
 * Trust: what a device says of itself here only chooses an address; requests go by its key.
 */
#ifndef PERI_CLI_ATTACHED_FIND_H
#define PERI_CLI_ATTACHED_FIND_H

#include "cli/attached/known.h"

enum { ATTACHED_ID_BYTES = 129 };

/* A device id in full, 128 hex digits in either case; NULL is none. */
bool device_id_is_plain(const char *id);
/* The address of the device that --device names: an address or a device id; without it the
 * first of $PERI_DEVICE, or the default.  Exit codes, after a message. */
int attached_address(struct peri *peri, char address[static KNOWN_ADDRESS_BYTES]);
/* Who the attached device says it is.  Exit codes, after a message. */
int attached_identity(struct peri *peri, char id[static ATTACHED_ID_BYTES]);
/* A device id for the service: --device as it is, except an address: then, and without
 * --device, the attached device is asked.  */
int attached_device_id(struct peri *peri, char id[static ATTACHED_ID_BYTES]);

/* [{deviceIdentifier, ipAddress, connectionPath, isResponsive}] of those that answer: a new
 * reference. */
int attached_list(struct peri *peri, json_t **rows);

#endif
