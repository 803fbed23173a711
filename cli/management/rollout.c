/* SPDX-License-Identifier: BSD-2-Clause */
/* peri rollout ...: images to a device group, step by step.  peri os-rollout ...: an OS release to the Retail feed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/client/client.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"

static int path_of(struct peri *peri, const char *name, const char *verb, char path[static PATH_MAX_BYTES])
{
    return client_path(peri, path, "products", arg_text(peri, "product"), "deviceGroups",
                       arg_text(peri, "device-group"), "providers", "Perisphere", "rollouts", name, verb, NULL);
}

static int images_of(struct peri *peri, json_t *properties)
{
    uint8_t guid[GUID_BYTES];
    json_t *images = json_array();
    for (size_t i = 0; arg_at(peri, "images", i); i++) {
        const char *id = arg_at(peri, "images", i);
        if (guid_parse(span_of(id, strlen(id)), guid) != 0) {
            json_decref(images);
            return fail(PERI_EXIT_USAGE, "'%s' is no image id: peri image list shows them", id);
        }
        json_array_append_new(images, json_pack("{s:{s:s}}", "properties", "imageId", id));
    }
    return json_object_set_new(properties, "deployedImages", images) == 0
               ? PERI_EXIT_OK
               : fail(PERI_EXIT_ERROR, "out of memory");
}

static int steps_of(struct peri *peri, json_t *properties)
{
    json_t *steps = json_array();
    for (size_t i = 0; arg_at(peri, "steps", i); i++) {
        char *end;
        const char *word = arg_at(peri, "steps", i);
        unsigned long of = strtoul(word, &end, 10);
        if (*end || end == word || of < 1 || of > 100) {
            json_decref(steps);
            return fail(PERI_EXIT_USAGE, "--steps takes percentages from 1 to 100, not '%s'", word);
        }
        json_array_append_new(steps, json_integer((json_int_t)of));
    }
    int bad = json_array_size(steps) ? json_object_set(properties, "steps", steps) : 0;
    json_decref(steps);
    return bad ? fail(PERI_EXIT_ERROR, "out of memory") : PERI_EXIT_OK;
}

static int os_path_of(struct peri *peri, const char *name, const char *verb, char path[static PATH_MAX_BYTES])
{
    (void)peri;
    return client_our_path(path, "osRollouts", name, verb, NULL);
}

typedef int path_write(struct peri *peri, const char *name, const char *verb, char path[static PATH_MAX_BYTES]);

/* Steps and limits, which are the same for both. */
static int pace_of(struct peri *peri, json_t *properties)
{
    static const struct {
        const char *option, *member;
        uint32_t min, max;
    } numbers[] = {{"step-minutes", "stepMinutes", 0, 86400},
                   {"stop-threshold", "stopThresholdPercent", 0, 100},
                   {"minimum-devices", "minimumDevices", 1, 1000000},
                   {"silent-checks", "silentChecks", 0, 1000}};
    int code = steps_of(peri, properties);
    for (size_t i = 0; !code && i < sizeof numbers / sizeof numbers[0]; i++) {
        uint32_t value = 0;
        code = arg_number(peri, numbers[i].option, numbers[i].min, numbers[i].max, &value);
        if (!code && arg_text(peri, numbers[i].option))
            json_object_set_new(properties, numbers[i].member, json_integer((json_int_t)value));
    }
    return code;
}

