/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rollouts over a simulated fleet: a good release goes from step to step to all devices; a bad
 * one stops by itself while few have it, and each of these gets the former set back; pause,
 * resume and abort; which devices a share holds.
 *   rollouts_test [postgresql]   on a database of that kind; without, on SQLite
 */
#include "abi/device_api.h"
#include "service/store/store_fixture_test.h"

enum { DEVICES = 120, OLD = 1, NEW = 2, MINUTE_MS = 60000 };

static struct store_scope group;
static uint8_t installed[DEVICES]; /* OLD or NEW */
static unsigned batches;
static uint64_t checks_s = 1000; /* when devices check */

static void image_add(uint8_t id)
{
    static uint8_t bytes[8192];
    struct image_meta meta = {.type = 10, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true, .name = "n"};
    meta.component[0] = 0xc0;
    meta.id[0] = id;
    struct writer w = writer_of(bytes, sizeof bytes);
    while (w.len < 4096)
        writer_u8(&w, id);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    const struct store_image_put put = {.scope = fixture_scope("c", "", ""), .package = writer_view(&w)};
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static int deploy(uint8_t id)
{
    struct store_deployment_put put = {.scope = group, .count = 1};
    put.scope.name = T(".default");
    put.image[0].id[0] = id;
    return fixture_api(STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put);
}

#define NAME(n) "0000000" #n "-0000-4000-8000-000000000000"

static int roll(const char *name, uint8_t id, const char *steps, uint32_t soak_s, uint16_t threshold, uint32_t minimum)
{
    struct store_rollout_put put = {.scope = group, .count = 1, .soak_s = soak_s, .threshold = threshold, .minimum = minimum};
    put.scope.name = span_of(name, strlen(name));
    put.image[0].id[0] = id;
    for (char *end; *steps; steps = *end ? end + 1 : end)
        put.step[put.step_count++].of = (uint16_t)strtoul(steps, &end, 10);
    return fixture_api(STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put);
}

static int state_ask(const char *name, uint16_t state)
{
    struct store_rollout_state put = {.scope = group, .state = state};
    put.scope.name = span_of(name, strlen(name));
    return fixture_api(STORE_OP_ROLLOUT_STATE, &store_rollout_state_type, &put);
}

static struct store_row_rollout show(const char *name)
{
    struct store_query query = {.scope = group};
    struct store_row_rollout row = {0};
    query.scope.name = span_of(name, strlen(name));
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_GET, &store_query_type, &query), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_rollout_type, &c, &row);
    CHECK_INT(c.err, 0);
    return row;
}

/* What the device should have, having said what it has; OLD, NEW or 0. */
static uint8_t check(unsigned n, uint64_t *sequence)
{
    uint8_t buffer[1024];
    static struct store_wanted wanted;
    struct store_wanted_request ask = {.now_s = checks_s, .count = installed[n] != 0};
    struct writer w = writer_of(buffer, sizeof buffer);
    fixture_device_id(n, ask.device_id);
    ask.at[0].image[0] = installed[n];
    ask.at[0].component[0] = 0xc0;
    ask.at[0].type = 10;
    REQUIRE(store_wanted_request_write(&ask, &w) == 0);
    CHECK_INT(fixture_call(PEER_OTA, STORE_OP_WANTED_GET, writer_view(&w)), 0);
    REQUIRE(store_wanted_parse(span_of(fx.reply, fx.len), &wanted) == 0);
    if (sequence)
        *sequence = wanted.sequence;
    return wanted.app_count == 1 ? wanted.app[0].image[0] : 0;
}

/* Each device checks, installs, and checks again, as devices do. */
static unsigned fleet_update(void)
{
    unsigned have = 0;
    for (unsigned n = 0; n < DEVICES; n++) {
        installed[n] = check(n, NULL);
        CHECK_INT(check(n, NULL), installed[n]);
        have += installed[n] == NEW;
    }
    return have;
}

static void report(unsigned n, uint16_t category, uint8_t image, uint32_t exit_code)
{
    uint8_t buffer[2048];
    struct store_report r = {.now_s = 1000, .count = 1};
    struct writer w = writer_of(buffer, sizeof buffer);
    fixture_device_id(n, r.device_id);
    memcpy(r.batch, &(unsigned){++batches}, sizeof batches);
    r.at[0] = (struct store_event){.category = category, .first_s = 900, .last_s = 901, .count = 1,
                                   .image = {image}, .component = {0xc0}, .exit_code = exit_code};
    REQUIRE(store_report_write(&r, &w) == 0);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w)), 0);
}

