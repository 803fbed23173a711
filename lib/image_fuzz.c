/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever parses is a partition of the file, its sections can be walked, and
 * its meaning survives being written and read again. */
#include <stdlib.h>

#include "lib/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image, again;
    struct image_section_view view;
    uint8_t file[IMAGE_METADATA_MAX + IMAGE_SIGNATURE_BYTES];

    if (image_parse(span_of(data, size), &image) != 0) {
        demand(image.file.at == NULL && image.signature == NULL);
        return 0;
    }
    demand(image.body.len + image.metadata.len + IMAGE_SIGNATURE_BYTES == size);
    size_t covered = 12;
    unsigned index = 0;
    for (; image_section_at(&image, index, &view) == 0; index++) {
        demand(view.data.len > 0 && view.data.at >= image.metadata.at &&
               view.data.at + view.data.len <= image.metadata.at + image.metadata.len);
        covered += 4 + view.data.len;
    }
    demand(index >= 2 && index <= IMAGE_SECTIONS_MAX && covered == image.metadata.len);

    struct writer w = writer_of(file, sizeof file);
    demand(image_meta_write(&w, &image.meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    demand(image_parse(writer_view(&w), &again) == 0);
    demand(again.meta.type == image.meta.type && again.meta.temporary == image.meta.temporary &&
           again.meta.security_version == image.meta.security_version &&
           again.meta.depends.count == image.meta.depends.count &&
           again.meta.provides.count == image.meta.provides.count);
    return 0;
}
