/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/route.h"

#include <stdio.h>
#include <string.h>

#include "abi/capability.h"

enum { PACKAGE_MAX = 32 << 20 }; /* the monitor has its own, smaller or equal */

const struct route routes[] = {
    {METHOD_GET, "/abi_versions", GATE_NONE, BODY_NONE, device_abi_versions},
    {METHOD_GET, "/status", GATE_NONE, BODY_NONE, device_status},
    {METHOD_GET, "/osversion", GATE_NONE, BODY_NONE, device_os_version},
    {METHOD_GET, "/net/status", GATE_NONE, BODY_NONE, net_status},
    {METHOD_GET, "/device/security_state", GATE_NONE, BODY_NONE, device_security_state},
    {METHOD_GET, "/device/manufacturing_state", GATE_NONE, BODY_NONE, device_manufacturing_state},
    {METHOD_GET, "/device/capabilities", GATE_NONE, BODY_NONE, device_capabilities},
    /* The file is its own right: signed, and for this device. */
    {METHOD_PUT, "/device/capabilities", GATE_NONE, BODY_SMALL, device_capabilities_store},
    {METHOD_PUT, "/device/capabilities/session", GATE_NONE, BODY_SMALL, device_capabilities_apply},
    {METHOD_DELETE, "/device/capabilities", GATE_CAPABILITY, BODY_NONE, device_capabilities_forget},
    {METHOD_DELETE, "/device/capabilities/session", GATE_CAPABILITY, BODY_NONE, device_capabilities_drop},
    {METHOD_PUT, "/device/manufacturing_state", GATE_CAPABILITY, BODY_SMALL, device_manufacturing_set},
    {METHOD_GET, "/app/status", GATE_CAPABILITY, BODY_NONE, app_status_all},
    {METHOD_GET, "/app/status/*", GATE_CAPABILITY, BODY_NONE, app_status},
    {METHOD_PATCH, "/app/status/*", GATE_CAPABILITY, BODY_SMALL, app_control},
    {METHOD_GET, "/app/quota/*", GATE_CAPABILITY, BODY_NONE, app_quota},
    {METHOD_GET, "/stats/memory/groups/applications", GATE_CAPABILITY, BODY_NONE, app_memory},
    {METHOD_DELETE, "/app/image/*", GATE_CAPABILITY, BODY_NONE, app_remove},
    {METHOD_PUT, "/update/stage", GATE_CAPABILITY, BODY_PACKAGE, update_staged},
    {METHOD_POST, "/update/install", GATE_CAPABILITY, BODY_OPTIONAL, update_install},
    {METHOD_GET, "/images", GATE_CAPABILITY, BODY_NONE, update_images},
    {METHOD_GET, "/log", GATE_CAPABILITY, BODY_NONE, log_get},
    {METHOD_GET, "/net/proxy", GATE_CAPABILITY, BODY_NONE, proxy_show},
    {METHOD_POST, "/net/proxy", GATE_CAPABILITY, BODY_SETTINGS, proxy_apply},
    {METHOD_DELETE, "/net/proxy", GATE_CAPABILITY, BODY_NONE, proxy_delete},
    {METHOD_GET, "/certstore/certs", GATE_CAPABILITY, BODY_NONE, certs_list},
    {METHOD_GET, "/certstore/certs/*", GATE_CAPABILITY, BODY_NONE, certs_show},
    {METHOD_POST, "/certstore/certs/*", GATE_CAPABILITY, BODY_CERTIFICATE, certs_add},
    {METHOD_DELETE, "/certstore/certs/*", GATE_CAPABILITY, BODY_NONE, certs_delete},
    {METHOD_GET, "/certstore/space", GATE_CAPABILITY, BODY_NONE, certs_space},
    {METHOD_GET, "/net/interfaces", GATE_CAPABILITY, BODY_NONE, net_interfaces},
    {METHOD_GET, "/net/interfaces/*", GATE_CAPABILITY, BODY_NONE, net_interface},
    {METHOD_POST, "/restart", GATE_CAPABILITY, BODY_OPTIONAL, device_restart},
};
const size_t route_count = sizeof routes / sizeof *routes;

/* The part that stands for '*', or NULL. */
static const char *path_match(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (len < 2 || strcmp(pattern + len - 2, "/*") != 0)
        return strcmp(pattern, path) == 0 ? "" : NULL;
    if (strncmp(pattern, path, len - 1) != 0)
        return NULL;
    const char *rest = path + len - 1;
    return *rest && !strchr(rest, '/') && strlen(rest) < 64 ? rest : NULL;
}

const struct route *route_find(enum request_method method, const char *path, char *argument,
                               uint32_t *error)
{
    *error = REST_INVALID_URI;
    *argument = '\0';
    for (size_t i = 0; i < route_count; i++) {
        const char *rest = path_match(routes[i].path, path);
        if (!rest)
            continue;
        *error = REST_INVALID_METHOD;
        if (routes[i].method != method)
            continue;
        snprintf(argument, 64, "%s", rest);
        *error = 0;
        return &routes[i];
    }
    return NULL;
}

uint32_t gate_check(struct gateway *g, enum gate gate)
{
    uint16_t list[CAPABILITY_SLOTS];
    struct rot_identity identity;
    if (gate == GATE_NONE)
        return 0;
    int err = rot_capabilities(g->rot, list);
    if (err)
        return rest_of_rot(g, err, REST_NOT_AUTHORIZED);
    for (size_t i = 0; i < CAPABILITY_SLOTS; i++)
        if (list[i] == CAPABILITY_APP_DEVELOPMENT || list[i] == CAPABILITY_FIELD_SERVICING)
            return 0;
    err = rot_identity(g->rot, &identity);
    if (err)
        return rest_of_rot(g, err, REST_NOT_AUTHORIZED);
    return identity.lifecycle == LIFECYCLE_BLANK || identity.lifecycle == LIFECYCLE_MODULE1_COMPLETE
               ? 0
               : REST_NOT_AUTHORIZED;
}

static uint32_t body_needed(bool has_length, uint64_t length, uint64_t most)
{
    return !has_length ? REST_LENGTH_EXPECTED : length == 0 ? REST_DATA_EXPECTED : length > most ? REST_TOO_LARGE : 0;
}

uint32_t route_body_check(const struct route *route, bool has_length, uint64_t length)
{
    switch (route->body) {
    case BODY_NONE: return length ? REST_TOO_LARGE : 0;
    case BODY_OPTIONAL: return length > GATEWAY_BODY_MAX ? REST_TOO_LARGE : 0;
    case BODY_SMALL: return body_needed(has_length, length, GATEWAY_BODY_MAX);
    case BODY_SETTINGS: return body_needed(has_length, length, GATEWAY_SETTINGS_MAX);
    case BODY_CERTIFICATE: return body_needed(has_length, length, GATEWAY_CERTIFICATE_MAX);
    case BODY_PACKAGE: return body_needed(has_length, length, PACKAGE_MAX);
    }
    return REST_INTERNAL;
}
