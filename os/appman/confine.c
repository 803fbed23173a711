/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process of a compartment gives up before its first instruction. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/appman/compartment.h"
#include "os/config/device_conf.h"

/* Landlock as of ABI 7; the headers of older systems end at 2. */
enum {
    LL_CREATE = 444,
    LL_ADD = 445,
    LL_RESTRICT = 446,
    LL_VERSION_FLAG = 1,
    LL_PATH_BENEATH = 1,
    LL_NET_PORT = 2,
    LL_FS_EXECUTE = 1 << 0,
    LL_FS_WRITE = 1 << 1,
    LL_FS_READ = 1 << 2,
    LL_FS_READ_DIR = 1 << 3,
    LL_FS_TRUNCATE = 1 << 14,
    LL_NET_BIND_TCP = 1 << 0,
    LL_SCOPE_ALL = 3, /* abstract unix sockets, signals */
};

struct ll_ruleset {
    uint64_t fs, net, scoped;
};
struct ll_path {
    uint64_t access;
    int32_t folder;
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

static const struct {
    const char *path;
    uint64_t access;
} grants[] = {
    {APP_PATH_IMAGE, LL_FS_EXECUTE | LL_FS_READ | LL_FS_READ_DIR},
    {"/lib", LL_FS_EXECUTE | LL_FS_READ},
    {"/lib64", LL_FS_EXECUTE | LL_FS_READ},
    {"/etc", LL_FS_READ},
    {"/run/perisphere", LL_FS_READ},
    {"/dev/null", LL_FS_READ | LL_FS_WRITE},
    {"/dev/zero", LL_FS_READ},
    {"/dev/urandom", LL_FS_READ},
    {APP_STORAGE_FILE, LL_FS_READ | LL_FS_WRITE | LL_FS_TRUNCATE},
};

int confine_landlock(const struct compartment_spec *spec)
{
    int version = landlock_version();
    if (version == 0)
        return spec->missing & 1u << PART_LANDLOCK ? 0 : -1;
    struct ll_ruleset ruleset = {
        .fs = all_file_rights(version),
        .net = version >= 4 ? LL_NET_BIND_TCP : 0,
        .scoped = version >= 6 ? LL_SCOPE_ALL : 0,
    };
    size_t known = version >= 6 ? sizeof ruleset : version >= 4 ? 16 : 8;
    int fd = (int)syscall(LL_CREATE, &ruleset, known, 0);
    if (fd < 0)
        return -1;
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        int at = open(grants[i].path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
        if (at < 0 && errno == ENOENT)
            continue; /* not in this application's root */
        struct ll_path rule = {grants[i].access & ruleset.fs, at};
        if (at < 0 || syscall(LL_ADD, fd, LL_PATH_BENEATH, &rule, 0))
            return -1;
        close(at);
    }
    for (size_t i = 0; ruleset.net && i < spec->manifest->tcp_port_count; i++) {
        struct ll_port rule = {LL_NET_BIND_TCP, spec->manifest->tcp_port[i]};
        if (syscall(LL_ADD, fd, LL_NET_PORT, &rule, 0))
            return -1;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(LL_RESTRICT, fd, 0))
        return -1;
    return close(fd);
}

static int limit(int resource, rlim_t value)
{
    struct rlimit l = {value, value};
    return setrlimit(resource, &l);
}

int confine_limits(const struct compartment_spec *spec)
{
    /* A write past the mutable file's size is an error, not a signal. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return -1;
    if (personality(0) < 0) /* no READ_IMPLIES_EXEC from our own parent */
        return -1;
    return limit(RLIMIT_CORE, 0) || limit(RLIMIT_NPROC, COMPARTMENT_NPROC) ||
           limit(RLIMIT_NOFILE, COMPARTMENT_NOFILE) || limit(RLIMIT_MEMLOCK, 0) ||
           limit(RLIMIT_MSGQUEUE, 0) || limit(RLIMIT_SIGPENDING, 64) ||
           limit(RLIMIT_FSIZE, (rlim_t)spec->manifest->storage_kb * 1024);
}

int confine_credentials(uint32_t uid, unsigned missing)
{
    for (int cap = 0; cap <= 63; cap++)
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
            return -1;
    if (!(missing & 1u << PART_UID) &&
        (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none))
        return -1;
    /* A change of uid clears this; the manager's end must end the compartment. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
