/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on stderr when the process is killed: refusals and errors, and all before them. */
#include "service/front/access_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"

static char path[] = "/tmp/peri-access-log-XXXXXX";

static size_t lines_there(void)
{
    char text[8192];
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    size_t n = fread(text, 1, sizeof text, f), lines = 0;
    fclose(f);
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

int main(void)
{
    static const struct {
        int status;
        size_t there; /* lines, when the call is over */
    } rows[] = {{200, 0}, {204, 0}, {304, 0}, {400, 4}, {201, 4}, {401, 6}, {404, 7}, {500, 8}, {0, 8}, {503, 10}};
    size_t there[sizeof rows / sizeof rows[0]], at_end;
    int own = dup(STDERR_FILENO), file = mkstemp(path);
    REQUIRE(own >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct access_entry entry = {.request_id = "r", .method = "GET", .route = "-", .status = rows[i].status, .name = ""};
        access_log(&entry);
        there[i] = lines_there();
    }
    access_log_flush();
    at_end = lines_there();
    dup2(own, STDERR_FILENO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(there[i], rows[i].there);
    CHECK_INT(at_end, sizeof rows / sizeof rows[0]);
    unlink(path);
    return check_done();
}
