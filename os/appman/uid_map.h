/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which user id belongs to which application.
 * Source: docs/spec/compartment.md section 2.  Writer and reader: the
 * application manager, root; the file is <config>/uid-map, text, one line each:
 *   <component id, 36 characters> <space> <uid, decimal>
 * Trust: the file is as trustworthy as the configuration folder, and no more:
 * it grants nothing.  Two applications with one uid would share rights
 * (TALOS-2020-1137), so a map with a duplicate, an id outside
 * base..base + UID_MAP_MAX - 1, or a malformed line is refused as a whole and
 * built anew; owners of mutable storage follow the map at each start.
 * Invariants: components and uids are unique; all uids are in range.
 * A uid is free again only when its application is gone and so is its storage.
 */
#ifndef PERI_OS_APPMAN_UID_MAP_H
#define PERI_OS_APPMAN_UID_MAP_H

#include "os/config/device_conf.h"
#include "lib/cursor.h"

enum {
    UID_MAP_MAX = 64, /* installed applications and owners of left-over storage */
    UID_MAP_LINE_BYTES = 36 + 1 + 10 + 1,
    UID_MAP_BYTES_MAX = UID_MAP_MAX * UID_MAP_LINE_BYTES,
    UID_MAP_BASE_MIN = DEVICE_CONF_UID_MIN,
    UID_MAP_BASE_MAX = DEVICE_CONF_UID_MAX,
};

struct uid_map {
    uint32_t base;
    size_t count;
    struct {
        uint8_t component[16];
        uint32_t uid;
    } at[UID_MAP_MAX];
};

/* 0, E_MALFORMED, E_DUPLICATE, E_RANGE, E_LIMIT; empty (base kept) on failure. */
int uid_map_parse(struct span text, uint32_t base, struct uid_map *map) MUST_CHECK;
int uid_map_write(const struct uid_map *map, struct writer *w) MUST_CHECK;
/* The uid of a component, assigning the lowest free one when it is new.  E_FULL. */
int uid_map_assign(struct uid_map *map, const uint8_t component[static 16], uint32_t *uid) MUST_CHECK;
/* Forgets a component; its uid is free from now on. */
void uid_map_remove(struct uid_map *map, const uint8_t component[static 16]);

#endif
