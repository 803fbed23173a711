/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/hostile/chip.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/flash_layout.h"
#include "abi/mcu_boot.h"
#include "tests/check.h"

enum { PATH_ROOM = 512, TREE_BYTES = 256 };

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

void chip_file_put(struct chip *chip, const char *name, const void *bytes, size_t len)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", chip->folder, name);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(bytes, 1, len, f) == len);
    REQUIRE(fclose(f) == 0);
}

void chip_firmware_copy(struct chip *chip, const char *firmware, const char *name)
{
    char path[PATH_ROOM];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", setting("PERI_FIRMWARE", "build/test/firmware"), firmware);
    uint8_t *bytes = check_read_file(path, &len);
    chip_file_put(chip, name, bytes, len);
    free(bytes);
}

static void put_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The smallest device tree in which the monitor finds a place for the seed:
 * / { chosen { rng-seed = "..."; }; }; */
static void device_tree_put(struct chip *chip)
{
    enum { STRUCTURE = 56, SEED_BYTES = 32, BEGIN = 1, END = 2, PROPERTY = 3, LAST = 9 };
    static const char name[] = "rng-seed";
    uint8_t tree[TREE_BYTES] = {0};
    size_t at = STRUCTURE;
    put_be32(tree + at, BEGIN), at += 8; /* the root's empty name, padded */
    put_be32(tree + at, BEGIN), at += 4;
    memcpy(tree + at, "chosen\0", 8), at += 8;
    put_be32(tree + at, PROPERTY), put_be32(tree + at + 4, SEED_BYTES), at += 12;
    memcpy(tree + at, BOOT_SEED_MARK, SEED_BYTES), at += SEED_BYTES;
    put_be32(tree + at, END), put_be32(tree + at + 4, END), put_be32(tree + at + 8, LAST), at += 12;
    const size_t strings = at;
    memcpy(tree + at, name, sizeof name), at += sizeof name;
    const uint32_t header[] = {0xD00DFEED, TREE_BYTES,         STRUCTURE, (uint32_t)strings, 40, 17, 16, 0,
                               sizeof name, (uint32_t)(strings - STRUCTURE)};
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        put_be32(tree + 4 * i, header[i]);
    chip_file_put(chip, "images/mt3620.dtb", tree, sizeof tree);
}

