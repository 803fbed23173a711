/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/openapi.h"

#include <string.h>

#include "service/api/contract.h"
#include "service/api/query.h"
#include "service/ipc/http_message.h"
#include "service/ipc/process.h"

/* -- schemas ------------------------------------------------------------------ */

/* jansson's functions fail on NULL: a failure anywhere makes the whole NULL. */

static json_t *reference(enum schema_id id)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/definitions/%s", schema_table[id].name));
}

static json_t *type_of(const char *type, const char *format)
{
    return format ? json_pack("{s:s,s:s}", "type", type, "format", format) : json_pack("{s:s}", "type", type);
}

static json_t *array_of(json_t *items) { return json_pack("{s:s,s:o}", "type", "array", "items", items); }

static json_t *kind_json(const struct schema_member *member)
{
    switch (member->kind) {
    case KIND_TEXT:
        return type_of("string", NULL);
    case KIND_TIME:
        return type_of("string", "date-time");
    case KIND_URI:
        return type_of("string", "uri");
    case KIND_BOOL:
        return type_of("boolean", NULL);
    case KIND_INT32:
        return type_of("integer", "int32");
    case KIND_INT64:
        return type_of("integer", "int64");
    case KIND_PERCENT:
        return json_pack("{s:s,s:i,s:i}", "type", "number", "minimum", 0, "maximum", 100);
    case KIND_FREE:
        return type_of("object", NULL);
    case KIND_TAGS:
        return json_pack("{s:s,s:o}", "type", "object", "additionalProperties", type_of("string", NULL));
    case KIND_TEXTS:
        return array_of(type_of("string", NULL));
    case KIND_NUMBERS:
        return array_of(type_of("integer", "int32"));
    case KIND_LIST:
    case KIND_CHOICES:
        return array_of(reference(member->of));
    case KIND_OBJECT:
    case KIND_CHOICE:
        return reference(member->of);
    }
    return NULL;
}

