/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bad files and bad options (docs/spec/mt3620.md, "Running it"): one clear line, exit code 1,
 * and the files as they were. */
#include "abi/mt3620.h"
#include "abi/mt3620_flash.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/peri-files.XXXXXX";
static char path[96], spare[96];

static void file_sized(const char *name, long bytes)
{
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0 && ftruncate(fd, bytes) == 0);
    close(fd);
}

/* Refused, with one line that has the words. */
static void refused(const char *options, const char *words)
{
    char said[512];
    int code = bus_refuses_to_start(options, said, sizeof(said));

    CHECK_INT(code, MT3620_END_USAGE);
    if (!strstr(said, words)) {
        fprintf(stderr, "%s said: %s", options, said);
    }
    CHECK(strstr(said, words) != NULL);
}

static void refused_file(const char *option, const char *words)
{
    char options[256];

    snprintf(options, sizeof(options), ",rom=%s,%s=%s", spare, option, path);
    refused(options, words);
}

static void options_wrong(void)
{
    char options[256];

    refused("", "no rom");
    snprintf(path, sizeof(path), "%s/none", folder);
    snprintf(options, sizeof(options), ",rom=%s", path);
    refused(options, "cannot be read");
    file_sized("rom", MT3620_PLUTON_ROM_BYTES + 1);
    snprintf(options, sizeof(options), ",rom=%s", path);
    refused(options, "65537 bytes");
    file_sized("rom", 7);
    refused(options, "7 bytes");
    file_sized("rom", 64);
    strcpy(spare, path);

    static const struct {
        const char *option, *words;
    } bad[] = {
        { "fault-flash=", "neither N nor N:torn" }, { "fault-flash=-1", "neither N nor N:torn" },
        { "fault-flash=1:whole", "neither N nor N:torn" }, { "fault-flash=4294967296", "neither N" },
        { "fault-flip=disk:0:0", "not in flash, fuse or ram" }, { "fault-flip=flash", "not in flash" },
        { "fault-flip=flash:0:8", "BIT of 0 to 7" }, { "fault-flip=flash:16777216:0", "below 16777216" },
        { "fault-flip=ram:4194304:0", "below 4194304" }, { "fault-flip=fuse:512:0", "below 512" },
        { "fault-flip=ram:1", "not BYTE:BIT" }, { "recovery=stop", "can be \"exit\", not" },
        { "reset=1", "can be \"exit\", not" }, { "fault-trng=off", "can be \"on\", not" },
        { "probe=nowhere", "no character device \"nowhere\"" },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(options, sizeof(options), ",rom=%s,%s", spare, bad[i].option);
        refused(options, bad[i].words);
    }
}

/* Root writes everything; in a process without that right, and so in what it starts, it does not. */
static void read_only(const char *option)
{
    int status = -1;
    pid_t child;

    CHECK_INT(chmod(path, 0400), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
        refused_file(option, "cannot be written");
        _exit(check_failed ? 1 : 0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK_INT(chmod(path, 0600), 0);
}

/* flash and fuses alike; sizes of abi/mt3620_flash.h and abi/mt3620_fuse.h */
static void files_wrong(const char *option, const char *name, long bytes)
{
    char options[256], words[192];
    struct bus b;

    snprintf(path, sizeof(path), "%s/none", folder);
    snprintf(words, sizeof(words), "%s file \"%s\" cannot be opened", name, path);
    refused_file(option, words);
    CHECK_INT(access(path, F_OK), -1); /* nothing was made */

    snprintf(path, sizeof(path), "%s", folder);
    refused_file(option, name);
    snprintf(path, sizeof(path), "/dev/null");
    refused_file(option, "is not a regular file");

    file_sized(name, bytes - 1);
    snprintf(words, sizeof(words), "has %ld bytes", bytes - 1);
    refused_file(option, words);
    file_sized(name, bytes + 1);
    refused_file(option, "bytes, not");
    file_sized(name, 0);
    refused_file(option, "has 0 bytes");

    file_sized(name, bytes);
    read_only(option);

    if (strcmp(option, "flash") != 0) {
        return; /* fuses need content: fuse_test */
    }
    snprintf(options, sizeof(options), ",%s=%s", option, path);
    bus_start(&b, BUS_STEPS, options, NULL);
    bus_get(&b, "a7s", MT3620_RAM); /* it runs, so it has locked its file */
    refused_file(option, "is held by another process");
    CHECK_INT(bus_get(&b, "a7s", MT3620_FLASH_CONTROLLER + FLASH_ID), FLASH_ID_VALUE);
    bus_stop(&b);
    bus_start(&b, BUS_STEPS, options, NULL); /* free again, after any end */
    bus_stop(&b);
}

int main(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    options_wrong();
    files_wrong("flash", "flash", MT3620_FLASH_BYTES);
    files_wrong("fuses", "fuse", 568);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const names[] = { "rom", "flash", "fuse" };

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
