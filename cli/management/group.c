/* SPDX-License-Identifier: BSD-2-Clause */
/* peri group ...: resource groups, with the words of `az group`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* name NULL: all of the subscription. */
static int path_of(struct peri *peri, const char *name, char path[static PATH_MAX_BYTES])
{
    char id[PATH_MAX_BYTES];
    if (name && strchr(name, '/'))
        return fail(PERI_EXIT_USAGE, "'%s' is not a name: no '/'", name);
    int n = snprintf(id, sizeof id, "/subscriptions/%s/resourceGroups%s%s", peri->profile->subscription,
                     name ? "/" : "", name ? name : "");
    return n < (int)sizeof id ? client_path_of_id(id, path) : fail(PERI_EXIT_USAGE, "the name is too long");
}

static int one(struct peri *peri, const char *method, json_t *body)
{
    char path[PATH_MAX_BYTES];
    int code = path_of(peri, arg_text(peri, "name"), path);
    code = client_show(peri, code, method, path, body);
    json_decref(body);
    return code;
}

/* KEY=VALUE words. */
static int tags_of(struct peri *peri, json_t **tags)
{
    *tags = json_object();
    for (size_t i = 0; arg_at(peri, "tags", i); i++) {
        const char *word = arg_at(peri, "tags", i), *equals = strchr(word, '=');
        if (!equals || equals == word) {
            json_decref(*tags);
            return fail(PERI_EXIT_USAGE, "--tags takes KEY=VALUE, not '%s'", word);
        }
        char key[512];
        if (snprintf(key, sizeof key, "%.*s", (int)(equals - word), word) >= (int)sizeof key ||
            json_object_set_new(*tags, key, json_string(equals + 1)) != 0) {
            json_decref(*tags);
            return fail(PERI_EXIT_USAGE, "the tag '%s' is too long", word);
        }
    }
    return PERI_EXIT_OK;
}

static int create(struct peri *peri)
{
    const char *location = arg_text(peri, "location");
    json_t *tags;
    int code = tags_of(peri, &tags);
    return code ? code : one(peri, "PUT", json_pack("{s:s,s:o}", "location", location ? location : "global", "tags", tags));
}

static int update(struct peri *peri)
{
    json_t *tags;
    int code = tags_of(peri, &tags);
    return code ? code : one(peri, "PATCH", json_pack("{s:o}", "tags", tags));
}

/* As az: an answer, also where there is none; and exit code 0. */
static int exists(struct peri *peri)
{
    char path[PATH_MAX_BYTES], *said = NULL;
    size_t said_len = 0;
    json_t *answer = NULL;
    int code = path_of(peri, arg_text(peri, "name"), path);
    if (code)
        return code;
    FILE *kept = open_memstream(&said, &said_len), *before = kept ? fail_redirect(kept) : NULL;
    code = client_call(peri, "GET", path, NULL, &answer);
    if (kept) {
        fail_redirect(before);
        fclose(kept);
    }
    json_decref(answer);
    if (code && code != PERI_EXIT_NOT_FOUND)
        fputs(said ? said : "", stderr);
    else
        code = output_print(peri, code ? json_false() : json_true());
    free(said);
    return code;
}

static int show(struct peri *peri) { return one(peri, "GET", NULL); }
static int delete(struct peri *peri) { return one(peri, "DELETE", NULL); }

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = path_of(peri, NULL, path);
    return client_show_list(peri, code, "GET", path, NULL);
}

#define NAME {"name", "n", OPTION_REQUIRED, "name of the resource group"}
#define TAGS {"tags", NULL, OPTION_LIST, "KEY=VALUE, any number; replaces those there are"}
static const struct option_row create_options[] = {
    NAME, {"location", "l", OPTION_VALUE, "location (default: global)"}, TAGS, SCOPE_END};
static const struct option_row update_options[] = {NAME, TAGS, SCOPE_END};
static const struct option_row one_options[] = {NAME, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, NAME, SCOPE_END};
static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct column columns[] = {{"Name", "name"}, {"Location", "location"}, COLUMNS_END};

const struct verb group_verbs[] = {
    {"group", "create", create, NULL, "create a resource group", create_options, columns, false},
    {"group", "list", list, NULL, "list resource groups", list_options, columns, false},
    {"group", "show", show, NULL, "show a resource group", one_options, columns, false},
    {"group", "exists", exists, NULL, "is there such a resource group? true or false", one_options, NULL, false},
    {"group", "update", update, NULL, "change a resource group's tags", update_options, columns, false},
    {"group", "delete", delete, NULL, "delete a resource group with its catalogs", delete_options, NULL, false},
    VERBS_END,
};
