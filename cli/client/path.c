/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resource ids and paths from names.  An id carries names as they are; a path is
 * an id with every segment escaped.  A name that could mean another resource
 * ("..", "a/b") is refused before anything is sent.
 */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"

static int name_check(const char *name)
{
    if (!*name)
        return fail(PERI_EXIT_USAGE, "a name in the command is empty");
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return fail(PERI_EXIT_USAGE, "'%s' is not a name", name);
    for (const char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return fail(PERI_EXIT_USAGE, "'%s' is not a name: no '/' and no control characters", name);
    return PERI_EXIT_OK;
}

static int text_add(char id[static PATH_MAX_BYTES], const char *text)
{
    size_t len = strlen(id);
    if (snprintf(id + len, PATH_MAX_BYTES - len, "/%s", text) < (int)(PATH_MAX_BYTES - len))
        return PERI_EXIT_OK;
    return fail(PERI_EXIT_USAGE, "'%.40s...' makes the address too long", text);
}

static int name_add(char id[static PATH_MAX_BYTES], const char *name)
{
    int code = name_check(name);
    return code ? code : text_add(id, name);
}

static int names_add(char id[static PATH_MAX_BYTES], va_list args)
{
    int code = PERI_EXIT_OK;
    for (const char *name; !code && (name = va_arg(args, const char *)) != NULL;)
        code = name_add(id, name);
    return code;
}

int client_path_of_id(const char *id, char path[static PATH_MAX_BYTES])
{
    path[0] = 0;
    char *copy = strdup(id), *rest = copy;
    if (!copy)
        return fail(PERI_EXIT_ERROR, "out of memory");
    strsep(&rest, "/");
    int code = id[0] == '/' ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "'%.200s' is not a resource id", id);
    while (!code && rest) {
        const char *name = strsep(&rest, "/");
        code = name_check(name);
        char *escaped = code ? NULL : curl_easy_escape(NULL, name, 0);
        if (!code)
            code = escaped ? text_add(path, escaped) : fail(PERI_EXIT_ERROR, "out of memory");
        curl_free(escaped);
    }
    free(copy);
    return code;
}

static int group_id(struct peri *peri, const char *group, char id[static PATH_MAX_BYTES])
{
    id[0] = 0;
    int code = name_add(id, "subscriptions");
    if (!code)
        code = name_add(id, peri->profile->subscription);
    if (!code && group)
        code = name_add(id, "resourceGroups");
    if (!code && group)
        code = name_add(id, group);
    if (!code)
        code = name_add(id, "providers");
    return code ? code : name_add(id, "Microsoft.AzureSphere");
}

static int catalog_id(struct peri *peri, char id[static PATH_MAX_BYTES])
{
    const char *group = arg_text(peri, "resource-group"), *catalog = arg_text(peri, "catalog");
    if (!catalog)
        catalog = peri->profile->catalog;
    if (!catalog)
        return fail(PERI_EXIT_USAGE, "which catalog? give --catalog, or peri config set catalog=NAME");
    int code = group_id(peri, group ? group : peri->profile->resource_group, id);
    if (!code)
        code = name_add(id, "catalogs");
    return code ? code : name_add(id, catalog);
}

int client_id(struct peri *peri, char id[static PATH_MAX_BYTES], ...)
{
    va_list args;
    va_start(args, id);
    int code = catalog_id(peri, id);
    if (!code)
        code = names_add(id, args);
    va_end(args);
    return code;
}

int client_path(struct peri *peri, char path[static PATH_MAX_BYTES], ...)
{
    char id[PATH_MAX_BYTES];
    va_list args;
    va_start(args, path);
    int code = catalog_id(peri, id);
    if (!code)
        code = names_add(id, args);
    va_end(args);
    return code ? code : client_path_of_id(id, path);
}

int client_group_path(struct peri *peri, const char *group, char path[static PATH_MAX_BYTES], ...)
{
    char id[PATH_MAX_BYTES];
    va_list args;
    va_start(args, path);
    int code = group_id(peri, group, id);
    if (!code)
        code = names_add(id, args);
    va_end(args);
    return code ? code : client_path_of_id(id, path);
}

/* A text of the condition stands in quotes there, and a quote in it twice. */
int client_filter(char path[static PATH_MAX_BYTES], const char *condition)
{
    size_t len = strlen(path);
    char *escaped = curl_easy_escape(NULL, condition, 0);
    if (!escaped)
        return fail(PERI_EXIT_ERROR, "out of memory");
    bool fits = snprintf(path + len, PATH_MAX_BYTES - len, "%c$filter=%s", strchr(path, '?') ? '&' : '?', escaped) <
                (int)(PATH_MAX_BYTES - len);
    curl_free(escaped);
    return fits ? PERI_EXIT_OK : fail(PERI_EXIT_USAGE, "the condition is too long");
}

int client_our_path(char path[static PATH_MAX_BYTES], ...)
{
    char id[PATH_MAX_BYTES] = "/providers/Perisphere";
    va_list args;
    va_start(args, path);
    int code = names_add(id, args);
    va_end(args);
    return code ? code : client_path_of_id(id, path);
}
