/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Update checks on PostgreSQL (docs/spec/store.md, "Update checks"): how many journeys to the database
 * they cost; that what is answered from memory is what the database says, whatever another service
 * changes, rollouts and the groups of devices included; and that a check and its neighbours come through
 * whatever fails in the middle of a flight.
 */
#include "lib/guid.h"
#include "service/store/database/postgresql.h"
#include "service/store/fleet_fixture_test.h"

enum { SERVICES_1 = 0x51, SERVICES_2 = 0x52, SERVICES_3 = 0x53, APP_1 = 0x11, APP_2 = 0x12, ROUNDS = 200, KEYSTORE = 0x91 };

static struct store other; /* a second service; changes come from the first, fx.store */
static struct batch batch_other, batch_first;
static uint8_t has_application = APP_1; /* what devices say */
static const uint8_t *const devices[] = {device_a, device_b, device_c, device_d};
enum { DEVICES = sizeof devices / sizeof devices[0] };

/* -- checks that wait together ------------------------------------------------- */

enum { TOGETHER = 100 };
static struct reply {
    int status;
    size_t len, count;
    uint8_t at[4096];
} replies[TOGETHER + 2];

static void on_reply(void *token, int status, struct span payload)
{
    struct reply *reply = token;
    reply->status = status;
    reply->len = payload.len;
    reply->count++;
    REQUIRE(payload.len <= sizeof reply->at);
    if (payload.len)
        memcpy(reply->at, payload.at, payload.len);
}

static struct reply *reply_new(size_t at)
{
    memset(&replies[at], 0, sizeof replies[at]);
    return &replies[at];
}

static struct span question(const uint8_t *id, uint8_t installed, uint8_t *bytes, size_t cap)
{
    struct store_wanted_request request = {.now_s = 1000, .keystore_version = has_keystore, .count = 2};
    memcpy(request.device_id, id, 64);
    request.at[0].type = IMAGE_TYPE_SERVICES;
    request.at[0].image[0] = installed;
    request.at[1].type = IMAGE_TYPE_APPLICATIONS;
    request.at[1].image[0] = has_application;
    request.at[1].component[0] = 1;
    struct writer to = writer_of(bytes, cap);
    REQUIRE(store_wanted_request_write(&request, &to) == 0);
    return writer_view(&to);
}

static void check_take(struct batch *batch, size_t at, const uint8_t *id, uint8_t installed)
{
    uint8_t bytes[1024];
    const struct store_operation *op;
    REQUIRE(operation_find(PEER_OTA, STORE_OP_WANTED_GET, &op) == 0);
    (void)batch_take(batch, op, question(id, installed, bytes, sizeof bytes), reply_new(at));
    memset(bytes, 0xee, sizeof bytes);
}

static uint64_t journeys_of(const struct store *store) { return ((struct postgresql *)store->db.own)->journeys; }

/* One check, and what it cost. */
static uint64_t check_by(struct batch *batch, const uint8_t *id, uint8_t installed)
{
    uint64_t before = journeys_of(batch->store);
    check_take(batch, 0, id, installed);
    CHECK_INT(batch_end(batch), 0);
    CHECK_INT(replies[0].count, 1);
    return journeys_of(batch->store) - before;
}

static uint64_t check_one(const uint8_t *id, uint8_t installed) { return check_by(&batch_other, id, installed); }

/* The same by the operation itself in a transaction, with nothing in memory. */
static int check_slow(const uint8_t *id, uint8_t installed, struct answer *answer)
{
    uint8_t bytes[1024];
    known_clear(&fx.store.known);
    REQUIRE(database_begin(&fx.store.db) == 0);
    int err = op_wanted_get(&fx.store, question(id, installed, bytes, sizeof bytes), answer);
    database_rollback(&fx.store.db);
    return err;
}

/* -- what devices hang on ------------------------------------------------------------- */

static void execute(const char *sql) { CHECK_INT(postgresql_execute(&fx.store.db, sql, NULL), 0); }

static int64_t number_of(const char *sql)
{
    struct postgresql *pg = fx.store.db.own;
    PGresult *result = NULL;
    REQUIRE(postgresql_execute(&fx.store.db, sql, &result) == 0);
    int64_t number = strtoll(pg->pq->PQgetvalue(result, 0, 0), NULL, 10);
    pg->pq->PQclear(result);
    return number;
}

