/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <netinet/in.h>

enum { F_ALWAYS = 0, F_SERVER = 1 };

/*
 * Calls without a condition.  A name that the architecture does not have is
 * skipped: the list serves x86_64, aarch64 and armhf.
 */
static const struct {
    const char *name;
    unsigned when;
    const char *why;
} calls[] = {
    /* start and end */
    {"execve", 0, "the first instruction; only files of the image are executable"},
    {"exit", 0, "end of a thread"},
    {"exit_group", 0, "end"},
    {"arch_prctl", 0, "thread pointer (x86_64 start-up)"},
    {"set_tls", 0, "thread pointer (armhf)"},
    {"cacheflush", 0, "compiler runtime (armhf)"},
    {"set_tid_address", 0, "threads"},
    {"set_robust_list", 0, "threads"},
    {"get_robust_list", 0, "threads"},
    {"rseq", 0, "C library start-up"},
    {"prlimit64", 0, "stack size of threads; limits can only fall"},
    {"getrlimit", 0, "as prlimit64"},
    {"ugetrlimit", 0, "as prlimit64 (armhf)"},
    /* memory: mmap and mprotect have conditions, below */
    {"brk", 0, "heap; never executable"},
    {"munmap", 0, "memory"},
    {"mremap", 0, "memory; keeps the protection"},
    {"madvise", 0, "memory"},
    /* files: which ones is Landlock's and the mount tree's business */
    {"read", 0, "files"},
    {"readv", 0, "files"},
    {"pread64", 0, "files"},
    {"write", 0, "files; length bound by RLIMIT_FSIZE"},
    {"writev", 0, "files"},
    {"pwrite64", 0, "files"},
    {"open", 0, "files"},
    {"openat", 0, "files"},
    {"close", 0, "files"},
    {"lseek", 0, "files"},
    {"_llseek", 0, "files (armhf)"},
    {"stat", 0, "files"},
    {"stat64", 0, "files (armhf)"},
    {"lstat", 0, "files"},
    {"lstat64", 0, "files (armhf)"},
    {"fstat", 0, "files"},
    {"fstat64", 0, "files (armhf)"},
    {"newfstatat", 0, "files"},
    {"fstatat64", 0, "files (armhf)"},
    {"statx", 0, "files"},
    {"statfs", 0, "wolfSSL and the C library look at file systems"},
    {"statfs64", 0, "as statfs (armhf)"},
    {"fstatfs", 0, "as statfs"},
    {"access", 0, "files"},
    {"faccessat", 0, "files"},
    {"faccessat2", 0, "files"},
    {"readlink", 0, "C library start-up"},
    {"readlinkat", 0, "C library start-up"},
    {"getdents64", 0, "folders of the image"},
    {"ftruncate", 0, "mutable file"},
    {"ftruncate64", 0, "mutable file (armhf)"},
    {"fsync", 0, "mutable file"},
    {"fdatasync", 0, "mutable file"},
    {"getcwd", 0, "paths"},
    {"dup", 0, "descriptors"},
    {"dup2", 0, "descriptors"},
    {"dup3", 0, "descriptors"},
    {"pipe", 0, "wake-ups"},
    {"pipe2", 0, "wake-ups"},
    {"eventfd2", 0, "wake-ups"},
    /* waiting and time: the event loop of applibs */
    {"poll", 0, "waiting"},
    {"ppoll", 0, "waiting"},
    {"ppoll_time64", 0, "waiting (armhf)"},
    {"select", 0, "waiting"},
    {"_newselect", 0, "waiting (armhf)"},
    {"pselect6", 0, "waiting"},
    {"pselect6_time64", 0, "waiting (armhf)"},
    {"epoll_create1", 0, "waiting"},
    {"epoll_ctl", 0, "waiting"},
    {"epoll_wait", 0, "waiting"},
    {"epoll_pwait", 0, "waiting"},
    {"timerfd_create", 0, "timers"},
    {"timerfd_settime", 0, "timers"},
    {"timerfd_settime64", 0, "timers (armhf)"},
    {"timerfd_gettime", 0, "timers"},
    {"timerfd_gettime64", 0, "timers (armhf)"},
    {"nanosleep", 0, "time"},
    {"clock_nanosleep", 0, "time"},
    {"clock_nanosleep_time64", 0, "time (armhf)"},
    {"clock_gettime", 0, "time"},
    {"clock_gettime64", 0, "time (armhf)"},
    {"clock_getres", 0, "time"},
    {"clock_getres_time64", 0, "time (armhf)"},
    {"gettimeofday", 0, "time"},
    {"time", 0, "time"},
    {"times", 0, "processor time"},
    {"restart_syscall", 0, "the kernel's own after a signal"},
    /* signals: only to itself, its pid namespace holds nothing else */
    {"rt_sigaction", 0, "signals"},
    {"rt_sigprocmask", 0, "signals"},
    {"rt_sigreturn", 0, "signals"},
    {"sigreturn", 0, "signals (armhf)"},
    {"rt_sigtimedwait", 0, "signals"},
    {"rt_sigtimedwait_time64", 0, "signals (armhf)"},
    {"rt_sigsuspend", 0, "signals"},
    {"rt_sigpending", 0, "signals"},
    {"sigaltstack", 0, "signals"},
    {"signalfd4", 0, "signals"},
    {"tgkill", 0, "raise() and abort()"},
    {"kill", 0, "raise() of old C libraries"},
    {"alarm", 0, "offered by the original's C library"},
    {"setitimer", 0, "alarm()"},
    {"pause", 0, "waiting for a signal"},
    /* threads: clone has a condition, below */
    {"futex", 0, "locks"},
    {"futex_time64", 0, "locks (armhf)"},
    {"gettid", 0, "threads"},
    {"sched_yield", 0, "threads"},
    {"sched_getaffinity", 0, "number of processors"},
    {"membarrier", 0, "C library"},
    /* who am I */
    {"getpid", 0, "identity"},
    {"getppid", 0, "identity"},
    {"getuid", 0, "identity"},
    {"geteuid", 0, "identity"},
    {"getgid", 0, "identity"},
    {"getegid", 0, "identity"},
    {"getuid32", 0, "identity (armhf)"},
    {"geteuid32", 0, "identity (armhf)"},
    {"getgid32", 0, "identity (armhf)"},
    {"getegid32", 0, "identity (armhf)"},
    {"uname", 0, "C library start-up; the uts namespace is its own"},
    {"sysinfo", 0, "qsort() asks for the size of memory"},
    {"getrandom", 0, "random numbers"},
    {"getrusage", 0, "its own use of memory and time"},
    /* sockets: socket() has conditions, below; addresses are networkd's */
    {"connect", 0, "sockets"},
    {"getsockname", 0, "sockets"},
    {"getpeername", 0, "sockets"},
    {"getsockopt", 0, "sockets"},
    {"shutdown", 0, "sockets"},
    {"send", 0, "sockets (armhf)"},
    {"sendto", 0, "sockets"},
    {"sendmsg", 0, "sockets"},
    {"sendmmsg", 0, "resolver of the C library"},
    {"recv", 0, "sockets (armhf)"},
    {"recvfrom", 0, "sockets"},
    {"recvmsg", 0, "sockets"},
    {"recvmmsg", 0, "sockets"},
    {"recvmmsg_time64", 0, "sockets (armhf)"},
    {"bind", F_SERVER, "declared server ports"},
    {"listen", F_SERVER, "declared server ports"},
    {"accept", F_SERVER, "declared server ports"},
    {"accept4", F_SERVER, "declared server ports"},
};

