/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keystore files of the host, and the images that stand on them.
 * Source: docs/update.md, "Keys".  Caller: the monitor's start, while it is still root.
 * The root of trust reads boot/keystore.image, then boot/keystore.backup.image, before this
 * monitor is started; so a keystore that an update brought is written there.
 */
#ifndef PERI_MONITOR_HOST_KEYSTORE_H
#define PERI_MONITOR_HOST_KEYSTORE_H

#include "monitor/engine/engine.h"

enum { FIRMWARE_COPIES = 2 };

/* Views of boot/monitor.image and its backup, for as long as the process lives; empty for one
 * that is not there. */
void firmware_map(int device, struct span copy[static FIRMWARE_COPIES]);

/* Takes the keystore that an update brought, if it is newer than the one in use: both files,
 * then the root of trust, then *keystore, which the engine uses.  0 also when there is none;
 * on failure the old one stays in use, and the next start tries again. */
int keystore_follow(struct engine *e, int device, int pluton, struct keystore *keystore) MUST_CHECK;

#endif
