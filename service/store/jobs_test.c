/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations that run on: carried out once, whoever is killed where.  Each is the making
 * of a deployment, which is a new row however often it is carried out.
 *   jobs_test [sqlite|postgresql [ROUNDS]]   service/store/kill_store runs 200
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "service/store/audit_chain_test.h"
#include "service/store/store_fixture_test.h"

enum { ROUNDS = 4, ROUNDS_MAX = 1000, ACKNOWLEDGED_MAX = 100000, KILL_AFTER_MAX = 40, LOOKS_MAX = 600000 };
enum { LEASE_OVER_MS = 11 * 1000, STAGES = 6, FOUGHT = 40 };

static struct store_scope where;

/* -- asking ------------------------------------------------------------------------ */

static const struct store_caller olga = {.principal = {(const uint8_t *)"certificate:olga", 16}};

static void role_give(const char *principal)
{
    struct store_role_put put = {.role = ROLE_OWNER, .principal = span_of(principal, strlen(principal))};
    put.scope.name = T("11111111-0000-0000-0000-000000000001");
    CHECK_INT(fixture_api(STORE_OP_ROLE_PUT, &store_role_put_type, &put), 0);
}

static void role_take(void)
{
    struct store_role_query query = {.scope.name = T("11111111-0000-0000-0000-000000000001")};
    CHECK_INT(fixture_api(STORE_OP_ROLE_DELETE, &store_role_query_type, &query), 0);
}

/* A request as api keeps it. */
static struct span kept(uint16_t operation, uint16_t action, const struct record_type *type, const void *record,
                        struct span principal)
{
    static uint8_t bytes[200000], whole[200000];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_ask say = {.caller = olga, .operation = operation};
    REQUIRE(record_write(type, record, &w) == 0);
    say.payload = writer_view(&w);
    say.caller.principal = principal;
    say.caller.action = action;
    say.caller.scope = where;
    say.caller.path = T("/where");
    w = writer_of(whole, sizeof whole);
    REQUIRE(record_write(&store_ask_type, &say, &w) == 0);
    return writer_view(&w);
}

static struct span deployment(struct span principal)
{
    struct store_deployment_put put = {.scope = where};
    put.scope.name = T(".default");
    return kept(STORE_OP_DEPLOYMENT_PUT, ACCESS_DEPLOYMENTS_WRITE, &store_deployment_put_type, &put, principal);
}

static struct store_operation_id last;

static void operation_of_reply(struct store_row_operation *row)
{
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_operation_type, &c, row);
    REQUIRE(c.err == 0);
    memcpy(last.operation, row->operation, sizeof last.operation);
}

static int begin_by(struct span principal, struct span request)
{
    struct store_row_operation row;
    const struct store_operation_begin b = {where.subscription, T("test"), principal, request};
    int err = fixture_api(STORE_OP_OPERATION_BEGIN, &store_operation_begin_type, &b);
    if (!err)
        operation_of_reply(&row);
    return err;
}

static int begin(struct span request) { return begin_by(olga.principal, request); }

static int run(struct store_row_operation *row)
{
    int err = fixture_api(STORE_OP_OPERATION_RUN, &store_operation_id_type, &last);
    if (!err)
        operation_of_reply(row);
    return err;
}

