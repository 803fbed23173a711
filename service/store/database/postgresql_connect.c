/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PostgreSQL: connections, the schema, and what became of a commit whose answer
 * was lost.
 *
 * Tables of the driver's own, beside those of migrations/:
 *   perisphere        one row: the number of the schema
 *   transaction_mark  a random token of each transaction that wrote, kept for a day
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "service/store/database/dialect.h"
#include "service/store/database/postgresql.h"

enum {
    ATTEMPTS_MAX = 12,
    DOWN_SAY_MS = 1000, /* what is over sooner is nobody's concern */
    DOWN_MS = 10000, /* then requests fail at once until the database is back */
    OUTCOME_ATTEMPTS_MAX = 16,
};

static struct postgresql *own(const struct database *db) { return db->own; }

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Half of it by chance, so that two who met do not meet again. */
static void pause_ms(unsigned first, unsigned attempt, unsigned most)
{
    uint32_t chance = 0;
    unsigned long ms = (unsigned long)first << (attempt < 10 ? attempt : 10);
    ms = ms > most ? most : ms;
    (void)!getrandom(&chance, sizeof chance, GRND_NONBLOCK);
    ms = ms / 2 + chance % (ms / 2 + 1);
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static void notice_drop(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* -- connections --------------------------------------------------------- */

static const char settings[] =
    "SET standard_conforming_strings = on;"
    "SET client_min_messages = error;"
    "SET lock_timeout = '5s';"
    "SET idle_in_transaction_session_timeout = '60s';"
    /* an acknowledged write is on disk, whatever the server's own setting is */
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')";

static int connected(struct database *db, PGconn *conn, bool say)
{
    struct postgresql *pg = own(db);
    if (pg->pq->PQstatus(conn) != CONNECTION_OK) {
        const char *why = pg->pq->PQerrorMessage(conn);
        if (say) /* its first line: the rest guesses */
            fprintf(stderr, "store: cannot reach the database: %.*s\n", (int)strcspn(why, "\n"), why);
        pg->pq->PQfinish(conn);
        return E_NETWORK;
    }
    pg->pq->PQsetNoticeProcessor(conn, notice_drop, NULL);
    pg->conn = conn;
    memset(pg->prepared, 0, sizeof pg->prepared);
    int err = postgresql_execute(db, settings, NULL);
    if (err) {
        pg->pq->PQfinish(conn);
        pg->conn = NULL;
    }
    return err;
}

static void option_keep(struct postgresql *pg, const char *keyword, const char *value)
{
    size_t at = 0;
    while (pg->keyword[at] && strcmp(pg->keyword[at], keyword) != 0)
        at++;
    if (at >= CONNECT_OPTIONS_MAX - 1 || !value || !*value)
        return;
    if (!pg->keyword[at])
        pg->keyword[at] = strdup(keyword);
    free(pg->value[at]);
    pg->value[at] = strdup(value);
}

/* Later connections are made from what this one found. */
static void options_keep(struct postgresql *pg)
{
    PQconninfoOption *all = pg->pq->PQconninfo(pg->conn);
    const char *host = NULL;
    for (const PQconninfoOption *o = all; o && o->keyword; o++) {
        option_keep(pg, o->keyword, o->val);
        if (strcmp(o->keyword, "host") == 0)
            host = o->val;
    }
    if (host && host[0] != '/' && host[0] != '@') {
        pg->port = (uint16_t)strtoul(pg->pq->PQport(pg->conn), NULL, 10);
        if (!strchr(host, ',')) /* of several hosts, each must be an address already */
            option_keep(pg, "hostaddr", pg->pq->PQhostaddr(pg->conn));
    }
    option_keep(pg, "password", pg->pq->PQpass(pg->conn));
    pg->pq->PQconninfoFree(all);
}

/* libpq looks for a client's certificate below $HOME, also where none is wanted, and takes "you may not look
 * there" for a failure: the store's user may not look into the home of root, who starts the service. */
static void home_leave(void)
{
    char path[PATH_MAX];
    struct stat found;
    const char *home = getenv("HOME");
    if (home && *home && snprintf(path, sizeof path, "%s/.postgresql/postgresql.crt", home) < (int)sizeof path &&
        stat(path, &found) != 0 && errno != ENOENT && errno != ENOTDIR)
        (void)setenv("HOME", "/nonexistent", 1);
}

/* Files that the address names without a folder of their own are the data's, whatever folder a command was given
 * in: "store/ca.pem" is in the store's.  value[i] is malloc'd, NULL: none.  False: no memory. */
static bool files_place(const struct postgresql *pg, const char *folder, const char *url, char *value[static LIBPQ_FILE_OPTIONS])
{
    PQconninfoOption *all = pg->pq->PQconninfoParse(url, NULL); /* NULL: connecting says why */
    bool good = true;
    for (const PQconninfoOption *o = all; o && o->keyword; o++)
        for (size_t i = 0; libpq_file_is_relative(o) && i < LIBPQ_FILE_OPTIONS; i++) {
            if (strcmp(o->keyword, libpq_file_options[i]) != 0)
                continue;
            size_t cap = strlen(folder) + sizeof "/../" + strlen(o->val);
            value[i] = malloc(cap);
            good = good && value[i];
            if (value[i])
                snprintf(value[i], cap, "%s/../%s", folder, o->val);
        }
    pg->pq->PQconninfoFree(all);
    return good;
}

/* They are read at each connection: under confinement from nowhere but the store's folder, and what came up
 * would go down with its first connection. */
static int certificate_files_check(const struct postgresql *pg, const char *folder)
{
    char inside[PATH_MAX], file[PATH_MAX];
    if (!realpath(folder, inside))
        return E_IO;
    size_t len = strlen(inside);
    for (size_t at = 0; pg->keyword[at]; at++)
        for (size_t i = 0; i < LIBPQ_FILE_OPTIONS - 1; i++) {
            const char *value = pg->value[at];
            if (strcmp(pg->keyword[at], libpq_file_options[i]) != 0 || !value || strcmp(value, "system") == 0)
                continue;
            if (realpath(value, file) && strncmp(file, inside, len) == 0 && file[len] == '/')
                continue;
            fprintf(stderr, "store: %s=%s of the database's address is not below %s, and the process reads nothing else: "
                            "copy the file there\n", libpq_file_options[i], value, inside);
            return E_DENIED;
        }
    return 0;
}

static int connect_first(struct database *db, const char *folder, const char *url)
{
    struct postgresql *pg = own(db);
    enum { OURS = 7 };
    /* url may say otherwise */
    const char *keyword[OURS + LIBPQ_FILE_OPTIONS + 1] = {"application_name", "client_encoding", "gssencmode", "connect_timeout",
                                                          "keepalives_idle", "tcp_user_timeout", "dbname"};
    const char *value[OURS + LIBPQ_FILE_OPTIONS + 1] = {"perisphere", "UTF8", "disable", "5", "10", "20000", url};
    char *placed[LIBPQ_FILE_OPTIONS] = {0};
    int err = files_place(pg, folder, url, placed) ? 0 : E_NOMEM;
    for (size_t i = 0, at = OURS; i < LIBPQ_FILE_OPTIONS; i++)
        if (placed[i]) {
            keyword[at] = libpq_file_options[i];
            value[at++] = placed[i];
        }
    home_leave();
    if (!err)
        err = connected(db, pg->pq->PQconnectdbParams(keyword, value, 1), true);
    for (size_t i = 0; i < LIBPQ_FILE_OPTIONS; i++)
        free(placed[i]);
    if (err)
        return err;
    options_keep(pg);
    return certificate_files_check(pg, folder);
}

int postgresql_reconnect(struct database *db)
{
    struct postgresql *pg = own(db);
    if (pg->conn)
        pg->pq->PQfinish(pg->conn);
    pg->conn = NULL;
    int err = connected(db, pg->pq->PQconnectdbParams((const char *const *)pg->keyword,
                                                      (const char *const *)pg->value, 0), false);
    int64_t now = monotonic_ms();
    if (!err) {
        if (pg->down_said)
            fprintf(stderr, "store: the database is back\n");
        pg->down_since_ms = 0;
        pg->down_said = false;
        return 0;
    }
    if (!pg->down_since_ms)
        pg->down_since_ms = now;
    if (now - pg->down_since_ms > DOWN_SAY_MS && !pg->down_said) {
        fprintf(stderr, "store: the database cannot be reached; trying again\n");
        pg->down_said = true;
    }
    return E_NETWORK;
}

bool postgresql_recover(struct database *db, unsigned attempt)
{
    struct postgresql *pg = own(db);
    if (attempt >= ATTEMPTS_MAX)
        return false;
    if (!postgresql_lost(pg)) {
        pause_ms(2, attempt, 250);
        return true;
    }
    if (pg->down_since_ms && monotonic_ms() - pg->down_since_ms > DOWN_MS && attempt > 0)
        return false;
    if (pg->down_since_ms) /* not when it merely went: then it can be had again */
        pause_ms(50, attempt, 1500);
    return true; /* the next begin connects */
}

int postgresql_outcome(struct database *db, const char *token)
{
    struct postgresql *pg = own(db);
    char sql[128];
    snprintf(sql, sizeof sql, "INSERT INTO transaction_mark VALUES ('\\x%s', %llu)", token,
             (unsigned long long)database_now_ms(db));
    /* Writing the token ourselves waits for the lost transaction, if it still runs;
     * if it did not write, or was undone, it never can any more. */
    for (unsigned attempt = 0; attempt < OUTCOME_ATTEMPTS_MAX; attempt++) {
        pause_ms(20, attempt, 1000);
        if (postgresql_lost(pg) && postgresql_reconnect(db) != 0)
            continue;
        int err = postgresql_execute(db, sql, NULL);
        if (err == E_CONFLICT) {
            db->again = false;
            return 0;
        }
        if (!err) {
            db->again = true;
            return E_NETWORK;
        }
    }
    fprintf(stderr, "store: the connection was lost during a commit, and the database cannot be asked what became of it\n");
    db->again = false;
    return E_NETWORK;
}

/* -- opening ------------------------------------------------------------- */

int postgresql_number(struct database *db, const char *sql, int64_t *value)
{
    struct postgresql *pg = own(db);
    PGresult *result = NULL;
    int err = postgresql_execute(db, sql, &result);
    *value = -1;
    if (err)
        return err;
    if (pg->pq->PQntuples(result) == 1)
        *value = strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10);
    pg->pq->PQclear(result);
    return 0;
}

static int migrate(struct database *db, int64_t from)
{
    char done[96];
    for (int64_t v = from; v < DATABASE_SCHEMA; v++) {
        char *sql = dialect_schema(database_migrations[v]);
        int err = sql ? postgresql_execute(db, sql, NULL) : E_NOMEM;
        free(sql);
        snprintf(done, sizeof done, "UPDATE perisphere SET schema = %d", (int)v + 1);
        if (!err)
            err = postgresql_execute(db, done, NULL);
        if (err)
            return err;
    }
    return 0;
}

/* Inside a transaction that keeps others who start at the same moment waiting. */
static int schema_bring(struct database *db)
{
    static const char made[] =
        "CREATE TABLE perisphere (schema BIGINT NOT NULL);"
        "INSERT INTO perisphere VALUES (0);"
        "CREATE TABLE transaction_mark (token BYTEA PRIMARY KEY, made_ms BIGINT NOT NULL);"
        "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    int64_t utf8, read_only, ours, tables, version = 0;
    int err = postgresql_number(db, "SELECT (current_setting('server_encoding') = 'UTF8')::int", &utf8);
    if (!err)
        err = postgresql_number(db, "SELECT (current_setting('transaction_read_only') = 'on')::int", &read_only);
    if (!err)
        err = postgresql_number(db, "SELECT (to_regclass('perisphere') IS NOT NULL)::int", &ours);
    if (!err)
        err = postgresql_number(db, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()", &tables);
    if (err)
        return err;
    if (utf8 != 1) {
        fprintf(stderr, "store: the database is not in UTF-8: create it with  ENCODING 'UTF8'\n");
        return E_UNSUPPORTED;
    }
    if (read_only) {
        fprintf(stderr, "store: the database is read-only: name the primary, not a standby\n");
        return E_IO;
    }
    if (!ours && tables) {
        fprintf(stderr, "store: the database holds tables of others: give the service one of its own\n");
        return E_CORRUPT;
    }
    err = ours ? postgresql_number(db, "SELECT schema FROM perisphere", &version) : postgresql_execute(db, made, NULL);
    if (err)
        return err;
    if (version < 0 || version > DATABASE_SCHEMA) {
        fprintf(stderr, "store: the database has schema %lld, this program knows up to %d: use the newer program\n",
                (long long)version, DATABASE_SCHEMA);
        return E_VERSION;
    }
    return migrate(db, version);
}

static int statements_make(struct database *db)
{
    struct postgresql *pg = own(db);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        pg->sql[i] = dialect_statement(statement_sql[i], &db->statement[i].count);
        pg->writes[i] = strncmp(statement_sql[i], "SELECT", 6) != 0;
        db->statement[i].own = calloc(1, sizeof(struct postgresql_rows));
        if (!pg->sql[i] || !db->statement[i].own)
            return E_NOMEM;
        if (db->statement[i].count > STATEMENT_VALUES_MAX)
            return E_INTERNAL;
    }
    return 0;
}

static int lock_take(struct database *db, const char *folder, const char *url)
{
    struct postgresql *pg = db->own = calloc(1, sizeof *pg);
    int err = pg ? libpq_load(&pg->pq) : E_NOMEM;
    if (!err)
        err = statements_make(db);
    if (!err)
        err = connect_first(db, folder, url);
    return err ? err : postgresql_execute(db, "BEGIN; SELECT pg_advisory_xact_lock(1346720329)", NULL);
}

static int open_end(int err)
{
    if (err == E_BUSY || err == E_NOMEM) /* all others have been explained */
        fprintf(stderr, "store: cannot open the database: %s\n", err_text(err));
    return err;
}

int postgresql_open(struct database *db, const char *folder, const char *url)
{
    int err = lock_take(db, folder, url);
    if (!err) {
        err = schema_bring(db);
        int end = postgresql_execute(db, err ? "ROLLBACK" : "COMMIT", NULL);
        err = err ? err : end;
    }
    return open_end(err);
}

int postgresql_make(struct database *db, const char *folder, const char *url)
{
    int64_t ours = 0;
    int err = lock_take(db, folder, url);
    if (!err)
        err = postgresql_number(db, "SELECT (to_regclass('perisphere') IS NOT NULL)::int", &ours);
    if (!err && ours) {
        fprintf(stderr, "store: the database holds a service's data already: name an empty one\n");
        return E_EXISTS;
    }
    if (!err)
        err = schema_bring(db);
    return open_end(err);
}

void postgresql_close(struct database *db)
{
    struct postgresql *pg = own(db);
    if (!pg)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        statement_done(&db->statement[i]);
        free(db->statement[i].own);
        free(pg->sql[i]);
    }
    for (size_t i = 0; i < CONNECT_OPTIONS_MAX; i++) {
        free(pg->keyword[i]);
        free(pg->value[i]);
    }
    if (pg->conn)
        pg->pq->PQfinish(pg->conn);
    free(pg);
    db->own = NULL;
}
