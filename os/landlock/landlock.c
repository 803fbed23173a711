/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/landlock/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LL_CREATE = 444,
    LL_ADD = 445,
    LL_RESTRICT = 446,
    LL_VERSION_FLAG = 1,
    LL_PATH_BENEATH = 1,
    LL_NET_PORT = 2,
    LL_NET_BIND_TCP = 1 << 0,
    LL_SCOPE_ALL = 3, /* abstract unix sockets, signals */
};

struct ll_ruleset {
    uint64_t fs, net, scoped;
};
struct ll_path {
    uint64_t access;
    int32_t at;
} __attribute__((packed));
struct ll_port {
    uint64_t access, port;
};

int landlock_version(void)
{
    long v = syscall(LL_CREATE, NULL, 0, LL_VERSION_FLAG);
    return v > 0 ? (int)v : 0;
}

/* All file rights that a version knows, so that each is refused unless given. */
static uint64_t all_file_rights(int version)
{
    return version >= 5   ? (1 << 16) - 1 /* device ioctl */
           : version >= 3 ? (1 << 15) - 1 /* truncate */
           : version >= 2 ? (1 << 14) - 1 /* refer */
                          : (1 << 13) - 1;
}

int landlock_begin(struct landlock *ruleset, bool ports)
{
    *ruleset = (struct landlock){.fd = -1, .version = landlock_version()};
    if (ruleset->version == 0)
        return E_UNSUPPORTED;
    ruleset->ports = ports && ruleset->version >= 4;
    struct ll_ruleset rules = {
        .fs = all_file_rights(ruleset->version),
        .net = ruleset->ports ? LL_NET_BIND_TCP : 0,
        .scoped = ruleset->version >= 6 ? LL_SCOPE_ALL : 0,
    };
    size_t known = ruleset->version >= 6   ? sizeof rules
                   : ruleset->version >= 4 ? offsetof(struct ll_ruleset, scoped)
                                           : offsetof(struct ll_ruleset, net);
    ruleset->fd = (int)syscall(LL_CREATE, &rules, known, 0);
    return ruleset->fd < 0 ? E_IO : 0;
}

int landlock_allow_path(const struct landlock *ruleset, const char *path, uint64_t access, bool follow)
{
    struct ll_path rule = {access & all_file_rights(ruleset->version),
                           open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW))};
    if (rule.at < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    int err = syscall(LL_ADD, ruleset->fd, LL_PATH_BENEATH, &rule, 0) ? E_IO : 0;
    int error = errno;
    close(rule.at);
    errno = error;
    return err;
}

int landlock_allow_port(const struct landlock *ruleset, uint16_t port)
{
    struct ll_port rule = {LL_NET_BIND_TCP, port};
    if (!ruleset->ports)
        return 0;
    return syscall(LL_ADD, ruleset->fd, LL_NET_PORT, &rule, 0) ? E_IO : 0;
}

int landlock_enter(struct landlock *ruleset)
{
    int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(LL_RESTRICT, ruleset->fd, 0) ? E_IO : 0;
    int error = errno;
    close(ruleset->fd);
    ruleset->fd = -1;
    errno = error;
    return err;
}
