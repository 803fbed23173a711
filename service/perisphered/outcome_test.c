/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command answers: sentences or one line of JSON, with members in the order in which they were put. */
#include "service/perisphered/outcome.h"

#include <string.h>
#include <unistd.h>

#include "tests/check.h"

static char said[4096];

/* outcome_end() with standard output in said; its code. */
static int end(struct outcome *outcome, bool json, int code)
{
    int pair[2], kept = dup(STDOUT_FILENO);
    REQUIRE(kept >= 0 && pipe(pair) == 0);
    fflush(stdout);
    REQUIRE(dup2(pair[1], STDOUT_FILENO) == STDOUT_FILENO);
    close(pair[1]);
    int got = outcome_end(outcome, json, code);
    fflush(stdout);
    REQUIRE(dup2(kept, STDOUT_FILENO) == STDOUT_FILENO); /* the pipe's last writer goes */
    close(kept);
    ssize_t n = read(pair[0], said, sizeof said - 1);
    REQUIRE(n >= 0);
    said[n] = '\0';
    close(pair[0]);
    CHECK(!outcome->facts && !outcome->messages && !outcome->failed);
    return got;
}

static void fill(struct outcome *outcome, const char *data)
{
    outcome_text(outcome, "data", data);
    outcome_text(outcome, "token", NULL);
    outcome_path(outcome, "key", data, "issuer/\"os\".key");
    outcome_count(outcome, "resealed", 12345678901);
    outcome_flag(outcome, "prepared", false);
    outcome_list(outcome, "none", NULL);
    outcome_list(outcome, "moved", "a");
    outcome_list(outcome, "moved", "b");
    outcome_say(outcome, "%s: %d moved", data, 2);
    outcome_say(outcome, "restart the service");
}

int main(void)
{
    struct outcome outcome = {0};
    fill(&outcome, "d");
    CHECK_INT(end(&outcome, true, 0), 0);
    CHECK_STR(said, "{\"data\":\"d\",\"token\":null,\"key\":\"d/issuer/\\\"os\\\".key\",\"resealed\":12345678901,\"prepared\":false,"
                    "\"none\":[],\"moved\":[\"a\",\"b\"],\"messages\":[\"d: 2 moved\",\"restart the service\"]}\n");
    fill(&outcome, "d");
    CHECK_INT(end(&outcome, false, 0), 0);
    CHECK_STR(said, "d: 2 moved\nrestart the service\n");

    /* What failed before anything was done has no answer; half-way, it says what was done, and the code stays. */
    CHECK_INT(end(&outcome, true, 1), 1);
    CHECK_STR(said, "");
    outcome_list(&outcome, "moved", "a");
    CHECK_INT(end(&outcome, true, 1), 1);
    CHECK_STR(said, "{\"moved\":[\"a\"],\"messages\":[]}\n");

    /* A folder whose name JSON cannot have: people read it, a program is told that it cannot. */
    fill(&outcome, "caf\xe9");
    CHECK_INT(end(&outcome, false, 0), 0);
    CHECK_STR(said, "caf\xe9: 2 moved\nrestart the service\n");
    fprintf(stderr, "expected messages follow\n");
    fill(&outcome, "caf\xe9");
    CHECK_INT(end(&outcome, true, 0), 1);
    CHECK_STR(said, "");
    return check_done();
}
