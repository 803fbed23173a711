/* SPDX-License-Identifier: BSD-2-Clause */
/* monitord as a program: manufacture, list, boot over a Pluton that is played
 * here, the two channels, confinement, reset and stop.  Needs root for the
 * mount namespace: the suite runs as root, and this fails otherwise. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/pluton_call.h"
#include "lib/asxipfs.h"
#include "monitor/engine/world_test.h"
#include "tests/check.h"

static char folder[64], monitord[2048];
static uint8_t device_id[64];
static uint32_t os_counter;

/* A package of any size, for a Services image with a real program in it. */
static uint8_t big[8 << 20], big_body[8 << 20];

static void file_put(const char *name, struct span bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    REQUIRE(f && fwrite(bytes.at, 1, bytes.len, f) == bytes.len);
    fclose(f);
}

static struct span package_big(const struct image_order *order, struct span body)
{
    struct writer w = writer_of(big, sizeof big);
    struct image_meta meta = {.type = order->type, .signing_type = IMAGE_SIGNING_ECDSA256,
                              .has_debug = true, .name = "services",
                              .has_security_version = true,
                              .security_version = order->security_version,
                              .has_provides = true,
                              .provides = {.count = 1, .at = {order->provides}}};
    uint8_t public[P256_PUBLIC_BYTES];
    struct signer signer = world_signer(order->key);
    world_public(order->key, public);
    REQUIRE(image_thumbprint(public, meta.thumbprint) == 0);
    memset(meta.component, order->component, sizeof meta.component);
    memset(meta.id, order->id, sizeof meta.id);
    writer_bytes(&w, body.at, body.len);
    REQUIRE(image_meta_write(&w, &meta) == 0 && image_sign(&w, &signer) == 0);
    return writer_view(&w);
}

static void services_put(const char *test_manager)
{
    size_t len;
    uint8_t *program = check_read_file(test_manager, &len);
    struct asxipfs_source sources[] = {
        {"/bin/application-manager", true, span_of(program, len)},
        {"/etc/release", false, span_of("test\n", 5)},
    };
    struct writer w = writer_of(big_body, sizeof big_body);
    REQUIRE(asxipfs_write(sources, 2, &w) == 0);
    file_put("services.img", package_big(&world_services, writer_view(&w)));
    free(program);
}

static void keystore_put(void)
{
    static struct package package;
    struct keystore keystore;
    uint8_t body[4096], root[P256_PUBLIC_BYTES];
    struct writer w = writer_of(body, sizeof body);
    struct image_order order = {.type = IMAGE_TYPE_TRUSTED_KEYSTORE, .component = 0xE1, .id = 0xE2,
                                .key = KEY_ROOT};
    world_keystore(&keystore);
    REQUIRE(keystore_write(&keystore, &w) == 0);
    world_wrap(&order, writer_view(&w), &package);
    file_put("keystore.img", package_view(&package));
    world_public(KEY_ROOT, root);
    file_put("root.key", span_of(root, sizeof root));
    order.key = KEY_FOREIGN;
    world_wrap(&order, writer_view(&w), &package);
    file_put("keystore-foreign.img", package_view(&package));
}

/* Runs monitord with arguments; its exit code, what it says in `output`. */
static char output[4096];
__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
    char line[8192];
    va_list args;
    int n = snprintf(line, sizeof line, "%s ", monitord);
    va_start(args, format);
    vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    FILE *f = popen(line, "r");
    REQUIRE(f != NULL);
    size_t got = fread(output, 1, sizeof output - 1, f);
    output[got] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int factory(const char *keystore, const char *image)
{
    return run("--factory %s/device --keystore %s/%s --root-key %s/root.key %s/services.img "
               "%s/%s 2>&1",
               folder, folder, keystore, folder, folder, folder, image);
}