/* As the store's process does every few seconds. */
static int on_step(struct store *store, struct span payload, struct answer *answer)
{
    bool more;
    (void)payload;
    (void)answer;
    return rollouts_step(store, &more);
}

static void time_passes(uint64_t ms)
{
    static const struct store_operation step = {0, "step", 0, 0, ACCESS_WRITE, on_step};
    fx.store.db.fixed_now_ms += ms;
    (void)batch_take(&fx.batch, &step, span_of(NULL, 0), NULL);
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.status, 0);
}

static void test_reaches(void)
{
    uint8_t a[16] = {1}, b[16] = {2}, id[64];
    unsigned ten = 0, both = 0;
    for (unsigned n = 0; n < 4000; n++) {
        fixture_device_id(n, id);
        bool in = rollout_reaches(a, id, 1000);
        ten += in;
        both += in && rollout_reaches(b, id, 1000);
        CHECK(!in || rollout_reaches(a, id, 1001)); /* a larger share holds a smaller one */
        CHECK(!rollout_reaches(a, id, 0) && rollout_reaches(a, id, 10000));
    }
    CHECK(ten > 320 && ten < 480);
    CHECK(both < 100); /* other devices are first in another rollout */
}

static void test_refused(void)
{
    CHECK_INT(roll(NAME(1), NEW, "10,100", 60, 5, 1), E_CONFLICT); /* nothing to go back to */
    CHECK_INT(deploy(OLD), 0);
    CHECK_INT(roll(NAME(1), NEW, "10,50", 60, 5, 1), E_LIMIT);
    CHECK_INT(roll(NAME(1), NEW, "50,10,100", 60, 5, 1), E_LIMIT);
    CHECK_INT(roll(NAME(1), NEW, "10,10,100", 60, 5, 1), E_LIMIT);
    CHECK_INT(roll(NAME(1), NEW, "", 60, 5, 1), E_LIMIT);
    CHECK_INT(roll(NAME(1), 9, "100", 60, 5, 1), E_RANGE);
    CHECK_INT(roll("no guid", NEW, "100", 60, 5, 1), E_BINDING);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_PAUSED), E_NOT_FOUND);
    CHECK_INT(fleet_update(), 0);
}

static void test_good(void)
{
    uint64_t before, after;
    CHECK_INT(check(0, &before), OLD);
    CHECK_INT(roll(NAME(1), NEW, "10,50,100", 600, 5, 1), 0);
    CHECK(fixture_rows().created);
    CHECK_INT(roll(NAME(2), NEW, "100", 600, 5, 1), E_CONFLICT); /* one at a time */
    CHECK_INT(roll(NAME(1), NEW, "100", 600, 5, 1), E_CONFLICT);
    CHECK_INT(deploy(NEW), E_CONFLICT);
    (void)check(0, &after);
    CHECK(after > before); /* so that devices take the other set */
    time_passes(599 * 1000);
    CHECK_INT(show(NAME(1)).step, 0);
    unsigned first = fleet_update();
    CHECK(first >= 3 && first <= 25);
    CHECK_INT(show(NAME(1)).offered, first);
    CHECK_INT(show(NAME(1)).updated, first);
    CHECK_INT(fleet_update(), first); /* polling again counts nothing twice */
    CHECK_INT(show(NAME(1)).offered, first);
    time_passes(1000);
    CHECK_INT(show(NAME(1)).step, 1);
    CHECK_INT(show(NAME(1)).share, 5000);
    /* Offered to many and taken by none: no further step, however long. */
    for (unsigned n = 0; n < DEVICES; n++)
        (void)check(n, NULL);
    time_passes(86400 * 1000);
    CHECK_INT(show(NAME(1)).step, 1);
    unsigned second = fleet_update();
    CHECK(second > first + 20 && second < 90);
    /* A pause: what has it keeps it, and no step is taken. */
    CHECK_INT(state_ask(NAME(1), ROLLOUT_PAUSED), 0);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_PAUSED), 0);
    time_passes(86400 * 1000);
    CHECK_INT(show(NAME(1)).step, 1);
    CHECK_INT(fleet_update(), second);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_ACTIVE), 0);
    time_passes(0);
    CHECK_INT(show(NAME(1)).step, 2);
    CHECK_INT(fleet_update(), DEVICES);
    /* One device of many fails: below the threshold. */
    report(7, EVENT_APP_CRASH, NEW, 2);
    report(7, EVENT_APP_CRASH, NEW, 2);
    CHECK_INT(show(NAME(1)).failed, 1);
    time_passes(600 * 1000);
    CHECK_INT(show(NAME(1)).state, ROLLOUT_COMPLETED);
    CHECK_INT(fleet_update(), DEVICES); /* it is the deployment now */
    CHECK_INT(state_ask(NAME(1), ROLLOUT_ABORTED), E_CONFLICT);
    CHECK_INT(deploy(OLD), 0);
    CHECK_INT(fleet_update(), 0);
}

