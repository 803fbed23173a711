/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri on a terminal (a pty) and off it: bars and waits, Ctrl-C in the middle of one, narrow and
 * dumb terminals, NO_COLOR, locales that are not UTF-8, readers that go away.
 */
#include <pty.h>
#include <termios.h>

#include "cli/client/server_fixture_test.h"

#define FIT(rows) server_expect(&service, rows)
#define END {NULL, NULL, NULL, 0, 0, false}

static struct server service;
static char screen[262144]; /* all that came to the terminal */

/* What is set for the program on the terminal. */
struct setting {
    unsigned short columns;
    const char *name, *value;   /* of one variable, NULL: none */
    const char *interrupt_at;   /* Ctrl-C is typed once this is on the screen */
};

/* Runs peri with words on a terminal; exit code, or 1000 + signal. */
static int on_terminal(struct setting setting, const char *const *words)
{
    struct winsize size = {24, setting.columns ? setting.columns : 80, 0, 0};
    const char *argv[32] = {run_program()};
    int terminal, status;
    size_t len = 0, n = 1;
    bool typed = false;
    ssize_t got;
    while (*words && n < 31)
        argv[n++] = *words++;
    argv[n] = NULL;
    fflush(NULL);
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    REQUIRE(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        if (setting.name)
            setenv(setting.name, setting.value, 1);
        union {
            const char **from;
            char **to;
        } all = {argv};
        execv(argv[0], all.to);
        _exit(127);
    }
    while (len < sizeof screen - 1 && (got = read(terminal, screen + len, sizeof screen - 1 - len)) > 0) {
        len += (size_t)got;
        screen[len] = 0;
        if (setting.interrupt_at && !typed && strstr(screen, setting.interrupt_at)) {
            typed = true;
            REQUIRE(write(terminal, "\x03", 1) == 1);
        }
    }
    screen[len] = 0;
    close(terminal);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
#define ON(with, ...) on_terminal((struct setting)with, (const char *const[]){__VA_ARGS__, NULL})
#define PLAIN {0}
#define VARIABLE(name, value) {0, name, value, NULL}

/* The longest that stood beside each other, between carriage returns and newlines. */
static size_t widest(void)
{
    size_t most = 0, now = 0;
    for (const char *at_byte = screen; *at_byte; at_byte++) {
        if (*at_byte == '\x1b') { /* ESC [ K */
            at_byte += strcspn(at_byte, "Km");
            continue;
        }
        now = *at_byte == '\r' || *at_byte == '\n' ? 0 : now + 1;
        most = now > most ? now : most;
    }
    return most;
}

static void bar(void)
{
    static const struct answer rows[] = {{"PUT ", "200 OK", "{\"name\":\"x\"}", 0, 0, false}, END};
    const char *image = at("big.imagepackage");
    CHECK_INT(PERI("key", "create", "-of", at("key.p8")), 0);
    FILE *f = fopen(at("body"), "w");
    REQUIRE(f && ftruncate(fileno(f), 600000) == 0 && fclose(f) == 0);
    CHECK_INT(PERI("image-package", "create", "--type", "Nwfs", "--body", at("body"), "--key", at("key.p8"), "-i",
                   "25025d2c-66da-4448-bae1-ac26fcdd3627", "-n", "big", "-of", image), 0);
    FIT(rows);
    CHECK_INT(ON(PLAIN, "image", "add", "-img", image), 0);
    CHECK_HAS(screen, "\ruploading [###");
    CHECK_HAS(screen, "\r\x1b[K{"); /* gone before the answer */
    CHECK(widest() < 80);
    CHECK_INT(ON({.columns = 24}, "image", "add", "-img", image, "-o", "none"), 0);
    CHECK_HAS(screen, "uploading [");
    CHECK(widest() < 24);
    CHECK_INT(ON({.columns = 12}, "image", "add", "-img", image, "-o", "none"), 0);
    CHECK_HAS(screen, "100 %");
    CHECK(widest() < 12 && !strchr(screen, '#'));
    CHECK_INT(ON({.columns = 1}, "image", "add", "-img", image, "-o", "none"), 0);
    CHECK_INT(ON(PLAIN, "image", "add", "-img", image, "--only-show-errors"), 0);
    CHECK(!strstr(screen, "uploading") && !strchr(screen, '\x1b'));
    CHECK_INT(ON(VARIABLE("TERM", "dumb"), "image", "add", "-img", image), 0);
    CHECK(strstr(screen, "uploading") && !strchr(screen, '\x1b'));
    CHECK(strstr(strstr(screen, "uploading") + 1, "uploading") == NULL); /* once */
    static const struct answer large[] = {{"GET /content ", "200 OK", "", 0, 1 << 20, true},
                                          {"GET ", "200 OK", "{\"properties\":{\"uri\":\"$/content\"}}", 0, 0, false}, END};
    FIT(large);
    CHECK_INT(ON(PLAIN, "image", "download", "--image", "25025d2c-66da-4448-bae1-ac26fcdd3627", "-of", at("x")), 5); /* x's are no image */
    CHECK_HAS(screen, "\rdownloading [###");
    CHECK_HAS(screen, "100 %");
    FIT(rows);
    CHECK_INT(PERI("image", "add", "-img", image), 0); /* no terminal */
    CHECK_STR(run_err, "");
    CHECK(!strchr(run_out, '\r'));
}

static void waits(void)
{
    static const struct answer some[] = {{"PUT ", "202 Accepted\r\nLocation: $/op", "", 0, 0, false},
                                         {"GET /op", "202 Accepted\r\nLocation: $/op", "", 2, 0, false},
                                         {"GET /op", "200 OK", "{\"name\":\"x\"}", 0, 0, false}, END};
    static const struct answer endless[] = {{"PUT ", "202 Accepted\r\nLocation: $/op", "", 0, 0, false},
                                            {"GET /op", "202 Accepted\r\nLocation: $/op", "", 0, 0, false}, END};
    FIT(some);
    CHECK_INT(ON(PLAIN, "group", "create", "-n", "x"), 0);
    CHECK_HAS(screen, "\rwaiting for the service, 0 s");
    CHECK_HAS(screen, "\r\x1b[K{");
    FIT(some);
    CHECK_INT(ON({.columns = 10}, "group", "create", "-n", "x", "-o", "none"), 0);
    CHECK(widest() < 10);
    FIT(some);
    CHECK_INT(ON(PLAIN, "group", "create", "-n", "x", "--no-wait"), 0);
    CHECK(!strstr(screen, "waiting"));
    FIT(some);
    CHECK_INT(PERI("group", "create", "-n", "x"), 0);
    CHECK_STR(run_err, "");
    /* Ctrl-C: the end that a shell expects, and no rest of a line before its prompt */
    FIT(endless);
    CHECK_INT(ON({.interrupt_at = "waiting"}, "group", "create", "-n", "x"), 1000 + SIGINT);
    char *last = screen;
    for (char *next = screen; (next = strstr(next, "waiting")) != NULL; next++)
        last = next;
    CHECK_HAS(last, "\r\x1b[K"); /* (the terminal's own ^C may stand behind it) */
}

static void colours(void)
{
    static const struct answer rows[] = {{"GET ", "200 OK", "{\"value\":[{\"name\":\"x\"}]}", 0, 0, false}, END};
    FIT(rows);
    CHECK_INT(ON(PLAIN, "product", "list", "-o", "jsonc"), 0);
    CHECK_HAS(screen, "\x1b[34m\"name\"");
    CHECK_INT(ON(VARIABLE("NO_COLOR", "1"), "product", "list", "-o", "jsonc"), 0);
    CHECK(!strchr(screen, '\x1b'));
    CHECK_INT(ON(VARIABLE("NO_COLOR", ""), "product", "list", "-o", "jsonc"), 0);
    CHECK(strchr(screen, '\x1b') != NULL);
    CHECK_INT(ON(VARIABLE("TERM", "dumb"), "product", "list", "-o", "jsonc"), 0);
    CHECK(!strchr(screen, '\x1b'));
    CHECK_INT(ON(PLAIN, "product", "list"), 0);
    CHECK(!strchr(screen, '\x1b'));
    CHECK_INT(PERI("product", "list", "-o", "jsonc"), 0);
    CHECK(!strchr(run_out, '\x1b'));
}

static void any_locale(void)
{
    static void (*const none)(void) = NULL;
    static const char *const locales[] = {"C", "POSIX", "en_US.ISO-8859-1", "nonsense"};
    static const struct answer rows[] = {{"GET ", "200 OK", "{\"value\":[{\"name\":\"Gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\xba \xc4\x9b\"}]}", 0, 0, false}, END};
    FIT(rows);
    CHECK_INT(ON(PLAIN, "product", "list", "-o", "tsv"), 0);
    CHECK_HAS(screen, "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\xba");
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        struct setting foreign = {.name = "LC_ALL", .value = locales[i]};
        CHECK_INT(on_terminal(foreign, (const char *const[]){"product", "list", NULL}), 0);
        CHECK_HAS(screen, "Gr\\u00FC\\u00DF \\uD83C\\uDF7A \\u011B\""); /* the same JSON, and no byte that is a control there */
        CHECK_INT(on_terminal(foreign, (const char *const[]){"product", "list", "-o", "table", NULL}), 0);
        CHECK_HAS(screen, "Gr\\xc3\\xbc");
        for (const char *c = screen; *c; c++)
            CHECK((unsigned char)*c < 0x80);
        CHECK_INT(on_terminal(foreign, (const char *const[]){"product", "show", "-p", "\xc3\x9f\xc4\x9b", "--wrong", NULL}), 2);
        for (const char *c = screen; *c; c++)
            CHECK((unsigned char)*c < 0x80);
        setenv("LC_ALL", locales[i], 1); /* no terminal: UTF-8, whatever the locale */
        CHECK_INT(run_argv((const char *const[]){run_program(), "product", "list", "-o", "tsv", NULL}, none), 0);
        CHECK_STR(run_out, "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\xba \xc4\x9b\n");
        unsetenv("LC_ALL");
    }
}

