/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device network ...: interfaces, packet filter and proxy of the attached device. */
#include <string.h>

#include "cli/attached/attached.h"
#include "cli/attached/link.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum { INTERFACE_NAME_MAX = 15, PROXY_CREDENTIAL_MAX = 63 };

static int list_interfaces(struct peri *peri) { return attached_get(peri, "/net/interfaces", "interfaces"); }
static int show_status(struct peri *peri) { return attached_get(peri, "/net/status", NULL); }
static int list_firewall_rules(struct peri *peri) { return attached_get(peri, "/net/firewall/rulesets", "rulesets"); }

static int show_diagnostics(struct peri *peri)
{
    char path[128];
    if (!arg_text(peri, "network"))
        return attached_get(peri, "/wifi/diagnostics/networks", "values");
    int code = attached_name_path("/wifi/diagnostics/networks/", "network", arg_text(peri, "network"), 10, path);
    return code ? code : attached_get(peri, path, NULL);
}

/* Takes body. */
static int interface_patch(struct peri *peri, json_t *body)
{
    char path[128];
    json_t *answer = NULL;
    int code = attached_name_path("/net/interfaces/", "interface", arg_text(peri, "interface"), INTERFACE_NAME_MAX, path);
    if (!code)
        code = attached_json(peri, "PATCH", path, body, &answer);
    json_decref(body);
    return attached_show(peri, code, answer);
}

static int enable(struct peri *peri) { return interface_patch(peri, json_pack("{s:b}", "interfaceUp", 1)); }
static int disable(struct peri *peri) { return interface_patch(peri, json_pack("{s:b}", "interfaceUp", 0)); }

static int update_interface(struct peri *peri)
{
    const char *address = arg_text(peri, "hardware-address");
    bool good = strlen(address) == 17;
    for (size_t i = 0; good && i < 17; i++)
        good = i % 3 == 2 ? address[i] == ':' : strchr("0123456789abcdefABCDEF", address[i]) != NULL;
    if (!good)
        return fail(PERI_EXIT_USAGE, "'%.40s' is no hardware address: six pairs of hex digits with ':' between them", address);
    return interface_patch(peri, json_pack("{s:s}", "hardwareAddress", address));
}

/* -- proxy ------------------------------------------------------------------------ */

static int proxy_send(struct peri *peri, json_t *body)
{
    json_t *answer = NULL;
    int code = attached_json(peri, "POST", "/net/proxy", body, &answer);
    json_object_del(answer, "password"); /* a device does not say it; and if one did */
    json_decref(body);
    return attached_show(peri, code, answer);
}

static int proxy_apply(struct peri *peri)
{
    uint32_t port = 0;
    const char *type = arg_text(peri, "authentication"), *user = arg_text(peri, "username"), *password = arg_text(peri, "password");
    bool basic = strcmp(type, "basic") == 0;
    int code = arg_number(peri, "port", 1, 65535, &port);
    if (code)
        return code;
    if (basic != (user && *user && password && *password))
        return fail(PERI_EXIT_USAGE, basic ? "--authentication basic needs --username and --password"
                                           : "--username and --password are for --authentication basic");
    if (basic && (strlen(user) > PROXY_CREDENTIAL_MAX || strlen(password) > PROXY_CREDENTIAL_MAX))
        return fail(PERI_EXIT_USAGE, "--username and --password have at most %d characters", PROXY_CREDENTIAL_MAX);
    json_t *none = json_array();
    for (size_t i = 0; arg_at(peri, "no-proxy-addresses", i); i++)
        json_array_append_new(none, json_string(arg_at(peri, "no-proxy-addresses", i)));
    json_t *body = json_pack("{s:b,s:s,s:i,s:o,s:s}", "enabled", arg_has(peri, "enable"), "address", arg_text(peri, "address"),
                             "port", (int)port, "noProxyAddresses", none, "authenticationType", type);
    if (basic) {
        json_object_set_new(body, "username", json_string(user));
        json_object_set_new(body, "password", json_string(password));
    }
    return proxy_send(peri, body);
}

static int proxy_show(struct peri *peri) { return attached_get(peri, "/net/proxy", NULL); }

static int proxy_switch(struct peri *peri, bool on)
{
    json_t *body = NULL;
    int code = attached_json(peri, "GET", "/net/proxy", NULL, &body);
    if (code)
        return code;
    json_object_set_new(body, "enabled", json_boolean(on));
    return proxy_send(peri, body);
}

static int proxy_enable(struct peri *peri) { return proxy_switch(peri, true); }
static int proxy_disable(struct peri *peri) { return proxy_switch(peri, false); }
static int proxy_delete(struct peri *peri) { return attached_json(peri, "DELETE", "/net/proxy", NULL, NULL); }

#define INTERFACE {"interface", NULL, OPTION_REQUIRED, "name of the interface, as eth0"}
static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row one[] = {INTERFACE, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row update_options[] = {
    INTERFACE, {"hardware-address", NULL, OPTION_REQUIRED, "new hardware address, as 02:00:00:00:00:01"}, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row diagnostics_options[] = {
    {"network", "n", OPTION_VALUE, "id of a Wi-Fi network (default: all)"}, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row apply_options[] = {
    {"address", "a", OPTION_REQUIRED, "name or address of the proxy"},
    {"port", "r", OPTION_REQUIRED, "its port"},
    {"authentication", "t", OPTION_REQUIRED, "anonymous, or basic with --username and --password", CHOICES("anonymous", "basic")},
    {"enable", NULL, OPTION_SWITCH, "use it at once"},
    {"no-proxy-addresses", "n", OPTION_LIST, "names and addresses that are reached without it"},
    {"username", "u", OPTION_VALUE, "name for the proxy"},
    {"password", "p", OPTION_VALUE, "password for the proxy"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct column interface_columns[] = {
    {"Interface", "interfaceName"}, {"Up", "interfaceUp"}, {"Connected", "connectedToNetwork"},
    {"Hardware address", "hardwareAddress"}, COLUMNS_END};

const struct verb attached_network_verbs[] = {
    {"device", "network list-interfaces", list_interfaces, NULL, "network interfaces of the attached device", plain, interface_columns, true},
    {"device", "network show-status", show_status, NULL, "network status of the attached device", plain, NULL, true},
    {"device", "network enable", enable, NULL, "set an interface up", one, NULL, true},
    {"device", "network disable", disable, NULL, "set an interface down", one, NULL, true},
    {"device", "network update-interface", update_interface, NULL, "change an interface's hardware address", update_options, NULL, true},
    {"device", "network list-firewall-rules", list_firewall_rules, NULL, "packet filter of the attached device", plain, NULL, true},
    {"device", "network show-diagnostics", show_diagnostics, NULL, "why Wi-Fi networks do not connect", diagnostics_options, NULL, true},
    {"device", "network proxy apply", proxy_apply, NULL, "set the network proxy", apply_options, NULL, true},
    {"device", "network proxy show", proxy_show, NULL, "show the network proxy", plain, NULL, true},
    {"device", "network proxy enable", proxy_enable, NULL, "use the network proxy", plain, NULL, true},
    {"device", "network proxy disable", proxy_disable, NULL, "use no network proxy", plain, NULL, true},
    {"device", "network proxy delete", proxy_delete, NULL, "forget the network proxy", plain, NULL, true},
    VERBS_END,
};
