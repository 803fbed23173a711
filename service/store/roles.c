/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Role assignments: given at one place, named by a GUID, never changed: only
 * given and taken.  One owner of the whole service stays, and it is one that a
 * certificate of the operator CA names, so that no outside party can lock it out.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/guid.h"
#include "lib/hex.h"
#include "service/store/operations.h"

static const char certificate_prefix[] = "certificate:";

static int row_role(struct store *store, struct statement *s, struct answer *answer)
{
    (void)store;
    char device[129] = "";
    struct span id = column_span(s, 9);
    struct store_row_role row = {
        .level = (uint16_t)column_number(s, 1),
        .role = (uint16_t)column_number(s, 2),
        .principal = column_span(s, 3),
        .subscription = column_span(s, 4),
        .resource_group = column_span(s, 5),
        .catalog = column_span(s, 6),
        .product = column_span(s, 7),
        .group = column_span(s, 8),
        .created_by = column_span(s, 10),
        .created_ms = column_number(s, 11),
    };
    column_exact(s, 0, row.assignment, sizeof row.assignment);
    if (row.level == LEVEL_DEVICE && id.len == 64) {
        hex_encode(id.at, id.len, device);
        row.device = span_of(device, 128);
        if (!row.group.len)
            row.product = row.group = span_of(".default", 8);
    }
    return answer_add(answer, &store_row_role_type, &row);
}

static int role_row(struct store *store, uint64_t id, bool created, struct answer *answer)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_ROW);
    bind_number(s, 1, id);
    int err = row_one(store, s, row_role, answer);
    return err ? err : answer_rows(answer, created, 0);
}

/* -- where ------------------------------------------------------------------- */

struct assignment {
    uint64_t id, level, role;
    struct place place;  /* only the id at the level, and the catalog */
    uint64_t group;      /* the resource group, at its level */
    bool principal_same, is_owner_by_certificate;
    bool subscription_same; /* as that which was asked for, at its level */
};

static enum access_level level_of(const struct store_scope *scope, struct span device)
{
    return device.len               ? LEVEL_DEVICE
           : scope->group.len       ? LEVEL_GROUP
           : scope->product.len     ? LEVEL_PRODUCT
           : scope->catalog.len     ? LEVEL_CATALOG
           : scope->resource_group.len ? LEVEL_RESOURCE_GROUP
           : scope->subscription.len   ? LEVEL_SUBSCRIPTION
                                       : LEVEL_SERVICE;
}

/* The place that a role is given at must be there, and be a place of its own:
 * ".default" is not. */
static int place_of(struct store *store, const struct store_scope *scope, struct span device,
                    struct assignment *at)
{
    struct place found;
    at->level = level_of(scope, device);
    int err = access_place(store, scope, device, &found);
    if (!err && at->level == LEVEL_RESOURCE_GROUP)
        err = resource_group_find(store, scope, &at->group);
    if (err)
        return err;
    if ((at->level == LEVEL_PRODUCT || at->level == LEVEL_GROUP) && found.unassigned)
        return E_UNSUPPORTED;
    if ((at->level >= LEVEL_CATALOG && !found.catalog) || (at->level == LEVEL_PRODUCT && !found.product) ||
        (at->level == LEVEL_GROUP && !found.group) || (at->level == LEVEL_DEVICE && !found.device))
        return E_MISSING;
    at->place.catalog = found.catalog;
    at->place.product = at->level == LEVEL_PRODUCT ? found.product : 0;
    at->place.group = at->level == LEVEL_GROUP ? found.group : 0;
    at->place.device = at->level == LEVEL_DEVICE ? found.device : 0;
    return 0;
}

/* a: asked for; b: found by assignment_find() for it. */
static bool place_same(const struct assignment *a, const struct assignment *b)
{
    return a->level == b->level && (a->level != LEVEL_SUBSCRIPTION || b->subscription_same) && a->group == b->group &&
           a->place.catalog == b->place.catalog &&
           a->place.product == b->place.product && a->place.group == b->place.group &&
           a->place.device == b->place.device;
}

