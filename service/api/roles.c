/* SPDX-License-Identifier: BSD-2-Clause */
/* Role assignments and definitions, in the shape of Microsoft.Authorization; and
 * the audit log. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/hex.h"
#include "service/api/api.h"

#define AUTHORIZATION "/providers/Microsoft.Authorization/"
#define TYPE "Microsoft.Authorization/roleAssignments"

/* -- rows to JSON ---------------------------------------------------------------- */

/* The place as a resource id; "/" is the whole service. */
static json_t *scope_of(const struct store_row_role *row)
{
    char text[STORE_PATH_MAX];
    const struct {
        const char *word;
        struct span name;
    } parts[] = {{"/subscriptions/", row->subscription},
                 {"/resourceGroups/", row->resource_group},
                 {ROUTE_SPHERE "/catalogs/", row->catalog},
                 {"/products/", row->product},
                 {"/deviceGroups/", row->group},
                 {"/devices/", row->device}};
    size_t len = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && parts[i].name.len; i++) {
        int n = snprintf(text + len, sizeof text - len, "%s%.*s", parts[i].word, (int)parts[i].name.len,
                         (const char *)parts[i].name.at);
        if (n < 0 || (size_t)n >= sizeof text - len)
            return NULL;
        len += (size_t)n;
    }
    return len ? json_stringn(text, len) : json_string("/");
}

json_t *render_role(struct api_call *call, const void *at)
{
    const struct store_row_role *row = at;
    const struct access_role_row *role = &access_roles[row->role < ROLE_COUNT ? row->role : 0];
    (void)call;
    json_t *scope = scope_of(row), *name = render_guid(row->assignment);
    const char *text = json_string_value(scope);
    json_t *json = json_pack(
        "{s:o,s:O,s:s,s:{s:o,s:s,s:o,s:s,s:O,s:o,s:o}}",
        "id", json_sprintf("%s" AUTHORIZATION "roleAssignments/%s", text && text[1] ? text : "",
                           name ? json_string_value(name) : ""),
        "name", name, "type", TYPE, "properties",
        "roleDefinitionId", json_sprintf(AUTHORIZATION "roleDefinitions/%s", role->id ? role->id : ""),
        "roleDefinitionName", role->name ? role->name : "",
        "principalId", render_text(row->principal),
        "principalType", "User",
        "scope", scope,
        "createdBy", render_text(row->created_by),
        "createdOn", render_time_ms(row->created_ms));
    json_decref(scope);
    json_decref(name);
    return json;
}

json_t *render_audit(struct api_call *call, const void *at)
{
    const struct store_row_audit *row = at;
    char digest[65];
    (void)call;
    hex_encode(row->digest, sizeof row->digest, digest);
    return json_pack("{s:I,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:s}",
                     "sequence", (json_int_t)row->sequence,
                     "time", render_time_ms(row->time_ms),
                     "timeMs", (json_int_t)row->time_ms,
                     "principal", render_text(row->principal),
                     "action", render_text(row->action),
                     "scope", render_text(row->path),
                     "detail", render_text(row->detail),
                     "outcome", render_text(row->outcome),
                     "requestId", render_text(row->request_id),
                     "digest", digest);
}

/* -- role definitions -------------------------------------------------------------- */

static json_t *definition(const struct access_role_row *role)
{
    json_t *actions = json_array();
    for (size_t i = 0; actions && i < ACCESS_PATTERNS_MAX && role->allowed[i]; i++)
        if (json_array_append_new(actions, json_string(role->allowed[i])) != 0) {
            json_decref(actions);
            actions = NULL;
        }
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:s,s:s,s:[{s:o,s:[],s:[],s:[]}],s:[s]}}",
                     "id", json_sprintf(AUTHORIZATION "roleDefinitions/%s", role->id),
                     "name", role->id, "type", "Microsoft.Authorization/roleDefinitions", "properties",
                     "roleName", role->name, "type", "BuiltInRole", "description", role->description,
                     "permissions", "actions", actions, "notActions", "dataActions", "notDataActions",
                     "assignableScopes", "/");
}

/* "roleName eq 'NAME'", as clients look for one; what they add about the place says nothing here, where
 * every role may be given at every place.  An empty name: all.  False: the call has been ended. */
static bool definition_filter(struct api_call *call, char name[static FILTER_TEXT_MAX + 1])
{
    char quote = 0, more = 0;
    const char *filter = call->query.filter;
    name[0] = '\0';
    if (!*filter || strcasecmp(filter, "atScopeAndBelow()") == 0 || strcasecmp(filter, "type eq 'BuiltInRole'") == 0)
        return true;
    if (strncasecmp(filter, "roleName eq '", 13) == 0 && sscanf(filter + 13, "%[^']%c%c", name, &quote, &more) == 2)
        return true;
    api_fail(call, API_INVALID_FILTER, "$filter: expected roleName eq 'NAME'");
    return false;
}

void api_role_definitions(struct api_call *call)
{
    char name[FILTER_TEXT_MAX + 1];
    if (!definition_filter(call, name))
        return;
    json_t *value = json_array();
    for (int role = ROLE_READER; value && role < ROLE_COUNT; role++)
        if ((!*name || strcasecmp(name, access_roles[role].name) == 0) && json_array_append_new(value, definition(&access_roles[role])) != 0) {
            json_decref(value);
            value = NULL;
        }
    api_answer(call, 200, value ? json_pack("{s:o}", "value", value) : NULL);
}

