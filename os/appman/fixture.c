/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/monitor_call.h"
#include "lib/asxipfs.h"
#include "lib/image.h"
#include "os/ipc/message.h"

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fixture: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    need(in >= 0, from);
    need(out >= 0, to);
    for (ssize_t n; (n = read(in, bytes, sizeof bytes)) != 0;)
        need(n > 0 && write(out, bytes, (size_t)n) == n, to);
    need(fchmod(out, 0755) == 0, to);
    close(in);
    close(out);
}

void fixture_make(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    if (geteuid() != 0) {
        fprintf(stderr, "this test makes compartments and must run as root\n");
        exit(1);
    }
    f->errors = f->without = -1;
    snprintf(f->folder, sizeof f->folder, "/tmp/peri-appman-XXXXXX");
    need(mkdtemp(f->folder) && chmod(f->folder, 0755) == 0, "temporary folder");
    f->world = mmap(NULL, sizeof *f->world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need(f->world != MAP_FAILED, "shared memory");
    const char *bin = getenv("PERI_BIN");
    need(bin != NULL, "PERI_BIN in the environment");
    char to[256], from[4096];
    static const char *const folders[] = {"services", "services/bin", "config"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(to, sizeof to, "%s/%s", f->folder, folders[i]);
        need(mkdir(to, 0755) == 0, to);
    }
    static const char *const programs[][2] = {{"application-manager", "application-manager"},
                                              {"networkd", "networkd"},
                                              {"test-azured", "azured"}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s/%s", bin, programs[i][0]);
        snprintf(to, sizeof to, "%s/services/bin/%s", f->folder, programs[i][1]);
        copy_file(from, to);
    }
}

void fixture_conf(struct fixture *f, const char *json)
{
    char path[256];
    snprintf(path, sizeof path, "%s/device.conf", f->folder);
    FILE *out = fopen(path, "w");
    need(out && fputs(json, out) >= 0 && fclose(out) == 0, path);
}

static void component_of(size_t n, uint8_t component[static 16])
{
    memset(component, 0, 16);
    component[0] = 0xA0;
    component[15] = (uint8_t)(n + 1);
}

void fixture_id(size_t n, char id[static GUID_TEXT_BYTES])
{
    uint8_t component[16];
    component_of(n, component);
    guid_format(component, id);
}

void fixture_install(struct fixture *f, size_t n, unsigned image, const char *program,
                     const char *args, const char *capabilities)
{
    char manifest[2048], id[GUID_TEXT_BYTES];
    fixture_id(n, id);
    snprintf(manifest, sizeof manifest,
             "{\"SchemaVersion\":1,\"Name\":\"test%zu\",\"ComponentId\":\"%s\","
             "\"EntryPoint\":\"/bin/app\",\"CmdArgs\":%s,\"Capabilities\":%s,"
             "\"ApplicationType\":\"Default\"}",
             n, id, args, capabilities);
    struct stat s;
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    need(fd >= 0 && fstat(fd, &s) == 0, program);
    uint8_t *code = malloc((size_t)s.st_size);
    need(code && read(fd, code, (size_t)s.st_size) == s.st_size, program);
    close(fd);
    struct asxipfs_source sources[] = {
        {"/app_manifest.json", false, span_of(manifest, strlen(manifest))},
        {"/bin/app", true, span_of(code, (size_t)s.st_size)},
        {"/bin/setuid", true, span_of("#!", 2)},
    };
    struct writer w = writer_of(f->world->app[n].package, FIXTURE_PACKAGE_MAX);
    need(asxipfs_write(sources, 3, &w) == 0, "file system");
    free(code);
    struct image_meta meta = {.type = IMAGE_TYPE_APPLICATIONS, .signing_type = IMAGE_SIGNING_ECDSA256};
    component_of(n, meta.component);
    memset(meta.id, (int)image, sizeof meta.id);
    need(image_meta_write(&w, &meta) == 0, "metadata");
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    need(w.err == 0, "package");
    memcpy(f->world->app[n].component, meta.component, 16);
    memcpy(f->world->app[n].image, meta.id, 16);
    f->world->app[n].bytes = w.len;
    if (f->world->count <= n)
        f->world->count = n + 1;
}

static int sealed_copy(const uint8_t *bytes, size_t len)
{
    int fd = memfd_create("package", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    need(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, "memfd");
    need(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0, "seal");
    return fd;
}

/* Answers the calls that the manager makes, until it is gone. */
static _Noreturn void play_monitor(struct fixture_world *world, int fd)
{
    static uint8_t in[4096], out[4096];
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (size_t len; message_receive(fd, in, sizeof in, &len, NULL, -1) == 0;) {
        struct cursor c = cursor_of(span_of(in, len));
        uint32_t number = cursor_u32le(&c), status = MONITOR_OK;
        cursor_skip(&c, 4);
        uint8_t payload[2048];
        struct writer p = writer_of(payload, sizeof payload);
        int pass = -1;
        if (number == MONITOR_CALL_GET_COMPONENTS) {
            for (size_t i = 0; i < world->count; i++) {
                if (world->app[i].bytes == 0)
                    continue;
                writer_bytes(&p, world->app[i].component, 16);
                writer_bytes(&p, world->app[i].image, 16);
                writer_u16le(&p, IMAGE_TYPE_APPLICATIONS);
                writer_u16le(&p, 0);
                writer_u32le(&p, (uint32_t)world->app[i].bytes);
                writer_zero(&p, 32);
            }
        } else if (number == MONITOR_CALL_OPEN_APPLICATION) {
            struct span wanted = cursor_bytes(&c, 16);
            status = MONITOR_IMAGE_NOT_FOUND;
            for (size_t i = 0; i < world->count && wanted.at; i++)
                if (world->app[i].bytes && memcmp(world->app[i].component, wanted.at, 16) == 0) {
                    status = MONITOR_OK;
                    writer_bytes(&p, world->app[i].image, 16);
                    writer_u32le(&p, (uint32_t)world->app[i].bytes);
                    pass = sealed_copy(world->app[i].package, world->app[i].bytes);
                }
        } else if (number == MONITOR_CALL_RESET) {
            world->resets++;
        } else if (number == MONITOR_CALL_GET_ROLLBACK) {
            writer_zero(&p, 21);
        } else if (number == MONITOR_CALL_CONFIRM) {
            writer_u32le(&p, 0);
        } else {
            status = MONITOR_NOT_IMPLEMENTED;
        }
        struct writer w = writer_of(out, sizeof out);
        writer_u32le(&w, number);
        writer_u32le(&w, status);
        writer_u32le(&w, (uint32_t)p.len);
        writer_bytes(&w, payload, p.len);
        if (message_send(fd, writer_view(&w), pass, 5000))
            break;
        if (pass >= 0)
            close(pass);
    }
    _exit(0);
}

void fixture_start(struct fixture *f)
{
    int monitor[2], none[2], errors[2];
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, monitor) == 0, "socketpair");
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, none) == 0, "socketpair");
    need(pipe2(errors, O_CLOEXEC) == 0, "pipe");
    f->monitor = fork();
    need(f->monitor >= 0, "fork");
    if (f->monitor == 0) {
        close(monitor[0]);
        play_monitor(f->world, monitor[1]);
    }
    f->manager = fork();
    need(f->manager >= 0, "fork");
    if (f->manager == 0) {
        char program[256], services[256], config[256], conf[256];
        snprintf(program, sizeof program, "%s/services/bin/application-manager", f->folder);
        snprintf(services, sizeof services, "%s/services", f->folder);
        snprintf(config, sizeof config, "%s/config", f->folder);
        snprintf(conf, sizeof conf, "%s/device.conf", f->folder);
        int from[4] = {monitor[0], none[0], none[1], none[0]}, safe[4];
        for (size_t i = 0; i < 4; i++)
            safe[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 32);
        dup2(errors[1], 2);
        for (size_t i = 0; i < 4; i++)
            dup2(safe[i], MONITOR_HOST_FD_APPMAN + (int)i);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (f->without >= 0)
            prctl(PR_CAPBSET_DROP, f->without, 0, 0, 0);
        execl(program, program, services, config, conf, (char *)NULL);
        _exit(127);
    }
    close(monitor[0]);
    close(monitor[1]);
    close(none[0]);
    close(none[1]);
    close(errors[1]);
    f->errors = errors[0];
    f->said_len = 0;
    f->said[0] = '\0';
}

