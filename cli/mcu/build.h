/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The factory's half of a virtual MCU: from what the build left (firmware, kernel,
 * a folder for the root) and signing keys to a flash with every slot filled.
 * Source: abi/flash_layout.h, abi/mcu_boot.h.
 *
 * Images folder: rom.bin, 1bl.bin, pluton.bin, monitor.bin, xipImage, mt3620.dtb, root/ and,
 * where there is one, services/.
 * Keys folder, files as `peri key create` makes them: root.pem signs the first boot
 * loader and the keystore, os.pem all others.  The keystore trusts os.pem.pub and,
 * where they are there, application.pem.pub, update.pem.pub, capability.pem.pub and development.pem.pub.
 */
#ifndef PERI_CLI_MCU_BUILD_H
#define PERI_CLI_MCU_BUILD_H

#include "cli/mcu/flash.h"

enum { MCU_APP_MEMORY_KIB = 256 }; /* an application's limit, as in the original */

struct mcu_sources {
    const char *images, *keys;
    uint32_t security_version; /* of every image */
    /* Put into the root image, so that they are signed and measured with it: which service the
     * device trusts.  Both or neither NULL. */
    const char *service_url, *trust_anchor; /* https://HOST:PORT; PEM file */
    const char *application; /* a signed image package that is there from the factory, or NULL */
};

/* Makes a keys folder with a key for each name above; the folder must not exist. */
int mcu_keys_create(const char *folder);
/* The Pluton ROM, checked for its size; file_release() it. */
int mcu_rom_read(const struct mcu_sources *sources, struct span *rom);
/* Fills primaries, backups and both systems of an erased flash; message on failure. */
int mcu_flash_fill(const struct mcu_sources *sources, struct mcu_flash *flash);

#endif
