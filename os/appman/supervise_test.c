/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Supervision (docs/spec/compartment.md section 4) with real processes
 * and short times: restart with back-off, error report events, memory limit,
 * the 2 s from SIGTERM to SIGKILL, replacement and removal, services that die.
 * Argument: the hostile program.
 */
#include <arpa/inet.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/appman/fixture.h"
#include "os/appman/memory_group.h"
#include "tests/check.h"
#include "tests/own_network.h"

static const char *program;

static long elapsed_ms(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

static void show(struct fixture *f, bool ok)
{
    if (!ok)
        fprintf(stderr, "the manager said:\n%s\n", f->said);
}

static bool told(struct fixture *f, size_t n, const char *format)
{
    char id[GUID_TEXT_BYTES], line[128];
    fixture_id(n, id);
    snprintf(line, sizeof line, format[0] == '2' ? "event 2 %s%s" : "event 1 %s%s", id, format + 1);
    bool ok = fixture_file(f, "config/azured/told", line, 20000);
    show(f, ok);
    return ok;
}

/* Ends of every kind are reported, and each is followed by a restart. */
static void test_ends(void)
{
    static struct fixture f;
    /* a container whose control group is not its own has no limit to set (memory_group_test) */
    bool limited = memory_group_available();
    fixture_make(&f);
    fixture_conf(&f, limited ? "{\"restart_delay_ms\":50,\"uid_base\":61400,\"app_memory_kib\":32768}"
                             : "{\"restart_delay_ms\":50,\"uid_base\":61400}");
    fixture_install(&f, 0, 1, program, "[\"exit\"]", "{}");
    fixture_install(&f, 1, 1, program, "[\"crash\"]", "{}");
    fixture_install(&f, 2, 1, program, "[\"abort\"]", "{}");
    if (limited)
        fixture_install(&f, 3, 1, program, "[\"memory\"]", "{}");
    fixture_start(&f);
    CHECK(told(&f, 0, "2 exit 3 signal 0"));
    CHECK(told(&f, 1, "1 exit 2 signal 11"));
    CHECK(told(&f, 2, "1 exit 2 signal 6"));
    CHECK(!limited || told(&f, 3, "1 exit 2 signal 9")); /* the group's limit, not the machine's */

    /* each is started again, and again */
    char id[GUID_TEXT_BYTES], path[128];
    fixture_id(0, id);
    snprintf(path, sizeof path, "config/log/%s.log", id);
    bool again = fixture_file(&f, path, "mode exit\nmode exit\nmode exit\n", 20000);
    show(&f, again);
    CHECK(again);
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

static void test_stop(void)
{
    static struct fixture f;
    struct timespec from;
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":61500}");
    fixture_install(&f, 0, 1, program, "[\"stubborn\"]", "{}");
    fixture_install(&f, 1, 1, program, "[\"idle\"]", "{}");
    fixture_start(&f);
    CHECK(fixture_said(&f, "mode stubborn", 20000));
    CHECK(fixture_said(&f, "mode idle", 20000));
    struct timespec settle = {0, 200000000}; /* past its signal() */
    nanosleep(&settle, NULL);
    clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK_INT(fixture_stop(&f, 20000), 0);
    CHECK(elapsed_ms(&from) >= 2000); /* SIGKILL not before its time */
    CHECK_INT(fixture_count(f.said, ": stopped"), 2);
    CHECK_INT(fixture_count(f.said, "crashed"), 0); /* asked to stop is no failure */
    fixture_release(&f);
}

/* A changed set: what is gone stops and its storage goes, what is new starts,
 * what is replaced restarts and keeps its file. */
static void test_change(void)
{
    static struct fixture f;
    char id[2][GUID_TEXT_BYTES], path[160], *text;
    struct stat s;
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":61600}");
    fixture_install(&f, 0, 1, program, "[\"idle\"]", "{\"MutableStorage\":{\"SizeKB\":8}}");
    fixture_install(&f, 1, 1, program, "[\"idle\"]", "{\"MutableStorage\":{\"SizeKB\":8}}");
    fixture_start(&f);
    for (size_t i = 0; i < 2; i++) {
        fixture_id(i, id[i]);
        snprintf(path, sizeof path, "config/log/%s.log", id[i]);
        CHECK(fixture_file(&f, path, "mode idle", 20000));
    }
    /* two applications, two uids, each the owner of its own file */
    snprintf(path, sizeof path, "%s/config/storage/%s/file", f.folder, id[0]);
    REQUIRE(stat(path, &s) == 0);
    uid_t first = s.st_uid;
    FILE *kept = fopen(path, "w");
    REQUIRE(kept && fputs("kept", kept) >= 0 && fclose(kept) == 0);
    snprintf(path, sizeof path, "%s/config/storage/%s/file", f.folder, id[1]);
    REQUIRE(stat(path, &s) == 0);
    CHECK(first >= 61600 && s.st_uid >= 61600 && first != s.st_uid);

    fixture_install(&f, 0, 2, program, "[\"replaced\"]", "{\"MutableStorage\":{\"SizeKB\":8}}");
    f.world->app[1].bytes = 0;
    fixture_install(&f, 2, 1, program, "[\"new\"]", "{}");
    fixture_changed(&f);
    snprintf(path, sizeof path, "config/log/%s.log", id[0]);
    CHECK(fixture_file(&f, path, "mode replaced", 20000));
    CHECK(fixture_said(&f, "mode new", 20000));
    snprintf(path, sizeof path, "config/storage/%s/file", id[0]);
    CHECK((text = fixture_read(&f, path)) && strcmp(text, "kept") == 0);
    free(text);
    snprintf(path, sizeof path, "%s/config/storage/%s", f.folder, id[1]);
    for (int i = 0; i < 200 && stat(path, &s) == 0; i++)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    CHECK(stat(path, &s) != 0);
    bool uid_gone = false;
    for (int i = 0; i < 100 && !uid_gone; i++) {
        text = fixture_read(&f, "config/uid-map");
        uid_gone = strstr(text, id[1]) == NULL && strstr(text, id[0]) != NULL;
        free(text);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    CHECK(uid_gone);
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

/* A uid map that gives two applications one uid is not believed (TALOS-2020-1137). */
static void test_uid_map(void)
{
    static struct fixture f;
    char id[2][GUID_TEXT_BYTES], path[160];
    struct stat s[2];
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":61700}");
    for (size_t i = 0; i < 2; i++) {
        fixture_id(i, id[i]);
        fixture_install(&f, i, 1, program, "[\"idle\"]", "{\"MutableStorage\":{\"SizeKB\":8}}");
    }
    snprintf(path, sizeof path, "%s/config/uid-map", f.folder);
    FILE *map = fopen(path, "w");
    REQUIRE(map && fprintf(map, "%s 61701\n%s 61701\n", id[0], id[1]) > 0 && fclose(map) == 0);
    fixture_start(&f);
    CHECK(fixture_said(&f, "uid-map refused", 20000));
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "config/log/%s.log", id[i]);
        CHECK(fixture_file(&f, path, "mode idle", 20000));
        snprintf(path, sizeof path, "%s/config/storage/%s/file", f.folder, id[i]);
        REQUIRE(stat(path, &s[i]) == 0);
    }
    CHECK(s[0].st_uid != s[1].st_uid);
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

