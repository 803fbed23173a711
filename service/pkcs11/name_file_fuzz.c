/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever is taken as a name is written and read back as the same. */
#include <stdlib.h>
#include <string.h>

#include "service/pkcs11/name_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct name_file file, again;
    char text[NAME_FILE_TEXT_MAX];
    int err = name_file_parse(span_of(data, size), &file);
    if (err || !file.uri[0]) {
        if (file.uri[0] || file.sealed_bytes)
            abort();
        return 0;
    }
    if (name_file_format(&file, text, sizeof text) != 0 || name_file_parse(span_of(text, strlen(text)), &again) != 0 ||
        strcmp(file.uri, again.uri) != 0 || file.sealed_bytes != again.sealed_bytes ||
        memcmp(file.sealed, again.sealed, file.sealed_bytes) != 0)
        abort();
    return 0;
}
