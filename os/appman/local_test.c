/* SPDX-License-Identifier: BSD-2-Clause */
/* Network proxy and certificates on their way through the manager: from gatewayd to azured and back, from nobody else, and no answer without a question. */
#include <sys/socket.h>
#include <unistd.h>

#include "os/appman/manager.h"
#include "tests/check.h"

static struct manager m;
static int other[SERVICES]; /* the services' ends */
static struct os_message got;

static int64_t now(void) { return 1000000; }

static void begin(void)
{
    memset(&m, 0, sizeof m);
    m.now_ms = now;
    for (unsigned i = 0; i < SERVICES; i++) {
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        m.service[i] = (struct service){.channel = pair[0], .due_ms = INT64_MAX};
        other[i] = pair[1];
    }
}

static void end(void)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        if (m.service[i].channel >= 0)
            close(m.service[i].channel);
        close(other[i]);
    }
}

static struct os_message set_message(void)
{
    return (struct os_message){.kind = OS_PROXY_SET, .fd = -1,
                               .u.proxy_set = {7, OS_PROXY_APPLY,
                                               {.enabled = true, .has_password = true, .authentication = NETWORK_PROXY_BASIC,
                                                .port = 3128, .address = "proxy", .username = "user", .password = "secret"}}};
}

/* The service says it, and the manager listens.  Whether the service is still heard afterwards. */
static bool says(enum service_name which, const struct os_message *message)
{
    REQUIRE(os_channel_send(other[which], message, 1000) == 0);
    service_receive(&m, which);
    return m.service[which].channel >= 0;
}

static bool hears(enum service_name which)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    return os_channel_receive(other[which], buffer, &got, 0) == 0;
}

static void there_and_back(void)
{
    struct os_message set = set_message(), state = {.kind = OS_PROXY_STATE, .fd = -1, .u.proxy_state = {.number = 7, .error = E_MISSING}};
    begin();
    CHECK(says(SERVICE_GATEWAYD, &set));
    CHECK(hears(SERVICE_AZURED) && got.kind == OS_PROXY_SET && got.u.proxy_set.number == 7);
    CHECK_STR(got.u.proxy_set.proxy.password, "secret");
    CHECK(!hears(SERVICE_NETWORKD));
    CHECK(!memmem(&m, sizeof m, "secret", 6)); /* not kept */
    CHECK(says(SERVICE_AZURED, &state));
    CHECK(hears(SERVICE_GATEWAYD) && got.kind == OS_PROXY_STATE && got.u.proxy_state.error == E_MISSING);
    CHECK(!says(SERVICE_AZURED, &state)); /* nobody asked for another one */
    CHECK(!hears(SERVICE_GATEWAYD));
    end();
}

/* Pieces need no answer; the question after them has one. */
static void certificates(void)
{
    struct os_message stage = {.kind = OS_CERT_STAGE, .fd = -1, .u.cert_stage = {0, span_of("key", 3)}};
    struct os_message ask = {.kind = OS_CERT_ASK, .fd = -1, .u.cert_ask = {3, {.action = CERT_INSTALL, .id = "a"}}};
    struct os_message answer = {.kind = OS_CERT_ANSWER, .fd = -1, .u.cert_answer = {3, {.error = CERT_MISMATCHED}}};
    begin();
    CHECK(says(SERVICE_GATEWAYD, &stage) && hears(SERVICE_AZURED) && got.kind == OS_CERT_STAGE);
    CHECK(span_equal(got.u.cert_stage.bytes, span_of("key", 3)));
    CHECK_INT(m.local_asked, 0);
    CHECK(says(SERVICE_GATEWAYD, &ask) && hears(SERVICE_AZURED) && got.kind == OS_CERT_ASK);
    CHECK_STR(got.u.cert_ask.ask.id, "a");
    CHECK(says(SERVICE_AZURED, &answer) && hears(SERVICE_GATEWAYD) && got.kind == OS_CERT_ANSWER);
    CHECK_INT(got.u.cert_answer.answer.error, CERT_MISMATCHED);
    CHECK(!says(SERVICE_AZURED, &answer));
    end();
}

/* azured is not there: who asks waits in vain, and goes on. */
static void nobody_there(void)
{
    struct os_message set = set_message();
    begin();
    close(m.service[SERVICE_AZURED].channel);
    m.service[SERVICE_AZURED].channel = -1;
    CHECK(says(SERVICE_GATEWAYD, &set));
    CHECK_INT(m.local_asked, 0);
    end();
}

static void from_nobody_else(void)
{
    static const enum service_name may_not[][2] = {{SERVICE_NETWORKD, SERVICE_AZURED}, {SERVICE_NETWORKD, SERVICE_GATEWAYD}};
    struct os_message messages[5] = {set_message(), {.kind = OS_PROXY_STATE, .fd = -1},
                                     {.kind = OS_CERT_ASK, .fd = -1}, {.kind = OS_CERT_ANSWER, .fd = -1},
                                     {.kind = OS_CERT_STAGE, .fd = -1, .u.cert_stage = {0, span_of("x", 1)}}};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 2; k++) {
            begin();
            m.local_asked = 1; /* even while one is awaited */
            CHECK(!says(may_not[i % 4 % 2][k], &messages[i]));
            for (unsigned n = 0; n < SERVICES; n++)
                CHECK(n == (unsigned)may_not[i % 4 % 2][k] || !hears((enum service_name)n));
            end();
        }
}

int main(void)
{
    there_and_back();
    certificates();
    nobody_there();
    from_nobody_else();
    return check_done();
}
