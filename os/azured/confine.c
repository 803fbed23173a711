/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/config/device_conf.h"
#include "os/landlock/landlock.h"

static _Noreturn void fail(const char *what, const char *subject)
{
    fprintf(stderr, "azured: %s \"%s\": %s\n", what, subject, strerror(errno));
    exit(1);
}

/* The kernel lacks a part: refused, unless the device's owner said otherwise. */
static void lacking(const struct confine_spec *spec, enum part part)
{
    bool allowed = spec->allow_missing & 1u << part;
    fprintf(stderr, "azured: this kernel lacks \"%s\"%s\n", part_name(part),
            allowed ? ": going on without, as device.conf allows" : "");
    if (!allowed)
        exit(1);
}

/* -- paths ------------------------------------------------------------------------- */

static const struct {
    const char *path; /* may be absent */
    uint64_t access;
    const char *why;
} paths[] = {
    /* Whole folders where the files in question are replaced by rename: a rule
     * for the old file would not speak of the new one. */
    {"/etc", LANDLOCK_READ, "resolv.conf, hosts, nsswitch.conf, gai.conf; what is secret there is not for our uid"},
    {"/run/systemd/resolve", LANDLOCK_READ, "resolv.conf may lead there"},
    {"/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/lib64", LANDLOCK_READ, "modules of the resolver"},
    {"/usr/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/dev/urandom", LANDLOCK_READ, "seed of wolfSSL"},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE, "C library"},
};

static void path_grant(const struct landlock *ruleset, const char *path, uint64_t access, bool needed)
{
    int err = landlock_allow_path(ruleset, path, access, true);
    if (err && (needed || err != E_NOT_FOUND))
        fail("cannot confine to", path);
}

static void confine_paths(const struct confine_spec *spec)
{
    struct landlock ruleset;
    int err = landlock_begin(&ruleset, true); /* no port is allowed */
    if (err == E_UNSUPPORTED) {
        lacking(spec, PART_LANDLOCK);
        return;
    }
    if (err)
        fail("cannot make", "path rules");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        path_grant(&ruleset, paths[i].path, paths[i].access, false);
    path_grant(&ruleset, spec->trust_anchor, LANDLOCK_READ, true);
    path_grant(&ruleset, spec->folder,
               LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE,
               true);
    if (landlock_enter(&ruleset))
        fail("cannot enforce", "path rules");
}

/* -- system calls -------------------------------------------------------------------- */

static const struct {
    const char *name, *why;
} calls[] = {
    {"read", "descriptors"},
    {"readv", "descriptors"},
    {"pread64", "C library: modules of the resolver"},
    {"write", "log, reports, wake-up"},
    {"writev", "log"},
    {"close", "descriptors"},
    {"openat", "files; which ones is Landlock's business"},
    {"open", "wolfSSL: /dev/urandom"},
    {"fstat", "files"},
    {"newfstatat", "files; resolver: has resolv.conf changed"},
    {"fstatat64", "files (armhf)"},
    {"fstat64", "files (armhf)"},
    {"statx", "files (armhf)"},
    {"stat", "resolver"},
    {"lseek", "files"},
    {"_llseek", "files (armhf)"},
    {"fsync", "reports"},
    {"renameat", "reports"},
    {"unlinkat", "reports that could not be written"},
    {"getdents64", "C library"},
    {"brk", "memory"},
    {"munmap", "memory"},
    {"mremap", "memory"},
    {"madvise", "memory"},
    {"poll", "waiting"},
    {"ppoll", "waiting"},
    {"ppoll_time64", "waiting (armhf)"},
    {"clock_gettime", "time"},
    {"clock_gettime64", "time (armhf)"},
    {"gettimeofday", "time: validity of the service's certificate"},
    {"time", "time"},
    {"clock_nanosleep", "time"},
    {"restart_syscall", "the kernel's own after a signal"},
    {"futex", "locks"},
    {"futex_time64", "locks (armhf)"},
    {"set_robust_list", "start of the worker"},
    {"rseq", "start of the worker"},
    {"sched_getaffinity", "C library: memory arenas"},
    {"sched_yield", "locks"},
    {"rt_sigaction", "signals"},
    {"rt_sigprocmask", "signals, start of the worker"},
    {"rt_sigreturn", "signals"},
    {"sigreturn", "signals (armhf)"},
    {"tgkill", "abort()"},
    {"getpid", "abort(), resolver"},
    {"gettid", "abort()"},
    {"getuid", "C library"},
    {"geteuid", "C library"},
    {"getgid", "C library"},
    {"getegid", "C library"},
    {"uname", "resolver: the host's own name"},
    {"getrandom", "random numbers: wolfSSL, resolver"},
    {"exit", "end"},
    {"exit_group", "end"},
    {"connect", "to the service and its name server"},
    {"bind", "resolver: netlink; without listen() nothing can be served"},
    {"getsockname", "resolver: order of addresses"},
    {"getsockopt", "did the connection succeed"},
    {"setsockopt", "resolver: errors of its queries"},
    {"send", "sockets (armhf)"},
    {"sendto", "sockets"},
    {"sendmsg", "channels"},
    {"sendmmsg", "resolver"},
    {"recv", "sockets (armhf)"},
    {"recvfrom", "sockets"},
    {"recvmsg", "channels"},
    {"shutdown", "sockets"},
#ifdef PERI_SANITIZE
    {"sigaltstack", "sanitizer: each thread"},
    {"readlink", "sanitizer: reports"},
    {"prctl", "sanitizer: reports"},
    {"sysinfo", "sanitizer"},
    {"getrusage", "sanitizer"},
#endif
};

