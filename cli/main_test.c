/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/main.c: help without service and profile, and words that are no command. */
#include <pty.h>

#include "cli/run_fixture_test.h"

/* Help in every place where a user asks for it. */
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
    CHECK_INT(PERI("show-sdk-version"), 0); /* an answer as every other */
    CHECK_INT(run_out[0], '"');
    CHECK_INT(PERI("show-sdk-version", "-o", "tsv"), 0);
    CHECK(run_out[0] >= '0' && run_out[0] <= '9');
    CHECK_INT(PERI("--version"), 0);
    CHECK_HAS(run_out, "peri ");
}

static void no_command(void)
{
    CHECK_INT(PERI("device"), 2);
    CHECK(run_out[0] == 0);
    CHECK_INT(PERI("nonsense"), 2);
    CHECK_HAS(run_err, "'nonsense' is not a command");
    CHECK_INT(PERI("help", "non\x1bsense"), 2);
    CHECK_HAS(run_err, "'non\\x1bsense'");
    CHECK(!strstr(run_err, "meant")); /* nothing is near */
    CHECK_INT(PERI("devcie"), 2);
    CHECK_HAS(run_err, "is 'device' meant?");
    CHECK_INT(PERI("device", "shw"), 2);
    CHECK_HAS(run_err, "'peri device shw' is not a command: is 'show' meant?");
    CHECK_INT(PERI("device", "capability", "downlaod"), 2);
    CHECK_HAS(run_err, "is 'download' meant?");
    CHECK_INT(PERI("device", "network", "proxy", "--help"), 0);
    CHECK_HAS(run_out, "  network proxy apply ");
    CHECK(!strstr(run_out, "show-status"));
    CHECK_INT(PERI("help", "device", "network", "proxy"), 0);
    CHECK_INT(PERI("device", "network", "proxy"), 2);
    CHECK_HAS(run_err, "  network proxy apply ");
    CHECK_INT(PERI("device", "network", "proxy", "aply"), 2);
    CHECK_HAS(run_err, "'peri device network proxy aply' is not a command: is 'apply' meant?");
    CHECK_INT(PERI("device", "xx"), 2); /* too short to guess */
    CHECK(!strstr(run_err, "meant"));
    CHECK_INT(PERI("product", "list", "--filtre", "x"), 2);
    CHECK_HAS(run_err, "is --filter meant?");
    CHECK_INT(PERI("device", "0123456789012345678901234567890123456789x"), 2);
    CHECK_INT(PERI("device", "nonsense"), 2);
    CHECK_INT(PERI("device", "capability", "nonsense"), 2);
    CHECK_INT(PERI(""), 2);
    CHECK_INT(PERI("device", ""), 2);
    CHECK_INT(run_argv((const char *const[]){run_program(), NULL}, NULL), 2);
}

/* Every row of the overview is a command whose help works. */
static void help_of_all(void)
{
    CHECK_INT(PERI("--help-markdown"), 0);
    char table[sizeof run_out];
    strcpy(table, run_out);
    unsigned count = 0;
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

/* Without any profile, a command for the service says where one comes from. */
static void first_use(void)
{
    CHECK_INT(PERI("catalog", "list"), 1);
    CHECK_HAS(run_err, "no profile");
    CHECK_HAS(run_err, "peri service init");
}

/* peri product delete on a terminal, given this answer: what it says, and its exit code. */
static int on_terminal(const char *option, const char *answer)
{
    int terminal, status;
    size_t len = 0;
    ssize_t n;
    fflush(NULL);
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    REQUIRE(pid >= 0);
    if (pid == 0) {
        execl(run_program(), "peri", "product", "delete", "-p", "x", option, (char *)NULL);
        _exit(127);
    }
    REQUIRE(write(terminal, answer, strlen(answer)) == (ssize_t)strlen(answer));
    while (len < sizeof run_out - 1 && (n = read(terminal, run_out + len, sizeof run_out - 1 - len)) > 0)
        len += (size_t)n;
    run_out[len] = 0;
    close(terminal);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

/* A deletion asks where somebody can answer, and never holds up a script. */
static void are_you_sure(void)
{
    CHECK_INT(on_terminal(NULL, "n\n"), 1);
    CHECK_HAS(run_out, "are you sure? (y/n)");
    CHECK_HAS(run_out, "not done");
    CHECK_INT(on_terminal(NULL, "\n"), 1);
    CHECK_HAS(run_out, "not done");
    CHECK_INT(on_terminal(NULL, "y\n"), 1);
    CHECK_HAS(run_out, "no profile"); /* it goes on */
    CHECK_INT(on_terminal("--yes", ""), 1);
    CHECK(!strstr(run_out, "sure"));
    CHECK_HAS(run_out, "no profile");
    CHECK_INT(PERI("product", "delete", "-p", "x"), 1);
    CHECK_HAS(run_err, "no profile");
}

int main(void)
{
    run_begin();
    unsetenv("PERI_PROFILE");
    setenv("HOME", run_folder, 1);
    help();
    no_command();
    help_of_all();
    first_use();
    are_you_sure();
    return check_done();
}
