/* SPDX-License-Identifier: BSD-2-Clause */
/* Staged rollouts: docs/spec/rollouts.md. */
#include <stdio.h>
#include <string.h>

#include "lib/guid.h"
#include "service/api/api.h"

enum {
    STEP_MINUTES = 1440,
    STEP_MINUTES_MAX = 60 * 24 * 60,
    THRESHOLD = 5,
    MINIMUM = 1,
    MINIMUM_MAX = 1000000,
    SILENT_CHECKS = 3,
    SILENT_CHECKS_MAX = 1000,
};

static const uint16_t default_steps[] = {1, 10, 50, 100};

static const char *const states[] = {
    [ROLLOUT_ACTIVE] = "Active",   [ROLLOUT_PAUSED] = "Paused",       [ROLLOUT_STOPPED] = "Stopped",
    [ROLLOUT_ABORTED] = "Aborted", [ROLLOUT_COMPLETED] = "Completed",
};

/* "5,25,100" as an array of numbers. */
static json_t *steps_json(struct span text)
{
    json_t *steps = json_array();
    json_int_t value = 0;
    for (size_t i = 0; steps && i <= text.len; i++) {
        if (i < text.len && text.at[i] != ',') {
            value = value * 10 + (text.at[i] - '0');
            continue;
        }
        if (json_array_append_new(steps, json_integer(value)) != 0) {
            json_decref(steps);
            return NULL;
        }
        value = 0;
    }
    return steps;
}

/* What rollouts of both kinds show; NULL for want of memory. */
static json_t *properties_json(const struct store_row_rollout *row)
{
    bool over = row->state == ROLLOUT_STOPPED || row->state == ROLLOUT_ABORTED;
    return json_pack(
        "{s:o,s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:s}",
        "steps", steps_json(row->steps),
        "stepMinutes", (json_int_t)row->soak_s / 60,
        "stopThresholdPercent", (json_int_t)row->threshold,
        "minimumDevices", (json_int_t)row->minimum,
        "silentChecks", (json_int_t)row->silent_checks,
        "state", states[row->state],
        "step", (json_int_t)row->step + 1,
        "percent", over ? (json_int_t)0 : (json_int_t)row->share / 100,
        "devicesOffered", (json_int_t)row->offered,
        "devicesUpdated", (json_int_t)row->updated,
        "devicesFailed", (json_int_t)row->failed,
        "devicesSilent", (json_int_t)row->silent,
        "reason", row->reason.len ? render_text(row->reason) : json_null(),
        "createdBy", render_text(row->created_by),
        "createdUtc", render_time_ms(row->created_ms),
        "changedUtc", render_time_ms(row->changed_ms),
        "provisioningState", "Succeeded");
}

json_t *render_rollout(struct api_call *call, const void *at)
{
    const struct store_row_rollout *row = at;
    const struct store_scope *s = &call->scope;
    char guid[GUID_TEXT_BYTES];
    json_t *properties = properties_json(row);
    guid_format(row->rollout, guid);
    if (properties && json_object_set_new(properties, "deployedImages", render_images(call, row->images)) != 0) {
        json_decref(properties);
        properties = NULL;
    }
    return json_pack(
        "{s:o,s:s,s:s,s:o}",
        "id", json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s" ROUTE_SPHERE
                           "/catalogs/%.*s/products/%.*s/deviceGroups/%.*s" ROUTE_OURS "/rollouts/%s",
                           (int)s->subscription.len, (const char *)s->subscription.at, (int)s->resource_group.len,
                           (const char *)s->resource_group.at, (int)s->catalog.len, (const char *)s->catalog.at,
                           (int)s->product.len, (const char *)s->product.at, (int)s->group.len,
                           (const char *)s->group.at, guid),
        "name", guid, "type", "Perisphere/rollouts", "properties", properties);
}

json_t *render_os_rollout(struct api_call *call, const void *at)
{
    const struct store_row_rollout *row = at;
    char guid[GUID_TEXT_BYTES];
    json_t *properties = properties_json(row);
    guid_format(row->rollout, guid);
    if (properties && (json_object_set_new(properties, "osVersion", render_text(row->version)) != 0 ||
                       json_object_set_new(properties, "images", render_image_ids(call, row->images)) != 0)) {
        json_decref(properties);
        properties = NULL;
    }
    return json_pack("{s:o,s:s,s:s,s:o}", "id", json_sprintf(ROUTE_OURS "/osRollouts/%s", guid), "name", guid,
                     "type", "Perisphere/osRollouts", "properties", properties);
}

/* false: the call has been ended. */
static bool number_take(struct api_call *call, const json_t *properties, const char *name, json_int_t least,
                        json_int_t most, json_int_t fallback, json_int_t *value)
{
    const json_t *given = body_get(properties, name);
    *value = given ? json_integer_value(given) : fallback;
    if (*value >= least && *value <= most)
        return true;
    api_fail(call, API_INVALID_CONTENT, "\"%s\" is a number from %lld to %lld", name, (long long)least, (long long)most);
    return false;
}

