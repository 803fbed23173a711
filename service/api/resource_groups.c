/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subscriptions, resource groups, resources and providers, in the shape of
 * Microsoft.Resources, as far as its clients and `az` need them to reach catalogs.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "service/api/api.h"

#define SPAN(s) (int)(s).len, (s).len ? (const char *)(s).at : ""

/* -- rows to JSON ---------------------------------------------------------------- */

json_t *render_subscription(struct api_call *call, const void *at)
{
    const struct store_row_subscription *row = at;
    (void)call;
    return json_pack("{s:o,s:o,s:o,s:s}", "id", json_sprintf("/subscriptions/%.*s", SPAN(row->subscription)),
                     "subscriptionId", render_text(row->subscription),
                     "displayName", render_text(row->subscription), "state", "Enabled");
}

static json_t *tags_of(struct span text)
{
    json_t *tags = text.len ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
    return tags ? tags : json_object();
}

json_t *render_resource_group(struct api_call *call, const void *at)
{
    const struct store_row_resource_group *row = at;
    struct span location = row->location.len ? row->location : span_of("global", 6);
    (void)call;
    return json_pack("{s:o,s:o,s:s,s:o,s:o,s:{s:s}}",
                     "id", json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s", SPAN(row->subscription), SPAN(row->name)),
                     "name", render_text(row->name), "type", "Microsoft.Resources/resourceGroups",
                     "location", render_text(location), "tags", tags_of(row->tags),
                     "properties", "provisioningState", "Succeeded");
}

/* A catalog as one resource among others. */
json_t *render_resource(struct api_call *call, const void *at)
{
    const struct store_row_catalog *row = at;
    (void)call;
    return json_pack("{s:o,s:o,s:s,s:s,s:o}",
                     "id", json_sprintf("/subscriptions/%.*s/resourceGroups/%.*s" ROUTE_SPHERE "/catalogs/%.*s",
                                        SPAN(row->subscription), SPAN(row->resource_group), SPAN(row->name)),
                     "name", render_text(row->name), "type", "Microsoft.AzureSphere/catalogs",
                     "location", "global", "tags", tags_of(row->tags));
}

/* -- changes ----------------------------------------------------------------------- */

void api_resource_group_put(struct api_call *call)
{
    char *tags;
    struct store_resource_group_put put = {
        .scope = call->scope,
        .must_exist = route_table[call->handler->route].method == ROUTE_PATCH,
    };
    if (!put.must_exist &&
        (!body_text(call->body, "location", &put.location) || !put.location.len || put.location.len > 64)) {
        api_fail(call, API_INVALID_CONTENT, "\"location\" is required: global, or a name of 64 characters at most");
        return;
    }
    if (!api_tags(call, &tags))
        return;
    put.set_tags = tags != NULL || !put.must_exist;
    put.tags = span_of(tags, tags ? strlen(tags) : 0);
    call->conflict = "the resource group is at another location, and a location never changes";
    api_ask_store(call, STORE_OP_RESOURCE_GROUP_PUT, &store_resource_group_put_type, &put, api_finish_row);
    free(tags);
}

static void deletable(struct api_call *call, struct span payload)
{
    const struct store_query query = {.scope = call->scope};
    (void)payload;
    call->action = 0;
    api_ask_store_later(call, STORE_OP_RESOURCE_GROUP_DELETE, &store_query_type, &query);
}

/* What is not there is said at once; the rest behind the answer. */
void api_resource_group_delete(struct api_call *call)
{
    const struct store_query query = {.scope = call->scope};
    call->action = ACCESS_RESOURCE_GROUPS_READ;
    api_ask_store(call, STORE_OP_RESOURCE_GROUP_GET, &store_query_type, &query, deletable);
}

/* -- providers --------------------------------------------------------------------- */

static const struct provider {
    const char *name, *version;
    const char *types[8];
} providers[] = {
    {"Microsoft.AzureSphere", QUERY_API_VERSION,
     {"catalogs", "catalogs/certificates", "catalogs/images", "catalogs/products", "catalogs/products/deviceGroups",
      "catalogs/products/deviceGroups/deployments", "catalogs/products/deviceGroups/devices"}},
    {"Microsoft.Authorization", QUERY_API_VERSION, {"roleAssignments", "roleDefinitions"}},
    {"Microsoft.Resources", QUERY_API_VERSION, {"subscriptions", "resourceGroups"}},
};

static json_t *types_of(const struct provider *provider)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < 8 && provider->types[i]; i++)
        if (json_array_append_new(all, json_pack("{s:s,s:[s],s:[s],s:s}", "resourceType", provider->types[i],
                                                 "locations", "global", "apiVersions", provider->version,
                                                 "defaultApiVersion", provider->version)) != 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

static json_t *provider_json(const struct api_call *call, const struct provider *provider)
{
    return json_pack("{s:o,s:s,s:s,s:s,s:o}",
                     "id", json_sprintf("%s%.*s/providers/%s", call->scope.subscription.len ? "/subscriptions/" : "",
                                        SPAN(call->scope.subscription), provider->name),
                     "namespace", provider->name, "registrationState", "Registered",
                     "registrationPolicy", "RegistrationFree", "resourceTypes", types_of(provider));
}

void api_providers_list(struct api_call *call)
{
    json_t *value = json_array();
    for (size_t i = 0; value && i < sizeof providers / sizeof providers[0]; i++)
        if (json_array_append_new(value, provider_json(call, &providers[i])) != 0) {
            json_decref(value);
            value = NULL;
        }
    api_answer(call, 200, value ? json_pack("{s:o}", "value", value) : NULL);
}

void api_provider(struct api_call *call)
{
    struct span name = call->scope.name;
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (strlen(providers[i].name) == name.len &&
            strncasecmp(providers[i].name, (const char *)name.at, name.len) == 0) {
            api_answer(call, 200, provider_json(call, &providers[i]));
            return;
        }
    api_fail(call, API_NOT_FOUND, "there is no provider of this name: GET .../providers lists those there are");
}
