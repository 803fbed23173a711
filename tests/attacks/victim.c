/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/attacks/victim.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

void victim_start(struct victim *v, const char *folder, const char *log)
{
    char peri[512];
    const char *bin = getenv("PERI_BIN");
    snprintf(peri, sizeof peri, "%s/peri", bin ? bin : "build/test/bin");
    snprintf(v->folder, sizeof v->folder, "%s", folder);
    snprintf(v->log, sizeof v->log, "%s", log);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    REQUIRE(fd >= 0);
    v->pid = fork();
    REQUIRE(v->pid >= 0);
    if (v->pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(125);
        execl(peri, peri, "device", "run", folder, (char *)NULL);
        _exit(126);
    }
    close(fd);
}

int victim_stop(struct victim *v)
{
    int status;
    REQUIRE(kill(v->pid, SIGTERM) == 0 && waitpid(v->pid, &status, 0) == v->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

unsigned victim_said(const struct victim *v, const char *text)
{
    char line[4096];
    unsigned count = 0;
    FILE *f = fopen(v->log, "r");
    REQUIRE(f != NULL);
    while (fgets(line, sizeof line, f))
        count += strstr(line, text) != NULL;
    fclose(f);
    return count;
}

bool victim_wait(const struct victim *v, const char *text, unsigned before, unsigned seconds)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    for (unsigned i = 0; i < seconds * 20; i++) {
        if (victim_said(v, text) > before)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}
