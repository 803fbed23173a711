/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri mcu without an emulator: files, slots, verdicts, measurements, bad input.
 * Where a chip must start, a script plays the emulator: it burns prepared fuses
 * and says what a blank chip says.  The real one: tests/mcu.
 */
#include <arpa/inet.h>
#include <grp.h>
#include <pty.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "abi/mcu_boot.h"
#include "cli/mcu/flash.h"
#include "cli/mcu/fuses.h"
#include "cli/mcu/verify.h"
#include "cli/package/signed_image.h"
#include "cli/run_fixture_test.h"
#include "lib/hex.h"

/* Public key of the private number 1: the base point of P-256 (SEC 2, 2.4.2). */
static const char *const BASE_POINT =
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

static void private_one(struct mcu_fuses *fuses)
{
    fuses->word[FUSE_ATTESTATION + 7] = 0x01000000; /* big-endian in the byte string */
    fuses->word[FUSE_LOCKS] = FUSE_LOCK_ROOT | FUSE_LOCK_ATTESTATION | FUSE_LOCK_GENERAL;
    fuses->word[FUSE_LOCKS + 1] = fuses->word[FUSE_LOCKS];
    fuses->starts = 1;
}

static void fuse_file(void)
{
    struct mcu_fuses out, in;
    uint8_t id[P256_PUBLIC_BYTES], root[SHA256_BYTES];
    char hex[129];
    uint32_t value;
    mcu_fuses_blank(&out);
    CHECK_INT(mcu_fuses_device_id(&out, id), E_NOT_FOUND);
    CHECK(!mcu_fuses_root(&out, root));
    CHECK_INT(mcu_fuses_lifecycle(&out), LIFECYCLE_BLANK);
    private_one(&out);
    out.starts = 7;
    out.word[FUSE_LIFECYCLE + 1] = 2; /* one copy suffices */
    mcu_fuses_counter_set(&out, PLUTON_COUNTER_OS, 70);
    CHECK_INT(mcu_fuses_write(at("f"), &out), 0);
    CHECK_INT(mcu_fuses_read(at("f"), &in), 0);
    CHECK_MEM(&in, &out, sizeof in);
    CHECK_INT(mcu_fuses_device_id(&in, id), 0);
    hex_encode(id, sizeof id, hex);
    CHECK_STR(hex, BASE_POINT);
    CHECK(mcu_fuses_root(&in, root));
    CHECK_INT(mcu_fuses_lifecycle(&in), LIFECYCLE_DEVICE_COMPLETE);
    CHECK_INT(mcu_fuses_counter(&in, PLUTON_COUNTER_OS, &value), 0);
    CHECK_INT(value, 70);
    in.word[FUSE_COUNTERS + FUSE_COUNTER_WORDS * PLUTON_COUNTER_OS] &= ~1u; /* the other copy still has it */
    CHECK_INT(mcu_fuses_counter(&in, PLUTON_COUNTER_OS, &value), 0);
    CHECK_INT(value, 70);
    in.word[FUSE_COUNTERS + FUSE_COUNTER_WORDS * PLUTON_COUNTER_OS + 4] &= ~1u; /* a gap */
    CHECK_INT(mcu_fuses_counter(&in, PLUTON_COUNTER_OS, &value), E_CORRUPT);
    mcu_fuses_counter_set(&in, PLUTON_COUNTER_OS, FUSE_COUNTER_MAX);
    CHECK_INT(mcu_fuses_counter(&in, PLUTON_COUNTER_OS, &value), 0);
    CHECK_INT(value, FUSE_COUNTER_MAX);
    memset(out.word + FUSE_ATTESTATION, 0xff, 32); /* above the order of the curve */
    CHECK_INT(mcu_fuses_device_id(&out, id), E_CORRUPT);
}

