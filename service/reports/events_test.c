/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/device-api.md: which batches of events are accepted. */
#include "service/reports/events.h"
#include "lib/cbor.h"
#include "tests/check.h"

enum { NOW_S = 1800000000 };

static const struct store_event good = {
    .category = EVENT_APP_CRASH, .first_s = NOW_S - 10, .last_s = NOW_S, .count = 3,
    .component = {0xC0}, .image = {0x1A}, .exit_code = 0, .signal = 11};

static bool registers_of(const struct store_event *event)
{
    return event->category == EVENT_APP_CRASH_REGISTERS;
}

static size_t body_make(uint8_t *at, size_t cap, const struct store_event *event, unsigned count)
{
    struct writer w = writer_of(at, cap);
    uint8_t batch[16] = {0xBA};

    cbor_put_map(&w, 2);
    cbor_put_uint(&w, 1);
    cbor_put_bytes(&w, batch, sizeof batch);
    cbor_put_uint(&w, 2);
    cbor_put_array(&w, count);
    for (unsigned i = 0; i < count; i++) {
        cbor_put_array(&w, registers_of(event) ? 14 : 8);
        cbor_put_uint(&w, event->category);
        cbor_put_uint(&w, event->first_s);
        cbor_put_uint(&w, event->last_s);
        cbor_put_uint(&w, event->count);
        cbor_put_bytes(&w, event->component, 16);
        cbor_put_bytes(&w, event->image, 16);
        cbor_put_uint(&w, event->exit_code);
        cbor_put_uint(&w, event->signal);
        if (!registers_of(event))
            continue;
        cbor_put_uint(&w, event->error);
        cbor_put_uint(&w, event->pc);
        cbor_put_uint(&w, event->lr);
        cbor_put_uint(&w, event->sp);
        cbor_put_uint(&w, event->place);
        cbor_put_text(&w, event->file, strnlen(event->file, sizeof event->file));
    }
    REQUIRE(!w.err);
    return w.len;
}

static int parse(const struct store_event *event, unsigned count, struct store_report *report)
{
    uint8_t body[DEVICE_API_BODY_MAX];
    size_t len = body_make(body, sizeof body, event, count);
    int err = events_parse(span_of(body, len), NOW_S, report);
    if (err)
        CHECK_INT(report->count, 0);
    return err;
}

static void test_counts(void)
{
    struct store_report report;

    CHECK_INT(parse(&good, 1, &report), 0);
    CHECK_INT(report.count, 1);
    CHECK_INT(report.batch[0], 0xBA);
    CHECK_INT(report.now_s, NOW_S);
    CHECK_MEM(&report.at[0], &good, sizeof good);
    CHECK_INT(parse(&good, DEVICE_API_EVENTS_MAX, &report), 0);
    CHECK_INT(report.count, DEVICE_API_EVENTS_MAX);
    CHECK_INT(parse(&good, 0, &report), E_MISSING);
    CHECK_INT(parse(&good, DEVICE_API_EVENTS_MAX + 1, &report), E_LIMIT);
}

static void test_categories(void)
{
    struct store_report report;

    static const struct {
        uint16_t category;
        bool crash;
        uint32_t code_min, code_max;
    } rows[] = {
        {EVENT_APP_CRASH, true, 0, UINT32_MAX},
        {EVENT_APP_EXIT, false, 0, UINT32_MAX},
        {EVENT_APP_UPDATE, false, 0, UINT32_MAX},
        {EVENT_OS_UPDATE, false, 0, UINT32_MAX},
        {EVENT_UPDATE_REFUSED, false, 0, UINT32_MAX},
        {EVENT_LOCAL_REFUSED, false, 0, UINT32_MAX},
        {EVENT_APP_CRASH_REGISTERS, true, 0, UINT32_MAX},
        {EVENT_KERNEL_RESET, false, 100, 101},
        {EVENT_SERVICE_FAILED, false, 1, 7},
        {EVENT_REPORTS_LOST, false, 0, 0},
        {EVENT_STORAGE_FAILED, false, 0, 0},
        {EVENT_CLOCK_WRONG, false, 0, 0},
        {EVENT_DUMP_LOST, false, 1, 2},
    };
    CHECK_INT(sizeof rows / sizeof rows[0], EVENT_CATEGORY_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store_event event = good;
        event.category = rows[i].category;
        event.exit_code = rows[i].code_min;
        event.signal = rows[i].crash ? 11 : 0;
        CHECK_INT(parse(&event, 1, &report), 0);
        event.signal = rows[i].crash ? 0 : 11;
        CHECK_INT(parse(&event, 1, &report), E_RANGE);
        event.signal = rows[i].crash ? 11 : 0;
        event.exit_code = rows[i].code_max;
        CHECK_INT(parse(&event, 1, &report), 0);
        if (rows[i].code_max < UINT32_MAX) {
            event.exit_code = rows[i].code_max + 1;
            CHECK_INT(parse(&event, 1, &report), E_RANGE);
        }
        if (rows[i].code_min > 0) {
            event.exit_code = rows[i].code_min - 1;
            CHECK_INT(parse(&event, 1, &report), E_RANGE);
        }
    }
    for (unsigned unknown = 0; unknown <= EVENT_CATEGORY_MAX + 1; unknown += EVENT_CATEGORY_MAX + 1) {
        struct store_event event = good;
        event.category = (uint16_t)unknown;
        event.signal = 0;
        CHECK_INT(parse(&event, 1, &report), E_RANGE);
    }
    struct store_event event = good;
    event.category = 65535;
    CHECK_INT(parse(&event, 1, &report), E_RANGE);
    event = good;
    event.category = EVENT_APP_CRASH_REGISTERS;
    event.error = 7;
    event.pc = UINT64_MAX;
    event.lr = 2;
    event.sp = 3;
    event.place = 4;
    memcpy(event.file, "ld-musl-armhf.so", 16);
    CHECK_INT(parse(&event, 1, &report), 0);
    CHECK_MEM(&report.at[0], &event, sizeof event);
    static const char bad[] = {'/', ' ', '\n', 127, '"', ';'};
    for (size_t i = 0; i < sizeof bad; i++) {
        event.file[3] = bad[i];
        CHECK_INT(parse(&event, 1, &report), E_RANGE);
    }
    event = good;
    event.signal = EVENTS_SIGNAL_MAX;
    CHECK_INT(parse(&event, 1, &report), 0);
    event.signal = EVENTS_SIGNAL_MAX + 1;
    CHECK_INT(parse(&event, 1, &report), E_RANGE);
}