/* Rows of the reply; the first one in *job. */
static unsigned jobs(uint16_t operation, struct store_row_job *job)
{
    unsigned count = 0;
    struct store_row_job row;
    CHECK_INT(fixture_api(operation, &store_operation_id_type, &last), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    for (; c.left; count++) {
        record_get(&store_row_job_type, &c, count ? &row : job);
        REQUIRE(c.err == 0);
    }
    return count;
}

static unsigned deployments(void)
{
    struct store_query query = {.scope = where, .limit = 200};
    struct store_row_deployment row;
    unsigned count = 0;
    do {
        CHECK_INT(fixture_api(STORE_OP_DEPLOYMENT_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        query.after = rows.next;
        for (struct cursor c = cursor_of(rows.rows); c.left; count++)
            record_get(&store_row_deployment_type, &c, &row);
    } while (query.after);
    return count;
}

static unsigned audit_records(void)
{
    struct store_query query = {.limit = 1, .filter = T("action ne 'x'")};
    struct store_row_audit row;
    unsigned count = 0;
    for (bool more = true; more; count += more) {
        CHECK_INT(fixture_api(STORE_OP_AUDIT_LIST, &store_query_type, &query), 0);
        struct store_rows rows = fixture_rows();
        struct cursor c = cursor_of(rows.rows);
        more = c.left != 0;
        if (more)
            record_get(&store_row_audit_type, &c, &row);
        query.after = more ? row.sequence : 0;
    }
    return count;
}

/* The newest record: who, what, to what, and how it ended. */
static void audit_last(const char *principal, uint16_t action, const char *path, const char *outcome)
{
    struct store_query query = {.limit = 1, .filter = T("action ne 'x'"), .after = audit_records() - 1};
    struct store_row_audit row;
    CHECK_INT(fixture_api(STORE_OP_AUDIT_LIST, &store_query_type, &query), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_audit_type, &c, &row);
    REQUIRE(c.err == 0);
    CHECK(span_equal(row.principal, span_of(principal, strlen(principal))));
    CHECK(span_equal(row.action, span_of(access_actions[action].text, strlen(access_actions[action].text))));
    CHECK(span_equal(row.path, span_of(path, strlen(path))));
    CHECK(span_equal(row.outcome, span_of(outcome, strlen(outcome))));
}

static void later(uint64_t ms)
{
    fx.store.db.fixed_now_ms = database_now_ms(&fx.store.db) + ms;
}

/* -- one of them ----------------------------------------------------------------------- */

static void test_once(void)
{
    struct store_row_operation row;
    struct store_row_job job;
    unsigned made = deployments(), records = audit_records();
    CHECK_INT(begin(deployment(olga.principal)), 0);
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0); /* its own service is at it */
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 0);
    CHECK_INT(run(&row), 0);
    CHECK(row.ended_ms != 0 && row.status == 0 && row.error == 0);
    CHECK_INT(deployments(), made + 1);
    CHECK_INT(run(&row), 0); /* the second finds it done */
    CHECK(row.ended_ms != 0 && row.error == 0);
    CHECK_INT(deployments(), made + 1);
    CHECK_INT(audit_records(), records + 1);
    later(LEASE_OVER_MS);
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 0);
    last.operation[0] ^= 1;
    CHECK_INT(run(&row), E_NOT_FOUND);
}

/* What is refused is an end too, and changes nothing. */
static void test_refused(void)
{
    static struct store_device_claim claim;
    struct store_row_operation row;
    unsigned made = deployments(), records = audit_records();
    claim = (struct store_device_claim){.scope = where, .count = STORE_CLAIM_MAX}; /* chunks of a request */
    for (uint32_t i = 0; i < claim.count; i++)
        fixture_device_id(i, claim.device[i].id);
    CHECK_INT(begin(kept(STORE_OP_DEVICE_CLAIM, ACCESS_GROUPS_CLAIM, &store_device_claim_type, &claim, olga.principal)), 0);
    CHECK_INT(run(&row), 0);
    CHECK_INT(row.error, -E_NOT_FOUND);
    CHECK(row.ended_ms != 0);

    /* who had the right when it began, and lost it in between */
    role_give("certificate:bob");
    CHECK_INT(begin(deployment(T("certificate:bob"))), 0);
    role_take();
    CHECK_INT(run(&row), 0);
    CHECK_INT(row.error, -E_DENIED);
    CHECK_INT(deployments(), made);
    CHECK_INT(audit_records(), records + 2); /* of both refusals */

    /* what is no request of api's, and none at all */
    CHECK_INT(begin(T("rubbish")), 0);
    CHECK(run(&row) < 0);
    CHECK(run(&row) < 0);
    const struct store_operation_end end = {.status = 500, .detail = T("{}")};
    struct store_operation_end this = end;
    memcpy(this.operation, last.operation, sizeof this.operation);
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &this), 0);
    CHECK_INT(run(&row), 0);
    CHECK_INT(row.status, 500);
    CHECK_INT(begin(span_of(NULL, 0)), E_LIMIT);
}

