/* SPDX-License-Identifier: BSD-2-Clause */
/* Where reports are kept. */
#include <string.h>

#include "os/azured/reports.h"
#include "os/dumps/kept_file.h"

static const char name[] = "reports", fresh[] = "reports.new";

int reports_load(int folder, struct reports *r)
{
    uint8_t bytes[REPORTS_BYTES_MAX + 1];
    size_t len;
    memset(r, 0, sizeof *r);
    int err = kept_file_read(folder, name, bytes, sizeof bytes, &len);
    return err ? err : reports_parse(span_of(bytes, len), r);
}

int reports_save(int folder, const struct reports *r)
{
    uint8_t bytes[REPORTS_BYTES_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = reports_write(r, &w);
    return err ? err : kept_file_write(folder, name, fresh, 0600, writer_view(&w));
}
