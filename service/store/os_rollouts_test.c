/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rollouts of OS releases over a simulated fleet: from RetailEval to Retail step by step, with the
 * signs that stop one (a device that went back, a system that did not stay, a crash, a kernel that
 * ended, silence) and that all devices are told the former system afterwards.
 *   os_rollouts_test [postgresql]
 */
#include "abi/device_api.h"
#include "abi/image.h"
#include "abi/monitor_call.h"
#include "service/store/store_fixture_test.h"

enum { DEVICES = 60, MONITOR_HOST = 0x41, MONITOR_ARM = 0x42, INTERVAL_S = 1000, ON_EVAL = DEVICES };
enum { V1 = 0x91, V2 = 0x92, V3 = 0x93, V4 = 0x94, ARM1 = 0xa1 };

static struct store_scope group, eval;
static uint8_t runs[DEVICES + 1];
static unsigned batches;

static void image_add(uint16_t type, uint8_t component, uint8_t id, uint16_t machine)
{
    uint8_t bytes[4096];
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true, .name = "n"};
    meta.component[0] = component;
    meta.id[0] = id;
    struct writer w = writer_of(bytes, sizeof bytes);
    if (machine) {
        writer_bytes(&w, "\177ELF\2\1\1", 7);
        writer_zero(&w, 9);
        writer_u16le(&w, 3);
        writer_u16le(&w, machine);
    }
    writer_zero(&w, 64 - w.len);
    writer_u8(&w, id);
    writer_zero(&w, 3);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    const struct store_image_put put = {.package = writer_view(&w)};
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static int release_put(const char *version, uint16_t feed, uint16_t state, uint8_t monitor, uint8_t services)
{
    struct store_release_put put = {.version = span_of(version, strlen(version)), .feed = feed, .state = state};
    if (services) {
        put.image[put.count++].id[0] = monitor;
        put.image[put.count++].id[0] = services;
    }
    return fixture_api(STORE_OP_RELEASE_PUT, &store_release_put_type, &put);
}

#define NAME(n) "0000000" #n "-0000-4000-8000-000000000000"

static struct store_rollout_put rollout_of(const char *name, const char *version, const char *steps)
{
    struct store_rollout_put put = {.soak_s = 600, .threshold = 5, .minimum = 1};
    put.scope.name = span_of(name, strlen(name));
    put.version = span_of(version, strlen(version));
    for (char *end; *steps; steps = *end ? end + 1 : end)
        put.step[put.step_count++].of = (uint16_t)strtoul(steps, &end, 10);
    return put;
}

static int roll(const char *name, const char *version, const char *steps)
{
    const struct store_rollout_put put = rollout_of(name, version, steps);
    return fixture_api(STORE_OP_OS_ROLLOUT_PUT, &store_rollout_put_type, &put);
}

static int state_ask(const char *name, uint16_t state)
{
    const struct store_rollout_state put = {.scope.name = span_of(name, strlen(name)), .state = state};
    return fixture_api(STORE_OP_OS_ROLLOUT_STATE, &store_rollout_state_type, &put);
}

static struct store_row_rollout show(const char *name)
{
    const struct store_query query = {.scope.name = span_of(name, strlen(name))};
    struct store_row_rollout row = {0};
    CHECK_INT(fixture_api(STORE_OP_OS_ROLLOUT_GET, &store_query_type, &query), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_rollout_type, &c, &row);
    CHECK_INT(c.err, 0);
    return row;
}

static uint64_t now_s(void) { return fx.store.db.fixed_now_ms / 1000; }

