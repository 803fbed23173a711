/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/confine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "os/config/device_conf.h"
#include "os/landlock/landlock.h"

static _Noreturn void fail(const char *what, const char *subject)
{
    fprintf(stderr, "azured: %s \"%s\": %s\n", what, subject, strerror(errno));
    exit(1);
}

/* The kernel lacks a part: refused, unless the device's owner said otherwise. */
static void lacking(const struct confine_spec *spec, enum part part)
{
    bool allowed = spec->allow_missing & 1u << part;
    fprintf(stderr, "azured: this kernel lacks \"%s\"%s\n", part_name(part),
            allowed ? ": going on without, as device.conf allows" : "");
    if (!allowed)
        exit(1);
}

/* -- paths ------------------------------------------------------------------------- */

static const struct {
    const char *path; /* may be absent */
    uint64_t access;
    const char *why;
} paths[] = {
    /* Whole folders where the files in question are replaced by rename: a rule
     * for the old file would not speak of the new one. */
    {"/etc", LANDLOCK_READ, "resolv.conf, hosts, nsswitch.conf, gai.conf; what is secret there is not for our uid"},
    {"/run/systemd/resolve", LANDLOCK_READ, "resolv.conf may lead there"},
    {"/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/lib64", LANDLOCK_READ, "modules of the resolver"},
    {"/usr/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/dev/urandom", LANDLOCK_READ, "seed of wolfSSL"},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE, "C library"},
};

static void path_grant(const struct landlock *ruleset, const char *path, uint64_t access, bool needed)
{
    int err = landlock_allow_path(ruleset, path, access, true);
    if (err && (needed || err != E_NOT_FOUND))
        fail("cannot confine to", path);
}

static void confine_paths(const struct confine_spec *spec)
{
    struct landlock ruleset;
    int err = landlock_begin(&ruleset, true); /* no port is allowed */
    if (err == E_UNSUPPORTED) {
        lacking(spec, PART_LANDLOCK);
        return;
    }
    if (err)
        fail("cannot make", "path rules");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        path_grant(&ruleset, paths[i].path, paths[i].access, false);
    path_grant(&ruleset, spec->trust_anchor, LANDLOCK_READ, true);
    static const uint64_t own = LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE;
    path_grant(&ruleset, spec->folder, own, true);
    if (spec->dumps_folder)
        path_grant(&ruleset, spec->dumps_folder, own, true);
    if (landlock_enter(&ruleset))
        fail("cannot enforce", "path rules");
}

void confine(const struct confine_spec *spec)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        fail("cannot give up", "new privileges");
    confine_paths(spec);
    if (confine_calls())
        lacking(spec, PART_SECCOMP);
}
