/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps: a core made of whatever is accepted is one that is read again. */
#include <string.h>
#include <sys/procfs.h>

#include "os/azcore/core_write.h"
#include "os/azcore/crash.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct core_mapping mapping[CORE_MAPPINGS_MAX];
    static uint8_t core[CRASH_DUMP_CORE_MAX], memory[CORE_STACK_MAX];
    struct elf_prstatus status = {.pr_info.si_signo = 11};
    struct crash crash;
    size_t count, len;
    if (core_maps_parse(span_of(data, size), mapping, &count) != 0) {
        REQUIRE(count == 0);
        return 0;
    }
    REQUIRE(count > 0 && count <= CORE_MAPPINGS_MAX);
    struct core_mapping *of = core_stack(mapping, count, mapping[count - 1].begin + 300, &len);
    if (of)
        of->bytes = span_of(memory, len);
    struct core_parts parts = {.status = span_of(&status, sizeof status), .mapping = mapping, .count = count};
    struct writer w = writer_of(core, sizeof core);
    REQUIRE(core_write(&parts, &w) == 0 && crash_parse(writer_view(&w), &crash) == 0 && crash.signal == 11);
    return 0;
}
