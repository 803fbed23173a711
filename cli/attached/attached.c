/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device ...: commands to the device that is attached to this computer. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "abi/capability.h"
#include "cli/attached/attached.h"
#include "cli/attached/find.h"
#include "cli/attached/link.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"
#include "lib/image.h"

int attached_show(struct peri *peri, int code, json_t *answer)
{
    if (!code)
        code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

int attached_get(struct peri *peri, const char *path, const char *member)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", path, NULL, &answer);
    if (!code && member && !json_object_get(answer, member))
        code = fail(PERI_EXIT_ERROR, "the device's answer has no \"%s\"", member);
    if (!code)
        code = output_print(peri, member ? json_object_get(answer, member) : answer);
    json_decref(answer);
    return code;
}

int attached_component_path(struct peri *peri, const char *prefix, char path[static 128])
{
    const char *id = arg_text(peri, "component-id");
    uint8_t guid[GUID_BYTES];
    if (guid_parse(span_of(id, strlen(id)), guid))
        return fail(PERI_EXIT_USAGE, "'%.60s' is no component id: 8-4-4-4-12 hex digits", id);
    snprintf(path, 128, "%s%s", prefix, id);
    return PERI_EXIT_OK;
}

int attached_name_path(const char *prefix, const char *option, const char *name, size_t max, char path[static 128])
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (!*name || strlen(name) > max || name[strspn(name, allowed)] || *name == '.')
        return fail(PERI_EXIT_USAGE, "--%s is '%.60s': 1 to %zu letters, digits, '.', '_' and '-' are expected", option, name, max);
    snprintf(path, 128, "%s%s", prefix, name);
    return PERI_EXIT_OK;
}

/* -- the device ------------------------------------------------------------------- */

static int show_attached(struct peri *peri)
{
    static const char *const paths[] = {"/device/security_state", "/device/manufacturing_state",
                                        "/device/capabilities", "/osversion", "/status"};
    char address[KNOWN_ADDRESS_BYTES];
    int code = attached_address(peri, address);
    json_t *all = code ? NULL : json_pack("{s:s,s:b}", "ipAddress", address, "isResponsive", 1);
    for (size_t i = 0; !code && i < sizeof paths / sizeof paths[0]; i++) {
        json_t *part = NULL;
        code = attached_json(peri, "GET", paths[i], NULL, &part);
        if (!code)
            json_object_update(all, part);
        json_decref(part);
    }
    json_object_del(all, "deviceIdentityPublicKey"); /* the identifier again */
    return attached_show(peri, code, all);
}

static int show_os_version(struct peri *peri) { return attached_get(peri, "/osversion", NULL); }

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
    return attached_show(peri, code, rows);
}

/* -- how long a deployment may take ------------------------------------------------ */

enum { DEPLOYMENT_TIMEOUT_MAX_S = 3600 };
#define DEPLOYMENT_TIMEOUT_FILE "deployment-timeout"

/* *seconds stays as it is when none was set. */
static int timeout_read(struct peri *peri, unsigned *seconds)
{
    char path[4096];
    struct span bytes;
    unsigned set = 0;
    int code = known_file(peri, DEPLOYMENT_TIMEOUT_FILE, path);
    if (code || access(path, F_OK) != 0)
        return code;
    code = file_read(path, &bytes);
    for (size_t i = 0; !code && i < bytes.len && bytes.at[i] >= '0' && bytes.at[i] <= '9' && set <= DEPLOYMENT_TIMEOUT_MAX_S; i++)
        set = set * 10 + (unsigned)(bytes.at[i] - '0');
    if (!code && (set == 0 || set > DEPLOYMENT_TIMEOUT_MAX_S))
        code = fail(PERI_EXIT_ERROR, "'%s' holds no number of seconds: peri device sideload set-deployment-timeout mends it", path);
    if (!code)
        *seconds = set;
    file_release(&bytes);
    return code;
}

static int timeout_set(struct peri *peri)
{
    char path[4096], text[16];
    uint32_t seconds = 0;
    int code = arg_number(peri, "value", 1, DEPLOYMENT_TIMEOUT_MAX_S, &seconds);
    if (!code)
        code = known_file(peri, DEPLOYMENT_TIMEOUT_FILE, path);
    if (code)
        return code;
    int n = snprintf(text, sizeof text, "%u\n", seconds);
    return file_write(path, span_of(text, (size_t)n), 0644);
}

static int timeout_show(struct peri *peri)
{
    unsigned seconds = ATTACHED_TIMEOUT_S;
    int code = timeout_read(peri, &seconds);
    return attached_show(peri, code, json_integer((json_int_t)seconds));
}

/* -- sideloading ------------------------------------------------------------------- */

static int sideload_deploy(struct peri *peri)
{
    struct span bytes;
    struct image image;
    char *text;
    const char *file = arg_text(peri, "image-package");
    json_t *mode = json_pack("{s:s}", "appControlMode", arg_has(peri, "manual-start") ? "Manual" : "Auto");
    int code = timeout_read(peri, &peri->device_timeout_s);
    if (code) {
        json_decref(mode);
        return code;
    }
    code = file_read(file, &bytes);
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
        code = attached_component_path(peri, "/app/image/", path);
        if (!code)
            code = attached_json(peri, "DELETE", path, NULL, NULL);
        if (!code)
            json_array_append_new(gone, json_string(arg_text(peri, "component-id")));
    } else {
        code = attached_development_delete(peri, gone);
    }
    json_t *answer = json_pack("{s:o}", "deleted", gone);
    return attached_show(peri, code, answer);
}

