/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plutond as a process: manufacture, identity, boot, fall-back, reset, end.
 * Arguments: plutond, plutond with a stuck noise source, the test's monitor.
 */
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/hex.h"
#include "pluton/host/fuse_file.h"
#include "pluton/testing/fixture.h"
#include "tests/check.h"

enum { OUTPUT_MAX = 65536, ARGS_MAX = 16 };

static const char *plutond, *plutond_stuck;
static struct fixture fixture;
static uint8_t *monitor_elf;
static size_t monitor_bytes;
static char base[] = "/tmp/plutond_test.XXXXXX", device[64], root_file[64];
static char output[OUTPUT_MAX]; /* of the last run: stdout and stderr */

static char *path_of(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *to = path[turn++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", device, name);
    return to;
}

static void file_write(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    REQUIRE(f && fwrite(bytes, 1, len, f) == len);
    REQUIRE(fclose(f) == 0);
}

static pid_t start(const char *program, int *out, const char *const *args)
{
    int pipes[2];
    REQUIRE(pipe2(pipes, O_CLOEXEC) == 0);
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        char *argv[ARGS_MAX] = {0};
        unsigned n = 0;
        argv[n++] = strdup(program);
        for (; args[n - 1] && n + 1 < ARGS_MAX; n++)
            argv[n] = strdup(args[n - 1]);
        dup2(pipes[1], STDOUT_FILENO);
        dup2(pipes[1], STDERR_FILENO);
        execv(program, argv);
        _exit(127);
    }
    close(pipes[1]);
    *out = pipes[0];
    return pid;
}

/* Reads until the text has come, or to the end when text is NULL. */
static bool output_await(int out, const char *text)
{
    size_t have = strlen(output);
    for (;;) {
        if (text && strstr(output, text))
            return true;
        const ssize_t got = read(out, output + have, sizeof output - 1 - have);
        if (got <= 0)
            return false;
        have += (size_t)got;
        output[have] = 0;
    }
}