/* Which system the device should have, having said which it runs; 0: it keeps what it has. */
static uint8_t check(unsigned n, uint64_t *sequence)
{
    uint8_t buffer[1024];
    static struct store_wanted wanted;
    struct store_wanted_request ask = {.now_s = now_s(), .count = 1};
    struct writer w = writer_of(buffer, sizeof buffer);
    fixture_device_id(n, ask.device_id);
    ask.at[0].image[0] = runs[n];
    ask.at[0].component[0] = 1;
    ask.at[0].type = IMAGE_TYPE_SERVICES;
    REQUIRE(store_wanted_request_write(&ask, &w) == 0);
    CHECK_INT(fixture_call(PEER_OTA, STORE_OP_WANTED_GET, writer_view(&w)), 0);
    REQUIRE(store_wanted_parse(span_of(fx.reply, fx.len), &wanted) == 0);
    if (sequence)
        *sequence = wanted.sequence;
    return wanted.os_count == 1 ? wanted.os[0].image[0] : 0;
}

static unsigned fleet_update(uint8_t to)
{
    unsigned have = 0;
    for (unsigned n = 0; n < DEVICES; n++) {
        runs[n] = check(n, NULL);
        CHECK_INT(check(n, NULL), runs[n]);
        have += runs[n] == to;
    }
    return have;
}

static void report(unsigned n, struct store_event event)
{
    uint8_t buffer[2048];
    struct store_report r = {.now_s = now_s(), .count = 1};
    struct writer w = writer_of(buffer, sizeof buffer);
    fixture_device_id(n, r.device_id);
    memcpy(r.batch, &(unsigned){++batches}, sizeof batches);
    event.first_s = event.last_s = now_s();
    event.count = 1;
    r.at[0] = event;
    REQUIRE(store_report_write(&r, &w) == 0);
    CHECK_INT(fixture_call(PEER_REPORTS, STORE_OP_REPORT_ADD, writer_view(&w)), 0);
}

static int on_step(struct store *store, struct span payload, struct answer *answer)
{
    bool more;
    (void)payload;
    (void)answer;
    return rollouts_step(store, &more);
}

static void time_passes(uint64_t s)
{
    static const struct store_operation step = {0, "step", 0, 0, ACCESS_WRITE, on_step};
    fx.store.db.fixed_now_ms += s * 1000;
    (void)batch_take(&fx.batch, &step, span_of(NULL, 0), NULL);
    CHECK_INT(batch_end(&fx.batch), 0);
    CHECK_INT(fx.status, 0);
}

/* The first device that runs, or does not run, this system. */
static unsigned device_with(uint8_t system, bool has)
{
    for (unsigned n = 0; n < DEVICES; n++)
        if ((runs[n] == system) == has)
            return n;
    REQUIRE(false);
    return 0;
}

static void test_refused(void)
{
    CHECK_INT(release_put("2.0", 1, STORE_REFERENCE_TRUSTED, MONITOR_HOST, V2), 0);
    CHECK_INT(roll(NAME(1), "9.0", "10,100"), E_RANGE);
    CHECK_INT(roll(NAME(1), "2.0", "10,100"), E_CONFLICT); /* nothing on Retail to go back to */
    CHECK_INT(release_put("0.9", 0, STORE_REFERENCE_TRUSTED, MONITOR_ARM, ARM1), 0);
    CHECK_INT(roll(NAME(1), "2.0", "10,100"), E_CONFLICT); /* nothing for this hardware */
    CHECK_INT(release_put("1.0", 0, STORE_REFERENCE_TRUSTED, MONITOR_HOST, V1), 0);
    CHECK_INT(roll(NAME(1), "2.0", "10,100"), E_CONFLICT); /* Retail's is the newer one */
    CHECK_INT(release_put("3.0", 1, STORE_REFERENCE_OUTDATED, MONITOR_HOST, V3), 0);
    CHECK_INT(roll(NAME(1), "3.0", "10,100"), E_CONFLICT); /* not trusted */
    CHECK_INT(roll(NAME(1), "1.0", "10,100"), E_CONFLICT); /* on Retail already */
    CHECK_INT(release_put("3.0", 1, STORE_REFERENCE_TRUSTED, 0, 0), 0);
    CHECK_INT(roll(NAME(1), "3.0", "10,50"), E_LIMIT);
    CHECK_INT(roll("no guid", "3.0", "100"), E_BINDING);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_PAUSED), E_NOT_FOUND);
    CHECK_INT(fleet_update(V1), DEVICES);
    CHECK_INT(check(ON_EVAL, NULL), V3); /* the feed's newest */
    runs[ON_EVAL] = V3;
}