static uint64_t marks_count(void) { return (uint64_t)number_of("SELECT count(*) FROM transaction_mark"); }

static int on_step(struct store *store, struct span payload, struct answer *answer)
{
    bool more;
    (void)payload;
    (void)answer;
    return rollouts_step(store, &more);
}

static struct store_scope second; /* another group of the product */

static void group_second_make(void)
{
    second = scope;
    second.group = T("second");
    const struct store_group_put group = {.scope = second, .set = 31};
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0);
    struct store_deployment_put put = {.scope = second, .count = 1, .image[0].id[0] = APP_2};
    put.scope.name = T(".default");
    CHECK_INT(fixture_api(STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put), 0);
}

static int move(const uint8_t *id, const struct store_scope *from, const struct store_scope *to)
{
    char hex[129];
    struct store_device_move put = {.scope = *from, .target = *to};
    hex_of(id, hex);
    put.scope.name = span_of(hex, 128);
    return fixture_api(STORE_OP_DEVICE_MOVE, &store_device_move_type, &put);
}

/* Rollout number n: of applications in a group, or of an OS release where version is given.  None ever stops by itself. */
struct rolling {
    char name[GUID_TEXT_BYTES];
    uint8_t guid[16];
    const struct store_scope *group;
    const char *version;
};

static struct rolling rolling_of(uint8_t n, const struct store_scope *group, const char *version)
{
    struct rolling r = {.guid = {n, 2, 3, 4, 5, 6, 0, 0x40, 0x80, 1}, .group = group, .version = version};
    guid_format(r.guid, r.name);
    return r;
}

static int roll(const struct rolling *r, uint8_t image, uint16_t percent)
{
    struct store_rollout_put put = {.soak_s = 600, .threshold = 100, .minimum = 1000, .step_count = 2};
    if (r->version) {
        put.version = span_of(r->version, strlen(r->version));
    } else {
        put.scope = *r->group;
        put.image[put.count++].id[0] = image;
    }
    put.scope.name = span_of(r->name, strlen(r->name));
    put.step[0].of = percent;
    put.step[1].of = 100;
    return fixture_api(r->version ? STORE_OP_OS_ROLLOUT_PUT : STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put);
}

static int roll_state(const struct rolling *r, uint16_t state)
{
    struct store_rollout_state put = {.state = state};
    if (!r->version)
        put.scope = *r->group;
    put.scope.name = span_of(r->name, strlen(r->name));
    return fixture_api(r->version ? STORE_OP_OS_ROLLOUT_STATE : STORE_OP_ROLLOUT_STATE, &store_rollout_state_type, &put);
}

/* -- tests --------------------------------------------------------------------------- */

