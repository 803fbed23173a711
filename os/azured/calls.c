/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls of azured, each with its reason. */
#include "os/azured/calls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "abi/azure_sphere.h"

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

int azured_calls(scmp_filter_ctx f)
{
    static const unsigned commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
    static const char *const fcntls[] = {"fcntl", "fcntl64"}, *const maps[] = {"mmap", "mmap2"};
    int r = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        r |= seccomp_allow(f, calls[i].name, 0, NULL);
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        r |= seccomp_allow(f, "socket", 3,
                   (struct scmp_arg_cmp[]){
                       {0, SCMP_CMP_EQ, (uint64_t)sockets[i].family, 0},
                       {1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (uint64_t)sockets[i].type},
                       {2, SCMP_CMP_EQ, (uint64_t)sockets[i].protocol, 0},
                   });
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            r |= seccomp_allow(f, fcntls[k], 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, commands[i], 0});
    r |= seccomp_allow(f, "ioctl", 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, FIONREAD, 0}); /* resolver */
    /* MCU: monitor and root of trust; what may be asked is the kernel's decision */
    r |= seccomp_allow(f, "ioctl", 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, AZURE_SPHERE_CALL, 0});
    /* A thread, never a process, never a namespace. */
    r |= seccomp_allow(f, "clone", 1,
               &(struct scmp_arg_cmp){0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NAMESPACES, CLONE_THREAD});
    /* Memory is executable only when mapped so from a file, and is not writable then. */
    for (size_t k = 0; k < 2; k++) {
        r |= seccomp_allow(f, maps[k], 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
        r |= seccomp_allow(f, maps[k], 2,
                   (struct scmp_arg_cmp[]){{2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC},
                                           {3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_SHARED, 0}});
    }
    r |= seccomp_allow(f, "mprotect", 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    return r;
}