/* -- capabilities, life-cycle ------------------------------------------------- */

/* Their names, as az has them; a number that has none stays. */
static int capabilities_print(struct peri *peri, json_t *answer)
{
    static const struct {
        json_int_t number;
        const char *name;
    } names[] = {
#define CAPABILITY_ROW(name, number, text) {number, text},
        CAPABILITY_TABLE(CAPABILITY_ROW)
#undef CAPABILITY_ROW
    };
    json_t *list = json_object_get(answer, "device_capabilities"), *number, *out = json_array();
    size_t i;
    if (!json_is_array(list)) {
        json_decref(out);
        return fail(PERI_EXIT_ERROR, "the device's answer has no capabilities");
    }
    json_array_foreach(list, i, number) {
        const char *name = NULL;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            if (json_is_integer(number) && json_integer_value(number) == names[n].number)
                name = names[n].name;
        json_array_append_new(out, name ? json_string(name) : json_incref(number));
    }
    return attached_show(peri, PERI_EXIT_OK, out);
}

static int capability_show(struct peri *peri)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", "/device/capabilities", NULL, &answer);
    if (!code)
        code = capabilities_print(peri, answer);
    json_decref(answer);
    return code;
}

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
    code = answer ? capabilities_print(peri, answer)
                  : fail(PERI_EXIT_ERROR, "the device answers with something that is no JSON");
    json_decref(answer);
    return code;
}

static int capability_update(struct peri *peri) { return capability_send(peri, "/device/capabilities"); }
static int capability_apply(struct peri *peri) { return capability_send(peri, "/device/capabilities/session"); }

static int manufacturing_show(struct peri *peri) { return attached_get(peri, "/device/manufacturing_state", NULL); }

static int manufacturing_update(struct peri *peri)
{
    json_t *answer = NULL, *body = json_pack("{s:s}", "manufacturingState", arg_text(peri, "state"));
    int code = attached_json(peri, "PUT", "/device/manufacturing_state", body, &answer);
    json_decref(body);
    return attached_show(peri, code, answer);
}

/* -- the table ------------------------------------------------------------------------- */

static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row all[] = {
    {"all", NULL, OPTION_SWITCH, "images of the OS as well"}, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row deploy[] = {
    {"image-package", "p", OPTION_REQUIRED, "application package"},
    {"manual-start", "m", OPTION_SWITCH, "do not start it"},
    {"force", NULL, OPTION_SWITCH, "taken for az's sake: no application needs it here"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row delete[] = {
    COMPONENT_OPTION(OPTION_VALUE, " (default: all that are under development)"),
    {"except-component-ids", "e", OPTION_LIST, "without --component-id: all that are under development but these"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row capability[] = {
    {"capability-file", NULL, OPTION_VALUE, "capability file (peri device capability download)"},
    {"none", "n", OPTION_SWITCH, "remove instead"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row timeout[] = {
    {"value", "v", OPTION_REQUIRED, "seconds, 1 to 3600"}, SCOPE_END};
static const struct option_row manufacturing[] = {
    {"state", "s", OPTION_REQUIRED, "Module1Complete or DeviceComplete; there is no way back",
     CHOICES("Module1Complete", "DeviceComplete")},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct column os_columns[] = {{"OS image", "osversion"}, COLUMNS_END};
static const struct column image_columns[] = {
    {"Component", "componentId"}, {"Image", "imageId"}, {"Type", "imageType"}, {"Bytes", "bytes"},
    {"Development", "underDevelopment"}, COLUMNS_END};

const struct verb attached_verbs[] = {
    {"device", "show-attached", show_attached, NULL, "identity, life-cycle state and capabilities of the attached device", plain, NULL, true},
    {"device", "show-os-version", show_os_version, NULL, "OS image of the attached device", plain, os_columns, true},
    {"device", "restart", attached_restart, NULL, "restart the attached device", plain, NULL, true},
    {"device", "log", device_log, NULL, "what the applications of the attached device wrote last", plain, NULL, true},
    {"device", "image list-installed", image_list_installed, NULL, "images of the attached device", all, image_columns, true},
    {"device", "sideload deploy", sideload_deploy, NULL, "put an application on the attached device", deploy, NULL, true},
    {"device", "sideload delete", sideload_delete, NULL, "remove sideloaded applications", delete, NULL, true},
    {"device", "sideload set-deployment-timeout", timeout_set, NULL, "set how long a request of a deployment may take", timeout, NULL, true},
    {"device", "sideload show-deployment-timeout", timeout_show, NULL, "seconds that a request of a deployment may take", NULL, NULL, true},
    {"device", "capability show-attached", capability_show, NULL, "capabilities of the attached device", plain, NULL, true},
    {"device", "capability update", capability_update, NULL, "store a capability file on the attached device", capability, NULL, true},
    {"device", "capability apply", capability_apply, NULL, "capabilities until the attached device restarts", capability, NULL, true},
    {"device", "manufacturing-state show", manufacturing_show, NULL, "manufacturing state of the attached device", plain, NULL, true},
    {"device", "manufacturing-state update", manufacturing_update, NULL, "move the manufacturing state forward, for good", manufacturing, NULL, true},
    VERBS_END,
};
