/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may do what: the only place that decides.  A role counts at the place it was
 * given and everywhere below; what no role of the caller allows is refused.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "service/store/operations.h"

/* A place in a tree of ids: those of the assignment, or those of a request. */
struct grant {
    uint64_t level, role, catalog, product, group, device;
    bool above; /* at the subscription or the resource group that the place is in */
};

/* The id at the assignment's own level must be the place's. */
static bool grant_covers(const struct grant *grant, const struct place *place)
{
    switch (grant->level) {
    case LEVEL_SERVICE:
        return true;
    case LEVEL_SUBSCRIPTION:
    case LEVEL_RESOURCE_GROUP:
        return grant->above;
    case LEVEL_CATALOG:
        return grant->catalog && grant->catalog == place->catalog;
    case LEVEL_PRODUCT:
        return grant->product && grant->product == place->product;
    case LEVEL_GROUP:
        return grant->group && grant->group == place->group;
    case LEVEL_DEVICE:
        return grant->device && grant->device == place->device && grant->catalog == place->catalog;
    default:
        return false;
    }
}

/* known: some role of the principal is in the place's catalog, or above all. */
static int grants_weigh(struct store *store, struct span principal, uint16_t action,
                        const struct place *place, bool *allowed, bool *known)
{
    int got;
    *allowed = *known = false;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_OF_PRINCIPAL);
    bind_text(s, 1, principal);
    bind_number(s, 2, place->catalog);
    bind_text(s, 3, place->subscription);
    bind_text(s, 4, place->resource_group);
    while ((got = statement_step(&store->db, s)) == 1) {
        const struct grant grant = {column_number(s, 0), column_number(s, 1), column_number(s, 2),
                                    column_number(s, 3), column_number(s, 4), column_number(s, 5),
                                    column_number(s, 6) != 0};
        if (grant.level == LEVEL_SERVICE || grant.above || (place->catalog && grant.catalog == place->catalog))
            *known = true;
        if (grant.role < ROLE_COUNT && grant_covers(&grant, place) &&
            access_role_allows((uint16_t)grant.role, action))
            *allowed = true;
    }
    statement_done(s);
    if (got < 0)
        *allowed = *known = false;
    return got;
}

int access_place(struct store *store, const struct store_scope *scope, struct span device,
                 struct place *place)
{
    uint8_t device_id[64];
    int err = 0;
    *place = (struct place){0};
    if (scope->catalog.len)
        err = place_find(store, scope,
                         scope->group.len     ? PLACE_GROUP
                         : scope->product.len ? PLACE_PRODUCT
                                              : PLACE_CATALOG,
                         place);
    place->subscription = scope->subscription;
    place->resource_group = scope->resource_group;
    if (!scope->catalog.len)
        return 0;
    if (err == E_MISSING)
        return 0; /* what was found stands in place */
    if (err || hex_decode(device, device_id, sizeof device_id) != 0)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_DEVICE_FIND);
    bind_bytes(s, 1, device_id, sizeof device_id);
    int got = statement_step(&store->db, s);
    /* A role on a device opens no path but the one it stands at. */
    if (got == 1 && column_number(s, 1) == place->catalog && column_number(s, 2) == place->group)
        place->device = column_number(s, 0);
    statement_done(s);
    return got < 0 ? got : 0;
}

int access_verdict(struct store *store, const struct store_caller *caller, uint16_t *verdict)
{
    struct place place;
    bool allowed, known;
    *verdict = VERDICT_REFUSED;
    int revoked = operator_revoked(store, caller->serial);
    if (revoked < 0)
        return revoked;
    if (revoked) {
        *verdict = VERDICT_REVOKED;
        return 0;
    }
    if (caller->principal.len == 0 || caller->action == ACCESS_NONE || caller->action >= ACCESS_ACTION_COUNT)
        return 0;
    if (access_actions[caller->action].flags & ACTION_SIGNED_IN) {
        *verdict = VERDICT_ALLOWED;
        return 0;
    }
    int err = access_place(store, &caller->scope, caller->device, &place);
    if (!err)
        err = grants_weigh(store, caller->principal, caller->action, &place, &allowed, &known);
    if (err)
        return err;
    *verdict = allowed                              ? VERDICT_ALLOWED
               : known || !caller->scope.catalog.len ? VERDICT_REFUSED
                                                    : VERDICT_HIDDEN;
    return 0;
}

