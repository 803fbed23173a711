/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real firmware in the emulator: ROM, first boot loader and runtime as the
 * build made them, with a stand-in for the monitor that makes Pluton's calls from the
 * A7 (testing/test_monitor.c).  A few rows of the boot matrix; all of it runs on
 * the host in boot_test.c.
 *
 *   pluton_chain_test FIRMWARE_DIR
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/mt3620.h"
#include "tests/check.h"

enum { RUN_SECONDS = 60 };

static char folder[64];
static const char *firmware;

static const char *path(const char *name)
{
    static char at[4][256];
    static unsigned turn;
    turn = (turn + 1) % 4;
    snprintf(at[turn], sizeof at[turn], "%s/%s", folder, name);
    return at[turn];
}

/* Exit code; -1 when it had to be stopped. */
static int run(const char *const argv[])
{
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(open(path("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
        alarm(RUN_SECONDS);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void pack(const char *first, const char *second)
{
    char program[256];
    snprintf(program, sizeof program, "%s/pluton_mcu_pack", getenv("PERI_BIN"));
    const char *const argv[] = {program, firmware, folder, first, second, NULL};
    REQUIRE(run(argv) == 0);
}

static char uart[65536], console[65536];

static void text_read(const char *name, char room[static 65536])
{
    size_t len;
    uint8_t *bytes = check_read_file(path(name), &len);
    REQUIRE(len < 65536);
    memcpy(room, bytes, len);
    room[len] = '\0';
    free(bytes);
}

/* Power on until the run ends by itself. */
static int power_on(const char *options)
{
    char machine[1024], first[256], second[256];
    snprintf(machine, sizeof machine, "mt3620,rom=%s/rom.bin,fuses=%s,flash=%s,recovery=exit%s", firmware,
             path("fuses.bin"), path("flash.bin"), options);
    snprintf(first, sizeof first, "file:%s", path("uart"));
    snprintf(second, sizeof second, "file:%s", path("console"));
    const char *const argv[] = {getenv("PERI_QEMU"), "-M", machine, "-display", "none", "-monitor",
                                "none", "-serial", first, "-serial", second, NULL};
    const int code = run(argv);
    text_read("uart", uart);
    text_read("console", console);
    return code;
}

static bool said(const char *text)
{
    return strstr(uart, text) != NULL;
}

static void factory_and_reset(void)
{
    pack(NULL, NULL);
    CHECK_INT(power_on(""), MT3620_END_POWER_OFF);
    CHECK(said("[ROM] FACTORY\r\n[1BL] BOOT: INIT\r\nG="));
    CHECK(said("[PLUTON] Logging initialized\r\n[PLUTON] Booting HLOS core\r\n"));
    CHECK(said("[1BL] BOOT: 00000000/00000001/04000000")); /* the reset that it asked for */
    CHECK(strstr(console, "FAILED") == NULL);
    unsigned ok = 0;
    for (const char *p = console; (p = strstr(p, "ok ")) != NULL; p++)
        ok++;
    CHECK_INT(ok, 2 * 13);
    CHECK_INT(power_on(""), MT3620_END_POWER_OFF);
    CHECK(!said("FACTORY"));
}

static const struct {
    const char *first, *second;
    int code;
    const char *line;
} rows[] = {
    {"1bl:flip=5000", NULL, MT3620_END_POWER_OFF, "[ROM] BACKUP 1BL"},
    {"1bl:stranger", "1bl-backup:flip=16383", MT3620_END_RECOVERY,
     "[ROM] !! ERROR: 1BL: root key is not the one in the fuses; backup: signature does not verify"},
    {"1bl:old", "1bl-backup:none", MT3620_END_RECOVERY,
     "[ROM] !! ERROR: 1BL: older than what was accepted before; backup: no image"},
    {"keystore:flip=8", NULL, MT3620_END_POWER_OFF, "[1BL] BACKUP KEYSTORE"},
    {"keystore:stranger", "keystore-backup:none", MT3620_END_RECOVERY,
     "[1BL] !! ERROR: keystore: signature does not verify; backup: no image"},
    {"pluton:flip=4000", NULL, MT3620_END_POWER_OFF, "[1BL] BACKUP PLUTON-RT"},
    {"pluton:stranger", "pluton-backup:old", MT3620_END_RECOVERY,
     "[1BL] !! ERROR: Pluton runtime: signing key is not trusted for this use; backup: older than what was "
     "accepted before"},
    {"monitor:flip=300", NULL, MT3620_END_POWER_OFF, "[PLUTON] BOOTING BACKUP security monitor"},
    {"monitor:flip=300", "monitor-backup:flip=301", MT3620_END_RECOVERY,
     "[PLUTON] !! ERROR: security monitor: signature does not verify"},
};

static void matrix(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pack(rows[i].first, rows[i].second);
        const int code = power_on("");
        if (code != rows[i].code || !said(rows[i].line))
            fprintf(stderr, "%s %s: %s\n", rows[i].first, rows[i].second ? rows[i].second : "", uart);
        CHECK_INT(code, rows[i].code);
        CHECK(said(rows[i].line));
        CHECK_INT(strstr(console, "test monitor") != NULL, code == MT3620_END_POWER_OFF);
    }
    pack(NULL, NULL);
    CHECK_INT(power_on(",fault-trng=on"), MT3620_END_RECOVERY);
    CHECK(said("[1BL] !! ERROR: identity: random number generator failed its test"));
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2 && getenv("PERI_BIN") && getenv("PERI_QEMU") && access(getenv("PERI_QEMU"), X_OK) == 0);
    firmware = argv[1];
    snprintf(folder, sizeof folder, "/tmp/pluton-chain-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    factory_and_reset();
    matrix();
    static const char *const made[] = {"fuses.bin", "flash.bin", "keys.bin", "uart", "console", "stderr"};
    for (unsigned i = 0; i < sizeof made / sizeof made[0]; i++)
        (void)unlink(path(made[i]));
    CHECK(rmdir(folder) == 0);
    return check_done();
}