/* One that is given up is in the audit log, once, with who asked for what. */
static void test_given_up(void)
{
    struct store_row_operation row;
    unsigned made = deployments(), records = audit_records();
    CHECK_INT(begin(deployment(T("certificate:carl"))), 0);
    CHECK_INT(audit_records(), records);
    struct store_operation_end over = {.status = 409, .detail = T("{}")};
    memcpy(over.operation, last.operation, sizeof over.operation);
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
    CHECK_INT(audit_records(), records + 1);
    audit_last("certificate:carl", ACCESS_DEPLOYMENTS_WRITE, "/where", "OperationFailed");
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0); /* has ended */
    CHECK_INT(run(&row), 0);
    CHECK_INT(row.status, 409);
    CHECK_INT(audit_records(), records + 1);
    CHECK_INT(deployments(), made);
    /* a request that cannot be read: what is known without it */
    CHECK_INT(begin(T("rubbish")), 0);
    memcpy(over.operation, last.operation, sizeof over.operation);
    char guid[GUID_TEXT_BYTES], path[300];
    guid_format(last.operation, guid);
    snprintf(path, sizeof path, "/subscriptions/%.*s/providers/Microsoft.AzureSphere/locations/global/operationStatuses/%s",
             (int)where.subscription.len, (const char *)where.subscription.at, guid);
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
    CHECK_INT(audit_records(), records + 2);
    audit_last("certificate:olga", ACCESS_NONE, path, "OperationFailed");
    /* whose principal is as long as one may be: the whole of it */
    char longest[STORE_PRINCIPAL_MAX + 1] = "";
    memset(longest, 'p', STORE_PRINCIPAL_MAX);
    memcpy(longest, "token:", 6);
    CHECK_INT(begin_by(span_of(longest, STORE_PRINCIPAL_MAX), T("rubbish")), 0);
    memcpy(over.operation, last.operation, sizeof over.operation);
    guid_format(last.operation, guid);
    memcpy(path + strlen(path) - 36, guid, 36);
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
    CHECK_INT(audit_records(), records + 3);
    audit_last(longest, ACCESS_NONE, path, "OperationFailed");
    /* one that ended well says so elsewhere; one that nobody knows says nothing */
    CHECK_INT(begin(deployment(olga.principal)), 0);
    memcpy(over.operation, last.operation, sizeof over.operation);
    over.status = 0;
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
    over.operation[0] ^= 1;
    over.status = 409;
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
    CHECK_INT(audit_records(), records + 3);
}

/* Whose lease is over is taken by one. */
static void test_lease(void)
{
    struct store_row_job job = {{0}};
    struct store_row_operation row;
    uint8_t mine[16];
    unsigned made = deployments();
    CHECK_INT(begin(deployment(olga.principal)), 0);
    memcpy(mine, fx.store.runner, sizeof mine);
    memset(fx.store.runner, 0x77, sizeof fx.store.runner); /* as after a start */
    if (fx.on_postgresql) {
        CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0);
        CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 0);
        later(LEASE_OVER_MS);
    }
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 1);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK(job.whole && job.attempts == 2);
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 0);
    later(LEASE_OVER_MS);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK_INT(job.attempts, 3);
    /* Who says in time that he is still at it keeps it; another's word does not count. */
    for (int i = 0; i < 4; i++) {
        later(LEASE_OVER_MS / 2);
        CHECK_INT(jobs(STORE_OP_OPERATION_HOLD, &job), 0);
        CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0);
    }
    later(LEASE_OVER_MS / 2);
    fx.store.runner[0] ^= 1;
    CHECK_INT(jobs(STORE_OP_OPERATION_HOLD, &job), 0);
    later(LEASE_OVER_MS / 2 + 1000);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK_INT(job.attempts, 4);
    CHECK_INT(run(&row), 0);
    CHECK_INT(deployments(), made + 1);
    memcpy(fx.store.runner, mine, sizeof mine);
}

