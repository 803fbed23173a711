/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that no application has, tried one by one by the hostile application
 * (hostile_app.c): each must be refused as such, whatever its arguments.
 */
#include "os/appman/hostile_calls.h"

#include <errno.h>
#include <stdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static const struct {
    long number;
    const char *name;
} calls[] = {
    {SYS_acct, "switch accounting off"},
    {SYS_swapon, "add swap"},
    {SYS_swapoff, "remove swap"},
    {SYS_quotactl, "set quotas"},
    {SYS_adjtimex, "bend the clock"},
    {SYS_clock_adjtime, "bend a clock"},
    {SYS_setdomainname, "set the domain name"},
    {SYS_kcmp, "compare processes"},
    {SYS_process_vm_readv, "read another's memory by call"},
    {SYS_process_vm_writev, "write another's memory by call"},
    {SYS_name_to_handle_at, "make a file handle"},
    {SYS_vmsplice, "splice its memory into a pipe"},
    {SYS_splice, "splice"},
    {SYS_tee, "tee"},
    {SYS_copy_file_range, "copy inside the kernel"},
    {SYS_execveat, "execute a descriptor"},
    {SYS_sched_setattr, "set scheduling attributes"},
    {SYS_ioprio_set, "raise its disk priority"},
    {SYS_setpgid, "change its process group"},
    {SYS_setsid, "leave its session"},
    {SYS_timer_create, "make a kernel timer"},
    {SYS_semget, "make semaphores"},
    {SYS_msgget, "make a message queue of System V"},
    {SYS_fchownat, "give its file away"},
    {SYS_fchmodat, "change a mode"},
    {SYS_utimensat, "set times of a file"},
    {SYS_linkat, "make a hard link"},
    {SYS_symlinkat, "make a symbolic link"},
    {SYS_renameat, "rename"},
    {SYS_truncate, "truncate by path"},
    {SYS_setxattr, "set an attribute of a file"},
    {SYS_removexattr, "remove an attribute of a file"},
    {SYS_fallocate, "reserve room in a file"},
    {SYS_sync, "write all disks back"},
    {SYS_syncfs, "write a disk back"},
    {SYS_flock, "lock a file against others"},
    {SYS_landlock_create_ruleset, "make rules of its own for files"},
    {SYS_mount_setattr, "change attributes of a mount"},
    {SYS_open_tree, "open a mount"},
    {SYS_move_mount, "move a mount"},
    {SYS_fsopen, "open a file system"},
    {SYS_process_madvise, "advise another's memory"},
    {SYS_pidfd_send_signal, "signal by descriptor"},
    {SYS_rt_sigqueueinfo, "forge a signal's sender"},
    {SYS_rt_tgsigqueueinfo, "forge a signal's sender to a thread"},
    {SYS_tkill, "signal a thread anywhere"},
    {SYS_setreuid, "set real and effective uid"},
    {SYS_setresuid, "set all uids"},
    {SYS_setfsuid, "set the uid of files"},
    {SYS_setregid, "set real and effective gid"},
    {SYS_vhangup, "hang the terminal up"},
    {SYS_remap_file_pages, "rearrange a mapping"},
    {SYS_mlockall, "lock all memory"},
    {SYS_getpriority, "see priorities"},
};

/* Refused: by the filter, or because this kernel does not have it.  Any other error would mean that the
 * kernel looked at the arguments. */
static bool refused(long number)
{
    return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 && (errno == EPERM || errno == ENOSYS);
}

size_t hostile_calls_try(void)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        printf("%s call: %s\n", refused(calls[i].number) ? "refused" : "ALLOWED", calls[i].name);
    return sizeof calls / sizeof *calls;
}

bool hostile_socket_timeout(void)
{
    struct timeval second = {.tv_sec = 1};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) == 0 &&
              setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) == 0;
    close(fd);
    return ok;
}
