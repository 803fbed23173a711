/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the system tests of the MCU: a copy of the chip that tests/mcu/setup made,
 * changed in one way, powered on by `peri mcu run`, its lines watched.
 *
 * Environment: PERI_BIN; PERI_MCU, the folder with chip/ and keys/.  The emulator is
 * peri's business: a test fails with peri's words where it is missing.
 * Waiting has a limit only to find a hang (CHIP_HANG_S); no test measures speed.
 */
#ifndef PERI_TESTS_MCU_CHIP_H
#define PERI_TESTS_MCU_CHIP_H

#include <poll.h>
#include <signal.h>
#include <time.h>

#include "abi/mcu_boot.h"
#include "cli/mcu/build.h"
#include "cli/mcu/flash.h"
#include "cli/mcu/fuses.h"
#include "cli/mcu/machine.h"
#include "cli/package/signed_image.h"
#include "cli/run_fixture_test.h"

enum { CHIP_HANG_S = 300, CHIP_LOG_MAX = 1 << 20, CHIP_ARGS_MAX = 16 };

static inline const char *chip_bench(void)
{
    const char *folder = getenv("PERI_MCU");
    REQUIRE(folder != NULL); /* tests/mcu/setup makes it */
    return folder;
}

static inline void chip_file_copy(const char *name)
{
    char from[1024];
    size_t len;
    snprintf(from, sizeof from, "%s/chip/%s", chip_bench(), name);
    uint8_t *bytes = check_read_file(from, &len);
    put_bytes(at("chip/%s", name), bytes, len);
    free(bytes);
}

/* at("chip") as it left the factory; called again, it is so again. */
static inline void chip_fresh(void)
{
    if (!exists(at("chip")))
        REQUIRE(mkdir(at("chip"), 0755) == 0);
    chip_file_copy("fuses.bin");
    chip_file_copy("flash.bin");
    chip_file_copy("rom.bin");
}

static inline void chip_begin(void)
{
    run_begin();
    chip_fresh();
}

/* -- its files -------------------------------------------------------------- */

static inline struct mcu_flash chip_flash_read(void)
{
    struct mcu_flash flash;
    REQUIRE(mcu_flash_read(at("chip/flash.bin"), &flash) == 0);
    return flash;
}

static inline void chip_flash_write(struct mcu_flash *flash)
{
    REQUIRE(mcu_flash_write(at("chip/flash.bin"), flash) == 0);
    mcu_flash_free(flash);
}

/* Raises a counter above what the images have (they are of version 1). */
static inline void chip_counter_set(enum pluton_counter counter, uint32_t value)
{
    struct mcu_fuses fuses;
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &fuses) == 0);
    mcu_fuses_counter_set(&fuses, counter, value);
    REQUIRE(mcu_fuses_write(at("chip/fuses.bin"), &fuses) == 0);
    mcu_fuses_wipe(&fuses);
}

static inline void chip_key_load(const char *name, struct signing_key *key)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/keys/%s", chip_bench(), name);
    REQUIRE(signing_key_load(path, key) == 0);
}

static inline bool chip_by_root(enum mcu_slot slot)
{
    return mcu_slots[slot].type == IMAGE_TYPE_ONE_BL || mcu_slots[slot].type == IMAGE_TYPE_TRUSTED_KEYSTORE;
}

/* What to make of the image in a slot; zero: the same image, signed anew. */
struct chip_change {
    bool stranger;          /* signed by a key that nothing trusts, named as the right one */
    bool foreign;           /* the same, and named as what it is */
    bool version_set;       /* security version */
    uint32_t version;
    struct span body;       /* another body; NULL: as it was */
    size_t flip_at;         /* byte of the body to change before signing, counted from 1 */
};

static struct signing_key chip_stranger; /* made once a test program */

static inline struct signing_key *chip_stranger_key(void)
{
    if (!chip_stranger.pkey) {
        REQUIRE(signing_key_create(at("stranger.pem")) == 0);
        REQUIRE(signing_key_load(at("stranger.pem"), &chip_stranger) == 0);
    }
    return &chip_stranger;
}