static void test_journeys(void)
{
    CHECK(check_one(device_a, SERVICES_1) > 1); /* reads the sets, writes the version */
    CHECK_INT(replies[0].status, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(check_one(device_a, SERVICES_1), 1);
    CHECK(!other.db.open);
    /* many at once */
    check_one(device_d, SERVICES_1);
    uint64_t before = journeys_of(&other);
    for (size_t i = 0; i < TOGETHER; i++)
        check_take(&batch_other, i, i % 2 ? device_d : device_a, SERVICES_1);
    CHECK_INT(batch_end(&batch_other), 0);
    CHECK_INT(journeys_of(&other) - before, (TOGETHER + STATEMENTS_TOGETHER_MAX - 1) / STATEMENTS_TOGETHER_MAX);
    for (size_t i = 0; i < TOGETHER; i++) {
        CHECK_INT(replies[i].status, 0);
        CHECK_INT(replies[i].count, 1);
        CHECK_INT(replies[i].len, replies[i % 2].len);
        CHECK(memcmp(replies[i].at, replies[i % 2].at, replies[i].len) == 0);
    }
    CHECK(memcmp(replies[0].at, replies[1].at, replies[0].len) != 0);
    /* one that nobody knows, one that is no question */
    static const uint8_t unknown[64] = {0x77};
    CHECK_INT(check_one(unknown, SERVICES_1), 1);
    CHECK_INT(replies[0].status, E_NOT_FOUND);
    const struct store_operation *op;
    REQUIRE(operation_find(PEER_OTA, STORE_OP_WANTED_GET, &op) == 0);
    (void)batch_take(&batch_other, op, T("no question"), reply_new(0));
    check_take(&batch_other, 1, device_a, SERVICES_1);
    CHECK_INT(batch_end(&batch_other), 0);
    CHECK(replies[0].status != 0 && replies[0].count == 1);
    CHECK_INT(replies[1].status, 0);
    /* a sweep of check-ins, with its BEGIN; its COMMIT */
    before = journeys_of(&other);
    CHECK(other.checkin_count > TOGETHER);
    CHECK_INT(batch_flush(&batch_other), 0);
    CHECK_INT(journeys_of(&other) - before, 2);
    CHECK_INT(device_show(device_a).last_request_s, 1000);
    /* nothing is due: the looks at rollouts of every five seconds change no row, and wait for no disk */
    static const struct store_operation step = {0, "step", 0, 0, ACCESS_WRITE, on_step, NULL};
    CHECK_INT(batch_flush(&batch_other), 0);
    before = marks_count();
    (void)batch_take(&batch_other, &step, span_of(NULL, 0), reply_new(0));
    CHECK_INT(batch_end(&batch_other), 0);
    CHECK_INT(replies[0].status, 0);
    CHECK_INT(marks_count(), before);
    CHECK_INT(deploy(APP_1, 0), 0);
    CHECK_INT(marks_count(), before + 1);
    /* a statement in a transaction of its own: no more for BEGIN, none for a savepoint */
    before = journeys_of(&fx.store);
    CHECK_INT(device_show(device_a).last_request_s, 1000);
    CHECK_INT(journeys_of(&fx.store) - before, 3); /* the device, its row, COMMIT */
}

static void rolling_try(struct rolling *last, struct rolling r)
{
    if (roll(&r, rand() % 2 ? APP_1 : APP_2, (uint16_t)(1 + rand() % 99)) == 0)
        *last = r;
}

/* One change by the other service, of any kind that a wanted set hangs on. */
static void something_change(unsigned round)
{
    static const uint8_t services[] = {SERVICES_1, SERVICES_2, SERVICES_3};
    char version[32];
    struct store_group_put group = {.scope = scope, .set = 31, .feed = (uint16_t)(rand() % 2), .policy = (uint16_t)(rand() % 4 == 0),
                                    .crash_dumps = rand() % 2 != 0};
    static struct rolling last, last_os = {.version = ""};
    static unsigned latest; /* release */
    static const uint8_t kinds[] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 10};
    switch (kinds[(unsigned)rand() % sizeof kinds]) {
    case 0:
        snprintf(version, sizeof version, "r%u", latest = round);
        (void)release_put(version, (uint16_t)(rand() % 2), STORE_REFERENCE_TRUSTED, services[rand() % 3], rand() % 2 ? 0 : KEYSTORE);
        break;
    case 1:
        snprintf(version, sizeof version, "r%u", (unsigned)rand() % (round + 1));
        (void)release_put(version, (uint16_t)(rand() % 2), (uint16_t)(1 + rand() % 3), 0, 0);
        break;
    case 2: (void)deploy(rand() % 2 ? APP_1 : APP_2, 0); break; /* not beside a rollout */
    case 3: (void)deploy(APP_1, APP_2); break;
    case 4: CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &group), 0); break;
    case 5: (void)claim(devices[rand() % DEVICES]); break;
    case 6: (void)(rand() % 2 ? move(devices[rand() % DEVICES], &scope, &second) : move(devices[rand() % DEVICES], &second, &scope)); break;
    case 7: rolling_try(&last, rolling_of((uint8_t)round, rand() % 2 ? &scope : &second, NULL)); break;
    case 8:
        snprintf(version, sizeof version, "r%u", latest);
        rolling_try(&last_os, rolling_of((uint8_t)round, NULL, version));
        last_os.version = ""; /* its text ends here */
        break;
    case 9: (void)(last.group && roll_state(&last, (uint16_t)(1 + rand() % 4))); break;
    case 10: (void)roll_state(&last_os, (uint16_t)(1 + rand() % 4)); break;
    }
}

