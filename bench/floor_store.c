/* SPDX-License-Identifier: BSD-2-Clause */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/floor_parts.h"
#include "bench/load.h"

enum { PATH_BYTES = 4096 + 32, DEVICE_ID_BYTES = 64, SERIAL_BYTES = 16, KEY_BYTES = 64, GUID = 16 };

/* As service/store/database/sqlite.c and its migrations have them. */
static const char set_up[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA cache_size = -4096;"
    "CREATE TABLE device (id INTEGER PRIMARY KEY, device_id BLOB NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE certificate (serial BLOB PRIMARY KEY, device INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " tenant BLOB NOT NULL, not_before_s INTEGER NOT NULL, not_after_s INTEGER NOT NULL, key BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX certificate_by_device ON certificate (device, not_after_s);";

static struct {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *look, *record;
    bool open;
    uint64_t count;
} store;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: floor: %s: %s\n", what, store.db ? sqlite3_errmsg(store.db) : "no database");
    _exit(1); /* a process of floor.c's: nothing of the program around it is to be ended */
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *s = NULL;
    need(sqlite3_prepare_v3(store.db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) == SQLITE_OK, sql);
    return s;
}

static void run(sqlite3_stmt *s, int want)
{
    need(sqlite3_step(s) == want, "step");
    sqlite3_reset(s);
}

static void id_make(unsigned device, uint8_t id[static DEVICE_ID_BYTES])
{
    memset(id, 0, DEVICE_ID_BYTES);
    id[0] = (uint8_t)(device * 167); /* spread, as keys are */
    id[1] = (uint8_t)device;
}

static void path_make(const char *folder, const char *end, char path[static PATH_BYTES])
{
    if (snprintf(path, PATH_BYTES, "%s.floor%s", folder, end) >= PATH_BYTES) {
        fprintf(stderr, "bench: floor: path too long\n");
        _exit(1);
    }
}

void floor_store_open(const char *folder)
{
    char path[PATH_BYTES];
    path_make(folder, "", path);
    need(sqlite3_open(path, &store.db) == SQLITE_OK && sqlite3_exec(store.db, set_up, NULL, NULL, NULL) == SQLITE_OK, path);
    sqlite3_stmt *device = prepare("INSERT INTO device VALUES (?1, ?2)");
    for (unsigned i = 0; i < LOAD_FLEET; i++) {
        uint8_t id[DEVICE_ID_BYTES];
        id_make(i, id);
        sqlite3_bind_int64(device, 1, (int64_t)i + 1);
        sqlite3_bind_blob(device, 2, id, sizeof id, SQLITE_TRANSIENT);
        run(device, SQLITE_DONE);
    }
    sqlite3_finalize(device);
    store.begin = prepare("BEGIN IMMEDIATE");
    store.commit = prepare("COMMIT");
    store.look = prepare("SELECT id FROM device WHERE device_id = ?1");
    store.record = prepare("INSERT INTO certificate VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)");
}

void floor_store_look(unsigned device)
{
    uint8_t id[DEVICE_ID_BYTES];
    id_make(device % LOAD_FLEET, id);
    sqlite3_bind_blob(store.look, 1, id, sizeof id, SQLITE_STATIC);
    run(store.look, SQLITE_ROW);
}

/* Serials are random in the service, so each row goes to a page of its own. */
static void serial_make(uint8_t serial[static SERIAL_BYTES])
{
    uint64_t spread = ++store.count * 0x9e3779b97f4a7c15u;
    memset(serial, 0, SERIAL_BYTES);
    for (unsigned i = 0; i < sizeof spread; i++)
        serial[i] = (uint8_t)(spread >> (56 - 8 * i));
}

void floor_store_record(unsigned device)
{
    uint8_t serial[SERIAL_BYTES], key[KEY_BYTES] = {1}, tenant[GUID] = {0};
    if (!store.open)
        run(store.begin, SQLITE_DONE);
    store.open = true;
    serial_make(serial);
    sqlite3_bind_blob(store.record, 1, serial, sizeof serial, SQLITE_STATIC);
    sqlite3_bind_int64(store.record, 2, (int64_t)(device % LOAD_FLEET) + 1);
    sqlite3_bind_blob(store.record, 3, tenant, sizeof tenant, SQLITE_STATIC);
    sqlite3_bind_int64(store.record, 4, 1796000000);
    sqlite3_bind_int64(store.record, 5, 1796086400 + (int64_t)(store.count / 1000));
    sqlite3_bind_blob(store.record, 6, key, sizeof key, SQLITE_STATIC);
    run(store.record, SQLITE_DONE);
}

void floor_store_commit(void)
{
    if (store.open)
        run(store.commit, SQLITE_DONE);
    store.open = false;
}

void floor_store_remove(const char *folder)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".log"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[PATH_BYTES];
        path_make(folder, ends[i], path);
        (void)unlink(path);
    }
}