/* Probed at start-up by C libraries that know an older way; clone3 is every policy's. */
static const char *const absent[] = {"openat2", "close_range", "epoll_pwait2"};

/* Commands and options: {call, argument that selects, value}. */
static const struct {
    const char *name;
    unsigned argument;
    uint64_t value;
    const char *why;
} selected[] = {
    {"prctl", 0, PR_SET_NAME, "names of threads"},
    {"prctl", 0, PR_GET_NAME, "names of threads"},
    {"ioctl", 1, FIONREAD, "bytes that wait"},
    {"ioctl", 1, FIONBIO, "non-blocking sockets"},
    {"ioctl", 1, 0x5401 /* TCGETS */, "isatty() of standard output"},
    {"fcntl", 1, F_DUPFD, "descriptors"},
    {"fcntl", 1, F_DUPFD_CLOEXEC, "descriptors"},
    {"fcntl", 1, F_GETFD, "descriptors"},
    {"fcntl", 1, F_SETFD, "descriptors"},
    {"fcntl", 1, F_GETFL, "non-blocking sockets"},
    {"fcntl", 1, F_SETFL, "non-blocking sockets"},
    {"fcntl64", 1, F_DUPFD, "as fcntl (armhf)"},
    {"fcntl64", 1, F_DUPFD_CLOEXEC, "as fcntl (armhf)"},
    {"fcntl64", 1, F_GETFD, "as fcntl (armhf)"},
    {"fcntl64", 1, F_SETFD, "as fcntl (armhf)"},
    {"fcntl64", 1, F_GETFL, "as fcntl (armhf)"},
    {"fcntl64", 1, F_SETFL, "as fcntl (armhf)"},
    /* options of a protocol; of the socket itself only those below filters */
    {"setsockopt", 1, IPPROTO_TCP, "TCP_NODELAY and kin"},
    {"setsockopt", 1, IPPROTO_IP, "multicast, time to live"},
    {"setsockopt", 1, IPPROTO_IPV6, "IPV6_V6ONLY"},
};

/* Types of pairs for wake-ups between threads.  Not datagrams: such a socket can
 * be connected again, to an abstract name of the host. */
static const int pairs[] = {SOCK_STREAM, SOCK_SEQPACKET};

/* Families, types and protocols that socket() may make.  AF_UNIX is not among
 * them: abstract names of the host would be in reach. */