static void test_good(void)
{
    uint64_t before, after;
    (void)check(0, &before);
    CHECK_INT(roll(NAME(1), "3.0", "20,100"), 0);
    CHECK(fixture_rows().created);
    CHECK(span_equal(show(NAME(1)).version, T("3.0")));
    CHECK_INT(roll(NAME(2), "3.0", "100"), E_CONFLICT); /* one at a time for a hardware */
    CHECK_INT(roll(NAME(1), "3.0", "100"), E_CONFLICT);
    CHECK_INT(release_put("3.0", 0, STORE_REFERENCE_TRUSTED, 0, 0), E_CONFLICT); /* not by hand besides */
    CHECK_INT(release_put("3.1", 0, STORE_REFERENCE_TRUSTED, MONITOR_HOST, V4), E_CONFLICT);
    (void)check(0, &after);
    CHECK(after > before);
    unsigned first = fleet_update(V3);
    CHECK(first > 2 && first < 30);
    CHECK_INT(show(NAME(1)).offered, first);
    CHECK_INT(show(NAME(1)).updated, first);
    CHECK_INT(check(ON_EVAL, NULL), V3);
    CHECK_INT(show(NAME(1)).offered, first); /* RetailEval is no part of it */
    CHECK_INT(state_ask(NAME(1), ROLLOUT_PAUSED), 0);
    time_passes(700);
    CHECK_INT(show(NAME(1)).step, 0);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_ACTIVE), 0);
    time_passes(0);
    CHECK_INT(show(NAME(1)).step, 1);
    CHECK_INT(fleet_update(V3), DEVICES);
    time_passes(600);
    CHECK_INT(show(NAME(1)).state, ROLLOUT_COMPLETED);
    CHECK_INT(state_ask(NAME(1), ROLLOUT_ABORTED), E_CONFLICT);
    CHECK_INT(fleet_update(V3), DEVICES);
    CHECK_INT(check(ON_EVAL, NULL), V3); /* what is on Retail is on RetailEval as well */
}

