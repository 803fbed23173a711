/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device ...: commands to the device that is attached to this computer. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/attached.h"
#include "cli/attached_link.h"
#include "cli/file.h"
#include "cli/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/image.h"

static int show(struct peri *peri, int code, json_t *answer)
{
    if (!code)
        code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

/* Answer of one route, as it is. */
static int get(struct peri *peri, const char *path)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", path, NULL, &answer);
    return show(peri, code, answer);
}

/* "<prefix><component id>", of --component-id, which is checked. */
static int component_path(struct peri *peri, const char *prefix, char path[static 128])
{
    const char *id = arg_text(peri, "component-id");
    uint8_t guid[GUID_BYTES];
    if (guid_parse(span_of(id, strlen(id)), guid))
        return fail(PERI_EXIT_USAGE, "'%.60s' is no component id: 8-4-4-4-12 hex digits", id);
    snprintf(path, 128, "%s%s", prefix, id);
    return PERI_EXIT_OK;
}

/* -- the device ------------------------------------------------------------------- */

static int show_attached(struct peri *peri)
{
    static const char *const paths[] = {"/device/security_state", "/device/manufacturing_state",
                                        "/device/capabilities", "/osversion", "/status"};
    json_t *all = json_object();
    int code = all ? PERI_EXIT_OK : PERI_EXIT_ERROR;
    for (size_t i = 0; !code && i < sizeof paths / sizeof paths[0]; i++) {
        json_t *part = NULL;
        code = attached_json(peri, "GET", paths[i], NULL, &part);
        if (!code)
            json_object_update(all, part);
        json_decref(part);
    }
    json_object_del(all, "deviceIdentityPublicKey"); /* the identifier again */
    return show(peri, code, all);
}

static int show_os_version(struct peri *peri) { return get(peri, "/osversion"); }

int attached_restart(struct peri *peri)
{
    int code = attached_json(peri, "POST", "/restart", NULL, NULL);
    if (!code)
        fprintf(stderr, "peri: the device restarts\n");
    return code;
}

