/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ota/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

static const char unit[] = "bytes=";

/* One or more digits; a number too large for the type is as good as the largest. */
static bool digits_get(struct span *text, uint64_t *value)
{
    size_t used = 0;
    *value = 0;
    for (; used < text->len && text->at[used] >= '0' && text->at[used] <= '9'; used++) {
        uint64_t digit = (uint64_t)(text->at[used] - '0');
        *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
    }
    *text = span_of(text->at + used, text->len - used);
    return used > 0;
}

struct range range_parse(struct span header, uint64_t total)
{
    const struct range whole = {RANGE_WHOLE, 0, total}, none = {RANGE_UNSATISFIABLE, 0, 0};
    struct span text = header;
    uint64_t first = 0, last = 0;

    if (text.len <= sizeof unit - 1 || strncasecmp((const char *)text.at, unit, sizeof unit - 1) != 0)
        return whole;
    text = span_of(text.at + sizeof unit - 1, text.len - (sizeof unit - 1));

    bool has_first = digits_get(&text, &first);
    if (text.len == 0 || text.at[0] != '-')
        return whole;
    text = span_of(text.at + 1, text.len - 1);
    bool has_last = digits_get(&text, &last);
    if (text.len != 0 || (!has_first && !has_last) || (has_first && has_last && last < first))
        return whole;

    if (!has_first) { /* the last so many bytes */
        if (last == 0 || total == 0)
            return none;
        uint64_t length = last < total ? last : total;
        return (struct range){RANGE_PART, total - length, length};
    }
    if (first >= total)
        return none;
    if (!has_last || last >= total)
        last = total - 1;
    return (struct range){RANGE_PART, first, last - first + 1};
}

void range_format(const struct range *range, uint64_t total, char text[static RANGE_TEXT_BYTES])
{
    text[0] = '\0';
    if (range->kind == RANGE_PART)
        snprintf(text, RANGE_TEXT_BYTES, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->offset,
                 range->offset + range->length - 1, total);
    else if (range->kind == RANGE_UNSATISFIABLE)
        snprintf(text, RANGE_TEXT_BYTES, "bytes */%" PRIu64, total);
}
