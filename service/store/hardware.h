/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For which hardware an OS image is, as its own bytes say.
 * Source: docs/spec/store.md, "hardware"; ELF header (gABI); device tree (Devicetree
 * Specification v0.4, section 5: big-endian header, structure block, strings block).
 * Trust: hostile bytes; whatever they are, the answer is one of those below.
 * Not done here: whether images fit together (releases.c).
 */
#ifndef PERI_SERVICE_STORE_HARDWARE_H
#define PERI_SERVICE_STORE_HARDWARE_H

#include "lib/cursor.h"
#include "service/ipc/hardware.h"

/* As much of an image as hardware_of_image() looks at: a device tree has a slot of 64 KiB. */
enum { HARDWARE_HEAD_BYTES = 65536 };

struct hardware_found {
    enum hardware hardware; /* HARDWARE_UNSTATED: the image does not say which */
    bool chip, host;        /* at most one: boots a chip, or is a program of a host's kernel */
};

/* head: the begin of the body, whole or HARDWARE_HEAD_BYTES of it. */
struct hardware_found hardware_of_image(uint16_t type, struct span head);

#endif
