/* SPDX-License-Identifier: BSD-2-Clause */
/* app_log.h: a flood of lines is bounded in the file and on stderr, what is not
 * printable does not pass. */
#include "os/appman/app_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static char folder[] = "/tmp/peri-app-log-XXXXXX", path[64], old[64], errors[64];

static off_t size_of(const char *at)
{
    struct stat s;
    return stat(at, &s) == 0 ? s.st_size : -1;
}

/* What is said on stderr while it runs goes to a file. */
static void flood(size_t lines)
{
    static struct app_log log;
    int to, before = dup(2), file = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    REQUIRE(before >= 0 && file >= 0 && dup2(file, 2) == 2);
    int e = app_log_open(&log, path, "app test", &to);
    for (size_t i = 0; !e && i < lines; i++) {
        e = write(to, "0123456789abcde\x1b[2J\xff\n", 21) == 21 ? 0 : -1;
        (void)app_log_read(&log);
    }
    close(to);
    app_log_close(&log);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    close(file);
    REQUIRE(e == 0);
}

static bool said(const char *text)
{
    static char bytes[1 << 20];
    FILE *in = fopen(errors, "r");
    REQUIRE(in);
    bytes[fread(bytes, 1, sizeof bytes - 1, in)] = '\0';
    fclose(in);
    CHECK(strchr(bytes, '\x1b') == NULL && strchr(bytes, '\xff') == NULL);
    return strstr(bytes, text) != NULL;
}

int main(void)
{
    REQUIRE(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(old, sizeof old, "%s/log.1", folder);
    snprintf(errors, sizeof errors, "%s/stderr", folder);

    flood(100);
    CHECK_INT(size_of(path), 100 * 21);
    CHECK(said("app test: 0123456789abcde?[2J?\n"));
    CHECK(!said("left out"));

    /* 420,000 bytes: both files stay in their bounds, and so does stderr */
    flood(20000);
    CHECK(size_of(path) <= APP_LOG_BYTES_MAX);
    CHECK(size_of(old) <= APP_LOG_BYTES_MAX && size_of(old) > APP_LOG_BYTES_MAX / 2);
    CHECK(size_of(errors) <= 2 * APP_LOG_SHOWN_MAX); /* with the prefix of each line */
    CHECK(said("app test: (18440 lines left out)\n")); /* all but 32768 / 21 */

    unlink(path);
    unlink(old);
    unlink(errors);
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
