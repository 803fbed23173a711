/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device on its way to another owner: the one it has lets it go with a token, and whoever
 * claims it with that token has it.  Until then it stays where it is.
 * Source: docs/spec/handover.md.
 *
 * Token, 137 bytes:
 *   off size field
 *     0    1 version    1
 *     1   16 name       of this release: a later one, a use or a recall ends it
 *    17   64 device     its id
 *    81   16 target     the tenant that may take it; zero: any
 *    97    8 expires    Unix seconds, little-endian
 *   105   32 mac        HMAC-SHA-256 of all before it, by a key of the store's
 * Trust: a token is as hostile as any request until its mac and its row have been looked at.
 */
#include <stdio.h>
#include <string.h>

#include "lib/ct.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "service/store/operations.h"

enum { VERSION = 1, SIGNED_BYTES = 105, TOKEN_BYTES = SIGNED_BYTES + 32 };

static const char use[] = "device release";

struct token {
    uint8_t name[16], device_id[64], target[16];
    uint64_t expires_s;
};

static int token_write(struct store *store, const struct token *token, uint8_t bytes[static TOKEN_BYTES])
{
    struct writer w = writer_of(bytes, SIGNED_BYTES);
    writer_u8(&w, VERSION);
    writer_bytes(&w, token->name, sizeof token->name);
    writer_bytes(&w, token->device_id, sizeof token->device_id);
    writer_bytes(&w, token->target, sizeof token->target);
    writer_u64le(&w, token->expires_s);
    return w.err ? w.err : vault_mac(store->db.vault, use, writer_view(&w), bytes + SIGNED_BYTES);
}

/* E_MALFORMED: not one of ours. */
static int token_read(struct store *store, struct span bytes, struct token *token)
{
    uint8_t mac[32];
    struct cursor c = cursor_of(bytes);
    if (bytes.len != TOKEN_BYTES)
        return E_MALFORMED;
    int err = vault_mac(store->db.vault, use, span_of(bytes.at, SIGNED_BYTES), mac);
    if (err)
        return err;
    if (!ct_equal(mac, bytes.at + SIGNED_BYTES, sizeof mac) || cursor_u8(&c) != VERSION)
        return E_MALFORMED;
    cursor_copy(&c, token->name, sizeof token->name);
    cursor_copy(&c, token->device_id, sizeof token->device_id);
    cursor_copy(&c, token->target, sizeof token->target);
    token->expires_s = cursor_u64le(&c);
    return c.err ? E_MALFORMED : 0;
}

static int handover_delete(struct store *store, uint64_t device, bool *was)
{
    struct statement *s = statement_get(&store->db, STATEMENT_HANDOVER_DELETE);
    bind_number(s, 1, device);
    int err = statement_run(&store->db, s);
    *was = !err && database_changes(&store->db) == 1;
    return err;
}

int op_device_release(struct store *store, struct span payload, struct answer *answer)
{
    struct store_device_release put;
    struct place place;
    struct device device;
    struct token token = {0};
    uint8_t bytes[TOKEN_BYTES];
    int err = record_parse(&store_device_release_type, payload, &put);
    if (!err && put.lifetime_s == 0)
        err = E_LIMIT;
    if (!err)
        err = device_at(store, &put.scope, &place, &device);
    if (!err)
        err = random_guid(token.name);
    if (err)
        return err;
    token.expires_s = database_now_ms(&store->db) / 1000 + put.lifetime_s;
    if (put.has_target)
        memcpy(token.target, put.target, sizeof token.target);
    if (hex_decode(put.scope.name, token.device_id, sizeof token.device_id) != 0)
        return E_NOT_FOUND;
    struct statement *s = statement_get(&store->db, STATEMENT_HANDOVER_PUT);
    bind_number(s, 1, device.id);
    bind_number(s, 2, device.catalog);
    bind_bytes(s, 3, token.name, sizeof token.name);
    bind_text(s, 4, store->caller ? store->caller->principal : span_of(NULL, 0));
    bind_number(s, 5, token.expires_s);
    err = statement_run(&store->db, s);
    if (!err)
        err = token_write(store, &token, bytes);
    const struct store_row_token row = {span_of(bytes, sizeof bytes), token.expires_s};
    if (!err)
        err = answer_add(answer, &store_row_token_type, &row);
    return err ? err : answer_rows(answer, true, 0);
}

