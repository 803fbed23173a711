/* SPDX-License-Identifier: BSD-2-Clause */
/* peri --complete, and the scripts that ask it: as bash and zsh complete at a terminal. */
#include <pty.h>
#include <signal.h>
#include <time.h>

#include "cli/run_fixture_test.h"

static char screen[65536];
static size_t screen_len;

/* Reads until text is on the screen behind what was there; false when the shell is gone, or after a time that
 * only a hang takes. */
static bool screen_wait(int terminal, const char *text)
{
    size_t from = screen_len;
    time_t until = time(NULL) + 60;
    while (!strstr(screen + from, text) && time(NULL) < until && screen_len < sizeof screen - 1) {
        fd_set ready;
        struct timeval pause = {1, 0};
        FD_ZERO(&ready);
        FD_SET(terminal, &ready);
        if (select(terminal + 1, &ready, NULL, NULL, &pause) != 1)
            continue;
        ssize_t n = read(terminal, screen + screen_len, sizeof screen - 1 - screen_len);
        if (n <= 0)
            return false;
        screen_len += (size_t)n;
        screen[screen_len] = 0;
    }
    return strstr(screen + from, text) != NULL;
}

static void type(int terminal, const char *keys)
{
    REQUIRE(write(terminal, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

/* A shell at a terminal, told to complete: what is typed, then Tab, and what is to be there; listed: besides, where there are several. */
static void at_terminal(const char *const *shell, const char *set_up, const char *listed)
{
    static const struct {
        const char *typed, *becomes;
    } rows[] = {
        {"peri prod\t", "peri product "},
        {"peri product del\t", "peri product delete "},
        {"peri device capability down\t", "peri device capability download "},
        {"peri product create --desc\t", "peri product create --description "},
        {"peri product list --output ta\t", "peri product list --output table "},
        {"peri product list --output=ta\t", "peri product list --output=table "},
        {"peri service rotate-w\t", "peri service rotate-wrap-key "},
        {"peri root request --pkcs11-m\t", "peri root request --pkcs11-module "},
        {"peri image-package show my-pack\t", "my-package.image"}, /* a file, where no word is to be had */
    };
    struct winsize size = {24, 200, 0, 0};
    int terminal, status;
    char folder[512], line[1024];
    snprintf(folder, sizeof folder, "%s", run_program());
    *strrchr(folder, '/') = 0;
    put_text(at("my-package.image"), "");
    screen_len = 0;
    screen[0] = 0;
    fflush(NULL);
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    REQUIRE(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "dumb", 1);
        setenv("PS1", "$ ", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("HOME", run_folder, 1);
        if (chdir(run_folder) != 0)
            _exit(126);
        union {
            const char *const *from;
            char *const *to;
        } words = {shell};
        execv(shell[0], words.to);
        _exit(127);
    }
    snprintf(line, sizeof line, "PATH=%s:$PATH; %s; echo rea''dy\n", folder, set_up);
    type(terminal, line);
    bool good = screen_wait(terminal, "ready");
    CHECK(good);
    for (size_t i = 0; good && i < sizeof rows / sizeof rows[0]; i++) {
        type(terminal, rows[i].typed);
        good = screen_wait(terminal, strrchr(rows[i].becomes, ' ') ? rows[i].becomes + strlen("peri pro") : rows[i].becomes);
        CHECK(good);
        if (!good)
            fprintf(stderr, "  %s: '%s' does not become '%s': %s\n", shell[0], rows[i].typed, rows[i].becomes, screen);
        type(terminal, "\x15"); /* Ctrl-U: an empty line again */
    }
    if (good && listed) {
        type(terminal, "peri service rotate-\t\t");
        good = screen_wait(terminal, listed);
        CHECK(good);
        type(terminal, "\x15");
    }
    type(terminal, "exit\n");
    if (!good)
        kill(pid, SIGKILL);
    while (read(terminal, line, sizeof line) > 0) {
    }
    close(terminal);
    REQUIRE(waitpid(pid, &status, 0) == pid);
}

static void candidates(void)
{
    CHECK_INT(PERI("--complete"), 0);
    CHECK_HAS(run_out, "catalog\n");
    CHECK_INT(PERI("--complete", "cat"), 0);
    CHECK_STR(run_out, "catalog\n");
    CHECK_INT(PERI("--complete", "device-group", "create"), 0);
    CHECK_STR(run_out, "create\ncreate-defaults\n");
    CHECK_INT(PERI("--complete", "device", "cap"), 0);
    CHECK_HAS(run_out, "capability\n");
    CHECK(strstr(strstr(run_out, "capability\n") + 1, "capability\n") == NULL); /* once */
    CHECK_INT(PERI("--complete", "device", "capability", ""), 0);
    CHECK_HAS(run_out, "download\n");
    CHECK_INT(PERI("--complete", "product", "create", "--desc"), 0);
    CHECK_STR(run_out, "--description\n");
    CHECK_INT(PERI("--complete", "product", "list", "--output", "t"), 0);
    CHECK_STR(run_out, "table\ntsv\n");
    CHECK_INT(PERI("--complete", "product", "list", "--output", "=", "t"), 0); /* bash */
    CHECK_STR(run_out, "table\ntsv\n");
    CHECK_INT(PERI("--complete", "product", "list", "--output", "="), 0);
    CHECK_HAS(run_out, "yamlc\n");
    CHECK_INT(PERI("--complete", "product", "list", "--output=t"), 0); /* zsh */
    CHECK_STR(run_out, "--output=table\n--output=tsv\n");
    CHECK_INT(PERI("--complete", "device-group", "update", "--os-feed", "retail"), 0);
    CHECK_STR(run_out, "Retail\nRetailEval\n");
    CHECK_INT(PERI("--complete", "device-group", "update", "-p", "x", "-a", ""), 0);
    CHECK_STR(run_out, "UpdateAll\nNo3rdPartyAppUpdates\n");
    CHECK_INT(PERI("--complete", "os-release", "set-state", "--state=R"), 0);
    CHECK_STR(run_out, "--state=Revoked\n");
    CHECK_INT(PERI("--complete", "product", "show", "--product", "x"), 0); /* any value: nothing to offer */
    CHECK_STR(run_out, "");
    CHECK_INT(PERI("--complete-help", "key", ""), 0);
    CHECK_STR(run_out, "create\tmake an image-signing key (P-256)\nshow\tshow a public key and its thumbprint\n");
    CHECK_INT(PERI("--complete-help", "keys"), 0);
    CHECK_STR(run_out, "keystore\tmake and show the signed list of keys that devices trust\n");
    CHECK_INT(PERI("--complete-help", "device", "cap"), 0); /* of more than one verb */
    CHECK_STR(run_out, "capability\n");
    CHECK_INT(PERI("--complete-help", "product", "show", "--pro"), 0);
    CHECK_HAS(run_out, "--product\tproduct\n");
    CHECK_INT(PERI("--complete", "dev"), 0);
    CHECK_STR(run_out, "device\ndevice-group\n");
    CHECK_INT(PERI("--complete", "nonsense", ""), 0);
    CHECK_STR(run_out, "");
    CHECK_INT(PERI("--complete", "product", "nonsense", "x"), 0);
    CHECK_STR(run_out, "");
}

static void script_of_bash(void)
{
    char command[2048], folder[512];
    snprintf(folder, sizeof folder, "%s", run_program());
    *strrchr(folder, '/') = 0;
    snprintf(command, sizeof command,
             "PATH=%s:$PATH; . <(peri completion bash); complete -p peri; COMP_WORDS=(peri product show-); COMP_CWORD=2;"
             "COMP_WORDS=(peri product del); _peri; echo \"${COMPREPLY[*]}\"",
             folder);
    const char *const argv[] = {"/bin/bash", "-c", command, NULL};
    CHECK_INT(run_argv(argv, NULL), 0);
    CHECK_HAS(run_out, "-F _peri peri\n");
    CHECK_HAS(run_out, "\ndelete\n");
    CHECK_INT(PERI("completion", "zsh"), 0);
    CHECK_HAS(run_out, "#compdef peri\n");
}

int main(void)
{
    run_begin();
    candidates();
    script_of_bash();
    at_terminal((const char *const[]){"/bin/bash", "--noprofile", "--norc", "-i", NULL}, ". <(peri completion bash)", "rotate-wrap-key");
    at_terminal((const char *const[]){"/bin/zsh", "-f", "-i", NULL},
                "PROMPT='$ '; autoload -U compinit && compinit -u -D && . <(peri completion zsh)", "make a new key that signs updates");
    /* as it is installed: a file that the first Tab loads */
    at_terminal((const char *const[]){"/bin/bash", "--noprofile", "--norc", "-i", NULL},
                "mkdir -p bash/completions; peri completion bash >bash/completions/peri; BASH_COMPLETION_USER_DIR=$PWD/bash; "
                ". /usr/share/bash-completion/bash_completion", "rotate-wrap-key");
    at_terminal((const char *const[]){"/bin/zsh", "-f", "-i", NULL},
                "PROMPT='$ '; mkdir functions; peri completion zsh >functions/_peri; fpath=($PWD/functions $fpath); autoload -U compinit && "
                "compinit -u -D", "make a new key that signs updates");
    return check_done();
}
