/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/store.md, "Several services on one database": two store processes on
 * one PostgreSQL, both under load, while connections to the database are ended at
 * random and one of the two processes is killed and started again.
 * Every write that was acknowledged is there afterwards; the process that lived
 * acknowledged every one, and none is there twice.
 *   replicas_test [ROUNDS]   service/store/kill_store runs 200
 */
#include <event2/event.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"
#include "service/store/audit_chain_test.h"
#include "service/store/database/postgresql.h"
#include "tests/check.h"
#include "tests/postgresql.h"

enum { ROUNDS = 4, ROUNDS_MAX = 400, IN_FLIGHT = 12, WRITES = 300, WRITES_MAX = 200000, END_EVERY_MAX = 40 };

#define T(s) span_of(s, sizeof(s) - 1)

static const struct store_scope scope = {
    .subscription = {(const uint8_t *)"s", 1}, .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},      .product = {(const uint8_t *)"prod", 4},
    .group = {(const uint8_t *)"grp", 3},
};

struct replica {
    pid_t pid;
    struct channel *channel;
    bool dead;
    unsigned in_flight, left; /* requests to send in this round */
    unsigned acknowledged, refused;
};

static struct postgresql_server server;
static struct service_config config = {.owner = "olga", .has_data_key = true, .data_key = {7}};
static char top[] = "/tmp/peri-replicas-XXXXXX";
static struct store watcher; /* this test's own view of the database */
static struct event_base *base;
static struct replica killed, living;
static unsigned sent, kill_after, ended, until_end = 1;
static bool acknowledged[WRITES_MAX];

