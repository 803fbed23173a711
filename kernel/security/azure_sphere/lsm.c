// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/security/azure_sphere/azure_sphere.h"

#include <linux/init.h>
#include <linux/kernel.h>

struct lsm_blob_sizes azure_sphere_blobs __lsm_ro_after_init = {
	.lbs_cred = sizeof(struct azure_sphere_credential),
};

static struct security_hook_list hooks[] __lsm_ro_after_init = {
	/* credential */
	LSM_HOOK_INIT(cred_prepare, credential_prepare),
	LSM_HOOK_INIT(cred_transfer, credential_transfer),
	LSM_HOOK_INIT(bprm_creds_from_file, credential_exec),
	LSM_HOOK_INIT(setprocattr, credential_write),
	LSM_HOOK_INIT(getprocattr, credential_read),
	/* execution */
	LSM_HOOK_INIT(mmap_file, execution_mmap),
	LSM_HOOK_INIT(file_mprotect, execution_mprotect),
	LSM_HOOK_INIT(bprm_check_security, execution_exec),
	/* rules */
	LSM_HOOK_INIT(ptrace_access_check, rule_ptrace),
	LSM_HOOK_INIT(ptrace_traceme, rule_traceme),
	LSM_HOOK_INIT(inode_mknod, rule_mknod),
	LSM_HOOK_INIT(file_open, rule_open),
	LSM_HOOK_INIT(task_setpgid, rule_setpgid),
	LSM_HOOK_INIT(socket_bind, rule_bind),
};

static int __init azure_sphere_init(void)
{
	credential_boot();
	kptr_restrict = 1;
	security_add_hooks(hooks, ARRAY_SIZE(hooks), "azure_sphere");
	return 0;
}

DEFINE_LSM(azure_sphere) = {
	.name = "azure_sphere",
	.init = azure_sphere_init,
	.blobs = &azure_sphere_blobs,
};
