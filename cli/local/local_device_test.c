/* SPDX-License-Identifier: BSD-2-Clause */
/* peri device create, run and info: all or nothing, and clear about what is missing. */
#include <grp.h>

#include "cli/run_fixture_test.h"

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

#define C1 "11111111-1111-1111-1111-111111111111"
#define I1 "22222222-2222-2222-2222-222222222222"
#define C2 "33333333-3333-3333-3333-333333333333"
#define I2 "44444444-4444-4444-4444-444444444444"

/* With programs beside it that answer as plutond and monitord do: every form of the answer. */
static void info_forms(void)
{
    char peri[512];
    size_t len;
    REQUIRE(mkdir(at("bin"), 0755) == 0);
    uint8_t *bytes = check_read_file(run_program(), &len);
    snprintf(peri, sizeof peri, "%s", at("bin/peri"));
    FILE *f = fopen(peri, "w");
    REQUIRE(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
    free(bytes);
    put_text(at("bin/plutond"), "#!/bin/sh\necho abcd\n");
    put_text(at("bin/monitord"), "#!/bin/sh\necho " C1 " " I1 " Applications 4096 a name\n"
                                 "echo " C2 " " I2 " RootFs 7 -\n");
    REQUIRE(chmod(peri, 0755) == 0 && chmod(at("bin/plutond"), 0755) == 0 && chmod(at("bin/monitord"), 0755) == 0);
    char device[512];
    snprintf(device, sizeof device, "%s", at("broken"));
#define INFO(...) run_argv((const char *const[]){peri, "device", "info", device __VA_OPT__(,) __VA_ARGS__, NULL}, NULL)
    CHECK_INT(INFO(), 0);
    CHECK_HAS(run_out, "\"deviceId\": \"abcd\"");
    CHECK_HAS(run_out, "\"name\": \"a name\"");
    CHECK_HAS(run_out, "\"bytes\": 4096");
    CHECK_INT(INFO("--query", "deviceId", "-o", "tsv"), 0);
    CHECK_STR(run_out, "abcd\n");
    CHECK_INT(INFO("--query", "images[1].imageId", "-o", "tsv"), 0);
    CHECK_STR(run_out, I2 "\n");
    CHECK_INT(INFO("-o", "table"), 0);
    CHECK_HAS(run_out, "Component");
    CHECK_HAS(run_out, "a name\n");
    CHECK_INT(INFO("-o", "none"), 0);
    CHECK_STR(run_out, "");
    put_text(at("bin/monitord"), "#!/bin/sh\necho nonsense\n");
    CHECK_INT(INFO(), 1);
    CHECK_STR(run_out, "");
    CHECK_HAS(run_err, "not understood");
    put_text(at("bin/monitord"), "#!/bin/sh\nexit 1\n");
    CHECK_INT(INFO(), 1);
}

int main(void)
{
    run_begin();
    create_refused();
    create_undone();
    without_root();
    info();
    info_forms();
    return check_done();
}