static void test_times(void)
{
    static const struct {
        uint64_t first_s, last_s;
        int want;
        uint64_t kept_first_s, kept_last_s;
    } rows[] = {
        {0, 0, 0, NOW_S, NOW_S}, /* a clock that was never set */
        {EVENTS_CLOCK_SET_S - 1, EVENTS_CLOCK_SET_S - 1, 0, NOW_S, NOW_S},
        {EVENTS_CLOCK_SET_S, EVENTS_CLOCK_SET_S, 0, EVENTS_CLOCK_SET_S, EVENTS_CLOCK_SET_S},
        {0, NOW_S - 5, 0, NOW_S - 5, NOW_S - 5}, /* set in between */
        {NOW_S, NOW_S, 0, NOW_S, NOW_S},
        {NOW_S, NOW_S - 1, E_RANGE},
        {NOW_S, NOW_S + EVENTS_FUTURE_S, 0, NOW_S, NOW_S + EVENTS_FUTURE_S},
        {NOW_S - 9, NOW_S + EVENTS_FUTURE_S + 1, 0, NOW_S - 9, NOW_S}, /* its clock, or ours, is wrong */
        {NOW_S + EVENTS_FUTURE_S + 1, NOW_S + EVENTS_FUTURE_S + 1, 0, NOW_S, NOW_S},
        {0, UINT64_MAX, 0, NOW_S, NOW_S},
        {UINT64_MAX, UINT64_MAX, 0, NOW_S, NOW_S},
    };
    struct store_report report;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store_event event = good;
        event.first_s = rows[i].first_s;
        event.last_s = rows[i].last_s;
        CHECK_INT(parse(&event, 1, &report), rows[i].want);
        if (rows[i].want)
            continue;
        CHECK_INT(report.at[0].first_s, rows[i].kept_first_s);
        CHECK_INT(report.at[0].last_s, rows[i].kept_last_s);
    }
    struct store_event event = good;
    event.count = 0;
    CHECK_INT(parse(&event, 1, &report), E_RANGE);
    event.count = UINT32_MAX;
    CHECK_INT(parse(&event, 1, &report), 0);
}

/* Every prefix refused; every flipped bit refused or a batch that still makes sense. */
static void test_cut_and_flip(void)
{
    uint8_t body[1024];
    struct store_report report;
    size_t len = body_make(body, sizeof body, &good, 2);

    for (size_t cut = 0; cut < len; cut++)
        CHECK(events_parse(span_of(body, cut), NOW_S, &report) != 0);
    body[len] = 0;
    CHECK_INT(events_parse(span_of(body, len + 1), NOW_S, &report), E_TRAILING);
    for (size_t bit = 0; bit < len * 8; bit++) {
        body[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        int err = events_parse(span_of(body, len), NOW_S, &report);
        CHECK_INT(report.count, err ? 0 : 2);
        body[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    /* one wrong event spoils the batch */
    struct store_event bad = good;
    bad.count = 0;
    len = body_make(body, sizeof body, &good, 2);
    uint8_t one[512];
    size_t one_len = body_make(one, sizeof one, &bad, 1), head = 1 + 1 + 17 + 1 + 1;
    size_t event_bytes = (len - head) / 2;
    memcpy(body + head + event_bytes, one + head, one_len - head);
    CHECK_INT(events_parse(span_of(body, len), NOW_S, &report), E_RANGE);
    CHECK_INT(report.count, 0);
}

int main(void)
{
    test_counts();
    test_categories();
    test_times();
    test_cut_and_flip();
    return check_done();
}