static const struct {
    int family, type, protocol;
} sockets[] = {
    {AF_INET, SOCK_STREAM, 0},  {AF_INET, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET, SOCK_DGRAM, 0},   {AF_INET, SOCK_DGRAM, IPPROTO_UDP},
    {AF_INET6, SOCK_STREAM, 0}, {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET6, SOCK_DGRAM, 0},  {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
};

enum {
    SOCKET_TYPE_MASK = 0xFF & ~(SOCK_CLOEXEC | SOCK_NONBLOCK),
    SO_TIMEOUT_NEW_FIRST = 66, /* SO_RCVTIMEO_NEW, SO_SNDTIMEO_NEW */
    SO_TIMEOUT_NEW_LAST = 67,
    SO_FIRST_FILTER = 25, /* SO_BINDTODEVICE, then SO_ATTACH_FILTER and kin */
    CLONE_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                       CLONE_NEWPID | CLONE_NEWNET,
};

static int allow_conditional(scmp_filter_ctx f)
{
    int r = 0;
    for (size_t i = 0; i < sizeof selected / sizeof *selected; i++)
        r |= seccomp_allow(f, selected[i].name, 1,
                  &(struct scmp_arg_cmp){selected[i].argument, SCMP_CMP_MASKED_EQ, 0xFFFFFFFF,
                                         selected[i].value});
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        r |= seccomp_allow(f, "socketpair", 2,
                  (struct scmp_arg_cmp[]){
                      {0, SCMP_CMP_EQ, AF_UNIX, 0},
                      {1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (uint64_t)pairs[i]},
                  });
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        r |= seccomp_allow(f, "socket", 3,
                  (struct scmp_arg_cmp[]){
                      {0, SCMP_CMP_EQ, (uint64_t)sockets[i].family, 0},
                      {1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (uint64_t)sockets[i].type},
                      {2, SCMP_CMP_EQ, (uint64_t)sockets[i].protocol, 0},
                  });
    r |= seccomp_allow(f, "setsockopt", 2,
              (struct scmp_arg_cmp[]){{1, SCMP_CMP_EQ, SOL_SOCKET, 0},
                                      {2, SCMP_CMP_LT, SO_FIRST_FILTER, 0}});
    /* musl on 32 bits knows the time limits of a socket by these numbers alone. */
    for (uint64_t option = SO_TIMEOUT_NEW_FIRST; option <= SO_TIMEOUT_NEW_LAST; option++)
        r |= seccomp_allow(f, "setsockopt", 2,
                           (struct scmp_arg_cmp[]){{1, SCMP_CMP_EQ, SOL_SOCKET, 0}, {2, SCMP_CMP_EQ, option, 0}});
    /* A thread, never a process, never a namespace. */
    r |= seccomp_allow(f, "clone", 1,
              &(struct scmp_arg_cmp){0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NAMESPACES,
                                     CLONE_THREAD});
    /* W^X: memory is executable only when it was mapped so from a file of the
     * image or a library, and is not writable then.  Nothing becomes executable
     * later.  (TALOS-2020-1128 and the W^X rows.) */
    static const char *const maps[] = {"mmap", "mmap2"};
    for (size_t i = 0; i < 2; i++) {
        r |= seccomp_allow(f, maps[i], 1,
                  &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
        r |= seccomp_allow(f, maps[i], 2,
                  (struct scmp_arg_cmp[]){
                      {2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC},
                      {3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_SHARED, 0}});
    }
    r |= seccomp_allow(f, "mprotect", 1,
              &(struct scmp_arg_cmp){2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
    return r;
}

static int app_calls(scmp_filter_ctx f, bool serves)
{
    int r = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].when == F_ALWAYS || serves)
            r |= seccomp_allow(f, calls[i].name, 0, NULL);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        int number = seccomp_syscall_resolve_name(absent[i]);
        if (number != __NR_SCMP_ERROR)
            r |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), number, 0);
    }
    return r | allow_conditional(f);
}

int appman_app_calls(scmp_filter_ctx f)
{
    return app_calls(f, false);
}

int appman_server_calls(scmp_filter_ctx f)
{
    return app_calls(f, true);
}

/* Waits, passes a signal on, writes one record, ends. */
static const char *const init_calls[] = {
    "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigprocmask", "rt_sigreturn", "restart_syscall",
    "wait4", "waitid", "kill", "write", "exit_group", "sigreturn",
};

int appman_init_calls(scmp_filter_ctx f)
{
    int r = 0;
    for (size_t i = 0; i < sizeof init_calls / sizeof *init_calls; i++)
        r |= seccomp_allow(f, init_calls[i], 0, NULL);
    return r;
}

/* Where the application is watched, besides. */
static const char *const watch_calls[] = {"ptrace", "openat", "read", "close", "pwrite64", "getuid"};

int appman_watch_calls(scmp_filter_ctx f)
{
    int r = appman_init_calls(f);
    for (size_t i = 0; i < sizeof watch_calls / sizeof *watch_calls; i++)
        r |= seccomp_allow(f, watch_calls[i], 0, NULL);
    return r;
}
