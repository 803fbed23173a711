/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mcu/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/service_link.h"
#include "cli/file.h"
#include "cli/mcu/fuses.h"

int mcu_path(char path[static 4096], const char *folder, const char *name)
{
    return snprintf(path, 4096, "%s/%s", folder, name) >= 4096 ? fail(PERI_EXIT_USAGE, "'%s' is too long", folder)
                                                               : PERI_EXIT_OK;
}

/* What a chip consists of; bytes 0: any size. */
static const struct {
    const char *name;
    off_t bytes;
} parts[] = {{"fuses.bin", FUSE_FILE_BYTES}, {"flash.bin", MT3620_FLASH_BYTES}, {"rom.bin", 0}};

int mcu_folder_check(const char *folder)
{
    char path[4096];
    struct stat st;
    struct mcu_fuses fuses;
    if (stat(folder, &st) != 0)
        return fail(errno == ENOENT ? PERI_EXIT_NOT_FOUND : PERI_EXIT_ERROR,
                    "no MCU at '%s' (%s): peri mcu create makes one", folder, strerror(errno));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int code = mcu_path(path, folder, parts[i].name);
        if (code)
            return code;
        /* no links: two folders would share a chip, and a folder of somebody else's could name any file of ours */
        if (lstat(path, &st) != 0 && errno != ENOENT)
            return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", path, strerror(errno));
        if (lstat(path, &st) != 0)
            return fail(PERI_EXIT_ERROR, "'%s' is no MCU, or a broken one: it has no '%s'", folder, parts[i].name);
        if (!S_ISREG(st.st_mode))
            return fail(PERI_EXIT_ERROR, "'%s' is not a regular file: copy the MCU's folder again", path);
        if (parts[i].bytes && i && st.st_size != parts[i].bytes)
            return fail(PERI_EXIT_ERROR, "'%s' has %lld bytes, not %lld: copy the MCU's folder again", path,
                        (long long)st.st_size, (long long)parts[i].bytes);
    }
    int code = mcu_path(path, folder, parts[0].name);
    if (!code)
        code = mcu_fuses_read(path, &fuses); /* size, version and digest */
    mcu_fuses_wipe(&fuses);
    return code;
}

int mcu_folder_hold(const char *folder, struct mcu_folder *held)
{
    char path[4096];
    *held = (struct mcu_folder){folder, -1};
    int code = mcu_folder_check(folder);
    for (size_t i = 0; !code && i < 2; i++) {
        code = mcu_path(path, folder, parts[i].name);
        if (!code && access(path, W_OK) != 0)
            code = fail(PERI_EXIT_ERROR, "'%s' cannot be written (%s): a chip changes its fuses and flash", path,
                        strerror(errno));
    }
    if (!code)
        code = mcu_path(path, folder, "lock");
    if (code)
        return code;
    held->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (held->lock_fd < 0)
        return fail(PERI_EXIT_ERROR, "cannot open '%s': %s", path, strerror(errno));
    if (flock(held->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        code = errno == EWOULDBLOCK
                   ? fail(PERI_EXIT_ERROR, "the MCU '%s' is running already: end that run, or copy the folder while "
                          "it is off", folder)
                   : fail(PERI_EXIT_ERROR, "cannot lock '%s': %s", path, strerror(errno));
        mcu_folder_release(held);
    }
    return code;
}

void mcu_folder_release(struct mcu_folder *held)
{
    if (held->lock_fd >= 0)
        close(held->lock_fd);
    held->lock_fd = -1;
}

bool mcu_folder_running(const char *folder)
{
    char path[4096];
    int fd = mcu_path(path, folder, "lock") ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool running = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    return running;
}

/* <build>/firmware/product, for a peri in <build>/bin; without the device's services
 * <build>/firmware. */
int mcu_images_default(char path[static 4096])
{
    ssize_t len = readlink("/proc/self/exe", path, 4000);
    char *slash = len > 0 ? memrchr(path, '/', (size_t)len) : NULL;
    slash = slash ? memrchr(path, '/', (size_t)(slash - path)) : NULL;
    if (!slash)
        return fail(PERI_EXIT_ERROR, "cannot tell where the images are: give --images");
    strcpy(slash, "/firmware/product");
    if (access(path, F_OK) != 0)
        strcpy(slash, "/firmware");
    return PERI_EXIT_OK;
}

static int emulator_find(const struct mcu_run *run, char path[static 4096])
{
    const char *given = run->qemu ? run->qemu : getenv("PERI_QEMU"), *how = run->qemu ? "--qemu" : "$PERI_QEMU";
    char recorded[4096];
    if (given && *given) {
        if (snprintf(path, 4096, "%s", given) >= 4096)
            return fail(PERI_EXIT_USAGE, "'%s' is too long", given);
    } else {
        how = "machine/build";
        int code = mcu_images_default(recorded);
        if (code)
            return code;
        strcat(recorded, "/emulator");
        FILE *f = fopen(recorded, "re");
        bool read = f && fgets(path, 4096, f) && path[strcspn(path, "\n")];
        if (f)
            fclose(f);
        if (!read)
            return fail(PERI_EXIT_ERROR, "no emulator is known here: run machine/build, or give --qemu FILE or "
                        "PERI_QEMU");
        path[strcspn(path, "\n")] = 0;
    }
    if (access(path, X_OK) != 0)
        return fail(PERI_EXIT_ERROR, "the emulator '%s' (named by %s) is not there (%s): run machine/build", path, how,
                    strerror(errno));
    return PERI_EXIT_OK;
}

/* 0, or errno of what listening there meets. */
static int port_try(struct in_addr host, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = host};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int why = fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ? errno : 0;
    if (!why && listen(fd, 1) != 0)
        why = errno;
    if (fd >= 0)
        close(fd);
    return why;
}