static bool same_caseless(struct span a, struct span b)
{
    return a.len == b.len && a.len && strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

static bool starts_with(struct span text, const char *start)
{
    size_t len = strlen(start);
    return text.len > len && memcmp(text.at, start, len) == 0;
}

/* 0 and found; E_NOT_FOUND. */
static int assignment_find(struct store *store, const struct store_scope *scope, struct span principal,
                           struct assignment *found)
{
    uint8_t guid[16];
    *found = (struct assignment){0};
    if (guid_parse(scope->name, guid) != 0)
        return E_NOT_FOUND;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_FIND);
    bind_bytes(s, 1, guid, sizeof guid);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        struct span holder = column_span(s, 1);
        found->id = column_number(s, 0);
        found->role = column_number(s, 2);
        found->level = column_number(s, 3);
        found->place = (struct place){.catalog = column_number(s, 4), .product = column_number(s, 5),
                                      .group = column_number(s, 6), .device = column_number(s, 7)};
        found->group = column_number(s, 8);
        found->subscription_same = same_caseless(column_span(s, 9), scope->subscription);
        found->principal_same = span_equal(holder, principal);
        found->is_owner_by_certificate = found->level == LEVEL_SERVICE && found->role == ROLE_OWNER &&
                                         starts_with(holder, certificate_prefix);
    }
    statement_done(s);
    return got < 0 ? got : got == 1 ? 0 : E_NOT_FOUND;
}

/* By its name, and only at the place that it was given at. */
static int assignment_at(struct store *store, const struct store_role_query *query, struct assignment *found)
{
    struct assignment at = {0};
    int err = place_of(store, &query->scope, query->device, &at);
    if (!err)
        err = assignment_find(store, &query->scope, span_of(NULL, 0), found);
    if (!err && !place_same(&at, found))
        err = E_NOT_FOUND;
    return err;
}

/* -- operations -------------------------------------------------------------- */

int op_role_list(struct store *store, struct span payload, struct answer *answer)
{
    struct store_role_query query;
    struct place place;
    int err = record_parse(&store_role_query_type, payload, &query);
    if (!err)
        err = access_place(store, &query.scope, query.device, &place);
    if (err)
        return err;
    bool deep = query.scope.product.len && !place.unassigned;
    if ((query.scope.catalog.len && !place.catalog) || (deep && !place.product) ||
        (deep && query.scope.group.len && !place.group) || (query.device.len && !place.device))
        return E_MISSING;
    const struct store_query page = {.after = query.after, .skip = query.skip, .limit = query.limit,
                                     .filter = query.filter};
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_LIST);
    bind_number(s, 1, place.catalog);
    bind_number(s, 2, place.product);
    bind_number(s, 3, place.group);
    bind_number(s, 4, place.device);
    page_bind(s, 5, &page);
    bind_number(s, 8, place.unassigned);
    bind_text(s, 9, query.scope.subscription);
    bind_text(s, 10, query.scope.resource_group);
    bind_number(s, 11, query.at_scope ? (uint64_t)level_of(&query.scope, query.device) : LEVEL_DEVICE);
    return row_list(store, s, row_role, &store_row_role_type, &page, answer);
}

int op_role_get(struct store *store, struct span payload, struct answer *answer)
{
    struct store_role_query query;
    struct assignment found;
    int err = record_parse(&store_role_query_type, payload, &query);
    if (!err)
        err = assignment_at(store, &query, &found);
    return err ? err : role_row(store, found.id, false, answer);
}

static int role_insert(struct store *store, const struct store_role_put *put, const struct assignment *at,
                       uint64_t *id)
{
    uint8_t guid[16];
    struct span by = store->caller ? store->caller->principal : span_of(NULL, 0);
    if (guid_parse(put->scope.name, guid) != 0)
        return E_MALFORMED;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_INSERT);
    bind_bytes(s, 1, guid, sizeof guid);
    bind_text(s, 2, put->principal);
    bind_number(s, 3, put->role);
    bind_number(s, 4, at->level);
    bind_number_or_null(s, 5, at->place.catalog);
    bind_number_or_null(s, 6, at->place.product);
    bind_number_or_null(s, 7, at->place.group);
    bind_number_or_null(s, 8, at->place.device);
    bind_text(s, 9, by);
    bind_number(s, 10, database_now_ms(&store->db));
    if (at->level == LEVEL_SUBSCRIPTION)
        bind_text(s, 11, put->scope.subscription);
    else
        bind_number_or_null(s, 11, 0);
    bind_number_or_null(s, 12, at->group);
    int err = statement_run(&store->db, s);
    *id = database_inserted(&store->db);
    return err;
}

