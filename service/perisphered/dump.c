/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/dump.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/libpq/libpq.h"

static int say(const char *program, const char *what)
{
    fprintf(stderr, "perisphered: %s: %s\n", program, what);
    return 1;
}

/* A file that an option names, below the folder where its name is not from the root, as the store itself has it. */
static bool option_set(const PQconninfoOption *o, const char *folder)
{
    char path[PATH_MAX];
    if (!libpq_file_is_relative(o))
        return setenv(o->envvar, o->val, 1) == 0;
    return snprintf(path, sizeof path, "%s/%s", folder, o->val) < (int)sizeof path && setenv(o->envvar, path, 1) == 0;
}

/* In the child alone: a URL taken apart into the variables that libpq reads. */
static bool environment_set(const char *url, const char *folder)
{
    const struct libpq *pq;
    char *why = NULL;
    if (libpq_load(&pq) != 0)
        return false;
    PQconninfoOption *options = pq->PQconninfoParse(url, &why);
    bool good = options != NULL;
    if (!good)
        say("\"database\" in service.json", why ? why : "not understood");
    for (PQconninfoOption *o = options; good && o && o->keyword; o++) {
        if (!o->val)
            continue;
        good = o->envvar && option_set(o, folder);
        if (!good)
            say("\"database\" in service.json: a backup cannot take this option", o->keyword);
    }
    return good;
}

static int program_run(const char *url, const char *folder, const char *const *words)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        union {
            const char *const *from;
            char *const *to;
        } argv = {words};
        if (!environment_set(url, folder))
            _exit(126);
        execvp(words[0], argv.to);
        fprintf(stderr, "perisphered: %s: %s (Debian package postgresql-client)\n", words[0], strerror(errno));
        _exit(126);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return say(words[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 126 ? 1 : say(words[0], "failed, see above");
}

int dump_write(const char *url, const char *folder, const char *file)
{
    return program_run(url, folder, (const char *const[]){"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", file, NULL});
}

/* Without --dbname pg_restore would write SQL to its output. */
int dump_read(const char *url, const char *folder, const char *file)
{
    return program_run(url, folder, (const char *const[]){"pg_restore", "--single-transaction", "--exit-on-error", "--no-owner",
                                                  "--no-privileges", "--dbname", "", file, NULL});
}
