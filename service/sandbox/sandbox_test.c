/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement: each case runs in a child that enters a sandbox and then tries
 * what a compromised process would.  A case that reached its aim exits non-zero
 * and names itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/sandbox/landlock.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

enum { TEST_UID = 61234, CONNECT_PORT = 4 };

static char folder[64], inside[96], outside[96];
static int listen_fd;

/* -- tries: true = the system let it happen ------------------------------- */

static bool try_read_inside(void)
{
    int fd = open(inside, O_RDONLY);
    char c;
    return fd >= 0 && read(fd, &c, 1) == 1;
}

static bool try_write_inside(void)
{
    char path[128], renamed[128];
    snprintf(path, sizeof path, "%s/new", folder);
    snprintf(renamed, sizeof renamed, "%s/renamed", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && rename(path, renamed) == 0 &&
           unlink(renamed) == 0;
}

static bool try_truncate_inside(void)
{
    return open(inside, O_WRONLY | O_TRUNC) >= 0 || truncate(inside, 0) == 0;
}

static bool try_read_outside(void) { return open(outside, O_RDONLY) >= 0; }
static bool try_read_passwd(void) { return open("/etc/passwd", O_RDONLY) >= 0; }
static bool try_read_dots(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/../../../../etc/passwd", folder);
    return open(path, O_RDONLY) >= 0;
}

static bool try_write_outside(void)
{
    return open(outside, O_WRONLY) >= 0 || unlink(outside) == 0 || rename(outside, inside) == 0;
}

static bool try_link_out(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/link", folder);
    return symlink("/etc/passwd", path) == 0 || link(outside, path) == 0;
}

static bool try_list_root(void) { return opendir("/") != NULL; }
static bool try_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool try_unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool try_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0; }

static bool try_unix_datagram(void) { return socket(AF_UNIX, SOCK_DGRAM, 0) >= 0; }
static bool try_internet_socket_6(void) { return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP) >= 0; }
static bool try_udp(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 && socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) >= 0;
}
static bool try_udp_6(void) { return socket(AF_INET6, SOCK_DGRAM, 0) >= 0; }

/* Forbidden is EPERM: whether the kernel has it is another matter. */
static bool socket_passes(int family, int type, int protocol) { return socket(family, type, protocol) >= 0 || errno != EPERM; }

static bool try_other_protocols(void)
{
    return socket_passes(AF_INET, SOCK_STREAM, IPPROTO_SCTP) || socket_passes(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) ||
           socket_passes(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP) || socket_passes(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) ||
           socket_passes(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE) || socket_passes(AF_INET, SOCK_SEQPACKET, 0) ||
           socket_passes(AF_INET, SOCK_RAW, IPPROTO_UDP) || socket_passes(AF_PACKET, SOCK_DGRAM, 0) ||
           socket_passes(AF_VSOCK, SOCK_STREAM, 0);
}

/* Allowed means that the port answers, or that nobody is there. */
static bool try_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED);
}

static bool try_connect_named(void) { return try_connect(CONNECT_PORT); }
static bool try_connect_other(void) { return try_connect(CONNECT_PORT + 1); }

/* Data with the connection's first packet, without connect(). */
static bool try_connect_by_sending(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(CONNECT_PORT + 1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct iovec data = {folder, 1};
    struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &data, .msg_iovlen = 1};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && (sendto(fd, folder, 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to) >= 0 || errno == ECONNREFUSED ||
                       sendmsg(fd, &message, MSG_FASTOPEN) >= 0 || errno == ECONNREFUSED);
}

static bool try_accept(void)
{
    /* Nothing waits: allowed means EAGAIN, forbidden EPERM. */
    return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC) >= 0 || errno == EAGAIN;
}

static bool try_exec(void)
{
    char *argv[] = {NULL}, *envp[] = {NULL};
    execve("/bin/true", argv, envp);
    return false; /* had it worked, /bin/true would have exited 0: see run() */
}