/* A catalog's CA is the issuer's to make: the job says whose; and one that nothing is known of. */
static void test_catalog(void)
{
    struct store_row_job job = {{0}};
    struct store_catalog_put put = {.scope = fixture_scope("made", "", ""), .actor = T("olga"), .operation = {5}};
    struct store_row_catalog catalog;
    CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &put), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_catalog_type, &c, &catalog);
    uint8_t tenant[16];
    memcpy(tenant, catalog.tenant, sizeof tenant);
    later(LEASE_OVER_MS);
    memset(last.operation, 0, sizeof last.operation);
    last.operation[0] = 5;
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK(job.whole && memcmp(job.tenant, tenant, sizeof tenant) == 0 && span_equal(job.kind, T("createCatalog")));
    CHECK_INT(fixture_api(STORE_OP_CATALOG_PUT, &store_catalog_put_type, &put), 0); /* it exists: none is begun */
    const struct store_operation_end end = {.operation = {5}};
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &end), 0);

    static const uint8_t none[16];
    const struct store_operation_begin old = {where.subscription, T("test"), olga.principal, span_of(NULL, 0)};
    REQUIRE(database_begin(&fx.store.db) == 0);
    last.operation[0] = 6;
    CHECK_INT(job_begin(&fx.store, &old, last.operation, none), 0);
    REQUIRE(database_commit(&fx.store.db, true) == 0);
    later(LEASE_OVER_MS);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK(!job.whole);
    const struct store_operation_end over = {.operation = {6}, .status = 409};
    CHECK_INT(fixture_api(STORE_OP_OPERATION_END, &store_operation_end_type, &over), 0);
}

/* -- killed at each stage ---------------------------------------------------------------- */

static void reopen(void)
{
    uint64_t now = fx.store.db.fixed_now_ms;
    REQUIRE(store_open(&fx.store, fx.folder, fx.server.url, NULL) == 0);
    batch_init(&fx.batch, &fx.store, fixture_replied);
    fx.store.db.fixed_now_ms = now;
}

/* Everything that is left, as a service that starts would. */
static unsigned finish(void)
{
    struct store_row_job job = {{0}};
    struct store_row_operation row;
    unsigned count = 0;
    later(3 * LEASE_OVER_MS); /* over, that of one who took it ahead of this clock too */
    while (jobs(STORE_OP_OPERATION_DUE, &job)) {
        memcpy(last.operation, job.operation, sizeof last.operation);
        /* PostgreSQL may end what a killed one had sent already, between the two. */
        unsigned took = jobs(STORE_OP_OPERATION_TAKE, &job);
        CHECK(took == 1 || (took == 0 && fx.on_postgresql));
        CHECK_INT(run(&row), 0);
        CHECK(row.ended_ms != 0 && row.error == 0);
        count += took;
    }
    return count;
}

/* In a transaction that is never committed. */
static void cut(uint16_t number, const struct record_type *type, const void *record)
{
    static uint8_t bytes[200000];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct answer answer = {0};
    const struct store_operation *op;
    REQUIRE(record_write(type, record, &w) == 0 && operation_find(PEER_API, number, &op) == 0);
    REQUIRE(database_begin(&fx.store.db) == 0 && op->run(&fx.store, writer_view(&w), &answer) == 0);
}

static void live_until(int stage)
{
    struct store_row_job job = {{0}};
    struct store_row_operation row;
    struct span request = deployment(olga.principal);
    const struct store_operation_begin b = {where.subscription, T("test"), olga.principal, request};
    reopen();
    if (stage == 0)
        cut(STORE_OP_OPERATION_BEGIN, &store_operation_begin_type, &b);
    else
        CHECK_INT(begin(request), 0);
    later(LEASE_OVER_MS);
    if (stage == 2)
        cut(STORE_OP_OPERATION_TAKE, &store_operation_id_type, &last);
    if (stage > 2)
        CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    if (stage == 4)
        cut(STORE_OP_OPERATION_RUN, &store_operation_id_type, &last);
    if (stage == 5)
        CHECK_INT(run(&row), 0);
    raise(check_failed ? SIGABRT : SIGKILL);
}

static void test_killed(void)
{
    static const unsigned left[STAGES] = {0, 1, 1, 1, 1, 0}, made[STAGES] = {0, 1, 1, 1, 1, 1};
    for (int stage = 0; stage < STAGES; stage++) {
        unsigned before = deployments(), records = audit_records();
        int status;
        store_close(&fx.store);
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0)
            live_until(stage);
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        reopen();
        CHECK_INT(finish(), left[stage]);
        CHECK_INT(deployments() - before, made[stage]);
        CHECK_INT(audit_records() - records, made[stage]);
    }
}

/* -- killed at random ---------------------------------------------------------------- */

/* What the child was told is begun: it outlives the child. */
struct told {
    volatile uint32_t begun, done;
    uint8_t operation[ACKNOWLEDGED_MAX][16];
};