static void manufacture(void)
{
    static struct package app;
    char path[128];
    snprintf(path, sizeof path, "%s/device", folder);
    REQUIRE(mkdir(path, 0755) == 0);
    world_image(&world_app, &app);
    file_put("app.img", package_view(&app));
    app.bytes[5000] ^= 1;
    file_put("app-flipped.img", package_view(&app));

    CHECK(factory("keystore-foreign.img", "app.img") == 1);
    CHECK(strstr(output, "signature does not verify") != NULL);
    CHECK(factory("keystore.img", "app-flipped.img") == 1);
    CHECK(factory("keystore.img", "services.img") == 1); /* twice */
    snprintf(path, sizeof path, "%s/device/flash", folder);
    CHECK(access(path, F_OK) != 0); /* refusal made nothing */
    CHECK_INT(factory("keystore.img", "app.img"), 0);
    CHECK_STR(output, "");
    CHECK(factory("keystore.img", "app.img") == 1);
    CHECK(strstr(output, "exists already") != NULL);

    CHECK_INT(run("--list %s/device", folder), 0);
    CHECK(strstr(output, "51515151-5151-5151-5151-515151515151 "
                         "01010101-0101-0101-0101-010101010101 Services ") == output);
    char line[256];
    snprintf(line, sizeof line,
             "a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1 a2a2a2a2-a2a2-a2a2-a2a2-a2a2a2a2a2a2 "
             "Applications %zu test\n",
             app.len);
    CHECK(strstr(output, line) != NULL);
    CHECK_INT(run("--nonsense 2>&1"), 2);
}

/* Pluton, as far as the monitor asks it; runs until the monitor hangs up. */
struct seen {
    int measured, closed, measured_after_close;
    uint8_t measurement[PLUTON_MEASUREMENT_BYTES];
};

static void pluton_answer(int channel, struct seen *seen)
{
    uint8_t in[PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX], out[1024];
    ssize_t got = recv(channel, in, sizeof in, MSG_DONTWAIT);
    if (got <= 0)
        return;
    struct cursor c = cursor_of(span_of(in, (size_t)got));
    uint16_t command = cursor_u16le(&c);
    cursor_skip(&c, 6);
    uint8_t payload[512];
    struct writer p = writer_of(payload, sizeof payload);
    uint16_t status = PLUTON_OK;
    switch (command) {
    case PLUTON_GET_SECURITY_STATE:
        writer_u32le(&p, 2);
        writer_zero(&p, 64);
        writer_bytes(&p, device_id, sizeof device_id);
        break;
    case PLUTON_IS_CAPABILITY_ENABLED: writer_u8(&p, 0); break;
    case PLUTON_GET_MANUFACTURING_STATE: writer_u32le(&p, 2); break;
    case PLUTON_READ_RNG: writer_zero(&p, cursor_u16le(&c)); break;
    case PLUTON_READ_COUNTER: writer_u32le(&p, cursor_u8(&c) == 1 ? os_counter : 99); break;
    case PLUTON_MEASURE:
        seen->measured++;
        seen->measured_after_close += seen->closed;
        cursor_copy(&c, seen->measurement, sizeof seen->measurement);
        break;
    case PLUTON_CLOSE_MEASUREMENTS: seen->closed++; break;
    default: status = PLUTON_UNKNOWN_COMMAND;
    }
    struct writer w = writer_of(out, sizeof out);
    writer_u16le(&w, command);
    writer_u16le(&w, status);
    writer_u32le(&w, (uint32_t)p.len);
    writer_bytes(&w, payload, p.len);
    REQUIRE(send(channel, out, w.len, MSG_NOSIGNAL) == (ssize_t)w.len);
}

static int memfd_of(const char *name)
{
    char path[128];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    uint8_t *bytes = check_read_file(path, &len);
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    REQUIRE(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    REQUIRE(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
    free(bytes);
    return fd;
}

struct boot {
    pid_t pid;
    int pluton, azured, appman, gatewayd; /* our ends */
};

/* As plutond starts it: from a sealed memfd, with the descriptors of the ABI. */
static void boot_start(struct boot *b)
{
    int pluton[2], azured[2], appman[2], gatewayd[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pluton) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, azured) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, appman) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gatewayd) == 0);
    char path[128];
    snprintf(path, sizeof path, "%s/device", folder);
    int device = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int keystore = memfd_of("keystore.img");
    size_t len;
    uint8_t *bytes = check_read_file(monitord, &len);
    int program = memfd_create("monitor", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    REQUIRE(device >= 0 && program >= 0 && write(program, bytes, len) == (ssize_t)len);
    REQUIRE(fcntl(program, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    free(bytes);
    b->pid = fork();
    REQUIRE(b->pid >= 0);
    if (b->pid == 0) {
        const int from[] = {pluton[1], azured[1], appman[1], device, keystore, gatewayd[1], program};
        int high[7];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < 7; i++)
            high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 40);
        for (int i = 0; i < 6; i++)
            dup2(high[i], PLUTON_HOST_FD_MONITOR + i);
        close_range(9, 39, 0);
        char *argv[] = {monitord, NULL};
        extern char **environ;
        fexecve(high[6], argv, environ);
        _exit(120);
    }
    close(pluton[1]);
    close(azured[1]);
    close(appman[1]);
    close(gatewayd[1]);
    close(device);
    close(keystore);
    close(program);
    b->pluton = pluton[0];
    b->azured = azured[0];
    b->appman = appman[0];
    b->gatewayd = gatewayd[0];
}