/* Every change of a fuse file is seen before anything in it is used. */
static void fuse_file_refused(void)
{
    struct mcu_fuses fuses;
    size_t len;
    mcu_fuses_blank(&fuses);
    private_one(&fuses);
    REQUIRE(mcu_fuses_write(at("f"), &fuses) == 0);
    uint8_t *good = check_read_file(at("f"), &len), bad[FUSE_FILE_BYTES];
    REQUIRE(len == FUSE_FILE_BYTES);
    static const struct {
        size_t byte;
        const char *says;
    } flips[] = {{0, "is no fuse file"}, {8, "version"}, {12, "fuse words"}, {16, "digest"},
                 {24, "digest"}, {535, "digest"}, {567, "digest"}};
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        memcpy(bad, good, sizeof bad);
        bad[flips[i].byte] ^= 2;
        put_bytes(at("f"), bad, sizeof bad);
        CHECK(CAUGHT(mcu_fuses_read(at("f"), &fuses)) == 1);
        CHECK_HAS(caught, flips[i].says);
        CHECK_INT(fuses.word[FUSE_ATTESTATION + 7], 0);
    }
    for (size_t cut = 0; cut < sizeof bad; cut += 7) {
        put_bytes(at("f"), good, cut);
        CHECK(CAUGHT(mcu_fuses_read(at("f"), &fuses)) == 1);
    }
    free(good);
}

/* No two slots overlap, and all lie where abi/flash_layout.h has partitions. */
static void slots(void)
{
    struct mcu_flash flash;
    struct span file;
    static uint8_t bytes[1 << 20];
    for (int a = 0; a < MCU_SLOTS; a++) {
        CHECK(mcu_slots[a].at % 4096 == 0 && mcu_slots[a].at + mcu_slots[a].bytes <= MT3620_FLASH_BYTES);
        for (int b = 0; b < a; b++)
            CHECK(mcu_slots[a].at >= mcu_slots[b].at + mcu_slots[b].bytes ||
                  mcu_slots[b].at >= mcu_slots[a].at + mcu_slots[a].bytes);
    }
    REQUIRE(mcu_flash_new(&flash) == 0);
    CHECK_INT(mcu_flash_image(&flash, MCU_SLOT_MONITOR, &file), E_NOT_FOUND);
    memset(bytes, 0x5a, sizeof bytes);
    CHECK_INT(mcu_flash_put(&flash, MCU_SLOT_MONITOR, span_of(bytes, mcu_slot_room(MCU_SLOT_MONITOR) + 1)), E_FULL);
    CHECK_INT(mcu_flash_image(&flash, MCU_SLOT_MONITOR, &file), E_NOT_FOUND);
    CHECK_INT(mcu_flash_put(&flash, MCU_SLOT_MONITOR, span_of(bytes, mcu_slot_room(MCU_SLOT_MONITOR))), 0);
    CHECK_INT(mcu_flash_put(&flash, MCU_SLOT_MONITOR, span_of(bytes, 5)), 0);
    CHECK_INT(mcu_flash_image(&flash, MCU_SLOT_MONITOR, &file), 0);
    CHECK(file.len == 5 && memcmp(file.at, bytes, 5) == 0);
    CHECK_INT(flash.at[FLASH_MONITOR_AT + 5], 0xff); /* nothing of the longer one is left */
    CHECK_INT(flash.at[FLASH_MONITOR_AT - 1], 0xff);
    CHECK_INT(flash.at[FLASH_MONITOR_AT + FLASH_MONITOR_BYTES], 0xff);
    static const size_t words[] = {4, 8, 12}; /* length, inverse, zero */
    for (size_t i = 0; i < 3; i++) {
        uint8_t *word = flash.at + FLASH_MONITOR_AT + FLASH_MONITOR_BYTES - FLASH_SLOT_TRAILER_BYTES + words[i];
        *word ^= 1;
        CHECK_INT(mcu_flash_image(&flash, MCU_SLOT_MONITOR, &file), E_MALFORMED);
        CHECK(file.len == 0);
        *word ^= 1;
    }
    mcu_flash_free(&flash);
}

