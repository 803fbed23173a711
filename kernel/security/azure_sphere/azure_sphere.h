/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security module `azure_sphere`: who a process is in Azure Sphere's sense, and
 * what no process may do.
 * Source: docs/spec/kernel.md §4.
 *
 *   credential.c  the credential: how it is set, read and inherited
 *   execution.c   only code of verified images runs
 *   rules.c       ptrace, special files, job control, ports
 *   lsm.c         the hooks, each with its function
 *
 * Hooks here return 0 to leave the decision to the other modules, never to allow
 * what they refuse.
 */
#ifndef _SECURITY_AZURE_SPHERE_H
#define _SECURITY_AZURE_SPHERE_H

#include <linux/cred.h>
#include <linux/lsm_hooks.h>
#include <linux/types.h>

#include "abi/azure_sphere.h"

struct azure_sphere_credential {
	u8 component[AZURE_SPHERE_COMPONENT_BYTES];
	char tenant[AZURE_SPHERE_TENANT_BYTES]; /* zero terminated */
	bool is_app_man;
	bool job_control;
	u32 capabilities;
};

extern struct lsm_blob_sizes azure_sphere_blobs;

static inline struct azure_sphere_credential *azure_sphere_of(const struct cred *cred)
{
	return cred->security + azure_sphere_blobs.lbs_cred;
}

/* credential.c */
void credential_boot(void);
int credential_prepare(struct cred *new, const struct cred *old, gfp_t gfp);
void credential_transfer(struct cred *new, const struct cred *old);
int credential_exec(struct linux_binprm *program, struct file *file);
int credential_write(const char *name, void *value, size_t size);
int credential_read(struct task_struct *task, const char *name, char **value);

/* execution.c */
int execution_mmap(struct file *file, unsigned long asked, unsigned long final,
		   unsigned long flags);
int execution_mprotect(struct vm_area_struct *area, unsigned long asked, unsigned long final);
int execution_exec(struct linux_binprm *program);

/* rules.c */
int rule_ptrace(struct task_struct *child, unsigned int mode);
int rule_traceme(struct task_struct *parent);
int rule_mknod(struct inode *directory, struct dentry *dentry, umode_t mode, dev_t device);
int rule_open(struct file *file);
int rule_setpgid(struct task_struct *task, pid_t group);
int rule_bind(struct socket *socket, struct sockaddr *address, int bytes);

#endif
