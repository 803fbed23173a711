/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/origin.h"
#include "cli/token.h"
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

/* Is it what stands before the '='? */
static bool name_is(const char *name, const char *pair, const char *equals)
{
    return name && strlen(name) == (size_t)(equals - pair) && strncmp(name, pair, strlen(name)) == 0;
}

/* Puts KEY=VALUE into the profile in memory. */
static int pair_set(struct profile *profile, const char *pair)
{
    const char *equals = strchr(pair, '=');
    for (size_t k = 0; equals && k < sizeof settable / sizeof settable[0]; k++) {
        const char *key = settable[k].key, *value = equals + 1;
        if (!name_is(key, pair, equals) && !name_is(settable[k].az, pair, equals))
            continue;
        if (!*value)
            return fail(PERI_EXIT_USAGE, "'%s' has no value", pair);
        if (strcmp(key, "endpoint") == 0 && endpoint_check(value))
            return PERI_EXIT_USAGE;
        return json_object_set_new(profile->json, key, json_string(value)) == 0
                   ? PERI_EXIT_OK
                   : fail(PERI_EXIT_ERROR, "out of memory");
    }
    return fail(PERI_EXIT_USAGE, "'%s' is not KEY=VALUE with endpoint, subscription, resourceGroup "
                "or catalog (az's defaults.group and defaults.sphere.catalog are taken too)", pair);
}

static int config_set(struct peri *peri)
{
    int code = PERI_EXIT_OK;
    for (size_t i = 0; !code && i < peri->positional_count; i++)
        code = pair_set(peri->profile, peri->positional[i]);
    return code ? code : profile_write(peri->profile);
}

static int config_show(struct peri *peri)
{
    return output_print(peri, peri->profile->json);
}

const struct verb config_verbs[] = {
    {"config", "set", config_set, "KEY=VALUE...", "change the profile: catalog, resourceGroup, subscription, endpoint", NULL, NULL, false},
    {"config", "show", config_show, NULL, "show the profile", NULL, NULL, false},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false},
};
