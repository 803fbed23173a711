/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process of a compartment gives up before its first instruction. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/appman/compartment.h"
#include "os/config/device_conf.h"
#include "os/landlock/landlock.h"

static const struct {
    const char *path;
    uint64_t access;
} grants[] = {
    {APP_PATH_IMAGE, LANDLOCK_EXECUTE | LANDLOCK_READ | LANDLOCK_READ_DIR},
    {"/lib", LANDLOCK_EXECUTE | LANDLOCK_READ},
    {"/lib64", LANDLOCK_EXECUTE | LANDLOCK_READ},
    {"/etc", LANDLOCK_READ},
    {"/run/perisphere", LANDLOCK_READ},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE},
    {"/dev/zero", LANDLOCK_READ},
    {"/dev/urandom", LANDLOCK_READ},
    {APP_STORAGE_FILE, LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_TRUNCATE},
};

int confine_landlock(const struct compartment_spec *spec)
{
    struct landlock ruleset;
    int err = landlock_begin(&ruleset, true);
    if (err == E_UNSUPPORTED)
        return spec->missing & 1u << PART_LANDLOCK ? 0 : -1;
    for (size_t i = 0; i < sizeof grants / sizeof *grants && !err; i++) {
        err = landlock_allow_path(&ruleset, grants[i].path, grants[i].access, false);
        if (err == E_NOT_FOUND)
            err = 0; /* not in this application's root */
    }
    for (size_t i = 0; i < spec->manifest->tcp_port_count && !err; i++)
        err = landlock_allow_port(&ruleset, spec->manifest->tcp_port[i]);
    return err || landlock_enter(&ruleset) ? -1 : 0;
}

static int limit(int resource, rlim_t value)
{
    struct rlimit l = {value, value};
    return setrlimit(resource, &l);
}

int confine_limits(const struct compartment_spec *spec)
{
    /* A write past the mutable file's size is an error, not a signal. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return -1;
    if (personality(0) < 0) /* no READ_IMPLIES_EXEC from our own parent */
        return -1;
    return limit(RLIMIT_CORE, 0) || limit(RLIMIT_NPROC, COMPARTMENT_NPROC) ||
           limit(RLIMIT_NOFILE, COMPARTMENT_NOFILE) || limit(RLIMIT_MEMLOCK, 0) ||
           limit(RLIMIT_MSGQUEUE, 0) || limit(RLIMIT_SIGPENDING, 64) ||
           limit(RLIMIT_FSIZE, (rlim_t)spec->manifest->storage_kb * 1024);
}

int confine_credentials(uint32_t uid, unsigned missing)
{
    for (int cap = 0; cap <= 63; cap++)
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
            return -1;
    if (!(missing & 1u << PART_UID) &&
        (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none))
        return -1;
    /* A change of uid clears this; the manager's end must end the compartment. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
