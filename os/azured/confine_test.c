/* SPDX-License-Identifier: BSD-2-Clause */
/* From inside the confinement: what azured needs still works, all else is refused. */
#include "os/azured/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/azured/networking.h"
#include "os/azured/reports.h"
#include "os/config/device_conf.h"
#include "tests/check.h"

static char folder[] = "/tmp/peri-confine-XXXXXX", own[64], anchor[64], beside[64];

static bool refused(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES);
}

static void *nothing(void *context)
{
    return context;
}

/* -- each true when it is refused ------------------------------------------------- */

static bool read_beside(void) { return refused(open(beside, O_RDONLY)); }
static bool write_beside(void) { return refused(open(beside, O_WRONLY)); }
static bool write_anchor(void) { return refused(open(anchor, O_WRONLY)); }
static bool list_root(void) { return refused(open("/", O_RDONLY | O_DIRECTORY)); }
static bool read_proc(void) { return refused(open("/proc/self/environ", O_RDONLY)); }
static bool write_etc(void) { return refused(open("/etc/hosts", O_WRONLY)); }
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
static bool unix_socket(void) { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); }
static bool raw_socket(void) { return refused(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static bool packet_socket(void) { return refused(socket(AF_PACKET, SOCK_RAW, 0)); }
static bool audit_socket(void) { return refused(socket(AF_NETLINK, SOCK_RAW, 9)); }
static bool serve(void) { int s = socket(AF_INET, SOCK_STREAM, 0); return s >= 0 && refused(listen(s, 1)); }
static bool new_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
           errno == EPERM;
}
static bool later_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && refused(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static bool kernel_keys(void) { return refused(syscall(SYS_keyctl, 0, 0, 0)); }
static bool io_uring(void) { return refused(syscall(425, 1, NULL)); }
static bool bpf(void) { return refused(syscall(SYS_bpf, 0, NULL, 0)); }

/* -- each true when it works -------------------------------------------------------- */

static int own_folder; /* opened before, as main.c does: listing is not granted */
static bool store_reports(void)
{
    static struct reports r;
    struct os_event e = {.category = EVENT_APP_EXIT};
    reports_add(&r, &e);
    return !reports_save(own_folder, &r) && !reports_save(own_folder, &r) && !reports_load(own_folder, &r);
}
static bool read_anchor(void) { return open(anchor, O_RDONLY) >= 0; }
static bool start_thread(void)
{
    pthread_t t;
    return pthread_create(&t, NULL, nothing, NULL) == 0 && pthread_join(t, NULL) == 0;
}
static bool resolve(void)
{
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo("localhost", "443", &hints, &list))
        return false;
    freeaddrinfo(list);
    return true;
}
static bool look_at_interfaces(void) { (void)networking_has_address(); return true; }

static const struct attempt {
    const char *what;
    bool (*try)(void);
} attempts[] = {
    {"read a file beside", read_beside},   {"write a file beside", write_beside},
    {"write the trust anchor", write_anchor}, {"list /", list_root},
    {"read /proc", read_proc},             {"write /etc/hosts", write_etc},
    {"make a folder", make_folder},        {"make a link", make_link},
    {"change a mode", change_mode},        {"run a program", run_program},
    {"fork", fork_process},                {"new namespace", new_namespace},
    {"change uid", be_somebody},           {"trace", trace},
    {"signal the parent", kill_parent},    {"mount", mount_something},
    {"unix socket", unix_socket},          {"raw socket", raw_socket},
    {"packet socket", packet_socket},      {"audit socket", audit_socket},
    {"listen", serve},                     {"memory for new code", new_code},
    {"memory turned into code", later_code}, {"kernel keys", kernel_keys},
    {"io_uring", io_uring},                {"bpf", bpf},
    {"store reports", store_reports},      {"read the trust anchor", read_anchor},
    {"start a thread", start_thread},      {"resolve a name", resolve},
    {"look at interfaces", look_at_interfaces},
};

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    REQUIRE(fd >= 0 && close(fd) == 0);
}

int main(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(own, sizeof own, "%s/own", folder);
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", folder);
    snprintf(beside, sizeof beside, "%s/beside", folder);
    REQUIRE(mkdir(own, 0700) == 0);
    touch(anchor);
    touch(beside);
    bool landlock = syscall(444, NULL, 0, 1) > 0;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        if (!landlock && i < 6)
            continue; /* this kernel cannot: azured refuses to start here unless told otherwise */
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            own_folder = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            confine(&(struct confine_spec){own, own, anchor, 1u << PART_LANDLOCK});
            _exit(attempts[i].try() ? 0 : 1);
        }
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fprintf(stderr, "attempt \"%s\":\n", attempts[i].what);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    char reports[96];
    snprintf(reports, sizeof reports, "%s/reports", own);
    CHECK_INT(unlink(reports), 0);
    CHECK_INT(rmdir(own), 0);
    unlink(anchor);
    unlink(beside);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