/* A folder of stand-ins for what the build makes. */
static void images_put(void)
{
    uint8_t body[300] = {0};
    REQUIRE(mkdir(at("img"), 0755) == 0 && mkdir(at("img/root"), 0755) == 0);
    put_text(at("img/rom.bin"), "rom");
    struct writer w = writer_of(body, sizeof body);
    writer_zero(&w, BOOT_1BL_HEADER_AT);
    writer_u32le(&w, BOOT_1BL_MAGIC);
    writer_u32le(&w, BOOT_1BL_VERSION);
    put_bytes(at("img/1bl.bin"), body, sizeof body);
    put_text(at("img/pluton.bin"), "runtime");
    w = writer_of(body, sizeof body);
    writer_u32le(&w, MT3620_SECURE_RAM);
    writer_u32le(&w, 0);
    writer_u32le(&w, MT3620_SECURE_RAM + 13);
    writer_bytes(&w, "code", 4);
    put_bytes(at("img/monitor.bin"), body, w.len);
    put_text(at("img/xipImage"), "kernel");
    put_text(at("img/mt3620.dtb"), "tree");
    put_text(at("img/root/init"), "#!");
}

/* An emulator that burns what at("burn") holds and prints what at("say") holds. */
static void emulator_put(const char *ending)
{
    char text[2048];
    snprintf(text, sizeof text,
             "#!/bin/sh\nfor word; do case $word in\n"
             "mt3620,*) f=${word#*fuses=}; f=${f%%%%,*} ;;\n"
             "socket,id=uart0,fd=*) fd=${word##*=} ;;\n"
             "socket,id=uart1,fd=*) a7=${word##*=} ;; esac; done\n"
             "cp %s/burn \"$f\"\neval \"cat %s/say >&$fd\"\n%s\n", run_folder, run_folder, ending);
    put_text(at("qemu"), text);
    REQUIRE(chmod(at("qemu"), 0755) == 0);
}

static void emulator_prepare(void)
{
    struct mcu_fuses fuses;
    char hex[129], say[400];
    uint8_t root[P256_PUBLIC_BYTES], digest[SHA256_BYTES];
    read_back(at("keys/root.pem.pub"), hex, sizeof hex);
    REQUIRE(hex_decode(span_of(hex, 128), root, sizeof root) == 0);
    struct span key = {root, sizeof root};
    REQUIRE(crypto_sha256(&key, 1, digest) == 0);
    mcu_fuses_blank(&fuses);
    private_one(&fuses);
    struct cursor c = cursor_of(span_of(digest, sizeof digest));
    for (int i = 0; i < 8; i++)
        fuses.word[i] = cursor_u32le(&c);
    REQUIRE(mcu_fuses_write(at("burn"), &fuses) == 0);
    snprintf(say, sizeof say, "[1BL] BOOT: INIT\r\nD=%s,N=00\r\n", BASE_POINT);
    put_text(at("say"), say);
    emulator_put("exec sleep 20");
}

#define CREATE(...)                                                                                \
    PERI("mcu", "create", __VA_ARGS__, "--images", at("img"), "--keys", at("keys"), "--qemu", at("qemu"))

