/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Application of the confinement suite: taken over, as it were, and trying
 * everything.  Runs as /bin/app of a test package; the first argument names
 * what it does.  Prints one line for each attempt: "refused NAME", "ALLOWED
 * NAME"; and for what an application must be able to do (hostile_needs.c)
 * "works NAME" or "BROKEN NAME".  Names in brackets are rows of device-internals section 7.
 * Built without sanitizers, as applications are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "os/appman/hostile_cable.h"
#include "os/appman/hostile_calls.h"
#include "os/appman/hostile_needs.h"

static char **arguments;
static long page;

static void *page_of_text(void) { return (void *)(unsigned long)page_of_text; }

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* A file or a folder: an empty stand-in for a hidden one would not fool this. */
static bool exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

static bool call(long number, long a, long b, long c, long d, long e)
{
    long r = syscall(number, a, b, c, d, e);
    return r >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES);
}

static bool makes_socket(int family, int type, int protocol)
{
    int fd = socket(family, type, protocol);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Connects or sends within a second. */
static bool reaches(int type, const char *address, int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool v6 = strchr(address, ':') != NULL;
    if (v6 ? inet_pton(AF_INET6, address, &six.sin6_addr) != 1
           : inet_pton(AF_INET, address, &four.sin_addr) != 1)
        return false;
    int fd = socket(v6 ? AF_INET6 : AF_INET, type, 0);
    if (fd < 0)
        return false;
    struct timeval second = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    const struct sockaddr *to = v6 ? (const void *)&six : (const void *)&four;
    bool reached = connect(fd, to, v6 ? sizeof six : sizeof four) == 0;
    if (reached && type == SOCK_DGRAM)
        reached = send(fd, "x", 1, 0) == 1;
    close(fd);
    return reached;
}

/* ---- files ---- */
static bool own_memory(void) { return opens("/proc/self/mem", O_RDWR); }
static bool thread_memory(void) { return opens("/proc/thread-self/mem", O_RDWR); }
static bool init_root(void) { return exists("/proc/1/root"); }
static bool proc(void) { return exists("/proc"); }
static bool sys(void) { return exists("/sys"); }
static bool passwd(void) { return exists("/etc/passwd"); }
static bool shadow(void) { return exists("/etc/shadow"); }
static bool root_home(void) { return exists("/root"); }
static bool shell(void) { return exists("/bin/sh") || exists("/usr"); }
static bool dev_mem(void) { return exists("/dev/mem"); }
static bool dev_kmsg(void) { return exists("/dev/kmsg"); }
static bool dev_mtd(void) { return exists("/dev/mtd0") || exists("/dev/mtdblock0"); }
static bool dev_disk(void) { return exists("/dev/vda") || exists("/dev/sda"); }
static bool dev_tun(void) { return exists("/dev/net/tun"); }
static bool dev_tty(void) { return opens("/dev/tty", O_RDWR); }
static bool host_config(void) { return exists(arguments[3]); }
static bool dot_dot(void) { return exists("/../../../../etc/passwd"); }
static bool image_write(void) { return opens(APP_PATH_IMAGE "/bin/app", O_WRONLY); }
static bool image_create(void) { return opens(APP_PATH_IMAGE "/bin/new", O_WRONLY | O_CREAT); }
static bool image_mode(void) { return chmod(APP_PATH_IMAGE "/bin/app", 04755) == 0; }
static bool image_unlink(void) { return unlink(APP_PATH_IMAGE "/app_manifest.json") == 0; }
static bool library_write(void) { return opens("/lib/x86_64-linux-gnu/libc.so.6", O_WRONLY); }
static bool hosts_write(void) { return opens("/etc/hosts", O_WRONLY); }
static bool certificate_write(void) { return opens(APP_PATH_CERTIFICATE, O_WRONLY | O_CREAT); }
static bool root_create(void) { return opens("/new", O_WRONLY | O_CREAT) || mkdir("/d", 0700) == 0; }
static bool tmp_create(void) { return opens("/tmp/new", O_WRONLY | O_CREAT); }
static bool storage_second(void) { return opens(APP_PATH_STORAGE "/second", O_WRONLY | O_CREAT); }
static bool storage_link(void) { return symlink("/etc/hosts", APP_PATH_STORAGE "/l") == 0; }
static bool storage_unlink(void) { return unlink(APP_STORAGE_FILE) == 0; }
static bool storage_exec(void)
{
    char *none[] = {NULL};
    execve(APP_STORAGE_FILE, none, none);
    return errno != EACCES && errno != EPERM;
}
static bool storage_over(void) /* one byte past SizeKB = 8 */
{
    int fd = open(APP_STORAGE_FILE, O_RDWR);
    bool over = fd >= 0 && (pwrite(fd, "x", 1, 8192) == 1 || ftruncate(fd, 8193) == 0);
    close(fd);
    return over;
}
static bool node_char(void) { return mknod("/dev/evil", S_IFCHR | 0666, makedev(1, 1)) == 0; }
static bool node_storage(void)
{
    return mknod(APP_PATH_STORAGE "/n", S_IFBLK | 0666, makedev(254, 0)) == 0;
}
static bool node_fifo(void) { return mkfifo(APP_PATH_STORAGE "/f", 0600) == 0; }
static bool handle_open(void) { return call(SYS_open_by_handle_at, AT_FDCWD, 0, 0, 0, 0); }
static bool special_mode_of_image(void)
{
    struct stat s; /* the package carries a set-uid bit on this file */
    return stat(APP_PATH_IMAGE "/bin/setuid", &s) != 0 || (s.st_mode & (S_ISUID | S_ISGID)) != 0;
}

/* ---- mounts and namespaces ---- */
static bool mounts(void) { return mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0; }
static bool remount(void) { return mount(NULL, APP_PATH_IMAGE, NULL, MS_REMOUNT | MS_BIND, NULL) == 0; }
static bool unmounts(void) { return umount2(APP_PATH_IMAGE, MNT_DETACH) == 0; }
static bool new_mount_api(void) { return call(SYS_open_tree, AT_FDCWD, (long)"/", 1, 0, 0); }
static bool chroots(void) { return chroot("/mnt") == 0; }
static bool pivots(void) { return call(SYS_pivot_root, (long)".", (long)".", 0, 0, 0); }
static bool user_namespace(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool net_namespace(void) { return unshare(CLONE_NEWNET) == 0; }
static bool enters_namespace(void) { return call(SYS_setns, 0, 0, 0, 0, 0); }
static bool clone_namespace(void)
{
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid > 0;
}
static bool host_name(void) { return sethostname("evil", 4) == 0; }

/* ---- processes ---- */
static bool trace_me(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }
static bool trace_init(void) { return ptrace(PTRACE_ATTACH, 1, 0, 0) == 0; }
static bool read_init(void)
{
    char b[8];
    struct iovec here = {b, 8}, there = {(void *)page_of_text(), 8};
    return process_vm_readv(1, &here, 1, &there, 1, 0) >= 0;
}
static bool write_init(void)
{
    char b[8] = {0};
    struct iovec here = {b, 8}, there = {(void *)page_of_text(), 8};
    return process_vm_writev(1, &here, 1, &there, 1, 0) >= 0;
}
static bool kill_manager(void) { return kill(atoi(arguments[2]), 0) == 0; }
static bool kill_low_pids(void)
{
    for (pid_t p = 3; p < 400; p++)
        if (kill(p, 0) == 0)
            return true;
    return false;
}
static bool kill_init(void)
{
    /* Not in its signal scope; where Landlock has none, the kernel ignores it
     * for the first process of a namespace.  Success would end us: no "done". */
    bool sent = kill(1, SIGKILL) == 0;
    struct timespec t = {0, 50000000};
    nanosleep(&t, NULL);
    return sent && kill(1, 0) != 0;
}
static bool forks(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}
static bool vforks(void) { return call(SYS_vfork, 0, 0, 0, 0, 0); }
static bool clone3s(void) { return call(SYS_clone3, 0, 0, 0, 0, 0); }
static bool opens_pid(void) { return call(SYS_pidfd_open, 1, 0, 0, 0, 0); }
static bool takes_descriptor(void) { return call(SYS_pidfd_getfd, 0, 0, 0, 0, 0); }
static bool set_uid(void) { return setuid(0) == 0 || setresuid(0, 0, 0) == 0; }
static bool set_gid(void) { return setgid(0) == 0; }
static bool set_groups(void) { gid_t g = 0; return setgroups(1, &g) == 0; }
static bool is_root(void) { return getuid() == 0 || geteuid() == 0 || getgid() == 0; }
static bool set_caps(void) { return call(SYS_capset, 0, 0, 0, 0, 0); }
static bool set_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }
static bool seccomp_again(void) { return prctl(PR_SET_SECCOMP, 1, 0, 0, 0) == 0; }
static bool priority(void) { return setpriority(PRIO_PROCESS, 0, -20) == 0; }
static bool scheduler(void)
{
    struct sched_param p = {.sched_priority = 1};
    return sched_setscheduler(0, SCHED_FIFO, &p) == 0;
}
static bool raises_limit(void)
{
    struct rlimit l = {1 << 20, 1 << 20};
    return setrlimit(RLIMIT_FSIZE, &l) == 0;
}
static void *idle(void *p)
{
    sleep(3);
    return p;
}
static bool thread_flood(void) /* bounded by RLIMIT_NPROC */
{
    int made = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (pthread_t t; made < 200 && pthread_create(&t, &small, idle, NULL) == 0; made++)
        pthread_detach(t);
    return made >= 64;
}
static bool descriptor_flood(void)
{
    int made = 0, fd[300];
    while (made < 300 && (fd[made] = open("/dev/null", O_RDONLY)) >= 0)
        made++;
    for (int i = 0; i < made; i++)
        close(fd[i]);
    return made >= 128;
}
static bool inherited_descriptors(void)
{
    for (int fd = APP_CHANNEL_FD + 1; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return true;
    return false;
}

/* ---- memory ---- */
static bool map_ok(void *p)
{
    if (p == MAP_FAILED)
        return false;
    munmap(p, (size_t)page);
    return true;
}
static void *map(int prot, int flags, int fd) { return mmap(NULL, (size_t)page, prot, flags, fd, 0); }
static bool write_execute(void)
{
    return map_ok(map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1));
}
static bool anonymous_execute(void)
{
    return map_ok(map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1));
}
static bool write_then_execute(void)
{
    void *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return p != MAP_FAILED && mprotect(p, (size_t)page, PROT_READ | PROT_EXEC) == 0;
}
static bool text_write_execute(void)
{
    char *p = (char *)((unsigned long)page_of_text() & ~((unsigned long)page - 1));
    return mprotect(p, (size_t)page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
}
static bool image_map_write_execute(void)
{
    int fd = open(APP_PATH_IMAGE "/bin/app", O_RDONLY);
    bool ok = map_ok(map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, fd));
    close(fd);
    return ok;
}
static bool storage_map_execute(void)
{
    int fd = open(APP_STORAGE_FILE, O_RDWR);
    bool ok = map_ok(map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd)) ||
              map_ok(map(PROT_READ | PROT_EXEC, MAP_SHARED, fd));
    close(fd);
    return ok;
}
static bool zero_map_execute(void)
{
    int fd = open("/dev/zero", O_RDONLY);
    bool ok = map_ok(map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd));
    close(fd);
    return ok;
}
static bool read_implies_execute(void) { return personality(READ_IMPLIES_EXEC) >= 0; }
static bool personality_query(void) { return personality(0xffffffff) != -1; }
static bool key_protect(void)
{
    void *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return call(SYS_pkey_mprotect, (long)p, page, PROT_READ | PROT_EXEC, -1, 0);
}
static bool memory_file(void) { return call(SYS_memfd_create, (long)"x", 0, 0, 0, 0); }
static bool shared_memory(void) { return shmget(IPC_PRIVATE, 4096, 0600) >= 0; }
static bool locks_memory(void) { return mlockall(MCL_CURRENT) == 0; }

