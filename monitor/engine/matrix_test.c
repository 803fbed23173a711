/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/monitor.md: every number x every right x every update state x
 * lengths around the limits; what is refused changes nothing. */
#include "monitor/engine/staging.h"
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static struct world worlds[UPDATE_STATES], w;
static struct package v2, set;

static const struct row {
    uint32_t number, rights;
    size_t min, max;
} rows[] = {
#define ROW(name, number, rights, min, max) {number, rights, min, max},
    MONITOR_CALL_TABLE(ROW)
#undef ROW
};
enum { ROWS = sizeof rows / sizeof rows[0], RIGHTS = 7 };

/* What the state alone answers; from the specification, written out again. */
static enum monitor_status state_answer(enum update_state state, uint32_t number)
{
    if (state == UPDATE_TRIAL) /* nothing but what asks, and the confirmation */
        switch (number) {
        case MONITOR_CALL_SIDELOAD_OPEN:
        case MONITOR_CALL_SIDELOAD_WRITE:
        case MONITOR_CALL_SIDELOAD_COMMIT:
        case MONITOR_CALL_SIDELOAD_INSTALL:
        case MONITOR_CALL_SIDELOAD_REMOVE:
        case MONITOR_CALL_STAGE_MANIFESTS: return MONITOR_UPDATE_IN_PROGRESS;
        case MONITOR_CALL_OPEN_STAGING:
        case MONITOR_CALL_WRITE_BLOCK:
        case MONITOR_CALL_COMMIT_STAGING:
        case MONITOR_CALL_ABORT_STAGING:
        case MONITOR_CALL_INSTALL:
        case MONITOR_CALL_GET_MISSING: return MONITOR_NO_UPDATE_IN_PROGRESS;
        default: return MONITOR_OK;
        }
    switch (number) {
    case MONITOR_CALL_OPEN_STAGING:
        return state == UPDATE_IDLE          ? MONITOR_NO_UPDATE_IN_PROGRESS
               : state == UPDATE_DOWNLOADING ? MONITOR_UPDATE_IN_PROGRESS
                                             : MONITOR_OK;
    case MONITOR_CALL_WRITE_BLOCK:
    case MONITOR_CALL_COMMIT_STAGING:
    case MONITOR_CALL_ABORT_STAGING:
        return state == UPDATE_IDLE          ? MONITOR_NO_UPDATE_IN_PROGRESS
               : state == UPDATE_DOWNLOADING ? MONITOR_OK
                                             : MONITOR_BAD_HANDLE;
    case MONITOR_CALL_INSTALL:
        return state == UPDATE_IDLE    ? MONITOR_NO_UPDATE_IN_PROGRESS
               : state == UPDATE_READY ? MONITOR_OK
                                       : MONITOR_MUST_DOWNLOAD_MISSING;
    case MONITOR_CALL_GET_MISSING:
        return state == UPDATE_IDLE ? MONITOR_NO_UPDATE_IN_PROGRESS : MONITOR_OK;
    default: return MONITOR_OK;
    }
}

/* What a call gets whose payload is all zero bytes of a legal length. */
static enum monitor_status zero_answer(enum update_state state, uint32_t number)
{
    enum monitor_status status = state_answer(state, number);
    if (status != MONITOR_OK)
        return status;
    switch (number) {
    case MONITOR_CALL_OPEN_STAGING: return MONITOR_IMAGE_NOT_FOUND;
    case MONITOR_CALL_WRITE_BLOCK:
    case MONITOR_CALL_COMMIT_STAGING:
    case MONITOR_CALL_ABORT_STAGING: return MONITOR_BAD_HANDLE; /* 0 is no handle */
    case MONITOR_CALL_STAGE_MANIFESTS: return MONITOR_MALFORMED_MANIFEST;
    case MONITOR_CALL_OPEN_APPLICATION: return MONITOR_IMAGE_NOT_FOUND;
    case MONITOR_CALL_SIDELOAD_OPEN:
    case MONITOR_CALL_SIDELOAD_WRITE:
    case MONITOR_CALL_SIDELOAD_COMMIT:
    case MONITOR_CALL_SIDELOAD_INSTALL: return MONITOR_PERMISSION_DENIED; /* no capability */
    case MONITOR_CALL_SIDELOAD_REMOVE: return MONITOR_IMAGE_NOT_FOUND;
    default: return MONITOR_OK;
    }
}

