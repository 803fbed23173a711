/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/daa/references.h"

#include <stdlib.h>
#include <string.h>

static int row_compare(uint16_t type, const uint8_t *component, const uint8_t *digest,
                       const struct store_reference *row)
{
    if (type != row->type)
        return type < row->type ? -1 : 1;
    int order = memcmp(component, row->component, sizeof row->component);
    return order ? order : memcmp(digest, row->digest, sizeof row->digest);
}

static int rows_compare(const void *left, const void *right)
{
    const struct store_reference *a = left, *b = right;
    int order = row_compare(a->type, a->component, a->digest, b);
    return order ? order : (int)b->state - (int)a->state;
}

int references_take(struct store_references *references, const struct store_references *sent)
{
    if (sent->generation == 0 || sent->count > STORE_REFERENCES_MAX)
        return E_MALFORMED;
    if (sent->count == 0 && sent->generation == references->generation)
        return 0;
    for (uint32_t i = 0; i < sent->count; i++)
        if (sent->at[i].state < STORE_REFERENCE_TRUSTED || sent->at[i].state > STORE_REFERENCE_REVOKED)
            return E_MALFORMED;
    references->generation = sent->generation;
    references->count = sent->count;
    memcpy(references->at, sent->at, sent->count * sizeof sent->at[0]);
    qsort(references->at, references->count, sizeof references->at[0], rows_compare);
    return 0;
}

const struct store_reference *references_find(const struct store_references *references,
                                              const struct measurement *measured)
{
    uint32_t low = 0, high = references->count; /* first row that is not below */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (row_compare(measured->type, measured->component, measured->digest,
                        &references->at[middle]) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < references->count && row_compare(measured->type, measured->component,
                                               measured->digest, &references->at[low]) == 0)
        return &references->at[low];
    return NULL;
}