static void create(void)
{
    images_put();
    REQUIRE(mkdir(at("keys"), 0755) == 0);
    REQUIRE(PERI("key", "create", "--output-file", at("keys/root.pem")) == 0);
    REQUIRE(PERI("key", "create", "--output-file", at("keys/os.pem")) == 0);
    REQUIRE(PERI("key", "create", "--output-file", at("keys/application.pem")) == 0);
    emulator_prepare();
    unsigned before = entries(run_folder);
    CHECK_INT(CREATE(at("chip/")), 0);
    CHECK_HAS(run_out, BASE_POINT);
    CHECK_INT((int)entries(run_folder), (int)before + 1);
    struct stat st;
    REQUIRE(stat(at("chip/fuses.bin"), &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    REQUIRE(stat(at("chip/flash.bin"), &st) == 0);
    CHECK_INT(st.st_size, MT3620_FLASH_BYTES);
    CHECK(st.st_blocks * 512 >= MT3620_FLASH_BYTES); /* no hole that runs out of space later */
    CHECK_INT(PERI("mcu", "info", at("chip")), 0);
    CHECK_HAS(run_out, BASE_POINT);
    CHECK_HAS(run_out, "\"running\": false");
    unsigned verified = 0;
    for (const char *p = run_out; (p = strstr(p, "\"state\": \"verified\"")) != NULL; p++)
        verified++;
    CHECK_INT(verified, 14); /* all but services and applications */
    CHECK_INT(PERI("mcu", "info", at("chip"), "-o", "table", "--query", "{id: deviceId}"), 0); /* what was asked for, alone */
    CHECK(strncmp(run_out, "Id", 2) == 0);
    CHECK(strstr(run_out, "counters") == NULL);
    CHECK_INT(PERI("mcu", "info", at("chip"), "-o", "table"), 0);
    CHECK_HAS(run_out, "BootloaderOneBackup");
    CHECK_INT(CREATE(at("chip")), 1);
    CHECK_HAS(run_err, "exists already");
    CHECK_INT(CREATE(at("chip"), "--force"), 0);
    CHECK_INT((int)entries(run_folder), (int)before + 1);
}

/* OneBL is exactly its size, its header holds the root key; the monitor knows its length. */
static void prepared(void)
{
    struct mcu_flash flash;
    struct span file;
    char hex[129], want[129];
    REQUIRE(mcu_flash_read(at("chip/flash.bin"), &flash) == 0);
    REQUIRE(mcu_flash_image(&flash, MCU_SLOT_ONE_BL_BACKUP, &file) == 0);
    CHECK_INT(file.len, BOOT_1BL_BYTES);
    hex_encode(file.at + BOOT_1BL_HEADER_AT + 8, P256_PUBLIC_BYTES, hex);
    read_back(at("keys/root.pem.pub"), want, sizeof want);
    CHECK_STR(hex, want);
    REQUIRE(mcu_flash_image(&flash, MCU_SLOT_MONITOR, &file) == 0);
    struct cursor c = cursor_of(file);
    cursor_skip(&c, 4);
    CHECK_INT(cursor_u32le(&c), file.len);
    mcu_flash_free(&flash);
}

/* One changed byte or fuse, what info says of the slot, whether the chip still boots. */
static void verdicts(void)
{
    struct mcu_flash flash;
    struct mcu_fuses fuses;
    struct mcu_trust trust;
    struct mcu_verdict verdict;
    struct mcu_measurement m[MCU_MEASUREMENTS_MAX] = {0}, again[MCU_MEASUREMENTS_MAX] = {0};
    size_t count, count2;
    enum mcu_slot missing;
    REQUIRE(mcu_flash_read(at("chip/flash.bin"), &flash) == 0);
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &fuses) == 0);
    mcu_trust_init(&trust, &flash, &fuses);
    CHECK(trust.has_root && trust.has_keystore && trust.keystore.count == 2);
    REQUIRE(mcu_measure_boot(&trust, &flash, m, &count, &missing) == 0);
    CHECK_INT(count, 7);
    static const uint16_t order[] = {IMAGE_TYPE_ONE_BL, IMAGE_TYPE_TRUSTED_KEYSTORE, IMAGE_TYPE_PLUTON_RUNTIME,
        IMAGE_TYPE_SECURITY_MONITOR, IMAGE_TYPE_NORMAL_WORLD_KERNEL, IMAGE_TYPE_NORMAL_WORLD_DTB, IMAGE_TYPE_ROOT_FS};
    for (size_t i = 0; i < 7; i++)
        CHECK_INT(m[i].type, order[i]);
    for (int slot = 0; slot < MCU_SLOT_SERVICES_A; slot++) {
        uint8_t *byte = flash.at + mcu_slots[slot].at + 3;
        *byte ^= 0x10;
        mcu_trust_init(&trust, &flash, &fuses);
        mcu_slot_verify(&trust, &flash, (enum mcu_slot)slot, &verdict);
        CHECK_INT(verdict.err, E_SIGNATURE);
        CHECK_INT(mcu_measure_boot(&trust, &flash, again, &count2, &missing), 0); /* from the other copy */
        CHECK(count2 == count && memcmp(m, again, count * sizeof *m) == 0);
        *byte ^= 0x10;
    }
    flash.at[FLASH_MONITOR_AT] ^= 1;
    flash.at[FLASH_MONITOR_BACKUP_AT] ^= 1;
    CHECK_INT(mcu_measure_boot(&trust, &flash, again, &count2, &missing), E_MISSING);
    CHECK(missing == MCU_SLOT_MONITOR && count2 == 0);
    flash.at[FLASH_MONITOR_AT] ^= 1;
    mcu_fuses_counter_set(&fuses, PLUTON_COUNTER_MONITOR, 2); /* images are 1 */
    mcu_trust_init(&trust, &flash, &fuses);
    mcu_slot_verify(&trust, &flash, MCU_SLOT_MONITOR, &verdict);
    CHECK_INT(verdict.err, E_ROLLBACK);
    CHECK_STR(mcu_verdict_text(&verdict), "older than the fuse counter");
    mcu_slot_verify(&trust, &flash, MCU_SLOT_KERNEL_A, &verdict);
    CHECK_INT(verdict.err, 0);
    fuses.word[FUSE_ROOT] ^= 1; /* another root key: nothing verifies */
    mcu_trust_init(&trust, &flash, &fuses);
    CHECK(!trust.has_root && !trust.has_keystore);
    mcu_slot_verify(&trust, &flash, MCU_SLOT_ONE_BL, &verdict);
    CHECK_INT(verdict.err, E_KEY_UNKNOWN);
    struct span kernel;
    REQUIRE(mcu_flash_image(&flash, MCU_SLOT_KERNEL_A, &kernel) == 0);
    REQUIRE(mcu_flash_put(&flash, MCU_SLOT_DTB_A, kernel) == 0); /* signed, but not for here */
    mcu_slot_verify(&trust, &flash, MCU_SLOT_DTB_A, &verdict);
    CHECK_INT(verdict.err, E_UNSUPPORTED);
    CHECK_HAS(mcu_verdict_text(&verdict), "another image type");
    mcu_flash_free(&flash);
}

