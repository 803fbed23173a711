/* SPDX-License-Identifier: BSD-2-Clause */
/* peri role ...: who may do what, with the words of `az role`. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/guid.h"

enum { ROLE_MAX_BYTES = 512 };

#define ASSIGNMENTS "/providers/Microsoft.Authorization/roleAssignments"

/* --scope, or the place that the other options name; "" is the whole service. */
static int scope_id(struct peri *peri, char id[static PATH_MAX_BYTES])
{
    const char *scope = arg_text(peri, "scope"), *product = arg_text(peri, "product"),
               *group = arg_text(peri, "device-group"), *device = arg_text(peri, "device");
    id[0] = '\0';
    if (scope) {
        if (product || group || device)
            return fail(PERI_EXIT_USAGE, "--scope says it all: leave out --product, --device-group and --device");
        if (snprintf(id, PATH_MAX_BYTES, "%s", strcmp(scope, "/") == 0 ? "" : scope) >= PATH_MAX_BYTES)
            return fail(PERI_EXIT_USAGE, "--scope is too long");
        return PERI_EXIT_OK;
    }
    if ((group && !product) || (device && !group))
        return fail(PERI_EXIT_USAGE, "a device group needs --product, a device --product and --device-group");
    if (device)
        return client_id(peri, id, "products", product, "deviceGroups", group, "devices", device, NULL);
    if (group)
        return client_id(peri, id, "products", product, "deviceGroups", group, NULL);
    return product ? client_id(peri, id, "products", product, NULL) : client_id(peri, id, NULL);
}

/* Path of the assignments at the scope, or of one. */
static int assignment_path(const char *scope, const char *name, char path[static PATH_MAX_BYTES])
{
    char id[PATH_MAX_BYTES];
    int n = snprintf(id, sizeof id, "%s" ASSIGNMENTS "%s%s", scope, name ? "/" : "", name ? name : "");
    return n < (int)sizeof id ? client_path_of_id(id, path) : fail(PERI_EXIT_USAGE, "the scope is too long");
}

/* A name alone is that of an operator's certificate. */
static void principal_of(const char *assignee, char *principal, size_t cap)
{
    bool whole = strncmp(assignee, "certificate:", 12) == 0 || strncmp(assignee, "token:", 6) == 0;
    snprintf(principal, cap, "%s%s", whole ? "" : "certificate:", assignee);
}

static const char *text_in(json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(row, "properties"), key));
    return text ? text : "";
}

/* The roles there are: every message and help line takes their names from here. */
#define ROLE_TABLE(X, between) X("Owner") between X("Contributor") between X("Publisher") between X("Reader")
#define ROLE_NAME(name) name
#define ROLE_LONG "Azure Sphere "
#define COMMA ,
static const char *const role_names[] = {ROLE_TABLE(ROLE_NAME, COMMA)};
#define ROLES_TEXT ROLE_TABLE(ROLE_NAME, ", ")

/* A role's id: a GUID, alone or at the end of a resource id. */
static bool is_role_id(const char *text)
{
    static const char parent[] = "/providers/Microsoft.Authorization/roleDefinitions/";
    const char *name = strrchr(text, '/');
    uint8_t guid[GUID_BYTES];
    size_t ahead = name ? (size_t)(name + 1 - text) : 0;
    if (name && (ahead < strlen(parent) || strncasecmp(name + 1 - strlen(parent), parent, strlen(parent)) != 0))
        return false;
    text += ahead;
    return guid_parse(span_of(text, strlen(text)), guid) == 0;
}

/* "Reader" is "Azure Sphere Reader", in any case; ids stay what they are. */
static int role_of(const char *role, char *to, size_t cap)
{
    const char *name = role + (strncasecmp(role, ROLE_LONG, strlen(ROLE_LONG)) == 0 ? strlen(ROLE_LONG) : 0);
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
        if (strcasecmp(name, role_names[i]) == 0) {
            snprintf(to, cap, ROLE_LONG "%s", role_names[i]);
            return PERI_EXIT_OK;
        }
    if (!is_role_id(role) || snprintf(to, cap, "%s", role) >= (int)cap)
        return fail(PERI_EXIT_USAGE, "--role is '%s': one of " ROLES_TEXT " is expected, or the id of a role "
                    "(peri role definition list)", role);
    return PERI_EXIT_OK;
}

static int create(struct peri *peri)
{
    char scope[PATH_MAX_BYTES], path[PATH_MAX_BYTES], name[GUID_TEXT_BYTES], principal[600], role[ROLE_MAX_BYTES];
    uint8_t guid[GUID_BYTES];
    if (role_of(arg_text(peri, "role"), role, sizeof role))
        return PERI_EXIT_USAGE;
    if (getrandom(guid, sizeof guid, 0) != sizeof guid)
        return fail(PERI_EXIT_ERROR, "no random numbers");
    guid_from_random(guid);
    guid_format(guid, name);
    principal_of(arg_text(peri, "assignee"), principal, sizeof principal);
    int code = scope_id(peri, scope);
    if (!code)
        code = assignment_path(scope, name, path);
    json_t *body = json_pack("{s:{s:s,s:s}}", "properties", "roleDefinitionId", role, "principalId", principal);
    code = client_show(peri, code, "PUT", path, body);
    json_decref(body);
    return code;
}

/* Both are ids of one role: the names at their ends are the same. */
static bool id_ends(const char *id, const char *role)
{
    const char *a = strrchr(id, '/'), *b = strrchr(role, '/');
    return strcasecmp(a ? a + 1 : id, b ? b + 1 : role) == 0;
}