/* Takes properties. */
static int put(struct peri *peri, int code, path_write *write, json_t *properties)
{
    char path[PATH_MAX_BYTES], name[GUID_TEXT_BYTES];
    uint8_t guid[GUID_BYTES];
    if (!code)
        code = pace_of(peri, properties);
    if (!code && getrandom(guid, sizeof guid, 0) != sizeof guid)
        code = fail(PERI_EXIT_ERROR, "no random numbers");
    json_t *body = json_pack("{s:o}", "properties", properties);
    if (!code) {
        guid_from_random(guid);
        guid_format(guid, name);
        code = write(peri, name, NULL, path);
    }
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

static int create(struct peri *peri)
{
    json_t *properties = json_object();
    int code = images_of(peri, properties);
    return put(peri, code, path_of, properties);
}

static int os_create(struct peri *peri)
{
    return put(peri, PERI_EXIT_OK, os_path_of, json_pack("{s:s}", "osVersion", arg_text(peri, "os-version")));
}

static int all(struct peri *peri, path_write *write)
{
    char path[PATH_MAX_BYTES];
    int code = write(peri, NULL, NULL, path);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int one(struct peri *peri, path_write *write, const char *method, const char *verb)
{
    char path[PATH_MAX_BYTES];
    int code = write(peri, arg_text(peri, "rollout"), verb, path);
    return client_show(peri, code, method, path, NULL);
}

static int list(struct peri *peri) { return all(peri, path_of); }
static int show(struct peri *peri) { return one(peri, path_of, "GET", NULL); }
static int pause_(struct peri *peri) { return one(peri, path_of, "POST", "pause"); }
static int resume(struct peri *peri) { return one(peri, path_of, "POST", "resume"); }
static int abort_(struct peri *peri) { return one(peri, path_of, "POST", "abort"); }
static int os_list(struct peri *peri) { return all(peri, os_path_of); }
static int os_show(struct peri *peri) { return one(peri, os_path_of, "GET", NULL); }
static int os_pause(struct peri *peri) { return one(peri, os_path_of, "POST", "pause"); }
static int os_resume(struct peri *peri) { return one(peri, os_path_of, "POST", "resume"); }
static int os_abort(struct peri *peri) { return one(peri, os_path_of, "POST", "abort"); }

#define PACE                                                                                                  \
    {"steps", NULL, OPTION_LIST, "per cent of the devices at each step, the last one 100 (default: 1 10 50 100)"}, \
        {"step-minutes", NULL, OPTION_VALUE, "how long a step lasts at least (default: 1440)"},                \
        {"stop-threshold", NULL, OPTION_VALUE,                                                                 \
         "per cent of failed devices beyond which it stops by itself (default: 5)"},                           \
        {"minimum-devices", NULL, OPTION_VALUE, "devices that it was offered to before it is judged (default: 1)"}, \
        {"silent-checks", NULL, OPTION_VALUE,                                                                  \
         "update checks that a device may miss before it counts as failed, 0: any number (default: 3)"}
#define ROLLOUT {"rollout", NULL, OPTION_REQUIRED, "name of the rollout, a GUID"}
#define COUNTS                                                                              \
    {"State", "properties.state"}, {"Percent", "properties.percent"},                       \
        {"Offered", "properties.devicesOffered"}, {"Updated", "properties.devicesUpdated"}, \
        {"Failed", "properties.devicesFailed"}, {"Silent", "properties.devicesSilent"}, \
        {"Reason", "properties.reason"}

static const struct option_row create_options[] = {
    SCOPE_PRODUCT, SCOPE_GROUP, {"images", "i", OPTION_LIST | OPTION_REQUIRED, "images of the new set, all of it"},
    PACE, SCOPE_CATALOG, SCOPE_END};
static const struct option_row list_options[] = {SCOPE_PRODUCT, SCOPE_GROUP, SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row one_options[] = {SCOPE_PRODUCT, SCOPE_GROUP, ROLLOUT, SCOPE_CATALOG, SCOPE_END};
static const struct option_row os_create_options[] = {
    {"os-version", "v", OPTION_REQUIRED, "release of the RetailEval feed"}, PACE, SCOPE_END};
static const struct option_row os_list_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct option_row os_one_options[] = {ROLLOUT, SCOPE_END};
static const struct column columns[] = {{"Rollout", "name"}, COUNTS, COLUMNS_END};
static const struct column os_columns[] = {{"Rollout", "name"}, {"Version", "properties.osVersion"}, COUNTS, COLUMNS_END};

const struct verb rollout_verbs[] = {
    {"rollout", "create", create, NULL, "roll images out to a device group, step by step", create_options, columns, false},
    {"rollout", "list", list, NULL, "list rollouts of a device group", list_options, columns, false},
    {"rollout", "show", show, NULL, "show a rollout", one_options, columns, false},
    {"rollout", "pause", pause_, NULL, "take no further step", one_options, columns, false},
    {"rollout", "resume", resume, NULL, "go on after a pause", one_options, columns, false},
    {"rollout", "abort", abort_, NULL, "end a rollout: all devices go back to the deployment", one_options, columns, false},
    VERBS_END,
};

const struct verb os_rollout_verbs[] = {
    {"os-rollout", "create", os_create, NULL, "bring an OS release from RetailEval to Retail, step by step", os_create_options, os_columns, false},
    {"os-rollout", "list", os_list, NULL, "list rollouts of OS releases", os_list_options, os_columns, false},
    {"os-rollout", "show", os_show, NULL, "show a rollout of an OS release", os_one_options, os_columns, false},
    {"os-rollout", "pause", os_pause, NULL, "take no further step", os_one_options, os_columns, false},
    {"os-rollout", "resume", os_resume, NULL, "go on after a pause", os_one_options, os_columns, false},
    {"os-rollout", "abort", os_abort, NULL, "end a rollout: all devices go back to the feed's release", os_one_options, os_columns, false},
    VERBS_END,
};
