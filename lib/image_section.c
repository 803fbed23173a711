/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections one by one, for display: hosts alone look at those that are not understood. */
#include "lib/image.h"

int image_section_at(const struct image *image, unsigned index, struct image_section_view *view)
{
    struct cursor c = cursor_of(image->metadata);
    *view = (struct image_section_view){0};
    cursor_skip(&c, 4); /* magic */
    const uint32_t count = cursor_u32le(&c);
    if (c.err || index >= count)
        return E_NOT_FOUND;
    struct image_section_view got = {0};
    for (unsigned i = 0; i <= index; i++)
        got = image_section_next(&c);
    if (c.err)
        return c.err;
    *view = got;
    return 0;
}