/* The world of that state, in place: its inner pointers lead to `w`. */
static void state_enter(enum update_state state)
{
    struct set_order order;
    struct image_order app = world_app;
    uint32_t out;
    world_init(&w);
    app.id = 0xA3;
    if (state == UPDATE_TRIAL)
        app = world_services, app.id = 0x02;
    world_image(&app, &v2);
    if (state == UPDATE_IDLE)
        goto out;
    world_set_order(&w, &order, 3);
    order.customer = state != UPDATE_TRIAL;
    world_add_app(&order, &app, &v2);
    world_set(&order, &set);
    CHECK_INT(world_stage(&w, &set, &out), MONITOR_OK);
    if (state == UPDATE_DOWNLOADING)
        CHECK_INT(world_open(&w, 0xA3, &out), MONITOR_OK);
    if (state == UPDATE_READY)
        CHECK_INT(world_download(&w, &v2, 0xA3), MONITOR_OK);
    if (state == UPDATE_TRIAL) {
        CHECK_INT(world_download(&w, &v2, 0x02), MONITOR_OK);
        CHECK_INT(world_install(&w, &out), MONITOR_OK);
        CHECK_INT(out, 1);
        CHECK_INT(world_restart(&w), 0);
        CHECK(w.engine.trial_runs);
    }
out:
    CHECK_INT(update_state_of(&w.engine), state);
    worlds[state] = w;
}

static void unchanged(const struct world *before)
{
    CHECK_MEM(&w.engine, &before->engine, sizeof w.engine);
    CHECK_MEM(&w.ram.seen, &before->ram.seen, sizeof w.ram.seen);
    CHECK_INT(w.ram.ops, before->ram.ops);
    CHECK_INT(w.resets, before->resets);
    CHECK_INT(w.gives, before->gives);
}

static void call_check(enum update_state state, const struct row *row, uint32_t rights, size_t len)
{
    static uint8_t zero[MONITOR_PAYLOAD_MAX];
    enum monitor_status want = (rights & row->rights) != row->rights ? MONITOR_PERMISSION_DENIED
                               : len < row->min || len > row->max    ? MONITOR_INVALID_PARAMETER
                                                                     : zero_answer(state, row->number);
    w = worlds[state];
    enum monitor_status got = world_call(&w, rights, row->number, span_of(zero, len), NULL);
    if (got != want)
        fprintf(stderr, "call %u, rights %x, state %d, %zu bytes\n", row->number, rights,
                (int)state, len);
    CHECK_INT(got, want);
    if (want != MONITOR_OK)
        unchanged(&worlds[state]);
}

static void numbers_outside_the_table(enum update_state state)
{
    w = worlds[state];
    for (uint32_t number = 0; number < 300; number++) {
        bool known = false;
        for (size_t i = 0; i < ROWS; i++)
            known = known || rows[i].number == number;
        if (!known)
            CHECK_INT(world_call(&w, UINT32_MAX, number, span_of("\0\0\0\0", 4), NULL),
                      MONITOR_NOT_IMPLEMENTED);
    }
    CHECK_INT(world_call(&w, UINT32_MAX, UINT32_MAX, span_of(NULL, 0), NULL),
              MONITOR_NOT_IMPLEMENTED);
    unchanged(&worlds[state]);
}

/* Requests that are no requests, and a reply buffer that is too small. */
static void broken_headers(void)
{
    uint8_t reply[ENGINE_REPLY_MAX];
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t number, status;
    } bad[] = {
        {"", 0, 0, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0", 4, 0, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0\0\0\0", 7, 0, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0\1\0\0\0", 8, 1, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0\0\0\0\0x", 9, 1, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0\xff\xff\xff\xff", 8, 1, MONITOR_INVALID_PARAMETER},
        {"\1\0\0\0\0\0\0\0", 8, 1, MONITOR_OK},
    };
    w = worlds[UPDATE_IDLE];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct writer to = writer_of(reply, sizeof reply);
        CHECK_INT(engine_call(&w.engine, UINT32_MAX, span_of(bad[i].bytes, bad[i].len), &to), 0);
        struct cursor c = cursor_of(writer_view(&to));
        CHECK_INT(cursor_u32le(&c), bad[i].number);
        CHECK_INT(cursor_u32le(&c), bad[i].status);
    }
    struct writer small = writer_of(reply, sizeof reply - 1);
    CHECK_INT(engine_call(&w.engine, UINT32_MAX, span_of("\1\0\0\0\0\0\0\0", 8), &small), E_FULL);
    CHECK_INT(small.len, 0);
    unchanged(&worlds[UPDATE_IDLE]);
}

int main(void)
{
    for (enum update_state state = 0; state < UPDATE_STATES; state++) {
        state_enter(state);
        for (size_t i = 0; i < ROWS; i++) {
            const size_t lengths[] = {0, rows[i].min, rows[i].max, rows[i].max + 1,
                                      rows[i].min ? rows[i].min - 1 : 0};
            for (size_t n = 0; n < sizeof lengths / sizeof lengths[0]; n++)
                for (uint32_t rights = 0; rights < 1u << RIGHTS; rights++)
                    if (n == 1 || rights == 0 || rights == (1u << RIGHTS) - 1)
                        call_check(state, &rows[i], rights, lengths[n]);
        }
        numbers_outside_the_table(state);
    }
    broken_headers();
    return check_done();
}
