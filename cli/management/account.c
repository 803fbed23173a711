/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri account ...: subscriptions, with the words and keys of `az account`, where "id" is the
 * subscription's GUID and not the resource id that the API gives.
 */
#include <string.h>
#include <strings.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

/* New reference. */
static json_t *row_of(struct peri *peri, json_t *from)
{
    json_t *id = json_object_get(from, "subscriptionId"), *name = json_object_get(from, "displayName");
    const char *text = json_string_value(id);
    return json_pack("{s:O?,s:O?,s:O?,s:b}", "id", id, "name", name ? name : id, "state", json_object_get(from, "state"),
                     "isDefault", text && strcasecmp(text, peri->profile->subscription) == 0);
}

static int subscriptions(struct peri *peri, json_t **rows)
{
    json_t *all = NULL, *one;
    size_t i;
    *rows = json_array();
    int code = client_list(peri, "GET", "/subscriptions", NULL, &all);
    json_array_foreach(all, i, one)
        json_array_append_new(*rows, row_of(peri, one));
    json_decref(all);
    return code;
}

static int list(struct peri *peri)
{
    json_t *rows;
    int code = subscriptions(peri, &rows);
    if (!code)
        code = output_print(peri, rows);
    json_decref(rows);
    return code;
}

/* The one of the profile, or of --subscription; it need not hold anything yet. */
static int show(struct peri *peri)
{
    json_t *rows, *row, *found = NULL;
    size_t i;
    int code = subscriptions(peri, &rows);
    json_array_foreach(rows, i, row)
        if (json_is_true(json_object_get(row, "isDefault")))
            found = json_incref(row);
    if (!code && !found)
        found = json_pack("{s:s,s:s,s:s,s:b}", "id", peri->profile->subscription, "name", peri->profile->subscription, "state",
                          "Enabled", "isDefault", 1);
    if (!code)
        code = output_print(peri, found);
    json_decref(found);
    json_decref(rows);
    return code;
}

/* What az does with a name or an id, for ids. */
static int set(struct peri *peri)
{
    const char *id = arg_text(peri, "subscription"), *name = arg_text(peri, "name");
    id = id ? id : name;
    if (!id)
        return fail(PERI_EXIT_USAGE, "'peri account set' needs --subscription: subscription id, for the commands to come");
    if (!*id || strlen(id) > 64 || id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")])
        return fail(PERI_EXIT_USAGE, "'%.80s' is no subscription id", id);
    return profile_set(peri->profile, "subscription", id);
}

static const struct option_row set_options[] = {
    {"subscription", "s", OPTION_VALUE, "subscription id, for the commands to come"},
    {"name", "n", OPTION_VALUE, "the same"}, SCOPE_END};
static const struct column columns[] = {
    {"Subscription", "id"}, {"Name", "name"}, {"State", "state"}, {"Default", "isDefault"}, COLUMNS_END};

const struct verb account_verbs[] = {
    {"account", "list", list, NULL, "list subscriptions that have a resource group", NULL, columns, false},
    {"account", "show", show, NULL, "show the profile's subscription", NULL, columns, false},
    {"account", "set", set, NULL, "change the profile's subscription", set_options, NULL, false},
    VERBS_END,
};