/* The release crashes on every device that runs it. */
static void test_bad(void)
{
    unsigned crashed = 0;
    CHECK_INT(roll(NAME(3), NEW, "20,100", 600, 10, 5), 0);
    for (unsigned n = 0; n < DEVICES && show(NAME(3)).state == ROLLOUT_ACTIVE; n++) {
        installed[n] = check(n, NULL);
        (void)check(n, NULL);
        if (installed[n] == NEW) {
            report(n, EVENT_APP_CRASH, OLD, 2);    /* of another image: not its fault */
            report(n, EVENT_APP_EXIT, NEW, 0);     /* it ended well */
            report(n, crashed % 2 ? EVENT_APP_CRASH : EVENT_APP_EXIT, NEW, 2);
            crashed++;
        }
    }
    struct store_row_rollout row = show(NAME(3));
    CHECK_INT(row.state, ROLLOUT_STOPPED);
    CHECK_INT(crashed, 5); /* not judged before five have it */
    CHECK_INT(row.failed, 4); /* judged as the fifth is offered it; its own crash comes later */
    CHECK(span_equal(row.reason, T("4 of 5 devices failed, more than 10 per cent")));
    CHECK_INT(fleet_update(), 0); /* all have the former set again */
    time_passes(86400 * 1000);
    CHECK_INT(show(NAME(3)).state, ROLLOUT_STOPPED);
    CHECK_INT(fleet_update(), 0);
    CHECK_INT(state_ask(NAME(3), ROLLOUT_ACTIVE), E_CONFLICT);
}

/* All that failed did so before there were enough to judge: it stops with the device that makes
 * them enough, though no further one fails. */
static void test_judged_late(void)
{
    unsigned failed = 0;
    CHECK_INT(roll(NAME(8), NEW, "100", 600, 10, 8), 0);
    for (unsigned n = 0; n < 8; n++) {
        CHECK_INT(show(NAME(8)).state, ROLLOUT_ACTIVE);
        installed[n] = check(n, NULL);
        (void)check(n, NULL);
        if (failed < 6) {
            report(n, EVENT_APP_CRASH, NEW, 2);
            failed++;
        }
    }
    CHECK_INT(show(NAME(8)).offered, 8);
    CHECK_INT(show(NAME(8)).state, ROLLOUT_STOPPED);
    time_passes(600 * 1000);
    CHECK_INT(fleet_update(), 0);
}

/* Names of deployments are the service's, of all catalogs: a rollout whose name one has must not
 * fail at its end, or it would be the first to be tried again, before those of everybody else. */
static void test_name_taken(void)
{
    struct store_deployment_put put = {.scope = group, .count = 1};
    put.scope.name = T(NAME(9));
    put.image[0].id[0] = OLD;
    CHECK_INT(fixture_api(STORE_OP_DEPLOYMENT_PUT, &store_deployment_put_type, &put), 0);
    CHECK_INT(roll(NAME(9), NEW, "100", 600, 5, 1), 0);
    CHECK_INT(fleet_update(), DEVICES);
    time_passes(600 * 1000);
    CHECK_INT(show(NAME(9)).state, ROLLOUT_COMPLETED);
    CHECK_INT(fleet_update(), DEVICES);
    CHECK_INT(deploy(OLD), 0);
    CHECK_INT(fleet_update(), 0);
}