static const struct {
    int family, type, protocol;
} sockets[] = {
    {AF_INET, SOCK_STREAM, 0},  {AF_INET, SOCK_STREAM, IPPROTO_TCP},  {AF_INET, SOCK_DGRAM, 0},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP},                               {AF_INET, SOCK_DGRAM, IPPROTO_IP},
    {AF_INET6, SOCK_STREAM, 0}, {AF_INET6, SOCK_STREAM, IPPROTO_TCP}, {AF_INET6, SOCK_DGRAM, 0},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
    {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}, /* addresses of this machine */
};

enum {
    SOCKET_TYPE_MASK = 0xFF & ~(SOCK_CLOEXEC | SOCK_NONBLOCK),
    CLONE_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                       CLONE_NEWPID | CLONE_NEWNET,
};

/* A name unknown to this architecture is no error; a rule that cannot be made is. */
static int allow(scmp_filter_ctx f, const char *name, unsigned count, const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);
    return number < 0 ? 0 : seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, count, args);
}

static int allow_some(scmp_filter_ctx f)
{
    static const unsigned commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
    static const char *const fcntls[] = {"fcntl", "fcntl64"}, *const maps[] = {"mmap", "mmap2"};
    int r = 0;
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        r |= allow(f, "socket", 3,
                   (struct scmp_arg_cmp[]){
                       {0, SCMP_CMP_EQ, (uint64_t)sockets[i].family, 0},
                       {1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (uint64_t)sockets[i].type},
                       {2, SCMP_CMP_EQ, (uint64_t)sockets[i].protocol, 0},
                   });
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            r |= allow(f, fcntls[k], 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, commands[i], 0});
    r |= allow(f, "ioctl", 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, FIONREAD, 0}); /* resolver */
    /* A thread, never a process, never a namespace. */
    r |= allow(f, "clone", 1,
               &(struct scmp_arg_cmp){0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NAMESPACES, CLONE_THREAD});
    /* Memory is executable only when mapped so from a file, and is not writable then. */
    for (size_t k = 0; k < 2; k++) {
        r |= allow(f, maps[k], 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
        r |= allow(f, maps[k], 2,
                   (struct scmp_arg_cmp[]){{2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC},
                                           {3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_SHARED, 0}});
    }
    r |= allow(f, "mprotect", 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    return r;
}

static void confine_calls(const struct confine_spec *spec)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f)
        fail("cannot make", "system-call rules");
    int r = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 1);
    r |= seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        r |= allow(f, calls[i].name, 0, NULL);
    r |= allow_some(f);
    /* C libraries that know it take the older way then. */
    int number = seccomp_syscall_resolve_name("clone3");
    if (number >= 0)
        r |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), number, 0);
    if (r)
        fail("cannot make", "system-call rules");
    if (seccomp_load(f))
        lacking(spec, PART_SECCOMP);
    seccomp_release(f);
}

void confine(const struct confine_spec *spec)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        fail("cannot give up", "new privileges");
    confine_paths(spec);
    confine_calls(spec);
}
