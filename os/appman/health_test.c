/* SPDX-License-Identifier: BSD-2-Clause */
/* Each reason for which the watchdog is not tended any more. */
#include "os/appman/health.h"

#include "tests/check.h"

enum { NOW = 1000000 };

static struct manager m;

static void make_well(void)
{
    memset(&m, 0, sizeof m);
    for (unsigned i = 0; i < SERVICES; i++)
        m.service[i] = (struct service){.pid = 10, .channel = 3, .due_ms = INT64_MAX};
}

static bool good(void)
{
    return health_good(&m, NOW, INT64_MAX);
}

int main(void)
{
    make_well();
    CHECK(good());
    for (unsigned i = 0; i < SERVICES; i++) {
        make_well();
        m.service[i].pid = 0;
        m.service[i].due_ms = INT64_MAX;
        CHECK(!good()); /* not there, and nobody will start it */
        m.service[i].unused = true;
        m.service[i].due_ms = INT64_MAX;
        CHECK(good()); /* and should not */
        m.service[i].unused = false;
        m.service[i].asleep = true;
        CHECK(good()); /* until somebody comes */
        m.service[i].asleep = false;
        m.service[i].due_ms = NOW + 60000;
        CHECK(good()); /* backing off */
        m.service[i].due_ms = NOW - HEALTH_LATE_MS;
        CHECK(!good()); /* should long have been started */
        make_well();
        m.service[i].channel = -1;
        CHECK(!good());
    }
    make_well();
    m.app[3].used = true;
    m.app[3].due_ms = INT64_MAX;
    CHECK(good());
    m.app[3].due_ms = NOW - HEALTH_LATE_MS - 1;
    CHECK(!good()); /* the loop does not go round */
    make_well();
    m.ending = true;
    m.service[0].pid = 0;
    CHECK(health_good(&m, NOW, NOW - HEALTH_END_MS + 1));
    CHECK(!health_good(&m, NOW, NOW - HEALTH_END_MS)); /* an end that does not come */
    return check_done();
}
