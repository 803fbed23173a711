/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program itself, confined as on a device, and peri's commands to it, over TLS on
 * loopback: first contact and pinned key, another key, capability, sideloading, start
 * and stop, refusals and their exit codes, end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/asxipfs.h"
#include "lib/image.h"
#include "os/gatewayd/fake_test.h"
#include "os/gatewayd/store.h"
#include "tests/check.h"

static char folder[] = "/tmp/peri-gatewayd-XXXXXX", conf[64], own[64], address[64];
static struct fake fake;
static pid_t program;
static char said[65536];

static const char *bin(const char *name)
{
    static char path[512];
    const char *from = getenv("PERI_BIN");
    snprintf(path, sizeof path, "%s/%s", from ? from : "build/test/bin", name);
    return path;
}

/* A port that nobody has at the moment. */
static unsigned port_find(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(s >= 0 && bind(s, (void *)&at, sizeof at) == 0 && getsockname(s, (void *)&at, &len) == 0);
    close(s);
    return ntohs(at.sin_port);
}

static void file_put(const char *path, struct span bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    REQUIRE(fd >= 0 && write(fd, bytes.at, bytes.len) == (ssize_t)bytes.len);
    close(fd);
}

static bool listening(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)atoi(strchr(address, ':') + 1))};
    for (int i = 0; i < 500; i++) {
        int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int err = connect(s, (void *)&at, sizeof at);
        close(s);
        if (err == 0)
            return true;
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    return false;
}

static void program_start(void)
{
    int ends[3];
    fake_start(&fake, ends);
    program = fork();
    REQUIRE(program >= 0);
    if (program == 0) {
        int high[3];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < 3; i++)
            high[i] = fcntl(ends[i], F_DUPFD, 20);
        for (int i = 0; i < 3; i++)
            if (dup2(high[i], 3 + i) < 0)
                _exit(125);
        close_range(6, ~0u, 0);
        execl(bin("gatewayd"), "gatewayd", own, conf, (char *)NULL);
        _exit(126);
    }
    for (int i = 0; i < 3; i++)
        close(ends[i]);
    REQUIRE(listening());
}

static void program_stop(void)
{
    int status;
    CHECK_INT(kill(program, SIGTERM), 0);
    REQUIRE(waitpid(program, &status, 0) == program);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fake_stop(&fake);
}

/* Runs peri with these words, split at spaces; its exit code, and in said what it printed. */
static int peri(const char *words)
{
    char copy[1024], *argv[32] = {NULL}, path[512];
    int out[2], n = 0, status;
    size_t len = 0;
    snprintf(path, sizeof path, "%s", bin("peri"));
    snprintf(copy, sizeof copy, "peri %s", words);
    for (char *at = strtok(copy, " "); at && n < 31; at = strtok(NULL, " "))
        argv[n++] = at;
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(out[1], 2);
        setenv("PERI_PROFILE", folder, 1);
        setenv("PERI_DEVICE", address, 1);
        execv(path, argv);
        _exit(126);
    }
    close(out[1]);
    for (ssize_t got; (got = read(out[0], said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)got;
    said[len] = '\0';
    close(out[0]);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void has(const char *text)
{
    bool found = strstr(said, text) != NULL;
    if (!found)
        fprintf(stderr, "wanted \"%s\" in: %s\n", text, said);
    CHECK(found);
}

/* An application package with a signature that is none: the monitor here does not look. */
static void package_make(const char *path)
{
    static uint8_t bytes[32768];
    struct writer w = writer_of(bytes, sizeof bytes);
    const char *manifest = "{}";
    struct asxipfs_source files[] = {{"/app_manifest.json", false, span_of(manifest, 2)},
                                     {"/bin/app", true, span_of("program", 7)}};
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .has_temporary = true, .temporary = IMAGE_TEMPORARY_UNDER_DEVELOPMENT};
    memset(meta.component, 0xC1, 16);
    memset(meta.id, 0xC2, 16);
    REQUIRE(asxipfs_write(files, 2, &w) == 0 && image_meta_write(&w, &meta) == 0);
    writer_zero(&w, 64);
    REQUIRE(w.err == 0);
    file_put(path, writer_view(&w));
}

static void first_contact(void)
{
    struct stat st;
    char path[96];
    program_start();
    CHECK_INT(peri("device show-attached"), 0);
    has("is new here");
    has("\"securityState\": \"SECURE\"");
    has("\"manufacturingState\": \"DeviceComplete\"");
    snprintf(path, sizeof path, "%s/" STORE_IDENTITY, own);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 077) == 0); /* made here, for nobody else */
    CHECK_INT(peri("device show-attached"), 0);
    CHECK(strstr(said, "is new here") == NULL);
    program_stop();
    program_start(); /* the same key */
    CHECK_INT(peri("device network show-status"), 0);
    program_stop();
    REQUIRE(unlink(path) == 0);
    program_start(); /* another one: somebody else, as far as peri can see */
    CHECK_INT(peri("device network show-status"), 4);
    has("is not one that was seen there before");
    CHECK_INT(peri("device network show-status --trust-new-device"), 0);
    CHECK_INT(peri("device network show-status"), 0);
    program_stop();
    file_put(path, span_of("damaged", 7)); /* made anew, said */
    program_start();
    CHECK_INT(peri("device network show-status"), 4);
    CHECK_INT(peri("device network show-status --trust-new-device"), 0);
    program_stop();
}

