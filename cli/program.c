/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/program.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/output/progress.h"

int program_init(struct program *program, const char *name)
{
    memset(program, 0, sizeof *program);
    ssize_t len = readlink("/proc/self/exe", program->path, sizeof program->path - 1);
    char *slash = len > 0 ? memrchr(program->path, '/', (size_t)len) : NULL;
    if (!slash || (size_t)(slash - program->path) + strlen(name) + 2 > sizeof program->path)
        return fail(PERI_EXIT_ERROR, "cannot tell where '%s' is", name);
    strcpy(slash + 1, name);
    if (access(program->path, X_OK) != 0)
        return fail(PERI_EXIT_ERROR, "'%s' is not there: build it first (./demo or ./test does)", program->path);
    program_add(program, name);
    return PERI_EXIT_OK;
}

void program_add(struct program *program, const char *argument)
{
    if (program->argc < PROGRAM_ARGS_MAX)
        program->argv[program->argc++] = argument;
}

/* argv of execv is not const for historical reasons only. */
static void become(struct program *program)
{
    union {
        const char **from;
        char **to;
    } argv = {program->argv};
    signal(SIGXFSZ, SIG_DFL); /* ours alone: main() ignores it */
    execv(program->path, argv.to);
}

int program_exec(struct program *program)
{
    become(program);
    return fail(PERI_EXIT_ERROR, "cannot start '%s': %s", program->path, strerror(errno));
}

int program_lines(struct program *program, program_line *each, void *context)
{
    int out[2], status;
    if (pipe(out) != 0)
        return fail(PERI_EXIT_ERROR, "cannot make a pipe: %s", strerror(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        /* Who ends the command means its work, which was in its place until it had to be read. */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
            _exit(127);
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        become(program);
        _exit(127);
    }
    close(out[1]);
    FILE *from = pid > 0 ? fdopen(out[0], "r") : NULL;
    if (!from) {
        close(out[0]);
        return fail(PERI_EXIT_ERROR, "cannot start '%s': %s", program->path, strerror(errno));
    }
    char *text = NULL;
    size_t room = 0;
    while (getline(&text, &room, from) >= 0) {
        text[strcspn(text, "\n")] = 0;
        each(context, text);
    }
    free(text);
    fclose(from);
    if (waitpid(pid, &status, 0) != pid)
        return fail(PERI_EXIT_ERROR, "lost '%s': %s", program->path, strerror(errno));
    if (WIFSIGNALED(status)) /* it had no chance to say why */
        return fail(PERI_EXIT_ERROR, "'%s' was ended by signal %d", program->path, WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ? PERI_EXIT_OK : PERI_EXIT_ERROR;
}

struct first_line {
    char *line; /* NULL: all are printed */
    size_t cap;
    bool have;
};

static void first_keep(void *context, const char *line)
{
    struct first_line *first = context;
    if (!first->line)
        puts(line);
    else if (!first->have)
        snprintf(first->line, first->cap, "%s", line);
    first->have = true;
}

int program_run(struct program *program, char *line, size_t cap)
{
    struct first_line first = {.line = line, .cap = cap};
    if (line)
        line[0] = 0;
    return program_lines(program, first_keep, &first);
}

void program_option(struct program *program, const struct peri *peri, const char *option, const char *flag)
{
    for (size_t i = 0; arg_at(peri, option, i); i++) {
        program_add(program, flag);
        program_add(program, arg_at(peri, option, i));
    }
}

void program_progress(struct program *program, const struct peri *peri)
{
    if (progress_wanted(peri))
        program_add(program, "--progress");
}

struct said {
    bool sentences; /* as they come; else one object */
    json_t *object;
};

static void answer_line(void *context, const char *line)
{
    struct said *said = context;
    uint64_t done, total;
    char what[64];
    if (sscanf(line, "progress %" SCNu64 " %" SCNu64 " %63[^\n]", &done, &total, what) == 3) {
        progress_bar(what, done, total);
    } else if (said->sentences) {
        progress_clear();
        puts(line);
    } else {
        json_decref(said->object);
        said->object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    }
}

int program_answer(struct program *program, struct peri *peri)
{
    struct said said = {.sentences = output_to_person(peri)};
    if (!said.sentences)
        program_add(program, "--json");
    int code = program_lines(program, answer_line, &said);
    progress_clear();
    if (said.object) { /* also of what failed half-way: what was done */
        int err = output_print(peri, said.object);
        code = code ? code : err;
    } else if (!code && !said.sentences) {
        code = fail(PERI_EXIT_ERROR, "no answer from '%s'", program->path);
    }
    json_decref(said.object);
    return code;
}
