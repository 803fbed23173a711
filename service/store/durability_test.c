/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/store.md, "durability": the store process is killed at arbitrary
 * points under load; every write that was acknowledged is there afterwards, and
 * no request is there by half.
 *   store_durability_test [ROUNDS]   service/store/kill_store runs 200
 * What a power cut does to the page cache cannot be shown this way; that rests on
 * synchronous = FULL and is argued in the document.
 */
#include <event2/event.h>
#include <ftw.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"
#include "service/store/audit_chain_test.h"
#include "tests/check.h"

enum { ROUNDS = 30, IN_FLIGHT = 24, WRITES_MAX = 20000 };

static char folder[64];
static bool acknowledged[WRITES_MAX];
static unsigned sent, acks, round_acks, in_flight, kill_after;
static struct event_base *base;
static struct channel *channel;
static pid_t child;
static bool dead;

#define T(s) span_of(s, sizeof(s) - 1)

static const struct store_scope catalog = {
    .subscription = {(const uint8_t *)"s", 1},
    .resource_group = {(const uint8_t *)"r", 1},
    .catalog = {(const uint8_t *)"c", 1},
};

/* A fixed sequence: the same run every time, as far as the scheduler lets it. */
static uint32_t next_random(void)
{
    static uint32_t x = 2463534242;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void process_start(int *fd)
{
    static volatile int stopping;
    static const struct service_config config = {.owner = "olga"};
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(pair[0]);
        char data[sizeof folder];
        strcpy(data, folder);
        struct process self = {
            .id = PROCESS_STORE, .data = data, .config = &config, .base = event_base_new(),
            .listen_fd = -1, .stopping = &stopping,
            .allow_unconfined = SANDBOX_PART_UID, /* a test may run as root */
        };
        for (int i = 0; i < PROCESS_COUNT; i++)
            self.peer_fd[i] = -1;
        self.peer_fd[PROCESS_API] = pair[1];
        _exit(store_run(&self));
    }
    close(pair[1]);
    *fd = pair[0];
}

static void send_one(void);

static void on_done(void *context, int status, struct span payload)
{
    unsigned number = (unsigned)(uintptr_t)context;
    (void)payload;
    in_flight--;
    if (status)
        return; /* killed before the answer: it may be there or not, but whole */
    acknowledged[number] = true;
    acks++;
    round_acks++;
    if (round_acks == kill_after) {
        REQUIRE(kill(child, SIGKILL) == 0);
        dead = true;
    }
    if (!dead)
        send_one();
}

static void ask(uint16_t operation, const struct record_type *type, const void *record, unsigned number)
{
    uint8_t bytes[1024], whole[2048];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_ask say = {.operation = operation};
    REQUIRE(record_write(type, record, &w) == 0);
    say.caller = (struct store_caller){.principal = T("certificate:olga"), .action = ACCESS_PRODUCTS_WRITE,
                                       .scope = catalog, .path = T("/c"), .request_id = T("r")};
    say.payload = writer_view(&w);
    w = writer_of(whole, sizeof whole);
    REQUIRE(record_write(&store_ask_type, &say, &w) == 0);
    REQUIRE(channel_call(channel, STORE_OP_ASK, writer_view(&w), on_done, (void *)(uintptr_t)number) == 0);
    in_flight++;
}

static void send_one(void)
{
    char name[32], text[32];
    struct store_product_put put = {.scope = catalog, .set_description = true};
    REQUIRE(sent < WRITES_MAX);
    snprintf(name, sizeof name, "product %u", sent);
    snprintf(text, sizeof text, "text %u", sent);
    put.scope.product = span_of(name, strlen(name));
    put.description = span_of(text, strlen(text));
    ask(STORE_OP_PRODUCT_PUT, &store_product_put_type, &put, sent++);
}

static void run_round(void)
{
    int fd;
    dead = false;
    round_acks = in_flight = 0;
    kill_after = 1 + next_random() % 60;
    process_start(&fd);
    base = event_base_new();
    channel = channel_new(base, fd, NULL, 0, NULL, NULL);
    REQUIRE(base && channel);
    for (int i = 0; i < IN_FLIGHT; i++)
        send_one();
    while (in_flight)
        REQUIRE(event_base_loop(base, EVLOOP_ONCE) == 0);
    channel_free(channel);
    event_base_free(base);
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
}

static bool product_there(struct store *store, unsigned number)
{
    char name[32], text[32];
    uint8_t bytes[512];
    struct store_query query = {.scope = catalog};
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    struct store_rows rows;
    struct store_row_product row;
    snprintf(name, sizeof name, "PRODUCT %u", number);
    snprintf(text, sizeof text, "text %u", number);
    query.scope.product = span_of(name, strlen(name));
    REQUIRE(record_write(&store_query_type, &query, &w) == 0);
    int err = op_product_get(store, writer_view(&w), &answer);
    if (!err) {
        CHECK_INT(record_parse(&store_rows_type, span_of(answer.at, answer.len), &rows), 0);
        CHECK_INT(record_parse(&store_row_product_type, rows.rows, &row), 0);
        CHECK(span_equal(row.description, span_of(text, strlen(text))));
    }
    answer_release(&answer);
    return err == 0;
}

static void check_all(void)
{
    char path[96];
    struct store *store = calloc(1, sizeof *store);
    REQUIRE(store != NULL);
    snprintf(path, sizeof path, "%s/store", folder);
    REQUIRE(store_open(store, path, "", NULL) == 0);
    unsigned lost = 0, there = 0;
    for (unsigned i = 0; i < sent; i++) {
        bool found = product_there(store, i);
        there += found;
        lost += acknowledged[i] && !found;
    }
    CHECK_INT(lost, 0);
    CHECK_INT(audit_chain_check(store), there + 1); /* and one for the first owner */
    store_close(store);
    free(store);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void catalog_make(void)
{
    char path[96];
    uint8_t bytes[512];
    struct store_catalog_put put = {.scope = catalog, .actor = T("t")};
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    struct store *store = calloc(1, sizeof *store);
    REQUIRE(store != NULL);
    snprintf(path, sizeof path, "%s/store", folder);
    REQUIRE(store_open(store, path, "", NULL) == 0);
    REQUIRE(record_write(&store_catalog_put_type, &put, &w) == 0);
    REQUIRE(op_catalog_put(store, writer_view(&w), &answer) == 0);
    answer_release(&answer);
    store_close(store);
    free(store);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
    signal(SIGPIPE, SIG_IGN);
    strcpy(folder, "/tmp/perisphere-durable-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    catalog_make();
    for (int round = 0; round < rounds; round++) {
        run_round();
        check_all();
    }
    CHECK(rounds > 0 && acks >= (unsigned)rounds);
    printf("%d times killed: %u writes acknowledged of %u sent, none lost\n", rounds, acks, sent);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
