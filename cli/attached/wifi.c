/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri device wifi ...: Wi-Fi networks of the attached device.  A device without Wi-Fi says
 * that it does not know these routes, and so the user is told.
 */
#include <string.h>

#include "cli/attached/attached.h"
#include "cli/attached/link.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum { SSID_MAX = 32, PSK_MIN = 8, PSK_MAX = 63, CONFIG_NAME_MAX = 16, NETWORK_ID_MAX = 10 };

#define NETWORKS "/wifi/config/networks"

static int id_path(struct peri *peri, char path[static 128])
{
    return attached_name_path(NETWORKS "/", "id", arg_text(peri, "id"), NETWORK_ID_MAX, path);
}

static void text_put(json_t *body, const char *member, const char *text)
{
    if (text)
        json_object_set_new(body, member, json_string(text));
}

static int add(struct peri *peri)
{
    const char *ssid = arg_text(peri, "ssid"), *psk = arg_text(peri, "psk"), *name = arg_text(peri, "config-name"),
               *certificate = arg_text(peri, "client-cert-id");
    if (!*ssid || strlen(ssid) > SSID_MAX)
        return fail(PERI_EXIT_USAGE, "--ssid has 1 to %d bytes", SSID_MAX);
    if (psk && certificate)
        return fail(PERI_EXIT_USAGE, "--psk is of one kind of network, --client-cert-id of another");
    if (psk && (strlen(psk) < PSK_MIN || strlen(psk) > PSK_MAX))
        return fail(PERI_EXIT_USAGE, "--psk has %d to %d characters", PSK_MIN, PSK_MAX);
    if (name && (!*name || strlen(name) > CONFIG_NAME_MAX))
        return fail(PERI_EXIT_USAGE, "--config-name has 1 to %d characters", CONFIG_NAME_MAX);
    if (!certificate && (arg_text(peri, "client-id") || arg_text(peri, "root-ca-cert-id")))
        return fail(PERI_EXIT_USAGE, "--client-id and --root-ca-cert-id go with --client-cert-id");
    json_t *answer = NULL, *body = json_pack("{s:s,s:s,s:s,s:b}", "ssid", ssid, "securityState", certificate ? "eaptls" : psk ? "psk" : "open",
                                             "configState", "enabled", "targetedScan", arg_has(peri, "targeted-scan"));
    text_put(body, "psk", psk);
    text_put(body, "configName", name);
    text_put(body, "clientCertStoreIdentifier", certificate);
    text_put(body, "clientIdentity", arg_text(peri, "client-id"));
    text_put(body, "rootCaCertStoreIdentifier", arg_text(peri, "root-ca-cert-id"));
    int code = attached_json(peri, "POST", NETWORKS, body, &answer);
    json_decref(body);
    return attached_show(peri, code, answer);
}

static int list(struct peri *peri) { return attached_get(peri, NETWORKS, "values"); }
static int scan(struct peri *peri) { return attached_get(peri, "/wifi/scan", "values"); }
static int show_status(struct peri *peri) { return attached_get(peri, "/wifi/interface", NULL); }

static int show(struct peri *peri)
{
    char path[128];
    int code = id_path(peri, path);
    return code ? code : attached_get(peri, path, NULL);
}

static int state_set(struct peri *peri, const char *state)
{
    char path[128];
    json_t *answer = NULL, *body = json_pack("{s:s}", "configState", state);
    int code = id_path(peri, path);
    if (!code)
        code = attached_json(peri, "PATCH", path, body, &answer);
    json_decref(body);
    return attached_show(peri, code, answer);
}

static int enable(struct peri *peri) { return state_set(peri, "enabled"); }
static int disable(struct peri *peri) { return state_set(peri, "disabled"); }

static int forget(struct peri *peri)
{
    char path[128];
    int code = id_path(peri, path);
    return code ? code : attached_json(peri, "DELETE", path, NULL, NULL);
}

static int reload_config(struct peri *peri)
{
    json_t *answer = NULL, *body = json_pack("{s:b}", "reloadConfig", 1);
    int code = attached_json(peri, "PATCH", "/wifi/interface", body, &answer);
    json_decref(body);
    return attached_show(peri, code, answer);
}

static const struct option_row plain[] = {ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row one[] = {{"id", "i", OPTION_REQUIRED, "id of the network: peri device wifi list"}, ATTACHED_OPTIONS, SCOPE_END};
static const struct option_row add_options[] = {
    {"ssid", "s", OPTION_REQUIRED, "name of the network"},
    {"psk", "p", OPTION_VALUE, "its WPA2 key; an open network has none"},
    {"config-name", NULL, OPTION_VALUE, "name of this configuration, at most 16 characters"},
    {"targeted-scan", NULL, OPTION_SWITCH, "look for it though it does not announce itself"},
    {"client-cert-id", NULL, OPTION_VALUE, "EAP-TLS: certificate of the device, in its certificate store"},
    {"client-id", NULL, OPTION_VALUE, "EAP-TLS: name for the RADIUS server, as user@domain"},
    {"root-ca-cert-id", NULL, OPTION_VALUE, "EAP-TLS: CA certificate of the RADIUS server, in the certificate store"},
    ATTACHED_OPTIONS, SCOPE_END};
static const struct column columns[] = {
    {"ID", "id"}, {"SSID", "ssid"}, {"Name", "configName"}, {"State", "configState"}, {"Connection", "connectionState"},
    {"Security", "securityState"}, COLUMNS_END};
static const struct column scan_columns[] = {
    {"SSID", "ssid"}, {"BSSID", "bssid"}, {"Frequency", "freq"}, {"Signal", "signal_level"}, {"Security", "securityState"}, COLUMNS_END};

const struct verb attached_wifi_verbs[] = {
    {"device", "wifi add", add, NULL, "add a Wi-Fi network", add_options, columns, true},
    {"device", "wifi list", list, NULL, "list Wi-Fi networks", plain, columns, true},
    {"device", "wifi show", show, NULL, "show a Wi-Fi network", one, columns, true},
    {"device", "wifi enable", enable, NULL, "use a Wi-Fi network", one, columns, true},
    {"device", "wifi disable", disable, NULL, "use a Wi-Fi network no more", one, columns, true},
    {"device", "wifi forget", forget, NULL, "forget a Wi-Fi network", one, NULL, true},
    {"device", "wifi scan", scan, NULL, "Wi-Fi networks that the device sees", plain, scan_columns, true},
    {"device", "wifi show-status", show_status, NULL, "state of the Wi-Fi interface", plain, NULL, true},
    {"device", "wifi reload-config", reload_config, NULL, "take certificates anew from the certificate store", plain, NULL, true},
    VERBS_END,
};
