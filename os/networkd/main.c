/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * networkd: the network filter of applications and the only one who resolves
 * names for them.
 * Started by the application manager as uid 61103 with CAP_NET_ADMIN alone;
 * descriptor 3 is the channel to it (os/ipc/os_channel.h).  First argument: the first
 * uid of applications, which names the table, so that devices on one machine
 * with different ranges do not meet.  With three more it has an interface of its own: networkd
 * brings it up, keeps an address on it (uplink.h; CAP_NET_BIND_SERVICE besides), and
 * reports the time that the network says.  A fourth is the interface of the service cable, which
 * gets the one address of abi/service_link.h.
 * Ends with 0 when the manager is gone or at SIGTERM.  Only SIGTERM takes the
 * table along: the manager sends it when no application runs any more.  Without
 * a manager applications may still run, or a new networkd is about to start, and
 * the table goes on to refuse; the next start replaces it.
 *
 * Names are asked for again every RENEW_MS; a round that fails keeps the
 * addresses of the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "abi/service_link.h"
#include "os/networkd/confine.h"
#include "os/networkd/filter.h"
#include "os/networkd/resolve.h"
#include "os/networkd/uplink.h"

enum {
    CHANNEL = 3,
    POLICIES_MAX = 64,
    RENEW_MS = 60000,
    UID_COUNT = 64, /* of the application manager's uid map */
    FIXED = 2 + UPLINK_FDS, /* descriptors that are always waited for */
    AZURED_UID = 61104,
};

struct entry {
    bool used;
    bool told; /* the manager knows the addresses below */
    struct os_policy policy;
    struct os_addresses addresses;
    struct resolve resolve;
    int64_t renew_ms;
};

static struct networkd {
    struct filter *filter; /* NULL: this machine has none; the manager was told, and decided */
    struct uplink uplink;  /* of a device that has an interface of its own */
    uint32_t uid_base;
    struct entry entry[POLICIES_MAX];
} state;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct entry *find(uint32_t uid)
{
    for (size_t i = 0; i < POLICIES_MAX; i++)
        if (state.entry[i].used && state.entry[i].policy.uid == uid)
            return &state.entry[i];
    return NULL;
}

static void tell(const struct entry *e, int error)
{
    static struct os_message m;
    m = (struct os_message){.kind = OS_ADDRESSES, .fd = -1, .u.addresses = e->addresses};
    m.u.addresses.uid = e->policy.uid;
    m.u.addresses.error = error;
    if (os_channel_send(CHANNEL, &m, 5000))
        fprintf(stderr, "networkd: the application manager does not listen\n");
}

static bool same(const struct os_addresses *a, const struct os_addresses *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* both zeroed before they were filled */
}

/* A round is over: new addresses into the filter first, then to the manager. */
static void resolved(struct entry *e)
{
    static struct os_addresses fresh;
    fresh = (struct os_addresses){.uid = e->policy.uid};
    int error = resolve_finish(&e->resolve, &fresh);
    e->renew_ms = now_ms() + RENEW_MS;
    if (error && e->told)
        return;
    if (!error)
        for (size_t h = 0; h < fresh.host_count; h++) /* a name that fails today keeps its address */
            if (fresh.host[h].count == 0 && h < e->addresses.host_count)
                fresh.host[h] = e->addresses.host[h];
    if (error)
        fresh.host_count = e->policy.host_count; /* all empty: nothing is allowed yet */
    if (e->told && same(&fresh, &e->addresses))
        return;
    e->addresses = fresh;
    error = state.filter ? filter_set(state.filter, &e->policy, &e->addresses) : 0;
    tell(e, error);
    e->told = error == 0;
}

static void start(struct entry *e)
{
    e->renew_ms = INT64_MAX;
    if (resolve_start(&e->resolve, &e->policy, now_ms()))
        resolved(e);
}

