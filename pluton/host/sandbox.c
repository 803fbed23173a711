/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Everything the serving process may ask of the kernel.  The default is death. */
static const struct {
    int call;
    const char *reason;
} allowed[] = {
    {SCMP_SYS(poll), "wait for requests"},
    {SCMP_SYS(ppoll), "poll() of other C libraries"},
    {SCMP_SYS(recvfrom), "take a request"},
    {SCMP_SYS(sendto), "give a reply"},
    {SCMP_SYS(sendmsg), "hand the monitor's descriptors to the parent, once"},
    {SCMP_SYS(socketpair), "make the channels, once a boot"},
    {SCMP_SYS(read), "images and fuses"},
    {SCMP_SYS(lseek), "read a file from its beginning"},
    {SCMP_SYS(fstat), "owner and mode of the fuses"},
    {SCMP_SYS(newfstatat), "fstat() of the C library"},
    {SCMP_SYS(openat), "fuses; Landlock says which files"},
    {SCMP_SYS(write), "fuses, boot lines, sealed images"},
    {SCMP_SYS(writev), "boot lines"},
    {SCMP_SYS(fsync), "fuses are durable before a reply"},
    {SCMP_SYS(renameat), "fuses are replaced as a whole"},
    {SCMP_SYS(renameat2), "fuses are replaced as a whole"},
    {SCMP_SYS(fchmod), "the new fuse file is 0600 whatever it was"},
    {SCMP_SYS(geteuid), "owner of the new fuse file"},
    {SCMP_SYS(memfd_create), "verified images for the monitor"},
    {SCMP_SYS(fcntl), "seal them"},
    {SCMP_SYS(close), "descriptors"},
    {SCMP_SYS(getrandom), "noise source; key generation"},
    {SCMP_SYS(getpid), "OpenSSL asks whether it was forked"},
    {SCMP_SYS(clock_gettime), "OpenSSL's generator reseeds by time"},
    {SCMP_SYS(gettimeofday), "the same"},
    {SCMP_SYS(futex), "locks inside OpenSSL"},
    {SCMP_SYS(brk), "memory"},
    {SCMP_SYS(mmap), "memory"},
    {SCMP_SYS(mremap), "memory"},
    {SCMP_SYS(munmap), "memory"},
    {SCMP_SYS(madvise), "memory"},
    {SCMP_SYS(rt_sigreturn), "return from a signal"},
    {SCMP_SYS(rt_sigprocmask), "abort()"},
    {SCMP_SYS(restart_syscall), "a wait that was interrupted"},
    {SCMP_SYS(exit), "end"},
    {SCMP_SYS(exit_group), "end"},
#ifdef PERI_SANITIZE
    {SCMP_SYS(sigaltstack), "sanitizer: stack of its report"},
    {SCMP_SYS(rt_sigaction), "sanitizer: report"},
    {SCMP_SYS(mprotect), "sanitizer: shadow memory"},
    {SCMP_SYS(gettid), "sanitizer: report"},
    {SCMP_SYS(tgkill), "sanitizer: abort"},
    {SCMP_SYS(readlink), "sanitizer: name of the program"},
    {SCMP_SYS(sched_yield), "sanitizer: its locks"},
    {SCMP_SYS(getrlimit), "sanitizer: stack bounds"},
    {SCMP_SYS(prlimit64), "sanitizer: stack bounds"},
#endif
};

static int syscalls_limit(void)
{
    int err = E_UNSUPPORTED;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return E_UNSUPPORTED;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i].call, 0))
            goto out;
    if (seccomp_load(filter) == 0)
        err = 0;
out:
    seccomp_release(filter);
    return err;
}

/* Rights by Landlock ABI; the later ones are not in Debian 12's header. */
enum {
    FS_RIGHTS_V1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,    /* ABI 2 */
    FS_TRUNCATE = 1 << 14, /* ABI 3 */
};

/* Opening "fuses" and making, replacing and removing "fuses.new": nothing in
 * other folders can be touched, because the rules below name no right on
 * folders, and what lies in them belongs to other users. */
static int files_limit(int folder)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return E_UNSUPPORTED;
    uint64_t handled = FS_RIGHTS_V1;
    if (abi >= 2)
        handled |= FS_REFER;
    if (abi >= 3)
        handled |= FS_TRUNCATE;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = handled};
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = handled & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                     FS_TRUNCATE),
        .parent_fd = folder,
    };
    int err = E_UNSUPPORTED;
    const int rules =
        (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (rules < 0)
        return E_UNSUPPORTED;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 &&
        syscall(SYS_landlock_restrict_self, rules, 0) == 0)
        err = 0;
    close(rules);
    return err;
}

/* Also for a caller that stays root: --uid 0, where no other user is mapped. */
static int capabilities_drop(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capset, &header, none) ? E_DENIED : 0;
}

static int user_drop(uid_t uid)
{
    if (geteuid() != 0 || uid == 0)
        return capabilities_drop();
    if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
        return E_DENIED;
    /* Believe it only when there is no way back. */
    return setuid(0) == 0 || geteuid() != uid ? E_DENIED : capabilities_drop();
}

int sandbox_enter(const struct sandbox *sandbox, int folder)
{
    const struct rlimit none = {0, 0};
    int err = user_drop(sandbox->uid);
    if (err) {
        fprintf(stderr, "plutond: cannot become user %u: choose another with --uid\n",
                (unsigned)sandbox->uid);
        return err;
    }
    /* No core file and no debugger of the same user: this memory holds keys. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none) ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return E_UNSUPPORTED;
    if (!sandbox->without_landlock && (err = files_limit(folder)) != 0) {
        fprintf(stderr, "plutond: Landlock is not available: --without-landlock runs without it\n");
        return err;
    }
    if (!sandbox->without_seccomp && (err = syscalls_limit()) != 0) {
        fprintf(stderr, "plutond: seccomp is not available: --without-seccomp runs without it\n");
        return err;
    }
    return 0;
}