/* ---- the kernel ---- */
static bool kernel_log(void) { char b[64]; return call(SYS_syslog, 3, (long)b, 64, 0, 0); }
static bool bpf(void) { return call(SYS_bpf, BPF_MAP_CREATE, 0, 0, 0, 0); }
static bool perf(void) { return call(SYS_perf_event_open, 0, 0, -1, -1, 0); }
static bool fault_handler(void) { return call(SYS_userfaultfd, 0, 0, 0, 0, 0); }
static bool keys(void) { return call(SYS_keyctl, 0, -3, 0, 0, 0); }
static bool add_keys(void) { return call(SYS_add_key, (long)"user", (long)"x", (long)"y", 1, -3); }
static bool ring(void) { return call(SYS_io_uring_setup, 1, 0, 0, 0, 0); }
static bool module_load(void) { return call(SYS_init_module, 0, 0, (long)"", 0, 0); }
static bool new_kernel(void) { return call(SYS_kexec_load, 0, 0, 0, 0, 0); }
static bool reboots(void) { return reboot(RB_DISABLE_CAD) == 0; }
static bool sets_time(void)
{
    struct timespec t = {1700000000, 0};
    return clock_settime(CLOCK_REALTIME, &t) == 0;
}
static bool accounting(void) { return acct(NULL) == 0; }
static bool tty_input(void) { return ioctl(0, TIOCSTI, "x") == 0 || errno != EPERM; }
static bool watches(void) { return call(SYS_inotify_init1, 0, 0, 0, 0, 0); }
static bool file_events(void) { return call(SYS_fanotify_init, 0, 0, 0, 0, 0); }
static bool message_queue(void) { return call(SYS_mq_open, (long)"x", O_CREAT | O_RDWR, 0600, 0, 0); }

