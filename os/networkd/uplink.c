/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "os/networkd/address.h"

enum {
    DATAGRAMS_AT_ONCE = 16, /* of one socket, before others get their turn */
};

/* 2024-01-01: no device of ours is older; eras of SNTP are told apart until 2160. */
static const uint64_t time_pivot_s = 1704067200;

static uint32_t random32(void)
{
    uint32_t r = 0;
    (void)!getrandom(&r, sizeof r, 0); /* the kernel is seeded before PID 1 runs */
    return r;
}

static const char *text_of(uint32_t address, char text[static ADDRESS_TEXT_BYTES])
{
    snprintf(text, ADDRESS_TEXT_BYTES, "%u.%u.%u.%u", (unsigned)(address >> 24),
             (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255), (unsigned)(address & 255));
    return text;
}

static int open_socket(const char *interface, uint16_t port)
{
    static const int on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) ||
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) ||
        bind(fd, (void *)&any, sizeof any)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void send_dhcp(struct uplink *u, const struct dhcp_step *step)
{
    uint8_t bytes[DHCP_REQUEST_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(DHCP_SERVER_PORT),
                             .sin_addr.s_addr = htonl(step->to)};
    if (dhcp_message_write(&step->message, &w) == 0)
        (void)!sendto(u->dhcp_fd, bytes, w.len, MSG_DONTWAIT, (void *)&to, sizeof to);
    /* What could not be sent is sent again by the client's own timer. */
}

/* In place, because the file is shown to others under another name. */
static void write_names(const struct uplink *u, const struct dhcp_reply *lease)
{
    char text[DHCP_SERVERS_MAX * 32] = "", address[ADDRESS_TEXT_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < lease->dns_count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "nameserver %s\n",
                                text_of(lease->dns[i], address));
    if (ftruncate(u->names_fd, 0) || pwrite(u->names_fd, text, len, 0) != (ssize_t)len)
        fprintf(stderr, "networkd: name servers cannot be written: %s\n", strerror(errno));
}

static void configure(struct uplink *u, const struct dhcp_reply *lease, int64_t now_ms)
{
    char address[ADDRESS_TEXT_BYTES], router[ADDRESS_TEXT_BYTES];
    int e = interface_configure(u->name, lease);
    write_names(u, lease);
    u->leases++;
    memcpy(u->time.server, lease->ntp, sizeof u->time.server);
    u->time.next = 0;
    u->time.sent_ms = -1;
    u->time.wait_ms = UPLINK_TIME_RETRY_MS;
    u->time.due_ms = lease->ntp_count ? now_ms + UPLINK_TIME_FIRST_MS : INT64_MAX;
    if (e)
        fprintf(stderr, "networkd: %s: address cannot be set: %s\n", u->name, err_text(e));
    else if (lease->address)
        fprintf(stderr, "networkd: %s: %s/%d by %s for %u s\n", u->name,
                text_of(lease->address, address), __builtin_popcount(lease->mask),
                text_of(lease->server, router), (unsigned)lease->lease_s);
    else
        fprintf(stderr, "networkd: %s: no address any more\n", u->name);
}

/* A renewal with the same values changes nothing: routes and connections stay. */
static bool same(const struct dhcp_reply *a, const struct dhcp_reply *b)
{
    return a->address == b->address && a->mask == b->mask && a->router == b->router &&
           memcmp(a->dns, b->dns, sizeof a->dns) == 0 && memcmp(a->ntp, b->ntp, sizeof a->ntp) == 0;
}

static void follow(struct uplink *u, const struct dhcp_reply *before, const struct dhcp_step *step,
                   int64_t now_ms)
{
    if (step->changed && !same(before, &step->lease))
        configure(u, &step->lease, now_ms);
    if (step->send)
        send_dhcp(u, step);
}

void uplink_init(struct uplink *u)
{
    memset(u, 0, sizeof *u);
    u->names_fd = u->dhcp_fd = u->time_fd = -1;
    u->time.due_ms = INT64_MAX;
}

int uplink_start(struct uplink *u, const char *name, int names_fd, int64_t now_ms)
{
    uint8_t mac[DHCP_MAC_BYTES];
    struct dhcp_step step;
    uplink_init(u);
    u->names_fd = names_fd;
    if (!interface_name_good(name))
        return E_RANGE;
    memcpy(u->name, name, strnlen(name, INTERFACE_NAME_MAX));
    int e = interface_up(u->name, mac);
    if (e)
        return e;
    u->dhcp_fd = open_socket(u->name, DHCP_CLIENT_PORT);
    u->time_fd = open_socket(u->name, 0);
    if (u->dhcp_fd < 0 || u->time_fd < 0) {
        uplink_stop(u);
        return E_DENIED;
    }
    dhcp_client_start(&u->dhcp, mac, now_ms, random32(), &step);
    follow(u, &step.lease, &step, now_ms);
    return 0;
}

