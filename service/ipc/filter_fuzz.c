/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions: the first byte picks the list, the rest is the text.  What is taken is applied
 * to an empty row and to one that is full, and says the same twice. */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/store_access_ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record_type *const types[] = {
    &store_row_catalog_type, &store_row_product_type,    &store_row_group_type,   &store_row_device_type,
    &store_row_image_type,   &store_row_deployment_type, &store_row_release_type, &store_row_insight_type,
    &store_row_role_type,    &store_row_audit_type,
};

/* Numbers all of one byte; texts of the input itself. */
static void row_fill(const struct record_type *type, struct span text, uint8_t *row)
{
    memset(row, text.len ? text.at[0] & 1 : 0, type->size);
    for (size_t i = 0; i < type->count; i++)
        if (type->at[i].kind == RECORD_TEXT || type->at[i].kind == RECORD_BYTES)
            memcpy(row + type->at[i].offset, &text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct filter filter;
    _Alignas(max_align_t) uint8_t row[512];
    char reason[FILTER_REASON_MAX];
    struct span value;
    if (size == 0)
        return 0;
    const struct record_type *type = types[data[0] % (sizeof types / sizeof types[0])];
    const struct filter_list *list = filter_list_of(type);
    struct span text = span_of(data + 1, size - 1);
    if (!list || type->size > sizeof row)
        abort();
    int err = filter_parse(list, text, &filter, reason);
    if (err && !*reason)
        abort();
    row_fill(type, span_of(NULL, 0), row);
    if (filter_matches(&filter, row) && err)
        abort();
    row_fill(type, text, row);
    bool match = filter_matches(&filter, row);
    if (match != filter_matches(&filter, row) || (match && err))
        abort();
    (void)filter_requires(&filter, list->fields[0].name, &value);
    return 0;
}