/* Takes what the manager has said; waits at most wait_ms for more. */
static void listen_on(struct fixture *f, int wait_ms)
{
    struct pollfd p = {.fd = f->errors, .events = POLLIN};
    if (f->errors < 0 || poll(&p, 1, wait_ms) <= 0)
        return;
    if (f->said_len + 4096 > sizeof f->said - 1) { /* keep the newer half */
        memmove(f->said, f->said + f->said_len / 2, f->said_len - f->said_len / 2);
        f->said_len -= f->said_len / 2;
    }
    ssize_t n = read(f->errors, f->said + f->said_len, 4096);
    if (n > 0) {
        if (getenv("FIXTURE_ECHO"))
            fwrite(f->said + f->said_len, 1, (size_t)n, stderr);
        f->said_len += (size_t)n;
    } else if (n == 0) {
        close(f->errors);
        f->errors = -1;
    }
    f->said[f->said_len] = '\0';
}

static void rest(int ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

bool fixture_said(struct fixture *f, const char *text, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    while (!strstr(f->said, text)) {
        if (now_ms() >= until || f->errors < 0)
            return false;
        listen_on(f, 50);
    }
    return true;
}

char *fixture_read(const struct fixture *f, const char *path)
{
    char at[512];
    snprintf(at, sizeof at, "%s/%s", f->folder, path);
    char *text = calloc(1, 1 << 20);
    need(text != NULL, "memory");
    int fd = open(at, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        need(read(fd, text, (1 << 20) - 1) >= 0, at);
        close(fd);
    }
    return text;
}

bool fixture_file(struct fixture *f, const char *path, const char *text, int timeout_ms)
{
    for (int64_t until = now_ms() + timeout_ms;;) {
        char *now = fixture_read(f, path);
        bool found = strstr(now, text) != NULL;
        free(now);
        if (found || now_ms() >= until)
            return found;
        listen_on(f, 20);
        rest(10);
    }
}

void fixture_changed(struct fixture *f)
{
    char *told = fixture_read(f, "config/azured/told");
    const char *last = NULL;
    for (const char *at = told; (at = strstr(at, "pid ")); at++)
        last = at;
    need(last != NULL, "azured's process id");
    need(kill((pid_t)atoi(last + 4), SIGUSR1) == 0, "signal azured");
    free(told);
}

unsigned fixture_count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static int wait_for(pid_t pid, int timeout_ms, struct fixture *f)
{
    int status;
    for (int64_t until = now_ms() + timeout_ms; now_ms() < until; listen_on(f, 10), rest(5))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return -1;
}

int fixture_stop(struct fixture *f, int timeout_ms)
{
    kill(f->manager, SIGTERM);
    return fixture_wait(f, timeout_ms);
}

int fixture_wait(struct fixture *f, int timeout_ms)
{
    int code = wait_for(f->manager, timeout_ms, f);
    if (code >= 0)
        f->manager = 0;
    while (f->errors >= 0) {
        size_t before = f->said_len;
        listen_on(f, 20);
        if (f->said_len == before)
            break;
    }
    return code;
}

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    (void)s;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void fixture_release(struct fixture *f)
{
    if (f->manager > 0) {
        kill(f->manager, SIGKILL);
        waitpid(f->manager, NULL, 0);
    }
    if (f->monitor > 0) {
        kill(f->monitor, SIGKILL);
        waitpid(f->monitor, NULL, 0);
    }
    if (f->errors >= 0)
        close(f->errors);
    if (f->world)
        munmap(f->world, sizeof *f->world);
    nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    memset(f, 0, sizeof *f);
    f->errors = -1;
}