static char report[4096];
static void report_read(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/device/config/report", folder);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(report, 1, sizeof report - 1, f) : 0;
    report[n] = 0;
    if (f)
        fclose(f);
}

/* Plays Pluton until the monitor has ended; SIGTERM once the manager is ready
 * when `stop` is set.  The exit code. */
static int boot_run(struct boot *b, bool stop, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    for (int turns = 0;; turns++) {
        REQUIRE(turns < 60000); /* 60 s: the test ends, whatever happens */
        struct pollfd wait = {.fd = b->pluton, .events = POLLIN};
        if (poll(&wait, 1, 1) > 0 && wait.revents & POLLIN)
            pluton_answer(b->pluton, seen);
        int status;
        if (waitpid(b->pid, &status, WNOHANG) == b->pid) {
            close(b->pluton);
            close(b->azured);
            close(b->appman);
            close(b->gatewayd);
            report_read();
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
        }
        if (stop && turns % 10 == 0) {
            report_read();
            if (strstr(report, "ready")) {
                kill(b->pid, SIGTERM);
                stop = false;
            }
        }
    }
}

static int boot(const char *script, bool stop, struct seen *seen)
{
    struct boot b;
    char path[128];
    snprintf(path, sizeof path, "%s/device/config", folder);
    mkdir(path, 0755);
    file_put("device/config/script", span_of(script, strlen(script)));
    file_put("device/config/report", span_of("", 0));
    boot_start(&b);
    return boot_run(&b, stop, seen);
}

static void line_present(const char *line)
{
    if (!strstr(report, line))
        fprintf(stderr, "report has no \"%s\":\n%s", line, report);
    CHECK(strstr(report, line) != NULL);
}