/* The same list from a chip and from the packages in it. */
static void measured(void)
{
    static char of_chip[65536];
    struct mcu_flash flash;
    struct span file;
    REQUIRE(mcu_flash_read(at("chip/flash.bin"), &flash) == 0);
    static const enum mcu_slot from[] = {MCU_SLOT_ROOT_A, MCU_SLOT_ONE_BL, MCU_SLOT_MONITOR, MCU_SLOT_DTB_A,
                                         MCU_SLOT_RUNTIME, MCU_SLOT_KERNEL_A, MCU_SLOT_KEYSTORE};
    for (size_t i = 0; i < 7; i++) {
        REQUIRE(mcu_flash_image(&flash, from[i], &file) == 0);
        put_bytes(at("p%zu", i), file.at, file.len);
    }
    mcu_flash_free(&flash);
    CHECK_INT(PERI("mcu", "measurements", at("chip")), 0);
    strcpy(of_chip, run_out);
    CHECK_INT(PERI("mcu", "measurements", "--images", at("p0"), at("p1"), at("p2"), at("p3"), at("p4"), at("p5"),
                   at("p6")), 0);
    CHECK_STR(run_out, of_chip);
    CHECK_INT(PERI("mcu", "measurements"), 2);
    CHECK_INT(PERI("mcu", "measurements", at("chip"), "--images", at("p0")), 2);
    CHECK_INT(PERI("mcu", "measurements", "--images", at("say")), 5);
    CHECK_HAS(run_err, "is not an image package");
}