/* Begins two for each that it carries out, until it is killed. */
static void toil(struct told *told)
{
    struct store_row_operation row;
    reopen();
    for (uint32_t next = told->begun;;) {
        for (int i = 0; i < 2 && told->begun < ACKNOWLEDGED_MAX; i++) {
            REQUIRE(begin(deployment(olga.principal)) == 0);
            memcpy(told->operation[told->begun], last.operation, sizeof last.operation);
            told->begun++;
        }
        memcpy(last.operation, told->operation[next++], sizeof last.operation);
        REQUIRE(run(&row) == 0);
        told->done++;
    }
}

static void ended_check(const struct told *told, uint32_t from)
{
    unsigned open = 0;
    for (uint32_t i = from; i < told->begun; i++) {
        struct store_row_operation row;
        memcpy(last.operation, told->operation[i], sizeof last.operation);
        CHECK_INT(run(&row), 0);
        open += row.ended_ms == 0 || row.error != 0;
    }
    CHECK_INT(open, 0);
}

/* Each that was acknowledged takes effect once; one whose answer was cut off may. */
static void test_random(int rounds)
{
    static uint32_t random = 2463534242;
    struct told *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(told != MAP_FAILED);
    unsigned unsure = 0, taken = 0;
    for (int round = 0; round < rounds; round++) {
        unsigned before = deployments();
        uint32_t from = told->begun, done = told->done;
        int status;
        random ^= random << 13, random ^= random >> 17, random ^= random << 5;
        store_close(&fx.store);
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0)
            toil(told);
        /* by the count of what was done, and then a moment within the next */
        for (int looks = 0; told->done - done < random % KILL_AFTER_MAX && looks < LOOKS_MAX; looks++)
            usleep(100);
        usleep(random / 64 % 3000);
        REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        reopen();
        taken += finish();
        unsigned made = deployments() - before, begun = told->begun - from;
        ended_check(told, from); /* it would carry out what is left */
        CHECK(made == begun || made == begun + 1);
        unsure += made - begun;
    }
    printf("%d times killed: %u operations acknowledged, %u taken up, %u whose answer was cut off; none lost, none twice\n",
           rounds, told->begun, taken, unsure);
    CHECK(taken > 0);
    munmap(told, sizeof *told);
}

/* -- two at once ------------------------------------------------------------------------- */

/* Its clock runs ahead of every lease, so that both are at everything. */
static void fight(void)
{
    struct store_row_job job = {{0}};
    struct store_row_operation row;
    reopen();
    for (later(LEASE_OVER_MS); jobs(STORE_OP_OPERATION_DUE, &job); later(LEASE_OVER_MS)) {
        memcpy(last.operation, job.operation, sizeof last.operation);
        (void)jobs(STORE_OP_OPERATION_TAKE, &job);
        CHECK_INT(run(&row), 0);
        CHECK(row.ended_ms != 0 && row.error == 0);
    }
    store_close(&fx.store);
    _exit(check_failed != 0);
}

