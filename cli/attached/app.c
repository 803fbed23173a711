/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device app ...: applications of the device that is attached to this computer. */
#include <string.h>

#include "cli/attached/attached.h"
#include "cli/attached/link.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* [{componentId, state}] of all. */
static int apps_list(struct peri *peri, json_t **rows)
{
    json_t *answer = NULL;
    *rows = NULL;
    int code = attached_json(peri, "GET", "/app/status", NULL, &answer);
    json_t *apps = json_object_get(answer, "apps");
    if (!code && !json_is_array(apps))
        code = fail(PERI_EXIT_ERROR, "the device's answer has no applications");
    if (!code)
        *rows = json_incref(apps);
    json_decref(answer);
    return code;
}

/* The answer of one route about a component, with its id in front: a new reference. */
static int one_ask(struct peri *peri, const char *method, const char *prefix, const char *id, json_t *body, json_t **row)
{
    char path[128];
    json_t *answer = NULL;
    *row = NULL;
    snprintf(path, sizeof path, "%s%.40s", prefix, id);
    int code = attached_json(peri, method, path, body, &answer);
    if (!code) {
        *row = json_pack("{s:s}", "componentId", id);
        json_object_update(*row, answer);
    }
    json_decref(answer);
    return code;
}

/* The same of --component-id, or of all as a list. */
static int each_ask(struct peri *peri, const char *method, const char *prefix, json_t *body)
{
    char checked[128];
    const char *id = arg_text(peri, "component-id");
    json_t *rows = NULL, *app, *row = NULL;
    size_t i;
    int code;
    if (id) {
        code = attached_component_path(peri, prefix, checked);
        if (!code)
            code = one_ask(peri, method, prefix, id, body, &row);
        return attached_show(peri, code, row);
    }
    json_t *all = json_array();
    code = apps_list(peri, &rows);
    json_array_foreach(rows, i, app) {
        const char *component = json_string_value(json_object_get(app, "componentId"));
        if (code || !component)
            continue;
        code = one_ask(peri, method, prefix, component, body, &row);
        if (row)
            json_array_append_new(all, row);
    }
    json_decref(rows);
    return attached_show(peri, code, all);
}

static int show_status(struct peri *peri)
{
    json_t *rows;
    if (arg_text(peri, "component-id"))
        return each_ask(peri, "GET", "/app/status/", NULL);
    int code = apps_list(peri, &rows);
    return attached_show(peri, code, rows);
}

static int trigger(struct peri *peri, const char *what)
{
    json_t *body = json_pack("{s:s}", "trigger", what);
    int code = each_ask(peri, "PATCH", "/app/status/", body);
    json_decref(body);
    return code;
}

static int start(struct peri *peri)
{
    bool debug = arg_has(peri, "debug-mode");
    if (debug && !arg_text(peri, "component-id"))
        return fail(PERI_EXIT_USAGE, "--debug-mode needs --component-id: one application is debugged");
    return trigger(peri, debug ? "startDebug" : "start");
}

static int stop(struct peri *peri) { return trigger(peri, "stop"); }
static int show_quota(struct peri *peri) { return each_ask(peri, "GET", "/app/quota/", NULL); }
static int show_memory_stats(struct peri *peri) { return attached_get(peri, "/stats/memory/groups/applications", NULL); }

static const struct option_row component[] = {
    COMPONENT_OPTION(OPTION_VALUE, " (default: all)"), ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row start_options[] = {
    COMPONENT_OPTION(OPTION_VALUE, " (default: all)"),
    {"debug-mode", NULL, OPTION_SWITCH, "under a debugger, where the device has a debug server"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
static const struct column state_columns[] = {{"Component", "componentId"}, {"State", "state"}, COLUMNS_END};
static const struct column quota_columns[] = {
    {"Component", "componentId"}, {"Used KB", "UsageKB"}, {"Limit KB", "LimitKB"}, COLUMNS_END};

const struct verb attached_app_verbs[] = {
    {"device", "app show-status", show_status, NULL, "state of an application, or of all", component, state_columns, true},
    {"device", "app start", start, NULL, "start an application, or all", start_options, state_columns, true},
    {"device", "app stop", stop, NULL, "stop applications, until they are started or the device is", component, state_columns, true},
    {"device", "app show-quota", show_quota, NULL, "mutable storage of an application, or of all", component, quota_columns, true},
    {"device", "app show-memory-stats", show_memory_stats, NULL, "memory that applications use", plain, NULL, true},
    VERBS_END,
};
