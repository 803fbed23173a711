/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that this computer has met: their addresses, and the keys that they showed.
 * File: known-devices in $PERI_PROFILE or ~/.config/perisphere, a line each:
 *   <address:port> <SHA-256 of the public key, base64>
 * An address may have several: boards take turns at one cable.
 * Writer and reader: peri.  Trust: the user's own file; lines that do not fit are passed over.
 */
#ifndef PERI_CLI_ATTACHED_KNOWN_H
#define PERI_CLI_ATTACHED_KNOWN_H

#include "cli/command.h"

enum {
    KNOWN_PIN_BYTES = 64,      /* with its end */
    KNOWN_ADDRESS_BYTES = 128, /* "ADDRESS:PORT", with its end */
};

/* Path of a file of that name in the folder above, which is made when it must be. */
int known_file(struct peri *peri, const char *name, char path[static 4096]);
/* Text of the file, "" when there is none; malloc'd.  Exit codes, after a message. */
int known_read(struct peri *peri, char path[static 4096], char **text);
/* curl's list of pins for an address: "sha256//...;sha256//...", "" = none is known. */
void known_pins(const char *text, const char *address, char *pins, size_t cap);
/* Adds a line to the file at path, whose text this is. */
int known_keep(const char *path, const char *text, const char *address, const char *pin);
/* The next address behind *line (begin with text): false at the end. */
bool known_next(const char **line, char address[static KNOWN_ADDRESS_BYTES]);

#endif
