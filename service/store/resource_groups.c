/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subscriptions and resource groups: containers of catalogs.  A group is made by its PUT or by
 * that of its first catalog; a subscription is there while it has a group.  Shown are those
 * in which the caller has a role.
 */
#include <stdio.h>
#include <string.h>

#include "service/store/operations.h"

static int row_resource_group(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    const struct store_row_resource_group row = {
        .subscription = column_span(s, 0),
        .name = column_span(s, 1),
        .location = column_span(s, 2),
        .tags = column_span(s, 3),
        .created_by = column_span(s, 4),
        .created_ms = column_number(s, 5),
    };
    return answer_add(answer, &store_row_resource_group_type, &row);
}

static int row_subscription(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    const struct store_row_subscription row = {column_span(s, 0)};
    return answer_add(answer, &store_row_subscription_type, &row);
}

static struct span principal_of(const struct store *store)
{
    return store->caller ? store->caller->principal : span_of(NULL, 0);
}

static struct statement *group_find(struct store *store, const struct store_scope *scope, struct span principal)
{
    struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_FIND);
    bind_text(s, 1, principal);
    bind_text(s, 2, scope->subscription);
    bind_text(s, 3, scope->resource_group);
    return s;
}

/* Whoever may change groups sees them all. */
static int group_id(struct store *store, const struct store_scope *scope, uint64_t *id, bool *elsewhere,
                    struct span location)
{
    struct statement *s = group_find(store, scope, span_of(NULL, 0));
    int got = statement_step(&store->db, s);
    *id = got == 1 ? column_number(s, 6) : 0;
    struct span is = got == 1 ? column_span(s, 2) : span_of(NULL, 0);
    *elsewhere = location.len && is.len && !span_equal(is, location);
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

int resource_group_find(struct store *store, const struct store_scope *scope, uint64_t *id)
{
    bool elsewhere;
    int err = group_id(store, scope, id, &elsewhere, span_of(NULL, 0));
    return err == E_NOT_FOUND ? E_MISSING : err;
}

int resource_group_make(struct store *store, const struct store_scope *scope, struct span location, struct span tags,
                        bool *created)
{
    struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_ADD);
    bind_text(s, 1, scope->subscription);
    bind_text(s, 2, scope->resource_group);
    bind_text(s, 3, location);
    bind_text(s, 4, tags);
    bind_text(s, 5, principal_of(store));
    bind_number(s, 6, database_now_ms(&store->db));
    int err = statement_run(&store->db, s);
    *created = !err && database_changes(&store->db) == 1;
    return err;
}

int op_resource_group_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = row_one(store, group_find(store, &query.scope, principal_of(store)), row_resource_group, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int op_resource_group_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_LIST);
    bind_text(s, 1, principal_of(store));
    bind_text(s, 2, query.scope.subscription);
    page_bind(s, 3, &query);
    return row_list(store, s, row_resource_group, &store_row_resource_group_type, &query, answer);
}

int op_resource_group_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_resource_group_put put;
    uint64_t id;
    bool created = false, elsewhere;
    int err = record_parse(&store_resource_group_put_type, payload, &put);
    if (err)
        return err;
    err = group_id(store, &put.scope, &id, &elsewhere, put.location);
    if (err == E_NOT_FOUND && !put.must_exist) {
        err = resource_group_make(store, &put.scope, put.location, put.tags, &created);
    } else if (!err && elsewhere) {
        err = E_CONFLICT;
    } else if (!err && put.set_tags) {
        struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_TAGS);
        bind_number(s, 1, id);
        bind_text(s, 2, put.tags);
        err = statement_run(&store->db, s);
    }
    if (!err)
        err = row_one(store, group_find(store, &put.scope, span_of(NULL, 0)), row_resource_group, answer);
    return err ? err : answer_rows(answer, created, 0);
}

/* A deletion of its own in the audit log, as if it had been asked for. */
static int catalog_recorded(struct store *store, const struct store_scope *scope, struct span name)
{
    static const char detail[] = "with its resource group";
    char path[STORE_PATH_MAX];
    if (!store->caller)
        return 0;
    struct store_caller caller = *store->caller;
    int len = snprintf(path, sizeof path,
                       "/subscriptions/%.*s/resourceGroups/%.*s/providers/Microsoft.AzureSphere/catalogs/%.*s",
                       (int)scope->subscription.len, (const char *)scope->subscription.at,
                       (int)scope->resource_group.len, (const char *)scope->resource_group.at,
                       (int)name.len, (const char *)name.at);
    if (len < 0 || (size_t)len >= sizeof path)
        return E_LIMIT;
    caller.action = ACCESS_CATALOGS_DELETE;
    caller.path = span_of(path, (size_t)len);
    caller.detail = span_of(detail, sizeof detail - 1);
    return audit_append(store, &caller, "Succeeded");
}

/* 1: there was one, and it is gone. */
static int catalog_next_remove(struct store *store, const struct store_scope *scope)
{
    char name[STORE_TEXT_MAX];
    uint8_t tenant[16];
    struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_CATALOG);
    bind_text(s, 1, scope->subscription);
    bind_text(s, 2, scope->resource_group);
    int got = statement_step(&store->db, s);
    uint64_t id = got == 1 ? column_number(s, 0) : 0;
    struct span named = got == 1 ? column_span(s, 2) : span_of(NULL, 0);
    if (got == 1)
        column_exact(s, 1, tenant, sizeof tenant);
    if (named.len > sizeof name)
        named.len = sizeof name;
    if (named.len)
        memcpy(name, named.at, named.len);
    statement_done(s);
    if (got != 1)
        return got;
    int err = catalog_remove(store, id, tenant);
    if (!err)
        err = catalog_recorded(store, scope, span_of(name, named.len));
    return err ? err : 1;
}

/* With its catalogs, or not at all: one that has products or devices refuses it. */
int op_resource_group_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    uint64_t id;
    bool elsewhere;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = group_id(store, &query.scope, &id, &elsewhere, span_of(NULL, 0));
    if (err)
        return err;
    while ((err = catalog_next_remove(store, &query.scope)) == 1)
        ;
    if (!err)
        err = packages_sweep(store);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_RESOURCE_GROUP_DELETE);
    bind_number(s, 1, id);
    err = statement_run(&store->db, s);
    return err ? err : answer_rows(answer, false, 0);
}

static struct statement *subscriptions(struct store *store, struct span subscription, const struct store_query *page)
{
    struct statement *s = statement_get(&store->db, STATEMENT_SUBSCRIPTION_LIST);
    bind_text(s, 1, principal_of(store));
    bind_text(s, 2, subscription);
    page_bind(s, 3, page);
    return s;
}

int op_subscription_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = row_one(store, subscriptions(store, query.scope.subscription, &query), row_subscription, answer);
    return err ? err : answer_rows(answer, false, 0);
}

int op_subscription_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    int err = record_parse(&store_query_type, payload, &query);
    if (err)
        return err;
    return row_list(store, subscriptions(store, span_of(NULL, 0), &query), row_subscription,
                    &store_row_subscription_type, &query, answer);
}