/* Each sign stops a rollout whose threshold is none at all, and all go back. */
static void test_bad(void)
{
    static const struct {
        const char *name;
        struct store_event event;
        bool runs_it, counts;
    } signs[] = {
        {NAME(2), {.category = EVENT_UPDATE_REFUSED, .exit_code = MONITOR_UNDONE}, false, true},
        {NAME(3), {.category = EVENT_UPDATE_REFUSED, .exit_code = 4, .image = {V4}}, false, true},
        {NAME(4), {.category = EVENT_KERNEL_RESET, .exit_code = EVENT_KERNEL_PANIC}, true, true},
        {NAME(5), {.category = EVENT_APP_CRASH, .signal = 11, .image = {V4}, .component = {1}}, true, true},
        {NAME(6), {.category = EVENT_APP_CRASH, .signal = 11, .image = {V3}, .component = {1}}, true, false},
        {NAME(7), {.category = EVENT_UPDATE_REFUSED, .exit_code = 4, .image = {0x51}}, true, false},
    };
    CHECK_INT(release_put("4.0", 1, STORE_REFERENCE_TRUSTED, MONITOR_HOST, V4), 0);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct store_rollout_put put = rollout_of(signs[i].name, "4.0", "50,100");
        put.threshold = 0;
        CHECK_INT(fixture_api(STORE_OP_OS_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
        report(0, (struct store_event){.category = EVENT_KERNEL_RESET, .exit_code = EVENT_KERNEL_PANIC});
        CHECK_INT(show(signs[i].name).state, ROLLOUT_ACTIVE); /* the former system's */
        unsigned n = 0;
        while (check(n, NULL) != V4)
            n++;
        if (signs[i].runs_it) {
            runs[n] = V4;
            (void)check(n, NULL);
        }
        report(n, signs[i].event);
        CHECK_INT(show(signs[i].name).state, signs[i].counts ? ROLLOUT_STOPPED : ROLLOUT_ACTIVE);
        if (!signs[i].counts)
            CHECK_INT(state_ask(signs[i].name, ROLLOUT_ABORTED), 0);
        CHECK_INT(fleet_update(V3), DEVICES);
    }
    CHECK_INT(check(ON_EVAL, NULL), V4); /* it is a release of RetailEval still */
}

static void test_went_back(void)
{
    CHECK_INT(roll(NAME(8), "4.0", "100"), 0);
    CHECK_INT(fleet_update(V4), DEVICES);
    for (unsigned n = 0; n < 4; n++) {
        CHECK_INT(show(NAME(8)).state, ROLLOUT_ACTIVE);
        runs[n] = V3; /* by itself */
        (void)check(n, NULL);
    }
    struct store_row_rollout row = show(NAME(8));
    CHECK_INT(row.state, ROLLOUT_STOPPED); /* 4 of 60 are more than 5 per cent */
    CHECK(span_equal(row.reason, T("4 of 60 devices failed, more than 5 per cent")));
    CHECK_INT(fleet_update(V3), DEVICES);
}

/* Devices that got it and are not heard of any more. */
static void test_silent(void)
{
    struct store_rollout_put put = rollout_of(NAME(9), "4.0", "50,100");
    put.silent_checks = 3;
    put.threshold = 20;
    CHECK_INT(fixture_api(STORE_OP_OS_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
    unsigned have = fleet_update(V4), silent = device_with(V4, true);
    CHECK(have > 12 && have < 48);
    time_passes(3 * INTERVAL_S);
    CHECK_INT(show(NAME(9)).failed, 0); /* not yet more than three */
    for (unsigned n = 0; n < DEVICES; n++)
        if (n != silent)
            (void)check(n, NULL);
    time_passes(61);
    struct store_row_rollout row = show(NAME(9));
    CHECK_INT(row.state, ROLLOUT_ACTIVE);
    CHECK_INT(row.failed, 1);
    CHECK_INT(row.silent, 1);
    time_passes(61);
    CHECK_INT(show(NAME(9)).failed, 1); /* once */
    (void)check(silent, NULL);
    row = show(NAME(9));
    CHECK_INT(row.failed, 0); /* it is back, with the new system */
    CHECK_INT(row.silent, 0);
    CHECK_INT(row.updated, have);
    /* A whole share that is gone: stopped, and nobody else gets it. */
    CHECK_INT(state_ask(NAME(9), ROLLOUT_PAUSED), 0);
    for (unsigned n = 0; n < DEVICES; n++)
        if (runs[n] == V3)
            (void)check(n, NULL);
    time_passes(3 * INTERVAL_S + 200);
    row = show(NAME(9));
    CHECK_INT(row.state, ROLLOUT_STOPPED);
    CHECK(row.silent > 2 && row.silent == row.failed);
    CHECK(memmem(row.reason.at, row.reason.len, "fell silent", 11) != NULL);
    CHECK_INT(fleet_update(V3), DEVICES);
}

static void test_revoked(void)
{
    CHECK_INT(roll("00000010-0000-4000-8000-000000000000", "4.0", "100"), 0);
    CHECK_INT(check(0, NULL), V4);
    CHECK_INT(release_put("4.0", 1, STORE_REFERENCE_REVOKED, 0, 0), 0);
    CHECK_INT(check(0, NULL), V3);
    struct store_row_rollout row = show("00000010-0000-4000-8000-000000000000");
    CHECK_INT(row.state, ROLLOUT_STOPPED);
    CHECK(span_equal(row.reason, T("the release was revoked")));
    const struct store_query query = {.limit = 50};
    unsigned count = 0;
    CHECK_INT(fixture_api(STORE_OP_OS_ROLLOUT_LIST, &store_query_type, &query), 0);
    for (struct cursor c = cursor_of(fixture_rows().rows); c.left && !c.err; count++)
        record_get(&store_row_rollout_type, &c, &row);
    CHECK_INT(count, 10);
}

static struct store_rollout_figures figures(void)
{
    const struct store_query query = {0};
    struct store_row_status row = {0};
    CHECK_INT(fixture_api(STORE_OP_STATUS, &store_query_type, &query), 0);
    CHECK_INT(record_parse(&store_row_status_type, fixture_rows().rows, &row), 0);
    CHECK_INT(row.rollout[0].rollouts[ROLLOUT_ACTIVE], 0); /* of applications there is none */
    CHECK_INT(row.rollout[0].offered, 0);
    return row.rollout[1];
}

/* A step of no length waits for those who are to have it: until each has had the time to ask. */
static void test_nobody_asked(void)
{
    static const char name[] = "00000011-0000-4000-8000-000000000000";
    struct store_rollout_put put = rollout_of(name, "5.0", "50,100");
    put.soak_s = 0;
    CHECK_INT(release_put("5.0", 1, STORE_REFERENCE_TRUSTED, MONITOR_HOST, V2), 0);
    CHECK_INT(fixture_api(STORE_OP_OS_ROLLOUT_PUT, &store_rollout_put_type, &put), 0);
    time_passes(1);
    time_passes(INTERVAL_S);
    CHECK_INT(show(name).step, 0);
    time_passes(INTERVAL_S / 10);
    CHECK_INT(show(name).step, 1); /* nobody is there */
    unsigned one = device_with(V3, true);
    CHECK_INT(check(one, NULL), V2);
    time_passes(2 * INTERVAL_S);
    CHECK_INT(show(name).step, 1); /* one was offered it, and has it not */
    struct store_rollout_figures got = figures();
    CHECK_INT(got.rollouts[ROLLOUT_ACTIVE], 1);
    CHECK_INT(got.offered, 1);
    CHECK_INT(got.updated + got.failed + got.silent, 0);
    runs[one] = V2;
    (void)check(one, NULL);
    CHECK_INT(figures().updated, 1);
    uint64_t completed = figures().rollouts[ROLLOUT_COMPLETED], stopped = figures().rollouts[ROLLOUT_STOPPED];
    CHECK(stopped > 2);
    time_passes(1);
    CHECK_INT(show(name).state, ROLLOUT_COMPLETED);
    got = figures();
    CHECK_INT(got.rollouts[ROLLOUT_ACTIVE], 0);
    CHECK_INT(got.rollouts[ROLLOUT_COMPLETED], completed + 1);
    CHECK_INT(got.rollouts[ROLLOUT_STOPPED], stopped);
    CHECK_INT(got.offered, 0); /* none is under way */
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    fx.store.db.fixed_now_ms = 1700000000000;
    fx.store.check_interval_s = INTERVAL_S;
    group = fixture_scope("c", "prod", "grp");
    eval = fixture_scope("c", "prod", "eval");
    fixture_place("c", "prod", "grp");
    const struct store_group_put put = {.scope = eval, .set = STORE_SET_FEED, .feed = 1};
    CHECK_INT(fixture_api(STORE_OP_GROUP_PUT, &store_group_put_type, &put), 0);
    image_add(IMAGE_TYPE_SECURITY_MONITOR, 3, MONITOR_HOST, 62);
    image_add(IMAGE_TYPE_SECURITY_MONITOR, 3, MONITOR_ARM, 40);
    for (uint8_t id = V1; id <= V4; id++)
        image_add(IMAGE_TYPE_SERVICES, 1, id, 0);
    image_add(IMAGE_TYPE_SERVICES, 1, ARM1, 0);
    for (unsigned n = 0; n <= ON_EVAL; n++) {
        fixture_register(n);
        CHECK_INT(fixture_claim(n, n == ON_EVAL ? eval : group), 0);
        runs[n] = V1;
    }
    test_refused();
    test_good();
    test_bad();
    test_went_back();
    test_silent();
    test_revoked();
    test_nobody_asked();
    fixture_end();
    return check_done();
}