/* Nobody reads: an end, with or without a word, and never a wait. */
static void readers_gone(void)
{
    char command[1024];
    static const struct answer rows[] = {{"GET ", "200 OK", "{\"value\":[{\"name\":\"x\"}]}", 0, 0, false}, END};
    FIT(rows);
    snprintf(command, sizeof command, "set -o pipefail; '%s' product list | true; echo $?", run_program());
    CHECK_INT(run_argv((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL), 0);
    int code = atoi(run_out);
    CHECK(code == 0 || code == 1 || code == 128 + SIGPIPE); /* in time, too late, or told by the kernel */
    snprintf(command, sizeof command, "trap '' PIPE; '%s' product list 2>'%s' | :; echo ${PIPESTATUS[0]}", run_program(), at("said"));
    for (int i = 0; i < 3; i++)
        CHECK_INT(run_argv((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL), 0);
    CHECK(run_out[0] == '0' || run_out[0] == '1');
    snprintf(command, sizeof command, "'%s' product list >/dev/full", run_program());
    CHECK_INT(run_argv((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL), 1);
    CHECK_HAS(run_err, "cannot write the answer");
    snprintf(command, sizeof command, "'%s' product list >&-", run_program());
    CHECK_INT(run_argv((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL), 1);
    snprintf(command, sizeof command, "'%s' --help | head -n 1", run_program());
    CHECK_INT(run_argv((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL), 0);
    CHECK_STR(run_out, "usage: peri NOUN VERB [OPTION...]\n");
}

int main(void)
{
    char text[512];
    run_begin();
    struct identity ca = identity_make("ca", NULL, NULL), server = identity_make("server", &ca, "IP:127.0.0.1"),
                    client = identity_make("client", &ca, NULL);
    identity_save(&ca, at("root.pem"), NULL);
    identity_save(&client, at("cert.pem"), at("key.pem"));
    server_start(&service, &server, &ca);
    snprintf(text, sizeof text, "{\"endpoint\":\"https://127.0.0.1:%u\",\"subscription\":\"s\",\"resourceGroup\":\"g\",\"catalog\":\"c\","
             "\"ca\":\"root.pem\",\"certificate\":\"cert.pem\",\"key\":\"key.pem\"}", service.port);
    put_text(at("profile.json"), text);
    setenv("PERI_PROFILE", run_folder, 1);
    bar();
    waits();
    colours();
    any_locale();
    readers_gone();
    server_stop(&service);
    identity_release(&ca);
    identity_release(&server);
    identity_release(&client);
    free(caught);
    return check_done();
}
