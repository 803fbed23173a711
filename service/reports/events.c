/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/reports/events.h"

#include <string.h>

#include "abi/crash_report.h"
#include "lib/cbor.h"

_Static_assert((int)DEVICE_API_EVENTS_MAX <= (int)STORE_EVENTS_MAX, "the store takes what a device may send");

enum { EVENTS_BATCH = 1, EVENTS_LIST = 2, EVENTS_PAIRS = 2 };

/* category -> does it carry a signal, registers, and what its exit code may be */
static const struct category {
    bool known, has_signal, has_registers;
    uint32_t code_min, code_max;
} categories[EVENT_CATEGORY_MAX + 1] = {
    [EVENT_APP_CRASH] = {true, true, false, 0, UINT32_MAX},
    [EVENT_APP_EXIT] = {true, false, false, 0, UINT32_MAX},
    [EVENT_APP_UPDATE] = {true, false, false, 0, UINT32_MAX},
    [EVENT_OS_UPDATE] = {true, false, false, 0, UINT32_MAX},
    [EVENT_UPDATE_REFUSED] = {true, false, false, 0, UINT32_MAX},
    [EVENT_LOCAL_REFUSED] = {true, false, false, 0, UINT32_MAX},
    [EVENT_APP_CRASH_REGISTERS] = {true, true, true, 0, UINT32_MAX},
    [EVENT_KERNEL_RESET] = {true, false, false, EVENT_KERNEL_PANIC, EVENT_KERNEL_DIE},
    [EVENT_SERVICE_FAILED] = {true, false, false, 1, EVENT_SERVICE_CAUSE_MAX},
    [EVENT_REPORTS_LOST] = {true, false, false, 0, 0},
    [EVENT_STORAGE_FAILED] = {true, false, false, 0, 0},
    [EVENT_CLOCK_WRONG] = {true, false, false, 0, 0},
    [EVENT_DUMP_LOST] = {true, false, false, EVENT_DUMP_NO_ROOM, EVENT_DUMP_FAILED},
};

static const struct category *category_of(uint16_t number)
{
    return number <= EVENT_CATEGORY_MAX && categories[number].known ? &categories[number] : NULL;
}

static bool event_makes_sense(const struct store_event *event)
{
    const struct category *category = category_of(event->category);
    /* A crash names its signal; nothing else has one. */
    if (!category || category->has_signal != (event->signal != 0) || event->signal > EVENTS_SIGNAL_MAX)
        return false;
    return event->exit_code >= category->code_min && event->exit_code <= category->code_max &&
           event->count >= 1 && event->first_s <= event->last_s;
}

/* A device whose clock was never set, or is far ahead of ours: what it says of the time is not worth keeping, and would
 * be older than anything that is shown, or newer.  It happened not long before it was told.  Not refused: a device drops
 * what is refused, and it may be our clock that is wrong. */
static void event_date(struct store_event *event, uint64_t now_s)
{
    if (event->last_s < EVENTS_CLOCK_SET_S || event->last_s > now_s + EVENTS_FUTURE_S)
        event->last_s = now_s;
    if (event->first_s < EVENTS_CLOCK_SET_S || event->first_s > event->last_s)
        event->first_s = event->last_s;
}

static void file_get(struct cursor *c, char file[static sizeof ((struct store_event *)0)->file])
{
    static const char plain[] = CRASH_FILE_CHARACTERS;
    struct span name = cbor_get_text(c);
    if (name.len > sizeof ((struct store_event *)0)->file)
        cursor_fail(c, E_LIMIT);
    for (size_t i = 0; !c->err && i < name.len; i++)
        if (!memchr(plain, name.at[i], sizeof plain - 1))
            cursor_fail(c, E_RANGE);
    if (!c->err && name.len)
        memcpy(file, name.at, name.len);
}

static void event_get(struct cursor *c, uint64_t now_s, struct store_event *event)
{
    size_t fields = cbor_get_array(c);
    event->category = cbor_get_u16(c);
    const struct category *category = category_of(event->category);
    bool registers = category && category->has_registers;
    if (!c->err && fields != EVENT_FIELDS + (registers ? (size_t)EVENT_REGISTER_FIELDS : 0))
        cursor_fail(c, E_MALFORMED);
    event->first_s = cbor_get_uint(c);
    event->last_s = cbor_get_uint(c);
    event->count = cbor_get_u32(c);
    cbor_get_exact(c, event->component, sizeof event->component);
    cbor_get_exact(c, event->image, sizeof event->image);
    event->exit_code = cbor_get_u32(c);
    event->signal = cbor_get_u32(c);
    if (registers) {
        event->error = cbor_get_u32(c);
        event->pc = cbor_get_uint(c);
        event->lr = cbor_get_uint(c);
        event->sp = cbor_get_uint(c);
        event->place = cbor_get_uint(c);
        file_get(c, event->file);
    }
    if (!c->err && !event_makes_sense(event))
        cursor_fail(c, E_RANGE);
    event_date(event, now_s);
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
