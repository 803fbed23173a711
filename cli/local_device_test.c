/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device create, run and info: all or nothing, and clear about what is missing. */
#include <grp.h>

#include "cli/test_run.h"

static void nobody(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        _exit(99);
}

#define CREATE(folder, ...)                                                                        \
    PERI("device", "create", folder, "--root-key", at("root.pub"), "--keystore", at("keys.image"), \
         "--images", at("a.image"), "--service-url", "https://localhost:8443", "--trust-anchor",   \
         at("root.pem"), __VA_ARGS__)

static void create_refused(void)
{
    CHECK_INT(PERI("device", "create", at("d")), 2);
    CHECK_HAS(run_err, "needs --root-key");
    static const char *const numbers[] = {"0", "60001", "1s", "-5", ""};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char option[64];
        snprintf(option, sizeof option, "--restart-delay-ms=%s", numbers[i]);
        CHECK_INT(CREATE(at("d"), option), 2);
        CHECK_HAS(run_err, "a whole number from 1 to 60000");
    }
    CHECK_INT(CREATE("", "-o", "json"), 2);
    if (geteuid() == 0) {
        REQUIRE(mkdir(at("there"), 0755) == 0);
        CHECK_INT(CREATE(at("there"), "-o", "json"), 1);
        CHECK_HAS(run_err, "exists already");
        REQUIRE(mkdir(at("other.part"), 0755) == 0);
        put_text(at("other.part/x"), "x");
        CHECK_INT(CREATE(at("other"), "-o", "json"), 1);
        CHECK_HAS(run_err, "File exists");
        CHECK(exists(at("other.part/x"))); /* not ours: left alone */
    }
    CHECK(!exists(at("d")) && !exists(at("d.part")));
}

/* What fails on the way takes everything away again. */
static void create_undone(void)
{
    if (geteuid() != 0)
        return;
    unsigned before = entries(run_folder);
    CHECK_INT(CREATE(at("d///"), "-o", "json"), 1); /* no such root key, keystore, images */
    CHECK_HAS(run_err, "no device was made");
    CHECK_INT((int)entries(run_folder), (int)before);
    char hex[130];
    memset(hex, 'a', sizeof hex);
    hex[128] = '\n';
    hex[129] = 0;
    put_text(at("root.pub"), hex);
    put_text(at("keys.image"), "not a keystore");
    put_text(at("a.image"), "not an image");
    before = entries(run_folder);
    CHECK(CREATE(at("d"), "-o", "json") != 0);
    CHECK_HAS(run_err, "no device was made");
    CHECK_INT((int)entries(run_folder), (int)before);
}

/* Needs a folder that a user without rights can reach the program from. */
static void without_root(void)
{
    int code = PERI_AFTER(nobody, "device", "create", "/tmp/d", "--root-key", "x", "--keystore", "x", "--images",
                          "x", "--service-url", "x", "--trust-anchor", "x");
    if (code == 127 && geteuid() == 0) {
        printf("the program's folder is closed to others: not run as nobody\n");
        return;
    }
    CHECK_INT(code, 1);
    CHECK_HAS(run_err, "needs root");
    CHECK_INT(PERI_AFTER(nobody, "device", "run", "/tmp/d"), 1);
    CHECK_HAS(run_err, "needs root");
}

static void info(void)
{
    CHECK_INT(PERI("device", "info", at("gone")), 3);
    CHECK_HAS(run_err, "no device at");
    REQUIRE(mkdir(at("broken"), 0755) == 0);
    CHECK_INT(PERI("device", "info", at("broken")), 1);
    CHECK_HAS(run_err, "it has no 'boot'");
    put_text(at("file"), "x");
    CHECK_INT(PERI("device", "info", at("file")), 1);
    CHECK_HAS(run_err, "is no device");
    REQUIRE(mkdir(at("broken/boot"), 0755) == 0 && mkdir(at("broken/flash"), 0755) == 0 &&
            mkdir(at("broken/config"), 0755) == 0);
    put_text(at("broken/device.conf"), "{}");
    CHECK_INT(PERI("device", "info", at("broken")), 1); /* no fuses: plutond says so */
    CHECK(run_err[0] != 0);
    if (geteuid() == 0)
        CHECK_INT(PERI("device", "run", at("gone")), 3);
}

/* Help of everything, without service and profile; and what is no command. */
static void help(void)
{
    CHECK_INT(PERI("--help"), 0);
    CHECK_HAS(run_out, "exit codes:");
    CHECK_HAS(run_out, "4  the service cannot be reached");
    CHECK_INT(PERI("help"), 0);
    CHECK_HAS(run_out, "capability download");
    CHECK_INT(PERI("help", "product"), 0);
    CHECK_INT(PERI("help", "device", "capability", "download"), 0);
    CHECK_HAS(run_out, "--output-file / -of VALUE");
    CHECK_INT(PERI("device", "capability", "--help"), 0);
    CHECK_INT(PERI("device", "capability", "download", "--help"), 0);
    CHECK_INT(PERI("device", "--help"), 0);
    CHECK_INT(PERI("--version"), 0);
    CHECK_HAS(run_out, "peri ");
    CHECK_INT(PERI("device"), 2);
    CHECK(run_out[0] == 0);
    CHECK_INT(PERI("nonsense"), 2);
    CHECK_HAS(run_err, "'nonsense' is not a command");
    CHECK_INT(PERI("help", "non\x1bsense"), 2);
    CHECK_HAS(run_err, "'non\\x1bsense'");
    CHECK_INT(PERI("device", "nonsense"), 2);
    CHECK_INT(PERI("device", "capability", "nonsense"), 2);
    CHECK_INT(PERI(""), 2);
    CHECK_INT(PERI("device", ""), 2);
    CHECK_INT(run_argv((const char *const[]){run_program(), NULL}, NULL), 2);
    CHECK_INT(PERI("--help-markdown"), 0);
    char table[sizeof run_out];
    strcpy(table, run_out);
    unsigned count = 0;
    /* every row of the overview is a command whose help works */
    for (char *row = table; (row = strstr(row, "\n| `peri ")) != NULL; row++, count++) {
        char *words = row + strlen("\n| `peri "), *end = strchr(words, '`'), *next;
        const char *argv[8] = {run_program()};
        size_t n = 1;
        *end = 0;
        char copy[64];
        snprintf(copy, sizeof copy, "%s", words);
        *end = '`';
        for (char *word = strtok_r(copy, " ", &next); word && n < 6; word = strtok_r(NULL, " ", &next))
            argv[n++] = word;
        argv[n++] = "--help";
        CHECK_INT(run_argv(argv, NULL), 0);
        CHECK_HAS(run_out, "usage: peri ");
    }
    CHECK(count > 40);
}

int main(void)
{
    run_begin();
    unsetenv("PERI_PROFILE");
    setenv("HOME", run_folder, 1);
    create_refused();
    create_undone();
    without_root();
    info();
    help();
    return check_done();
}