/* "Print nothing secret ever": the private halves of the fuses, in hexadecimal. */
static void output_is_clean(void)
{
    struct fuse_file file;
    char hex[2 * KEY_PRIVATE_BYTES + 1];
    const int folder = open(device, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    if (fuse_file_read(folder, geteuid() == 0 ? 61101 : geteuid(), &file) == 0)
        for (unsigned i = 0; i < HAL_SLOTS_FUSED; i++) {
            hex_encode(file.scalar[i], KEY_PRIVATE_BYTES, hex);
            CHECK(!strcasestr(output, hex) && strlen(hex) == 64);
        }
    close(folder);
    ct_wipe(&file, sizeof file);
}

static int finish(pid_t pid, int out)
{
    int status;
    (void)output_await(out, NULL);
    output_is_clean();
    close(out);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *program, const char *const *args)
{
    int out;
    memset(output, 0, sizeof output);
    const pid_t pid = start(program, &out, args);
    return finish(pid, out);
}

#define RUN(program, ...) run(program, (const char *const[]){__VA_ARGS__, NULL})
#define POWER_ON(...) RUN(plutond, "--device", device, "--", __VA_ARGS__)

/* A failed expectation is explained by what the program said. */
#define CHECK_EXIT(got, want)                      \
    do {                                           \
        const int exit_got = (got);                \
        CHECK_INT(exit_got, want);                 \
        if (exit_got != (want))                    \
            fprintf(stderr, "%s\n", output);       \
    } while (0)

static void images_write(enum fixture_key signer, uint32_t version, const char *name)
{
    const size_t cap = monitor_bytes + FIXTURE_IMAGE_MAX;
    uint8_t *room = malloc(cap);
    REQUIRE(room != NULL);
    struct writer w = writer_of(room, cap);
    fixture_image(&fixture, signer, FIXTURE_OS, 4, version, span_of(monitor_elf, monitor_bytes), &w);
    REQUIRE(w.err == 0);
    file_write(path_of(name), room, w.len);
    free(room);
}

static void keystore_write_file(enum fixture_key signer, const char *name)
{
    uint8_t room[FIXTURE_IMAGE_MAX];
    struct writer w = writer_of(room, sizeof room);
    fixture_keystore(&fixture, signer, 1, &w);
    REQUIRE(w.err == 0);
    file_write(path_of(name), room, w.len);
}

static void byte_flip(const char *path, long offset)
{
    FILE *f = fopen(path, "r+b");
    REQUIRE(f && fseek(f, offset, SEEK_SET) == 0);
    const int byte = fgetc(f);
    REQUIRE(byte != EOF && fseek(f, offset, SEEK_SET) == 0 && fputc(byte ^ 1, f) != EOF);
    REQUIRE(fclose(f) == 0);
}

static void usage_errors(void)
{
    CHECK_EXIT(RUN(plutond, "--manufacture"), 2);
    CHECK_EXIT(RUN(plutond, "--device", device, "--manufacture"), 2);
    CHECK_EXIT(RUN(plutond, "--device", device, "--uid", "x"), 2);
    CHECK_EXIT(RUN(plutond, "--device", device, "stray"), 2);
    CHECK_EXIT(RUN(plutond, "--device", device, "--identity", "--manufacture", "--root-key", root_file), 2);
}

static void manufactures_once(char id[static 129])
{
    char bad[80];
    snprintf(bad, sizeof bad, "%s/bad", base);
    file_write(bad, "0011", 4);
    CHECK_EXIT(RUN(plutond, "--device", device, "--manufacture", "--root-key", bad), 1);
    CHECK(access(path_of("fuses"), F_OK) != 0);
    CHECK_EXIT(RUN(plutond, "--device", device, "--identity"), 1);

    CHECK_EXIT(RUN(plutond, "--device", device, "--manufacture", "--root-key", root_file), 0);
    REQUIRE(strlen(output) == 129 && output[128] == '\n');
    memcpy(id, output, 128);
    id[128] = 0;
    CHECK_INT(strspn(id, "0123456789abcdef"), 128);
    struct stat st;
    CHECK(stat(path_of("fuses"), &st) == 0 && (st.st_mode & 07777) == 0600);
    CHECK(access(path_of("boot"), F_OK) == 0 && access(path_of("flash"), F_OK) == 0);

    /* "refuses if fuses exist": and they stay what they were */
    CHECK_EXIT(RUN(plutond, "--device", device, "--manufacture", "--root-key", root_file), 1);
    CHECK(access(path_of("fuses.new"), F_OK) != 0);
    CHECK_EXIT(RUN(plutond, "--device", device, "--identity"), 0);
    CHECK(strncmp(output, id, 128) == 0);
}

/* Measured as what it is: SHA-256 of the program file. */
static void runtime_is_measured(void)
{
    size_t len;
    uint8_t *bytes = check_read_file(plutond, &len), digest[SHA256_BYTES];
    char want[sizeof "runtime=" + 2 * SHA256_BYTES] = "runtime=";
    const struct span part = span_of(bytes, len);
    REQUIRE(crypto_sha256(&part, 1, digest) == 0);
    hex_encode(digest, sizeof digest, want + strlen(want));
    CHECK(strstr(output, want));
    free(bytes);
}

static void boots_and_serves(const char *id)
{
    CHECK_EXIT(POWER_ON("check", "an argument"), 0);
    CHECK(strstr(output, "[1BL] BOOT: INIT"));
    CHECK(strstr(output, "[PLUTON] Logging initialized"));
    CHECK(strstr(output, "[PLUTON] Booting HLOS core"));
    CHECK(strstr(output, id));
    runtime_is_measured();
}

static void resets_to_power_on_state(void)
{
    CHECK_EXIT(POWER_ON("reset"), 0);
    CHECK(strstr(output, "[1BL] BOOT: 12345678/00000002/"));
    /* the boot count rises by one, from the first cycle's evidence to the second's */
    const char *first = strstr(output, "boot="), *second = first ? strstr(first + 1, "boot=") : NULL;
    REQUIRE(first && second);
    CHECK_INT(strtoul(second + 5, NULL, 10), strtoul(first + 5, NULL, 10) + 1);
}

static void reports_a_bad_end(void)
{
    CHECK_EXIT(POWER_ON("crash"), 4);
    CHECK(strstr(output, "the monitor ended by signal 9"));
    CHECK_EXIT(POWER_ON("exit-7"), 4);
    CHECK(strstr(output, "the monitor ended with exit code 7"));
    /* no monitor runs without its root of trust */
    CHECK_EXIT(POWER_ON("kill-root-of-trust"), 4);
    CHECK(strstr(output, "the root of trust ended by signal 9"));
}

static void falls_back_then_stops(void)
{
    images_write(FIXTURE_OS, 1, "boot/monitor.backup.image");
    byte_flip(path_of("boot/monitor.image"), 100);
    CHECK_EXIT(POWER_ON("check", "an argument"), 0);
    CHECK(strstr(output, "boot/monitor.image: signature does not verify"));
    CHECK(strstr(output, "[PLUTON] BOOTING BACKUP security monitor"));

    images_write(FIXTURE_STRANGER, 1, "boot/monitor.backup.image");
    CHECK_EXIT(POWER_ON("check", "an argument"), 3);
    CHECK(strstr(output, "no security monitor may run: signature does not verify"));
    unlink(path_of("boot/monitor.backup.image"));
    CHECK_EXIT(POWER_ON("check", "an argument"), 3);
    images_write(FIXTURE_OS, 1, "boot/monitor.image");

    keystore_write_file(FIXTURE_OS, "boot/keystore.image");
    CHECK_EXIT(POWER_ON("check", "an argument"), 3);
    CHECK(strstr(output, "no trusted keystore may be used"));
    keystore_write_file(FIXTURE_ROOT, "boot/keystore.backup.image");
    CHECK_EXIT(POWER_ON("check", "an argument"), 0);
    keystore_write_file(FIXTURE_ROOT, "boot/keystore.image");
}

static void stops_on_sigterm(void)
{
    int out;
    memset(output, 0, sizeof output);
    const pid_t pid = start(plutond, &out, (const char *const[]){"--device", device, "--", "wait", NULL});
    CHECK(output_await(out, "waiting"));
    /* run twice: refused while it is on */
    CHECK_EXIT(RUN(plutond, "--device", device, "--", "check"), 1);
    CHECK(strstr(output, "is on already"));
    /* but its identity can be asked for */
    CHECK_EXIT(RUN(plutond, "--device", device, "--identity"), 0);
    kill(pid, SIGTERM);
    CHECK_EXIT(finish(pid, out), 0);
}

static void kills_a_stubborn_monitor(void)
{
    int out;
    memset(output, 0, sizeof output);
    const pid_t pid = start(plutond, &out, (const char *const[]){"--device", device, "--", "stubborn", NULL});
    CHECK(output_await(out, "waiting"));
    kill(pid, SIGTERM);
    CHECK_EXIT(finish(pid, out), 0);
}

/* A parent that dies takes both children with it: the pipe is only at its end
 * when the last of them has closed it. */
static void leaves_nobody_behind(void)
{
    int out;
    memset(output, 0, sizeof output);
    const pid_t pid = start(plutond, &out, (const char *const[]){"--device", device, "--", "wait", NULL});
    CHECK(output_await(out, "waiting"));
    kill(pid, SIGKILL);
    CHECK_INT(finish(pid, out), 128 + SIGKILL);
}

static void guards_its_fuses(void)
{
    REQUIRE(chmod(path_of("fuses"), 0640) == 0);
    CHECK_EXIT(POWER_ON("check", "an argument"), 1);
    CHECK(strstr(output, "mode 0600"));
    CHECK_EXIT(RUN(plutond, "--device", device, "--identity"), 1);
    REQUIRE(chmod(path_of("fuses"), 0600) == 0);
    if (geteuid() == 0) {
        struct stat st;
        REQUIRE(stat(path_of("fuses"), &st) == 0);
        CHECK_INT(st.st_uid, 61101);
        REQUIRE(chown(path_of("fuses"), 61102, (gid_t)-1) == 0);
        CHECK_EXIT(POWER_ON("check", "an argument"), 1);
        REQUIRE(chown(path_of("fuses"), st.st_uid, (gid_t)-1) == 0);
    }
    REQUIRE(chmod(device, 0777) == 0);
    CHECK_EXIT(POWER_ON("check", "an argument"), 1);
    CHECK(strstr(output, "writable by nobody else"));
    REQUIRE(chmod(device, 0711) == 0);
    CHECK_EXIT(POWER_ON("check", "an argument"), 0);
    byte_flip(path_of("fuses"), 20);
    CHECK_EXIT(POWER_ON("check", "an argument"), 1);
    CHECK(strstr(output, "stored data are damaged"));
    byte_flip(path_of("fuses"), 20);
}

static void stuck_noise_stops_the_boot(void)
{
    CHECK_EXIT(RUN(plutond_stuck, "--device", device, "--", "check", "an argument"), 4);
    CHECK(strstr(output, "random number generator failed its test"));
    CHECK(!strstr(output, "Booting HLOS core"));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

int main(int argc, char **argv)
{
    char id[129];
    REQUIRE(argc == 4);
    plutond = argv[1];
    plutond_stuck = argv[2];
    monitor_elf = check_read_file(argv[3], &monitor_bytes);
    REQUIRE(mkdtemp(base) != NULL && chmod(base, 0755) == 0);
    snprintf(device, sizeof device, "%s/device", base);
    snprintf(root_file, sizeof root_file, "%s/root", base);
    fixture_init(&fixture);
    char hex[2 * P256_PUBLIC_BYTES + 2];
    hex_encode(fixture.key[FIXTURE_ROOT].public_key, P256_PUBLIC_BYTES, hex);
    strcat(hex, "\n");
    file_write(root_file, hex, strlen(hex));

    usage_errors();
    manufactures_once(id);
    CHECK_EXIT(POWER_ON("check"), 3); /* nothing to boot yet */
    keystore_write_file(FIXTURE_ROOT, "boot/keystore.image");
    images_write(FIXTURE_OS, 1, "boot/monitor.image");
    boots_and_serves(id);
    resets_to_power_on_state();
    reports_a_bad_end();
    falls_back_then_stops();
    stops_on_sigterm();
    kills_a_stubborn_monitor();
    leaves_nobody_behind();
    guards_its_fuses();
    stuck_noise_stops_the_boot();

    fixture_release(&fixture);
    free(monitor_elf);
    nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
