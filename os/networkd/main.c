/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * networkd: the network filter of applications and the only one who resolves
 * names for them.
 * Started by the application manager as uid 61103 with CAP_NET_ADMIN alone;
 * descriptor 3 is the channel to it (os/ipc/os_channel.h).  Argument: the first
 * uid of applications, which names the table, so that devices on one machine
 * with different ranges do not meet.
 * Ends with 0 when the manager is gone or at SIGTERM.  Only SIGTERM takes the
 * table along: the manager sends it when no application runs any more.  Without
 * a manager applications may still run, or a new networkd is about to start, and
 * the table goes on to refuse; the next start replaces it.
 *
 * Names are asked for again every RENEW_MS; a round that fails keeps the
 * addresses of the one before.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "os/networkd/confine.h"
#include "os/networkd/filter.h"
#include "os/networkd/resolve.h"

enum {
    CHANNEL = 3,
    POLICIES_MAX = 64,
    RENEW_MS = 60000,
    UID_COUNT = 64, /* of the application manager's uid map */
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
    struct filter *filter; /* NULL: this machine has none */
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

static int apply(void (*text)(struct writer *w, const struct entry *e), const struct entry *e)
{
    static char bytes[FILTER_TEXT_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!state.filter)
        return 0; /* the manager was told at the start, and decided */
    text(&w, e);
    return filter_run(state.filter, &w);
}

static void text_table(struct writer *w, const struct entry *e)
{
    (void)e;
    filter_text_table(w, state.uid_base, UID_COUNT);
}

static void text_policy(struct writer *w, const struct entry *e)
{
    filter_text_policy(w, state.uid_base, &e->policy, &e->addresses);
}

static void text_remove(struct writer *w, const struct entry *e)
{
    filter_text_remove(w, state.uid_base, e->policy.uid);
}

static void text_end(struct writer *w, const struct entry *e)
{
    (void)e;
    filter_text_end(w, state.uid_base);
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
    error = apply(text_policy, e);
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
    if (apply(text_remove, e))
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
    else
        return false;
    return true;
}

/* True when asked to end, false when the manager is gone. */
static bool loop(int signals)
{
    for (;;) {
        struct pollfd p[2 + POLICIES_MAX] = {{.fd = CHANNEL, .events = POLLIN},
                                             {.fd = signals, .events = POLLIN}};
        int64_t now = now_ms(), next = now + RENEW_MS;
        for (size_t i = 0; i < POLICIES_MAX; i++) {
            struct entry *e = &state.entry[i];
            if (e->used && e->resolve.pid && e->resolve.until_ms <= now)
                resolved(e); /* too slow */
            if (e->used && !e->resolve.pid && e->renew_ms <= now)
                start(e);
            int64_t due = !e->used ? INT64_MAX : e->resolve.pid ? e->resolve.until_ms : e->renew_ms;
            if (due < next)
                next = due;
            p[2 + i] = (struct pollfd){.fd = e->used && e->resolve.pid ? e->resolve.answer : -1,
                                       .events = POLLIN};
        }
        if (poll(p, 2 + POLICIES_MAX, next > now ? (int)(next - now) : 0) < 0 && errno != EINTR)
            return false;
        if (p[1].revents)
            return true;
        for (size_t i = 0; i < POLICIES_MAX; i++)
            if (p[2 + i].revents)
                resolved(&state.entry[i]);
        if (p[0].revents && !receive())
            return false;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: networkd <first uid of applications>\n");
        return 2;
    }
    char *end;
    errno = 0;
    unsigned long base = strtoul(argv[1], &end, 10);
    if (errno || *end || base < 1000 || base > 2000000000) {
        fprintf(stderr, "networkd: \"%s\" is not a user id\n", argv[1]);
        return 2;
    }
    state.uid_base = (uint32_t)base;
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &handled, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    int signals = signalfd(-1, &handled, SFD_CLOEXEC);
    state.filter = filter_new();
    struct os_message ready = {.kind = OS_READY, .fd = -1, .u.ready = E_UNSUPPORTED};
    if (state.filter)
        ready.u.ready = apply(text_table, NULL);
    if (ready.u.ready) {
        filter_free(state.filter);
        state.filter = NULL;
    }
    int e = networkd_confine();
    if (e && e != E_UNSUPPORTED) {
        fprintf(stderr, "networkd: cannot be confined: %s\n", err_text(e));
        return 1;
    }
    bool asked = signals >= 0 && os_channel_send(CHANNEL, &ready, 5000) == 0 && loop(signals);
    for (size_t i = 0; i < POLICIES_MAX; i++)
        if (state.entry[i].used)
            resolve_abort(&state.entry[i].resolve);
    if (asked && state.filter && apply(text_end, NULL))
        fprintf(stderr, "networkd: table cannot be removed\n");
    filter_free(state.filter);
    fflush(NULL);
    _exit(0); /* a sanitizer's end would open files that are closed to us */
}