int op_device_keep(struct store *store, struct span payload, struct answer *answer)
{
    struct store_query query;
    struct place place;
    struct device device;
    bool was = false;
    int err = record_parse(&store_query_type, payload, &query);
    if (!err)
        err = device_at(store, &query.scope, &place, &device);
    if (!err)
        err = handover_delete(store, device.id, &was);
    if (!err && !was)
        err = E_NOT_FOUND;
    return err ? err : answer_rows(answer, false, 0);
}

/* The release must still stand, and the device where it was released from. */
static int release_stands(struct store *store, const struct token *token, const struct device *device)
{
    struct statement *s = statement_get(&store->db, STATEMENT_HANDOVER_FIND);
    bind_number(s, 1, device->id);
    bind_bytes(s, 2, token->name, sizeof token->name);
    int got = statement_step(&store->db, s);
    uint64_t catalog = got == 1 ? column_number(s, 0) : 0;
    statement_done(s);
    return got < 0 ? got : got == 1 && catalog && catalog == device->catalog ? 0 : E_NOT_FOUND;
}

/* Who had it finds in the log that it went; where to is the new owner's business. */
static int former_record(struct store *store, uint64_t catalog, const uint8_t device_id[static 64])
{
    char path[STORE_PATH_MAX + 1], hex[129];
    static const char detail[] = "taken with a release token: the device has another owner now";
    hex_encode(device_id, 64, hex);
    struct statement *s = statement_get(&store->db, STATEMENT_CATALOG_ROW);
    bind_number(s, 1, catalog);
    int got = statement_step(&store->db, s);
    int len = 0;
    if (got == 1) {
        struct span subscription = column_span(s, 0), group = column_span(s, 1), name = column_span(s, 2);
        len = snprintf(path, sizeof path,
                       "/subscriptions/%.*s/resourceGroups/%.*s/providers/Microsoft.AzureSphere/catalogs/%.*s/devices/%s",
                       (int)subscription.len, (const char *)subscription.at, (int)group.len, (const char *)group.at,
                       (int)name.len, (const char *)name.at, hex);
    }
    statement_done(s);
    if (got != 1 || len <= 0 || (size_t)len >= sizeof path)
        return got < 0 ? got : E_INTERNAL;
    const struct store_caller caller = {.principal = span_of("perisphered", 11),
                                        .action = ACCESS_DEVICES_RELEASE,
                                        .path = span_of(path, (size_t)len),
                                        .detail = span_of(detail, sizeof detail - 1)};
    return audit_append(store, &caller, "Succeeded");
}

/* Roles on the device were the former owner's to give, and who revoked it is that owner's to know; its reports stay
 * with that catalog. */
static int device_take(struct store *store, const struct device *device, const struct place *place,
                       const struct token *token)
{
    bool was;
    int err = handover_delete(store, device->id, &was);
    if (err)
        return err;
    struct statement *s = statement_get(&store->db, STATEMENT_ROLE_DEVICE_DELETE);
    bind_number(s, 1, device->id);
    err = statement_run(&store->db, s);
    if (!err) {
        s = statement_get(&store->db, STATEMENT_DEVICE_REVOKER_FORGET);
        bind_number(s, 1, device->id);
        err = statement_run(&store->db, s);
    }
    if (!err)
        err = device_assign(store, device, place->catalog, place->group);
    return err ? err : former_record(store, device->catalog, token->device_id);
}

int op_device_take(struct store *store, struct span payload, struct answer *answer)
{
    static const uint8_t any[16];
    struct store_device_take put;
    struct place place;
    struct device device;
    struct token token;
    int err = record_parse(&store_device_take_type, payload, &put);
    if (!err)
        err = token_read(store, put.token, &token);
    if (!err)
        err = place_find(store, &put.scope, PLACE_GROUP, &place);
    if (err)
        return err;
    if (database_now_ms(&store->db) / 1000 >= token.expires_s)
        return E_STALE;
    if (memcmp(token.target, any, sizeof any) != 0 && memcmp(token.target, place.tenant, sizeof any) != 0)
        return E_BINDING;
    err = device_find(store, token.device_id, &device);
    if (!err)
        err = release_stands(store, &token, &device);
    if (!err && device.catalog == place.catalog)
        err = E_CONFLICT; /* it is here already */
    if (!err)
        err = device_take(store, &device, &place, &token);
    if (!err)
        err = device_row(store, device.id, answer);
    return err ? err : answer_rows(answer, true, 0);
}
