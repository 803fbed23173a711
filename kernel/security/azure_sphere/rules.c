// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules that stand alone: ptrace, special files, job control, sockets. */
#include "kernel/security/azure_sphere/azure_sphere.h"

#include <linux/azure_sphere.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/major.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/stat.h>
#include <net/sock.h>

/*
 * Looking at another process takes at least its capabilities; attaching, which can
 * put code into it (TALOS-2020-1090), a device in development mode besides, and for
 * everyone: a process that got CAP_SYS_PTRACE by a mistake is why this rule is here
 * (TALOS-2020-1133).
 */
int rule_ptrace(struct task_struct *child, unsigned int mode)
{
	u32 theirs, own;
	bool manager;

	rcu_read_lock();
	theirs = azure_sphere_of(__task_cred(child))->capabilities;
	manager = azure_sphere_of(__task_cred(child))->is_app_man;
	rcu_read_unlock();
	own = azure_sphere_of(current_cred())->capabilities;
	if ((own & theirs) != theirs || (manager && !azure_sphere_of(current_cred())->is_app_man))
		return -EPERM;
	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;
	return pluton_development_mode() ? 0 : -EPERM;
}

int rule_traceme(struct task_struct *parent)
{
	return pluton_development_mode() ? 0 : -EPERM;
}

/* Device nodes are made by the kernel alone, for devtmpfs: its own tasks have no
 * memory (TALOS-2020-1131). */
int rule_mknod(struct inode *directory, struct dentry *dentry, umode_t mode, dev_t device)
{
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && current->mm)
		return -EPERM;
	return 0;
}

/* Flash is for the file system on it, not for a process, whatever its user
 * (TALOS-2020-1132); a node made elsewhere leads to the same device number. */
int rule_open(struct file *file)
{
	const struct inode *inode = file_inode(file);

	return S_ISCHR(inode->i_mode) && imajor(inode) == MTD_CHAR_MAJOR ? -EPERM : 0;
}

int rule_setpgid(struct task_struct *task, pid_t group)
{
	const struct azure_sphere_credential *own = azure_sphere_of(current_cred());

	return own->is_app_man || own->job_control ? 0 : -ENOSYS;
}

/* mDNS answers are networkd's.  By the socket's family: bind() takes an address of no
 * family for an internet one. */
int rule_bind(struct socket *socket, struct sockaddr *address, int bytes)
{
	enum { MDNS_PORT = 5353 };
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;

	if (bytes >= (int)offsetofend(struct sockaddr_in, sin_port) &&
	    socket->sk->sk_family == AF_INET && ntohs(in->sin_port) == MDNS_PORT &&
	    !capable(CAP_NET_ADMIN))
		return -EACCES;
	return 0;
}
