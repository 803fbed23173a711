/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/move_database.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/ipc/service_move.h"
#include "service/perisphered/config.h"
#include "service/perisphered/data_folder.h"
#include "service/perisphered/data_secret.h"
#include "service/perisphered/say.h"
#include "service/perisphered/uid.h"

struct moving {
    const struct options *options;
    struct service_config config;
    const char *to; /* as "database" in service.json */
    char settings[PATH_MAX], folder[PATH_MAX], file[PATH_MAX], former[PATH_MAX + 8];
    unsigned base; /* of the processes' users; 0: all under our own */
    int lock;
};

/* What follows ends with 0, or not 0 once that has been said. */

static bool is_sqlite(const char *database) { return !*database; }

static int paths_make(struct moving *m)
{
    const char *data = m->options->data;
    bool good = snprintf(m->settings, sizeof m->settings, "%s/service.json", data) < PATH_MAX &&
                snprintf(m->folder, sizeof m->folder, "%s/store", data) < PATH_MAX &&
                snprintf(m->file, sizeof m->file, "%s/store/store.db", data) < PATH_MAX;
    snprintf(m->former, sizeof m->former, "%s.moved", m->file);
    return good ? 0 : say("%s: the name is too long", data);
}

static int settings_read(struct moving *m)
{
    char why[CONFIG_WHY_BYTES];
    int err = config_load(m->settings, &m->config, why);
    return err ? say("%s: %s", m->settings, why) : 0;
}

static int ends_check(struct moving *m)
{
    bool there = access(m->file, F_OK) == 0;
    m->to = strcmp(m->options->move, "sqlite") == 0 ? "" : m->options->move;
    if (is_sqlite(m->to) && is_sqlite(m->config.database))
        return say("the data are in SQLite already: --to postgresql://... moves them");
    if (!is_sqlite(m->to) && !is_sqlite(m->config.database))
        return say("the data are in PostgreSQL already: peri service backup and restore bring them to another database");
    if (is_sqlite(m->config.database) && !there)
        return say("%s: no data of a service that has run; for a new one name the database in %s", m->file, m->settings);
    if (is_sqlite(m->config.database) && access(m->former, F_OK) == 0)
        return say("%s is there, of an earlier move: take it away first", m->former);
    return 0;
}

static int secret_read(struct moving *m)
{
    bool refused;
    return data_secret_read(&m->config, m->options->data, m->base ? m->base + PROCESS_ISSUER : 0, &refused);
}

static void progress_print(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context;
    printf("progress %" PRIu64 " %" PRIu64 " %s\n", done, total, what);
    fflush(stdout);
}

/* From here on the service is on the new database; what was left is out of the way of one that is started on it by mistake. */
static int settings_change(struct moving *m)
{
    char why[CONFIG_WHY_BYTES];
    if (config_database_set(m->settings, m->to, why) != 0)
        return say("the data are in the new database, and %s is as it was: %s", m->settings, why);
    if (is_sqlite(m->to))
        m->former[0] = '\0';
    else if (rename(m->file, m->former) != 0)
        return say("%s: %s: the service is on the new database; take that file away", m->file, strerror(errno));
    return 0;
}

static const char *kind_of(const char *database) { return is_sqlite(database) ? "sqlite" : "postgresql"; }

static void result_tell(const struct moving *m, const struct service_move *move, struct outcome *outcome)
{
    outcome_text(outcome, "data", m->options->data);
    outcome_text(outcome, "from", kind_of(move->from));
    outcome_text(outcome, "to", kind_of(move->to));
    outcome_count(outcome, "tables", move->tables);
    outcome_count(outcome, "rows", move->rows);
    outcome_count(outcome, "images", move->images);
    outcome_count(outcome, "auditRecords", move->audit_records);
    outcome_text(outcome, "formerDatabase", m->former[0] ? m->former : NULL);
    outcome_say(outcome, "moved from %s to %s: %" PRIu64 " rows in %" PRIu64 " tables, %" PRIu64 " images, %" PRIu64 " audit records; start the "
               "service", kind_of(move->from), kind_of(move->to), move->rows, move->tables, move->images, move->audit_records);
    if (m->former[0])
        outcome_say(outcome, "the former database is \"%s\": remove it when all is well", m->former);
}

struct child_end {
    int err;
    uint64_t tables, rows, images, audit_records;
};

/* In the child: what lies in the store's folder is the store's, perhaps made to harm who reads it, and it is read, and the
 * new database made, as the store does at a start: as its user, in that folder. */
static _Noreturn void move_here(struct moving *m, struct service_move *move, pid_t parent, int to)
{
    struct child_end out = {.err = E_IO};
    int folder = open(m->folder, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || fchdir(folder) != 0)
        (void)say("%s: %s", m->folder, strerror(errno));
    else if (uid_take(m->base ? m->base + PROCESS_STORE : 0) != 0)
        (void)say("cannot take uid %u", m->base + PROCESS_STORE);
    /* after the uid, which clears it: whoever ends the command ends this */
    else if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
        out.err = service_move(move);
    out.tables = move->tables, out.rows = move->rows, out.images = move->images, out.audit_records = move->audit_records;
    bool told = write(to, &out, sizeof out) == (ssize_t)sizeof out;
    _exit(told ? 0 : 1);
}

static int apart_move(struct moving *m, struct service_move *move)
{
    struct child_end out = {.err = E_INTERNAL};
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return E_IO;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        move_here(m, move, parent, ends[1]);
    close(ends[1]);
    if (child < 0 || read(ends[0], &out, sizeof out) != (ssize_t)sizeof out)
        out.err = E_INTERNAL;
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    move->tables = out.tables, move->rows = out.rows, move->images = out.images, move->audit_records = out.audit_records;
    return out.err;
}

static int data_move(struct moving *m, struct outcome *outcome)
{
    struct service_move move = {
        .folder = ".", .from = m->config.database, .to = m->to,
        .key = m->config.has_data_key ? m->config.data_key : NULL, .key_own = m->config.data_key_own,
        .key_next = m->config.has_data_key_next ? m->config.data_key_next : NULL,
        .progress = m->options->progress ? progress_print : NULL,
    };
    int err = apart_move(m, &move);
    if (err)
        return say("nothing was moved: the service is as it was");
    err = settings_change(m);
    if (!err)
        result_tell(m, &move, outcome);
    return err;
}

int move_database_run(const struct options *options, struct outcome *outcome)
{
    static struct moving moving;
    struct moving *m = &moving;
    m->options = options;
    m->lock = -1;
    m->base = geteuid() != 0 ? 0 : options->has_uid_base ? options->uid_base : UID_BASE_DEFAULT;
    umask(077);
    int err = paths_make(m);
    if (!err)
        err = data_folder_check(options->data);
    if (!err)
        err = settings_read(m);
    if (!err)
        err = data_folder_lock(options->data, &m->lock);
    if (!err)
        err = data_folder_own(options->data, m->base); /* as before a start */
    if (!err)
        err = ends_check(m);
    if (!err)
        err = secret_read(m);
    if (!err)
        err = data_move(m, outcome);
    ct_wipe(&m->config, sizeof m->config);
    if (m->lock >= 0)
        close(m->lock);
    return err ? 1 : 0;
}
