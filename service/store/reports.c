/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error report events: equal ones of a device within 24 hours of the first are
 * one row with a count.  A batch that comes twice counts once.  What a device
 * can fill is bounded: 1000 rows under one owner, 14 days.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "lib/guid.h"
#include "service/store/operations.h"

enum { DAY_S = 86400, BATCH_KEEP_DAYS = 60 };

struct reporter {
    uint64_t device, catalog;
};

static int reporter_find(struct store *store, const struct store_report *report, struct reporter *reporter)
{
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_FIND);
    bind_bytes(s, 1, report->device_id, 64);
    int got = statement_step(&store->db, s);
    *reporter = (struct reporter){0};
    if (got == 1)
        *reporter = (struct reporter){column_number(s, 0), column_number(s, 1)};
    bool revoked = got == 1 && column_number(s, 3) != 0, was_revoked = got == 1 && column_number(s, 4) != 0;
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    return device_admit(store, revoked, was_revoked, report->serial);
}

static const char *cause_word(uint32_t cause)
{
    static const char *const words[] = {
#define CAUSE_WORD(name, number, word, text) [number] = word,
        EVENT_SERVICE_CAUSE_TABLE(CAUSE_WORD)
#undef CAUSE_WORD
    };
    return cause < sizeof words / sizeof words[0] && words[cause] ? words[cause] : "Unknown";
}

/* service-api.md §6: the words and the order that tools look for. */
static int description_write(const struct store_event *event, char *to, size_t cap)
{
    char component[GUID_TEXT_BYTES], image[GUID_TEXT_BYTES];
    guid_format(event->component, component);
    guid_format(event->image, image);
    switch (event->category) {
    case EVENT_APP_CRASH:
        return snprintf(to, cap,
                        "AppCrash (exit_status=%" PRIu32 "; signal_status=%" PRIu32
                        "; signal_code=%" PRIu32 "; component_id=%s; image_id=%s)",
                        event->signal, event->signal, event->exit_code, component, image);
    case EVENT_APP_EXIT:
        return snprintf(to, cap, "AppExit (exit_code=%" PRId32 "; component_id=%s; image_id=%s)",
                        (int32_t)event->exit_code, component, image);
    case EVENT_APP_UPDATE:
        return snprintf(to, cap, "AppUpdate (component_id=%s; image_id=%s)", component, image);
    case EVENT_OS_UPDATE:
        return snprintf(to, cap, "OSUpdate (component_id=%s; image_id=%s)", component, image);
    case EVENT_UPDATE_REFUSED:
        return snprintf(to, cap, "UpdateRefused (status=%" PRIu32 "; component_id=%s; image_id=%s)",
                        event->exit_code, component, image);
    case EVENT_LOCAL_REFUSED:
        return snprintf(to, cap, "LocalRequestRefused (error=%" PRIu32 ")", event->exit_code);
    case EVENT_APP_CRASH_REGISTERS:
        return snprintf(to, cap,
                        "AppCrash (pc=%" PRIx64 "; lr=%" PRIx64 "; sp=%" PRIx64 "; signo=%" PRIu32
                        "; errno=%" PRId32 "; code=%" PRId32 "; component_id=%s)",
                        event->pc, event->lr, event->sp, event->signal, (int32_t)event->error,
                        (int32_t)event->exit_code, component);
    case EVENT_KERNEL_RESET:
        return snprintf(to, cap, "KernelReset (reason=%s)",
                        event->exit_code == EVENT_KERNEL_PANIC ? "KernelPanic" : "KernelDie");
    case EVENT_SERVICE_FAILED:
        return snprintf(to, cap, "ServiceFailed (cause=%s)", cause_word(event->exit_code));
    case EVENT_REPORTS_LOST:
        return snprintf(to, cap, "ReportsLost (cause=QueueFull)");
    case EVENT_STORAGE_FAILED:
        return snprintf(to, cap, "StorageFailed (what=reports)");
    case EVENT_CLOCK_WRONG:
        return snprintf(to, cap, "ClockWrong (corrected=yes)");
    case EVENT_DUMP_LOST:
        return snprintf(to, cap, "CrashDumpLost (cause=%s; component_id=%s; image_id=%s)",
                        event->exit_code == EVENT_DUMP_NO_ROOM ? "NoRoom" : "Failed", component, image);
    default:
        return -1;
    }
}

/* A crash of a service of the OS names the image that holds it, or, on the MCU, no component at all. */
static int component_of_os(struct store *store, const struct store_event *event, bool *of_os)
{
    *of_os = (event->category == EVENT_APP_CRASH || event->category == EVENT_APP_CRASH_REGISTERS) &&
             guid_is_zero(event->component);
    if (*of_os)
        return 0;
    struct statement *s = statement_get(&store->db, STATEMENT_COMPONENT_OF_OS);
    bind_bytes(s, 1, event->component, sizeof event->component);
    int got = statement_step(&store->db, s);
    statement_done(s);
    *of_os = got == 1;
    return got < 0 ? got : 0;
}