/* Rebuilds the image of a slot in the slot. */
static inline void chip_resign(struct mcu_flash *flash, enum mcu_slot slot, const struct chip_change *change)
{
    struct span file;
    struct image image;
    struct signing_key right;
    REQUIRE(mcu_flash_image(flash, slot, &file) == 0 && image_parse(file, &image) == 0);
    chip_key_load(chip_by_root(slot) ? "root.pem" : "os.pem", &right);
    struct span body = change->body.at ? change->body : image.body;
    size_t cap = body.len + SIGNED_IMAGE_ROOM;
    uint8_t *room = malloc(cap);
    REQUIRE(room != NULL);
    struct writer w = writer_of(room, cap);
    writer_bytes(&w, body.at, body.len);
    if (change->flip_at)
        room[change->flip_at - 1] ^= 1;
    struct image_meta meta = image.meta;
    if (change->version_set)
        meta.security_version = change->version;
    struct signing_key *key = change->stranger || change->foreign ? chip_stranger_key() : &right;
    REQUIRE(image_thumbprint(change->foreign ? key->public_key : right.public_key, meta.thumbprint) == 0);
    struct signer signer = signing_key_signer(key);
    REQUIRE(image_meta_write(&w, &meta) == 0 && image_sign(&w, &signer) == 0);
    REQUIRE(mcu_flash_put(flash, slot, writer_view(&w)) == 0);
    free(room);
    signing_key_release(&right);
}

/* -- its runs --------------------------------------------------------------- */

struct chip_run {
    pid_t pid;
    int out;
    char log[CHIP_LOG_MAX];
    size_t len;
    size_t seen; /* where chip_line() goes on */
    int64_t started_ms;
};

static inline int64_t chip_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void chip_start_argv(struct chip_run *run, const char *const *options)
{
    const char *argv[CHIP_ARGS_MAX + 5] = {run_program(), "mcu", "run", at("chip")};
    int pipe_fds[2], n = 4;
    for (; *options && n < CHIP_ARGS_MAX + 4; options++)
        argv[n++] = *options;
    REQUIRE(pipe2(pipe_fds, O_CLOEXEC) == 0);
    memset(run, 0, sizeof *run);
    run->started_ms = chip_now_ms();
    fflush(NULL);
    run->pid = fork();
    REQUIRE(run->pid >= 0);
    if (run->pid == 0) {
        union {
            const char **from;
            char **to;
        } words = {argv};
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(null, STDIN_FILENO);
        dup2(pipe_fds[1], STDOUT_FILENO);
        dup2(pipe_fds[1], STDERR_FILENO);
        execv(argv[0], words.to);
        _exit(127);
    }
    close(pipe_fds[1]);
    run->out = pipe_fds[0];
}
#define chip_start(run, ...) chip_start_argv(run, (const char *const[]){__VA_ARGS__, NULL})

/* More of what the chip says; false when it has ended or hangs. */
static inline bool chip_read(struct chip_run *run)
{
    struct pollfd fd = {run->out, POLLIN, 0};
    if (run->len + 1 >= sizeof run->log || poll(&fd, 1, CHIP_HANG_S * 1000) <= 0)
        return false;
    ssize_t n = read(run->out, run->log + run->len, sizeof run->log - 1 - run->len);
    if (n <= 0)
        return false;
    run->len += (size_t)n;
    run->log[run->len] = 0;
    return true;
}

/* Waits for the text behind what was found last; ms since power-on, or -1 after a
 * failed check that shows the log. */
static inline int64_t chip_line(struct chip_run *run, const char *text)
{
    check_count++;
    for (;;) {
        const char *found = strstr(run->log + run->seen, text);
        if (found) {
            run->seen = (size_t)(found - run->log) + strlen(text);
            return chip_now_ms() - run->started_ms;
        }
        if (!chip_read(run))
            break;
    }
    check_failed++;
    fprintf(stderr, "the chip did not say \"%s\"; it said:\n%s\n", text, run->log);
    return -1;
}

/* Cuts the power unless it ended by itself; its exit code. */
static inline int chip_end(struct chip_run *run, bool cut)
{
    int status;
    if (cut)
        kill(run->pid, SIGTERM);
    while (chip_read(run))
        ;
    if (!cut)
        kill(run->pid, SIGTERM); /* only a hang is left to be ended */
    REQUIRE(waitpid(run->pid, &status, 0) == run->pid);
    close(run->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The run must end by itself in recovery, and name the reason. */
static inline void chip_expect_recovery(const char *what, const char *reason)
{
    static struct chip_run run;
    unsigned failed = check_failed;
    chip_start(&run, "--net", "none");
    CHECK_INT(chip_end(&run, false), MT3620_END_RECOVERY);
    CHECK_HAS(run.log, reason);
    if (check_failed != failed)
        fprintf(stderr, "  that was: %s\n", what);
}

#endif