static bool try_fork(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool try_ptrace(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ||
           ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_kill(void)
{
    return syscall(SYS_kill, getppid(), 0) == 0 || syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool try_parent_memory(void)
{
    char byte;
    struct iovec local = {&byte, 1}, remote = {folder, 1};
    return process_vm_readv(getppid(), &local, 1, &remote, 1, 0) == 1;
}

static bool try_executable_memory(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return false;
    return mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0 ||
           mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool try_root_again(void) { return setuid(0) == 0 || setresuid(0, 0, 0) == 0; }

static bool try_raise_limit(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool try_chroot(void) { return chroot(folder) == 0 || unshare(CLONE_NEWUSER) == 0; }
static bool try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) >= 0; }
static bool try_io_uring(void) { return syscall(SYS_io_uring_setup, 1, folder) >= 0; }
static bool try_memfd_exec(void) { return memfd_create("x", 0) >= 0; }

static bool try_still_works(void)
{
    void *heap = malloc(1 << 20);
    int fd[2] = {listen_fd, -1};
    memset(heap, 1, 1 << 20);
    free(heap);
    unsigned char random[8];
    return syscall(SYS_getrandom, random, sizeof random, 0) == 8 && fcntl(fd[0], F_GETFL) >= 0;
}

static bool try_no_new_privs(void)
{
    /* prctl itself is refused in a plain build; both answers mean "set". */
    int set = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    struct rlimit core;
    return (set == 1 || (set < 0 && errno == EPERM)) && getrlimit(RLIMIT_CORE, &core) == 0 &&
           core.rlim_max == 0;
}

#define R SANDBOX_FILES_READ
#define W SANDBOX_FILES_WRITE
#define A SANDBOX_ACCEPT
#define X SANDBOX_CONNECT_UNIX
#define C SANDBOX_CONNECT_TCP
#define U SANDBOX_CONNECT_UDP
#define NEVER (1u << 31)
#define ALWAYS 0u

/* A try succeeds exactly when the sandbox has all of the rights named. */
static const struct {
    const char *name;
    bool (*try)(void);
    unsigned needs;
} tries[] = {
    {"read a file of the folder", try_read_inside, R},
    {"create, rename, remove in the folder", try_write_inside, R | W},
    {"read a file beside the folder", try_read_outside, NEVER},
    {"write a file beside the folder", try_write_outside, NEVER},
    {"read /etc/passwd", try_read_passwd, NEVER},
    {"leave the folder by dots", try_read_dots, NEVER},
    {"make a link out of the folder", try_link_out, NEVER},
    {"list /", try_list_root, NEVER},
    {"open an internet socket", try_socket, C},
    {"open an internet socket of version 6", try_internet_socket_6, C},
    {"open a unix socket", try_unix_socket, X},
    {"open a unix socket for datagrams", try_unix_datagram, NEVER},
    {"open a UDP socket", try_udp, U},
    {"open a UDP socket of version 6", try_udp_6, U},
    {"open a socket of another protocol", try_other_protocols, NEVER},
    {"connect by sending", try_connect_by_sending, NEVER},
    {"connect to the port that is named", try_connect_named, C},
    {"connect to another port", try_connect_other, NEVER},
    {"open a netlink socket", try_netlink, NEVER},
    {"accept on the listening socket", try_accept, A},
    {"run a program", try_exec, NEVER},
    {"fork", try_fork, NEVER},
    {"trace a process", try_ptrace, NEVER},
    {"signal a process", try_kill, NEVER},
    {"read another process's memory", try_parent_memory, NEVER},
    {"make memory executable", try_executable_memory, NEVER},
    {"become root again", try_root_again, NEVER},
    {"raise a limit", try_raise_limit, NEVER},
    {"change root or namespace", try_chroot, NEVER},
    {"load a BPF program", try_bpf, NEVER},
    {"set up io_uring", try_io_uring, NEVER},
    {"make an anonymous file", try_memfd_exec, NEVER},
    {"allocate, draw random bytes", try_still_works, ALWAYS},
    {"keep no-new-privileges and no core", try_no_new_privs, ALWAYS},
    /* last: it empties the file */
    {"truncate a file of the folder", try_truncate_inside, W},
};

enum { EXIT_DONE = 40, EXIT_REFUSED = 41 };

static int run(const struct sandbox *sandbox, bool (*try)(void))
{
    int status;
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        if (sandbox_enter(sandbox) != 0)
            _exit(2);
        _exit(try() ? EXIT_DONE : EXIT_REFUSED);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_matrix(void)
{
    const bool has_ports = landlock_has_ports(landlock_abi()); /* Linux 6.7 on; see test_older_kernel() */
    static const unsigned rights[] = {0, A, R, R | W, R | W | X, R | W | X | C, C | U};
    for (size_t k = 0; k < sizeof rights / sizeof rights[0]; k++) {
        int fd = open(inside, O_WRONLY); /* the last try of a round may have emptied it */
        REQUIRE(fd >= 0 && write(fd, "x", 1) == 1);
        close(fd);
        struct sandbox sandbox = {.name = "test", .folder = rights[k] & R ? folder : NULL,
                                  .rights = rights[k], .connect_port = CONNECT_PORT, .any_port_may = !has_ports,
                                  .uid = geteuid() == 0 ? TEST_UID : 0};
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            if (tries[i].try == try_connect_other && !has_ports)
                continue;
            bool may = (tries[i].needs & rights[k]) == tries[i].needs;
            int got = run(&sandbox, tries[i].try);
            if (got != (may ? EXIT_DONE : EXIT_REFUSED))
                fprintf(stderr, "rights %u, %s: %d\n", rights[k], tries[i].name, got);
            CHECK_INT(got, may ? EXIT_DONE : EXIT_REFUSED);
        }
    }
}

/* As Linux 6.1, whose Landlock knows files alone: TCP then goes anywhere, which not everybody may bear;
 * what seccomp holds stays. */
static void test_older_kernel(void)
{
    struct sandbox sandbox = {.name = "test (expected message)", .folder = folder, .rights = R | W | X | C, .connect_port = CONNECT_PORT,
                              .uid = geteuid() == 0 ? TEST_UID : 0, .landlock_most = 2};
    CHECK_INT(run(&sandbox, try_still_works), 2);
    sandbox.allow_missing = SANDBOX_PART_LANDLOCK;
    CHECK_INT(run(&sandbox, try_connect_named), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_read_passwd), EXIT_REFUSED);
    sandbox.allow_missing = 0;
    sandbox.any_port_may = true;
    CHECK_INT(run(&sandbox, try_connect_named), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_connect_other), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_udp), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_other_protocols), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_read_passwd), EXIT_REFUSED);
    /* Unix sockets alone need no port. */
    sandbox.any_port_may = false;
    sandbox.rights = R | W | X;
    CHECK_INT(run(&sandbox, try_unix_socket), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_socket), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_udp), EXIT_REFUSED);
}

