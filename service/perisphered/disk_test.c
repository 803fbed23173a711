/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real service over a disk that is full, or read-only, or turns so while it runs, over key files with
 * wrong permissions or damaged, and twice on the same data; over a database whose key is
 * lost or another one's, that a newer program made, or with damaged pages.
 * Clauses: docs/spec/store.md "Durability", docs/spec/certificates.md "Data folder".
 *
 * The disk is a small tmpfs in a mount namespace of the test's own, or ext4 on a loop
 * device, which take root; without it, the cases that need no disk of their own are run.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

enum { DISK_BYTES = 6 << 20, OUTPUT_MAX = 65536, PRODUCTS_MAX = 400 };

static char top[40], disk[80], data[96], profile[96], filler[96], bin[256];
static char output[OUTPUT_MAX]; /* of the last command, both streams */

/* Runs a command of the shell; its exit code. */
__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(command, sizeof command - 8, format, arguments);
    va_end(arguments);
    strcpy(command + n, " 2>&1");
    FILE *f = popen(command, "r");
    REQUIRE(f != NULL);
    output[fread(output, 1, sizeof output - 1, f)] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static unsigned lines(void)
{
    unsigned count = 0;
    for (const char *c = output; *c; c++)
        count += *c == '\n';
    return count;
}

/* One clear line, and an exit code that says no. */
static void refused_as(int code, const char *words)
{
    CHECK_INT(code, 1);
    CHECK_INT(lines(), 1);
    CHECK(strstr(output, words) != NULL);
    if (lines() != 1 || !strstr(output, words))
        fprintf(stderr, "said:\n%s", output);
}

static void start_refused(const char *words)
{
    refused_as(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), words);
}

/* -- the service --------------------------------------------------------- */

struct service {
    pid_t pid;
    FILE *out;
};