/* A declared server port can be reached, its neighbour cannot be bound. */
static void test_server(void)
{
    static struct fixture f;
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":61800}");
    fixture_install(&f, 0, 1, program, "[\"serve\",\"34571\"]", "{\"AllowedTcpServerPorts\":[34571]}");
    fixture_start(&f);
    bool serving = fixture_said(&f, "serving", 20000);
    show(&f, serving);
    CHECK(serving);
    /* Landlock knows ports from version 4 on (Linux 6.7); before, an undeclared
     * port can be bound, but the filter lets no reply out. */
    long landlock = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
    CHECK(strstr(f.said, landlock >= 4 ? "refused bind an undeclared port" : "bind an undeclared port"));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(34571),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 5};
    char byte = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    CHECK_INT(connect(fd, (void *)&at, sizeof at), 0);
    CHECK_INT(read(fd, &byte, 1), 1);
    CHECK_INT(byte, '!');
    close(fd);
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

/* azured dies: it is started again, with its own rights, and hears of what runs, and
 * what each may. */
static void test_services(void)
{
    static struct fixture f;
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":61900}");
    fixture_install(&f, 0, 1, program, "[\"idle\"]", "{}");
    fixture_install(&f, 1, 1, program, "[\"idle\"]",
                    "{\"SystemEventNotifications\":true,\"SoftwareUpdateDeferral\":true,"
                    "\"PowerControls\":[\"ForceReboot\"]}");
    fixture_install(&f, 2, 1, program, "[\"idle\"]", /* what it cannot hear of it cannot put off */
                    "{\"SoftwareUpdateDeferral\":true,\"PowerControls\":[\"ForcePowerDown\"]}");
    fixture_start(&f);
    bool told = false;
    for (int i = 0; i < 3000 && !told; i++) { /* of all three */
        char *so_far = fixture_read(&f, "config/azured/told");
        told = so_far && fixture_count(so_far, "channel ") == 3 && fixture_count(so_far, "events ") == 1;
        free(so_far);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    CHECK(told);
    char *text = fixture_read(&f, "config/azured/told");
    int pid = 0, uid = 0;
    REQUIRE(sscanf(text, "pid %d uid %d", &pid, &uid) == 2);
    CHECK_INT(uid, 61104);
    free(text);
    char path[64], status[4096] = "";
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *in = fopen(path, "r");
    REQUIRE(in && fread(status, 1, sizeof status - 1, in) > 0);
    fclose(in);
    CHECK(strstr(status, "CapEff:\t0000000000000000"));
    CHECK(strstr(status, "CapBnd:\t0000000000000000"));
    CHECK(strstr(status, "NoNewPrivs:\t1"));
    REQUIRE(kill(pid, SIGKILL) == 0);
    bool back = false;
    for (int i = 0; i < 3000 && !back; i++) {
        text = fixture_read(&f, "config/azured/told");
        back = fixture_count(text, "channel ") == 6 && fixture_count(text, "rights 0") == 4 &&
               fixture_count(text, "rights 7") == 2 && fixture_count(text, "events ") == 2 &&
               fixture_count(text, "pid ") == 2;
        free(text);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    CHECK(back);
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

/* A service that cannot live ends the manager, and says which. */
static void test_service_gone(void)
{
    static struct fixture f;
    char path[160];
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":1,\"uid_base\":62000}");
    snprintf(path, sizeof path, "%s/services/bin/azured", f.folder);
    REQUIRE(unlink(path) == 0);
    fixture_start(&f);
    CHECK(fixture_said(&f, "azured ended 8 times in a row: giving up", 20000));
    CHECK_INT(fixture_wait(&f, 10000), 1);
    fixture_release(&f);
}

/* The monitor was killed and the manager is not its child, or was not yet when
 * the kernel would have told it: nothing goes on without a monitor. */
static void test_monitor_gone(void)
{
    static struct fixture f;
    fixture_make(&f);
    fixture_conf(&f, "{\"restart_delay_ms\":50,\"uid_base\":62500}");
    fixture_install(&f, 0, 1, program, "[\"idle\"]", "{}");
    fixture_start(&f);
    CHECK(fixture_said(&f, "mode idle", 20000));
    REQUIRE(kill(f.monitor, SIGKILL) == 0);
    CHECK(fixture_said(&f, "the monitor is gone", 5000));
    CHECK_INT(fixture_wait(&f, 10000), 1);
    CHECK_INT(fixture_count(f.said, ": stopped"), 1);
    fixture_release(&f);
}

/* Configuration that is not understood is not guessed at. */
static void test_conf(void)
{
    static struct fixture f;
    fixture_make(&f);
    fixture_conf(&f, "{\"uid_base\":61900,\"surprise\":1}");
    fixture_start(&f);
    CHECK(fixture_said(&f, "device.conf", 20000));
    CHECK_INT(fixture_wait(&f, 10000), 1);
    fixture_release(&f);
}

/* A second device whose range of uids meets that of the first is refused, the
 * first runs on; one beside it starts. */
static void test_range_twice(void)
{
    static const struct {
        unsigned base;
        bool starts;
    } cases[] = {{62300, false}, {62300 - 63, false}, {62300 + 63, false},
                 {62300 - 64, true}, {62300 + 64, true}};
    static struct fixture f;
    fixture_make(&f);
    fixture_conf(&f, "{\"uid_base\":62300}");
    fixture_install(&f, 0, 1, program, "[\"idle\"]", "{}");
    fixture_start(&f);
    CHECK(fixture_said(&f, "mode idle", 20000));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct fixture second;
        char conf[64], line[128];
        fixture_make(&second);
        snprintf(conf, sizeof conf, "{\"uid_base\":%u}", cases[i].base);
        snprintf(line, sizeof line, "uid_base %u: in use by another device", cases[i].base);
        fixture_conf(&second, conf);
        fixture_install(&second, 0, 1, program, "[\"idle\"]", "{}");
        fixture_start(&second);
        CHECK(fixture_said(&second, cases[i].starts ? "mode idle" : line, 20000));
        CHECK_INT(cases[i].starts ? fixture_stop(&second, 10000) : fixture_wait(&second, 10000),
                  cases[i].starts ? 0 : 1);
        fixture_release(&second);
    }
    CHECK_INT(fixture_stop(&f, 10000), 0);
    fixture_release(&f);
}