/* Answers from memory, beside answers of the database alone. */
static void test_same(void)
{
    unsigned asked = 0, cheap = 0;
    srand(7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct answer slow = {0};
        const uint8_t *id = devices[rand() % DEVICES];
        uint8_t installed = (uint8_t)(SERVICES_1 + rand() % 3);
        if (rand() % 4 != 0)
            something_change(round);
        has_keystore = rand() % 2 ? 1 : STORE_KEYSTORE_UNKNOWN;
        has_application = rand() % 2 ? APP_1 : APP_2;
        cheap += check_one(id, installed) == 1;
        CHECK_INT(replies[0].status, check_slow(id, installed, &slow));
        CHECK_INT(replies[0].len, slow.len);
        CHECK(slow.len == 0 || memcmp(replies[0].at, slow.at, slow.len) == 0);
        CHECK(check_one(id, installed) <= 2); /* nothing is new; a rollout may be new to the store's memory */
        CHECK(replies[0].len == slow.len && (slow.len == 0 || memcmp(replies[0].at, slow.at, slow.len) == 0));
        asked++;
        answer_release(&slow);
    }
    CHECK(cheap > asked / 20 && cheap < asked); /* both ways were gone */
    CHECK(number_of("SELECT count(*) FROM rollout") >= 6); /* three of test_rollouts() */
    CHECK(number_of("SELECT count(*) FROM os_rollout") >= 4);
    has_keystore = STORE_KEYSTORE_UNKNOWN;
    has_application = APP_1;
}

/* The next check of a device by either service, and what it should have; then those after it cost one journey. */
static void both_say(const uint8_t *id, uint8_t application, uint8_t services)
{
    struct batch *const batches[] = {&batch_other, &batch_first};
    static struct store_wanted set;
    struct answer slow = {0};
    CHECK_INT(check_slow(id, SERVICES_1, &slow), 0);
    for (size_t i = 0; i < 2; i++) {
        for (unsigned n = 0; n < 4; n++) { /* the first is news; the second says that it is in a rollout */
            uint64_t cost = check_by(batches[i], id, SERVICES_1);
            CHECK(n < 2 || cost == 1);
            CHECK_INT(replies[0].status, 0);
            CHECK(replies[0].len == slow.len && memcmp(replies[0].at, slow.at, slow.len) == 0);
        }
        REQUIRE(store_wanted_parse(span_of(replies[0].at, replies[0].len), &set) == 0);
        CHECK_INT(set.app_count, 1);
        CHECK_INT(set.app[0].image[0], application);
        CHECK_INT(set.os_count, 1);
        CHECK_INT(set.os[0].image[0], services);
    }
    answer_release(&slow);
}

static void step_take(void)
{
    static const struct store_operation step = {0, "step", 0, 0, ACCESS_WRITE, on_step, NULL};
    fx.store.db.fixed_now_ms = database_now_ms(&fx.store.db) + 86400000;
    (void)batch_take(&batch_first, &step, span_of(NULL, 0), reply_new(0));
    CHECK_INT(batch_end(&batch_first), 0);
    CHECK_INT(replies[0].status, 0);
}