int access_require(struct store *store, enum access_action action, const struct place *place)
{
    bool allowed, known;
    if (!store->caller)
        return 0;
    int err = grants_weigh(store, store->caller->principal, (uint16_t)action, place, &allowed, &known);
    return err ? err : allowed ? 0 : E_DENIED;
}

/* -- operations -------------------------------------------------------------- */

int op_authorize(struct store *store, struct span payload, struct answer *answer)
{
    struct store_caller caller;
    struct store_verdict verdict;
    int err = record_parse(&store_caller_type, payload, &caller);
    if (!err)
        err = access_verdict(store, &caller, &verdict.verdict);
    if (!err && verdict.verdict != VERDICT_ALLOWED &&
        (access_actions[caller.action].flags & ACTION_CHANGES))
        err = audit_append(store, &caller, verdict.verdict == VERDICT_HIDDEN    ? "ResourceNotFound"
                                           : verdict.verdict == VERDICT_REVOKED ? "AuthenticationFailed"
                                                                                : "AuthorizationFailed");
    return err ? err : answer_add(answer, &store_verdict_type, &verdict);
}

static const char *outcome_of(int err)
{
    switch (err) {
    case 0:
        return "Succeeded";
    case E_DENIED:
        return "AuthorizationFailed";
    case E_NOT_FOUND:
        return "ResourceNotFound";
    case E_MISSING:
        return "ParentResourceNotFound";
    case E_CONFLICT:
    case E_EXISTS:
    case E_STATE:
        return "Conflict";
    default:
        return "ResourceCreationValidateFailed";
    }
}

/* Inside a mark of its own, so that a refusal leaves nothing but its record. */
static int ask_run(struct store *store, const struct store_operation *operation, const struct store_ask *ask,
                   struct answer *reply, int *outcome)
{
    uint16_t verdict;
    int err = access_verdict(store, &ask->caller, &verdict);
    if (err)
        return err;
    if (verdict != VERDICT_ALLOWED) { /* it was allowed a moment ago */
        *outcome = E_DENIED;
        return 0;
    }
    if ((err = database_mark(&store->db)) != 0)
        return err;
    store->caller = &ask->caller;
    *outcome = operation->run(store, ask->payload, reply);
    store->caller = NULL;
    err = *outcome ? database_undo(&store->db) : database_keep(&store->db);
    return !err && !error_is_outcome(*outcome) ? *outcome : err;
}

int ask_carry_out(struct store *store, const struct store_ask *ask, struct answer *reply, int *outcome)
{
    const struct store_operation *operation;
    *outcome = 0;
    int err = operation_find(PEER_API, ask->operation, &operation);
    if (!err && (operation_is_direct(ask->operation) || ask->payload.len > operation->request_max))
        err = E_DENIED;
    if (!err)
        err = ask_run(store, operation, ask, reply, outcome);
    if (*outcome)
        answer_release(reply);
    if (!err && (access_actions[ask->caller.action].flags & ACTION_CHANGES))
        err = audit_append(store, &ask->caller, outcome_of(*outcome));
    return err;
}

int op_ask(struct store *store, struct span payload, struct answer *answer)
{
    struct store_ask ask;
    struct answer reply = {0};
    int outcome = 0, err = record_parse(&store_ask_type, payload, &ask);
    if (!err)
        err = ask_carry_out(store, &ask, &reply, &outcome);
    const struct store_asked asked = {.error = (uint16_t)-outcome, .reply = span_of(reply.at, reply.len)};
    if (!err)
        err = answer_add(answer, &store_asked_type, &asked);
    answer_release(&reply);
    return err;
}