/* A fixed sequence: the same run every time, as far as the scheduler lets it. */
static uint32_t next_random(void)
{
    static uint32_t x = 2463534242;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void replica_start(struct replica *r, unsigned left)
{
    static volatile int stopping;
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    *r = (struct replica){.left = left};
    r->pid = fork();
    REQUIRE(r->pid >= 0);
    if (r->pid == 0) {
        char data[] = ".", folder[] = "./store";
        close(pair[0]);
        struct process self = {
            .id = PROCESS_STORE, .data = data, .config = &config, .base = event_base_new(),
            .listen_fd = -1, .stopping = &stopping,
            .allow_unconfined = SANDBOX_PART_UID, /* a test may run as root */
        };
        REQUIRE(chdir(top) == 0 && (mkdir(folder, 0700) == 0 || access(folder, F_OK) == 0));
        for (int i = 0; i < PROCESS_COUNT; i++)
            self.peer_fd[i] = -1;
        self.peer_fd[PROCESS_API] = pair[1];
        _exit(store_run(&self));
    }
    close(pair[1]);
    r->channel = channel_new(base, pair[0], NULL, 0, NULL, NULL);
    REQUIRE(r->channel != NULL);
}

static void send_one(struct replica *r);
static void connection_end(void);

static bool answered(struct replica *r, int status, struct span payload)
{
    struct store_asked asked = {0};
    if (!status)
        status = record_parse(&store_asked_type, payload, &asked);
    if (!status)
        status = asked.error;
    r->in_flight--;
    if (status)
        r->refused++;
    else
        r->acknowledged++;
    if (r == &killed && r->acknowledged == kill_after && !r->dead) {
        REQUIRE(kill(r->pid, SIGKILL) == 0);
        r->dead = true;
    }
    if (!r->dead && r->left)
        send_one(r);
    /* By the count of what was done, not by the clock: a slow machine has its turn too.  Not while one still
     * opens the database: without a connection it ends then, and waits for the supervisor. */
    if (status == 0 && living.acknowledged && killed.acknowledged && --until_end == 0) {
        until_end = 1 + next_random() % END_EVERY_MAX;
        connection_end();
    }
    return status == 0;
}

static void on_product(void *context, int status, struct span payload)
{
    if (answered(&killed, status, payload))
        acknowledged[(uintptr_t)context] = true;
}

static void on_deployment(void *context, int status, struct span payload)
{
    (void)context;
    (void)answered(&living, status, payload);
}

static void ask(struct replica *r, uint16_t operation, const struct record_type *type, const void *record,
                channel_done *done, uintptr_t number)
{
    uint8_t bytes[1024], whole[2048];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_ask say = {.operation = operation};
    REQUIRE(record_write(type, record, &w) == 0);
    say.caller = (struct store_caller){.principal = T("certificate:olga"), .action = ACCESS_PRODUCTS_WRITE,
                                       .scope = scope, .path = T("/c"), .request_id = T("r")};
    say.payload = writer_view(&w);
    w = writer_of(whole, sizeof whole);
    REQUIRE(record_write(&store_ask_type, &say, &w) == 0);
    REQUIRE(channel_call(r->channel, STORE_OP_ASK, writer_view(&w), done, (void *)number) == 0);
    r->in_flight++;
    r->left--;
}

/* The one that is killed makes products, which have names to look for; the other
 * deployments, each of which is a new row however often it is carried out. */
static void send_one(struct replica *r)
{
    char name[32];
    if (r == &killed) {
        struct store_product_put put = {.scope = scope, .set_description = true, .description = T("text")};
        REQUIRE(sent < WRITES_MAX);
        snprintf(name, sizeof name, "product %u", sent);
        put.scope.product = span_of(name, strlen(name));
        ask(r, STORE_OP_PRODUCT_PUT, &store_product_put_type, &put, on_product, sent++);
    } else {
        struct store_deployment_put put = {.scope = scope};
        put.scope.name = T(".default");
        ask(r, STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put, on_deployment, 0);
    }
}

static int64_t number_of(const char *sql)
{
    struct postgresql *pg = watcher.db.own;
    PGresult *result = NULL;
    REQUIRE(postgresql_execute(&watcher.db, sql, &result) == 0);
    int64_t number = pg->pq->PQntuples(result) ? strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
    pg->pq->PQclear(result);
    return number;
}

/* One of the two connections, in the middle of whatever it is doing. */
static void connection_end(void)
{
    ended += number_of("SELECT pg_terminate_backend(pid)::int FROM pg_stat_activity WHERE application_name = 'perisphere' "
                       "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1") != 0;
}

/* Each change has its one record in the chained log, whoever made it. */
static void audit_check(void)
{
    int64_t changes = number_of("SELECT (SELECT count(*) FROM product) + (SELECT count(*) FROM deployment)");
    CHECK_INT(audit_chain_check(&watcher), changes - 1 + 1); /* but the first product, and the first owner */
}

static void round_run(void)
{
    int status;
    unsigned refused = 0, living_acknowledged = 0;
    int64_t before = number_of("SELECT count(*) FROM deployment");
    base = event_base_new();
    kill_after = 1 + next_random() % (WRITES / 2);
    replica_start(&living, WRITES);
    replica_start(&killed, WRITES);
    for (int i = 0; i < IN_FLIGHT; i++) {
        send_one(&living);
        send_one(&killed);
    }
    while (living.in_flight || killed.in_flight)
        REQUIRE(event_base_loop(base, EVLOOP_ONCE) == 0);
    living_acknowledged = living.acknowledged;
    refused = living.refused;
    channel_free(killed.channel);
    channel_free(living.channel);
    REQUIRE(waitpid(killed.pid, &status, 0) == killed.pid);
    CHECK(WIFSIGNALED(status));
    REQUIRE(waitpid(living.pid, &status, 0) == living.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    event_base_free(base);
    CHECK_INT(refused, 0);
    CHECK_INT(living_acknowledged, WRITES);
    CHECK_INT(number_of("SELECT count(*) FROM deployment") - before, WRITES);
}

static void operation_run(uint16_t number, const struct record_type *type, const void *record)
{
    uint8_t bytes[1024];
    const struct store_operation *op;
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    REQUIRE(record_write(type, record, &w) == 0 && operation_find(PEER_API, number, &op) == 0);
    REQUIRE(op->run(&watcher, writer_view(&w), &answer) == 0);
    answer_release(&answer);
}

static void fleet_make(void)
{
    struct store_catalog_put catalog = {.scope = scope, .actor = T("t")};
    struct store_product_put product = {.scope = scope};
    struct store_group_put group = {.scope = scope, .set = 31};
    operation_run(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &catalog);
    operation_run(STORE_OP_PRODUCT_PUT, &store_product_put_type, &product);
    operation_run(STORE_OP_GROUP_PUT, &store_group_put_type, &group);
}

/* Every acknowledged product, by the operation that a reader would use. */
static void products_check(void)
{
    unsigned lost = 0, all = 0;
    for (unsigned i = 0; i < sent; i++) {
        char name[32];
        uint8_t bytes[512];
        struct store_query query = {.scope = scope};
        struct writer w = writer_of(bytes, sizeof bytes);
        struct answer answer = {0};
        if (!acknowledged[i])
            continue;
        snprintf(name, sizeof name, "PRODUCT %u", i);
        query.scope.product = span_of(name, strlen(name));
        REQUIRE(record_write(&store_query_type, &query, &w) == 0);
        lost += op_product_get(&watcher, writer_view(&w), &answer) != 0;
        answer_release(&answer);
        all++;
    }
    CHECK_INT(lost, 0);
    CHECK(all >= ROUNDS);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
    REQUIRE(rounds > 0 && rounds <= ROUNDS_MAX);
    signal(SIGPIPE, SIG_IGN);
    REQUIRE(mkdtemp(top) != NULL);
    postgresql_server_start(&server);
    snprintf(config.database, sizeof config.database, "%s", server.url);
    REQUIRE(store_open(&watcher, top, server.url, config.data_key) == 0);
    fleet_make();
    for (int round = 0; round < rounds; round++)
        round_run();
    products_check();
    audit_check();
    CHECK(ended > ROUNDS); /* connections were ended indeed */
    unsigned acks = 0;
    for (unsigned i = 0; i < sent; i++)
        acks += acknowledged[i];
    printf("%d times killed, %u connections ended: %u writes acknowledged of %u sent, none lost\n", rounds, ended, acks, sent);
    store_close(&watcher);
    postgresql_server_stop(&server);
    REQUIRE(chdir(top) == 0);
    CHECK_INT(unlink("store/clock"), 0); /* clock.h */
    CHECK_INT(unlink("store/begun"), 0); /* data_key.h */
    CHECK_INT(unlink("begun"), 0); /* the watcher's */
    CHECK_INT(rmdir("store"), 0); /* nothing else was written beside the database */
    CHECK_INT(rmdir(top), 0);
    return check_done();
}
