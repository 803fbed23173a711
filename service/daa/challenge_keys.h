/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The challenge key file, <data>/daa/challenge.key: 1 to CHALLENGE_KEYS_MAX keys
 * of 32 bytes one after the other, the current one first, and nothing else.
 * Replicas share it by copying it.  To rotate: put 32 new random bytes in front,
 * restart each replica; drop the last key once challenge_s has passed.
 * Made at the first start.  Refused unless it is a regular file of ours that
 * nobody else can read (E_DENIED) and its length fits (E_CORRUPT).
 */
#ifndef PERI_SERVICE_DAA_CHALLENGE_KEYS_H
#define PERI_SERVICE_DAA_CHALLENGE_KEYS_H

#include "service/daa/challenge.h"

/* folder is <data>/daa; it is made when it is missing.
 * 0, E_DENIED, E_CORRUPT, E_ENTROPY, E_IO; one line on stderr says which file. */
int challenge_keys_load(const char *folder, struct challenge_keys *keys) MUST_CHECK;

#endif
