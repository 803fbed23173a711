/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/capability.h>
#include <netinet/in.h>

#include "os/ipc/message.h"
#include "os/networkd/lookup.h"

/* In the child, the only descriptors above standard error. */
enum { ANSWER = 3, NAMES = 4, SAFE = 16 };

static int names_fd = -1;

static void add(struct os_addresses *to, size_t host, uint8_t family, const void *bytes)
{
    uint8_t *count = &to->host[host].count;
    size_t len = family == 4 ? 4 : 16;
    for (size_t i = 0; i < *count; i++)
        if (to->host[host].at[i].family == family &&
            memcmp(to->host[host].at[i].bytes, bytes, len) == 0)
            return;
    if (*count == OS_ADDRESSES_MAX)
        return;
    to->host[host].at[*count].family = family;
    memcpy(to->host[host].at[*count].bytes, bytes, len);
    (*count)++;
}

struct place {
    struct os_addresses *to;
    size_t host;
};

static void add_answer(void *context, uint8_t family, const void *bytes)
{
    struct place *p = context;
    add(p->to, p->host, family, bytes);
}

static void lookup(struct os_addresses *to, size_t host, const char *name)
{
    struct in_addr v4;
    struct in6_addr v6;
    struct place place = {to, host};
    if (inet_pton(AF_INET, name, &v4) == 1)
        add(to, host, 4, &v4);
    else if (inet_pton(AF_INET6, name, &v6) == 1)
        add(to, host, 6, &v6);
    else /* without an answer nothing is allowed for it until the next round */
        lookup_name(NAMES, name, add_answer, &place);
}

static _Noreturn void run(int to, const struct os_policy *policy)
{
    static struct os_message m = {.kind = OS_ADDRESSES, .fd = -1};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    /* It reads bytes of name servers: networkd's channel and filter are not for it. */
    int answer = fcntl(to, F_DUPFD_CLOEXEC, SAFE), names = fcntl(names_fd, F_DUPFD_CLOEXEC, SAFE);
    if (answer < 0 || dup2(answer, ANSWER) < 0)
        _exit(1);
    close(NAMES);
    if (names >= 0 && dup2(names, NAMES) < 0)
        _exit(1);
    if (syscall(SYS_close_range, NAMES + 1, ~0u, 0))
        _exit(1);
    to = ANSWER;
    if (syscall(SYS_capset, &header, none) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        _exit(1);
    m.u.addresses.uid = policy->uid;
    m.u.addresses.host_count = policy->host_count;
    for (size_t i = 0; i < policy->host_count; i++)
        lookup(&m.u.addresses, i, policy->host[i]);
    _exit(os_channel_send(to, &m, 1000) ? 1 : 0);
}

void resolve_init(const char *names)
{
    names_fd = lookup_open(names);
}

int resolve_start(struct resolve *r, const struct os_policy *policy, int64_t now_ms)
{
    int pair[2];
    resolve_abort(r);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return E_IO;
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        run(pair[1], policy);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return E_NOMEM;
    }
    *r = (struct resolve){.pid = pid, .answer = pair[0], .until_ms = now_ms + RESOLVE_MS};
    return 0;
}

int resolve_finish(struct resolve *r, struct os_addresses *addresses)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    uint32_t uid = addresses->uid;
    int e = r->answer < 0 ? E_STATE : os_channel_receive(r->answer, buffer, &m, 0);
    if (!e && (m.kind != OS_ADDRESSES || m.u.addresses.uid != uid))
        e = E_MALFORMED;
    if (e)
        *addresses = (struct os_addresses){.uid = uid};
    else
        *addresses = m.u.addresses;
    resolve_abort(r);
    return e;
}

void resolve_abort(struct resolve *r)
{
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(r->answer);
    }
    r->pid = 0;
    r->answer = -1;
}