/* A rollout begins, is paused, goes on, is given up, and takes a step; a device goes to another group and back. */
static void test_rollouts(void)
{
    const uint8_t *id = device_a;
    CHECK_INT(deploy(APP_1, 0), 0);
    both_say(id, APP_1, SERVICES_2);
    struct rolling r = rolling_of(1, &scope, NULL);
    CHECK_INT(roll(&r, APP_2, 99), 0);
    REQUIRE(rollout_reaches(r.guid, id, 9900));
    both_say(id, APP_2, SERVICES_2);
    has_application = APP_2; /* it takes it: written by whoever hears it first */
    both_say(id, APP_2, SERVICES_2);
    CHECK_INT(number_of("SELECT state FROM rollout_device"), 2);
    CHECK_INT(roll_state(&r, ROLLOUT_PAUSED), 0);
    both_say(id, APP_2, SERVICES_2);
    CHECK_INT(roll_state(&r, ROLLOUT_ACTIVE), 0);
    both_say(id, APP_2, SERVICES_2);
    CHECK_INT(roll_state(&r, ROLLOUT_ABORTED), 0);
    both_say(id, APP_1, SERVICES_2);
    has_application = APP_1;
    /* one that does not reach it at first, and then does, and then is the deployment */
    uint8_t n = 2;
    for (r = rolling_of(n, &scope, NULL); rollout_reaches(r.guid, id, 100); r = rolling_of(++n, &scope, NULL))
        ;
    CHECK_INT(roll(&r, APP_2, 1), 0);
    both_say(id, APP_1, SERVICES_2);
    step_take();
    both_say(id, APP_2, SERVICES_2);
    has_application = APP_2;
    both_say(id, APP_2, SERVICES_2);
    /* in another group it meets a newer one; back in its own, what it knows of the newer one says nothing */
    struct rolling newer = rolling_of(++n, &second, NULL);
    CHECK_INT(roll(&newer, APP_1, 99), 0);
    REQUIRE(rollout_reaches(newer.guid, id, 9900));
    CHECK_INT(move(id, &scope, &second), 0);
    both_say(id, APP_1, SERVICES_2);
    CHECK_INT(move(id, &second, &scope), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK(check_one(id, SERVICES_1) <= 2);
    CHECK_INT(check_one(id, SERVICES_1), 2);
    CHECK_INT(replies[0].status, 0);
    step_take();
    CHECK_INT(number_of("SELECT count(*) FROM rollout WHERE state = 5"), 1);
    CHECK_INT(roll_state(&newer, ROLLOUT_ABORTED), 0);
    both_say(id, APP_2, SERVICES_2);
    has_application = APP_1;
}

/* The same of an OS release on its way to the Retail feed. */
static void test_os_rollouts(void)
{
    const uint8_t *id = device_a;
    CHECK_INT(deploy(APP_1, 0), 0);
    CHECK_INT(release_put("v3", 1, STORE_REFERENCE_TRUSTED, SERVICES_3, 0), 0);
    both_say(id, APP_1, SERVICES_2);
    struct rolling r = rolling_of(1, NULL, "v3");
    CHECK_INT(roll(&r, 0, 99), 0);
    both_say(id, APP_1, SERVICES_3);
    CHECK_INT(roll_state(&r, ROLLOUT_PAUSED), 0);
    both_say(id, APP_1, SERVICES_3);
    CHECK_INT(roll_state(&r, ROLLOUT_ABORTED), 0);
    both_say(id, APP_1, SERVICES_2);
    r = rolling_of(2, NULL, "v3");
    CHECK_INT(roll(&r, 0, 99), 0);
    both_say(id, APP_1, SERVICES_3);
    CHECK_INT(release_put("v3", 1, STORE_REFERENCE_REVOKED, 0, 0), 0); /* which ends it */
    both_say(id, APP_1, SERVICES_2);
}

/* Of those that test_undone() put there. */
static unsigned groups_kept(void)
{
    unsigned count = 0;
    for (uint64_t i = 0; i < 2 * KNOWN_BUCKETS; i++)
        count += known_find(&other, &(struct known_key){KNOWN_GROUP, 0, 400000 + i, 1, 1}) != NULL;
    return count;
}

/* What was read of a transaction's own work is forgotten with it. */
static void test_undone(void)
{
    (void)check_one(device_a, SERVICES_1);
    const struct known *known;
    const struct known_key key = {KNOWN_APPLICATIONS, 0, 123456, 0, 0}, before = {KNOWN_APPLICATIONS, 0, 123457, 0, 0};
    REQUIRE(database_begin(&other.db) == 0);
    CHECK_INT(known_load(&other, &before, &known), 0);
    REQUIRE(database_commit(&other.db, false) == 0);
    REQUIRE(database_begin(&other.db) == 0);
    CHECK_INT(known_load(&other, &key, &known), 0);
    CHECK(known_find(&other, &key) != NULL);
    database_rollback(&other.db);
    CHECK(known_find(&other, &key) == NULL);
    CHECK(known_find(&other, &before) != NULL);
    /* images that no release has, two and more in a hundred buckets, a third of which is full: they push out nothing but each other */
    for (uint64_t i = 0; i < 2 * KNOWN_BUCKETS; i++)
        known_keep(&other, &(struct known_key){KNOWN_GROUP, 0, 400000 + i, 1, 1}, &(struct known_standing){.goal = i});
    (void)check_one(device_a, SERVICES_1);
    unsigned kept = groups_kept();
    CHECK(kept > KNOWN_BUCKETS && kept < 2 * KNOWN_BUCKETS);
    REQUIRE(database_begin(&other.db) == 0);
    for (uint64_t i = 0; i < KNOWN_BUCKETS / 4; i++)
        CHECK_INT(known_load(&other, &(struct known_key){KNOWN_VERSION, 0, 300000 + i, 0, 0}, &known), 0);
    REQUIRE(database_commit(&other.db, false) == 0);
    CHECK_INT(groups_kept(), kept);
    CHECK(known_find(&other, &before) != NULL);
    CHECK_INT(check_one(device_a, SERVICES_1), 1);
    /* more groups than there is room for: all is read once more */
    for (uint64_t i = 0; i < 4 * KNOWN_MAX; i++)
        known_keep(&other, &(struct known_key){KNOWN_GROUP, 0, 200000 + i, 1, 1}, &(struct known_standing){.goal = i});
    CHECK(known_find(&other, &before) == NULL);
    CHECK(check_one(device_a, SERVICES_1) > 2);
    CHECK_INT(replies[0].status, 0);
    CHECK_INT(check_one(device_a, SERVICES_1), 1);
}

/* -- what fails in the middle ----------------------------------------------------------- */

static void test_flight(void)
{
    struct database *db = &other.db;
    CHECK_INT(flight_text(db, "CREATE TEMP TABLE trace (n BIGINT)"), 0);
    CHECK_INT(flight_text(db, "INSERT INTO trace VALUES (1)"), 0);
    CHECK_INT(flight_land(db), 0);
    /* an error that passes: nothing that follows is carried out, and what came before goes with it */
    db->again = false;
    CHECK_INT(flight_text(db, "INSERT INTO trace VALUES (2)"), 0);
    CHECK_INT(flight_text(db, "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"), 0);
    CHECK_INT(flight_text(db, "INSERT INTO trace VALUES (3)"), 0);
    CHECK_INT(flight_land(db), E_BUSY);
    CHECK(db->again);
    CHECK_INT(postgresql_execute(db, "SELECT 1 / (CASE WHEN count(*) = 1 THEN 1 ELSE 0 END) FROM trace", NULL), 0);
    /* the connection goes in the middle */
    db->again = false;
    CHECK_INT(flight_text(db, "SELECT 1"), 0);
    CHECK_INT(flight_text(db, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)"), 0);
    CHECK_INT(flight_text(db, "SELECT 2"), 0);
    CHECK_INT(flight_land(db), E_NETWORK);
    CHECK(db->again);
    CHECK_INT(flight_text(db, "SELECT 3"), E_NETWORK);
    CHECK_INT(flight_land(db), 0); /* nothing was sent */
    CHECK_INT(check_one(device_a, SERVICES_1) != 0, 1); /* connects again */
    CHECK_INT(replies[0].status, 0);
    /* behind the last command, where it is committed: an error, and the connection's end */
    CHECK_INT(postgresql_execute(db, "CREATE TEMP TABLE late (n BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)", NULL), 0);
    CHECK_INT(flight_text(db, "INSERT INTO late VALUES (1), (1)"), 0);
    CHECK_INT(flight_land(db), E_CONFLICT);
    CHECK_INT(postgresql_execute(db, "SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) FROM late", NULL), 0);
    for (int i = 0; i < 20; i++) {
        CHECK_INT(flight_text(db, "SELECT 1"), 0);
        CHECK_INT(flight_text(db, "SELECT pg_terminate_backend(pg_backend_pid())"), 0);
        int err = flight_land(db);
        CHECK(err == 0 || err == E_NETWORK);
        CHECK(check_one(device_a, SERVICES_1) > 0);
        CHECK_INT(replies[0].status, 0);
    }
}

/* At its nth look into the counters the database fails, or the connection goes. */
static void fault_make(void)
{
    execute("CREATE SEQUENCE fault_looks; CREATE TABLE fault (at BIGINT, state TEXT); INSERT INTO fault VALUES (0, '');"
            "CREATE FUNCTION fault() RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE f record; BEGIN "
            "SELECT * INTO f FROM fault; "
            "IF nextval('fault_looks') <> f.at THEN RETURN true; END IF; "
            "IF f.state = '' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF; "
            "RAISE EXCEPTION 'fault' USING ERRCODE = f.state; END $$;"
            "ALTER TABLE counter RENAME TO counter_real;"
            "CREATE VIEW counter AS SELECT name, value FROM counter_real WHERE fault()");
}

static void fault_set(unsigned at, const char *state)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT setval('fault_looks', 1, false); UPDATE fault SET at = %u, state = '%s'", at, state);
    execute(sql);
}

/* Checks alone, or with a change before and behind them.  True: the fault was met. */
static bool faulty_batch(unsigned at, const char *state, bool changes)
{
    const struct store_operation *op;
    static uint8_t installed = SERVICES_1;
    size_t count = 0;
    static int64_t deployments = -1; /* that there are */
    if (deployments < 0)
        deployments = number_of("SELECT count(*) FROM deployment");
    struct store_deployment_put put = {.scope = scope, .count = 1, .image[0].id[0] = APP_1};
    put.scope.name = T(".default");
    w = writer_of(buffer, sizeof buffer);
    REQUIRE(record_write(&store_deployment_put_type, &put, &w) == 0);
    REQUIRE(operation_find(PEER_API, STORE_OP_DEPLOYMENT_PUT, &op) == 0);
    fault_set(at, state);
    if (changes)
        (void)batch_take(&batch_other, op, writer_view(&w), reply_new(count++));
    check_take(&batch_other, count++, device_a, SERVICES_1);
    installed = installed == SERVICES_1 ? SERVICES_2 : SERVICES_1;
    check_take(&batch_other, count++, device_b, installed); /* has to be written */
    check_take(&batch_other, count++, device_c, SERVICES_1);
    if (changes)
        (void)batch_take(&batch_other, op, writer_view(&w), reply_new(count++));
    (void)!batch_end(&batch_other);
    int64_t failed = 0, taken = 0;
    for (size_t i = 0; i < count; i++) {
        bool change = changes && (i == 0 || i == count - 1);
        CHECK_INT(replies[i].count, 1);
        CHECK(replies[i].status == 0 || replies[i].status == E_IO);
        failed += replies[i].status != 0;
        taken += change && replies[i].status == 0;
    }
    CHECK(failed <= (strcmp(state, "58030") == 0)); /* whose own fault it was */
    deployments += taken;
    CHECK_INT(number_of("SELECT count(*) FROM deployment"), deployments);
    char version[8];
    memcpy(version, device_show(device_b).installed_os.at, 2);
    CHECK(failed || version[1] == (installed == SERVICES_1 ? '1' : '2'));
    return number_of("SELECT last_value FROM fault_looks") >= at;
}

static void test_faults(void)
{
    static const char *const states[] = {"40001", "", "58030"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        for (unsigned changes = 0; changes < 2; changes++) {
            unsigned at = 1;
            while (faulty_batch(at, states[i], changes) && at < 200)
                at++;
            CHECK(at > 3 && at < 200);
        }
    fault_set(0, "");
    CHECK_INT(check_one(device_a, SERVICES_1) > 0, 1);
    CHECK_INT(replies[0].status, 0);
}

int main(void)
{
    static char database[] = "postgresql";
    fixture_begin(2, (char *[]){NULL, database});
    image_program = MACHINE_X86_64;
    image_add(true, IMAGE_TYPE_SECURITY_MONITOR, 2, MONITOR_HOST, 64);
    image_program = 0;
    image_add(true, IMAGE_TYPE_SERVICES, 1, SERVICES_1, 64);
    image_add(true, IMAGE_TYPE_SERVICES, 1, SERVICES_2, 64);
    image_add(true, IMAGE_TYPE_SERVICES, 1, SERVICES_3, 64);
    image_version = 2;
    image_add(true, IMAGE_TYPE_TRUSTED_KEYSTORE, 3, KEYSTORE, 64);
    image_version = 0;
    fleet_make();
    image_add(false, IMAGE_TYPE_APPLICATIONS, 4, APP_1, 64);
    image_add(false, IMAGE_TYPE_APPLICATIONS, 5, APP_2, 64);
    CHECK_INT(release_put("v1", 0, STORE_REFERENCE_TRUSTED, SERVICES_1, 0), 0);
    for (size_t i = 0; i < DEVICES - 1; i++)
        CHECK_INT(claim(devices[i]), 0);
    CHECK_INT(deploy(APP_1, 0), 0);
    CHECK_INT(release_put("v2", 0, STORE_REFERENCE_TRUSTED, SERVICES_2, 0), 0);
    fault_make(); /* before the other service has prepared anything */
    REQUIRE(store_open(&other, fx.folder, fx.server.url, NULL) == 0);
    batch_init(&batch_other, &other, on_reply);
    batch_init(&batch_first, &fx.store, on_reply);
    test_journeys();
    group_second_make();
    test_rollouts();
    test_os_rollouts();
    test_flight();
    test_undone();
    test_faults();
    test_same();
    store_close(&other);
    fixture_end();
    return check_done();
}
