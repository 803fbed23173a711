/* SPDX-License-Identifier: BSD-2-Clause */
/* What is accepted keeps the promises of elf.h; what is refused leaves nothing. */
#include <stdlib.h>
#include <string.h>

#include "monitor/svc/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct elf none;
    struct elf elf;
    memset(&elf, 0xA5, sizeof elf);
    if (elf_parse(span_of(data, size), &elf) != 0) {
        if (memcmp(&elf, &none, sizeof elf) != 0)
            abort();
        return 0;
    }
    if (elf.count == 0 || elf.count > ELF_SEGMENTS_MAX)
        abort();
    for (uint32_t i = 0; i < elf.count; i++) {
        const struct elf_segment *s = &elf.at[i];
        if (s->memory_bytes == 0 || s->file_bytes > s->memory_bytes || s->file_at > size ||
            s->file_bytes > size - s->file_at || s->address + s->memory_bytes < s->address)
            abort();
    }
    return 0;
}
