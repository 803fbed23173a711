/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a process of the service: an honest one answers; one that was taken over, and that may put anything into its own
 * folder, makes who asks (root, as a rule) read, write or give away nothing of elsewhere.
 */
#include "service/perisphered/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

enum { SOME_UID = 61999 };

static char data[] = "/tmp/peri-ask-XXXXXX", secret[64], said[64];

static void in(const char *name, char path[static 96]) { snprintf(path, 96, "%s/store/%s", data, name); }

static void file_make(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* What the process does once it was asked; the first of all is that the word arrived. */
typedef void deed(void);

static void answer_put(const char *text)
{
    char part[96], path[96];
    in("answer.part", part);
    in("answer", path);
    file_make(part, text);
    REQUIRE(rename(part, path) == 0);
}

static void says_progress(void)
{
    answer_put("at 3 7\n");
    nanosleep(&(struct timespec){0, 120000000}, NULL);
    answer_put("done 7 1\n");
}

static void says_done(void) { answer_put("done\n"); }
static void says_failed(void) { answer_put("failed: no room\n"); }
static void says_nothing_whole(void) { answer_put(""); }
static void says_escapes(void) { answer_put("failed: \033]0;title\007\177 end\n"); }
static void says_utf8_escapes(void) { answer_put("failed: \xc2\x9b" "2J\xc2\xa0\xe2\x80\xa6 end\n"); }
static void says_raw_escapes(void) { answer_put("failed: \x9b" "2J\xc2\xa0\xc2\n"); }

static void links_secret(void)
{
    char path[96];
    in("answer", path);
    REQUIRE(symlink(secret, path) == 0);
}

static void makes_pipe(void)
{
    char path[96];
    in("answer", path);
    REQUIRE(mkfifo(path, 0600) == 0);
}

static void makes_folder(void)
{
    char path[96];
    in("answer", path);
    REQUIRE(mkdir(path, 0700) == 0);
}

/* The process: holds the service's lock, waits for the word, and does its deed. */
static pid_t process_start(deed *act)
{
    int ready[2];
    char byte, path[96], word[16] = "";
    REQUIRE(pipe(ready) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        REQUIRE(ask_lock(data) >= 0 && write(ready[1], "x", 1) == 1);
        alarm(30);
        in("request", path);
        int fd;
        while ((fd = open(path, O_RDONLY | O_NOFOLLOW)) < 0)
            nanosleep(&(struct timespec){0, 5000000}, NULL);
        REQUIRE(read(fd, word, sizeof word - 1) == 5 && strcmp(word, "word\n") == 0 && unlink(path) == 0);
        act();
        pause();
    }
    close(ready[1]);
    REQUIRE(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    return pid;
}

static void tidy(void)
{
    static const char *const names[] = {"answer", "answer.part", "request", "request.part"};
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        in(names[i], path);
        if (unlink(path) != 0)
            (void)rmdir(path);
    }
}

/* What is said goes into the file `said`. */
static int ask(deed *act, struct ask_count *count)
{
    pid_t pid = process_start(act);
    int before = dup(STDERR_FILENO), to = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(before >= 0 && to >= 0 && dup2(to, STDERR_FILENO) >= 0);
    int end = ask_process(data, "store", "word", count);
    REQUIRE(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    close(to);
    kill(pid, SIGKILL);
    REQUIRE(waitpid(pid, NULL, 0) == pid);
    return end;
}

static bool was_said(const char *what)
{
    char text[1024] = "";
    FILE *f = fopen(said, "r");
    REQUIRE(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    return memmem(text, n, what, strlen(what)) != NULL;
}

static void test_answers(void)
{
    struct ask_count count;
    char path[96];
    CHECK_INT(ask(says_progress, &count), ASK_DONE);
    CHECK(count.first == 7 && count.second == 1);
    tidy();
    CHECK_INT(ask(says_done, NULL), ASK_DONE);
    in("answer", path);
    CHECK_INT(access(path, F_OK), 0); /* the store holds a backup's files until it is forgotten */
    ask_forget(data, "store");
    CHECK(access(path, F_OK) != 0);
    CHECK_INT(ask(says_failed, &count), ASK_FAILED);
    CHECK(was_said("the store: failed: no room\n") && count.first == 0);
    CHECK(access(path, F_OK) != 0);
    CHECK_INT(ask(says_nothing_whole, NULL), ASK_FAILED);
}

static void test_hostile_answers(void)
{
    static const struct {
        deed *act;
        const char *says;
    } rows[] = {{links_secret, "not a plain file"}, {makes_pipe, "not a plain file"}, {makes_folder, "not a plain file"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(ask(rows[i].act, NULL), ASK_FAILED);
        CHECK(was_said(rows[i].says) && !was_said("secret of root"));
        tidy();
    }
    CHECK_INT(ask(says_escapes, NULL), ASK_FAILED);
    CHECK(was_said("failed: ?]0;title?? end") && !was_said("\033"));
    CHECK_INT(ask(says_utf8_escapes, NULL), ASK_FAILED);
    CHECK(was_said("failed: ??2J\xc2\xa0\xe2\x80\xa6 end")); /* U+009B begins what ESC [ begins */
    CHECK_INT(ask(says_raw_escapes, NULL), ASK_FAILED);
    CHECK(was_said("failed: ?2J???\n"));
    CHECK_INT(access(secret, F_OK), 0);
}

/* What stands where the request is written, before it is. */
static void test_hostile_request(void)
{
    char path[96], text[32] = "";
    struct stat st;
    for (int i = 0; i < 2; i++) {
        in("request.part", path);
        REQUIRE((i ? link(secret, path) : symlink(secret, path)) == 0);
        CHECK_INT(ask(says_done, NULL), ASK_DONE);
        tidy();
        FILE *f = fopen(secret, "r");
        REQUIRE(f && fgets(text, sizeof text, f) && fclose(f) == 0);
        CHECK_STR(text, "secret of root\n");
        REQUIRE(stat(secret, &st) == 0);
        CHECK_INT(st.st_uid, geteuid());
    }
}

static void test_give(void)
{
    char path[96], folder[96];
    struct stat st, to;
    in("key.new", path);
    in("", folder);
    REQUIRE(stat(folder, &to) == 0);
    file_make(path, "key\n");
    CHECK_INT(ask_file_give(path, data, "store"), 0);
    REQUIRE(lstat(path, &st) == 0);
    CHECK_INT(st.st_uid, to.st_uid);
    REQUIRE(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    CHECK_INT(ask_file_give(path, data, "store"), 0);
    REQUIRE(lstat(path, &st) == 0);
    CHECK_INT(st.st_uid, to.st_uid);
    for (int i = 0; i < 2; i++) {
        REQUIRE(unlink(path) == 0 && (i ? link(secret, path) : symlink(secret, path)) == 0);
        errno = 0;
        CHECK(ask_file_give(path, data, "store") != 0);
        CHECK_INT(errno, EPERM);
        REQUIRE(stat(secret, &st) == 0);
        CHECK_INT(st.st_uid, geteuid());
    }
    REQUIRE(unlink(path) == 0);
    CHECK(ask_file_give(path, data, "store") != 0);
    CHECK_INT(errno, ENOENT);
}

static void test_no_service(void)
{
    CHECK(!ask_running(data));
    CHECK_INT(ask_process(data, "store", "word", NULL), ASK_ENDED);
    CHECK_INT(ask_process(data, "nobody", "word", NULL), ASK_ENDED);
    tidy();
}

int main(void)
{
    char path[96];
    REQUIRE(mkdtemp(data));
    snprintf(secret, sizeof secret, "%s/secret", data);
    snprintf(said, sizeof said, "%s/said", data);
    file_make(secret, "secret of root\n");
    snprintf(path, sizeof path, "%s/run", data);
    REQUIRE(mkdir(path, 0700) == 0);
    in("", path);
    REQUIRE(mkdir(path, 0700) == 0 && (geteuid() != 0 || chown(path, SOME_UID, SOME_UID) == 0));
    test_answers();
    test_hostile_answers();
    test_hostile_request();
    test_give();
    test_no_service();
    CHECK_INT(unlink(secret) | unlink(said), 0);
    in("", path);
    CHECK_INT(rmdir(path), 0);
    snprintf(path, sizeof path, "%s/run/lock", data);
    CHECK_INT(unlink(path), 0);
    snprintf(path, sizeof path, "%s/run", data);
    CHECK_INT(rmdir(path) | rmdir(data), 0);
    return check_done();
}
