/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/uid_map.h"

#include <stdio.h>
#include <string.h>

#include "lib/guid.h"

static bool has_uid(const struct uid_map *map, uint32_t uid)
{
    for (size_t i = 0; i < map->count; i++)
        if (map->at[i].uid == uid)
            return true;
    return false;
}

static bool has_component(const struct uid_map *map, const uint8_t component[static 16])
{
    for (size_t i = 0; i < map->count; i++)
        if (guid_equal(map->at[i].component, component))
            return true;
    return false;
}

/* Decimal without leading zero, ended by a line feed. */
static uint32_t read_uid(struct cursor *c)
{
    uint32_t v = 0;
    size_t digits = 0;
    for (;;) {
        uint8_t b = cursor_u8(c);
        if (c->err)
            return 0;
        if (b == '\n' && digits > 0)
            return v;
        if (b < '0' || b > '9' || (digits > 0 && v == 0) || ++digits > 10 ||
            v > (UINT32_MAX - 9) / 10) {
            cursor_fail(c, E_MALFORMED);
            return 0;
        }
        v = v * 10 + (uint32_t)(b - '0');
    }
}

int uid_map_parse(struct span text, uint32_t base, struct uid_map *map)
{
    memset(map, 0, sizeof *map);
    map->base = base;
    struct cursor c = cursor_of(text);
    int e = 0;
    while (!e && c.left) {
        uint8_t component[16];
        struct span id = cursor_bytes(&c, 36);
        if (cursor_u8(&c) != ' ')
            cursor_fail(&c, E_MALFORMED);
        uint32_t uid = read_uid(&c);
        if (c.err || guid_parse(id, component) != 0)
            e = E_MALFORMED;
        else if (map->count == UID_MAP_MAX)
            e = E_LIMIT;
        else if (uid < base || uid - base >= UID_MAP_MAX)
            e = E_RANGE;
        else if (has_uid(map, uid) || has_component(map, component))
            e = E_DUPLICATE;
        else {
            memcpy(map->at[map->count].component, component, 16);
            map->at[map->count++].uid = uid;
        }
    }
    if (e) {
        memset(map, 0, sizeof *map);
        map->base = base;
    }
    return e;
}

int uid_map_write(const struct uid_map *map, struct writer *w)
{
    for (size_t i = 0; i < map->count; i++) {
        char id[GUID_TEXT_BYTES], line[UID_MAP_LINE_BYTES + 1];
        guid_format(map->at[i].component, id);
        int n = snprintf(line, sizeof line, "%s %u\n", id, (unsigned)map->at[i].uid);
        writer_bytes(w, line, (size_t)n);
    }
    return w->err;
}

int uid_map_assign(struct uid_map *map, const uint8_t component[static 16], uint32_t *uid)
{
    *uid = 0;
    for (size_t i = 0; i < map->count; i++)
        if (guid_equal(map->at[i].component, component)) {
            *uid = map->at[i].uid;
            return 0;
        }
    if (map->count == UID_MAP_MAX)
        return E_FULL;
    uint32_t free_uid = map->base;
    while (has_uid(map, free_uid))
        free_uid++;
    memcpy(map->at[map->count].component, component, 16);
    map->at[map->count++].uid = free_uid;
    *uid = free_uid;
    return 0;
}

void uid_map_remove(struct uid_map *map, const uint8_t component[static 16])
{
    for (size_t i = 0; i < map->count; i++)
        if (guid_equal(map->at[i].component, component)) {
            map->at[i] = map->at[--map->count];
            return;
        }
}
