/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock as of ABI 6; the headers of older systems end at 2. */
enum {
    LL_CREATE = 444,
    LL_ADD = 445,
    LL_RESTRICT = 446,
    LL_VERSION_FLAG = 1,
    LL_PATH_BENEATH = 1,
    LL_WRITE = 1 << 1,
    LL_READ = 1 << 2,
    LL_SCOPE_ALL = 3, /* abstract unix sockets, signals */
};

struct ll_ruleset {
    uint64_t fs, net, scoped;
};
struct ll_path {
    uint64_t access;
    int32_t at;
} __attribute__((packed));

static const struct {
    const char *path; /* may be absent */
    uint64_t access;
    const char *why;
} paths[] = {
    {"/etc", LL_READ, "resolv.conf, hosts, nsswitch.conf, names of nftables"},
    {"/run/systemd/resolve", LL_READ, "resolv.conf may lead there"},
    {"/lib", LL_READ, "modules of the resolver"},
    {"/lib64", LL_READ, "modules of the resolver"},
    {"/usr/lib", LL_READ, "modules of the resolver"},
    {"/usr/share/iproute2", LL_READ, "names of nftables"},
    {"/dev/urandom", LL_READ, "resolver"},
    {"/dev/null", LL_READ | LL_WRITE, "C library"},
};

static int allow(int ruleset, const char *path, uint64_t access)
{
    struct ll_path rule = {access, open(path, O_PATH | O_CLOEXEC)};
    if (rule.at < 0)
        return errno == ENOENT ? 0 : E_IO;
    int e = syscall(LL_ADD, ruleset, LL_PATH_BENEATH, &rule, 0) ? E_IO : 0;
    close(rule.at);
    return e;
}

int networkd_confine(void)
{
    long version = syscall(LL_CREATE, NULL, 0, LL_VERSION_FLAG);
    if (version <= 0)
        return E_UNSUPPORTED;
    /* Every right that this version knows, so that each is refused unless given. */
    uint64_t all = version >= 5   ? (1 << 16) - 1
                   : version >= 3 ? (1 << 15) - 1
                   : version >= 2 ? (1 << 14) - 1
                                  : (1 << 13) - 1;
    struct ll_ruleset rules = {.fs = all, .scoped = version >= 6 ? LL_SCOPE_ALL : 0};
    int fd = (int)syscall(LL_CREATE, &rules, version >= 6 ? sizeof rules : 8, 0);
    if (fd < 0)
        return E_IO;
    int e = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && !e; i++)
        e = allow(fd, paths[i].path, paths[i].access);
    if (!e && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(LL_RESTRICT, fd, 0)))
        e = E_IO;
    close(fd);
    return e;
}
