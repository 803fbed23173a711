/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/sandbox/landlock.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Source: include/uapi/linux/landlock.h of Linux 6.12. */
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_BLOCK = 1 << 11,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
    NET_BIND_TCP = 1 << 0,
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,

    FS_READ = FS_READ_FILE | FS_READ_DIR,
    FS_WRITE = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |
               FS_REFER | FS_TRUNCATE,
    FS_ONE_FILE = FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE, /* what a rule over a file may name */

    VERSION_FLAG = 1,
    RULE_PATH_BENEATH = 1,
    RULE_NET_PORT = 2,
};

struct ruleset {
    uint64_t fs, net, scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

struct port_rule {
    uint64_t allowed, port;
};

/* What each ABI brought.  The struct grew with it; older kernels refuse a
 * longer one. */
static const struct abi_row {
    int abi;
    size_t bytes;
    struct ruleset brings;
} abi_rows[] = {
    {1, 8, {FS_MAKE_SYM * 2 - 1, 0, 0}}, /* EXECUTE through MAKE_SYM */
    {2, 8, {FS_REFER, 0, 0}},
    {3, 8, {FS_TRUNCATE, 0, 0}},
    {4, 16, {0, NET_BIND_TCP | NET_CONNECT_TCP, 0}},
    {5, 16, {FS_IOCTL_DEV, 0, 0}},
    {6, 24, {0, 0, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL}},
};

static size_t ruleset_of(long abi, struct ruleset *all)
{
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof abi_rows / sizeof abi_rows[0]; i++) {
        if (abi_rows[i].abi > abi)
            break;
        bytes = abi_rows[i].bytes;
        all->fs |= abi_rows[i].brings.fs;
        all->net |= abi_rows[i].brings.net;
        all->scoped |= abi_rows[i].brings.scoped;
    }
    return bytes;
}

static int path_allow(int ruleset_fd, const char *path, uint64_t rights)
{
    struct stat st;
    int err = E_IO, fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return E_NOT_FOUND;
    if (fstat(fd, &st) == 0) {
        struct path_rule rule = {.allowed = S_ISDIR(st.st_mode) ? rights : rights & FS_ONE_FILE, .parent_fd = fd};
        if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) == 0)
            err = 0;
    }
    close(fd);
    return err;
}

static int paths_allow(int ruleset_fd, const char *paths, uint64_t rights)
{
    char path[PATH_MAX];
    int err = 0;
    while (!err && paths && *paths) {
        size_t len = strcspn(paths, ":");
        if (len >= sizeof path || paths[0] != '/')
            return E_NOT_FOUND;
        memcpy(path, paths, len);
        path[len] = '\0';
        err = path_allow(ruleset_fd, path, rights);
        paths += len + (paths[len] == ':');
    }
    return err;
}

static int port_allow(int ruleset_fd, uint16_t port)
{
    struct port_rule rule = {.allowed = NET_CONNECT_TCP, .port = port};
    return syscall(SYS_landlock_add_rule, ruleset_fd, RULE_NET_PORT, &rule, 0) == 0 ? 0 : E_IO;
}

long landlock_abi(void) { return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, VERSION_FLAG); }

bool landlock_has_ports(long abi)
{
    struct ruleset all = {0};
    (void)ruleset_of(abi, &all);
    return all.net & NET_CONNECT_TCP;
}

int landlock_enter(long abi, const char *folder, const char *paths, bool read, bool write, uint16_t connect_port)
{
    struct ruleset all = {0};
    int err = 0;
    if (abi < 1)
        return E_UNSUPPORTED;
    size_t bytes = ruleset_of(abi, &all);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, bytes, 0);
    if (fd < 0)
        return E_UNSUPPORTED;
    /* A rule may name only what the ruleset handles. */
    uint64_t rights = all.fs & ((read ? FS_READ : 0u) | (write ? FS_WRITE : 0u));
    if (folder && rights)
        err = path_allow(fd, folder, rights);
    if (!err && rights)
        err = paths_allow(fd, paths, rights);
    if (!err && connect_port && landlock_has_ports(abi))
        err = port_allow(fd, connect_port);
    if (!err && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        err = E_UNSUPPORTED;
    close(fd);
    return err;
}