static int event_take(struct store *store, const struct reporter *reporter, const struct store_event *event)
{
    char text[256];
    int len = description_write(event, text, sizeof text);
    if (len < 0 || (size_t)len >= sizeof text || event->count == 0 || event->first_s > event->last_s)
        return E_MALFORMED;
    struct span description = span_of(text, (size_t)len);
    struct statement *s = statement_get(&store->db, STATEMENT_EVENT_FIND);
    bind_number(s, 1, reporter->device);
    bind_number(s, 2, event->category);
    bind_text(s, 3, description);
    bind_number(s, 4, event->first_s);
    bind_number(s, 5, reporter->catalog); /* a former owner's rows stay as they were */
    int got = statement_step(&store->db, s);
    uint64_t id = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    if (got < 0)
        return got;
    if (got == 1) {
        s = statement_get(&store->db, STATEMENT_EVENT_COUNT);
        bind_number(s, 1, id);
        bind_number(s, 2, event->count);
        bind_number(s, 3, event->last_s);
        return statement_run(&store->db, s);
    }
    bool of_os;
    int err = component_of_os(store, event, &of_os);
    if (err)
        return err;
    s = statement_get(&store->db, STATEMENT_EVENT_INSERT);
    bind_number(s, 1, reporter->device);
    bind_number_or_null(s, 2, reporter->catalog);
    bind_number(s, 3, event->category);
    bind_text(s, 4, description);
    bind_number(s, 5, event->first_s);
    bind_number(s, 6, event->last_s);
    bind_number(s, 7, event->count);
    bind_number(s, 8, of_os);
    return statement_run(&store->db, s);
}

/* The newest ones under the owner that it has now: a new owner's do not push out a former one's. */
static int events_prune(struct store *store, const struct reporter *reporter)
{
    struct statement *s = statement_get(&store->db, STATEMENT_EVENT_PRUNE);
    bind_number(s, 1, reporter->device);
    bind_number(s, 2, reporter->catalog);
    return statement_run(&store->db, s);
}

static int prune(struct store *store, enum statement_id id, uint64_t device, uint64_t now_s, uint64_t days)
{
    if (!clock_settled(store))
        return 0;
    struct statement *s = statement_get(&store->db, id);
    bind_number(s, 1, device);
    bind_number(s, 2, now_s > days * DAY_S ? now_s - days * DAY_S : 0);
    return statement_run(&store->db, s);
}

int op_report_add(struct store *store, struct span payload, struct answer *answer)
{
    struct store_report report;
    struct reporter reporter;
    (void)answer;
    int err = store_report_parse(payload, &report);
    if (!err)
        err = reporter_find(store, &report, &reporter);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_BATCH_INSERT);
    bind_number(s, 1, reporter.device);
    bind_bytes(s, 2, report.batch, sizeof report.batch);
    bind_number(s, 3, report.now_s);
    err = statement_run(&store->db, s);
    if (err || database_changes(&store->db) == 0)
        return err; /* seen before */
    for (size_t i = 0; !err && i < report.count; i++) {
        if (report.at[i].last_s > report.now_s && report.at[i].first_s <= report.at[i].last_s) {
            report.at[i].last_s = report.now_s; /* from the future: a clock that is wrong */
            if (report.at[i].first_s > report.now_s)
                report.at[i].first_s = report.now_s;
        }
        err = event_take(store, &reporter, &report.at[i]);
        if (!err && report.at[i].signal && reporter.catalog)
            err = crash_group_add(store, reporter.catalog, reporter.device, &report.at[i], report.now_s);
        if (!err)
            err = rollout_report(store, reporter.device, &report.at[i]);
    }
    if (!err)
        err = events_prune(store, &reporter);
    if (!err)
        err = prune(store, STATEMENT_EVENT_EXPIRE, reporter.device, report.now_s, STORE_INSIGHT_DAYS);
    return err ? err : prune(store, STATEMENT_BATCH_PRUNE, reporter.device, report.now_s, BATCH_KEEP_DAYS);
}

/* Newest first, at most STORE_INSIGHTS_MAX of the last STORE_INSIGHT_DAYS days. */
int op_insight_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    int err = query_place(store, payload, PLACE_CATALOG, &query, &place);
    if (err)
        return err;
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    struct statement *s = statement_get(&store->db, STATEMENT_EVENT_LIST);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, now_s > STORE_INSIGHT_DAYS * DAY_S ? now_s - STORE_INSIGHT_DAYS * DAY_S : 0);
    page_bind(s, 3, &query);
    bind_number(s, 3, query.after ? query.after : INT64_MAX);
    return row_list(store, s, row_insight, &store_row_insight_type, &query, answer);
}
