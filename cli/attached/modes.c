/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri device enable-development, enable-cloud-test: an attached device in the hands of
 * a developer, and back under the service.  Steps as in the original; a debug server is not
 * put on the device: there is none yet.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/attached/attached.h"
#include "cli/attached/find.h"
#include "cli/attached/link.h"
#include "cli/client/client.h"
#include "cli/management/device.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/base64.h"

/* What is known of the device before anything is changed. */
struct subject {
    char id[ATTACHED_ID_BYTES];
    struct device_place place;
};

/* Where it goes: --product, or the product that it is in; --device-group, or the one of that use. */
static int place_choose(struct peri *peri, struct subject *s, const char *group, const char **to_product, const char **to_group)
{
    int code = device_place(peri, s->id, &s->place);
    *to_product = arg_text(peri, "product") ? arg_text(peri, "product") : s->place.product;
    *to_group = arg_text(peri, "device-group") ? arg_text(peri, "device-group") : group;
    if (!code && strcmp(*to_product, ".default") == 0)
        code = fail(PERI_EXIT_USAGE, "the device is in no product: give --product");
    return code;
}

static int capability_give(struct peri *peri, const struct subject *s)
{
    json_t *types = json_pack("[s]", "ApplicationDevelopment");
    char *base64, *said = NULL;
    int code = device_capability(peri, s->id, s->place.product, s->place.group, types, &base64);
    json_decref(types);
    if (code)
        return code;
    size_t len = strlen(base64);
    uint8_t *bytes = malloc(len + 1);
    struct writer w = writer_of(bytes, len);
    if (!bytes || base64_decode(span_of(base64, len), &w) != 0)
        code = fail(PERI_EXIT_ERROR, "the service's capability file is not base64");
    if (!code)
        code = attached_call(peri, "PUT", "/device/capabilities", writer_view(&w), "application/octet-stream", &said);
    free(said);
    free(bytes);
    free(base64);
    return code;
}

static int done(struct peri *peri, const struct subject *s, const char *product, const char *group, json_t *gone)
{
    json_t *answer = json_pack("{s:s,s:s,s:s,s:O}", "deviceId", s->id, "product", product, "deviceGroup", group, "deleted", gone);
    int code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

/* Without a capability a device that is complete restarts for nobody at its cable; one that the factory still has does. */
static int restart_if_open(struct peri *peri)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", "/device/manufacturing_state", NULL, &answer);
    const char *state = json_string_value(json_object_get(answer, "manufacturingState"));
    const bool complete = state && strcmp(state, "DeviceComplete") == 0;
    json_decref(answer);
    if (code || !complete)
        return code ? code : attached_restart(peri);
    fail(PERI_EXIT_OK, "the device has no capability any more, and restarts for nobody at its cable: it takes its deployment at the next update "
                       "check, or at once when it is switched off and on");
    return PERI_EXIT_OK;
}

/* Who it is and where it goes are known before the first change. */
static int enable(struct peri *peri, const char *standard_group, int (*prepare)(struct peri *, const struct subject *, json_t *),
                  int (*restart)(struct peri *))
{
    struct subject s = {.id = ""};
    const char *product, *group;
    json_t *moved = NULL, *gone = json_array();
    int code = attached_identity(peri, s.id);
    if (!code)
        code = place_choose(peri, &s, standard_group, &product, &group);
    if (!code)
        code = prepare(peri, &s, gone);
    if (!code)
        code = device_move(peri, s.id, product, group, &moved);
    if (!code)
        code = restart(peri);
    if (!code)
        code = done(peri, &s, product, group, gone);
    json_decref(moved);
    json_decref(gone);
    return code;
}

static int development_prepare(struct peri *peri, const struct subject *s, json_t *gone)
{
    (void)gone;
    return capability_give(peri, s);
}

/* Removing an application needs the capability, so that goes last. */
static int cloud_test_prepare(struct peri *peri, const struct subject *s, json_t *gone)
{
    char *said = NULL;
    (void)s;
    int code = attached_development_delete(peri, gone);
    if (!code)
        code = attached_call(peri, "DELETE", "/device/capabilities", span_of(NULL, 0), "application/octet-stream", &said);
    free(said);
    return code;
}

static int enable_development(struct peri *peri) { return enable(peri, "Development", development_prepare, attached_restart); }
static int enable_cloud_test(struct peri *peri) { return enable(peri, "Field Test", cloud_test_prepare, restart_if_open); }

#define PLACE(standard)                                                                  \
    {"product", "p", OPTION_VALUE, "product to move to (default: the one it is in)"},    \
    {"device-group", "dg", OPTION_VALUE, "device group to move to (default: " standard ")"}
static const struct option_row development_options[] = {PLACE("Development"), ATTACHED_OPTIONS, SCOPE_CATALOG, SCOPE_END};
static const struct option_row cloud_test_options[] = {PLACE("Field Test"), ATTACHED_OPTIONS, SCOPE_CATALOG, SCOPE_END};

const struct verb device_mode_verbs[] = {
    {"device", "enable-development", enable_development, NULL,
     "let a developer put applications on the attached device", development_options, NULL, false,
     "Gives it the ApplicationDevelopment capability, moves it to the group Development, restarts it."},
    {"device", "enable-cloud-test", enable_cloud_test, NULL,
     "give the attached device back to the service's deployments", cloud_test_options, NULL, false,
     "Removes sideloaded applications and the capability, moves it to the group Field Test, restarts it unless it is DeviceComplete."},
    VERBS_END,
};
