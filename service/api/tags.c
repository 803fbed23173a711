/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists that can be chosen by a tag, as Azure's clients ask for it:
 *   tagName eq 'N'  |  tagName eq 'N' and tagValue eq 'V'
 * Any other condition is the list's own.  Tags are kept as compact JSON, in which "N":"V" stands for
 * that tag and for nothing else: inside a name or a value its quotes would stand behind a backslash.
 * Source: docs/spec/management-api.md, "Conditions".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "service/api/api.h"

/* 'text', a quote twice; at moves behind it.  False: it is none. */
static bool quoted_take(const char **at, char to[static FILTER_TEXT_MAX + 1])
{
    const char *c = *at;
    size_t len = 0;
    if (*c++ != '\'')
        return false;
    for (; *c; c++) {
        if (*c == '\'' && *++c != '\'') {
            to[len] = '\0';
            *at = c;
            return true;
        }
        to[len++] = *c;
    }
    return false;
}

static bool words_take(const char **at, const char *words)
{
    size_t len = strlen(words);
    if (strncasecmp(*at, words, len) != 0)
        return false;
    *at += len;
    return true;
}

/* "text" of JSON into a text of a filter; false: no room. */
static bool needle_add(char *to, size_t cap, const char *text)
{
    json_t *json = json_string(text);
    char *dumped = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    size_t len = strlen(to);
    for (const char *c = dumped; c && *c && len < cap - 2; c++) {
        to[len++] = *c;
        if (*c == '\'')
            to[len++] = '\'';
    }
    to[len] = '\0';
    bool good = dumped && len < cap - 2;
    json_decref(json);
    free(dumped);
    return good;
}

/* The condition in the list's own words; false: it is not about a tag, or does not fit. */
static bool tag_condition(const char *filter, char to[static FILTER_TEXT_MAX + 1])
{
    char name[FILTER_TEXT_MAX + 1], value[FILTER_TEXT_MAX + 1];
    const char *at = filter;
    bool has_value = false;
    if (!words_take(&at, "tagName eq ") || !quoted_take(&at, name))
        return false;
    if (words_take(&at, " and tagValue eq ")) {
        has_value = quoted_take(&at, value);
        if (!has_value)
            return false;
    }
    if (*at)
        return false;
    const size_t cap = FILTER_TEXT_MAX - 2; /* the end has room */
    snprintf(to, FILTER_TEXT_MAX + 1, "contains(tags,'");
    if (!needle_add(to, cap, name))
        return false;
    strcat(to, ":");
    if (has_value && !needle_add(to, cap, value))
        return false;
    strcat(to, "')");
    return true;
}

void api_start_tagged(struct api_call *call)
{
    char condition[FILTER_TEXT_MAX + 1];
    struct store_query query = {.scope = call->scope};
    bool tag = tag_condition(call->query.filter, condition);
    const char *filter = tag ? condition : call->query.filter;
    if ((*filter && !api_filter_check(call, filter)) || !api_page(call, &query))
        return;
    query.filter = span_of(filter, strlen(filter));
    api_ask_store(call, call->handler->operation, &store_query_type, &query, api_finish_page);
}
