/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor from outside (service/perisphered/supervisor.h), over
 * perisphered_probe: start, refusals, deaths, restart, end.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/ipc/process.h"
#include "tests/check.h"

static char top[64], data[80], program[512];

struct service {
    pid_t pid;
    FILE *out; /* its stdout and stderr */
};

static void folder_remove(const char *path)
{
    char text[600];
    snprintf(text, sizeof text, "rm -rf %s", path);
    REQUIRE(system(text) == 0);
}

static void data_fresh(void)
{
    folder_remove(data);
    REQUIRE(mkdir(data, 0700) == 0);
}

static void file_write(const char *name, const char *text, mode_t mode)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", data, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0);
}

static bool no_forks; /* of the next start */

/* What a machine at its limit of processes says. */
static void forks_fail(void)
{
    static const int calls[] = {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    for (size_t i = 0; filter && i < sizeof calls / sizeof calls[0]; i++)
        (void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAGAIN), calls[i], 0);
    /* the leak check at exit of a build with sanitizers is a process too */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    if (!filter || seccomp_load(filter) != 0)
        _exit(126);
}

static struct service start(const char *listen)
{
    int fd[2];
    REQUIRE(pipe(fd) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        dup2(fd[1], 1);
        dup2(fd[1], 2);
        close(fd[0]);
        close(fd[1]);
        if (no_forks)
            forks_fail();
        execl(program, "perisphered", "--data", data, "--listen", listen, (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    struct service s = {pid, fdopen(fd[0], "r")};
    return s;
}

/* Reads lines until one holds the text; false at the end of output. */
static bool line_wait(struct service *s, const char *text)
{
    char line[1024];
    while (fgets(line, sizeof line, s->out))
        if (strstr(line, text))
            return true;
    fprintf(stderr, "not printed: %s\n", text);
    return false;
}

static int finish(struct service *s)
{
    int status;
    char line[1024];
    while (fgets(line, sizeof line, s->out))
        ;
    fclose(s->out);
    REQUIRE(waitpid(s->pid, &status, 0) == s->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Expects a start that fails with these words. */
static void refused(const char *words)
{
    struct service s = start("127.0.0.1:0");
    CHECK(line_wait(&s, words));
    CHECK_INT(finish(&s), 1);
}

static size_t children(pid_t pid, pid_t *list, size_t max)
{
    char path[64];
    size_t count = 0;
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    while (count < max && fscanf(f, "%d", &child) == 1)
        list[count++] = child;
    fclose(f);
    return count;
}

static void test_start_and_end(void)
{
    char text[256];
    pid_t list[16];
    data_fresh();
    struct service s = start("127.0.0.1:0");
    REQUIRE(line_wait(&s, "ready on https://localhost:"));
    CHECK_INT(children(s.pid, list, 16), PROCESS_COUNT);
    struct rlimit core; /* it has every secret: no core file has them */
    CHECK(prlimit(s.pid, RLIMIT_CORE, NULL, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    /* run/port and run/pid are whole and right */
    size_t len;
    snprintf(text, sizeof text, "%s/run/pid", data);
    char *pid = (char *)check_read_file(text, &len);
    CHECK_INT(strtol(pid, NULL, 10), s.pid);
    CHECK(len > 1 && pid[len - 1] == '\n');
    free(pid);
    snprintf(text, sizeof text, "%s/run/port", data);
    uint8_t *port = check_read_file(text, &len);
    CHECK(len > 1);
    free(port);
    if (geteuid() == 0) { /* each under its own uid, and none of them root */
        unsigned seen[16] = {0};
        for (int i = 0; i < PROCESS_COUNT; i++) {
            snprintf(text, sizeof text, "/proc/%d/status", list[i]);
            FILE *f = fopen(text, "r");
            REQUIRE(f != NULL);
            while (fgets(text, sizeof text, f))
                if (sscanf(text, "Uid: %u", &seen[i]) == 1)
                    break;
            fclose(f);
            CHECK(seen[i] >= 970000 && seen[i] < 970000 + PROCESS_COUNT);
            for (int k = 0; k < i; k++)
                CHECK(seen[k] != seen[i]);
        }
    }
    /* A second service on the same data: one clear error, the first runs on. */
    refused("another service is using this data folder");
    CHECK_INT(children(s.pid, list, 16), PROCESS_COUNT);
    kill(s.pid, SIGTERM);
    CHECK_INT(finish(&s), 0);
    snprintf(text, sizeof text, "%s/run/pid", data);
    CHECK(access(text, F_OK) != 0);
    s = start("127.0.0.1:0"); /* and the lock is free again */
    REQUIRE(line_wait(&s, "ready on"));
    kill(s.pid, SIGINT);
    CHECK_INT(finish(&s), 0);
}

static void test_deaths(void)
{
    pid_t list[16];
    data_fresh();
    struct service s = start("127.0.0.1:0");
    /* Any one process ends: all start again, as new processes. */
    for (int victim = 0; victim < PROCESS_COUNT; victim += 3) {
        REQUIRE(line_wait(&s, "ready on"));
        REQUIRE(children(s.pid, list, 16) == PROCESS_COUNT);
        kill(list[victim], SIGKILL);
        CHECK(line_wait(&s, "was ended by signal 9"));
        CHECK(line_wait(&s, "starting again in"));
    }
    REQUIRE(line_wait(&s, "ready on"));
    REQUIRE(children(s.pid, list, 16) == PROCESS_COUNT);
    /* The supervisor dies: nobody is left behind.  finish() reads to the end of
     * the pipe, which comes when the last process that holds it is gone. */
    kill(s.pid, SIGKILL);
    CHECK_INT(finish(&s), -SIGKILL);
}

/* Not one process can be started: it tries again, and still listens to SIGTERM. */
static void test_no_processes(void)
{
    data_fresh();
    no_forks = true;
    struct service s = start("127.0.0.1:0");
    no_forks = false;
    for (int i = 0; i < 2; i++) {
        CHECK(line_wait(&s, "cannot start store: Resource temporarily unavailable"));
        CHECK(line_wait(&s, i ? "starting again in 200 ms" : "starting again in 100 ms"));
    }
    kill(s.pid, SIGTERM);
    CHECK_INT(finish(&s), 0);
}

static void test_cannot_start(void)
{
    data_fresh();
    char path[256];
    snprintf(path, sizeof path, "%s/ota", data);
    REQUIRE(mkdir(path, 0700) == 0);
    file_write("ota/die", "78", 0644); /* PROCESS_EXIT_CANNOT_START: once is enough */
    refused("ota exited with 78");
    file_write("ota/die", "99", 0644); /* once: the next set runs */
    struct service s = start("127.0.0.1:0");
    CHECK(line_wait(&s, "ota exited with 99"));
    CHECK(line_wait(&s, "starting again in 100 ms"));
    CHECK(line_wait(&s, "ready on"));
    kill(s.pid, SIGTERM);
    CHECK_INT(finish(&s), 0);
}

static void test_refusals(void)
{
    static const struct {
        const char *file, *text;
        mode_t mode;
        const char *words;
    } rows[] = {
        {"service.json", "{\"drain_s\":-1}", 0600, "service.json: \"drain_s\" must be"},
        {"service.json", "{\"no\":1}", 0600, "unknown key \"no\""},
        {"service.json", "{\"listen_port\":1", 0600, "service.json: line 1"},
        {"root.key", "x", 0640, "root.key: key file is open to others (mode 0640)"},
        {"key.pem", "x", 0604, "key.pem: key file is open to others"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        data_fresh();
        file_write(rows[i].file, rows[i].text, rows[i].mode);
        refused(rows[i].words);
    }
    data_fresh();
    REQUIRE(chmod(data, 0755) == 0);
    refused("data folder is open to others (mode 0755)");
    folder_remove(data);
    refused("no such data folder: peri service init makes one");
    data_fresh();
    struct service s = start("256.0.0.1:0");
    CHECK(line_wait(&s, "not an IPv4 or IPv6 address"));
    CHECK_INT(finish(&s), 1);
    s = start("192.0.2.1:0"); /* not an address of this machine */
    CHECK(line_wait(&s, "cannot listen on 192.0.2.1"));
    CHECK_INT(finish(&s), 1);
    s = start("nonsense");
    CHECK(line_wait(&s, "--listen takes ADDRESS:PORT"));
    CHECK_INT(finish(&s), 2);
    /* --process by hand is refused */
    char text[1200];
    snprintf(text, sizeof text, "%s --process store --data %s 2>/dev/null 3<&- </dev/null", program, data);
    CHECK(system(text) != 0);
}

/* In a mount namespace of the test's own; root ignores modes, so only a mount will do. */
static void test_read_only(void)
{
    if (geteuid() != 0)
        return;
    data_fresh();
    REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) == 0);
    REQUIRE(mount(data, data, NULL, MS_BIND, NULL) == 0);
    REQUIRE(mount(NULL, data, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
    refused("Read-only file system");
    REQUIRE(umount(data) == 0);
    char path[256];
    snprintf(path, sizeof path, "%s/run", data);
    CHECK(access(path, F_OK) != 0); /* nothing was changed */
}

int main(void)
{
    const char *bin = getenv("PERI_BIN");
    REQUIRE(bin != NULL);
    snprintf(program, sizeof program, "%s/perisphered_probe", bin);
    strcpy(top, "/tmp/peri-supervisor-XXXXXX");
    /* The processes' own uids must reach the data folder. */
    REQUIRE(mkdtemp(top) != NULL && chmod(top, 0755) == 0);
    snprintf(data, sizeof data, "%s/data", top);
    test_start_and_end();
    test_deaths();
    test_no_processes();
    test_cannot_start();
    test_refusals();
    test_read_only();
    folder_remove(top);
    return check_done();
}
