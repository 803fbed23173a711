/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Azure's clients ask before they ask for anything: where this cloud's endpoints are
 * (of anybody, before it has a token), which directories and locations there are.
 * Source: docs/spec/management-api.md, "Clients of Azure".
 */
#include <string.h>

#include "service/api/api.h"

/* Up to here one cloud, as an object; since then a list of clouds. */
static const char last_of_one[] = "2019-04-30";

/* No graph of users is here; clients that want one are sent to the service, which says so. */
void api_metadata_endpoints(struct api_call *call)
{
    const char *base = call->api->base_url;
    const char *login = call->api->login_url ? call->api->login_url : base;
    const char *audience = call->api->audience ? call->api->audience : base;
    json_t *one = json_pack("{s:s,s:{s:s,s:[s],s:s,s:s},s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{}}",
                            "name", "Perisphere", "authentication", "loginEndpoint", login, "audiences", audience,
                            "tenant", "common", "identityProvider", "OIDC", "resourceManager", base, "portal", base,
                            "portalEndpoint", base, "gallery", base, "galleryEndpoint", base, "graph", base,
                            "graphEndpoint", base, "microsoftGraphResourceId", base, "suffixes");
    bool list = call->query.has_version && strcmp(call->query.version, last_of_one) > 0;
    api_answer(call, 200, list ? json_pack("[o]", one) : one);
}

/* Operators are in one directory, whichever way they prove who they are. */
void api_tenants_list(struct api_call *call)
{
    static const char id[] = "00000000-0000-0000-0000-000000000000";
    api_answer(call, 200, json_pack("{s:[{s:s+,s:s,s:s}]}", "value", "id", "/tenants/", id, "tenantId", id,
                                    "displayName", "Perisphere"));
}

void api_locations_list(struct api_call *call)
{
    struct span s = call->scope.subscription;
    api_answer(call, 200, json_pack("{s:[{s:o,s:o,s:s,s:s}]}", "value",
                                    "id", json_sprintf("/subscriptions/%.*s/locations/global", (int)s.len, (const char *)s.at),
                                    "subscriptionId", render_text(s), "name", "global", "displayName", "Global"));
}