static struct service start(void)
{
    int fd[2];
    char line[1024] = "", path[128], port[16] = "";
    REQUIRE(pipe(fd) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        char program[300], log[96];
        snprintf(program, sizeof program, "%s/perisphered", bin);
        snprintf(log, sizeof log, "%s/log", top);
        int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd[1], 1);
        dup2(err, 2);
        close(fd[0]);
        close(fd[1]);
        execl(program, "perisphered", "--data", data, "--listen", "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    struct service s = {pid, fdopen(fd[0], "r")};
    while (!strstr(line, "ready on"))
        REQUIRE(fgets(line, sizeof line, s.out) != NULL);
    snprintf(path, sizeof path, "%s/run/port", data);
    FILE *f = fopen(path, "r");
    REQUIRE(f && fgets(port, sizeof port, f));
    fclose(f);
    CHECK_INT(run("%s/peri config set --profile %s endpoint=https://localhost:%d", bin, profile, atoi(port)), 0);
    return s;
}

static int finish(struct service *s, int number)
{
    int status;
    kill(s->pid, number);
    while (fgetc(s->out) != EOF) /* until the last process that holds it is gone */
        ;
    fclose(s->out);
    REQUIRE(waitpid(s->pid, &status, 0) == s->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int peri(const char *words)
{
    return run("timeout 60 %s/peri %s --profile %s", bin, words, profile);
}

static int product_create(unsigned number)
{
    char words[1400], text[1001];
    memset(text, 'd', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(words, sizeof words, "product create -c one --no-default-device-groups -n product%u -d %s", number, text);
    return peri(words);
}

static bool product_there(unsigned number)
{
    char words[64];
    snprintf(words, sizeof words, "product show -c one -p product%u", number);
    return peri(words) == 0;
}

/* -- cases --------------------------------------------------------------- */

static void data_make(void)
{
    CHECK_INT(run("rm -rf %s %s && %s/perisphered --init --data %s && cp -r %s/operator %s", data, profile, bin,
                  data, data, profile), 0);
}

/* All but so many bytes. */
static void disk_fill(off_t room)
{
    static const uint8_t block[65536];
    int fd = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(fd >= 0);
    for (size_t bytes = sizeof block; bytes; bytes /= 2)
        while (write(fd, block, bytes) == (ssize_t)bytes)
            ;
    CHECK_INT(errno, ENOSPC);
    struct stat st;
    REQUIRE(fstat(fd, &st) == 0 && ftruncate(fd, st.st_size - room) == 0);
    close(fd);
}

/* One line, with what was asked behind it. */
static bool said_full(void)
{
    static const char full[] = "peri: (InsufficientStorage) the service has no room left: PUT catalogs/";
    return strncmp(output, full, strlen(full)) == 0 && strchr(output, '\n') == output + strlen(output) - 1;
}

/* Full: one clear error, what was acknowledged stays, reading goes on, and so does
 * writing once there is room; also when the service ends and starts meanwhile. */
static void test_full(void)
{
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    CHECK_INT(product_create(0), 0);
    disk_fill(200000);
    unsigned made = 1;
    while (made < PRODUCTS_MAX && product_create(made) == 0)
        made++;
    REQUIRE(made < PRODUCTS_MAX);
    CHECK(said_full());
    CHECK(made > 2);
    CHECK(product_there(0) && product_there(made - 1));
    CHECK(!product_there(made));
    /* the issuer's log has no room either: no half catalog */
    CHECK(peri("catalog create -n two") != 0);
    CHECK(said_full());
    REQUIRE(unlink(filler) == 0);
    CHECK_INT(product_create(made), 0);
    CHECK_INT(peri("catalog create -n two"), 0);
    CHECK_INT(peri("ca-certificate list -c two"), 0);

    /* killed while full: it does not start until there is room, and loses nothing */
    disk_fill(0);
    CHECK(product_create(made + 1 + PRODUCTS_MAX) == 0 || said_full());
    CHECK_INT(finish(&s, SIGKILL), -SIGKILL);
    CHECK(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data) == 1);
    CHECK(strstr(output, "No space left on device") || strstr(output, "no room"));
    REQUIRE(unlink(filler) == 0);
    s = start();
    for (unsigned i = 0; i <= made; i++)
        CHECK(product_there(i));
    CHECK_INT(finish(&s, SIGTERM), 0);
}

static void disk_read_only(bool on)
{
    REQUIRE(mount(NULL, disk, NULL, MS_REMOUNT | MS_BIND | (on ? MS_RDONLY : 0), NULL) == 0);
}

static void test_read_only(void)
{
    data_make();
    disk_read_only(true);
    start_refused("Read-only file system"); /* never started here before */
    char fresh[128];
    snprintf(fresh, sizeof fresh, "%s/fresh", disk);
    CHECK_INT(run("%s/perisphered --init --data %s", bin, fresh), 1);
    CHECK_INT(lines(), 1);
    disk_read_only(false);
    struct service s = start();
    CHECK_INT(finish(&s, SIGTERM), 0);
    disk_read_only(true);
    start_refused("Read-only file system");
    disk_read_only(false);
}

static void test_key_files(void)
{
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    /* twice on the same data: the second says so, the first runs on */
    start_refused("another service is using this data folder");
    CHECK_INT(peri("catalog show -c one"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);

    const char *const keys[] = {"issuer/root.key", "issuer/update.key", "front/key.pem", "operator/key.pem",
                                "daa/challenge.key", "issuer/wrap.key"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[640], words[96], cut[700];
        snprintf(path, sizeof path, "%s/%s", data, keys[i]);
        REQUIRE(chmod(path, i % 2 ? 0604 : 0640) == 0);
        snprintf(words, sizeof words, "key file is open to others (mode %s)", i % 2 ? "0604" : "0640");
        start_refused(words);
        REQUIRE(chmod(path, 0600) == 0);
        if (strncmp(keys[i], "operator/", 9) == 0)
            continue; /* the client's, not read by the service */
        /* cut short: names the file, and is not started again and again */
        size_t len;
        uint8_t *whole = check_read_file(path, &len);
        REQUIRE(truncate(path, (off_t)(len / 2 + 1)) == 0);
        CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
        snprintf(cut, sizeof cut, "%s", strrchr(keys[i], '/'));
        CHECK(strstr(output, cut) != NULL && !strstr(output, "starting again"));
        if (!strstr(output, cut))
            fprintf(stderr, "%s: said:\n%s", keys[i], output);
        int fd = open(path, O_WRONLY | O_TRUNC);
        REQUIRE(fd >= 0 && write(fd, whole, len) == (ssize_t)len && close(fd) == 0);
        free(whole);
    }
    /* a certificate that is missing or is none */
    char path[160];
    snprintf(path, sizeof path, "%s/front/anchors/os.pem", data);
    REQUIRE(truncate(path, 10) == 0);
    CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
    CHECK(strstr(output, "os.pem: no certificate in it") != NULL);
    REQUIRE(unlink(path) == 0);
    CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
    CHECK(strstr(output, "os.pem: no certificate in it") != NULL);
}

/* -- the database ---------------------------------------------------------- */

enum { MANY = 90000, PAGE = 4096 }; /* devices: more than the 16 MiB that are looked through at each start */

static void database_path(char path[static 160])
{
    snprintf(path, 160, "%s/store/store.db", data);
}

/* The key that wraps the data's, lost or another one's: one line, and the data are as they were. */
static void test_data_key(void)
{
    char path[160], kept[160];
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
    snprintf(path, sizeof path, "%s/store/data.key", data);
    snprintf(kept, sizeof kept, "%s/kept.key", top);
    CHECK_INT(run("mv %s %s", path, kept), 0);
    CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
    CHECK(strstr(output, "is missing: put it back") && !strstr(output, "starting again"));
    CHECK_INT(run("tr 0-9 1-90 <%s >%s && chmod 600 %s", kept, path, path), 0);
    CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
    CHECK(strstr(output, "key") && !strstr(output, "starting again"));
    CHECK_INT(run("mv %s %s", kept, path), 0);
    s = start();
    CHECK_INT(peri("catalog show -c one"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
}

/* Bytes 60 to 63 of the file are the schema's number, big-endian. */
static void test_newer_schema(void)
{
    char path[160];
    uint8_t was[4], newer[4] = {0, 0, 3, 231};
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
    database_path(path);
    int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0 && pread(fd, was, 4, 60) == 4 && pwrite(fd, newer, 4, 60) == 4);
    CHECK_INT(run("timeout 20 %s/perisphered --data %s --listen 127.0.0.1:0", bin, data), 1);
    CHECK(strstr(output, "has schema 999") && strstr(output, "use the newer program") && !strstr(output, "starting again"));
    REQUIRE(pwrite(fd, was, 4, 60) == 4);
    close(fd);
    s = start();
    CHECK_INT(peri("catalog show -c one"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
}

/* What gives catalog one many devices while the service is stopped. */
static void fill_command(char words[static 1024])
{
    char ids[160], subscription[64], group[64];
    CHECK_INT(peri("catalog show -c one --query id -o tsv"), 0);
    REQUIRE(sscanf(output, "/subscriptions/%63[^/]/resourceGroups/%63[^/]/", subscription, group) == 2);
    snprintf(ids, sizeof ids, "%s/ids", top);
    FILE *f = fopen(ids, "w");
    REQUIRE(f != NULL);
    for (unsigned i = 0; i < MANY; i++)
        fprintf(f, "%0128x\n", i * 2654435761u);
    fclose(f);
    snprintf(words, 1024, "%s/peri-store-fill %s/store '' %s %s one .default .default <%s", bin, data, subscription, group, ids);
}

/* Leaves of tables from a twentieth of the file on: rows of devices. */
static unsigned pages_damage(void)
{
    static uint8_t page[PAGE];
    char path[160];
    struct stat st;
    unsigned damaged = 0;
    database_path(path);
    int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 16 << 20);
    for (off_t at = st.st_size / PAGE / 20 * PAGE; at < st.st_size / 2; at += PAGE) {
        REQUIRE(pread(fd, page, sizeof page, at) == sizeof page);
        if (page[0] == 0x0d) {
            REQUIRE(pwrite(fd, "garbage, garbage, garbage", 25, at) == 25);
            damaged++;
        }
    }
    close(fd);
    return damaged;
}

/* Where a database is too large to be looked through at the start, what is damaged is met later: by whoever asks
 * for it, and by nobody else. */
static void test_damaged_page(void)
{
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    CHECK_INT(peri("catalog create -n two"), 0);
    CHECK_INT(peri("product create -c two -n before --no-default-device-groups"), 0);
    char words[1024];
    fill_command(words);
    CHECK_INT(finish(&s, SIGTERM), 0);
    CHECK_INT(run("%s", words), 0);
    CHECK(pages_damage() > 0);
    s = start();
    CHECK(peri("device list -c one --query 'length(@)'") != 0);
    CHECK(strstr(output, "InternalServerError") != NULL);
    CHECK_INT(peri("product show -c two -p before"), 0);
    CHECK_INT(peri("product create -c two -n after --no-default-device-groups"), 0);
    CHECK_INT(peri("catalog show -c one"), 0);
    CHECK_INT(peri("catalog list"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
    CHECK_INT(run("grep -c 'starting again' %s/log", top), 1); /* none */
    s = start();
    CHECK_INT(peri("product show -c two -p after"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
}

/* -- a disk that turns read-only under the running service ------------------- */

static char loop[64]; /* its device; empty: none to be had here */

static bool loop_mount(void)
{
    if (run("truncate -s 32M %s/image && mkfs.ext4 -q -F %s/image && losetup -f --show %s/image", top, top, top) != 0 ||
        sscanf(output, "/dev/%63[a-z0-9]", loop) != 1)
        return false;
    return run("mkdir -p %s/loop && mount -t ext4 -o errors=remount-ro /dev/%s %s/loop", top, loop, top) == 0;
}

static void loop_end(void)
{
    if (*loop)
        CHECK_INT(run("losetup -d /dev/%s", loop), 0);
}

/* As ext4 does it when it finds an error: what is open for writing does not keep it from that. */
static bool loop_fail(void)
{
    return run("echo the disk of disk_test >/sys/fs/ext4/%s/trigger_fs_error", loop) == 0;
}

static bool said_failed(void)
{
    static const char failed[] = "peri: (InternalServerError) the service failed to carry out the request: PUT catalogs/";
    return strncmp(output, failed, strlen(failed)) == 0 && lines() == 1;
}

/* Writing is refused by one line and reading goes on, whoever asks; what was acknowledged is there when the disk
 * was looked after and the service started again. */
static void test_turns_read_only(void)
{
    snprintf(data, sizeof data, "%s/loop/data", top);
    data_make();
    struct service s = start();
    CHECK_INT(peri("catalog create -n one"), 0);
    CHECK_INT(peri("catalog create -n two"), 0);
    for (unsigned i = 0; i < 5; i++)
        CHECK_INT(product_create(i), 0);
    REQUIRE(loop_fail());
    for (unsigned i = 5; i < 8; i++) {
        CHECK(product_create(i) != 0);
        CHECK(said_failed());
    }
    CHECK(peri("catalog create -n three") != 0); /* no half catalog either: see below */
    CHECK(said_failed());
    for (unsigned i = 0; i < 8; i++)
        CHECK_INT(product_there(i), i < 5);
    CHECK_INT(peri("catalog show -c two"), 0);
    CHECK_INT(peri("ca-certificate list -c two"), 0);
    CHECK(peri("ca-certificate list -c three") != 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
    CHECK_INT(run("grep -c 'starting again' %s/log", top), 1); /* none */
    CHECK_INT(run("grep -q 'store: database: disk I/O error' %s/log", top), 0);
    start_refused("Read-only file system");
    CHECK_INT(run("umount %s/loop && { e2fsck -p /dev/%s; test $? -le 1; } && mount -t ext4 /dev/%s %s/loop",
                  top, loop, loop, top), 0);
    s = start();
    for (unsigned i = 0; i < 8; i++)
        CHECK_INT(product_there(i), i < 5);
    CHECK_INT(product_create(5), 0);
    CHECK_INT(peri("catalog create -n three"), 0);
    CHECK_INT(finish(&s, SIGTERM), 0);
    CHECK_INT(run("umount %s/loop", top), 0);
}

/* A mount that ends with the test; false: not allowed here. */
static bool disk_mount(void)
{
    char options[64];
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    snprintf(options, sizeof options, "size=%d,mode=0755", DISK_BYTES);
    return mount("none", disk, "tmpfs", 0, options) == 0;
}

int main(void)
{
    const char *where = getenv("PERI_BIN");
    REQUIRE(where && strlen(where) < sizeof bin);
    strcpy(bin, where);
    signal(SIGPIPE, SIG_IGN);
    strcpy(top, "/tmp/peri-disk-XXXXXX");
    /* The processes' own uids must reach the data folder. */
    REQUIRE(mkdtemp(top) != NULL && chmod(top, 0755) == 0);
    snprintf(disk, sizeof disk, "%s/disk", top);
    snprintf(data, sizeof data, "%s/data", disk);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    snprintf(profile, sizeof profile, "%s/operator", top);
    REQUIRE(mkdir(disk, 0755) == 0);
    bool mounted = disk_mount();
    if (mounted) {
        test_full();
        test_read_only();
    } else {
        REQUIRE(geteuid() != 0);
        fprintf(stderr, "full and read-only disk: skipped, a mount takes root\n");
    }
    test_key_files();
    if (mounted)
        REQUIRE(umount(disk) == 0);
    if (mounted) {
        REQUIRE(loop_mount()); /* a loop device and mkfs.ext4 */
        test_turns_read_only();
    }
    loop_end();
    snprintf(data, sizeof data, "%s/data", top);
    test_data_key();
    test_newer_schema();
    test_damaged_page();
    CHECK_INT(run("rm -rf %s", top), 0);
    return check_done();
}
