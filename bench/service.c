/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/service.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, START_TRIES = 5000, STOP_TRIES = 15000 };

#define UID_BASE "64100"

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static unsigned port_read(const char *data)
{
    char path[PATH_BYTES];
    unsigned port = 0;

    snprintf(path, sizeof path, "%s/run/port", data);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    if (fscanf(f, "%u", &port) != 1)
        port = 0;
    fclose(f);
    return port;
}

void service_start(struct service *service, const char *program, const char *data)
{
    char log[PATH_BYTES];

    *service = (struct service){.program = program, .data = data};
    pid_t parent = getpid();
    service->supervisor = fork();
    if (service->supervisor < 0)
        fail("cannot fork");
    if (service->supervisor == 0) {
        /* One line a request: beside the data folder, not between our own lines. */
        snprintf(log, sizeof log, "%s.log", data);
        if (!freopen(log, "w", stderr) || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
            _exit(127);
        /* By root each process gets a uid of its own, as in production. */
        if (geteuid() == 0)
            execl(program, program, "--data", data, "--listen", "127.0.0.1:0", "--uid-base",
                  UID_BASE, (char *)NULL);
        else
            execl(program, program, "--data", data, "--listen", "127.0.0.1:0", (char *)NULL);
        perror(program);
        _exit(127);
    }
    for (int i = 0; i < START_TRIES && service->port == 0; i++) {
        if (waitpid(service->supervisor, NULL, WNOHANG) != 0)
            fail("the service ended at its start: see DATA.log");
        service->port = port_read(data);
        if (service->port == 0)
            nap_ms(1);
    }
    if (service->port == 0) {
        service_stop(service);
        fail("the service wrote no port file");
    }
}

void service_stop(struct service *service)
{
    if (service->supervisor <= 0)
        return;
    kill(service->supervisor, SIGTERM);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (waitpid(service->supervisor, NULL, WNOHANG) != 0) {
            service->supervisor = 0;
            return;
        }
        nap_ms(1);
    }
    kill(service->supervisor, SIGKILL);
    waitpid(service->supervisor, NULL, 0);
    service->supervisor = 0;
}

/* -- /proc -------------------------------------------------------------------- */

struct process_stat {
    pid_t pid, parent;
    double cpu_s;
    char arguments[256];
};

static bool stat_read(pid_t pid, struct process_stat *out)
{
    char path[64], line[1024];
    unsigned long user, system;
    int parent;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    char *got = fgets(line, sizeof line, f);
    fclose(f);
    /* The name is in brackets and may hold anything: go on after the last one. */
    char *after = got ? strrchr(line, ')') : NULL;
    if (!after || sscanf(after + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &parent,
                         &user, &system) != 3)
        return false;
    *out = (struct process_stat){.pid = pid, .parent = parent,
                                 .cpu_s = (double)(user + system) / (double)sysconf(_SC_CLK_TCK)};
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    f = fopen(path, "r");
    if (f) {
        size_t len = fread(out->arguments, 1, sizeof out->arguments - 1, f);
        for (size_t i = 0; i + 1 < len; i++)
            if (out->arguments[i] == '\0')
                out->arguments[i] = ' ';
        fclose(f);
    }
    return true;
}

/* The supervisor and its children: no process of the service has children. */
static unsigned processes_list(const struct service *service,
                               struct process_stat list[static SERVICE_PROCESSES_MAX])
{
    unsigned count = 0;
    DIR *dir = opendir("/proc");

    if (!dir)
        fail("cannot read /proc");
    for (struct dirent *e; (e = readdir(dir)) != NULL && count < SERVICE_PROCESSES_MAX;) {
        struct process_stat one;
        if (!isdigit((unsigned char)e->d_name[0]) || !stat_read((pid_t)atoi(e->d_name), &one))
            continue;
        if (one.pid == service->supervisor || one.parent == service->supervisor)
            list[count++] = one;
    }
    closedir(dir);
    return count;
}

double service_cpu_s(const struct service *service)
{
    struct process_stat list[SERVICE_PROCESSES_MAX];
    unsigned count = processes_list(service, list);
    double sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += list[i].cpu_s;
    return sum;
}

void service_cpu_show(const struct service *service)
{
    struct process_stat list[SERVICE_PROCESSES_MAX];
    unsigned count = processes_list(service, list);

    fprintf(stderr, "bench: CPU-seconds so far:");
    for (unsigned i = 0; i < count; i++) {
        const char *name = strstr(list[i].arguments, "--process ");
        char text[32];
        snprintf(text, sizeof text, "%s", name ? name + 10 : "supervisor");
        text[strcspn(text, " ")] = '\0';
        fprintf(stderr, " %s %.2f", text, list[i].cpu_s);
    }
    fputc('\n', stderr);
}

struct service_memory service_memory(const struct service *service)
{
    struct process_stat list[SERVICE_PROCESSES_MAX];
    struct service_memory memory = {.processes = processes_list(service, list)};

    for (unsigned i = 0; i < memory.processes; i++) {
        char path[64], line[256];
        double kib;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)list[i].pid);
        FILE *f = fopen(path, "r");
        if (!f)
            fail("cannot read smaps_rollup of the service: run as the same user or as root");
        while (fgets(line, sizeof line, f)) {
            if (sscanf(line, "Rss: %lf", &kib) == 1)
                memory.rss_mib += kib / 1024;
            else if (sscanf(line, "Pss: %lf", &kib) == 1)
                memory.pss_mib += kib / 1024;
        }
        fclose(f);
    }
    return memory;
}