static void story(void)
{
    char line[512];
    program_start();
    CHECK_INT(peri("device image list-installed"), 1);
    has("needs a device capability");
    snprintf(line, sizeof line, "device sideload deploy -p %s/app.imagepackage", folder);
    CHECK_INT(peri(line), 1);
    CHECK_INT(fake.changes, 0);
    snprintf(line, sizeof line, "device capability update --capability-file %s/other.cap", folder);
    CHECK_INT(peri(line), 5);
    snprintf(line, sizeof line, "device capability update --capability-file %s/good.cap", folder);
    CHECK_INT(peri(line), 0);
    has("EnableAppDevelopment");
    CHECK_INT(peri("device capability show-attached"), 0);
    has("EnableAppDevelopment");
    CHECK_INT(peri("device image list-installed --output table"), 0);
    has("a1a1a1a1-");
    snprintf(line, sizeof line, "device sideload deploy -p %s/app.imagepackage", folder);
    CHECK_INT(peri(line), 0);
    has("c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1");
    CHECK_INT(peri("device app show-status -i c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 0);
    has("running");
    CHECK_INT(peri("device app stop -i c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 0);
    has("stopped");
    CHECK_INT(peri("device app start -i c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 0);
    has("running");
    CHECK_INT(peri("device app start -i d1d1d1d1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 3);
    CHECK_INT(peri("device app start -i nonsense"), 2);
    CHECK_INT(peri("device app show-quota -i c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 0);
    CHECK_INT(peri("device network list-interfaces"), 0);
    has("\"interfaceName\": \"lo\"");
    CHECK_INT(peri("device list-attached"), 0);
    has("\"isResponsive\": true");
    CHECK_INT(peri("device rescan-attached"), 0);
    has("1");
    CHECK_INT(peri("device app show-status"), 0);
    CHECK_INT(peri("device app show-quota"), 0);
    has("\"LimitKB\"");
    CHECK_INT(peri("device app show-memory-stats --query memoryStats.currentMemoryUsageInBytes"), 0);
    has("1048576"); /* two of them */
    CHECK_INT(peri("device app start --debug-mode -i c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1"), 1);
    has("no debug server");
    CHECK_INT(peri("device wifi scan"), 1); /* what it has not is said as that */
    has("has no Wi-Fi");
    CHECK_INT(peri("device network enable --interface lo"), 1);
    has("does not change interfaces");
    CHECK_INT(peri("device manufacturing-state show"), 0);
    CHECK_INT(peri("device manufacturing-state update -s Module1Complete"), 1);
    has("only goes forward");
    CHECK_INT(peri("device log"), 0);
    CHECK_INT(peri("device sideload delete -e a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1"), 0);
    has("c1c1c1c1-");
    CHECK_INT(fake.apps, 1);
    CHECK_INT(peri("device restart"), 0);
    CHECK_INT(peri("device capability update --none"), 0);
    CHECK_INT(peri("device image list-installed"), 1);
    program_stop();
    CHECK_INT(fake.restarts, 1);
    CHECK(fake.events >= 1);
    CHECK_INT(peri("device show-attached"), 4); /* nobody there */
    has("no device answers at");
}

/* A sibling that goes, or an address that is no address, ends it with a name. */
static void ends(void)
{
    int status;
    program_start();
    shutdown(fake.manager, SHUT_RDWR);
    REQUIRE(waitpid(program, &status, 0) == program);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    fake_stop(&fake);
}

int main(void)
{
    char text[256], path[96];
    static uint8_t other[CAPABILITY_FILE_BYTES];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(own, sizeof own, "%s/gatewayd", folder);
    snprintf(conf, sizeof conf, "%s/device.conf", folder);
    snprintf(address, sizeof address, "127.0.0.1:%u", port_find());
    REQUIRE(mkdir(own, 0700) == 0);
    snprintf(text, sizeof text, "{\"service_interface\":\"%s\",\"allow_missing\":[\"landlock\"]}", address);
    file_put(conf, span_of(text, strlen(text)));
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    fake_app(&fake, 0xA1, 0xA2, true);
    first_contact();
    snprintf(path, sizeof path, "%s/good.cap", folder);
    file_put(path, span_of(fake.good_file, sizeof fake.good_file));
    snprintf(path, sizeof path, "%s/other.cap", folder);
    file_put(path, span_of(other, sizeof other));
    snprintf(path, sizeof path, "%s/app.imagepackage", folder);
    package_make(path);
    story();
    ends();
    static const char *const files[] = {"good.cap", "other.cap", "app.imagepackage", "device.conf", "known-devices",
                                        "gatewayd/identity", "gatewayd"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        CHECK_INT(remove(path), 0);
    }
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
