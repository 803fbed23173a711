// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files: read by copying, mapped in place.  No page of RAM is used for what is
 * only read or executed; a private page that is written becomes the writer's own.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn_t.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "kernel/fs/asxipfs/asxipfs.h"

/* Pages entered at one fault: the tables are there, and a fault costs more than an entry. */
enum { AROUND_PAGES = 16 };

static unsigned long file_pages(const struct inode *inode)
{
	return DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE);
}

static ssize_t file_read(struct kiocb *iocb, struct iov_iter *to)
{
	const struct inode *inode = file_inode(iocb->ki_filp);
	const struct span image = asxipfs_mount_of(inode->i_sb)->image;
	const loff_t size = i_size_read(inode), pos = iocb->ki_pos;
	size_t bytes, copied;

	if (pos < 0)
		return -EINVAL;
	if (pos >= size || !iov_iter_count(to))
		return 0;
	bytes = min_t(u64, size - pos, iov_iter_count(to));
	copied = copy_to_iter(image.at + asxipfs_offset(inode) + pos, bytes, to);
	iocb->ki_pos += copied;
	return copied ? copied : -EFAULT;
}

static vm_fault_t mapping_fault(struct vm_fault *fault)
{
	struct vm_area_struct *area = fault->vma;
	const struct inode *inode = file_inode(area->vm_file);
	const unsigned long pages = file_pages(inode);
	const phys_addr_t start = asxipfs_mount_of(inode->i_sb)->physical + asxipfs_offset(inode);
	unsigned long address = fault->address & PAGE_MASK;
	vm_fault_t result;

	if (fault->pgoff >= pages)
		return VM_FAULT_SIGBUS;
	result = vmf_insert_mixed(area, address,
				  phys_to_pfn_t(start + ((phys_addr_t)fault->pgoff << PAGE_SHIFT),
						PFN_DEV));
	/* Those behind it: an entry that is there already, the writer's own page say, stays. */
	for (unsigned long i = 1; i < AROUND_PAGES && result == VM_FAULT_NOPAGE; i++) {
		address += PAGE_SIZE;
		if (address >= area->vm_end || fault->pgoff + i >= pages)
			break;
		vmf_insert_mixed(area, address,
				 phys_to_pfn_t(start + ((phys_addr_t)(fault->pgoff + i) << PAGE_SHIFT),
					       PFN_DEV));
	}
	return result;
}

/* For a debugger: pages of flash have no struct page to go by.  Reading only; a
 * breakpoint is a write to the debugged process's own copy of the page. */
static int mapping_access(struct vm_area_struct *area, unsigned long address, void *buffer,
			  int len, int write)
{
	const struct inode *inode = file_inode(area->vm_file);
	const struct span image = asxipfs_mount_of(inode->i_sb)->image;
	const u64 offset = ((u64)area->vm_pgoff << PAGE_SHIFT) + (address - area->vm_start);
	const u64 end = (u64)file_pages(inode) << PAGE_SHIFT;

	if (write || len <= 0)
		return -EACCES;
	if (address < area->vm_start || address >= area->vm_end || offset >= end)
		return -EFAULT;
	len = min3((u64)len, (u64)(area->vm_end - address), end - offset);
	memcpy(buffer, image.at + asxipfs_offset(inode) + offset, len);
	return len;
}

static const struct vm_operations_struct mapping_operations = {
	.fault = mapping_fault,
	.access = mapping_access,
};

static int file_mmap(struct file *file, struct vm_area_struct *area)
{
	if ((area->vm_flags & VM_SHARED) || (area->vm_flags & (VM_MAYSHARE | VM_MAYWRITE)) ==
						    (VM_MAYSHARE | VM_MAYWRITE))
		return -EINVAL;
	file_accessed(file);
	area->vm_flags |= VM_MIXEDMAP;
	area->vm_ops = &mapping_operations;
	return 0;
}

const struct file_operations asxipfs_file_operations = {
	.llseek = generic_file_llseek,
	.read_iter = file_read,
	.mmap = file_mmap,
};
