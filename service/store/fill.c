/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri-store-fill: devices by the hundred thousand, registered and claimed into one group, for
 * measurements (bench/large.c) and disk_test.  Straight into the database of a service that is stopped: no
 * API, no roles and no audit log, so it is never installed.
 *   peri-store-fill FOLDER DATABASE SUBSCRIPTION RESOURCE_GROUP CATALOG PRODUCT GROUP
 * FOLDER: <data>/store; DATABASE: as in service.json, "" for SQLite.  Device ids in hex, one a
 * line, on standard input; each must be new.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "service/store/operations.h"

enum { TOGETHER = 5000, LINE_BYTES = 256 };

static struct store store;

static struct span text_of(const char *text) { return span_of(text, strlen(text)); }

static int device_add(const uint8_t id[static 64], const struct place *place, uint64_t sequence)
{
    uint64_t row;
    int err = device_insert(&store, id, text_of("MT3620AN"), &row);
    return err ? err : device_place(&store, row, place->catalog, place->group, sequence);
}

/* One transaction; *count: devices of it, 0 at the end of the input. */
static int some_add(const struct store_scope *scope, unsigned *count)
{
    char line[LINE_BYTES];
    uint8_t id[64];
    struct place place;
    uint64_t sequence;
    *count = 0;
    int err = database_begin(&store.db);
    if (!err)
        err = place_find(&store, scope, PLACE_GROUP, &place);
    if (!err)
        err = counter_next(&store.db, &sequence);
    while (!err && *count < TOGETHER && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        err = hex_decode(text_of(line), id, sizeof id) == 0 ? device_add(id, &place, sequence) : E_MALFORMED;
        (*count)++;
    }
    if (!err)
        err = devices_counted(&store, 0, 0, *count);
    if (!err)
        err = devices_counted(&store, place.catalog, place.group, *count);
    return err ? err : database_commit(&store.db, true);
}

int main(int argc, char **argv)
{
    unsigned count = 1;
    if (argc != 8) {
        fprintf(stderr, "usage: peri-store-fill FOLDER DATABASE SUBSCRIPTION RESOURCE_GROUP CATALOG PRODUCT GROUP <IDS\n");
        return 2;
    }
    const struct store_scope scope = {.subscription = text_of(argv[3]), .resource_group = text_of(argv[4]),
                                      .catalog = text_of(argv[5]), .product = text_of(argv[6]), .group = text_of(argv[7])};
    int err = store_open(&store, argv[1], argv[2], NULL);
    if (err)
        return 1; /* it has said why */
    while (!err && count)
        err = some_add(&scope, &count);
    if (err)
        fprintf(stderr, "peri-store-fill: %s\n", err_text(err));
    store_close(&store);
    return err ? 1 : 0;
}