/* ---- network ---- */
static bool packet_socket(void) { return makes_socket(AF_PACKET, SOCK_RAW, 0); }
static bool raw_socket(void) { return makes_socket(AF_INET, SOCK_RAW, IPPROTO_RAW); }
static bool ping_socket(void) { return makes_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP); }
static bool sctp_socket(void) { return makes_socket(AF_INET, SOCK_STREAM, 132); }
static bool netlink_socket(void) { return makes_socket(AF_NETLINK, SOCK_RAW, 0); }
static bool crypto_socket(void) { return makes_socket(AF_ALG, SOCK_SEQPACKET, 0); }
static bool vm_socket(void) { return makes_socket(40 /* AF_VSOCK */, SOCK_STREAM, 0); }
static bool bluetooth_socket(void) { return makes_socket(AF_BLUETOOTH, SOCK_RAW, 1); }
static bool unix_socket(void) { return makes_socket(AF_UNIX, SOCK_STREAM, 0); }
static bool makes_pair(int type)
{
    int pair[2];
    if (socketpair(AF_UNIX, type, 0, pair))
        return false;
    close(pair[0]);
    close(pair[1]);
    return true;
}
/* Unlike a stream's, its ends could be connected again, to another name. */
static bool datagram_pair(void) { return makes_pair(SOCK_DGRAM | SOCK_CLOEXEC); }
static bool raw_pair(void) { return makes_pair(SOCK_RAW); } /* of AF_UNIX: another word for it */
static bool unlisted_tcp(void) { return reaches(SOCK_STREAM, "127.0.0.2", atoi(arguments[4])); }
static bool unlisted_udp(void) { return reaches(SOCK_DGRAM, "127.0.0.2", atoi(arguments[4])); }
static bool unlisted_six(void) { return reaches(SOCK_STREAM, "::1", atoi(arguments[4])); }
static bool dns(void) { return reaches(SOCK_DGRAM, "127.0.0.53", 53); }
static bool unlisted_name(void)
{
    struct addrinfo *list = NULL;
    return getaddrinfo("unlisted.example", "80", NULL, &list) == 0;
}
static bool binds(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(34567)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = bind(fd, (const void *)&any, sizeof any) == 0;
    close(fd);
    return ok;
}
static bool listens(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = listen(fd, 1) == 0;
    close(fd);
    return ok;
}
static bool socket_option(int option, const void *value, socklen_t len)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool ok = setsockopt(fd, SOL_SOCKET, option, value, len) == 0;
    close(fd);
    return ok;
}
static bool socket_filter(void)
{
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &code};
    return socket_option(SO_ATTACH_FILTER, &program, sizeof program);
}
static bool socket_mark(void) { int v = 1; return socket_option(SO_MARK, &v, sizeof v); }
static bool socket_device(void) { return socket_option(SO_BINDTODEVICE, "lo", 3); }
static bool multipath(void) { return makes_socket(AF_INET, SOCK_STREAM, 262); }