static void on_policy(const struct os_policy *policy)
{
    struct entry *e = find(policy->uid);
    for (size_t i = 0; !e && i < POLICIES_MAX; i++)
        if (!state.entry[i].used)
            e = &state.entry[i];
    if (!e || policy->uid < state.uid_base || policy->uid - state.uid_base >= UID_COUNT) {
        static struct entry refused;
        refused = (struct entry){.policy = *policy};
        tell(&refused, E_RANGE);
        return;
    }
    if (!e->used)
        e->resolve.answer = -1;
    e->used = true;
    e->told = false;
    e->policy = *policy;
    memset(&e->addresses, 0, sizeof e->addresses);
    start(e);
}

static void on_remove(uint32_t uid)
{
    struct entry *e = find(uid);
    if (!e)
        return;
    resolve_abort(&e->resolve);
    if (state.filter && filter_remove(state.filter, uid))
        fprintf(stderr, "networkd: policy of uid %u cannot be removed\n", (unsigned)uid);
    e->used = false;
}

/* False when the manager is gone or speaks nonsense. */
static bool receive(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    int e = os_channel_receive(CHANNEL, buffer, &m, 0);
    if (e == E_TIMEOUT)
        return true;
    if (e)
        return false;
    if (m.kind == OS_POLICY_SET)
        on_policy(&m.u.policy);
    else if (m.kind == OS_POLICY_REMOVE)
        on_remove(m.u.policy_remove);
    else if (m.kind == OS_PING) {
        m.kind = OS_PONG; /* with its number */
        return os_channel_send(CHANNEL, &m, 5000) == 0;
    } else
        return false;
    return true;
}

/* A time server's word goes to the manager, who decides what it is worth. */
static void run_uplink(void)
{
    struct sntp_sample sample;
    unsigned before = state.uplink.leases;
    if (uplink_run(&state.uplink, now_ms(), &sample)) {
        struct os_message m = {.kind = OS_NETWORK_TIME, .fd = -1,
                               .u.network_time = {sample.unix_ms, sample.error_ms}};
        if (os_channel_send(CHANNEL, &m, 0))
            fprintf(stderr, "networkd: the application manager does not listen\n");
    }
    if (state.uplink.leases == before)
        return;
    for (size_t i = 0; i < POLICIES_MAX; i++) /* other name servers, perhaps for the first time */
        if (state.entry[i].used && !state.entry[i].resolve.pid)
            state.entry[i].renew_ms = 0;
}

/* True when asked to end, false when the manager is gone. */
static bool loop(int signals)
{
    for (;;) {
        struct pollfd p[FIXED + POLICIES_MAX] = {{.fd = CHANNEL, .events = POLLIN},
                                                 {.fd = signals, .events = POLLIN}};
        run_uplink();
        int64_t now = now_ms(), next = now + RENEW_MS, due_uplink = uplink_due_ms(&state.uplink);
        int fd[UPLINK_FDS];
        uplink_fds(&state.uplink, fd);
        for (size_t i = 0; i < UPLINK_FDS; i++)
            p[2 + i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
        if (due_uplink < next)
            next = due_uplink;
        for (size_t i = 0; i < POLICIES_MAX; i++) {
            struct entry *e = &state.entry[i];
            if (e->used && e->resolve.pid && e->resolve.until_ms <= now)
                resolved(e); /* too slow */
            if (e->used && !e->resolve.pid && e->renew_ms <= now)
                start(e);
            int64_t due = !e->used ? INT64_MAX : e->resolve.pid ? e->resolve.until_ms : e->renew_ms;
            if (due < next)
                next = due;
            p[FIXED + i] = (struct pollfd){.fd = e->used && e->resolve.pid ? e->resolve.answer : -1,
                                           .events = POLLIN};
        }
        if (poll(p, FIXED + POLICIES_MAX, next > now ? (int)(next - now) : 0) < 0 && errno != EINTR)
            return false;
        if (p[1].revents)
            return true;
        for (size_t i = 0; i < POLICIES_MAX; i++)
            if (p[FIXED + i].revents)
                resolved(&state.entry[i]);
        if (p[0].revents && !receive())
            return false;
    }
}

static bool number_read(const char *text, unsigned long least, unsigned long most, uint32_t *to)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || end == text || *end || n < least || n > most)
        return false;
    *to = (uint32_t)n;
    return true;
}

