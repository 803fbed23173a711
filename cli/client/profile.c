/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/client/origin.h"
#include "cli/client/token.h"
#include "cli/file.h"
#include "cli/verbs.h"

/* Names of settings, and what az config calls them. */
static const struct {
    const char *key, *az;
} settable[] = {
    {"endpoint", NULL}, {"subscription", NULL}, {"resourceGroup", "defaults.group"}, {"catalog", "defaults.sphere.catalog"}};

static int text_get(struct profile *profile, const char *key, bool required, const char **value)
{
    json_t *found = json_object_get(profile->json, key);
    *value = json_string_value(found);
    if ((found && !*value) || (!found && required))
        return fail(PERI_EXIT_ERROR, "'%s/profile.json' has %s \"%s\"", profile->folder,
                    found ? "no text in" : "no", key);
    return PERI_EXIT_OK;
}

/* A file named in profile.json: a path, or a name in the profile's folder. */
static int file_get(struct profile *profile, const char *key, char path[static 4352], bool secret)
{
    const char *name;
    struct stat st;
    int code = text_get(profile, key, true, &name);
    if (code)
        return code;
    if (snprintf(path, 4352, "%s%s%s", name[0] == '/' ? "" : profile->folder, name[0] == '/' ? "" : "/",
                 name) >= 4352)
        return fail(PERI_EXIT_ERROR, "\"%s\" in %s/profile.json is too long", key, profile->folder);
    if (stat(path, &st) != 0 || access(path, R_OK) != 0)
        return fail(PERI_EXIT_ERROR, "cannot read '%s', the \"%s\" of %s/profile.json: %s", path, key,
                    profile->folder, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(PERI_EXIT_ERROR, "'%s', the \"%s\" of %s/profile.json, is not a file", path, key,
                    profile->folder);
    if (secret && st.st_mode & (S_IRWXG | S_IRWXO))
        return fail(PERI_EXIT_ERROR, "'%s' is open to others: chmod 600 %s", path, path);
    return PERI_EXIT_OK;
}

static int endpoint_check(const char *endpoint)
{
    return origin_valid(endpoint)
               ? PERI_EXIT_OK
               : fail(PERI_EXIT_ERROR, "endpoint is '%s': https://HOST:PORT is expected", endpoint);
}

static int folder_find(struct peri *peri, struct profile *profile)
{
    const char *folder = peri->profile_folder ? peri->profile_folder : getenv("PERI_PROFILE");
    const char *home = getenv("HOME");
    int n = folder ? snprintf(profile->folder, sizeof profile->folder, "%s", folder)
                   : snprintf(profile->folder, sizeof profile->folder, "%s/.config/perisphere",
                              home ? home : "");
    return n < (int)sizeof profile->folder ? PERI_EXIT_OK
                                           : fail(PERI_EXIT_ERROR, "the profile's path is too long");
}

int profile_load(struct peri *peri, struct profile *profile)
{
    char path[4352];
    json_error_t error;
    memset(profile, 0, sizeof *profile);
    int code = folder_find(peri, profile);
    if (code)
        return code;
    snprintf(path, sizeof path, "%s/profile.json", profile->folder);
    if (access(path, R_OK) != 0)
        return fail(PERI_EXIT_ERROR, "no profile '%s' (%s): give --profile or PERI_PROFILE; "
                    "peri service init makes DATA/operator", path, strerror(errno));
    profile->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!profile->json)
        return fail(PERI_EXIT_ERROR, "'%s' line %d: %s", path, error.line, error.text);
    if (!json_is_object(profile->json))
        return fail(PERI_EXIT_ERROR, "'%s' is not a JSON object", path);
    code = text_get(profile, "endpoint", true, &profile->endpoint);
    if (!code)
        code = endpoint_check(profile->endpoint);
    if (!code)
        code = text_get(profile, "subscription", true, &profile->subscription);
    if (arg_text(peri, "subscription")) /* of this command alone */
        profile->subscription = arg_text(peri, "subscription");
    if (!code)
        code = text_get(profile, "resourceGroup", true, &profile->resource_group);
    if (!code)
        code = text_get(profile, "catalog", false, &profile->catalog);
    if (!code)
        code = file_get(profile, "ca", profile->ca, false);
    if (!code && token_wanted(profile)) {
        code = token_load(profile);
        peri->profile = profile;
        return code;
    }
    if (!code)
        code = file_get(profile, "certificate", profile->certificate, false);
    if (!code)
        code = file_get(profile, "key", profile->key, true);
    peri->profile = profile;
    return code;
}

void profile_release(struct profile *profile)
{
    token_release(profile);
    json_decref(profile->json);
    memset(profile, 0, sizeof *profile);
}

/* The file keeps its mode. */
static int profile_write(const struct profile *profile)
{
    char path[4352];
    struct stat st;
    snprintf(path, sizeof path, "%s/profile.json", profile->folder);
    char *text = json_dumps(profile->json, JSON_INDENT(2));
    if (!text)
        return fail(PERI_EXIT_ERROR, "out of memory");
    unsigned mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
    int code = file_write(path, span_of(text, strlen(text)), mode);
    free(text);
    return code;
}

int profile_set(struct profile *profile, const char *key, const char *value)
{
    return json_object_set_new(profile->json, key, json_string(value)) == 0 ? profile_write(profile)
                                                                           : fail(PERI_EXIT_ERROR, "out of memory");
}

enum { SETTINGS = sizeof settable / sizeof settable[0] };

/* Number of the setting that the first len characters name, by our name or az's; SETTINGS: none. */
static size_t setting_find(const char *name, size_t len)
{
    size_t k = 0;
    for (; k < SETTINGS; k++) {
        const char *ours = settable[k].key, *az = settable[k].az;
        if ((strlen(ours) == len && memcmp(ours, name, len) == 0) || (az && strlen(az) == len && memcmp(az, name, len) == 0))
            break;
    }
    return k;
}