/* Nothing of a failed create is left, whatever failed. */
static void create_refused(void)
{
    static const struct {
        const char *before, *after, *says;
    } rows[] = {
        {"mv %s/img/xipImage %s/x", "mv %s/x %s/img/xipImage", "kernel/build makes it"},
        {"mv %s/img/rom.bin %s/x", "mv %s/x %s/img/rom.bin", "rom.bin"},
        {"cp %s/img/1bl.bin %s/x; echo >%1$s/img/1bl.bin", "mv %s/x %s/img/1bl.bin", "is no first boot loader"},
        {"cp %s/img/monitor.bin %s/x; echo >%1$s/img/monitor.bin", "mv %s/x %s/img/monitor.bin", "is no monitor"},
        {"mv %s/img/mt3620.dtb %s/x; dd if=/dev/zero of=%1$s/img/mt3620.dtb bs=65536 count=1 2>%1$s/null; rm %1$s/null", "mv %s/x %s/img/mt3620.dtb",
         "the slot DeviceTreeA holds 65520"},
        {"mv %s/keys/os.pem %s/x", "mv %s/x %s/keys/os.pem", "cannot read the key"},
        {"mv %s/say %s/x; echo D=12 >%1$s/say", "mv %s/x %s/say", "did not print its identity"},
        {"cp %s/say %s/x; tr 6 5 <%1$s/x >%1$s/say", "mv %s/x %s/say", "fuses do not hold"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof command, rows[i].before, run_folder, run_folder);
        REQUIRE(system(command) == 0);
        unsigned before = entries(run_folder);
        CHECK(CREATE(at("new"), "--timeout", "2") != 0);
        CHECK_HAS(run_err, rows[i].says);
        CHECK_HAS(run_err, "no MCU was made");
        CHECK_INT((int)entries(run_folder), (int)before);
        snprintf(command, sizeof command, rows[i].after, run_folder, run_folder);
        REQUIRE(system(command) == 0);
#pragma GCC diagnostic pop
    }
    unsigned before = entries(run_folder);
    CHECK_INT(PERI("mcu", "create", at("new"), "--images", at("img"), "--keys", at("keys"), "--qemu", at("none")), 1);
    CHECK_HAS(run_err, "run machine/build");
    CHECK_INT(CREATE(at("no/such/folder")), 1);
    CHECK_INT(CREATE(""), 2);
    CHECK_INT(CREATE(at("new"), "--security-version", "129"), 2);
    CHECK_INT((int)entries(run_folder), (int)before);
}

static void no_space(void)
{
    char command[1024];
    /* the emulator's disk is as full as this shell's limit: 8 MiB a file */
    snprintf(command, sizeof command,
             "ulimit -f 8192; %s mcu create %s/new --images %s/img --keys %s/keys --qemu %s/qemu >/dev/null 2>%s/err",
             run_program(), run_folder, run_folder, run_folder, run_folder, run_folder);
    put_text(at("err"), "");
    unsigned before = entries(run_folder);
    CHECK(system(command) != 0);
    char err[1024];
    read_back(at("err"), err, sizeof err);
    CHECK_HAS(err, "flash.bin");
    CHECK_HAS(err, "File too large");
    CHECK_INT((int)entries(run_folder), (int)before);
}

/* SIGTERM in the middle of the first power-on. */
static void create_stopped(void)
{
    put_text(at("say"), "[1BL] BOOT: INIT\n");
    emulator_put("touch \"$(dirname \"$f\")/../started\"; exec sleep 20");
    unsigned before = entries(run_folder);
    fflush(NULL);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        freopen("/dev/null", "w", stderr);
        execl(run_program(), "peri", "mcu", "create", at("new"), "--images", at("img"), "--keys", at("keys"), "--qemu",
              at("qemu"), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && !exists(at("started")); i++)
        usleep(10000);
    REQUIRE(exists(at("started")));
    kill(pid, SIGTERM);
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    unlink(at("started"));
    CHECK_INT((int)entries(run_folder), (int)before);
}

#define RUN(...) PERI("mcu", "run", at("chip"), "--qemu", at("qemu"), __VA_ARGS__)

static void run_ends(void)
{
    static const int ends[] = {0, 1, 20, 21, 22, 23};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char ending[32];
        snprintf(ending, sizeof ending, "exit %d", ends[i]);
        put_text(at("say"), "[PLUTON] words\n");
        emulator_put(ending);
        CHECK_INT(RUN("--net", "none"), ends[i]);
        CHECK_STR(run_out, "[PLUTON] words\n");
    }
    emulator_put("exec sleep 20");
    CHECK_INT(RUN("--timeout", "1"), 124);
    CHECK_STR(run_out, "[PLUTON] words\n"); /* what was said before is not lost */
    CHECK_INT(RUN("--timeout", "1", "--console", "a7"), 124);
    CHECK_STR(run_out, "");
    /* a line that pauses in its middle, ends, and says no more: the time limit still holds */
    emulator_put("eval \"printf half >&$a7\"; sleep 0.5; eval \"printf ' line\\n' >&$a7\"; exec sleep 20");
    CHECK_INT(RUN("--timeout", "2"), 124);
    CHECK_STR(run_out, "[PLUTON] words\nhalf line\n");
}

