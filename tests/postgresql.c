/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/postgresql.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

enum { READY_MAX_MS = 60000, WORDS_MAX = 24 };

static void programs_find(struct postgresql_server *s)
{
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0) {
        fprintf(stderr, "PostgreSQL is not installed: tools/setup test installs it\n");
        exit(1);
    }
    snprintf(s->programs, sizeof s->programs, "%s", found.gl_pathv[found.gl_pathc - 1]);
    *strrchr(s->programs, '/') = '\0';
    globfree(&found);
}

/* One of PostgreSQL's programs, its output in folder/log. */
static pid_t program_start(const struct postgresql_server *s, const char *name, ...)
{
    char path[256], log[96];
    const char *words[WORDS_MAX] = {path}; /* in full: initdb looks for postgres beside it, and Debian has neither in PATH */
    size_t count = 1;
    va_list list;
    va_start(list, name);
    while (count < WORDS_MAX - 1 && (words[count] = va_arg(list, const char *)) != NULL)
        count++;
    va_end(list);
    snprintf(path, sizeof path, "%s/%s", s->programs, name);
    snprintf(log, sizeof log, "%s/log", s->folder);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid)
        return pid;
    if (s->uid && (setgroups(0, NULL) != 0 || setgid(s->gid) != 0 || setuid(s->uid) != 0))
        _exit(126);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    /* a server that is not stopped ends with its test */
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(s->folder) != 0 || prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0)
        _exit(126);
    execv(path, (char *const *)(uintptr_t)words);
    _exit(127);
}

static int program_end(pid_t pid)
{
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void log_show(const struct postgresql_server *s)
{
    char path[96];
    size_t len;
    snprintf(path, sizeof path, "%s/log", s->folder);
    char *text = (char *)check_read_file(path, &len);
    fwrite(text, 1, len, stderr);
    free(text);
}

static void ready_wait(const struct postgresql_server *s)
{
    const struct timespec pause = {0, 50 * 1000000};
    for (int ms = 0; ms < READY_MAX_MS; ms += 50) {
        if (program_end(program_start(s, "pg_isready", "-q", "-h", s->folder, (char *)NULL)) == 0)
            return;
        nanosleep(&pause, NULL);
    }
    log_show(s);
    REQUIRE(!"PostgreSQL starts");
}

void postgresql_server_start(struct postgresql_server *s)
{
    *s = (struct postgresql_server){0};
    programs_find(s);
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (user) {
        s->uid = user->pw_uid;
        s->gid = user->pw_gid;
    }
    strcpy(s->folder, "/tmp/peri-postgresql-XXXXXX");
    /* the service's own users reach the socket */
    REQUIRE(mkdtemp(s->folder) != NULL && chmod(s->folder, 0711) == 0);
    REQUIRE(!s->uid || chown(s->folder, s->uid, s->gid) == 0);
    if (program_end(program_start(s, "initdb", "-D", "data", "-U", "perisphere", "--auth=trust", "--no-sync",
                                  "--encoding=UTF8", "--locale=C", (char *)NULL)) != 0) {
        log_show(s);
        REQUIRE(!"initdb");
    }
    /* No test cuts this machine's power, so nothing here waits for its disk. */
    s->pid = program_start(s, "postgres", "-D", "data", "-k", s->folder, "-c", "listen_addresses=", "-c", "fsync=off",
                           "-c", "shared_buffers=32MB", "-c", "max_connections=40", "-c", "autovacuum=off",
                           (char *)NULL);
    ready_wait(s);
    REQUIRE(program_end(program_start(s, "createdb", "-h", s->folder, "-U", "perisphere", "service", (char *)NULL)) == 0);
    snprintf(s->url, sizeof s->url, "postgresql://perisphere@/service?host=%s", s->folder);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void postgresql_server_stop(struct postgresql_server *s)
{
    kill(s->pid, SIGINT); /* ends sessions that are open */
    CHECK_INT(program_end(s->pid), 0);
    nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