int op_role_put(struct store *store, struct span payload, struct answer *answer)
{
    struct store_role_put put;
    struct assignment at = {0}, found;
    int err = record_parse(&store_role_put_type, payload, &put);
    if (!err && (put.role == 0 || put.principal.len == 0))
        err = E_LIMIT;
    if (!err)
        err = place_of(store, &put.scope, put.device, &at);
    if (err)
        return err;
    err = assignment_find(store, &put.scope, put.principal, &found);
    bool created = err == E_NOT_FOUND;
    if (created) {
        err = role_insert(store, &put, &at, &found.id);
        if (err == E_CONFLICT) /* by another name */
            err = E_EXISTS;
    } else if (!err && !(found.principal_same && found.role == put.role && place_same(&at, &found))) {
        err = E_CONFLICT;
    }
    return err ? err : role_row(store, found.id, created, answer);
}

/* Owners by certificate, the one with this id not counted. */
static int owners_count(struct store *store, uint64_t but, uint64_t *count)
{
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_OWNERS);
    int got;
    bind_number(s, 1, but);
    for (*count = 0; (got = statement_step(&store->db, s)) == 1;)
        *count += starts_with(column_span(s, 0), certificate_prefix);
    statement_done(s);
    return got;
}

int op_role_delete(struct store *store, struct span payload, struct answer *answer)
{
    struct store_role_query query;
    struct assignment found;
    uint64_t others = 1;
    int err = record_parse(&store_role_query_type, payload, &query);
    if (!err)
        err = assignment_at(store, &query, &found);
    if (!err && found.is_owner_by_certificate)
        err = owners_count(store, found.id, &others);
    if (!err && others == 0)
        err = E_CONFLICT;
    if (!err)
        err = role_row(store, found.id, false, answer); /* as it was */
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_DELETE);
    bind_number(s, 1, found.id);
    return statement_run(&store->db, s);
}

/* -- the first owner ----------------------------------------------------------- */

static int owner_add(struct store *store, const char *name)
{
    char principal[STORE_PRINCIPAL_MAX], guid_text[GUID_TEXT_BYTES];
    uint8_t guid[16];
    uint64_t id;
    int len = snprintf(principal, sizeof principal, "%s%s", certificate_prefix, name);
    int err = random_guid(guid);
    if (err)
        return err;
    guid_format(guid, guid_text);
    struct store_role_put put = {.role = ROLE_OWNER, .principal = span_of(principal, (size_t)len)};
    put.scope.name = span_of(guid_text, strlen(guid_text));
    const struct assignment at = {.level = LEVEL_SERVICE};
    err = role_insert(store, &put, &at, &id);
    if (err)
        return err;
    static const char detail[] = "first owner of the service";
    const struct store_caller caller = {
        .principal = span_of("perisphered", 11), .action = ACCESS_ASSIGNMENTS_WRITE,
        .path = put.principal, .detail = span_of(detail, sizeof detail - 1)};
    return audit_append(store, &caller, "Succeeded");
}

static int seed_once(struct store *store, const char *name)
{
    uint64_t owners = 0;
    int err = database_begin(&store->db);
    if (!err)
        err = owners_count(store, 0, &owners);
    if (!err && owners == 0)
        err = owner_add(store, name);
    if (err)
        database_rollback(&store->db);
    else
        err = database_commit(&store->db, owners == 0);
    return err;
}

int access_seed(struct store *store, const char *name)
{
    if (!*name)
        return 0;
    int err = seed_once(store, name);
    for (unsigned attempt = 0; err && database_again(&store->db, attempt); attempt++)
        err = seed_once(store, name); /* another service on the same database starts too */
    if (err)
        fprintf(stderr, "store: the first owner cannot be recorded: %s\n", err_text(err));
    return err;
}
