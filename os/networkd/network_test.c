/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's networkd, with its own resolver and its whole-device filter, on a network
 * that lies: DHCP, DNS and time servers say wrong things before they say right ones, and the
 * filter is tried from inside and outside.  Needs root, /dev/net/tun, and iptables in the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "os/ipc/os_channel.h"
#include "os/networkd/dhcp_server_test.h"
#include "os/networkd/fake_network_test.h"
#include "os/networkd/program_test.h"
#include "tests/own_network.h"

enum {
    BASE = 61500,
    NETWORKD = 61103,
    SERVER = 0x0A090001,
    DEVICE = 0x0A090064,
    LISTED = 0x0A090007,
    OTHER = 0x0A090008,
    WAIT_MS = 20000,
    PORT = 7777,
    SERVED = 8080,
};

static int tap, channel;
static char names_path[] = "/tmp/peri-names-XXXXXX";

static pid_t start(void)
{
    return program_start("networkd-mcu", (const char *const[]){"61500", "tap0", names_path, "8443", NULL}, &channel);
}

static bool address_is(uint32_t wanted)
{
    struct ifreq r = {.ifr_name = "tap0"};
    struct sockaddr_in in = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = ioctl(fd, SIOCGIFADDR, &r) == 0;
    close(fd);
    memcpy(&in, &r.ifr_addr, sizeof in);
    return wanted ? has && ntohl(in.sin_addr.s_addr) == wanted : !has;
}

static void say_dhcp(const struct dhcp_said *s, size_t cut)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    dhcp_said_write(s, &w);
    fake_network_say(tap, &(struct fake_datagram){SERVER, UINT32_MAX, DHCP_SERVER_PORT, DHCP_CLIENT_PORT,
                                                  span_of(bytes, w.len - cut)});
}

static struct dhcp_said said(uint8_t type, struct span request)
{
    struct dhcp_said s = {.type = type, .address = DEVICE, .server = SERVER, .mask = 0xFFFFFF00,
                          .router = SERVER, .dns = SERVER, .ntp = SERVER, .lease_s = 3600};
    struct cursor c = cursor_of(request);
    cursor_skip(&c, 4);
    s.xid = cursor_u32be(&c);
    cursor_skip(&c, 20);
    cursor_copy(&c, s.mac, sizeof s.mac);
    return s;
}

static void test_dhcp(void)
{
    struct fake_datagram d;
    REQUIRE(fake_network_wait(tap, DHCP_SERVER_PORT, &d, WAIT_MS));
    CHECK(d.from == 0 && d.to == UINT32_MAX && d.from_port == DHCP_CLIENT_PORT);
    struct dhcp_said good = said(DHCP_OFFER, d.payload), bad = good;
    say_dhcp(&good, 20); /* cut off */
    bad.xid++;
    say_dhcp(&bad, 0);
    bad = good;
    bad.router = 0x01010101;
    say_dhcp(&bad, 0);
    bad = good;
    bad.type = DHCP_ACK; /* nobody asked */
    say_dhcp(&bad, 0);
    CHECK(address_is(0));
    say_dhcp(&good, 0);
    REQUIRE(fake_network_wait(tap, DHCP_SERVER_PORT, &d, WAIT_MS));
    good = said(DHCP_ACK, d.payload);
    bad = good;
    bad.server++;
    bad.address++;
    say_dhcp(&bad, 0);
    say_dhcp(&good, 0);
}

static void test_time(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    struct fake_datagram d;
    REQUIRE(fake_network_wait(tap, 123, &d, WAIT_MS));
    CHECK(d.from == DEVICE && d.to == SERVER && address_is(DEVICE));
    uint8_t answer[48] = {0x24, 2};
    memcpy(answer + 24, d.payload.at + 40, 8);
    struct writer w = writer_of(answer + 32, 16);
    for (int i = 0; i < 2; i++)
        writer_u64be(&w, (uint64_t)((1800000000 + 2208988800u) & UINT32_MAX) << 32);
    struct fake_datagram a = {SERVER, DEVICE, 123, d.from_port, {answer, sizeof answer}};
    answer[24] ^= 1; /* an answer to another question, which an attacker beside the path would guess */
    fake_network_say(tap, &a);
    answer[24] ^= 1;
    a.from = OTHER; /* the right answer from somebody else */
    fake_network_say(tap, &a);
    a.from = SERVER;
    fake_network_say(tap, &a);
    REQUIRE(os_channel_receive(channel, buffer, &m, WAIT_MS) == 0);
    CHECK_INT(m.kind, OS_NETWORK_TIME);
    CHECK(m.u.network_time.unix_ms >= 1800000000000u && m.u.network_time.unix_ms < 1800000010000u);
}

static void answer_name(const struct fake_datagram *d, uint32_t address, unsigned id_change)
{
    uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_bytes(&w, d->payload.at, d->payload.len);
    REQUIRE(d->payload.len > 12);
    bytes[1] ^= (uint8_t)id_change;
    bytes[2] |= 0x80;
    bytes[7] = 1;
    writer_bytes(&w, "\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4", 12);
    writer_u32be(&w, address);
    fake_network_say(tap, &(struct fake_datagram){d->to, d->from, 53, d->from_port, writer_view(&w)});
}