static int run_wait(const char *const argv[])
{
    fflush(NULL);
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        union {
            const char *const *from;
            char *const *to;
        } words = {argv};
        execv(argv[0], words.to);
        perror(argv[0]);
        _exit(127);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        REQUIRE(errno == EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void chip_peri(struct chip *chip, const char *const words[])
{
    char peri[PATH_ROOM];
    const char *argv[16] = {peri};
    (void)chip;
    snprintf(peri, sizeof peri, "%s/peri", setting("PERI_BIN", "build/test/bin"));
    for (size_t i = 0; words[i]; i++) {
        REQUIRE(i + 2 < sizeof argv / sizeof argv[0]);
        argv[i + 1] = words[i];
    }
    REQUIRE(run_wait(argv) == 0);
}

/* Path of the emulator: given, or where machine/build has it. */
static void emulator(char path[static PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s", setting("PERI_QEMU", ""));
    if (!*path) {
        FILE *f = popen("machine/build --print", "r");
        REQUIRE(f && fgets(path, PATH_ROOM, f) != NULL);
        REQUIRE(pclose(f) == 0);
        path[strcspn(path, "\n")] = 0;
    }
    REQUIRE(access(path, X_OK) == 0);
    REQUIRE(setenv("PERI_QEMU", path, 1) == 0); /* peri's too */
}

void chip_create(struct chip *chip, const char *kernel)
{
    static const char *const firmware[][2] = {{"rom.bin", "images/rom.bin"},
                                              {"1bl.bin", "images/1bl.bin"},
                                              {"pluton.bin", "images/pluton.bin"},
                                              {"monitor.bin", "images/monitor.bin"}};
    char made[PATH_ROOM], images[PATH_ROOM], root[PATH_ROOM], program[PATH_ROOM], name[64];
    memset(chip, 0, sizeof *chip);
    chip->pid = -1;
    strcpy(chip->folder, "/tmp/perisphere-hostile-XXXXXX");
    REQUIRE(mkdtemp(chip->folder) != NULL);
    emulator(program);
    snprintf(made, sizeof made, "%s/mcu", chip->folder);
    if (!kernel) {
        const char *built = setting("PERI_FIRMWARE", "build/test/firmware");
        chip_peri(chip, (const char *const[]){"mcu", "create", made, "--images", built, NULL});
        return;
    }
    snprintf(images, sizeof images, "%s/images", chip->folder);
    REQUIRE(mkdir(images, 0700) == 0);
    for (size_t i = 0; i < sizeof firmware / sizeof firmware[0]; i++)
        chip_firmware_copy(chip, firmware[i][0], firmware[i][1]);
    snprintf(name, sizeof name, "%s.bin", kernel);
    chip_firmware_copy(chip, name, "images/xipImage");
    device_tree_put(chip);
    snprintf(root, sizeof root, "%s/images/root", chip->folder);
    REQUIRE(mkdir(root, 0755) == 0);
    chip_file_put(chip, "images/root/empty", "\n", 1);
    chip_peri(chip, (const char *const[]){"mcu", "create", made, "--images", images, NULL});
}

void chip_flash_put(struct chip *chip, uint32_t offset, const void *bytes, size_t len,
                    uint32_t slot_bytes)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/mcu/flash.bin", chip->folder);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    REQUIRE(pwrite(fd, bytes, len, offset) == (ssize_t)len);
    if (slot_bytes) {
        REQUIRE(len <= slot_bytes - FLASH_SLOT_TRAILER_BYTES);
        const uint32_t trailer[4] = {FLASH_SLOT_MAGIC, (uint32_t)len, ~(uint32_t)len, 0};
        REQUIRE(pwrite(fd, trailer, sizeof trailer, offset + slot_bytes - sizeof trailer) ==
                sizeof trailer);
    }
    REQUIRE(close(fd) == 0);
}

void chip_network(struct chip *chip, const char *wire)
{
    chip->wire = wire;
}

void chip_start(struct chip *chip, const char *extra)
{
    char path[PATH_ROOM], machine[4 * PATH_ROOM], lines[CHIP_UARTS + 1][48], dump[PATH_ROOM];
    int theirs[CHIP_UARTS + 1];
    emulator(path);
    snprintf(machine, sizeof machine,
             "mt3620,rom=%s/mcu/rom.bin,fuses=%s/mcu/fuses.bin,flash=%s/mcu/flash.bin,"
             "recovery=exit,reset=exit,probe=line4%s",
             chip->folder, chip->folder, chip->folder, extra);
    for (int i = 0; i <= CHIP_UARTS; i++) {
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        *(i < CHIP_UARTS ? &chip->uart[i] : &chip->probe) = pair[0];
        theirs[i] = pair[1];
        snprintf(lines[i], sizeof lines[i], "socket,id=line%d,fd=%d", i, theirs[i]);
    }
    const char *argv[40] = {path, "-M", machine, "-display", "none", "-nodefaults", "-monitor", "none",
                            "-chardev", lines[0], "-serial", "chardev:line0",
                            "-chardev", lines[1], "-serial", "chardev:line1",
                            "-chardev", lines[2], "-serial", "chardev:line2",
                            "-chardev", lines[3], "-serial", "chardev:line3",
                            "-chardev", lines[4]};
    const char *const network[] = {"-netdev", "user,id=net,restrict=on,ipv6=off",
                                   "-device", "virtio-net-device,netdev=net,bus=virtio-mmio-bus.0",
                                   "-object", dump};
    if (chip->wire) {
        size_t n = 0;
        snprintf(dump, sizeof dump, "filter-dump,id=dump,netdev=net,file=%s", chip->wire);
        while (argv[n])
            n++;
        memcpy(argv + n, network, sizeof network);
    }
    fflush(NULL);
    const pid_t parent = getpid();
    chip->pid = fork();
    REQUIRE(chip->pid >= 0);
    if (chip->pid == 0) {
        union {
            const char *const *from;
            char *const *to;
        } words = {argv};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
        for (int i = 0; i <= CHIP_UARTS; i++)
            fcntl(theirs[i], F_SETFD, 0);
        setenv("PERI_MACHINE_SYNC", "0", 1);
        execv(path, words.to);
        perror(path);
        _exit(127);
    }
    for (int i = 0; i <= CHIP_UARTS; i++)
        close(theirs[i]);
}

static bool take_line(struct chip *chip, enum chip_uart uart, char *line, size_t room)
{
    char *end = memchr(chip->pending[uart].bytes, '\n', chip->pending[uart].len);
    if (!end)
        return false;
    const size_t len = (size_t)(end - chip->pending[uart].bytes);
    size_t kept = len < room - 1 ? len : room - 1;
    memcpy(line, chip->pending[uart].bytes, kept);
    if (kept && line[kept - 1] == '\r')
        kept--;
    line[kept] = 0;
    chip->pending[uart].len -= len + 1;
    memmove(chip->pending[uart].bytes, end + 1, chip->pending[uart].len);
    return true;
}

/* Waits for one line while all are read: a full pipe would stop the chip. */
bool chip_line(struct chip *chip, enum chip_uart uart, char *line, size_t room, unsigned seconds)
{
    const time_t until = time(NULL) + seconds;
    while (!take_line(chip, uart, line, room)) {
        struct pollfd fds[CHIP_UARTS];
        for (int i = 0; i < CHIP_UARTS; i++)
            fds[i] = (struct pollfd){chip->uart[i], POLLIN, 0};
        if (time(NULL) >= until)
            return false;
        REQUIRE(poll(fds, CHIP_UARTS, 1000) >= 0 || errno == EINTR);
        for (int i = 0; i < CHIP_UARTS; i++) {
            if (!(fds[i].revents & (POLLIN | POLLHUP)))
                continue;
            if (chip->pending[i].len == sizeof chip->pending[i].bytes)
                chip->pending[i].len = 0; /* nobody reads that line here */
            const ssize_t got = read(fds[i].fd, chip->pending[i].bytes + chip->pending[i].len,
                                     sizeof chip->pending[i].bytes - chip->pending[i].len);
            if (got > 0)
                chip->pending[i].len += (size_t)got;
            else if (i == (int)uart)
                return take_line(chip, uart, line, room);
        }
    }
    return true;
}

void chip_send(struct chip *chip, enum chip_uart uart, const char *text)
{
    CHECK(write(chip->uart[uart], text, strlen(text)) == (ssize_t)strlen(text));
}

uint32_t chip_peek(struct chip *chip, uint32_t address)
{
    char command[64], answer[64] = "";
    size_t len = 0;
    const int bytes = snprintf(command, sizeof command, "r pluton 4 %x\n", address);
    REQUIRE(write(chip->probe, command, (size_t)bytes) == bytes);
    while (!memchr(answer, '\n', len)) {
        struct pollfd fd = {chip->probe, POLLIN, 0};
        REQUIRE(poll(&fd, 1, 60000) == 1);
        const ssize_t got = read(chip->probe, answer + len, sizeof answer - 1 - len);
        REQUIRE(got > 0);
        len += (size_t)got;
        answer[len] = 0;
    }
    REQUIRE(strncmp(answer, "ok ", 3) == 0);
    return (uint32_t)strtoul(answer + 3, NULL, 16);
}

int chip_end(struct chip *chip, unsigned seconds)
{
    int status;
    for (unsigned tenths = 0; tenths < seconds * 10; tenths++) {
        const pid_t got = waitpid(chip->pid, &status, WNOHANG);
        if (got == chip->pid) {
            chip->pid = -1;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        usleep(100000);
    }
    return -1;
}

void chip_tell(struct chip *chip)
{
    static const char *const names[CHIP_UARTS] = {"pluton", "a7", "io0", "io1"};
    char line[512];
    for (int i = 0; i < CHIP_UARTS; i++)
        while (chip_line(chip, (enum chip_uart)i, line, sizeof line, 1))
            fprintf(stderr, "%s: %s\n", names[i], line);
}

void chip_release(struct chip *chip)
{
    if (chip->pid > 0) {
        kill(chip->pid, SIGKILL);
        waitpid(chip->pid, NULL, 0);
        chip->pid = -1;
    }
    for (int i = 0; i < CHIP_UARTS; i++)
        if (chip->uart[i] > 0)
            close(chip->uart[i]);
    if (chip->probe > 0)
        close(chip->probe);
    const char *const argv[] = {"/bin/rm", "-rf", chip->folder, NULL};
    CHECK_INT(run_wait(argv), 0);
}
