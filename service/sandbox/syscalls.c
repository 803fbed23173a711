/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/sandbox/syscalls.h"

#include <linux/prctl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "service/sandbox/sandbox.h"

#define READ SANDBOX_FILES_READ
#define WRITE SANDBOX_FILES_WRITE
#define FILES (SANDBOX_FILES_READ | SANDBOX_FILES_WRITE)
#define ACCEPT SANDBOX_ACCEPT
#define TCP SANDBOX_CONNECT_TCP
#define UDP SANDBOX_CONNECT_UDP
#define CONNECT (SANDBOX_CONNECT_UNIX | TCP | UDP)

#define ROW(call, rights, why) {SCMP_SYS(call), rights, CHECK_NONE, 0, 0, why}
#define ROW_IF(call, rights, check, argument, value, why) \
    {SCMP_SYS(call), rights, CHECK_##check, argument, value, why}
#define ROW_SOCKET(rights, family, type, protocol, why) \
    {SCMP_SYS(socket), rights, CHECK_SOCKET, 0, SOCKET_KIND(family, type, protocol), why}

const struct syscall_row syscall_rows[] = {
    /* channels, connections, log */
    ROW(read, 0, "channels, files opened before"),
    ROW(readv, 0, "libevent reads into several blocks"),
    ROW(write, 0, "log, wake-up descriptor"),
    ROW(writev, 0, "libevent writes several blocks"),
    ROW(recvfrom, 0, "sockets: OpenSSL"),
    ROW(recvmsg, 0, "sockets"),
    /* never connecting by the way: Landlock does not look at that */
    ROW_IF(sendto, 0, CLEAR, 3, MSG_FASTOPEN, "sockets: OpenSSL"),
    ROW_IF(sendmsg, 0, CLEAR, 2, MSG_FASTOPEN, "sockets"),
    ROW(shutdown, 0, "orderly end of a connection"),
    ROW(getsockopt, 0, "libevent asks for a connection's error"),
    ROW(close, 0, "end of a descriptor"),
    ROW(fcntl, 0, "non-blocking mode, record locks of SQLite"),
    ROW_IF(ioctl, 0, EQUALS, 1, FIONREAD, "libevent asks how much can be read"),
    ROW(epoll_create1, 0, "event loop"),
    ROW(epoll_ctl, 0, "event loop"),
    ROW(epoll_wait, 0, "event loop"),
    ROW(epoll_pwait, 0, "event loop"),
    ROW(epoll_pwait2, 0, "event loop"),
    ROW(poll, 0, "event loop, waiting at start-up"),
    ROW(eventfd2, 0, "libevent's wake-up descriptor"),
    ROW(timerfd_create, 0, "libevent's precise timers"),
    ROW(timerfd_settime, 0, "libevent's precise timers"),
    /* memory; never executable, so code cannot be brought in */
    ROW(brk, 0, "heap"),
    ROW_IF(mmap, 0, CLEAR, 2, PROT_EXEC, "heap, shared memory of SQLite"),
    ROW_IF(mprotect, 0, CLEAR, 2, PROT_EXEC, "heap of a further arena"),
    ROW(munmap, 0, "heap"),
    ROW(mremap, 0, "heap"),
    ROW(madvise, 0, "heap gives pages back"),
    /* time, chance, own process */
    ROW(clock_gettime, 0, "where the vDSO cannot answer"),
    ROW(clock_getres, 0, "libevent"),
    ROW(clock_nanosleep, 0, "waiting for a lock of SQLite"),
    ROW(nanosleep, 0, "waiting for a lock of SQLite"),
    ROW(gettimeofday, 0, "where the vDSO cannot answer"),
    ROW(time, 0, "where the vDSO cannot answer"),
    ROW(getrandom, 0, "OpenSSL, nonces, identifiers"),
    ROW(getpid, 0, "OpenSSL notices a fork; SQLite"),
    ROW(gettid, 0, "abort()"),
    ROW(getuid, 0, "SQLite, OpenSSL"),
    ROW(geteuid, 0, "SQLite, OpenSSL"),
    ROW(getgid, 0, "OpenSSL"),
    ROW(getegid, 0, "OpenSSL"),
    ROW_IF(tgkill, 0, SELF, 0, 0, "abort()"),
    ROW(futex, 0, "locks"),
    ROW(sched_yield, 0, "locks"),
    ROW(rt_sigaction, 0, "SIGTERM, abort()"),
    ROW(rt_sigprocmask, 0, "SIGTERM, abort()"),
    ROW(rt_sigreturn, 0, "return from a handler"),
    ROW(sigaltstack, 0, "return from a handler"),
    ROW(restart_syscall, 0, "a call that a signal interrupted"),
    ROW_IF(prlimit64, 0, EQUALS, 2, 0, "reading a limit, never setting one"),
    ROW(exit, 0, "end"),
    ROW(exit_group, 0, "end"),
    /* any descriptor that is open; glibc's fstat() is newfstatat() */
    ROW(fstat, 0, "size of an open file, buffering of the log"),
    ROW(newfstatat, 0, "as fstat; paths are Landlock's business"),
    ROW(lseek, 0, "open files"),
    /* files below the folder: which, Landlock says */
    ROW(openat, FILES, "files below the folder"),
    ROW(open, FILES, "files below the folder"),
    ROW(pread64, FILES, "SQLite, images"),
    ROW(stat, FILES, "SQLite"),
    ROW(lstat, FILES, "SQLite"),
    ROW(statx, FILES, "SQLite"),
    ROW(access, FILES, "SQLite"),
    ROW(faccessat, FILES, "SQLite"),
    ROW(faccessat2, FILES, "SQLite"),
    ROW(readlink, FILES, "SQLite resolves its file's name"),
    ROW(getcwd, FILES, "SQLite resolves its file's name"),
    ROW(getdents64, FILES, "lists of images and keys"),
    ROW(fadvise64, FILES, "reading images ahead"),
    ROW(statfs, FILES, "free room"),
    ROW(fstatfs, FILES, "free room"),
    ROW(pwrite64, WRITE, "SQLite, images"),
    ROW(fsync, WRITE, "durability"),
    ROW(fdatasync, WRITE, "durability"),
    ROW(ftruncate, WRITE, "SQLite"),
    ROW(fallocate, WRITE, "SQLite"),
    ROW(rename, WRITE, "a file appears whole"),
    ROW(renameat, WRITE, "a file appears whole"),
    ROW(renameat2, WRITE, "a file appears whole"),
    ROW(unlink, WRITE, "SQLite, images"),
    ROW(unlinkat, WRITE, "SQLite, images"),
    ROW(mkdir, WRITE, "folders of images"),
    ROW(mkdirat, WRITE, "folders of images"),
    ROW(rmdir, WRITE, "folders of images"),
    ROW(fchmod, WRITE, "key files are 0600"),
    ROW(flock, WRITE, "SQLite"),
    ROW(umask, WRITE, "key files are 0600"),
    ROW(utimensat, WRITE, "SQLite"),
    /* connections */
    ROW(accept4, ACCEPT, "new connections"),
    ROW(accept, ACCEPT, "new connections"),
    ROW(setsockopt, ACCEPT | CONNECT, "TCP_NODELAY, SO_LINGER, keep-alive"),
    ROW(getsockname, ACCEPT | CONNECT, "libevent, libpq"),
    ROW(getpeername, ACCEPT | CONNECT, "libevent, libpq"),
    /* Landlock's ports are those of TCP alone: no other protocol over streams (SCTP, MPTCP) */
    ROW_SOCKET(SANDBOX_CONNECT_UNIX, AF_UNIX, SOCK_STREAM, 0, "libpq connects again; a token's pcscd"),
    ROW_SOCKET(TCP, AF_INET, SOCK_STREAM, 0, "libpq connects again; provider of oidc; a token in the network"),
    ROW_SOCKET(TCP, AF_INET, SOCK_STREAM, IPPROTO_TCP, "the same, by name"),
    ROW_SOCKET(TCP, AF_INET6, SOCK_STREAM, 0, "the same"),
    ROW_SOCKET(TCP, AF_INET6, SOCK_STREAM, IPPROTO_TCP, "the same, by name"),
    ROW_SOCKET(UDP, AF_INET, SOCK_DGRAM, 0, "resolver of oidc"),
    ROW_SOCKET(UDP, AF_INET, SOCK_DGRAM, IPPROTO_UDP, "the same, by name"),
    ROW_SOCKET(UDP, AF_INET6, SOCK_DGRAM, 0, "the same"),
    ROW_SOCKET(UDP, AF_INET6, SOCK_DGRAM, IPPROTO_UDP, "the same, by name"),
    ROW(connect, CONNECT, "libpq connects again; where to over TCP, Landlock says"),
};
const size_t syscall_row_count = sizeof syscall_rows / sizeof syscall_rows[0];
