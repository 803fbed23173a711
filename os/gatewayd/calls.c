/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/calls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "abi/azure_sphere.h"

static const struct {
    const char *name, *why;
} calls[] = {
    {"read", "descriptors"},
    {"pread64", "logs of applications"},
    {"write", "log, own files"},
    {"writev", "log"},
    {"close", "descriptors"},
    {"openat", "files; which ones is Landlock's business"},
    {"open", "wolfSSL: /dev/urandom"},
    {"fstat", "files"},
    {"newfstatat", "files"},
    {"fstatat64", "files (armhf)"},
    {"fstat64", "files (armhf)"},
    {"statx", "files (armhf)"},
    {"lseek", "files"},
    {"_llseek", "files (armhf)"},
    {"fsync", "own files"},
    {"renameat", "own files"},
    {"unlinkat", "own files"},
    {"getdents64", "logs of applications"},
    {"brk", "memory"},
    {"munmap", "memory"},
    {"mremap", "memory"},
    {"madvise", "memory"},
    {"poll", "waiting"},
    {"ppoll", "waiting"},
    {"ppoll_time64", "waiting (armhf)"},
    {"clock_gettime", "time"},
    {"clock_gettime64", "time (armhf)"},
    {"gettimeofday", "time"},
    {"time", "time"},
    {"restart_syscall", "the kernel's own after a signal"},
    {"futex", "locks of the C library"},
    {"futex_time64", "locks (armhf)"},
    {"rt_sigaction", "signals"},
    {"rt_sigprocmask", "signals"},
    {"rt_sigreturn", "signals"},
    {"sigreturn", "signals (armhf)"},
    {"tgkill", "abort()"},
    {"getpid", "abort(), netlink"},
    {"gettid", "abort()"},
    {"getrandom", "random numbers: wolfSSL"},
    {"exit", "end"},
    {"exit_group", "end"},
    {"accept4", "clients; without socket() and listen() no other port can be served"},
    {"bind", "netlink: interfaces"},
    {"getsockname", "netlink: interfaces"},
    {"send", "sockets (armhf)"},
    {"sendto", "sockets"},
    {"sendmsg", "channels"},
    {"recv", "sockets (armhf)"},
    {"recvfrom", "sockets"},
    {"recvmsg", "channels"},
    {"shutdown", "sockets"},
#ifdef PERI_SANITIZE
    {"sigaltstack", "sanitizer"},
    {"readlink", "sanitizer: reports"},
    {"prctl", "sanitizer: reports"},
    {"sched_yield", "sanitizer: locks"},
    {"getrusage", "sanitizer"},
#endif
};

int gatewayd_calls(scmp_filter_ctx f)
{
    static const unsigned commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
    static const char *const fcntls[] = {"fcntl", "fcntl64"}, *const maps[] = {"mmap", "mmap2"};
    int r = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        r |= seccomp_allow(f, calls[i].name, 0, NULL);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            r |= seccomp_allow(f, fcntls[k], 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, commands[i], 0});
    /* The only kind of socket that can be made: addresses of this machine. */
    r |= seccomp_allow(f, "socket", 3,
                       (struct scmp_arg_cmp[]){
                           {0, SCMP_CMP_EQ, AF_NETLINK, 0},
                           {1, SCMP_CMP_MASKED_EQ, 0xFF & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_RAW},
                           {2, SCMP_CMP_EQ, NETLINK_ROUTE, 0},
                       });
    /* MCU: monitor and root of trust; what may be asked is the kernel's decision */
    r |= seccomp_allow(f, "ioctl", 1, &(struct scmp_arg_cmp){1, SCMP_CMP_EQ, AZURE_SPHERE_CALL, 0});
    /* Memory never becomes code. */
    for (size_t k = 0; k < 2; k++)
        r |= seccomp_allow(f, maps[k], 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    r |= seccomp_allow(f, "mprotect", 1, &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    return r;
}