void uplink_stop(struct uplink *u)
{
    if (u->dhcp_fd >= 0)
        close(u->dhcp_fd);
    if (u->time_fd >= 0)
        close(u->time_fd);
    u->dhcp_fd = u->time_fd = -1;
}

int64_t uplink_due_ms(const struct uplink *u)
{
    if (u->dhcp_fd < 0)
        return INT64_MAX;
    return u->dhcp.due_ms < u->time.due_ms ? u->dhcp.due_ms : u->time.due_ms;
}

void uplink_fds(const struct uplink *u, int fd[static UPLINK_FDS])
{
    fd[0] = u->dhcp_fd;
    fd[1] = u->time_fd;
}

static void ask_time(struct uplink *u, int64_t now_ms)
{
    uint8_t bytes[SNTP_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    uint32_t server = 0;
    for (unsigned i = 0; i < DHCP_SERVERS_MAX && !server; i++)
        server = u->time.server[(u->time.next + i) % DHCP_SERVERS_MAX];
    if (!server) {
        u->time.due_ms = INT64_MAX; /* all of them told us to go away: not before the next lease */
        return;
    }
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(SNTP_PORT), .sin_addr.s_addr = htonl(server)};
    while (u->time.server[u->time.next % DHCP_SERVERS_MAX] != server)
        u->time.next++;
    u->time.sent_ms = -1;
    if (getrandom(u->time.cookie, sizeof u->time.cookie, 0) == sizeof u->time.cookie &&
        sntp_request_write(u->time.cookie, &w) == 0 &&
        sendto(u->time_fd, bytes, w.len, MSG_DONTWAIT, (void *)&to, sizeof to) == (ssize_t)w.len)
        u->time.sent_ms = now_ms;
    u->time.due_ms = now_ms + UPLINK_TIME_ANSWER_MS;
}

static void time_failed(struct uplink *u, int64_t now_ms)
{
    u->time.sent_ms = -1;
    u->time.next++;
    u->time.due_ms = now_ms + u->time.wait_ms;
    u->time.wait_ms = u->time.wait_ms * 2 < UPLINK_TIME_AGAIN_MS ? u->time.wait_ms * 2
                                                                 : UPLINK_TIME_AGAIN_MS;
}

static bool read_time(struct uplink *u, int64_t now_ms, struct sntp_sample *sample)
{
    for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        uint8_t bytes[SNTP_MESSAGE_MAX];
        struct sockaddr_in from = {0};
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(u->time_fd, bytes, sizeof bytes, MSG_TRUNC, (void *)&from, &len);
        if (n < 0)
            return false;
        uint32_t server = u->time.server[u->time.next % DHCP_SERVERS_MAX];
        if ((size_t)n > sizeof bytes || len != sizeof from || u->time.sent_ms < 0 ||
            ntohl(from.sin_addr.s_addr) != server || ntohs(from.sin_port) != SNTP_PORT)
            continue;
        int e = sntp_answer_parse(span_of(bytes, (size_t)n), u->time.cookie, time_pivot_s,
                                  (uint32_t)(now_ms - u->time.sent_ms), sample);
        if (e == E_BINDING)
            continue; /* the right one may still come */
        if (e) {
            if (e == E_DENIED) /* RFC 4330 section 8: a server that says so is not asked again */
                u->time.server[u->time.next % DHCP_SERVERS_MAX] = 0;
            time_failed(u, now_ms);
            continue;
        }
        u->time.sent_ms = -1;
        u->time.wait_ms = UPLINK_TIME_RETRY_MS;
        u->time.due_ms = now_ms + UPLINK_TIME_AGAIN_MS;
        return true;
    }
    return false;
}

static void read_dhcp(struct uplink *u, int64_t now_ms)
{
    for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        uint8_t bytes[DHCP_MESSAGE_MAX];
        struct dhcp_step step;
        struct dhcp_reply before = u->dhcp.lease;
        ssize_t n = recv(u->dhcp_fd, bytes, sizeof bytes, MSG_TRUNC);
        if (n < 0)
            return;
        if ((size_t)n <= sizeof bytes &&
            dhcp_client_receive(&u->dhcp, span_of(bytes, (size_t)n), now_ms, random32(), &step) == 0)
            follow(u, &before, &step, now_ms);
    }
}

bool uplink_run(struct uplink *u, int64_t now_ms, struct sntp_sample *sample)
{
    struct dhcp_step step;
    if (u->dhcp_fd < 0)
        return false;
    read_dhcp(u, now_ms);
    struct dhcp_reply before = u->dhcp.lease;
    dhcp_client_tick(&u->dhcp, now_ms, random32(), &step);
    follow(u, &before, &step, now_ms);
    if (read_time(u, now_ms, sample))
        return true;
    if (now_ms >= u->time.due_ms) {
        if (u->time.sent_ms >= 0)
            time_failed(u, now_ms);
        else
            ask_time(u, now_ms);
    }
    return false;
}