void api_role_definition(struct api_call *call)
{
    struct span name = call->scope.name;
    for (int role = ROLE_READER; role < ROLE_COUNT; role++)
        if (name.len == strlen(access_roles[role].id) &&
            strncasecmp((const char *)name.at, access_roles[role].id, name.len) == 0) {
            api_answer(call, 200, definition(&access_roles[role]));
            return;
        }
    api_fail(call, API_NOT_FOUND, "there is no role of this id: GET .../roleDefinitions lists those there are");
}

/* -- assignments ------------------------------------------------------------------- */

/* What Azure's role assignments have besides conditions: atScope(), in front or alone, and
 * assignedTo('ID'), which means the principal itself where there are no groups. */
static bool assignment_filter(struct api_call *call, char text[static FILTER_TEXT_MAX + 32], bool *at_scope)
{
    static const char scope[] = "atScope()", and[] = " and ", to[] = "assignedTo('";
    const char *rest = call->query.filter;
    *at_scope = strncasecmp(rest, scope, sizeof scope - 1) == 0;
    if (*at_scope) {
        rest += sizeof scope - 1;
        if (strncasecmp(rest, and, sizeof and - 1) == 0)
            rest += sizeof and - 1;
    }
    size_t len = strlen(rest);
    if (strncasecmp(rest, to, sizeof to - 1) == 0 && rest[len - 1] == ')')
        snprintf(text, FILTER_TEXT_MAX + 32, "principalId eq '%.*s", (int)(len - sizeof to), rest + sizeof to - 1);
    else
        snprintf(text, FILTER_TEXT_MAX + 32, "%s", rest);
    if (strlen(text) > FILTER_TEXT_MAX) {
        api_fail(call, API_INVALID_FILTER, "$filter is too long");
        return false;
    }
    return !*text || api_filter_check(call, text);
}

void api_role_query(struct api_call *call)
{
    struct store_query page = {0};
    char filter[FILTER_TEXT_MAX + 32] = "";
    bool at_scope = false;
    if ((call->handler->flags & API_LIST) && (!assignment_filter(call, filter, &at_scope) || !api_page(call, &page)))
        return;
    const struct store_role_query query = {call->scope, call->device, page.after, page.skip, page.limit,
                                           span_of(filter, strlen(filter)), at_scope};
    call->conflict = "the last owner of the service cannot be removed: give another operator's certificate "
                     "the role Azure Sphere Owner at the service first";
    api_ask_store(call, call->handler->operation, &store_role_query_type, &query,
                  call->handler->flags & API_LIST ? api_finish_page : api_finish_row);
}

/* The last segment of a resource id, or a GUID or name alone. */
static uint16_t role_of(struct span id)
{
    for (size_t i = id.len; i > 0; i--)
        if (id.at[i - 1] == '/') {
            id = span_of(id.at + i, id.len - i);
            break;
        }
    for (uint16_t role = ROLE_READER; role < ROLE_COUNT; role++) {
        const char *const words[] = {access_roles[role].id, access_roles[role].name};
        for (size_t i = 0; i < 2; i++)
            if (id.len == strlen(words[i]) && strncasecmp((const char *)id.at, words[i], id.len) == 0)
                return role;
    }
    return 0;
}

/* "certificate:NAME" or "token:ISSUER#SUBJECT", printable. */
static bool principal_valid(struct span text)
{
    static const char certificate[] = "certificate:", token[] = "token:";
    const uint8_t *mark = text.len ? memchr(text.at, '#', text.len) : NULL;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x20 || text.at[i] > 0x7e)
            return false;
    if (text.len > sizeof certificate - 1 && memcmp(text.at, certificate, sizeof certificate - 1) == 0)
        return text.len <= sizeof certificate - 1 + 64;
    return text.len > sizeof token - 1 && text.len <= STORE_PRINCIPAL_MAX &&
           memcmp(text.at, token, sizeof token - 1) == 0 && mark && mark > text.at + sizeof token - 1 &&
           mark < text.at + text.len - 1;
}

void api_role_put(struct api_call *call)
{
    struct store_role_put put = {.scope = call->scope, .device = call->device};
    struct span role;
    const json_t *properties = body_get(call->body, "properties");
    if (!body_text(properties, "roleDefinitionId", &role) || (put.role = role_of(role)) == 0) {
        api_fail(call, API_INVALID_CONTENT, "\"roleDefinitionId\" is required: the id of a role definition");
        return;
    }
    if (!body_text(properties, "principalId", &put.principal) || !principal_valid(put.principal)) {
        api_fail(call, API_INVALID_CONTENT, "\"principalId\" must be certificate:NAME of an operator, or "
                 "token:ISSUER#SUBJECT of an OpenID Connect provider; it is '%.*s'",
                 put.principal.len < 64 ? (int)put.principal.len : 64, put.principal.len ? (const char *)put.principal.at : "");
        return;
    }
    api_detail(call, "%s to %.*s", access_roles[put.role].name, (int)put.principal.len,
               (const char *)put.principal.at);
    call->conflict = "an assignment of this name exists with other contents";
    call->given = "The role assignment already exists: this principal has this role there, by an assignment of another name";
    api_ask_store(call, STORE_OP_ROLE_PUT, &store_role_put_type, &put, api_finish_row);
}
