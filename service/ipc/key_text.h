/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that encrypts a service's data, as a file: 64 hex digits and a newline,
 * mode 0600.  Read by the supervisor where service.json names one, else read or made
 * by the store in its own folder.
 */
#ifndef PERI_SERVICE_IPC_KEY_TEXT_H
#define PERI_SERVICE_IPC_KEY_TEXT_H

#include <stdint.h>

#include "lib/err.h"

enum { KEY_TEXT_BYTES = 32 };

/* 0; E_NOT_FOUND without a word; E_IO, E_MALFORMED, E_DENIED (open to others) after one line. */
int key_text_read(const char *path, uint8_t key[static KEY_TEXT_BYTES]) MUST_CHECK;
/* A new one at random, durable before it returns.  E_EXISTS, E_IO, E_FULL, E_ENTROPY, after one line. */
int key_text_make(const char *path, uint8_t key[static KEY_TEXT_BYTES]) MUST_CHECK;

#endif
