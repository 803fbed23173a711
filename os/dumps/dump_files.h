/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder of crash dumps: the key that they are sealed to (stored_key.h), and those that wait.
 * Source: docs/spec/crash-dump.md.
 * On a host this is azured's own folder, and azured alone writes to it.  On the MCU it is DUMP_FILES_FOLDER: azured keeps the key and
 * removes what was delivered, azcore puts dumps in.  Owner root, group azured's, nobody else looks in.
 */
#ifndef PERI_OS_DUMPS_DUMP_FILES_H
#define PERI_OS_DUMPS_DUMP_FILES_H

#include "os/dumps/stored_key.h"

#define DUMP_FILES_NAME "dumps" /* of the MCU, below its configuration folder */
#define DUMP_FILES_FOLDER "/mnt/config/" DUMP_FILES_NAME
#define DUMP_FILES_FRESH "dump.new" /* while it is written */

enum { DUMP_FILES_MAX = 4, DUMP_FILES_NAME_BYTES = 16 };

/* The i-th one's name, below DUMP_FILES_MAX. */
const char *dump_files_name(unsigned i, char name[static DUMP_FILES_NAME_BYTES]);
/* What a dump made with the key says of itself, but for its name and its core. */
struct crash_dump dump_files_head(const struct dump_key *key, const uint8_t component[static 16], const uint8_t image[static 16],
                                  uint32_t signal, uint64_t time_s);
/* A free place among the first `places`.  E_EXISTS: one of this component, image and signal waits; E_FULL. */
int dump_files_place(int folder, unsigned places, const uint8_t component[static 16], const uint8_t image[static 16],
                     uint32_t signal, unsigned *place) MUST_CHECK;

#endif