/* Settings of az itself, which scripts begin with: they change nothing here, and are no mistake. */
static bool is_of_az(const char *name)
{
    static const char *const sections[] = {"core.", "extension.", "logging.", "clients.", "cloud.", "auto-upgrade."};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strncmp(name, sections[i], strlen(sections[i])) == 0)
            return true;
    return false;
}

static void of_az_say(const struct peri *peri, const char *name)
{
    if (!arg_has(peri, "only-show-errors"))
        fail(PERI_EXIT_OK, "'%.*s' is of az, and does nothing here", (int)strcspn(name, "="), name);
}

static int name_refuse(const char *what, const char *name)
{
    return fail(PERI_EXIT_USAGE, "'%s' is not %s endpoint, subscription, resourceGroup or catalog (az's defaults.group and "
                "defaults.sphere.catalog are taken too)", name, what);
}

/* Puts KEY=VALUE into the profile in memory. */
static int pair_set(struct peri *peri, const char *pair)
{
    const char *equals = strchr(pair, '=');
    size_t k = equals ? setting_find(pair, (size_t)(equals - pair)) : SETTINGS;
    if (k == SETTINGS && equals && is_of_az(pair)) {
        of_az_say(peri, pair);
        return PERI_EXIT_OK;
    }
    if (k == SETTINGS)
        return name_refuse("KEY=VALUE with", pair);
    if (!equals[1])
        return fail(PERI_EXIT_USAGE, "'%s' has no value", pair);
    if (strcmp(settable[k].key, "endpoint") == 0 && endpoint_check(equals + 1))
        return PERI_EXIT_USAGE;
    return json_object_set_new(peri->profile->json, settable[k].key, json_string(equals + 1)) == 0
               ? PERI_EXIT_OK
               : fail(PERI_EXIT_ERROR, "out of memory");
}

static int config_set(struct peri *peri)
{
    int code = PERI_EXIT_OK;
    for (size_t i = 0; !code && i < peri->positional_count; i++)
        code = pair_set(peri, peri->positional[i]);
    return code ? code : profile_write(peri->profile);
}

/* What a profile cannot be without stays. */
static int name_unset(struct peri *peri, const char *name)
{
    size_t k = setting_find(name, strlen(name));
    if (k == SETTINGS && is_of_az(name)) {
        of_az_say(peri, name);
        return PERI_EXIT_OK;
    }
    if (k == SETTINGS)
        return name_refuse("one of", name);
    if (strcmp(settable[k].key, "catalog") != 0)
        return fail(PERI_EXIT_USAGE, "'%s' cannot be unset, for a profile has one: config set gives another", name);
    (void)json_object_del(peri->profile->json, settable[k].key);
    return PERI_EXIT_OK;
}

static int config_unset(struct peri *peri)
{
    int code = PERI_EXIT_OK;
    for (size_t i = 0; !code && i < peri->positional_count; i++)
        code = name_unset(peri, peri->positional[i]);
    return code ? code : profile_write(peri->profile);
}

/* {"name", "source", "value"}, as az has it: the name behind its section.  NULL: not set. */
static json_t *setting_show(struct peri *peri, size_t k)
{
    json_t *value = json_object_get(peri->profile->json, settable[k].key);
    const char *az = settable[k].az, *name = az ? strchr(az, '.') + 1 : settable[k].key;
    return value ? json_pack("{s:s,s:o,s:O}", "name", name, "source", json_sprintf("%s/profile.json", peri->profile->folder), "value",
                             value)
                 : NULL;
}

/* The one section of az's that there is. */
static json_t *defaults_show(struct peri *peri)
{
    json_t *rows = json_array();
    for (size_t k = 0; k < SETTINGS; k++) {
        json_t *row = settable[k].az ? setting_show(peri, k) : NULL;
        if (row)
            json_array_append_new(rows, row);
    }
    return rows;
}

static int config_get(struct peri *peri)
{
    const char *name = peri->positional[0];
    json_t *answer;
    if (name) {
        size_t k = setting_find(name, strlen(name));
        answer = strcmp(name, "defaults") == 0 ? defaults_show(peri) : k < SETTINGS ? setting_show(peri, k) : NULL;
        if (!answer)
            return fail(PERI_EXIT_ERROR, "'%s' is not set: peri config show", name);
    } else {
        answer = json_pack("{s:o}", "defaults", defaults_show(peri));
    }
    int code = answer ? output_print(peri, answer) : fail(PERI_EXIT_ERROR, "out of memory");
    json_decref(answer);
    return code;
}

static int config_show(struct peri *peri)
{
    return output_print(peri, peri->profile->json);
}

static const struct column get_columns[] = {{"Name", "name"}, {"Value", "value"}, {"Source", "source"}, {NULL, NULL}};

const struct verb config_verbs[] = {
    {"config", "set", config_set, "KEY=VALUE...", "change the profile: catalog, resourceGroup, subscription, endpoint", NULL, NULL, false,
     "az's names defaults.group and defaults.sphere.catalog are taken. Settings of az itself (core.*, extension.*) are passed over."},
    {"config", "get", config_get, "[KEY]", "show one setting of the profile, or its defaults, as az does", NULL, get_columns, false,
     "Without KEY, az's sections: \"defaults\" is the one that there is; with it as KEY, what is in it."},
    {"config", "unset", config_unset, "KEY...", "take the default catalog out of the profile", NULL, NULL, false},
    {"config", "show", config_show, NULL, "show the profile", NULL, NULL, false},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false},
};
