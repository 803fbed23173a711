/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/host/log.h"

/* Everything the loop does, and why. */
static const struct {
    int number;
    const char *why;
} allowed[] = {
    {SCMP_SYS(poll), "wait for requests and signals"},
    {SCMP_SYS(ppoll), "the same, as some C libraries spell it"},
    {SCMP_SYS(recvfrom), "a request; an answer of the root of trust"},
    {SCMP_SYS(sendto), "a question to the root of trust"},
    {SCMP_SYS(sendmsg), "a reply, with the descriptor of an application image"},
    {SCMP_SYS(read), "signalfd"},
    {SCMP_SYS(write), "log; the sealed copy of an image"},
    {SCMP_SYS(pread64), "state record"},
    {SCMP_SYS(pwrite64), "state record, slot"},
    {SCMP_SYS(ftruncate), "erase a slot"},
    {SCMP_SYS(fsync), "make a commit durable"},
    {SCMP_SYS(fstat), "length of a slot"},
    {SCMP_SYS(newfstatat), "the same, as newer C libraries spell it"},
    {SCMP_SYS(memfd_create), "the sealed copy"},
    {SCMP_SYS(fcntl), "its seals"},
    {SCMP_SYS(mmap), "view of the sealed copy; memory of the crypto library"},
    {SCMP_SYS(munmap), "the same"},
    {SCMP_SYS(mremap), "memory of the crypto library"},
    {SCMP_SYS(madvise), "the same"},
    {SCMP_SYS(brk), "the same"},
    {SCMP_SYS(futex), "locks inside the crypto library"},
    {SCMP_SYS(close), "descriptors handed out or dropped"},
    {SCMP_SYS(wait4), "end of the application manager"},
    {SCMP_SYS(clock_gettime), "time allowed for stopping"},
    {SCMP_SYS(getpid), "fork check of the crypto library"},
    {SCMP_SYS(getrandom), "hash seeds of the crypto library"},
    {SCMP_SYS(rt_sigreturn), "return from a signal"},
    {SCMP_SYS(rt_sigprocmask), "abort()"},
    {SCMP_SYS(restart_syscall), "poll() after a stop and continue"},
    {SCMP_SYS(exit_group), "end"},
#ifdef PERI_SANITIZE
    {SCMP_SYS(sigaltstack), "the address sanitizer at the end"},
#endif
};

static int capabilities_reduce(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    /* uid 61102 must be able to stop the application manager, uid 0; the
     * system-call filter narrows this to that one process. */
    data[0].effective = data[0].permitted = 1u << CAP_KILL;
    return syscall(SYS_capset, &header, data) == 0 ? 0 : log_errno(E_DENIED, "drop capabilities");
}

static int user_change(uid_t uid)
{
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (prctl(PR_CAPBSET_DROP, cap) != 0 && errno != EINVAL)
            return log_errno(E_DENIED, "drop capability %d", cap);
    if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setgroups(0, NULL) != 0 ||
        setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        return log_errno(E_DENIED, "become uid %u", (unsigned)uid);
    int err = capabilities_reduce();
    if (!err && (setresuid(0, 0, 0) == 0 || getuid() != uid))
        err = log_error(E_INTERNAL, "uid %u can return to root", (unsigned)uid);
    return err;
}

/* No path at all may be opened, made, removed or executed any more. */
static int paths_close(bool may_lack)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        if (!may_lack)
            return log_errno(E_UNSUPPORTED, "landlock (--without-landlock starts without)");
        log_line("landlock: not in this kernel, started without as told");
        return 0;
    }
    /* Access rights grew with the ABI: 13, then one each with 2, 3 and 5. */
    unsigned bits = 13u + (abi >= 2) + (abi >= 3) + (abi >= 5);
    struct landlock_ruleset_attr attr = {.handled_access_fs = (UINT64_C(1) << bits) - 1};
    int set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (set < 0)
        return log_errno(E_UNSUPPORTED, "landlock ruleset");
    int failed = syscall(SYS_landlock_restrict_self, set, 0) != 0;
    close(set);
    return failed ? log_errno(E_UNSUPPORTED, "landlock") : 0;
}

static int calls_filter(pid_t manager)
{
#ifdef PERI_SANITIZE /* the sanitizer's own calls fail instead of ending the process */
    const uint32_t otherwise = SCMP_ACT_ERRNO(EPERM);
#else
    const uint32_t otherwise = SCMP_ACT_KILL_PROCESS;
#endif
    int failed = -1;
    scmp_filter_ctx filter = seccomp_init(otherwise);
    if (!filter)
        return log_error(E_NOMEM, "system-call filter");
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if ((failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i].number, 0)) != 0)
            goto out;
    /* The manager is our child: its id is not reused before we have waited. */
    failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)manager));
    if (!failed)
        failed = seccomp_load(filter);
out:
    seccomp_release(filter);
    return failed ? log_error(E_UNSUPPORTED, "system-call filter (--without-seccomp starts without)") : 0;
}

int confine_enter(const struct confine *confine)
{
    int err = user_change(confine->uid);
    if (err)
        return err;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return log_errno(E_DENIED, "no new privileges");
    err = paths_close(confine->without_landlock);
    if (err)
        return err;
    if (confine->without_seccomp)
        return log_line("system-call filter: started without as told"), 0;
    return calls_filter(confine->manager);
}
