/* SPDX-License-Identifier: BSD-2-Clause */
/* peri --complete, and the scripts that ask it, run by bash. */
#include "cli/run_fixture_test.h"

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
    CHECK_HAS(run_out, "compdef _peri peri");
}

int main(void)
{
    run_begin();
    candidates();
    script_of_bash();
    return check_done();
}
