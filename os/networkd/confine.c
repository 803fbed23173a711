/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/confine.h"

#include <stddef.h>

#include "os/landlock/landlock.h"

static const struct {
    const char *path; /* may be absent */
    uint64_t access;
    const char *why;
} paths[] = {
    {"/etc", LANDLOCK_READ, "resolv.conf, hosts, nsswitch.conf, names of nftables"},
    {"/run/systemd/resolve", LANDLOCK_READ, "resolv.conf may lead there"},
    {"/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/lib64", LANDLOCK_READ, "modules of the resolver"},
    {"/usr/lib", LANDLOCK_READ, "modules of the resolver"},
    {"/usr/share/iproute2", LANDLOCK_READ, "names of nftables"},
    {"/dev/urandom", LANDLOCK_READ, "resolver"},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE, "C library"},
};

int networkd_confine(void)
{
    struct landlock ruleset;
    int err = landlock_begin(&ruleset, false);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && !err; i++) {
        err = landlock_allow_path(&ruleset, paths[i].path, paths[i].access, true);
        if (err == E_NOT_FOUND)
            err = 0;
    }
    int entered = landlock_enter(&ruleset); /* releases it in any case */
    return err ? err : entered;
}
