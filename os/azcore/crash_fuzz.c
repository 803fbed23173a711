/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core files of a hostile process: what is accepted comes back the same from a report, and what is kept of it can be read in
 * one go, is no more than may be, and says the same.
 */
#include "os/azcore/core_cut.h"
#include "os/azcore/crash.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut_check(struct span core, const struct crash *crash)
{
    static struct core_cut cut;
    struct crash again;
    size_t bytes;
    uint64_t before = 0;
    if (core_cut_plan(core, &cut) != 0) {
        REQUIRE(cut.bytes == 0 && cut.pieces == 0 && cut.head_len == 0);
        return;
    }
    bytes = cut.head_len;
    for (size_t i = 0; i < cut.pieces; i++) {
        REQUIRE(cut.piece[i].len > 0 && cut.piece[i].from >= before);
        before = cut.piece[i].from + cut.piece[i].len;
        bytes += cut.piece[i].len;
    }
    REQUIRE(bytes == cut.bytes && bytes <= CORE_CUT_BYTES_MAX && cut.head_len <= sizeof cut.head);
    if (crash_parse(span_of(cut.head, cut.head_len), &again) == 0) /* notes beyond the limit are left out */
        REQUIRE(again.pc == crash->pc && again.sp == crash->sp);
}

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
    cut_check(span_of(data, size), &crash);
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(crash_report_write(&crash, &w) == 0 && w.len == CRASH_REPORT_BYTES);
    REQUIRE(crash_report_parse(writer_view(&w), &back) == 0);
    REQUIRE(back.pc == crash.pc && back.lr == crash.lr && back.sp == crash.sp && back.signal == crash.signal &&
            back.address == crash.address && memcmp(back.name, crash.name, sizeof back.name) == 0);
    crash_text(&crash, text, sizeof text);
    REQUIRE(strlen(text) > 0);
    return 0;
}