static int device_log(struct peri *peri)
{
    char *text;
    int code = attached_call(peri, "GET", "/log", span_of(NULL, 0), "text/plain", &text);
    if (code)
        return code;
    for (const char *at = text; *at; at++) /* an application's words reach a terminal */
        putchar((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t' ? *at : '?');
    free(text);
    return PERI_EXIT_OK;
}

/* -- applications ------------------------------------------------------------------ */

static int app_show_status(struct peri *peri)
{
    char path[128];
    if (!arg_text(peri, "component-id"))
        return get(peri, "/app/status");
    int code = component_path(peri, "/app/status/", path);
    return code ? code : get(peri, path);
}

static int app_trigger(struct peri *peri, const char *trigger)
{
    char path[128];
    json_t *answer = NULL, *body = json_pack("{s:s}", "trigger", trigger);
    int code = component_path(peri, "/app/status/", path);
    if (!code)
        code = attached_json(peri, "PATCH", path, body, &answer);
    json_decref(body);
    return show(peri, code, answer);
}

static int app_start(struct peri *peri) { return app_trigger(peri, "start"); }
static int app_stop(struct peri *peri) { return app_trigger(peri, "stop"); }

static int app_show_quota(struct peri *peri)
{
    char path[128];
    int code = component_path(peri, "/app/quota/", path);
    return code ? code : get(peri, path);
}

/* -- images ------------------------------------------------------------------------ */

/* [{componentId, imageId, type, bytes, underDevelopment}], applications alone unless all. */
static int images_list(struct peri *peri, bool all, json_t **rows)
{
    json_t *answer, *component;
    size_t i;
    *rows = NULL;
    int code = attached_json(peri, "GET", "/images", NULL, &answer);
    if (code)
        return code;
    *rows = json_array();
    json_array_foreach(json_object_get(answer, "components"), i, component) {
        json_t *image = json_array_get(json_object_get(component, "images"), 0);
        json_int_t type = json_integer_value(json_object_get(component, "image_type"));
        if (!all && type != IMAGE_TYPE_APPLICATIONS)
            continue;
        json_array_append_new(
            *rows, json_pack("{s:O?,s:O?,s:s,s:O?,s:O?}", "componentId", json_object_get(component, "uid"), "imageId",
                             json_object_get(image, "uid"), "imageType", image_type_name((uint16_t)type), "bytes",
                             json_object_get(image, "length_in_bytes"), "underDevelopment",
                             json_object_get(component, "under_development")));
    }
    json_decref(answer);
    return PERI_EXIT_OK;
}

static int image_list_installed(struct peri *peri)
{
    json_t *rows;
    int code = images_list(peri, arg_has(peri, "all"), &rows);
    return show(peri, code, rows);
}

static int sideload_deploy(struct peri *peri)
{
    struct span bytes;
    struct image image;
    char *text;
    const char *file = arg_text(peri, "image-package");
    json_t *mode = json_pack("{s:s}", "appControlMode", arg_has(peri, "manual-start") ? "Manual" : "Auto");
    int code = file_read(file, &bytes);
    if (!code) {
        int err = image_parse(bytes, &image);
        if (err || image.meta.type != IMAGE_TYPE_APPLICATIONS)
            code = fail(PERI_EXIT_REFUSED, "'%s' is no application package: %s", file,
                        err ? err_text(err) : image_type_name(image.meta.type));
    }
    if (!code) {
        code = attached_call(peri, "PUT", "/update/stage", bytes, "application/octet-stream", &text);
        if (!code) {
            json_t *answer = json_loads(text, 0, NULL);
            free(text);
            code = attached_json(peri, "POST", "/update/install", mode, NULL);
            if (!code)
                code = output_print(peri, answer);
            json_decref(answer);
        }
    }
    file_release(&bytes);
    json_decref(mode);
    return code;
}

static bool excepted(struct peri *peri, const char *id)
{
    for (size_t i = 0; arg_at(peri, "except-component-ids", i); i++)
        if (strcasecmp(arg_at(peri, "except-component-ids", i), id) == 0)
            return true;
    return false;
}

int attached_development_delete(struct peri *peri, json_t *gone)
{
    char path[128];
    json_t *rows = NULL, *row;
    size_t i;
    int code = images_list(peri, false, &rows);
    json_array_foreach(rows, i, row) {
        const char *id = json_string_value(json_object_get(row, "componentId"));
        if (code || !id || !json_is_true(json_object_get(row, "underDevelopment")) || excepted(peri, id))
            continue;
        snprintf(path, sizeof path, "/app/image/%.40s", id);
        code = attached_json(peri, "DELETE", path, NULL, NULL);
        if (!code)
            json_array_append_new(gone, json_string(id));
    }
    json_decref(rows);
    return code;
}

static int sideload_delete(struct peri *peri)
{
    char path[128];
    json_t *gone = json_array();
    int code;
    if (arg_text(peri, "component-id")) {
        code = component_path(peri, "/app/image/", path);
        if (!code)
            code = attached_json(peri, "DELETE", path, NULL, NULL);
        if (!code)
            json_array_append_new(gone, json_string(arg_text(peri, "component-id")));
    } else {
        code = attached_development_delete(peri, gone);
    }
    json_t *answer = json_pack("{s:o}", "deleted", gone);
    return show(peri, code, answer);
}

/* -- capabilities, life-cycle, network ------------------------------------------------- */

static int capability_show(struct peri *peri) { return get(peri, "/device/capabilities"); }

static int capability_send(struct peri *peri, const char *path)
{
    const char *file = arg_text(peri, "capability-file");
    struct span bytes = {NULL, 0};
    char *text;
    if (!file == !arg_has(peri, "none"))
        return fail(PERI_EXIT_USAGE, "give --capability-file FILE, or --none to remove");
    int code = file ? file_read(file, &bytes) : PERI_EXIT_OK;
    if (!code)
        code = attached_call(peri, file ? "PUT" : "DELETE", path, bytes, "application/octet-stream", &text);
    file_release(&bytes);
    if (code)
        return code;
    json_t *answer = json_loads(text, 0, NULL);
    free(text);
    return show(peri, answer ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "the device answers with something that is no JSON"),
                answer);
}

static int capability_update(struct peri *peri) { return capability_send(peri, "/device/capabilities"); }
static int capability_apply(struct peri *peri) { return capability_send(peri, "/device/capabilities/session"); }

static int manufacturing_show(struct peri *peri) { return get(peri, "/device/manufacturing_state"); }

static int manufacturing_update(struct peri *peri)
{
    json_t *answer = NULL, *body = json_pack("{s:s}", "manufacturingState", arg_text(peri, "manufacturing-state"));
    int code = attached_json(peri, "PUT", "/device/manufacturing_state", body, &answer);
    json_decref(body);
    return show(peri, code, answer);
}

static int network_list_interfaces(struct peri *peri)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", "/net/interfaces", NULL, &answer);
    if (!code)
        code = output_print(peri, json_object_get(answer, "interfaces"));
    json_decref(answer);
    return code;
}

