/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/reports/events.h"

#include <string.h>

#include "lib/cbor.h"

_Static_assert((int)DEVICE_API_EVENTS_MAX <= (int)STORE_EVENTS_MAX, "the store takes what a device may send");

enum { EVENTS_BATCH = 1, EVENTS_LIST = 2, EVENTS_PAIRS = 2, EVENT_FIELDS = 8 };

/* category -> may it carry a signal */
static const struct category {
    bool known, has_signal;
} categories[] = {
    [EVENT_APP_CRASH] = {true, true},
    [EVENT_APP_EXIT] = {true, false},
    [EVENT_APP_UPDATE] = {true, false},
    [EVENT_OS_UPDATE] = {true, false},
    [EVENT_UPDATE_REFUSED] = {true, false},
    [EVENT_LOCAL_REFUSED] = {true, false},
};

static bool event_makes_sense(const struct store_event *event, uint64_t now_s)
{
    if (event->category >= sizeof categories / sizeof categories[0] ||
        !categories[event->category].known)
        return false;
    /* A crash names its signal; nothing else has one. */
    if (categories[event->category].has_signal != (event->signal != 0) ||
        event->signal > EVENTS_SIGNAL_MAX)
        return false;
    return event->count >= 1 && event->first_s <= event->last_s &&
           event->last_s <= now_s + EVENTS_FUTURE_S;
}

static void event_get(struct cursor *c, uint64_t now_s, struct store_event *event)
{
    cbor_expect_array(c, EVENT_FIELDS);
    event->category = cbor_get_u16(c);
    event->first_s = cbor_get_uint(c);
    event->last_s = cbor_get_uint(c);
    event->count = cbor_get_u32(c);
    cbor_get_exact(c, event->component, sizeof event->component);
    cbor_get_exact(c, event->image, sizeof event->image);
    event->exit_code = cbor_get_u32(c);
    event->signal = cbor_get_u32(c);
    if (!c->err && !event_makes_sense(event, now_s))
        cursor_fail(c, E_RANGE);
}

int events_parse(struct span body, uint64_t now_s, struct store_report *report)
{
    struct cursor c = cursor_of(body);

    memset(report, 0, sizeof *report);
    report->now_s = now_s;
    cbor_expect_map(&c, EVENTS_PAIRS);
    cbor_expect_int(&c, EVENTS_BATCH);
    cbor_get_exact(&c, report->batch, sizeof report->batch);
    cbor_expect_int(&c, EVENTS_LIST);
    size_t count = cbor_get_array(&c);
    if (!c.err && count == 0)
        cursor_fail(&c, E_MISSING);
    if (count > DEVICE_API_EVENTS_MAX)
        cursor_fail(&c, E_LIMIT);
    for (size_t i = 0; i < count && !c.err; i++)
        event_get(&c, now_s, &report->at[i]);
    int err = cursor_end(&c);
    if (err)
        memset(report, 0, sizeof *report);
    else
        report->count = (uint16_t)count;
    return err;
}
