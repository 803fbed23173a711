/* SPDX-License-Identifier: BSD-2-Clause */
/* Core files of a hostile process: what is accepted comes back the same from a report. */
#include "os/azcore/crash.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct crash zero;
    struct crash crash, back;
    uint8_t bytes[CRASH_REPORT_BYTES];
    char text[256];
    if (crash_parse(span_of(data, size), &crash) != 0) {
        REQUIRE(memcmp(&crash, &zero, sizeof zero) == 0);
        crash_component(span_of(data, size), crash.component);
        return 0;
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(crash_report_write(&crash, &w) == 0 && w.len == CRASH_REPORT_BYTES);
    REQUIRE(crash_report_parse(writer_view(&w), &back) == 0);
    REQUIRE(back.pc == crash.pc && back.lr == crash.lr && back.sp == crash.sp && back.signal == crash.signal &&
            back.address == crash.address && memcmp(back.name, crash.name, sizeof back.name) == 0);
    crash_text(&crash, text, sizeof text);
    REQUIRE(strlen(text) > 0);
    return 0;
}