/* On a terminal: what is typed reaches the A7, and Ctrl-A X cuts the power. */
static void keyboard(void)
{
    char seen[4096];
    size_t len = 0;
    int terminal, status;
    put_text(at("say"), "ready\n");
    emulator_put("eval \"exec cat <&$a7 >&$a7\"");
    fflush(NULL);
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    REQUIRE(pid >= 0);
    if (pid == 0) {
        execl(run_program(), "peri", "mcu", "run", at("chip"), "--qemu", at("qemu"), (char *)NULL);
        _exit(127);
    }
    memset(seen, 0, sizeof seen);
    static const struct {
        const char *wait, *type;
    } steps[] = {{"ready", "hello\001\001there"}, {"hello\001there", "\001x"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        while (!strstr(seen, steps[i].wait)) {
            ssize_t n = read(terminal, seen + len, sizeof seen - 1 - len);
            REQUIRE(n > 0);
            len += (size_t)n;
        }
        REQUIRE(write(terminal, steps[i].type, strlen(steps[i].type)) == (ssize_t)strlen(steps[i].type));
    }
    while (read(terminal, seen, sizeof seen) > 0)
        ;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(terminal);
}

static void run_refused(void)
{
    static const char *const bad[][3] = {
        {"--fault-flash", "x", "N or N:torn"},       {"--fault-flash", "1:half", "N or N:torn"},
        {"--fault-flip", "rom:0:0", "WHERE"},        {"--fault-flip", "fuse:512:0", "WHERE"},
        {"--fault-flip", "flash:0:8", "WHERE"},      {"--net", "tap", "none or user"},
        {"--console", "a8", "pluton, a7"},           {"--timeout", "0", "1 to"},
        {"--forward", "80:80", "needs --net user"},  {"--service-interface", "x", "0 to 65535"},
        {"--service-interface", "0", "needs --net user"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(RUN(bad[i][0], bad[i][1]), 2);
        CHECK_HAS(run_err, bad[i][2]);
    }
    CHECK_INT(RUN("--net", "user", "--forward", "70000:1"), 2);
    CHECK_INT(PERI("mcu", "run", at("gone")), 3);
    CHECK_HAS(run_err, "peri mcu create makes one");
    CHECK_INT(PERI("mcu", "info", at("gone")), 3);
}

static void port_taken(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof to;
    char forward[32], debug[32];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof to) == 0 && listen(fd, 1) == 0 &&
            getsockname(fd, (struct sockaddr *)&to, &len) == 0);
    snprintf(forward, sizeof forward, "%u:443", ntohs(to.sin_port));
    CHECK_INT(RUN("--net", "user", "--forward", forward), 1);
    CHECK_HAS(run_err, "Address already in use");
    CHECK_HAS(run_err, "give another in --forward");
    CHECK_INT(RUN("--net", "user", "--service-interface", strtok(forward, ":")), 1);
    CHECK_HAS(run_err, "give another in --service-interface");
    snprintf(debug, sizeof debug, "tcp:127.0.0.1:%u", ntohs(to.sin_port));
    CHECK_INT(RUN("--debug", debug), 1);
    CHECK_HAS(run_err, "Address already in use");
    CHECK_HAS(run_err, "give another in --debug");
    close(fd);
}

