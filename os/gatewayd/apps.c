/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes about one application: state, start, stop, storage, removal. */
#include <string.h>

#include "lib/guid.h"
#include "os/gatewayd/body.h"
#include "os/gatewayd/json_write.h"

static const char *const state_names[] = {
    [OS_APP_NOT_PRESENT] = "notPresent", [OS_APP_STOPPED] = "stopped", [OS_APP_RUNNING] = "running"};

static uint32_t component_of(const struct gateway *g, uint8_t component[static 16])
{
    return guid_parse(span_of(g->argument, strlen(g->argument)), component) ? REST_BAD_COMPONENT_ID : 0;
}

static enum os_app_state state_of(const struct gateway *g, const uint8_t component[static 16])
{
    const struct os_app_status *app = gateway_app(g, component);
    return app ? (enum os_app_state)app->state : OS_APP_NOT_PRESENT;
}

static uint32_t state_answer(struct gateway *g, const uint8_t component[static 16], struct answer *a)
{
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "state", state_names[state_of(g, component)]);
    json_close(&j);
    return 0;
}

uint32_t app_status(struct gateway *g, struct answer *a)
{
    uint8_t component[16];
    uint32_t error = component_of(g, component);
    if (error)
        return error;
    return gateway_listen(g, 0) ? state_answer(g, component, a) : REST_INTERNAL;
}

uint32_t app_status_all(struct gateway *g, struct answer *a)
{
    if (!gateway_listen(g, 0))
        return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_name(&j, "apps");
    json_open(&j, '[');
    for (size_t i = 0; i < g->apps.count; i++) {
        char id[GUID_TEXT_BYTES];
        guid_format(g->apps.at[i].component, id);
        json_open(&j, '{');
        json_member_text(&j, "componentId", id);
        json_member_text(&j, "state", state_names[g->apps.at[i].state]);
        json_close(&j);
    }
    json_close(&j);
    json_close(&j);
    return 0;
}

/* Tells the manager and waits until the state is the one wanted. */
static uint32_t ask(struct gateway *g, const uint8_t component[static 16], enum os_app_action action,
                    enum os_app_state want)
{
    struct os_message message = {.kind = OS_APP_CONTROL, .fd = -1, .u.app_control.action = action};
    memcpy(message.u.app_control.component, component, 16);
    if (gateway_send(g, &message))
        return REST_INTERNAL;
    uint64_t until = gateway_now_ms() + GATEWAY_APP_WAIT_MS;
    while (state_of(g, component) != want) {
        uint64_t now = gateway_now_ms();
        if (now >= until)
            return action == OS_APP_START ? REST_CANNOT_START_APP : REST_CANNOT_STOP_APP;
        if (!gateway_listen(g, (int)(until - now)))
            return REST_INTERNAL;
    }
    return 0;
}

uint32_t app_control(struct gateway *g, struct answer *a)
{
    uint8_t component[16];
    char trigger[32];
    uint32_t error = component_of(g, component);
    if (!error)
        error = body_text(g, "trigger", trigger, sizeof trigger);
    if (error)
        return error;
    bool start = strcmp(trigger, "start") == 0;
    if (strcmp(trigger, "startDebug") == 0)
        return REST_CANNOT_START_DEBUG;
    if (!start && strcmp(trigger, "stop") != 0)
        return REST_NO_SUCH_TRIGGER;
    if (!gateway_listen(g, 0))
        return REST_INTERNAL;
    if (state_of(g, component) == OS_APP_NOT_PRESENT)
        return REST_APP_NOT_PRESENT;
    error = ask(g, component, start ? OS_APP_START : OS_APP_STOP, start ? OS_APP_RUNNING : OS_APP_STOPPED);
    return error ? error : state_answer(g, component, a);
}

/* What is used changes without a word: the manager is asked, and always answers. */
static bool refresh(struct gateway *g, const uint8_t component[static 16])
{
    struct os_message message = {.kind = OS_APP_CONTROL, .fd = -1, .u.app_control.action = OS_APP_TELL};
    memcpy(message.u.app_control.component, component, 16);
    return gateway_listen(g, 0) && gateway_send(g, &message) == 0 && gateway_listen(g, GATEWAY_APP_WAIT_MS);
}

uint32_t app_quota(struct gateway *g, struct answer *a)
{
    uint8_t component[16];
    uint32_t error = component_of(g, component);
    if (error)
        return error;
    if (!refresh(g, component))
        return REST_INTERNAL;
    const struct os_app_status *app = gateway_app(g, component);
    if (!app)
        return REST_APP_NOT_PRESENT;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_uint(&j, "UsageKB", app->used_kb);
    json_member_uint(&j, "LimitKB", app->limit_kb);
    json_close(&j);
    return 0;
}

static void write_memory(struct json_writer *j, uint64_t now_kb, uint64_t peak_kb)
{
    json_member_uint(j, "currentMemoryUsageInBytes", now_kb * 1024);
    json_member_uint(j, "userModeMemoryUsageInBytes", now_kb * 1024);
    json_member_uint(j, "peakUserModeMemoryUsageInBytes", peak_kb * 1024);
}

uint32_t app_memory(struct gateway *g, struct answer *a)
{
    uint8_t component[MONITOR_COMPONENTS_MAX][16];
    uint64_t now_kb = 0, peak_kb = 0;
    if (!gateway_listen(g, 0))
        return REST_INTERNAL;
    size_t count = g->apps.count; /* an answer may change the list */
    for (size_t i = 0; i < count; i++)
        memcpy(component[i], g->apps.at[i].component, 16);
    for (size_t i = 0; i < count; i++)
        if (!refresh(g, component[i]))
            return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_name(&j, "apps");
    json_open(&j, '[');
    for (size_t i = 0; i < g->apps.count; i++) {
        const struct os_app_status *app = &g->apps.at[i];
        char id[GUID_TEXT_BYTES];
        guid_format(app->component, id);
        json_open(&j, '{');
        json_member_text(&j, "componentId", id);
        write_memory(&j, app->memory_kb, app->memory_peak_kb);
        json_close(&j);
        now_kb += app->memory_kb;
        peak_kb += app->memory_peak_kb;
    }
    json_close(&j);
    json_name(&j, "memoryStats");
    json_open(&j, '{');
    write_memory(&j, now_kb, peak_kb);
    json_close(&j);
    json_close(&j);
    return 0;
}

uint32_t app_remove(struct gateway *g, struct answer *a)
{
    uint8_t component[16];
    struct os_message changed = {.kind = OS_CHANGED, .fd = -1};
    uint32_t error = component_of(g, component);
    if (error)
        return error;
    int err = monitor_sideload_remove(&g->monitor, component);
    if (err)
        return rest_of_monitor(g, err);
    if (gateway_send(g, &changed))
        return REST_INTERNAL;
    uint64_t until = gateway_now_ms() + GATEWAY_APP_WAIT_MS; /* it stops by itself, or is killed */
    while (gateway_app(g, component) && gateway_now_ms() < until)
        if (!gateway_listen(g, (int)(until - gateway_now_ms())))
            return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_bool(&j, "restartingSystem", false);
    json_close(&j);
    return 0;
}
