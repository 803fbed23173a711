/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input as it is, and again as the first bytes of a file system of three
 * pages with size and sum put right: without that no change would pass the
 * check sum.  What opens can be walked, and what can be walked can be found.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/asxipfs.h"
#include "lib/asxipfs.h"
#include "lib/crc32.h"

enum { FS_BYTES = 3 * ASXIPFS_PAGE_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void one(struct span bytes)
{
    struct asxipfs fs;
    struct asxipfs_entry entry, found;
    if (asxipfs_open(bytes, &fs) != 0) {
        demand(fs.bytes.at == NULL && fs.files == 0);
        return;
    }
    demand(fs.files > 0 && fs.files <= ASXIPFS_FILES_MAX);
    volatile uint8_t sink = 0;
    for (uint32_t i = 0; i < fs.files; i++) {
        demand(asxipfs_at(&fs, i, &entry) == 0);
        demand(asxipfs_find(&fs, entry.path, &found) == 0);
        demand(found.data.at == entry.data.at && found.data.len == entry.data.len);
        if (entry.data.len > 0)
            sink = (uint8_t)(sink + entry.data.at[0] + entry.data.at[entry.data.len - 1]);
    }
    demand(asxipfs_at(&fs, fs.files, &entry) == E_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    one(span_of(data, size));

    uint8_t *fs = calloc(1, FS_BYTES);
    if (!fs)
        return 0;
    if (size > 0)
        memcpy(fs, data, size < FS_BYTES ? size : FS_BYTES);
    struct writer w = writer_of(fs + 4, 4);
    writer_u32le(&w, FS_BYTES);
    w = writer_of(fs + ASXIPFS_CRC_AT, ASXIPFS_CRC_BYTES);
    memset(w.at, 0, w.cap);
    writer_u32le(&w, crc32_update(0, fs, FS_BYTES));
    one(span_of(fs, FS_BYTES));
    free(fs);
    return 0;
}
