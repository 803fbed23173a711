/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets that an operator keeps where service.json says: "file:/PATH", or "credential:NAME"
 * for one that systemd brings.  Read as root, once, and never from the command line or a variable.
 */
#ifndef PERI_SERVICE_PERISPHERED_SECRET_H
#define PERI_SERVICE_PERISPHERED_SECRET_H

#include "service/ipc/process.h"
#include "service/pkcs11/token.h"

/* place: as config_parse() took it; what: a key of service.json, for the message.  A credential is
 * looked for where systemd put it for this process, else for the running perisphered.service.
 * E_NOT_FOUND after one line; E_RANGE. */
int secret_path(const char *place, const char *what, char *path, size_t cap) MUST_CHECK;
/* The PIN of "pkcs11_pin": one line, its end not counted.  Only its owner, or a group, may read
 * the file.  One line on stderr: E_NOT_FOUND, E_IO, E_DENIED, E_MALFORMED. */
int pin_read(const char *place, char pin[static TOKEN_PIN_MAX + 1]) MUST_CHECK;
/* The module of a service's settings, with its PIN; NULL where they name none.  One line on stderr. */
int secret_token_open(const struct service_config *config, struct token **token) MUST_CHECK;

#endif
