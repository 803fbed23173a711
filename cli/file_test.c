/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/file.h: whole files, the old one or the new one. */
#include "cli/file.h"

#include <signal.h>
#include <sys/resource.h>

#include "cli/run_fixture_test.h"

static struct span text(const char *t) { return span_of(t, strlen(t)); }

static void reading(void)
{
    struct span bytes;
    put_text(at("a"), "hello");
    CHECK_INT(file_read(at("a"), &bytes), 0);
    CHECK(bytes.len == 5 && memcmp(bytes.at, "hello", 5) == 0);
    file_release(&bytes);
    CHECK(bytes.at == NULL && bytes.len == 0);
    file_release(&bytes);
    put_text(at("empty"), "");
    CHECK_INT(file_read(at("empty"), &bytes), 0);
    CHECK_INT((int)bytes.len, 0);
    file_release(&bytes);

    CHECK_INT(CAUGHT(file_read(at("gone"), &bytes)), 1);
    CHECK_HAS(caught, "No such file");
    CHECK(bytes.at == NULL);
    CHECK_INT(CAUGHT(file_read(run_folder, &bytes)), 1);
    CHECK_HAS(caught, "not a regular file");
    REQUIRE(mkfifo(at("pipe"), 0600) == 0); /* nobody writes: must not wait */
    CHECK_INT(CAUGHT(file_read(at("pipe"), &bytes)), 1);
    CHECK_HAS(caught, "not a regular file");
    CHECK_INT(CAUGHT(file_read("/dev/zero", &bytes)), 1);

    put_text(at("large"), "");
    REQUIRE(truncate(at("large"), FILE_MAX_BYTES + 1) == 0);
    CHECK_INT(CAUGHT(file_read(at("large"), &bytes)), 1);
    CHECK_HAS(caught, "has 33554433 bytes: at most 33554432");
    unlink(at("large"));
    unlink(at("pipe"));
}

static void content_check(const char *path, const char *want, unsigned mode)
{
    char have[64];
    struct stat st;
    read_back(path, have, sizeof have);
    CHECK_STR(have, want);
    REQUIRE(stat(path, &st) == 0);
    CHECK_INT(st.st_mode & 07777, mode);
}

static void writing(void)
{
    REQUIRE(mkdir(at("w"), 0755) == 0);
    CHECK_INT(file_write(at("w/a"), text("one"), 0600), 0);
    content_check(at("w/a"), "one", 0600);
    CHECK_INT(file_write(at("w/a"), text("two"), 0644), 0);
    content_check(at("w/a"), "two", 0644);
    CHECK_INT((int)entries(at("w")), 1);

    /* a name that another prepared beside is neither followed nor truncated */
    put_text(at("victim"), "victim");
    REQUIRE(symlink(at("victim"), at("w/a.part")) == 0);
    CHECK_INT(file_write(at("w/a"), text("three"), 0600), 0);
    content_check(at("w/a"), "three", 0600);
    content_check(at("victim"), "victim", 0644);
    REQUIRE(unlink(at("w/a.part")) == 0);

    CHECK_INT(CAUGHT(file_create(at("w/a"), text("four"), 0600)), 1);
    CHECK_HAS(caught, "exists already");
    content_check(at("w/a"), "three", 0600);
    CHECK_INT(file_create(at("w/b"), text("four"), 0600), 0);
    content_check(at("w/b"), "four", 0600);
    CHECK_INT((int)entries(at("w")), 2);

    CHECK_INT(CAUGHT(file_write(at("no/folder"), text("x"), 0600)), 1);
    CHECK_HAS(caught, "No such file");
    CHECK_INT(CAUGHT(file_write(at("w"), text("x"), 0600)), 1);
    CHECK_HAS(caught, "Is a directory");
    CHECK_INT(CAUGHT(file_write("", text("x"), 0600)), 1);
    CHECK_INT((int)entries(at("w")), 2);

    /* a device is written to, not replaced */
    CHECK_INT(file_write("/dev/null", text("x"), 0600), 0);
    struct stat st;
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK_INT(CAUGHT(file_write("/dev/full", text("x"), 0600)), 1);
    CHECK_HAS(caught, "No space left");
}

/* The disk ends after some bytes: the old file, and nothing beside it. */
static void full_disk(void)
{
    static uint8_t large[65536];
    struct rlimit was, small = {4096, 4096};
    REQUIRE(file_write(at("w/a"), text("old"), 0600) == 0);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &was) == 0);
    small.rlim_max = was.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    int code = CAUGHT(file_write(at("w/a"), span_of(large, sizeof large), 0600));
    int code_new = CAUGHT(file_create(at("w/c"), span_of(large, sizeof large), 0600));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &was) == 0);
    CHECK_INT(code, 1);
    CHECK_INT(code_new, 1);
    CHECK_HAS(caught, "File too large");
    content_check(at("w/a"), "old", 0600);
    CHECK_INT((int)entries(at("w")), 2);
}

static void limit_set(void)
{
    struct rlimit small = {16, 16};
    setrlimit(RLIMIT_FSIZE, &small);
}

/* The program itself says so, and is not killed (main.c). */
static void full_disk_program(void)
{
    int code = PERI_AFTER(limit_set, "key", "create", "--output-file", at("w/key.pem"));
    CHECK_INT(code, 1);
    CHECK(!exists(at("w/key.pem")));
    CHECK(!exists(at("w/key.pem.pub")));
    CHECK_INT((int)entries(at("w")), 2);
}

static void base64(void)
{
    char *out;
    put_text(at("a"), "hello");
    CHECK_INT(file_read_base64(at("a"), &out), 0);
    CHECK_STR(out, "aGVsbG8=");
    free(out);
    CHECK_INT(file_write_base64(at("b"), "aGVsbG8="), 0);
    content_check(at("b"), "hello", 0644);
    CHECK_INT(CAUGHT(file_write_base64(at("b"), "aGVs*G8=")), 1);
    CHECK_HAS(caught, "not base64");
    content_check(at("b"), "hello", 0644);
}

int main(void)
{
    run_begin();
    umask(022);
    reading();
    writing();
    full_disk();
    full_disk_program();
    base64();
    free(caught);
    return check_done();
}