/* One row a way a folder can be broken; each is put right again. */
static void folder_refused(void)
{
    static const struct {
        const char *file;
        long bytes; /* -1: gone; 0: empty; else cut there */
        const char *says;
    } rows[] = {{"fuses.bin", -1, "it has no 'fuses.bin'"}, {"fuses.bin", 0, "is no fuse file"},
                {"fuses.bin", 567, "567 bytes"},            {"flash.bin", -1, "it has no 'flash.bin'"},
                {"flash.bin", 4096, "has 4096 bytes, not 16777216"}, {"rom.bin", -1, "it has no 'rom.bin'"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = at("chip/%s", rows[i].file);
        size_t len;
        uint8_t *bytes = check_read_file(path, &len);
        REQUIRE(rows[i].bytes < 0 ? unlink(path) == 0 : truncate(path, rows[i].bytes) == 0);
        CHECK_INT(RUN("--timeout", "1"), 1);
        CHECK_HAS(run_err, rows[i].says);
        CHECK_INT(PERI("mcu", "info", at("chip")), 1);
        CHECK_HAS(run_err, rows[i].says);
        put_bytes(path, bytes, len);
        free(bytes);
    }
    /* A part that is a link: to another chip's, or to a file that is nobody's business. */
    static const char *const parts[] = {"fuses.bin", "flash.bin", "rom.bin"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[4096], aside[4096];
        snprintf(path, sizeof path, "%s", at("chip/%s", parts[i]));
        snprintf(aside, sizeof aside, "%s", at("aside"));
        REQUIRE(rename(path, aside) == 0 && symlink(aside, path) == 0);
        CHECK_INT(RUN("--timeout", "1"), 1);
        CHECK_HAS(run_err, "is not a regular file");
        REQUIRE(rename(aside, path) == 0);
    }
    int fd = open(at("chip/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK_INT(RUN("--timeout", "1"), 1);
    CHECK_HAS(run_err, "is running already");
    CHECK_INT(PERI("mcu", "info", at("chip")), 0);
    CHECK_HAS(run_out, "\"running\": true");
    CHECK_INT(CREATE(at("chip"), "--force"), 1);
    CHECK_HAS(run_err, "is running already");
    close(fd);
}

static void nobody(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        _exit(99);
}

/* Files of somebody else: what cannot be written is named before anything starts. */
static void not_ours(void)
{
    REQUIRE(chmod(run_folder, 0755) == 0 && chmod(at("chip"), 0755) == 0 && chmod(at("chip/fuses.bin"), 0444) == 0 &&
            chmod(at("chip/flash.bin"), 0444) == 0);
    int code = PERI_AFTER(nobody, "mcu", "run", at("chip"), "--qemu", at("qemu"), "--timeout", "1");
    if (code == 127 && geteuid() == 0) {
        printf("the program's folder is closed to others: not run as nobody\n");
    } else {
        CHECK_INT(code, 1);
        CHECK_HAS(run_err, "fuses.bin' cannot be written");
        CHECK_HAS(run_err, "denied");
        REQUIRE(chmod(at("chip/fuses.bin"), 0666) == 0);
        CHECK_INT(PERI_AFTER(nobody, "mcu", "run", at("chip"), "--qemu", at("qemu"), "--timeout", "1"), 1);
        CHECK_HAS(run_err, "flash.bin' cannot be written");
        REQUIRE(chmod(at("chip/fuses.bin"), 0600) == 0);
        CHECK_INT(PERI_AFTER(nobody, "mcu", "info", at("chip")), geteuid() == 0 ? 1 : 0);
        REQUIRE(chmod(at("chip"), 0700) == 0);
        if (geteuid() == 0) {
            CHECK_INT(PERI_AFTER(nobody, "mcu", "run", at("chip")), 1);
            CHECK_HAS(run_err, "cannot read");
        }
    }
    REQUIRE(chmod(at("chip/fuses.bin"), 0600) == 0 && chmod(at("chip/flash.bin"), 0600) == 0);
}

int main(void)
{
    run_begin();
    unsetenv("PERI_QEMU");
    fuse_file();
    fuse_file_refused();
    slots();
    create();
    prepared();
    verdicts();
    measured();
    create_refused();
    no_space();
    run_ends();
    keyboard();
    run_refused();
    port_taken();
    folder_refused();
    not_ours();
    create_stopped();
    return check_done();
}