/* The filter first: no interface is up without it. */
static int start_filter(uint32_t service_port, const char *link)
{
    state.filter = filter_new(&(struct filter_setup){
        .uid_base = state.uid_base,
        .uid_count = UID_COUNT,
        .networkd_uid = getuid(),
        .azured_uid = AZURED_UID,
        .service_port = (uint16_t)service_port,
        .link = link,
        .link_address = SERVICE_LINK_ADDRESS,
        .link_port = SERVICE_LINK_PORT,
    });
    int e = state.filter ? filter_begin(state.filter) : E_UNSUPPORTED;
    if (e) {
        filter_free(state.filter);
        state.filter = NULL;
    }
    return e;
}

static int start_uplink(const char *interface, const char *names)
{
    int fd = open(names, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    int e = fd < 0 ? E_NOT_FOUND : uplink_start(&state.uplink, interface, fd, now_ms());
    if (e)
        fprintf(stderr, "networkd: interface \"%s\", name servers in \"%s\": %s\n", interface, names,
                err_text(e));
    return e;
}

/* Not worth the device's other work when it fails: said, and the cable is dead. */
static void start_link(const char *name)
{
    uint8_t mac[DHCP_MAC_BYTES];
    const struct dhcp_reply fixed = {.address = SERVICE_LINK_ADDRESS, .mask = SERVICE_LINK_MASK};
    int e = interface_name_good(name) ? interface_up(name, mac) : E_RANGE;
    if (!e)
        e = interface_configure(name, &fixed);
    fprintf(stderr, "networkd: %s: %s%s\n", name, e ? "no address: " : SERVICE_LINK_ADDRESS_TEXT "/24, the service cable",
            e ? err_text(e) : "");
}

int main(int argc, char **argv)
{
    uint32_t service_port = 0;
    if (argc != 2 && argc != 5 && argc != 6) {
        fprintf(stderr, "usage: networkd <first uid of applications> "
                        "[<interface> <file for name servers> <port of the service> [<service link>]]\n");
        return 2;
    }
    if (!number_read(argv[1], 1000, 2000000000, &state.uid_base)) {
        fprintf(stderr, "networkd: \"%s\" is not a user id\n", argv[1]);
        return 2;
    }
    if (argc >= 5 && !number_read(argv[4], 0, UINT16_MAX, &service_port)) {
        fprintf(stderr, "networkd: \"%s\" is not a port\n", argv[4]);
        return 2;
    }
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &handled, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    int signals = signalfd(-1, &handled, SFD_CLOEXEC);
    const char *link = argc == 6 ? argv[5] : NULL;
    struct os_message ready = {.kind = OS_READY, .fd = -1, .u.ready = start_filter(service_port, link)};
    uplink_init(&state.uplink);
    resolve_init(argc >= 5 ? argv[3] : "/etc/resolv.conf");
    if (argc >= 5 && start_uplink(argv[2], argv[3]))
        return 1;
    if (link && ready.u.ready == 0)
        start_link(link); /* never without the filter */
    int e = networkd_confine();
    if (e && e != E_UNSUPPORTED) {
        fprintf(stderr, "networkd: cannot be confined: %s\n", err_text(e));
        return 1;
    }
    bool asked = signals >= 0 && os_channel_send(CHANNEL, &ready, 5000) == 0 && loop(signals);
    for (size_t i = 0; i < POLICIES_MAX; i++)
        if (state.entry[i].used)
            resolve_abort(&state.entry[i].resolve);
    if (asked && state.filter && filter_end(state.filter))
        fprintf(stderr, "networkd: table cannot be removed\n");
    uplink_stop(&state.uplink);
    filter_free(state.filter);
    fflush(NULL);
    _exit(0); /* a sanitizer's end would open files that are closed to us */
}