/* As az: those at the scope alone, unless asked for more. */
static bool shown(struct peri *peri, const char *scope, const char *role, json_t *row)
{
    char principal[600];
    const char *at = text_in(row, "scope"), *assignee = arg_text(peri, "assignee");
    size_t len = strlen(scope);
    bool here = strcasecmp(at, len ? scope : "/") == 0;
    bool above = !here && (strcmp(at, "/") == 0 || (strncasecmp(scope, at, strlen(at)) == 0 && scope[strlen(at)] == '/'));
    if (!here && !(above ? arg_has(peri, "include-inherited") : arg_has(peri, "all")))
        return false;
    if (assignee) {
        principal_of(assignee, principal, sizeof principal);
        if (strcmp(text_in(row, "principalId"), principal) != 0)
            return false;
    }
    return !*role || strcasecmp(text_in(row, "roleDefinitionName"), role) == 0 || id_ends(text_in(row, "roleDefinitionId"), role);
}

static int find(struct peri *peri, json_t **found)
{
    char scope[PATH_MAX_BYTES], path[PATH_MAX_BYTES], role[ROLE_MAX_BYTES] = "";
    const char *want = arg_text(peri, "role");
    json_t *rows = NULL, *row;
    size_t index;
    *found = NULL;
    int code = want ? role_of(want, role, sizeof role) : PERI_EXIT_OK;
    if (!code)
        code = scope_id(peri, scope);
    if (!code)
        code = assignment_path(scope, NULL, path);
    if (!code)
        code = client_list(peri, "GET", path, NULL, &rows);
    if (code)
        return code;
    *found = json_array();
    json_array_foreach(rows, index, row) {
        if (shown(peri, scope, role, row) && json_array_append(*found, row) != 0)
            code = fail(PERI_EXIT_ERROR, "out of memory");
    }
    json_decref(rows);
    return code;
}

static int list(struct peri *peri)
{
    json_t *found;
    int code = find(peri, &found);
    if (!code)
        code = output_print(peri, found);
    json_decref(found);
    return code;
}

static int delete_id(struct peri *peri, const char *id)
{
    char path[PATH_MAX_BYTES];
    int code = client_path_of_id(id, path);
    return code ? code : client_call(peri, "DELETE", path, NULL, NULL);
}

static int delete(struct peri *peri)
{
    json_t *found = NULL, *row;
    size_t index;
    int code = PERI_EXIT_OK;
    if (arg_at(peri, "ids", 0)) {
        for (size_t i = 0; !code && arg_at(peri, "ids", i); i++)
            code = delete_id(peri, arg_at(peri, "ids", i));
        return code;
    }
    if (!arg_text(peri, "assignee"))
        return fail(PERI_EXIT_USAGE, "whose role? give --assignee, or --ids");
    code = find(peri, &found);
    if (!code && json_array_size(found) == 0)
        code = fail(PERI_EXIT_NOT_FOUND, "'%s' has no such role at this scope: peri role assignment list --all "
                    "--include-inherited shows where", arg_text(peri, "assignee"));
    json_array_foreach(found, index, row) {
        const char *id = json_string_value(json_object_get(row, "id"));
        if (!code)
            code = id ? delete_id(peri, id) : fail(PERI_EXIT_ERROR, "the service's answer has no id");
    }
    json_decref(found);
    return code;
}

static int definitions(struct peri *peri)
{
    return client_show_list(peri, PERI_EXIT_OK, "GET", "/providers/Microsoft.Authorization/roleDefinitions", NULL);
}

#define SCOPE_OPTIONS \
    {"scope", NULL, OPTION_VALUE, "resource id of the place; / is the whole service (default: the catalog)"}, \
    {"product", "p", OPTION_VALUE, "product"}, \
    {"device-group", "dg", OPTION_VALUE, "device group"}, \
    {"device", "d", OPTION_VALUE, "device id, 128 hex digits"}, SCOPE_CATALOG
#define ASSIGNEE(flags) \
    {"assignee", NULL, flags, "operator's name, or certificate:NAME, or token:ISSUER#SUBJECT"}
#define ROLE(flags) \
    {"role", NULL, flags, "one of " ROLES_TEXT ", or the id of a role"}
static const struct option_row create_options[] = {
    ASSIGNEE(OPTION_REQUIRED), ROLE(OPTION_REQUIRED), SCOPE_OPTIONS, SCOPE_END};
static const struct option_row list_options[] = {
    ASSIGNEE(OPTION_VALUE), ROLE(OPTION_VALUE),
    {"include-inherited", NULL, OPTION_SWITCH, "those given above as well"},
    {"all", NULL, OPTION_SWITCH, "those given below as well"},
    SCOPE_OPTIONS, SCOPE_END};
static const struct option_row delete_options[] = {
    ASSIGNEE(OPTION_VALUE), ROLE(OPTION_VALUE),
    {"ids", NULL, OPTION_LIST, "ids of assignments"}, SCOPE_OPTIONS, SCOPE_END};
static const struct column columns[] = {
    {"Principal", "properties.principalId"}, {"Role", "properties.roleDefinitionName"},
    {"Scope", "properties.scope"}, COLUMNS_END};
static const struct column definition_columns[] = {
    {"Role", "properties.roleName"}, {"Id", "name"}, {"Description", "properties.description"}, COLUMNS_END};

const struct verb role_verbs[] = {
    {"role", "assignment create", create, NULL, "give an operator a role", create_options, columns, false},
    {"role", "assignment list", list, NULL, "list who has which role", list_options, columns, false},
    {"role", "assignment delete", delete, NULL, "take a role from an operator", delete_options, NULL, false},
    {"role", "definition list", definitions, NULL, "list the roles there are", NULL, definition_columns, false},
    VERBS_END,
};