static json_t *member_json(const struct schema_member *member)
{
    json_t *json = kind_json(member);
    int bad = 0;
    if (member->flags & SCHEMA_READ_ONLY)
        bad = json_object_set_new(json, "readOnly", json_true());
    if (member->flags & SCHEMA_AT_CREATION)
        bad |= json_object_set_new(json, "x-ms-mutability", json_pack("[s,s]", "read", "create"));
    if (!bad)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *object_json(const struct schema *schema)
{
    json_t *properties = json_object(), *required = json_array();
    int bad = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_member *member = &schema->members[i];
        bad |= json_object_set_new(properties, member->name, member_json(member));
        if (member->flags & SCHEMA_REQUIRED)
            bad |= json_array_append_new(required, json_string(member->name));
    }
    json_t *json = json_pack("{s:s,s:s,s:o}", "type", "object", "description", schema->text,
                             "properties", properties);
    if (json_array_size(required))
        bad |= json_object_set(json, "required", required);
    json_decref(required);
    if (!bad)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *choice_json(const struct schema *schema)
{
    json_t *values = json_array();
    int bad = 0;
    for (size_t i = 0; i < schema->value_count; i++)
        bad |= json_array_append_new(values, json_string(schema->values[i]));
    json_t *json = json_pack("{s:s,s:s,s:o,s:{s:s,s:b}}", "type", "string", "description", schema->text,
                             "enum", values, "x-ms-enum", "name", schema->name, "modelAsString", 1);
    if (!bad)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *definitions(void)
{
    json_t *all = json_object();
    for (size_t i = SCHEMA_NONE + 1; i < SCHEMA_COUNT; i++) {
        const struct schema *schema = &schema_table[i];
        if (json_object_set_new(all, schema->name, schema->values ? choice_json(schema) : object_json(schema)) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

/* -- parameters ----------------------------------------------------------------- */

/* What stands in braces in the patterns of routes.h; a pattern of the published
 * description, or none where it has none. */
static const struct parameter {
    const char *name, *pattern, *text;
    int max;
} path_parameters[] = {
    {"subscriptionId", NULL, "a GUID; a subscription is there while it has a resource group", 0},
    {"resourceGroupName", "^[-\\w\\._\\(\\)]+$", "a container of catalogs", 90},
    {"catalogName", "^[A-Za-z0-9_-]{1,50}$", "name of the catalog", 0},
    {"productName", "^[\\w][\\w\\s]{1,48}[\\w]$|^\\.default$|^\\.unassigned$",
     "name of the product, or .default: devices in none", 0},
    {"deviceGroupName", "^[A-Za-z0-9]{1,2}$|^[A-Za-z0-9][A-Za-z0-9\\s]{1,48}[A-Za-z0-9]$|^\\.default$|^\\.unassigned$",
     "name of the device group, or .default: devices in none", 0},
    {"deviceName", "^[a-zA-Z0-9-]{128}$", "device id: 128 hexadecimal digits", 0},
    {"imageName", NULL, "the GUID in the image package", 0},
    {"deploymentName", NULL, "a GUID, or .default: the current one", 0},
    {"serialNumber", NULL, "serial number in hexadecimal, or .default: the active one", 0},
    {"list", NULL, "root.crl, operator.crl, os.crl, update-only.crl, one of these with \"-KEY\" behind its name, or SERIAL.crl of a catalog's CA", 0},
    {"location", NULL, "any", 0},
    {"operation", NULL, "a GUID", 0},
    {"assignment", NULL, "a GUID: name of the role assignment", 0},
    {"definition", NULL, "a GUID: name of the role", 0},
    {"address", NULL, "of the uri of an image", 64},
    {"rollout", NULL, "a GUID: name of the rollout", 0},
    {"provider", NULL, "namespace of a resource provider", 128},
    {"crashGroup", NULL, "a GUID: name of the crash group", 0},
    {"crashDump", NULL, "a GUID: name of the crash dump", 0},
    {"version", "^[0-9]{1,5}(\\.[0-9]{1,5}){1,3}$", "OS version", 0},
    {"image", NULL, "the GUID in the image package", 0},
};

static const struct {
    const char *key, *name, *type, *format, *text;
} query_parameters[] = {
    {"Filter", "$filter", "string", NULL, "which rows: docs/spec/management-api.md"},
    {"Top", "$top", "integer", "int32", "how many rows in all"},
    {"Skip", "$skip", "integer", "int32", "how many rows to leave out"},
    {"MaxPageSize", "$maxpagesize", "integer", "int32", "how many rows a page"},
};
enum { QUERY_PARAMETERS = sizeof query_parameters / sizeof query_parameters[0] };

static json_t *shared_parameters(void)
{
    json_t *all = json_pack("{s:{s:s,s:s,s:b,s:s,s:i,s:s}}", "ApiVersionParameter",
                            "name", "api-version", "in", "query", "required", 1, "type", "string",
                            "minLength", 1, "description", QUERY_API_VERSION);
    for (size_t i = 0; all && i < QUERY_PARAMETERS; i++) {
        json_t *one = type_of(query_parameters[i].type, query_parameters[i].format);
        if (json_object_set_new(one, "name", json_string(query_parameters[i].name)) != 0 ||
            json_object_set_new(one, "in", json_string("query")) != 0 ||
            json_object_set_new(one, "required", json_false()) != 0 ||
            json_object_set_new(one, "description", json_string(query_parameters[i].text)) != 0 ||
            json_object_set(all, query_parameters[i].key, one) != 0) {
            json_decref(all);
            all = NULL;
        }
        json_decref(one);
    }
    return all;
}

static json_t *path_parameter(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof path_parameters / sizeof path_parameters[0]; i++) {
        const struct parameter *p = &path_parameters[i];
        if (strlen(p->name) != len || memcmp(p->name, name, len) != 0)
            continue;
        json_t *json = json_pack("{s:s,s:s,s:b,s:s,s:s}", "name", p->name, "in", "path", "required", 1,
                                 "type", "string", "description", p->text);
        int bad = p->pattern ? json_object_set_new(json, "pattern", json_string(p->pattern)) : 0;
        if (p->max)
            bad |= json_object_set_new(json, "maxLength", json_integer(p->max));
        if (!bad)
            return json;
        json_decref(json);
    }
    return NULL; /* a route with a parameter that has no row: openapi_test.c */
}

static json_t *parameter_reference(const char *key)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/parameters/%s", key));
}

static json_t *parameters(const struct route *route, const struct contract *contract)
{
    json_t *all = json_array();
    int bad = 0;
    if (!(contract->flags & CONTRACT_PLAIN))
        bad = json_array_append_new(all, parameter_reference("ApiVersionParameter"));
    for (const char *at = strchr(route->pattern, '{'); at; at = strchr(at, '{')) {
        size_t len = strcspn(++at, "}");
        bad |= json_array_append_new(all, path_parameter(at, len));
    }
    for (size_t i = 0; (contract->flags & CONTRACT_OPTIONS) && i < QUERY_PARAMETERS; i++)
        bad |= json_array_append_new(all, parameter_reference(query_parameters[i].key));
    if (contract->body_name)
        bad |= json_array_append_new(all, json_pack("{s:s,s:s,s:b,s:o}", "name", contract->body_name, "in", "body",
                                                    "required", 1, "schema", reference(contract->body)));
    if ((contract->flags & CONTRACT_CBOR) && route->body_max)
        bad |= json_array_append_new(all, json_pack("{s:s,s:s,s:b,s:{s:s,s:s}}", "name", "body", "in", "body",
                                                    "required", 1, "schema", "type", "string", "format", "binary"));
    if (!bad)
        return all;
    json_decref(all);
    return NULL;
}

/* -- operations ------------------------------------------------------------------ */

static json_t *response(const char *text, enum schema_id schema)
{
    return schema == SCHEMA_NONE ? json_pack("{s:s}", "description", text)
                                 : json_pack("{s:s,s:o}", "description", text, "schema", reference(schema));
}

static json_t *header(const char *type, const char *format, const char *text)
{
    json_t *json = type_of(type, format);
    if (json_object_set_new(json, "description", json_string(text)) == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* location: one header more. */
static int headers_add(json_t *response, bool location)
{
    json_t *headers = json_pack("{s:o}", "Retry-After", header("integer", "int32", "seconds until the next look"));
    int bad = location ? json_object_set_new(headers, "Location", header("string", NULL, "where the end shows")) : 0;
    return bad | json_object_set_new(response, "headers", headers);
}

static json_t *responses(const struct contract *contract)
{
    unsigned flags = contract->flags;
    json_t *all = json_object();
    int bad = 0;
    if (!(flags & CONTRACT_ACCEPTS))
        bad = json_object_set_new(all, "200", response("done", contract->result));
    if (flags & CONTRACT_CREATES) {
        json_t *created = response("made", contract->result);
        bad |= (flags & CONTRACT_STATUS) && headers_add(created, false) != 0;
        bad |= json_object_set_new(all, "201", created);
    }
    if (flags & (CONTRACT_LOCATION | CONTRACT_ACCEPTS)) {
        json_t *accepted = response("under way", SCHEMA_NONE);
        bad |= headers_add(accepted, true) != 0;
        bad |= json_object_set_new(all, "202", accepted);
    }
    if (flags & CONTRACT_DELETES)
        bad |= json_object_set_new(all, "204", response("nothing there, or nothing to say", SCHEMA_NONE));
    bad |= json_object_set_new(all, "default", flags & CONTRACT_CBOR
                                                   ? response("what went wrong: RFC 9290", SCHEMA_NONE)
                                                   : response("what went wrong", SCHEMA_ErrorResponse));
    if (!bad)
        return all;
    json_decref(all);
    return NULL;
}

static int extensions_add(json_t *operation, const struct contract *contract)
{
    unsigned flags = contract->flags;
    int bad = 0;
    if (flags & CONTRACT_PAGED)
        bad = json_object_set_new(operation, "x-ms-pageable", json_pack("{s:s}", "nextLinkName", "nextLink"));
    if ((flags & (CONTRACT_STATUS | CONTRACT_LOCATION)) != 0) {
        const char *via = flags & CONTRACT_STATUS ? "azure-async-operation" : "location";
        bad |= json_object_set_new(operation, "x-ms-long-running-operation", json_true());
        bad |= json_object_set_new(operation, "x-ms-long-running-operation-options",
                                   json_pack("{s:s}", "final-state-via", via));
    }
    if (flags & CONTRACT_CBOR) {
        bad |= json_object_set_new(operation, "consumes", json_pack("[s,s]", "application/cbor", "application/cose"));
        bad |= json_object_set_new(operation, "produces",
                                   json_pack("[s,s]", "application/cbor", "application/octet-stream"));
    }
    return bad;
}

/* A token or nothing of the document's: a client certificate is not within OpenAPI 2.0's words.  Empty: no token helps,
 * since everybody may ask, or devices alone. */
static json_t *security(const struct route *route)
{
    return route->auth & 1u << HTTP_IDENTITY_TOKEN ? json_pack("[{s:[]},{}]", "token") : json_array();
}

static json_t *security_definitions(void)
{
    return json_pack("{s:{s:s,s:s,s:s,s:s}}", "token", "type", "apiKey", "in", "header", "name", "Authorization", "description",
                     "Bearer and a token of the service's OpenID Connect provider; or none, and an operator's TLS client certificate");
}

static json_t *operation_json(const struct route *route, const struct contract *contract)
{
    json_t *json = json_pack("{s:s,s:s,s:[o],s:o,s:o,s:o}", "operationId", route->id, "summary", route->summary,
                             "tags", json_stringn(route->id, strcspn(route->id, "_")), "security", security(route),
                             "parameters", parameters(route, contract), "responses", responses(contract));
    if (json && extensions_add(json, contract) == 0)
        return json;
    json_decref(json);
    return NULL;
}

static const char *const method_names[] = {
    [ROUTE_GET] = "get",   [ROUTE_PUT] = "put",       [ROUTE_PATCH] = "patch",
    [ROUTE_POST] = "post", [ROUTE_DELETE] = "delete", [ROUTE_HEAD] = "head",
};

static json_t *paths(void)
{
    json_t *all = json_object();
    for (size_t i = 0; all && i < ROUTE_COUNT; i++) {
        const struct route *route = &route_table[i];
        json_t *path = json_object_get(all, route->pattern);
        if (!path && json_object_set_new(all, route->pattern, path = json_object()) != 0)
            path = NULL;
        if (json_object_set_new(path, method_names[route->method], operation_json(route, &contract_table[i])) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

/* Each word before a "_" in the operations' names, once. */
static json_t *tags(void)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < ROUTE_COUNT; i++) {
        const char *id = route_table[i].id;
        size_t len = strcspn(id, "_") + 1, before = 0;
        while (before < i && strncmp(route_table[before].id, id, len) != 0)
            before++;
        if (before == i && json_array_append_new(all, json_pack("{s:o}", "name", json_stringn(id, len - 1))) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

json_t *openapi_document(const char *base_url)
{
    const char *host = strstr(base_url, "://");
    return json_pack("{s:s,s:{s:s,s:s,s:{s:s},s:s},s:s,s:[s],s:[s],s:[s],s:o,s:o,s:o,s:o,s:o}", "swagger", "2.0",
                     "info", "title", "Perisphere management API", "version", QUERY_API_VERSION, "license", "name", "BSD-2-Clause",
                     "description", "Microsoft.AzureSphere and, under /providers/Perisphere, what is ours. "
                                    "Callers are known by their TLS client certificate, operators also by a token.",
                     "host", host ? host + 3 : base_url, "schemes", "https",
                     "consumes", "application/json", "produces", "application/json",
                     "securityDefinitions", security_definitions(), "tags", tags(),
                     "paths", paths(), "parameters", shared_parameters(), "definitions", definitions());
}
