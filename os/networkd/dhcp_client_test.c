/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's life by the clock of RFC 2131 section 4.4, with servers that err and lie. */
#include "os/networkd/dhcp_client.h"

#include "os/networkd/dhcp_server_test.h"
#include "tests/check.h"

static const uint8_t mac[DHCP_MAC_BYTES] = {2, 1, 2, 3, 4, 5};
static struct dhcp_client c;
static struct dhcp_step step;
static int64_t now;

static struct dhcp_said answer(uint8_t type)
{
    struct dhcp_said s = {.type = type, .xid = c.xid, .address = 0x0A000064, .server = 0x0A000001,
                          .mask = 0xFFFFFF00, .router = 0x0A000001, .lease_s = 8000};
    memcpy(s.mac, mac, sizeof mac);
    if (type == DHCP_NAK)
        s.address = s.mask = s.router = s.lease_s = 0;
    return s;
}

static int say(struct dhcp_said s)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    dhcp_said_write(&s, &w);
    return dhcp_client_receive(&c, writer_view(&w), now, 99, &step);
}

static void wait_due(void)
{
    CHECK(c.due_ms > now);
    dhcp_client_tick(&c, c.due_ms - 1, 1000, &step);
    CHECK(!step.send && !step.changed); /* not a millisecond early */
    now = c.due_ms;
    dhcp_client_tick(&c, now, 1000, &step);
}

static void become_bound(void)
{
    now = 5000;
    dhcp_client_start(&c, mac, now, 42, &step);
    CHECK(step.send && step.message.type == DHCP_DISCOVER && step.to == UINT32_MAX && !step.changed);
    now += 100;
    CHECK_INT(say(answer(DHCP_OFFER)), 0);
    CHECK(step.send && step.message.type == DHCP_REQUEST && step.message.requested == 0x0A000064 &&
          step.message.server == 0x0A000001 && step.message.client == 0 && step.message.xid == 42);
    CHECK_INT(say(answer(DHCP_ACK)), 0);
    CHECK(step.changed && step.lease.address == 0x0A000064 && !step.send);
    CHECK_INT(c.state, DHCP_BOUND);
}

static void test_nobody(void)
{
    int64_t last = 0, wait = 0;
    now = 5000;
    dhcp_client_start(&c, mac, now, 42, &step);
    for (int i = 0; i < 8; i++) {
        last = now;
        wait_due();
        CHECK(step.send && step.message.type == DHCP_DISCOVER);
        CHECK(now - last >= wait); /* ever slower, */
        wait = now - last;
    }
    CHECK(wait >= 63000 && wait <= 65000); /* but not slower than a minute */
}

static void test_requesting(void)
{
    now = 5000;
    dhcp_client_start(&c, mac, now, 42, &step);
    CHECK_INT(say(answer(DHCP_ACK)), E_STATE); /* nothing was requested */
    CHECK_INT(say(answer(DHCP_NAK)), E_STATE);
    CHECK_INT(say(answer(DHCP_OFFER)), 0);
    struct dhcp_client before = c;
    struct dhcp_said s = answer(DHCP_ACK);
    s.server = 0x0A000009;
    CHECK_INT(say(s), E_BINDING); /* another server's word */
    s = answer(DHCP_NAK);
    s.server = 0x0A000009;
    CHECK_INT(say(s), E_BINDING);
    s = answer(DHCP_ACK);
    s.address++;
    CHECK_INT(say(s), E_CONFLICT); /* not what was offered */
    s = answer(DHCP_OFFER);
    s.address++;
    CHECK_INT(say(s), E_STATE); /* a second offer */
    CHECK(memcmp(&before, &c, sizeof c) == 0);
    CHECK_INT(say(answer(DHCP_NAK)), 0);
    CHECK(c.state == DHCP_SELECTING && !step.send); /* refused: from the beginning, not at once */
    wait_due();
    CHECK_INT(step.message.type, DHCP_DISCOVER);
    CHECK_INT(say(answer(DHCP_OFFER)), 0);
    for (int i = 0; i < 3; i++) {
        wait_due();
        CHECK_INT(step.message.type, DHCP_REQUEST);
    }
    wait_due(); /* the server is silent: given up */
    CHECK_INT(step.message.type, DHCP_DISCOVER);
}

static void test_renew(void)
{
    become_bound();
    CHECK_INT(say(answer(DHCP_ACK)), E_STATE); /* asked for nothing */
    CHECK_INT(say(answer(DHCP_NAK)), E_STATE);
    wait_due(); /* T1 */
    CHECK_INT(now, 5100 + 4000 * 1000);
    CHECK(step.send && step.to == 0x0A000001 && step.message.client == 0x0A000064 &&
          step.message.requested == 0 && step.message.server == 0);
    CHECK_INT(say(answer(DHCP_ACK)), 0);
    CHECK_INT(c.state, DHCP_BOUND);
    CHECK_INT(c.end_ms, now + 8000 * 1000);
    wait_due();
    struct dhcp_said s = answer(DHCP_ACK);
    s.address++;
    CHECK_INT(say(s), E_CONFLICT);
    s = answer(DHCP_ACK);
    s.server++;
    CHECK_INT(say(s), E_BINDING);
    CHECK_INT(say(answer(DHCP_NAK)), 0); /* the lease is no more */
    CHECK(step.changed && step.lease.address == 0 && c.state == DHCP_SELECTING);
}

static void test_expiry(void)
{
    become_bound();
    int64_t end = c.end_ms;
    unsigned renewals = 0, rebindings = 0;
    while (now < end) {
        wait_due();
        if (now >= end)
            break;
        CHECK(step.send && !step.changed && step.message.client == 0x0A000064);
        if (step.to == UINT32_MAX)
            rebindings++;
        else
            renewals++;
        CHECK(step.to == UINT32_MAX || rebindings == 0);
    }
    CHECK(renewals >= 2 && rebindings >= 2 && renewals + rebindings < 30);
    CHECK_INT(now, end); /* to the millisecond */
    CHECK(step.changed && step.lease.address == 0); /* the address is given up */
    CHECK(step.send && step.message.type == DHCP_DISCOVER && step.message.client == 0);
    /* while rebinding any server may take over */
    become_bound();
    while (c.state != DHCP_REBINDING)
        wait_due();
    struct dhcp_said s = answer(DHCP_ACK);
    s.server = 0x0A000009;
    CHECK_INT(say(s), 0);
    CHECK(c.state == DHCP_BOUND && c.lease.server == 0x0A000009);
}

int main(void)
{
    test_nobody();
    test_requesting();
    test_renew();
    test_expiry();
    return check_done();
}