int mcu_port_choose(uint32_t wanted, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    *port = (uint16_t)wanted;
    if (wanted)
        return PERI_EXIT_OK;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
                 getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    if (fd >= 0)
        close(fd);
    *port = ntohs(at.sin_port);
    return found ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "no port of 127.0.0.1 is free: %s", strerror(errno));
}

/* tcp:ADDRESS:PORT; what else --debug may be is the emulator's to judge. */
static bool debug_port(const char *debug, struct in_addr *host, uint16_t *port)
{
    char text[INET_ADDRSTRLEN];
    unsigned number;
    int end = 0;
    if (!debug || sscanf(debug, "tcp:%15[0-9.]:%5u%n", text, &number, &end) != 2 || debug[end] || number > UINT16_MAX ||
        inet_pton(AF_INET, text, host) != 1)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* The emulator would say it too, but after it has locked and counted a start. */
static int ports_check(const struct mcu_run *run)
{
    struct in_addr host = {htonl(INADDR_LOOPBACK)};
    uint16_t port;
    for (size_t i = 0; i < run->forwards; i++) {
        int why = port_try(host, run->forward[i].host);
        if (why)
            return fail(PERI_EXIT_ERROR, "port %u of 127.0.0.1 cannot be forwarded (%s): give another in --forward",
                        run->forward[i].host, strerror(why));
    }
    if (run->service_port) {
        int taken = port_try(host, run->service_port);
        if (taken)
            return fail(PERI_EXIT_ERROR, "port %u of 127.0.0.1 cannot be used (%s): give another in --service-interface",
                        run->service_port, strerror(taken));
    }
    int why = debug_port(run->debug, &host, &port) ? port_try(host, port) : 0;
    return why ? fail(PERI_EXIT_ERROR, "the debugger's port %u cannot be used (%s): give another in --debug", port,
                      strerror(why))
               : PERI_EXIT_OK;
}

enum { ARGUMENTS_MAX = 48, TEXT_MAX = 32768 };

/* No packets larger than a frame: with them the kernel of the chip keeps 30 to 80 KiB more for what may come. */
#define PLAIN_CARD ",mrg_rxbuf=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off"

/* The emulator's words; texts live in one buffer. */
struct arguments {
    const char *word[ARGUMENTS_MAX + 1];
    size_t count, used;
    char text[TEXT_MAX];
    bool full;
};

__attribute__((format(printf, 2, 3))) static void add(struct arguments *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(a->text + a->used, TEXT_MAX - a->used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= TEXT_MAX - a->used || a->count == ARGUMENTS_MAX) {
        a->full = true;
        return;
    }
    a->word[a->count++] = a->text + a->used;
    a->used += (size_t)n + 1;
}

/* A comma in a file name would end the option it stands in: QEMU reads two as one. */
static const char *doubled(const char *path, char out[static 8192])
{
    size_t n = 0;
    for (; *path && n + 2 < 8192; path++) {
        out[n++] = *path;
        if (*path == ',')
            out[n++] = ',';
    }
    out[n] = 0;
    return out;
}

static int arguments_fill(const struct mcu_run *run, const char *qemu, const int uart[static MCU_UARTS],
                          struct arguments *a)
{
    static char folder[8192];
    doubled(run->folder, folder);
    add(a, "%s", qemu);
    add(a, "-M");
    add(a, "mt3620,rom=%s/rom.bin,fuses=%s/fuses.bin,flash=%s/flash.bin%s%s%s%s%s%s%s", folder, folder,
        folder, run->debug ? "" : ",recovery=exit", run->end_at_reset ? ",reset=exit" : "", run->fault_flash ? ",fault-flash=" : "",
        run->fault_flash ? run->fault_flash : "", run->fault_flip ? ",fault-flip=" : "",
        run->fault_flip ? run->fault_flip : "", run->fault_trng ? ",fault-trng=on" : "");
    add(a, "-display");
    add(a, "none");
    add(a, "-nodefaults");
    add(a, "-monitor");
    add(a, "none");
    if (run->trace) {
        add(a, "-singlestep");
        add(a, "-d");
        add(a, "exec,nochain");
        add(a, "-D");
        add(a, "%s", run->trace);
    }
    if (run->debug) {
        add(a, "-S");
        add(a, "-icount"); /* the chip's time goes by its instructions: none while it stands */
        add(a, "shift=3");
        add(a, "-gdb");
        add(a, "%s", run->debug);
    }
    for (int i = 0; i < MCU_UARTS; i++) {
        add(a, "-chardev");
        add(a, "socket,id=uart%d,fd=%d", i, uart[i]);
        add(a, "-serial");
        add(a, "chardev:uart%d", i);
    }
    if (run->net_user) {
        char list[512] = "";
        size_t n = 0;
        for (size_t i = 0; i < run->forwards; i++)
            n += (size_t)snprintf(list + n, sizeof list - n, ",hostfwd=tcp:127.0.0.1:%u-:%u", run->forward[i].host,
                                  run->forward[i].guest);
        add(a, "-netdev");
        add(a, "user,id=net0,ipv6=off%s", list);
        add(a, "-device");
        add(a, "virtio-net-device,netdev=net0,bus=virtio-mmio-bus.0" PLAIN_CARD);
    }
    if (run->service_port) { /* a cable to this computer and no further */
        add(a, "-netdev");
        add(a, "user,id=service,ipv6=off,restrict=on,net=" SERVICE_LINK_NETWORK_TEXT ",host=" SERVICE_LINK_HOST_TEXT
               ",hostfwd=tcp:127.0.0.1:%u-" SERVICE_LINK_ADDRESS_TEXT ":%d",
            run->service_port, SERVICE_LINK_PORT);
        add(a, "-device");
        add(a, "virtio-net-device,netdev=service,bus=virtio-mmio-bus.1" PLAIN_CARD);
    }
    return a->full ? fail(PERI_EXIT_USAGE, "the emulator's command line is too long") : PERI_EXIT_OK;
}

static void become(struct arguments *a, const int keep[static MCU_LINES], pid_t parent)
{
    union {
        const char **from;
        char **to;
    } argv = {a->word};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    setpgid(0, 0); /* Ctrl-C is ours to handle, and the terminal stays ours */
    for (int i = 0; i < MCU_UARTS; i++)
        fcntl(keep[i], F_SETFD, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    dup2(keep[MCU_MESSAGES], STDERR_FILENO);
    signal(SIGXFSZ, SIG_IGN);
    execv(a->word[0], argv.to);
    fprintf(stderr, "peri: cannot start the emulator '%s': %s\n", a->word[0], strerror(errno));
    _exit(PERI_EXIT_ERROR);
}

static void close_all(int fds[static MCU_LINES])
{
    for (int i = 0; i < MCU_LINES; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

/* The emulator sends a serial line byte by byte, and each byte takes some 800 of a socket's room:
 * by default a line would have to wait after three hundred, whenever this process is not at
 * work for a moment.  More where we may; else what the kernel allows everybody. */
static void line_widen(int fd)
{
    const int bytes = 4 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

int mcu_machine_start(const struct mcu_run *run, struct mcu_machine *machine)
{
    static struct arguments a;
    char qemu[4096];
    int theirs[MCU_LINES] = {-1, -1, -1, -1, -1};
    memset(&a, 0, sizeof a);
    *machine = (struct mcu_machine){-1, {-1, -1, -1, -1, -1}, false};
    int code = emulator_find(run, qemu);
    if (!code)
        code = ports_check(run);
    for (int i = 0; !code && i < MCU_LINES; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            code = fail(PERI_EXIT_ERROR, "cannot make a serial line: %s", strerror(errno));
        } else {
            machine->line[i] = pair[0];
            theirs[i] = pair[1];
            line_widen(pair[1]);
        }
    }
    if (!code)
        code = arguments_fill(run, qemu, theirs, &a);
    if (!code) {
        pid_t parent = getpid();
        fflush(NULL);
        machine->pid = fork();
        if (machine->pid == 0)
            become(&a, theirs, parent);
        if (machine->pid < 0)
            code = fail(PERI_EXIT_ERROR, "cannot start the emulator: %s", strerror(errno));
    }
    close_all(theirs);
    if (code)
        close_all(machine->line);
    return code;
}

void mcu_machine_cut(struct mcu_machine *machine)
{
    machine->cut = true;
    if (machine->pid > 0)
        kill(machine->pid, SIGTERM);
}

void mcu_machine_reap(struct mcu_machine *machine)
{
    close_all(machine->line);
    for (int tries = 0; machine->pid > 0; tries++) {
        pid_t got = waitpid(machine->pid, NULL, WNOHANG);
        if (got == machine->pid || (got < 0 && errno != EINTR))
            machine->pid = -1;
        else if (tries == 200) /* two seconds */
            kill(machine->pid, SIGKILL);
        else
            usleep(10000);
    }
}

int mcu_machine_wait(struct mcu_machine *machine)
{
    int status = 0;
    close_all(machine->line);
    if (machine->pid <= 0)
        return PERI_EXIT_ERROR;
    while (waitpid(machine->pid, &status, 0) < 0)
        if (errno != EINTR)
            return fail(PERI_EXIT_ERROR, "lost the emulator: %s", strerror(errno));
    machine->pid = -1;
    if (WIFSIGNALED(status))
        return fail(PERI_EXIT_ERROR, "the emulator was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}