/* Root without a uid to become is not silently kept. */
static void test_root_refused(void)
{
    if (geteuid() != 0)
        return;
    struct sandbox sandbox = {.name = "test (expected message)"};
    CHECK_INT(run(&sandbox, try_still_works), 2);
    sandbox.allow_missing = SANDBOX_PART_UID;
    CHECK_INT(run(&sandbox, try_still_works), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_socket), EXIT_REFUSED);
}

static void test_folder_missing(void)
{
    char none[sizeof folder + 8];
    snprintf(none, sizeof none, "%s/none", folder);
    struct sandbox sandbox = {.name = "test (expected message)", .folder = none,
                              .rights = R, .uid = geteuid() == 0 ? TEST_UID : 0};
    CHECK_INT(run(&sandbox, try_still_works), 2);
}

/* A path that is named opens itself alone, and only with the right to files. */
static void test_paths(void)
{
    char paths[sizeof outside + 16];
    struct sandbox sandbox = {.name = "test", .folder = folder, .paths = outside, .rights = R | W,
                              .uid = geteuid() == 0 ? TEST_UID : 0};
    int fd = open(inside, O_WRONLY); /* a try before may have emptied it */
    REQUIRE(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    CHECK_INT(run(&sandbox, try_read_outside), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_read_inside), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_read_passwd), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_read_dots), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_list_root), EXIT_REFUSED);
    CHECK_INT(run(&sandbox, try_socket), EXIT_REFUSED);
    snprintf(paths, sizeof paths, "%s:/etc", outside);
    sandbox.paths = paths;
    CHECK_INT(run(&sandbox, try_read_outside), EXIT_DONE);
    CHECK_INT(run(&sandbox, try_read_passwd), EXIT_DONE);
    sandbox.paths = "";
    CHECK_INT(run(&sandbox, try_read_outside), EXIT_REFUSED);
    sandbox.paths = outside;
    sandbox.rights = 0;
    CHECK_INT(run(&sandbox, try_read_outside), EXIT_REFUSED);
    sandbox.name = "test (expected message)";
    sandbox.rights = R;
    sandbox.paths = "/nonexistent";
    CHECK_INT(run(&sandbox, try_still_works), 2);
    sandbox.paths = "relative";
    CHECK_INT(run(&sandbox, try_still_works), 2);
}

int main(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    strcpy(folder, "/tmp/peri-sandbox-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(inside, sizeof inside, "%s/file", folder);
    snprintf(outside, sizeof outside, "%s.outside", folder);
    for (int i = 0; i < 2; i++) {
        int fd = open(i ? inside : outside, O_WRONLY | O_CREAT, 0666);
        REQUIRE(fd >= 0 && write(fd, "x", 1) == 1 && fchmod(fd, 0666) == 0);
        close(fd);
    }
    if (geteuid() == 0)
        REQUIRE(chown(folder, TEST_UID, TEST_UID) == 0);
    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    REQUIRE(bind(listen_fd, (struct sockaddr *)&any, sizeof any) == 0 && listen(listen_fd, 1) == 0);

    test_matrix();
    test_older_kernel();
    test_root_refused();
    test_folder_missing();
    test_paths();

    unlink(inside);
    unlink(outside);
    rmdir(folder);
    return check_done();
}
