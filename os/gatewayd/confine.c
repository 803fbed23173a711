/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/config/device_conf.h"
#include "os/landlock/landlock.h"

static _Noreturn void fail(const char *what, const char *subject)
{
    fprintf(stderr, "gatewayd: %s \"%s\": %s\n", what, subject, strerror(errno));
    _exit(1);
}

static void lacking(const struct confine_spec *spec, enum part part)
{
    bool allowed = spec->allow_missing & 1u << part;
    fprintf(stderr, "gatewayd: this kernel lacks \"%s\"%s\n", part_name(part),
            allowed ? ": going on without, as device.conf allows" : "");
    if (!allowed)
        _exit(1);
}

/* The port is bound: what was needed for it goes, on every way a right can come back. */
static void capabilities_drop(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
        syscall(SYS_capset, &header, none))
        fail("cannot give up", "capabilities");
}

static void confine_paths(const struct confine_spec *spec)
{
    char log[512];
    struct landlock ruleset;
    snprintf(log, sizeof log, "%s/../log", spec->folder);
    const struct {
        const char *path;
        uint64_t access;
        bool needed;
    } paths[] = {
        {spec->folder, LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE, true},
        {log, LANDLOCK_READ | LANDLOCK_READ_DIR, false},
        {"/dev/urandom", LANDLOCK_READ, false}, /* seed of wolfSSL */
    };
    int err = landlock_begin(&ruleset, true); /* no port is allowed: the one is bound */
    if (err == E_UNSUPPORTED) {
        lacking(spec, PART_LANDLOCK);
        return;
    }
    if (err)
        fail("cannot make", "path rules");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        err = landlock_allow_path(&ruleset, paths[i].path, paths[i].access, true);
        if (err && (paths[i].needed || err != E_NOT_FOUND))
            fail("cannot confine to", paths[i].path);
    }
    if (landlock_enter(&ruleset))
        fail("cannot enforce", "path rules");
}

void confine(const struct confine_spec *spec)
{
    capabilities_drop();
    confine_paths(spec);
    if (confine_calls())
        lacking(spec, PART_SECCOMP);
}
