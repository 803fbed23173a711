/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/seccomp/policy.h"

#include <errno.h>
#include <stddef.h>

int seccomp_allow(scmp_filter_ctx f, const char *name, unsigned count, const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);
    /* Names of other architectures have numbers below -1, which libseccomp
     * translates to what the filter's architecture has, or leaves out. */
    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, count, args);
}

scmp_filter_ctx seccomp_policy_begin(uint32_t architecture)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f)
        return NULL;
    int r = 0;
    if (architecture != seccomp_arch_native()) {
        r |= seccomp_arch_remove(f, SCMP_ARCH_NATIVE);
        r |= seccomp_arch_add(f, architecture);
    }
    r |= seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 1);
    r |= seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    int number = seccomp_syscall_resolve_name("clone3");
    if (number != __NR_SCMP_ERROR)
        r |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), number, 0);
    if (!r)
        return f;
    seccomp_release(f);
    return NULL;
}

int seccomp_policy_enter(seccomp_policy *policy)
{
    scmp_filter_ctx f = seccomp_policy_begin(seccomp_arch_native());
    if (!f)
        return E_UNSUPPORTED;
    int err = policy(f) || seccomp_load(f) ? E_UNSUPPORTED : 0;
    seccomp_release(f);
    return err;
}