/* A machine without a part: no application, one line with the part and the
 * option; with the option, an application and a line that says so. */
static void test_missing(void)
{
    static const struct {
        int without;
        const char *conf, *line;
        bool starts;
    } cases[] = {
        {CAP_SYS_ADMIN, "{\"uid_base\":62100}",
         "no application is started: this machine lacks \"namespaces\"", false},
        {CAP_SETUID, "{\"uid_base\":62100}",
         "no application is started: this machine lacks \"uid\"; to run without it name it in "
         "allow_missing", false},
        {CAP_NET_ADMIN, "{\"uid_base\":62100}",
         "no application is started: this machine lacks \"network-filter\"; to run without it "
         "name it in allow_missing", false},
        {CAP_NET_ADMIN, "{\"uid_base\":62100,\"allow_missing\":[\"network-filter\"]}",
         "lacks \"network-filter\", allowed by allow_missing", true},
        {CAP_SETUID, "{\"uid_base\":62100,\"allow_missing\":[\"uid\",\"network-filter\"]}",
         "lacks \"uid\", allowed by allow_missing", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct fixture f;
        fixture_make(&f);
        f.without = cases[i].without;
        fixture_conf(&f, cases[i].conf);
        fixture_install(&f, 0, 1, program, "[\"idle\"]", "{}");
        fixture_start(&f);
        bool said = fixture_said(&f, cases[i].line, 20000);
        show(&f, said);
        CHECK(said);
        bool started = fixture_said(&f, "mode idle", cases[i].starts ? 20000 : 500);
        CHECK_INT(started, cases[i].starts);
        (void)fixture_stop(&f, 10000);
        fixture_release(&f);
    }
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    own_network();
    program = argv[1];
    test_ends();
    test_stop();
    test_change();
    test_uid_map();
    test_server();
    test_services();
    test_service_gone();
    test_monitor_gone();
    test_conf();
    test_range_twice();
    test_missing();
    return check_done();
}