static void boots_and_serves(void)
{
    struct seen seen;
    CHECK_INT(boot("wait", true, &seen), PLUTON_HOST_EXIT_OFF);
    CHECK_INT(seen.measured, 1);
    CHECK_INT(seen.closed, 1);
    CHECK_INT(seen.measured_after_close, 0);
    struct cursor c = cursor_of(span_of(seen.measurement, sizeof seen.measurement));
    CHECK_INT(cursor_u16le(&c), IMAGE_TYPE_SERVICES);
    CHECK_INT(cursor_u16le(&c), 0);
    CHECK_INT(cursor_u32le(&c), 2);
    CHECK_INT(cursor_u8(&c), COMPONENT_S);
    cursor_skip(&c, 15);
    struct image image;
    uint8_t digest[32];
    char path[128];
    size_t len;
    snprintf(path, sizeof path, "%s/services.img", folder);
    uint8_t *bytes = check_read_file(path, &len);
    REQUIRE(image_parse(span_of(bytes, len), &image) == 0 && image_digest(&image, digest) == 0);
    CHECK(span_equal(cursor_bytes(&c, 32), span_of(digest, 32)));
    free(bytes);

    static const char *const lines[] = {
        "uid 0\n", "write Read-only file system\n", "mount ro,nosuid,nodev\n",
        "program mode 555\n", "conf device.conf\n", "descriptor 9 closed\n",
        "pluton handed on\n", "appman ping 0\n", "appman nonce 37\n", "azured nonce 0\n",
        "azured open 37\n", "appman open 0 20\n", "image write refused\n", "image cut refused\n",
        "image map refused\n", "empty answered\n", "azured ping 0\n", "stopped by 15\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        line_present(lines[i]);
    /* The unpacked image is seen by the monitor's children alone. */
    snprintf(path, sizeof path, "%s/device/services/bin", folder);
    CHECK(access(path, F_OK) != 0);
}

static void ends_as_asked(void)
{
    static const struct {
        const char *script;
        bool stop;
        int code;
    } rows[] = {
        {"restart", false, PLUTON_HOST_EXIT_RESET}, {"off", false, PLUTON_HOST_EXIT_OFF},
        {"crash", false, PLUTON_HOST_EXIT_RESET},   {"exit", false, PLUTON_HOST_EXIT_RESET},
        {"flood", true, PLUTON_HOST_EXIT_OFF},      {"deaf", true, PLUTON_HOST_EXIT_OFF},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen;
        int code = boot(rows[i].script, rows[i].stop, &seen);
        if (code != rows[i].code)
            fprintf(stderr, "script %s\n", rows[i].script);
        CHECK_INT(code, rows[i].code);
    }
}

/* Boots to the point where the manager waits. */
static void boot_ready(struct boot *b)
{
    struct seen seen = {0};
    file_put("device/config/script", span_of("wait", 4));
    file_put("device/config/report", span_of("", 0));
    boot_start(b);
    for (int turns = 0; turns < 30000; turns++) {
        struct pollfd wait = {.fd = b->pluton, .events = POLLIN};
        if (poll(&wait, 1, 1) > 0)
            pluton_answer(b->pluton, &seen);
        report_read();
        if (strstr(report, "ready"))
            break;
    }
    line_present("ready\n");
}

/* Without its root of trust the monitor does not go on. */
static void stops_without_pluton(void)
{
    struct boot b;
    int status;
    boot_ready(&b);
    close(b.pluton);
    REQUIRE(waitpid(b.pid, &status, 0) == b.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == PLUTON_HOST_EXIT_RESET);
    close(b.azured);
    close(b.appman);
    close(b.gatewayd);
    report_read();
    line_present("stopped by 15\n");
}

/* What /proc says of the running monitor. */
static void is_confined(void)
{
    struct boot b;
    struct seen seen = {0};
    char path[64], status[4096];
    boot_ready(&b);
    snprintf(path, sizeof path, "/proc/%d/status", (int)b.pid);
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    status[fread(status, 1, sizeof status - 1, f)] = 0;
    fclose(f);
    CHECK(strstr(status, "\nUid:\t61102\t61102\t61102\t61102\n") != NULL);
    CHECK(strstr(status, "\nGid:\t61102\t61102\t61102\t61102\n") != NULL);
    CHECK(strstr(status, "\nGroups:\t \n") != NULL);
    CHECK(strstr(status, "\nCapEff:\t0000000000000020\n") != NULL); /* CAP_KILL */
    CHECK(strstr(status, "\nCapBnd:\t0000000000000000\n") != NULL);
    CHECK(strstr(status, "\nNoNewPrivs:\t1\n") != NULL);
    CHECK(strstr(status, "\nSeccomp:\t2\n") != NULL);
    CHECK_INT(boot_run(&b, true, &seen), PLUTON_HOST_EXIT_OFF);
}

/* "If the Services image fails verification: exit with a named reason". */
static void refuses_to_boot(void)
{
    struct seen seen;
    os_counter = 3;
    CHECK_INT(boot("wait", false, &seen), 3);
    CHECK_INT(seen.measured, 0);
    os_counter = 2;

    char path[128];
    snprintf(path, sizeof path, "%s/device/flash/slot-00", folder);
    int fd = open(path, O_RDWR);
    uint8_t byte;
    REQUIRE(pread(fd, &byte, 1, 4100) == 1);
    byte ^= 1;
    REQUIRE(pwrite(fd, &byte, 1, 4100) == 1);
    CHECK_INT(boot("wait", false, &seen), 3);
    CHECK_INT(seen.measured, 0);
    CHECK_STR(report, ""); /* nothing ran */
    byte ^= 1;
    REQUIRE(pwrite(fd, &byte, 1, 4100) == 1);
    struct stat st;
    REQUIRE(fstat(fd, &st) == 0 && ftruncate(fd, st.st_size - 1) == 0);
    CHECK_INT(boot("wait", false, &seen), 3);
    close(fd);

    snprintf(path, sizeof path, "%s/device/flash/state-a", folder);
    fd = open(path, O_RDWR);
    REQUIRE(pwrite(fd, "x", 1, 100) == 1);
    close(fd);
    CHECK_INT(boot("wait", false, &seen), 3);
    CHECK_INT(run("--list %s/device 2>&1", folder), 1);
    CHECK(strstr(output, "stored data are damaged") != NULL);
}

/* Arguments: monitord, the test manager. */
int main(int argc, char **argv)
{
    REQUIRE(argc == 3 && strlen(argv[1]) < sizeof monitord);
    if (geteuid() != 0) {
        fprintf(stderr, "monitord_test: must be run as root (mount namespace)\n");
        return 1;
    }
    strcpy(monitord, argv[1]);
    strcpy(folder, "/tmp/monitord-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    chmod(folder, 0755);
    memset(device_id, WORLD_DEVICE, sizeof device_id);
    os_counter = 2;
    services_put(argv[2]);
    keystore_put();
    manufacture();
    boots_and_serves();
    ends_as_asked();
    is_confined();
    stops_without_pluton();
    refuses_to_boot();
    char line[128];
    snprintf(line, sizeof line, "rm -rf %s", folder);
    CHECK_INT(system(line), 0);
    return check_done();
}