/* Devices that go back by themselves, and those that refuse the image. */
static void test_rolled_back(void)
{
    unsigned went_back = 0;
    CHECK_INT(roll(NAME(4), NEW, "50,100", 600, 5, 3), 0);
    (void)fleet_update();
    CHECK_INT(show(NAME(4)).failed, 0);
    for (unsigned n = 0; n < DEVICES && show(NAME(4)).state == ROLLOUT_ACTIVE; n++)
        if (installed[n] == NEW) {
            installed[n] = OLD;
            (void)check(n, NULL);
            went_back++;
        }
    CHECK_INT(show(NAME(4)).state, ROLLOUT_STOPPED);
    CHECK(went_back > 1 && went_back < 10);
    (void)fleet_update();
    CHECK_INT(roll(NAME(5), NEW, "100", 600, 0, 1), 0);
    (void)check(3, NULL);
    report(3, EVENT_UPDATE_REFUSED, 0, 4);
    CHECK_INT(show(NAME(5)).state, ROLLOUT_STOPPED); /* threshold 0: one is enough */
    CHECK_INT(fleet_update(), 0);
}

/* Devices that got it and are not heard of any more: counted once, and no more when they come back. */
static void test_silent(void)
{
    struct store_rollout_put put = {.scope = group, .count = 1, .soak_s = 600, .threshold = 5, .minimum = 1,
                                    .step_count = 1, .step = {{100}}, .silent_checks = 2};
    put.scope.name = T("00000010-0000-4000-8000-000000000000");
    put.image[0].id[0] = NEW;
    fx.store.check_interval_s = 3600;
    checks_s = fx.store.db.fixed_now_ms / 1000;
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
    for (unsigned n = 0; n < 40; n++)
        installed[n] = check(n, NULL);
    for (unsigned n = 0; n < 38; n++)
        (void)check(n, NULL); /* two are not heard of after they were told */
    CHECK_INT(state_ask("00000010-0000-4000-8000-000000000000", ROLLOUT_PAUSED), 0);
    time_passes(2 * 3600 * 1000);
    CHECK_INT(show("00000010-0000-4000-8000-000000000000").failed, 0);
    checks_s = fx.store.db.fixed_now_ms / 1000;
    for (unsigned n = 0; n < 38; n++)
        (void)check(n, NULL);
    time_passes(120 * 1000);
    struct store_row_rollout row = show("00000010-0000-4000-8000-000000000000");
    CHECK_INT(row.failed, 2); /* 5 per cent of 40: not more */
    CHECK_INT(row.silent, 2);
    CHECK_INT(row.state, ROLLOUT_PAUSED);
    (void)check(39, NULL);
    CHECK_INT(show("00000010-0000-4000-8000-000000000000").failed, 1);
    report(39, EVENT_APP_CRASH, NEW, 2); /* now it failed for good */
    report(38, EVENT_APP_CRASH, NEW, 2); /* and the one that is silent: no twice */
    row = show("00000010-0000-4000-8000-000000000000");
    CHECK_INT(row.failed, 2);
    CHECK_INT(row.silent, 0);
    /* Out of the group, it is nobody's sign. */
    struct store_query out = {.scope = group};
    char hex[129];
    uint8_t id[64];
    fixture_device_id(0, id);
    hex_encode(id, sizeof id, hex);
    out.scope.name = span_of(hex, 128);
    CHECK_INT(fixture_api(STORE_OP_DEVICE_UNASSIGN, &store_query_type, &out), 0);
    checks_s += 120;
    for (unsigned n = 1; n < 37; n++)
        (void)check(n, NULL);
    time_passes(2 * 3600 * 1000);
    row = show("00000010-0000-4000-8000-000000000000");
    CHECK_INT(row.silent, 1); /* number 37 */
    CHECK_INT(row.state, ROLLOUT_STOPPED);
    CHECK(span_equal(row.reason, T("3 of 40 devices failed (1 fell silent), more than 5 per cent")));
    CHECK_INT(fixture_claim(0, group), 0);
    CHECK_INT(fleet_update(), 0);
    checks_s = 1000;
}

