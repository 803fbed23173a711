/* SPDX-License-Identifier: BSD-2-Clause */
/* On a host the filters are built in the process itself. */
#include "os/appman/calls.h"
#include "os/appman/seccomp_policy.h"

/* Not released after success: giving memory back may need calls that are now
 * refused, and the process is about to become another program or to wait. */
static int enter(seccomp_policy *policy)
{
    scmp_filter_ctx f = seccomp_policy_begin(seccomp_arch_native());
    if (!f)
        return E_UNSUPPORTED;
    (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* binary tree; older libraries: linear */
    if (policy(f) == 0 && seccomp_load(f) == 0)
        return 0;
    seccomp_release(f);
    return E_UNSUPPORTED;
}

int seccomp_policy_app(bool serves)
{
    return enter(serves ? appman_server_calls : appman_app_calls);
}

int seccomp_policy_init(bool watches)
{
    return enter(watches ? appman_watch_calls : appman_init_calls);
}
