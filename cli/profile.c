/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const settable[] = {"endpoint", "subscription", "resourceGroup", "catalog"};

static int text_get(struct profile *profile, const char *key, bool required, const char **value)
{
    json_t *found = json_object_get(profile->json, key);
    *value = json_string_value(found);
    if ((found && !*value) || (!found && required))
        return fail(PERI_EXIT_ERROR, "%s/profile.json has no text \"%s\"", profile->folder, key);
    return PERI_EXIT_OK;
}

static int file_get(struct profile *profile, const char *key, char path[static 4352], bool secret)
{
    const char *name;
    struct stat st;
    int code = text_get(profile, key, true, &name);
    if (code)
        return code;
    if (name[0] == '/')
        snprintf(path, 4352, "%s", name);
    else
        snprintf(path, 4352, "%s/%.255s", profile->folder, name);
    if (stat(path, &st) != 0)
        return fail(PERI_EXIT_ERROR, "cannot read %s, named in profile.json", path);
    if (secret && st.st_mode & (S_IRWXG | S_IRWXO))
        return fail(PERI_EXIT_ERROR, "%s is open to others: chmod 600 %s", path, path);
    return PERI_EXIT_OK;
}

int profile_load(struct peri *peri, struct profile *profile)
{
    memset(profile, 0, sizeof *profile);
    const char *folder = peri->profile_folder ? peri->profile_folder : getenv("PERI_PROFILE");
    const char *home = getenv("HOME");
    if (folder)
        snprintf(profile->folder, sizeof profile->folder, "%s", folder);
    else
        snprintf(profile->folder, sizeof profile->folder, "%s/.config/perisphere", home ? home : "");

    char path[4352];
    json_error_t error;
    snprintf(path, sizeof path, "%s/profile.json", profile->folder);
    if (access(path, R_OK) != 0)
        return fail(PERI_EXIT_ERROR, "no profile at %s: give --profile or PERI_PROFILE "
                    "(peri service init makes DATA/operator)", path);
    profile->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!profile->json)
        return fail(PERI_EXIT_ERROR, "%s line %d: %s", path, error.line, error.text);
    int code = text_get(profile, "endpoint", true, &profile->endpoint);
    if (!code)
        code = text_get(profile, "subscription", true, &profile->subscription);
    if (!code)
        code = text_get(profile, "resourceGroup", true, &profile->resource_group);
    if (!code)
        code = text_get(profile, "catalog", false, &profile->catalog);
    if (!code)
        code = file_get(profile, "ca", profile->ca, false);
    if (!code)
        code = file_get(profile, "certificate", profile->certificate, false);
    if (!code)
        code = file_get(profile, "key", profile->key, true);
    if (!code && strncmp(profile->endpoint, "https://", 8) != 0)
        code = fail(PERI_EXIT_ERROR, "endpoint is '%s': it must begin with https://", profile->endpoint);
    peri->profile = profile;
    return code;
}

void profile_release(struct profile *profile)
{
    json_decref(profile->json);
    memset(profile, 0, sizeof *profile);
}

int profile_set(struct profile *profile, const char *key, const char *value)
{
    char path[4352], part[4400];
    snprintf(path, sizeof path, "%s/profile.json", profile->folder);
    snprintf(part, sizeof part, "%s.new", path);
    json_object_set_new(profile->json, key, json_string(value));
    if (json_dump_file(profile->json, part, JSON_INDENT(2)) != 0 || rename(part, path) != 0)
        return fail(PERI_EXIT_ERROR, "cannot write %s", path);
    return PERI_EXIT_OK;
}

static int config_set(struct peri *peri)
{
    for (size_t i = 0; i < peri->positional_count; i++) {
        const char *pair = peri->positional[i], *equals = strchr(pair, '=');
        size_t known = sizeof settable / sizeof settable[0], k = 0;
        while (k < known && !(equals && strlen(settable[k]) == (size_t)(equals - pair) &&
                              strncmp(settable[k], pair, (size_t)(equals - pair)) == 0))
            k++;
        if (k == known)
            return fail(PERI_EXIT_USAGE, "'%s' is not KEY=VALUE with endpoint, subscription, "
                        "resourceGroup or catalog", pair);
        int code = profile_set(peri->profile, settable[k], equals + 1);
        if (code)
            return code;
    }
    return PERI_EXIT_OK;
}

static int config_show(struct peri *peri)
{
    return output_print(peri, peri->profile->json);
}

const struct verb config_verbs[] = {
    {"config", "set", config_set, "KEY=VALUE...", "change the profile: catalog, resourceGroup, ...", NULL, NULL, false},
    {"config", "show", config_show, NULL, "show the profile", NULL, NULL, false},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false},
};