static void test_abort(void)
{
    struct store_query query = {.scope = group, .limit = 50};
    CHECK_INT(roll(NAME(6), NEW, "100", 600, 5, 1), 0);
    CHECK_INT(fleet_update(), DEVICES);
    CHECK_INT(state_ask(NAME(6), ROLLOUT_ABORTED), 0);
    CHECK_INT(fleet_update(), 0);
    CHECK_INT(show(NAME(6)).failed, 0); /* going back on request is no failure */
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_LIST, &store_query_type, &query), 0);
    unsigned count = 0;
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left && !c.err; count++) {
        struct store_row_rollout row;
        record_get(&store_row_rollout_type, &c, &row);
    }
    CHECK_INT(count, 8);
    /* Those that ended do not keep their images; one under way does. */
    query.scope.name = T("00000002-0000-0000-0000-000000000000");
    CHECK_INT(roll(NAME(7), NEW, "1,100", 600, 5, 1), 0);
    CHECK_INT(fixture_api(STORE_OP_IMAGE_DELETE, &store_query_type, &query), E_CONFLICT);
    CHECK_INT(state_ask(NAME(7), ROLLOUT_ABORTED), 0);
}

static void clock_set(int64_t s)
{
    fx.store.db.fixed_now_ms += (uint64_t)s * 1000;
    fx.store.db.fixed_jump_ms += s * 1000;
    time_passes(0);
}

static void checks(void)
{
    checks_s = fx.store.db.fixed_now_ms / 1000;
    for (unsigned n = 0; n < DEVICES; n++)
        installed[n] = check(n, NULL);
}

/* A clock that is set makes no device silent and takes no step; nothing waits for years when it is set back. */
static void test_clock(void)
{
    enum { DAY = 86400, YEARS = 3653 * DAY };
    static const int64_t by[] = {DAY, -DAY, YEARS, -YEARS, 2 * DAY};
    const char *const name = "00000011-0000-4000-8000-000000000000", *const next = "00000012-0000-4000-8000-000000000000";
    struct store_rollout_put put = {.scope = group, .count = 1, .soak_s = 36000, .threshold = 5, .minimum = 1,
                                    .step_count = 2, .step = {{50}, {100}}, .silent_checks = 2};
    put.scope.name = span_of(name, strlen(name));
    put.image[0].id[0] = NEW;
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
    checks();
    checks();
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
        clock_set(by[i]);
        time_passes(120 * 1000);
        struct store_row_rollout row = show(name);
        CHECK_INT(row.state, ROLLOUT_ACTIVE);
        CHECK_INT(row.step, 0);
        CHECK_INT(row.failed, 0);
    }
    for (unsigned hour = 0; hour < 9; hour++) {
        time_passes(3600 * 1000);
        CHECK_INT(show(name).step, 0);
        checks();
    }
    time_passes(3600 * 1000); /* ten hours that passed */
    CHECK_INT(show(name).step, 1);
    CHECK_INT(show(name).failed, 0);
    checks();
    checks();
    clock_set(-YEARS);
    for (unsigned hour = 0; hour < 10; hour++) {
        CHECK_INT(show(name).state, ROLLOUT_ACTIVE);
        time_passes(3600 * 1000);
    }
    CHECK_INT(show(name).state, ROLLOUT_COMPLETED);
    /* silence is silence again, once it lasted since */
    clock_set(YEARS);
    CHECK_INT(deploy(OLD), 0);
    put.scope.name = span_of(next, strlen(next));
    CHECK_INT(fixture_api(STORE_OP_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
    checks();
    checks();
    clock_set(DAY);
    time_passes(7140 * 1000);
    CHECK_INT(show(next).failed, 0);
    time_passes(120 * 1000);
    CHECK(show(next).silent > 0);
    CHECK_INT(show(next).state, ROLLOUT_STOPPED);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fx.store.db.fixed_now_ms = 1700000000000;
    group = fixture_scope("c", "prod", "grp");
    fixture_place("c", "prod", "grp");
    image_add(OLD);
    image_add(NEW);
    for (unsigned n = 0; n < DEVICES; n++) {
        fixture_register(n);
        CHECK_INT(fixture_claim(n, group), 0);
    }
    test_reaches();
    test_refused();
    test_good();
    test_bad();
    test_judged_late();
    test_name_taken();
    test_rolled_back();
    test_silent();
    test_abort();
    test_clock();
    fixture_end();
    return check_done();
}
