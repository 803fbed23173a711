/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator reads of each kind of event a device sends (service-api.md §6, docs/spec/device-api.md): the words and their
 * order are what tools look for.
 */
#include "abi/device_api.h"
#include "service/store/store_fixture_test.h"

#define IDS "component_id=000000c0-0000-0000-0000-000000000000; image_id=0000001a-0000-0000-0000-000000000000"

enum { NOW_S = 1800000000 };

static const struct {
    uint16_t category;
    uint32_t exit_code;
    const char *says;
} rows[] = {
    {EVENT_APP_CRASH, 2, "AppCrash (exit_status=11; signal_status=11; signal_code=2; " IDS ")"},
    {EVENT_APP_EXIT, UINT32_MAX, "AppExit (exit_code=-1; " IDS ")"},
    {EVENT_APP_UPDATE, 0, "AppUpdate (" IDS ")"},
    {EVENT_OS_UPDATE, 0, "OSUpdate (" IDS ")"},
    {EVENT_UPDATE_REFUSED, 11, "UpdateRefused (status=11; " IDS ")"},
    {EVENT_LOCAL_REFUSED, 7, "LocalRequestRefused (error=7)"},
    {EVENT_APP_CRASH_REGISTERS, 1, "AppCrash (pc=1111; lr=2222; sp=3333; signo=11; errno=-4; code=1; "
                                   "component_id=000000c0-0000-0000-0000-000000000000)"},
    {EVENT_KERNEL_RESET, EVENT_KERNEL_PANIC, "KernelReset (reason=KernelPanic)"},
    {EVENT_KERNEL_RESET, EVENT_KERNEL_DIE, "KernelReset (reason=KernelDie)"},
    {EVENT_SERVICE_FAILED, EVENT_SERVICE_UNREACHABLE, "ServiceFailed (cause=Unreachable)"},
    {EVENT_SERVICE_FAILED, EVENT_SERVICE_TIME, "ServiceFailed (cause=TimeNotBelieved)"},
    {EVENT_REPORTS_LOST, 0, "ReportsLost (cause=QueueFull)"},
    {EVENT_STORAGE_FAILED, 0, "StorageFailed (what=reports)"},
    {EVENT_CLOCK_WRONG, 0, "ClockWrong (corrected=yes)"},
    {EVENT_DUMP_LOST, EVENT_DUMP_NO_ROOM, "CrashDumpLost (cause=NoRoom; " IDS ")"},
    {EVENT_DUMP_LOST, EVENT_DUMP_FAILED, "CrashDumpLost (cause=Failed; " IDS ")"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void report(void)
{
    static struct store_report r;
    static uint8_t bytes[32768];
    r = (struct store_report){.now_s = NOW_S, .count = ROWS, .batch = {1}};
    fixture_device_id(0, r.device_id);
    for (size_t i = 0; i < ROWS; i++) {
        bool crash = rows[i].category == EVENT_APP_CRASH || rows[i].category == EVENT_APP_CRASH_REGISTERS;
        r.at[i] = (struct store_event){.category = rows[i].category, .exit_code = rows[i].exit_code, .signal = crash ? 11 : 0,
                                       .first_s = NOW_S - 60, .last_s = NOW_S, .count = 1, .component = {0xC0}, .image = {0x1A},
                                       .pc = 0x1111, .lr = 0x2222, .sp = 0x3333, .error = (uint32_t)-4, .file = "app"};
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(store_report_write(&r, &w) == 0);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w)), 0);
}

int main(int argc, char **argv)
{
    bool kinds[EVENT_CATEGORY_MAX + 1] = {false};
    unsigned seen[ROWS] = {0}, listed = 0;
    fixture_begin(argc, argv);
    fixture_place("c", "", "");
    fixture_register(0);
    CHECK_INT(fixture_claim(0, fixture_scope("c", ".default", ".default")), 0);
    fx.store.db.fixed_now_ms = NOW_S * 1000ull;
    report();
    struct store_query query = {.scope = fixture_scope("c", "", ""), .limit = 200};
    CHECK_INT(fixture_api(STORE_OP_INSIGHT_LIST, &store_query_type, &query), 0);
    struct store_rows answer = fixture_rows();
    for (struct cursor c = cursor_of(answer.rows); c.left && !c.err; listed++) {
        struct store_row_insight one;
        record_get(&store_row_insight_type, &c, &one);
        for (size_t i = 0; i < ROWS; i++)
            seen[i] += one.category == rows[i].category &&
                       span_equal(one.description, span_of(rows[i].says, strlen(rows[i].says)));
    }
    CHECK_INT(listed, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        kinds[rows[i].category] = true;
        if (seen[i] != 1)
            fprintf(stderr, "\"%s\": %u times\n", rows[i].says, seen[i]);
        CHECK_INT(seen[i], 1);
    }
    for (size_t i = 1; i <= EVENT_CATEGORY_MAX; i++)
        CHECK(kinds[i]); /* each category has a row here */
    fixture_end();
    return check_done();
}