static void test_fight(void)
{
    unsigned before = deployments(), records = audit_records();
    int status;
    pid_t child[3];
    for (int i = 0; i < FOUGHT; i++)
        CHECK_INT(begin(deployment(olga.principal)), 0);
    for (int i = 0; i < 3; i++) {
        child[i] = fork();
        REQUIRE(child[i] >= 0);
        if (child[i] == 0)
            fight();
    }
    while (deployments() < before + FOUGHT / 4)
        usleep(1000);
    REQUIRE(kill(child[0], SIGKILL) == 0);
    REQUIRE(waitpid(child[0], &status, 0) == child[0]);
    for (int i = 1; i < 3; i++) {
        REQUIRE(waitpid(child[i], &status, 0) == child[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    later(FOUGHT * LEASE_OVER_MS); /* the clock of the one that was killed was ahead by a step for each */
    CHECK(finish() <= 1);          /* it may have taken one, and not come to it */
    CHECK_INT(deployments() - before, FOUGHT);
    CHECK_INT(audit_records() - records, FOUGHT);
    CHECK(audit_chain_check(&fx.store) > FOUGHT);
}

/* Set forward, the clock takes away no operation that runs; set back, none waits until its lease is over again. */
static void test_clock_set(void)
{
    const uint64_t years_ms = 3653ull * 86400 * 1000, now_ms = database_now_ms(&fx.store.db);
    struct store_row_operation row;
    struct store_row_job job;
    unsigned made = deployments();
    CHECK_INT(begin(deployment(olga.principal)), 0);
    const struct store_operation_id first = last;
    later(years_ms);
    CHECK_INT(begin(deployment(olga.principal)), 0); /* which takes away those of long ago */
    const struct store_operation_id second = last;
    fx.store.db.fixed_now_ms = now_ms;
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 1);
    CHECK_MEM(job.operation, second.operation, sizeof job.operation);
    CHECK_INT(jobs(STORE_OP_OPERATION_TAKE, &job), 1);
    CHECK_INT(jobs(STORE_OP_OPERATION_DUE, &job), 0); /* its lease is of this clock now */
    CHECK_INT(run(&row), 0);
    CHECK(row.ended_ms != 0 && row.error == 0);
    last = first;
    CHECK_INT(run(&row), 0);
    CHECK(row.ended_ms != 0 && row.error == 0);
    CHECK_INT(deployments(), made + 2);
    /* one that ended is asked for again by who missed its end: a clock that is ahead does not take it away */
    later(0);
    CHECK_INT(begin(deployment(olga.principal)), 0);
    const struct store_operation_id third = last;
    fx.store.db.fixed_now_ms += years_ms;
    fx.store.db.fixed_jump_ms += (int64_t)years_ms;
    CHECK_INT(begin(deployment(olga.principal)), 0);
    CHECK_INT(run(&row), 0);
    last = first;
    CHECK_INT(run(&row), 0);
    CHECK(row.ended_ms != 0);
    last = third;
    fx.store.db.fixed_now_ms -= years_ms;
    fx.store.db.fixed_jump_ms -= (int64_t)years_ms;
    CHECK_INT(run(&row), 0);
    CHECK(row.ended_ms != 0 && row.error == 0);
    CHECK_INT(deployments(), made + 4);
}

static size_t other_len;

static void other_replied(void *token, int status, struct span payload)
{
    (void)token;
    CHECK_INT(status, 0);
    other_len = payload.len;
}

static void operation_give(struct batch *batch, uint16_t number, const struct store_operation_id *id)
{
    const struct store_operation *op;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(operation_find(PEER_API, number, &op) == 0 && record_write(&store_operation_id_type, id, &w) == 0);
    (void)batch_take(batch, op, writer_view(&w), NULL);
}

/* Another service meets one whose lease is over while its transaction is under way: it leaves it alone. */
static void test_at_work(void)
{
    static struct store other;
    static struct batch others;
    struct store_row_operation row;
    unsigned made = deployments();
    if (!fx.on_postgresql)
        return;
    CHECK_INT(begin(deployment(olga.principal)), 0);
    const struct store_operation_id idle = last;
    CHECK_INT(begin(deployment(olga.principal)), 0);
    REQUIRE(store_open(&other, fx.folder, fx.server.url, NULL) == 0);
    batch_init(&others, &other, other_replied);
    other.db.fixed_now_ms = database_now_ms(&fx.store.db) + LEASE_OVER_MS;
    operation_give(&fx.batch, STORE_OP_OPERATION_RUN, &last); /* carried out, not committed */
    operation_give(&others, STORE_OP_OPERATION_TAKE, &idle);
    CHECK_INT(batch_end(&others), 0);
    size_t taken = other_len;
    operation_give(&others, STORE_OP_OPERATION_TAKE, &last);
    CHECK_INT(batch_end(&others), 0);
    CHECK(other_len < taken); /* no row in it */
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.status, 0);
    operation_of_reply(&row);
    CHECK(row.ended_ms != 0 && row.error == 0);
    last = idle;
    CHECK_INT(run(&row), 0);
    CHECK_INT(deployments(), made + 2);
    store_close(&other);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;
    REQUIRE(rounds > 0 && rounds <= ROUNDS_MAX);
    fixture_begin(argc, argv);
    REQUIRE(access_seed(&fx.store, "olga") == 0);
    fixture_place("contoso", "dishwasher", "field");
    where = fixture_scope("contoso", "dishwasher", "field");
    test_once();
    test_refused();
    test_given_up();
    test_lease();
    test_clock_set();
    test_at_work();
    test_catalog();
    test_killed();
    test_random(rounds);
    if (fx.on_postgresql)
        test_fight();
    fixture_end();
    return check_done();
}