static void test_names(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    static uint8_t question[512];
    struct fake_datagram d;
    m = (struct os_message){.kind = OS_POLICY_SET, .fd = -1,
                            .u.policy = {.uid = BASE + 1, .host_count = 2, .tcp_count = 1,
                                         .tcp = {SERVED}, .host = {"good.example", "lie.example"}}};
    REQUIRE(os_channel_send(channel, &m, 1000) == 0);
    for (int i = 0; i < 2; i++) {
        REQUIRE(fake_network_wait(tap, 53, &d, WAIT_MS));
        CHECK(d.to == SERVER);
        REQUIRE(d.payload.len <= sizeof question);
        memcpy(question, d.payload.at, d.payload.len);
        d.payload.at = question;
        answer_name(&d, OTHER, 1); /* a guess at the id */
        answer_name(&d, i == 0 ? LISTED : 0x7F000001, 0);
    }
    REQUIRE(os_channel_receive(channel, buffer, &m, WAIT_MS) == 0);
    CHECK(m.kind == OS_ADDRESSES && m.u.addresses.error == 0 && m.u.addresses.host_count == 2);
    CHECK(m.u.addresses.host[0].count == 1 && m.u.addresses.host[0].at[0].bytes[3] == 7);
    CHECK_INT(m.u.addresses.host[1].count, 0); /* our own loopback is no answer */
}

/* What sendto() says to a process of this uid: 0 or errno. */
static int sends(uint32_t uid, uint32_t to, uint16_t port)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(to)};
        if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
            _exit(255);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        _exit(sendto(fd, "x", 1, 0, (void *)&a, sizeof a) == 1 ? 0 : errno);
    }
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_filter(void)
{
    struct fake_datagram d;
    static const struct {
        uint32_t uid, to;
        uint16_t port;
        int error;
    } rows[] = {
        {BASE + 1, LISTED, PORT, 0},
        {BASE + 1, OTHER, PORT, EPERM},  /* not listed */
        {BASE + 1, SERVER, 53, EPERM},   /* names are networkd's business */
        {BASE + 1, SERVER, 123, EPERM},
        {BASE + 2, LISTED, PORT, EPERM}, /* another application */
        {0, LISTED, PORT, EPERM},        /* root has nothing to say either */
        {61104, LISTED, PORT, EPERM},
        {61104, SERVER, 53, 0},          /* azured asks for names */
        {61104, SERVER, 123, EPERM},
        {65534, LISTED, PORT, EPERM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int e = sends(rows[i].uid, rows[i].to, rows[i].port);
        if (e != rows[i].error)
            fprintf(stderr, "row %zu: %d\n", i, e);
        CHECK_INT(e, rows[i].error);
    }
    CHECK(fake_network_wait(tap, PORT, &d, WAIT_MS) && d.to == LISTED);

    /* inward: from a listed address, from another, to a declared port of the other protocol */
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && bind(fd, (void *)&own, sizeof own) == 0);
    char got[16] = "";
    fake_network_say(tap, &(struct fake_datagram){OTHER, DEVICE, PORT, PORT, span_of("no", 2)});
    fake_network_say(tap, &(struct fake_datagram){OTHER, DEVICE, 1, PORT, span_of("no", 2)});
    fake_network_say(tap, &(struct fake_datagram){LISTED, DEVICE, 1, PORT, span_of("yes", 3)});
    CHECK_INT(recv(fd, got, sizeof got, 0), 3); /* in order: the first two are gone */
    close(fd);

    struct os_message m = {.kind = OS_POLICY_REMOVE, .fd = -1, .u.policy_remove = BASE + 1};
    REQUIRE(os_channel_send(channel, &m, 1000) == 0);
    for (int i = 0; i < 100 && sends(BASE + 1, LISTED, PORT) != EPERM; i++)
        usleep(20000);
    CHECK_INT(sends(BASE + 1, LISTED, PORT), EPERM);
}

int main(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    own_network();
    if (access("/dev/net/tun", R_OK | W_OK)) {
        fprintf(stderr, "network_test: /dev/net/tun is missing: a network of the test's own cannot be made\n");
        return 1;
    }
    tap = fake_network_open("tap0");
    int names = mkstemp(names_path);
    REQUIRE(names >= 0);
    pid_t pid = start();
    test_dhcp();
    REQUIRE(os_channel_receive(channel, buffer, &m, WAIT_MS) == 0);
    CHECK(m.kind == OS_READY && m.u.ready == 0);
    test_time();
    char text[64] = "";
    CHECK(pread(names, text, sizeof text - 1, 0) > 0);
    CHECK_STR(text, "nameserver 10.9.0.1\n");
    test_names();
    test_filter();
    int status = -1;
    REQUIRE(kill(pid, SIGTERM) == 0 && waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    CHECK_INT(sends(BASE + 1, LISTED, PORT), EPERM); /* what is left behind refuses */
    unlink(names_path);
    close(names);
    close(channel);
    close(tap);
    return check_done();
}