static int network_show_status(struct peri *peri) { return get(peri, "/net/status"); }

/* -- the table ------------------------------------------------------------------------- */

static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
#define COMPONENT(flags) {"component-id", "i", flags, "component id of the application"}
static const struct option_row component[] = {COMPONENT(OPTION_REQUIRED), ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row component_maybe[] = {COMPONENT(OPTION_VALUE), ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row all[] = {
    {"all", NULL, OPTION_SWITCH, "images of the OS as well"}, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row deploy[] = {
    {"image-package", "p", OPTION_REQUIRED, "application package"},
    {"manual-start", "m", OPTION_SWITCH, "do not start it"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row delete[] = {
    COMPONENT(OPTION_VALUE),
    {"except-component-ids", "e", OPTION_LIST, "without --component-id: all that are under development but these"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row capability[] = {
    {"capability-file", NULL, OPTION_VALUE, "capability file (peri device capability download)"},
    {"none", "n", OPTION_SWITCH, "remove instead"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row manufacturing[] = {
    {"manufacturing-state", "s", OPTION_REQUIRED, "Module1Complete or DeviceComplete; there is no way back"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct column image_columns[] = {
    {"Component", "componentId"}, {"Image", "imageId"}, {"Type", "imageType"}, {"Bytes", "bytes"},
    {"Development", "underDevelopment"}, COLUMNS_END};
static const struct column interface_columns[] = {
    {"Interface", "interfaceName"}, {"Up", "interfaceUp"}, {"Connected", "connectedToNetwork"},
    {"Hardware address", "hardwareAddress"}, COLUMNS_END};

const struct verb attached_verbs[] = {
    {"device", "show-attached", show_attached, NULL, "identity, life-cycle state and capabilities of the attached device", plain, NULL, true},
    {"device", "show-os-version", show_os_version, NULL, "OS image of the attached device", plain, NULL, true},
    {"device", "restart", attached_restart, NULL, "restart the attached device", plain, NULL, true},
    {"device", "log", device_log, NULL, "what the applications of the attached device wrote last", plain, NULL, true},
    {"device", "app show-status", app_show_status, NULL, "state of an application, or of all", component_maybe, NULL, true},
    {"device", "app start", app_start, NULL, "start an application", component, NULL, true},
    {"device", "app stop", app_stop, NULL, "stop an application, until it is started or the device is", component, NULL, true},
    {"device", "app show-quota", app_show_quota, NULL, "mutable storage of an application", component, NULL, true},
    {"device", "image list-installed", image_list_installed, NULL, "images of the attached device", all, image_columns, true},
    {"device", "sideload deploy", sideload_deploy, NULL, "put an application on the attached device", deploy, NULL, true},
    {"device", "sideload delete", sideload_delete, NULL, "remove sideloaded applications", delete, NULL, true},
    {"device", "capability show-attached", capability_show, NULL, "capabilities of the attached device", plain, NULL, true},
    {"device", "capability update", capability_update, NULL, "store a capability file on the attached device", capability, NULL, true},
    {"device", "capability apply", capability_apply, NULL, "capabilities until the attached device restarts", capability, NULL, true},
    {"device", "manufacturing-state show", manufacturing_show, NULL, "manufacturing state of the attached device", plain, NULL, true},
    {"device", "manufacturing-state update", manufacturing_update, NULL, "move the manufacturing state forward, for good", manufacturing, NULL, true},
    {"device", "network list-interfaces", network_list_interfaces, NULL, "network interfaces of the attached device", plain, interface_columns, true},
    {"device", "network show-status", network_show_status, NULL, "network status of the attached device", plain, NULL, true},
    VERBS_END,
};
