// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only code of verified images runs.  A mapping is executable from its creation
 * or never; it is then private, not writable, and of a regular file of a mounted
 * image.  What the hooks cannot see (brk, stack, personality) is in
 * kernel/patches/0003.
 */
#include "kernel/security/azure_sphere/azure_sphere.h"

#include <linux/azure_sphere.h>
#include <linux/binfmts.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>

static bool file_verified(const struct file *file)
{
	const struct inode *inode = file ? file_inode(file) : NULL;

	return inode && S_ISREG(inode->i_mode) && asxipfs_is(inode->i_sb);
}

/* final: with what a personality adds (TALOS-2020-1128). */
int execution_mmap(struct file *file, unsigned long asked, unsigned long final,
		   unsigned long flags)
{
	if (!((asked | final) & PROT_EXEC))
		return 0;
	if ((asked | final) & PROT_WRITE)
		return -EACCES;
	/* a packet socket's ring was once mapped and run (TALOS-2020-1134) */
	if (!file_verified(file) || (flags & MAP_TYPE) != MAP_PRIVATE)
		return -EACCES;
	return 0;
}

/*
 * Execution is never added: a mapping that may be written once, now or before,
 * could hold anything.  Writing is never added to what is executable.
 */
int execution_mprotect(struct vm_area_struct *area, unsigned long asked, unsigned long final)
{
	const unsigned long protection = asked | final;

	if ((protection & PROT_EXEC) && !(area->vm_flags & VM_EXEC))
		return -EACCES;
	if ((protection & PROT_WRITE) && ((protection & PROT_EXEC) || (area->vm_flags & VM_EXEC)))
		return -EACCES;
	if ((protection & PROT_EXEC) && (area->vm_flags & (VM_SHARED | VM_WRITE)))
		return -EACCES;
	return 0;
}

int execution_exec(struct linux_binprm *program)
{
	return file_verified(program->file) ? 0 : -EACCES;
}
