/* SPDX-License-Identifier: BSD-2-Clause */
/* From inside the confinement: what gatewayd needs still works, all else is refused. */
#include "os/gatewayd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/config/device_conf.h"
#include "os/gatewayd/store.h"
#include "tests/check.h"

static char folder[] = "/tmp/peri-gateway-XXXXXX", own[64], log_folder[64], log_file[80], beside[64];
static int own_folder, logs, listener;

static bool refused(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES);
}

/* -- each true when it is refused; the first PATHS are Landlock's ---------------------- */

static bool read_beside(void) { return refused(open(beside, O_RDONLY)); }
static bool write_beside(void) { return refused(open(beside, O_WRONLY)); }
static bool write_log(void) { return refused(open(log_file, O_WRONLY)); }
static bool list_root(void) { return refused(open("/", O_RDONLY | O_DIRECTORY)); }
static bool read_proc(void) { return refused(open("/proc/self/environ", O_RDONLY)); }
static bool read_etc(void) { return refused(open("/etc/passwd", O_RDONLY)); }
enum { PATHS = 6 };
static bool make_folder(void) { char p[96]; snprintf(p, sizeof p, "%s/x", own); return refused(mkdir(p, 0700)); }
static bool make_link(void) { char p[96]; snprintf(p, sizeof p, "%s/x", own); return refused(symlink("/", p)); }
static bool change_mode(void) { return refused(chmod(own, 0777)); }
static bool run_program(void) { char *const none[] = {NULL}; return refused(execve("/bin/true", none, none)); }
static bool fork_process(void) { return refused(syscall(SYS_fork)); }
static bool new_namespace(void) { return refused(unshare(CLONE_NEWNET)); }
static bool be_somebody(void) { return refused(setuid(1)); }
static bool trace(void) { return refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static bool kill_parent(void) { return refused(kill(getppid(), 0)); }
static bool mount_something(void) { return refused(mount("none", own, "tmpfs", 0, NULL)); }
static bool stream_socket(void) { return refused(socket(AF_INET, SOCK_STREAM, 0)); }
static bool datagram_socket(void) { return refused(socket(AF_INET, SOCK_DGRAM, 0)); }
static bool six_socket(void) { return refused(socket(AF_INET6, SOCK_STREAM, 0)); }
static bool unix_socket(void) { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); }
static bool raw_socket(void) { return refused(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static bool packet_socket(void) { return refused(socket(AF_PACKET, SOCK_RAW, 0)); }
static bool audit_socket(void) { return refused(socket(AF_NETLINK, SOCK_RAW, 9)); }
static bool call_out(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = 1};
    return refused(connect(listener, (void *)&at, sizeof at));
}
static bool listen_more(void) { return refused(listen(listener, 100)); }
static bool new_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
           errno == EPERM;
}
static bool code_of_file(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, logs, 0) == MAP_FAILED && errno == EPERM;
}
static bool later_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && refused(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static bool start_thread(void) { return refused(syscall(SYS_clone, 0x10f00, NULL, NULL, NULL, NULL)); }
static bool kernel_keys(void) { return refused(syscall(SYS_keyctl, 0, 0, 0)); }
static bool io_uring(void) { return refused(syscall(425, 1, NULL)); }
static bool bpf(void) { return refused(syscall(SYS_bpf, 0, NULL, 0)); }
static bool terminal(void) { return refused(syscall(SYS_ioctl, 2, 0x5412, "x")); } /* TIOCSTI */

/* -- each true when it works ---------------------------------------------------------- */

static bool store(void)
{
    uint8_t back[8];
    size_t len;
    return !store_write(own_folder, STORE_CAPABILITY, span_of("abc", 3)) &&
           !store_read(own_folder, STORE_CAPABILITY, back, sizeof back, &len) && len == 3 &&
           !store_remove(own_folder, STORE_CAPABILITY) && !store_remove(own_folder, STORE_CAPABILITY);
}
static bool read_log(void) { return openat(logs, "a.log", O_RDONLY) >= 0; }
static bool list_interfaces(void)
{
    struct ifaddrs *list = NULL;
    bool ok = getifaddrs(&list) == 0 && list;
    freeifaddrs(list);
    return ok;
}
static bool no_capability(void)
{
    for (int cap = 0; cap < 40; cap++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
            return false;
    return true; /* without PERI_SANITIZE prctl() is refused: -1 */
}

static const struct attempt {
    const char *what;
    bool (*try)(void);
} attempts[] = {
    {"read a file beside", read_beside}, {"write a file beside", write_beside}, {"write a log", write_log},
    {"list /", list_root}, {"read /proc", read_proc}, {"read /etc", read_etc},
    {"make a folder", make_folder}, {"make a link", make_link}, {"change a mode", change_mode},
    {"run a program", run_program}, {"fork", fork_process}, {"new namespace", new_namespace},
    {"change uid", be_somebody}, {"trace", trace}, {"signal the parent", kill_parent},
    {"mount", mount_something}, {"stream socket", stream_socket}, {"datagram socket", datagram_socket},
    {"IPv6 socket", six_socket}, {"unix socket", unix_socket}, {"raw socket", raw_socket},
    {"packet socket", packet_socket}, {"audit socket", audit_socket}, {"call out", call_out},
    {"listen again", listen_more}, {"memory for new code", new_code}, {"code of a file", code_of_file},
    {"memory turned into code", later_code}, {"thread", start_thread}, {"kernel keys", kernel_keys},
    {"io_uring", io_uring}, {"bpf", bpf}, {"terminal input", terminal},
    {"store", store}, {"read a log", read_log}, {"list interfaces", list_interfaces},
    {"no capability", no_capability},
};

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    REQUIRE(fd >= 0 && close(fd) == 0);
}

int main(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(own, sizeof own, "%s/gatewayd", folder);
    snprintf(log_folder, sizeof log_folder, "%s/log", folder);
    snprintf(log_file, sizeof log_file, "%s/a.log", log_folder);
    snprintf(beside, sizeof beside, "%s/beside", folder);
    REQUIRE(mkdir(own, 0700) == 0 && mkdir(log_folder, 0700) == 0);
    touch(beside);
    touch(log_file);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    bool landlock = syscall(444, NULL, 0, 1) > 0;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        if (!landlock && i < PATHS)
            continue; /* this kernel cannot: gatewayd refuses to start here unless told otherwise */
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            own_folder = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            logs = open(log_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            confine(&(struct confine_spec){own, 1u << PART_LANDLOCK});
            _exit(attempts[i].try() ? 0 : 1);
        }
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fprintf(stderr, "attempt \"%s\":\n", attempts[i].what);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_INT(unlink(log_file), 0);
    CHECK_INT(unlink(beside), 0);
    CHECK_INT(rmdir(log_folder), 0);
    CHECK_INT(rmdir(own), 0);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
