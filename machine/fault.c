/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/fault.h"

#include "qemu/cutils.h"

bool fault_point_parse(const char *text, FaultPoint *point, Error **errp)
{
    const char *rest;

    memset(point, 0, sizeof(*point));
    if (!text) {
        return true;
    }
    if (!g_ascii_isdigit(*text) || qemu_strtoui(text, &rest, 10, &point->at) != 0 ||
        (*rest && strcmp(rest, ":torn") != 0)) {
        error_setg(errp, "fault-flash \"%s\" is neither N nor N:torn", text);
        return false;
    }
    point->torn = *rest != 0;
    point->armed = true;
    return true;
}

bool fault_flip_parse(const char *text, uint32_t bytes, FaultFlip *flip, Error **errp)
{
    const char *rest;
    unsigned byte, bit;

    memset(flip, 0, sizeof(*flip));
    if (!text) {
        return true;
    }
    if (!g_ascii_isdigit(*text) || qemu_strtoui(text, &rest, 0, &byte) != 0 || *rest != ':' ||
        !g_ascii_isdigit(rest[1]) || qemu_strtoui(rest + 1, NULL, 10, &bit) != 0 || bit > 7 ||
        byte >= bytes) {
        error_setg(errp, "fault-flip \"%s\" is not BYTE:BIT with BYTE below %u and BIT of 0 to 7",
                   text, bytes);
        return false;
    }
    flip->byte = byte;
    flip->bit = (uint8_t)bit;
    flip->armed = true;
    return true;
}

void fault_flip(const FaultFlip *flip, uint8_t *bytes)
{
    if (flip->armed) {
        bytes[flip->byte] ^= (uint8_t)(1u << flip->bit);
    }
}
