/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the store's operations: a store of its own in this process, on SQLite or
 * PostgreSQL, and each operation as a batch of one.
 */
#ifndef PERI_SERVICE_STORE_STORE_FIXTURE_TEST_H
#define PERI_SERVICE_STORE_STORE_FIXTURE_TEST_H

#include <ftw.h>
#include <unistd.h>

#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/image.h"
#include "service/store/batch.h"
#include "tests/check.h"
#include "tests/postgresql.h"

#define T(s) span_of(s, sizeof(s) - 1)

static struct {
    char folder[64];
    bool on_postgresql;
    struct postgresql_server server;
    struct store store;
    struct batch batch;
    int status;
    uint8_t reply[1 << 20];
    size_t len;
    unsigned replies;
} fx;

static void fixture_replied(void *token, int status, struct span payload)
{
    (void)token;
    fx.replies++;
    fx.status = status;
    fx.len = payload.len;
    REQUIRE(payload.len <= sizeof fx.reply);
    if (payload.len)
        memcpy(fx.reply, payload.at, payload.len);
}

/* "postgresql" in the arguments: there; else on SQLite. */
static inline void fixture_begin(int argc, char **argv)
{
    fx.on_postgresql = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    strcpy(fx.folder, "/tmp/perisphere-store-XXXXXX");
    REQUIRE(mkdtemp(fx.folder) != NULL);
    if (fx.on_postgresql)
        postgresql_server_start(&fx.server);
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
}

static int fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void fixture_end(void)
{
    store_close(&fx.store);
    if (fx.on_postgresql)
        postgresql_server_stop(&fx.server);
    nftw(fx.folder, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static int fixture_call(unsigned peer, uint16_t number, struct span payload)
{
    const struct store_operation *op;
    fx.len = 0;
    if (operation_find(peer, number, &op) != 0)
        return E_DENIED;
    (void)batch_take(&fx.batch, op, payload, NULL);
    CHECK_INT(batch_end(&fx.batch), 0);
    return fx.status;
}

/* An operation of api, without a caller: everything is allowed. */
static inline int fixture_api(uint16_t number, const struct record_type *type, const void *record)
{
    static uint8_t bytes[17 << 20]; /* an image of the greatest size, too */
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(record_write(type, record, &w) == 0);
    return fixture_call(PEER_API, number, writer_view(&w));
}

/* The reply's rows; views into it. */
static inline struct store_rows fixture_rows(void)
{
    struct store_rows rows;
    CHECK_INT(record_parse(&store_rows_type, span_of(fx.reply, fx.len), &rows), 0);
    return rows;
}

static inline struct store_scope fixture_scope(const char *catalog, const char *product, const char *group)
{
    return (struct store_scope){.subscription = T("00000000-0000-0000-0000-0000000000aa"),
                                .resource_group = T("rg"),
                                .catalog = span_of(catalog, strlen(catalog)),
                                .product = span_of(product, strlen(product)),
                                .group = span_of(group, strlen(group))};
}

/* Catalog, product and group as far as they are named. */
static inline void fixture_place(const char *catalog, const char *product, const char *group)
{
    const struct store_catalog_put c = {.scope = fixture_scope(catalog, "", ""), .actor = T("olga")};
    const struct store_product_put p = {.scope = fixture_scope(catalog, product, "")};
    const struct store_group_put g = {.scope = fixture_scope(catalog, product, group)};
    CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &c), 0);
    if (*product)
        CHECK_INT(fixture_api(STORE_OP_PRODUCT_PUT, &store_product_put_type, &p), 0);
    if (*group)
        CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &g), 0);
}

/* Device number n: its id begins with the number, big-endian. */
static inline void fixture_device_id(unsigned n, uint8_t id[static 64])
{
    memset(id, 0xd0, 64);
    for (size_t i = 0; i < 4; i++)
        id[i] = (uint8_t)(n >> (24 - 8 * i));
}

static inline void fixture_register(unsigned n)
{
    struct store_device_register put = {.chip_sku = T("MT3620AN")};
    fixture_device_id(n, put.device_id);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_REGISTER, &store_device_register_type, &put), 0);
}

static inline int fixture_claim(unsigned n, struct store_scope scope)
{
    static struct store_device_claim put;
    put = (struct store_device_claim){.scope = scope, .count = 1};
    fixture_device_id(n, put.device[0].id);
    return fixture_api(STORE_OP_DEVICE_CLAIM, &store_device_claim_type, &put);
}

#endif