static bool steps_take(struct api_call *call, const json_t *steps, struct store_rollout_put *put)
{
    size_t count = steps ? json_array_size(steps) : sizeof default_steps / sizeof default_steps[0];
    json_int_t last = 0;
    bool good = count <= STORE_STEPS_MAX;
    for (size_t i = 0; good && i < count; i++) {
        json_int_t of = steps ? json_integer_value(json_array_get(steps, i)) : default_steps[i];
        good = of > last && of <= 100;
        last = of;
        if (good)
            put->step[put->step_count++].of = (uint16_t)of;
    }
    if (good && last == 100)
        return true;
    api_fail(call, API_INVALID_CONTENT, "\"steps\" are 1 to %d rising percentages, the last one 100", STORE_STEPS_MAX);
    return false;
}

/* Steps, time and limits, which are the same for both kinds; false: the call has been ended. */
static bool pace_take(struct api_call *call, const json_t *p, struct store_rollout_put *put)
{
    json_int_t minutes, threshold, minimum, silent;
    if (!steps_take(call, body_get(p, "steps"), put) ||
        !number_take(call, p, "stepMinutes", 0, STEP_MINUTES_MAX, STEP_MINUTES, &minutes) ||
        !number_take(call, p, "stopThresholdPercent", 0, 100, THRESHOLD, &threshold) ||
        !number_take(call, p, "minimumDevices", 1, MINIMUM_MAX, MINIMUM, &minimum) ||
        !number_take(call, p, "silentChecks", 0, SILENT_CHECKS_MAX, SILENT_CHECKS, &silent))
        return false;
    put->soak_s = (uint32_t)minutes * 60;
    put->threshold = (uint16_t)threshold;
    put->minimum = (uint32_t)minimum;
    put->silent_checks = (uint32_t)silent;
    api_detail(call, "; %u steps of %lld minutes, stops above %lld per cent", put->step_count, (long long)minutes,
               (long long)threshold);
    return true;
}

void api_rollout_put(struct api_call *call)
{
    struct store_rollout_put put = {.scope = call->scope};
    const json_t *p = body_get(call->body, "properties");
    if (!api_images_take(call, body_get(p, "deployedImages"), put.image, &put.count))
        return;
    if (put.count == 0) {
        api_fail(call, API_INVALID_CONTENT, "\"deployedImages\" needs at least one image");
        return;
    }
    if (!pace_take(call, p, &put))
        return;
    call->conflict = "a rollout of this name exists, or another is under way in the device group, or the group has no "
                     "deployment to go back to";
    api_ask_store(call, STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put, api_finish_row);
}

void api_os_rollout_put(struct api_call *call)
{
    struct store_rollout_put put = {.scope = call->scope};
    const json_t *p = body_get(call->body, "properties");
    if (!body_text(p, "osVersion", &put.version) || !name_valid(NAME_VERSION, put.version)) {
        api_fail(call, API_INVALID_CONTENT, "\"osVersion\" names an OS release: %s", name_rule_text(NAME_VERSION));
        return;
    }
    api_detail(call, "OS %.*s", (int)put.version.len, (const char *)put.version.at);
    if (!pace_take(call, p, &put))
        return;
    call->unnamed = "there is no OS release of this version";
    call->conflict = "a rollout of this name exists, or another is under way for this hardware, or the release is not a "
                     "Trusted one of RetailEval that is newer than what the Retail feed has for its hardware";
    api_ask_store(call, STORE_OP_OS_ROLLOUT_PUT, &store_rollout_put_type, &put, api_finish_row);
}

static void state_change(struct api_call *call, uint16_t operation, uint16_t state)
{
    const struct store_rollout_state put = {.scope = call->scope, .state = state};
    api_detail(call, "to be %s", states[put.state]);
    call->conflict = "the rollout has ended, and stays so";
    api_ask_store(call, operation, &store_rollout_state_type, &put, api_finish_row);
}

void api_rollout_state(struct api_call *call)
{
    state_change(call, STORE_OP_ROLLOUT_STATE,
                 call->handler->route == ROUTE_ID_Rollouts_Pause    ? ROLLOUT_PAUSED
                 : call->handler->route == ROUTE_ID_Rollouts_Resume ? ROLLOUT_ACTIVE
                                                                    : ROLLOUT_ABORTED);
}

void api_os_rollout_state(struct api_call *call)
{
    state_change(call, STORE_OP_OS_ROLLOUT_STATE,
                 call->handler->route == ROUTE_ID_OsRollouts_Pause    ? ROLLOUT_PAUSED
                 : call->handler->route == ROUTE_ID_OsRollouts_Resume ? ROLLOUT_ACTIVE
                                                                      : ROLLOUT_ABORTED);
}
