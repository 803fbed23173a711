/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/sandbox/landlock.h"
#include "service/sandbox/syscalls.h"

static const struct limit_row {
    __rlimit_resource_t resource;
    rlim_t value;
    const char *name; /* why: */
} limits[] = {
    {RLIMIT_CORE, 0, "core"},         /* keys and requests never reach a disk */
    {RLIMIT_NPROC, 0, "processes"},   /* nothing here forks */
    {RLIMIT_MEMLOCK, 0, "locked memory"},
    {RLIMIT_MSGQUEUE, 0, "message queues"},
};

static int uid_drop(unsigned uid)
{
    if (geteuid() != 0)
        return 0; /* not root: there is nothing to give up */
    if (uid == 0 || setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return E_UNSUPPORTED;
    /* It must be final. */
    return setresuid((uid_t)-1, 0, (uid_t)-1) == 0 ? E_INTERNAL : 0;
}

static int limits_set(void)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].value, limits[i].value};
        if (setrlimit(limits[i].resource, &limit) != 0)
            return E_UNSUPPORTED;
    }
    /* Keeps processes of the same uid out of our memory. */
    return prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : E_UNSUPPORTED;
}

static int socket_add(scmp_filter_ctx filter, const struct syscall_row *row)
{
    const struct scmp_arg_cmp compare[] = {
        {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = row->value & 0xffff},
        {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = SOCKET_TYPE_MASK, .datum_b = row->value >> 16 & 0xffff},
        {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = row->value >> 32},
    };
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->number, 3, compare);
}

static int row_add(scmp_filter_ctx filter, const struct syscall_row *row)
{
    struct scmp_arg_cmp compare = {.arg = row->argument};
    switch (row->check) {
    case CHECK_NONE:
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, row->number, 0);
    case CHECK_EQUALS:
        compare.op = SCMP_CMP_EQ;
        compare.datum_a = row->value;
        break;
    case CHECK_CLEAR:
        compare.op = SCMP_CMP_MASKED_EQ;
        compare.datum_a = row->value;
        compare.datum_b = 0;
        break;
    case CHECK_SELF:
        compare.op = SCMP_CMP_EQ;
        compare.datum_a = (scmp_datum_t)getpid();
        break;
    case CHECK_SOCKET:
        return socket_add(filter, row);
    }
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->number, 1, &compare);
}

static int rows_add(scmp_filter_ctx filter, const struct syscall_row *rows, size_t count,
                    unsigned rights)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].rights && !(rows[i].rights & rights))
            continue;
        int err = row_add(filter, &rows[i]);
        /* A call that this architecture has not (open on arm64) needs no row;
         * the same row twice is harmless. */
        if (err && err != -EDOM && err != -EEXIST)
            return E_UNSUPPORTED;
    }
    return 0;
}

static int syscalls_limit(unsigned rights)
{
    int err = E_UNSUPPORTED;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return E_NOMEM;
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
        rows_add(filter, syscall_rows, syscall_row_count, rights) != 0 ||
        rows_add(filter, syscall_rows_extra, syscall_row_extra_count, rights) != 0)
        goto out;
    if (seccomp_load(filter) == 0)
        err = 0;
out:
    seccomp_release(filter);
    return err;
}

/* 0, or the error after saying which part is missing; allowed parts may be. */
static int part_check(const struct sandbox *s, enum sandbox_part part, const char *name, int err)
{
    if (!err || (err == E_UNSUPPORTED && (s->allow_missing & (unsigned)part)))
        return 0;
    fprintf(stderr, "%s: cannot confine itself: %s: %s (--allow-unconfined %s to start without)\n",
            s->name, name, err_text(err), name);
    return E_UNSUPPORTED;
}

static int files_and_ports_limit(const struct sandbox *s)
{
    long abi = landlock_abi();
    if (s->landlock_most && abi > (long)s->landlock_most)
        abi = (long)s->landlock_most;
    bool tcp = s->rights & SANDBOX_CONNECT_TCP;
    int err = landlock_enter(abi, s->folder, s->paths, s->rights & SANDBOX_FILES_READ, s->rights & SANDBOX_FILES_WRITE,
                             tcp ? s->connect_port : 0);
    if (err || !tcp || landlock_has_ports(abi))
        return err;
    fprintf(stderr, "%s: this kernel (before 6.7) cannot hold it to TCP port %u: it could connect to others\n", s->name, s->connect_port);
    return s->any_port_may ? 0 : E_UNSUPPORTED;
}

int sandbox_enter(const struct sandbox *s)
{
    int err = part_check(s, SANDBOX_PART_UID, "uid", uid_drop(s->uid));
    if (err)
        return err;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || limits_set() != 0) {
        fprintf(stderr, "%s: cannot confine itself: resource limits: %s\n", s->name,
                strerror(errno));
        return E_UNSUPPORTED;
    }
    err = part_check(s, SANDBOX_PART_LANDLOCK, "landlock", files_and_ports_limit(s));
    if (err)
        return err;
    err = part_check(s, SANDBOX_PART_SECCOMP, "seccomp", syscalls_limit(s->rights));
    if (!err)
        syscalls_confined();
    return err;
}