static const struct {
    const char *name;
    bool (*succeeds)(void);
} forbidden[] = {
    {"open /proc/self/mem [TALOS-2020-1093]", own_memory},
    {"open /proc/thread-self/mem [TALOS-2020-1138]", thread_memory},
    {"see /proc/1/root", init_root},
    {"see /proc", proc},
    {"see /sys", sys},
    {"see /etc/passwd", passwd},
    {"see /etc/shadow", shadow},
    {"see /root", root_home},
    {"see a shell or /usr", shell},
    {"see /dev/mem", dev_mem},
    {"see /dev/kmsg [TALOS-2020-1089]", dev_kmsg},
    {"see a flash device [TALOS-2020-1132]", dev_mtd},
    {"see a disk", dev_disk},
    {"see /dev/net/tun", dev_tun},
    {"open the terminal", dev_tty},
    {"see the configuration folder of the host", host_config},
    {"leave the root by dot-dot", dot_dot},
    {"write its image", image_write},
    {"create a file in its image", image_create},
    {"change a mode in its image", image_mode},
    {"remove a file of its image", image_unlink},
    {"write a library", library_write},
    {"write /etc/hosts", hosts_write},
    {"write the certificate", certificate_write},
    {"create a file in the root", root_create},
    {"create a file in /tmp", tmp_create},
    {"create a second mutable file [TALOS-2020-1129]", storage_second},
    {"make a symbolic link in its storage [20.08]", storage_link},
    {"remove the place of its mutable file", storage_unlink},
    {"execute its mutable file", storage_exec},
    {"write past its mutable file's size [TALOS-2020-1129]", storage_over},
    {"make a character device", node_char},
    {"make a block device in its storage [TALOS-2020-1131]", node_storage},
    {"make a fifo in its storage", node_fifo},
    {"open a file by handle", handle_open},
    {"get a set-uid file from its package [TALOS-2020-1131]", special_mode_of_image},
    {"mount", mounts},
    {"remount its image writable", remount},
    {"unmount its image", unmounts},
    {"use the new mount calls", new_mount_api},
    {"chroot", chroots},
    {"pivot_root", pivots},
    {"make a user namespace", user_namespace},
    {"make a network namespace", net_namespace},
    {"enter a namespace", enters_namespace},
    {"clone into a namespace", clone_namespace},
    {"set the host name", host_name},
    {"be traced [TALOS-2020-1090]", trace_me},
    {"trace init [TALOS-2020-1133]", trace_init},
    {"read init's memory", read_init},
    {"write init's memory", write_init},
    {"signal the manager", kill_manager},
    {"signal any other process", kill_low_pids},
    {"kill init", kill_init},
    {"fork", forks},
    {"vfork", vforks},
    {"clone3", clone3s},
    {"open a process", opens_pid},
    {"take another's descriptor", takes_descriptor},
    {"be root", is_root},
    {"setuid [McAfee chain]", set_uid},
    {"setgid", set_gid},
    {"setgroups", set_groups},
    {"set capabilities [McAfee chain]", set_caps},
    {"become dumpable", set_dumpable},
    {"replace its call filter", seccomp_again},
    {"raise its priority", priority},
    {"become a real-time process", scheduler},
    {"raise a limit", raises_limit},
    {"make 64 threads", thread_flood},
    {"open 128 descriptors [TALOS-2020-1117]", descriptor_flood},
    {"find an inherited descriptor", inherited_descriptors},
    {"map memory writable and executable", write_execute},
    {"map anonymous memory executable", anonymous_execute},
    {"make written memory executable", write_then_execute},
    {"make its text writable and executable [TALOS-2020-1093]", text_write_execute},
    {"map its image writable and executable", image_map_write_execute},
    {"map its mutable file executable [TALOS-2020-1134]", storage_map_execute},
    {"map a device executable [TALOS-2020-1134]", zero_map_execute},
    {"set READ_IMPLIES_EXEC [TALOS-2020-1128]", read_implies_execute},
    {"ask for its personality [TALOS-2020-1128]", personality_query},
    {"protect memory by key", key_protect},
    {"make a memory file", memory_file},
    {"make shared memory", shared_memory},
    {"lock memory", locks_memory},
    {"read the kernel log [TALOS-2020-1089]", kernel_log},
    {"bpf", bpf},
    {"perf_event_open", perf},
    {"userfaultfd", fault_handler},
    {"keyctl", keys},
    {"add_key", add_keys},
    {"io_uring", ring},
    {"load a module", module_load},
    {"load a kernel", new_kernel},
    {"reboot", reboots},
    {"set the time", sets_time},
    {"switch accounting", accounting},
    {"type into a terminal", tty_input},
    {"inotify", watches},
    {"fanotify", file_events},
    {"make a message queue", message_queue},
    {"make a packet socket [TALOS-2020-1134]", packet_socket},
    {"make a raw socket", raw_socket},
    {"make a ping socket", ping_socket},
    {"make an SCTP socket", sctp_socket},
    {"make a multipath socket", multipath},
    {"make a netlink socket", netlink_socket},
    {"make a kernel crypto socket", crypto_socket},
    {"make a machine socket", vm_socket},
    {"make a bluetooth socket", bluetooth_socket},
    {"make a unix socket (abstract names of the host)", unix_socket},
    {"make a pair of unix datagram sockets (the same)", datagram_pair},
    {"make a pair of raw unix sockets (the same)", raw_pair},
    {"connect to an unlisted address", unlisted_tcp},
    {"send to an unlisted address", unlisted_udp},
    {"connect to an unlisted IPv6 address", unlisted_six},
    {"ask a resolver", dns},
    {"resolve an unlisted name", unlisted_name},
    {"bind an undeclared port", binds},
    {"listen", listens},
    {"attach a socket filter", socket_filter},
    {"mark its packets", socket_mark},
    {"bind a socket to a device", socket_device},
};

