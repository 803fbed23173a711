/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/verified.h"

#include <stdlib.h>
#include <string.h>

struct verified_set {
    struct verified row[VERIFIED_ROWS][VERIFIED_ROW];
};

struct verified_set *verified_new(void) { return calloc(1, sizeof(struct verified_set)); }

void verified_free(struct verified_set *set) { free(set); }

static size_t row_of(const uint8_t *key) { return (key[0] | (size_t)key[1] << 8) % VERIFIED_ROWS; }

static bool same(const struct verified *entry, const uint8_t *key)
{
    return entry->end_s && memcmp(entry->key, key, VERIFIED_KEY_BYTES) == 0;
}

const struct verified *verified_find(const struct verified_set *set, const uint8_t key[static VERIFIED_KEY_BYTES],
                                     int64_t now_s)
{
    const struct verified *row = set->row[row_of(key)];
    for (size_t i = 0; i < VERIFIED_ROW; i++)
        if (same(&row[i], key))
            return now_s >= row[i].begin_s && now_s <= row[i].end_s ? &row[i] : NULL;
    return NULL;
}

void verified_put(struct verified_set *set, const struct verified *entry)
{
    struct verified *row = set->row[row_of(entry->key)], *to = row;
    for (size_t i = 0; i < VERIFIED_ROW; i++) {
        if (same(&row[i], entry->key)) {
            to = &row[i];
            break;
        }
        if (row[i].end_s < to->end_s)
            to = &row[i];
    }
    *to = *entry;
}
