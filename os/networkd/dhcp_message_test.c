/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP messages: what is written, and each reason for which a reply is refused. */
#include "os/networkd/dhcp_message.h"

#include "os/networkd/dhcp_server_test.h"
#include "tests/check.h"

static const struct dhcp_said good = {
    .type = DHCP_ACK, .xid = 7, .mac = {2, 1, 2, 3, 4, 5}, .address = 0x0A000064,
    .server = 0x0A000001, .mask = 0xFFFFFF00, .router = 0x0A000001, .dns = 0x0A000002,
    .ntp = 0x0A000003, .lease_s = 3600,
};

static uint8_t bytes[DHCP_MESSAGE_MAX + 1];

static int parse(const struct dhcp_said *s, struct dhcp_reply *r)
{
    struct writer w = writer_of(bytes, sizeof bytes);
    dhcp_said_write(s, &w);
    REQUIRE(w.err == 0);
    return dhcp_message_parse(writer_view(&w), good.xid, good.mac, r);
}

static void test_good(void)
{
    struct dhcp_reply r;
    CHECK_INT(parse(&good, &r), 0);
    CHECK(r.type == DHCP_ACK && r.address == good.address && r.mask == good.mask &&
          r.router == good.router && r.server == good.server);
    CHECK(r.dns_count == 1 && r.dns[0] == good.dns && r.ntp_count == 1 && r.ntp[0] == good.ntp);
    /* RFC 2131 section 4.4.5: half, seven eighths */
    CHECK(r.lease_s == 3600 && r.renew_s == 1800 && r.rebind_s == 3150);
    struct dhcp_said s = good;
    s.renew_s = 100;
    s.rebind_s = 200;
    CHECK_INT(parse(&s, &r), 0);
    CHECK(r.renew_s == 100 && r.rebind_s == 200);
    s.renew_s = 300; /* later than the second: not followed */
    CHECK_INT(parse(&s, &r), 0);
    CHECK(r.renew_s < r.rebind_s && r.rebind_s < r.lease_s);
    s = good;
    s.lease_s = UINT32_MAX; /* for ever: asked again in a week all the same */
    CHECK_INT(parse(&s, &r), 0);
    CHECK_INT(r.lease_s, DHCP_LEASE_MAX_S);
    s = (struct dhcp_said){.type = DHCP_NAK, .xid = 7, .mac = {2, 1, 2, 3, 4, 5}, .server = good.server};
    CHECK_INT(parse(&s, &r), 0);
    CHECK_INT(r.type, DHCP_NAK);
    s = good;
    s.router = 0; /* a network without a way out */
    CHECK_INT(parse(&s, &r), 0);
    s = good;
    s.dns = 0x7F000001; /* our own: left out */
    CHECK_INT(parse(&s, &r), 0);
    CHECK_INT(r.dns_count, 0);
}

static void test_refused(void)
{
    static const struct {
        const char *what;
        size_t offset;
        uint32_t value;
        int error;
    } rows[] = {
#define ROW(what, field, value, error) {what, offsetof(struct dhcp_said, field), value, error}
        ROW("another transaction", xid, 8, E_BINDING),
        ROW("no server", server, 0, E_MISSING),
        ROW("a server that is nobody", server, 0x7F000001, E_RANGE),
        ROW("no mask", mask, 0, E_MISSING),
        ROW("a mask with a hole", mask, 0xFF00FF00, E_RANGE),
        ROW("a mask of half the world", mask, 0x80000000, E_RANGE),
        ROW("a mask without hosts", mask, 0xFFFFFFFE, E_RANGE),
        ROW("loopback", address, 0x7F000001, E_RANGE),
        ROW("multicast", address, 0xE0000001, E_RANGE),
        ROW("no address", address, 0, E_RANGE),
        ROW("the network itself", address, 0x0A000000, E_RANGE),
        ROW("broadcast", address, 0x0A0000FF, E_RANGE),
        ROW("a router elsewhere", router, 0x0B000001, E_RANGE),
        ROW("ourselves as router", router, 0x0A000064, E_RANGE),
        ROW("broadcast as router", router, 0x0A0000FF, E_RANGE),
        ROW("no lease", lease_s, 0, E_MISSING),
        ROW("a lease of a second", lease_s, 1, E_LIMIT),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dhcp_said s = good;
        struct dhcp_reply r, zero = {0};
        memcpy((char *)&s + rows[i].offset, &rows[i].value, 4);
        int e = parse(&s, &r);
        if (e != rows[i].error)
            fprintf(stderr, "%s: %d\n", rows[i].what, e);
        CHECK_INT(e, rows[i].error);
        CHECK(memcmp(&r, &zero, sizeof r) == 0);
    }
    struct dhcp_said s = good;
    struct dhcp_reply r;
    s.mac[5] ^= 1;
    CHECK_INT(parse(&s, &r), E_BINDING);
    s = good;
    s.type = DHCP_DISCOVER;
    CHECK_INT(parse(&s, &r), E_MALFORMED);
}

static void test_options(void)
{
    struct dhcp_reply r;
    struct writer w = writer_of(bytes, sizeof bytes);
    dhcp_said_write(&good, &w);
    for (size_t cut = 0; cut < w.len; cut++)
        CHECK_INT(dhcp_message_parse(span_of(bytes, cut), good.xid, good.mac, &r), E_MORE);
    w.len--; /* over the end mark */
    dhcp_said_option(&w, 1, 0xFFFF0000); /* the mask again */
    writer_u8(&w, 255);
    CHECK_INT(dhcp_message_parse(writer_view(&w), good.xid, good.mac, &r), E_DUPLICATE);
    w = writer_of(bytes, sizeof bytes);
    dhcp_said_write(&good, &w);
    w.len--;
    writer_u8(&w, 12); /* one we did not ask for, longer than what follows */
    writer_u8(&w, 200);
    writer_u8(&w, 255);
    CHECK_INT(dhcp_message_parse(writer_view(&w), good.xid, good.mac, &r), E_MORE);
    memset(bytes, 0, sizeof bytes);
    CHECK_INT(dhcp_message_parse(span_of(bytes, sizeof bytes), good.xid, good.mac, &r), E_LIMIT);
}

static void test_written(void)
{
    struct dhcp_request q = {.type = DHCP_REQUEST, .xid = 0x01020304, .mac = {2, 1, 2, 3, 4, 5},
                             .requested = good.address, .server = good.server};
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(dhcp_message_write(&q, &w), 0);
    CHECK_INT(w.len, DHCP_REQUEST_MAX);
    CHECK(bytes[0] == 1 && bytes[4] == 1 && bytes[10] == 0x80); /* answer by broadcast */
    static const uint8_t options[] = {99, 130, 83, 99, 53, 1, 3, 61, 7, 1, 2, 1, 2, 3, 4, 5,
                                      50, 4, 10, 0, 0, 100, 54, 4, 10, 0, 0, 1};
    CHECK(memcmp(bytes + 236, options, sizeof options) == 0);
    q.client = good.address; /* has an address: can be answered there */
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(dhcp_message_write(&q, &w), 0);
    CHECK_INT(bytes[10], 0);
    w = writer_of(bytes, 100);
    CHECK_INT(dhcp_message_write(&q, &w), E_FULL);
}

int main(void)
{
    test_good();
    test_refused();
    test_options();
    test_written();
    return check_done();
}