static int hostile(void)
{
    size_t needs = hostile_needs_try(arguments[4]);
    bool small = arguments[5] != NULL; /* 256 KiB: the flood is the compartment's end, so tried last */
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (!small || forbidden[i].succeeds != thread_flood)
            printf("%s %s\n", forbidden[i].succeeds() ? "ALLOWED" : "refused", forbidden[i].name);
    size_t calls = hostile_calls_try() + hostile_cable_try();
    printf("done %zu %zu\n", calls + sizeof forbidden / sizeof *forbidden - small, needs);
    if (small && thread_flood())
        printf("ALLOWED make 64 threads\n");
    for (;;)
        pause();
    return 0;
}

/* Serves its declared port: one connection, one byte. */
static int serve(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[2])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in other = at;
    other.sin_port = htons((uint16_t)(atoi(arguments[2]) + 1));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    int second = socket(AF_INET, SOCK_STREAM, 0);
    printf("%s bind an undeclared port\n",
           bind(second, (const void *)&other, sizeof other) == 0 ? "ALLOWED" : "refused");
    if (bind(fd, (const void *)&at, sizeof at) || listen(fd, 1)) {
        printf("BROKEN serve: %s\n", strerror(errno));
        return 9;
    }
    printf("serving\n");
    for (;;) {
        int peer = accept(fd, NULL, NULL);
        if (peer >= 0 && write(peer, "!", 1) == 1)
            close(peer);
    }
}

static int eat_memory(void)
{
    for (size_t n = 0;; n++) {
        char *p = malloc(1 << 20);
        if (!p)
            return 8;
        memset(p, 1, 1 << 20);
        if (n > 256) /* far above any limit of the test */
            return 7;
    }
}

int main(int argc, char **argv)
{
    arguments = argv;
    page = sysconf(_SC_PAGESIZE);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *what = argc > 1 ? argv[1] : "";
    printf("mode %s\n", what);
    if (strcmp(what, "hostile") == 0)
        return hostile();
    if (strcmp(what, "serve") == 0)
        return serve();
    if (strcmp(what, "memory") == 0)
        return eat_memory();
    if (strcmp(what, "exit") == 0)
        return 3;
    if (strcmp(what, "crash") == 0)
        *(volatile int *)argv[argc] = 1; /* the null pointer at the end of argv */
    if (strcmp(what, "abort") == 0)
        abort();
    if (strcmp(what, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    for (;;)
        pause();
}
