/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First process of a test: azured alone on the MCU, against a real service.
 * It sets up what azured needs and nothing else, plays the application manager to it, and
 * prints for the test on the host (tests/mcu/attest):
 *   attested MS           since the kernel started, when azured knew the time from its certificate
 *   time S                that time
 *   memory azured KIB KIB  resident, and of it written to
 *   memory MemFree KIB    of the machine
 * then powers off.  Everything else on the console is azured's own log.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "lib/guid.h"
#include "os/ipc/os_channel.h"

enum {
    AZURED_UID = 1001,
    WAIT_MS = 120000, /* a hang, not slowness */
    SETTLE_MS = 3000, /* for the update check that follows */
};

static _Noreturn void power_off(void)
{
    fflush(NULL);
    sync();
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

static _Noreturn void fail(const char *what)
{
    printf("FAIL %s: %s\n", what, strerror(errno));
    power_off();
}

/* The network that `peri mcu run --net user` gives. */
static void network_up(void)
{
    struct ifreq r = {.ifr_name = "eth0"};
    struct sockaddr_in at = {.sin_family = AF_INET};
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = inet_addr("10.0.2.15");
    memcpy(&r.ifr_addr, &at, sizeof at);
    if (s < 0 || ioctl(s, SIOCSIFADDR, &r))
        fail("address of eth0");
    at.sin_addr.s_addr = inet_addr("255.255.255.0");
    memcpy(&r.ifr_netmask, &at, sizeof at);
    if (ioctl(s, SIOCSIFNETMASK, &r) || ioctl(s, SIOCGIFFLAGS, &r))
        fail("netmask of eth0");
    r.ifr_flags |= IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &r))
        fail("eth0");
    at.sin_addr.s_addr = 0;
    memcpy(&route.rt_dst, &at, sizeof at);
    memcpy(&route.rt_genmask, &at, sizeof at);
    at.sin_addr.s_addr = inet_addr("10.0.2.2");
    memcpy(&route.rt_gateway, &at, sizeof at);
    if (ioctl(s, SIOCADDRT, &route))
        fail("route");
    close(s);
}

static void mounts_make(void)
{
    static const char folder[] = "/mnt/config/azured";
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        fail("/proc");
    if (mount(COMPONENT_SERVICES, "/mnt/sys", "asxipfs", MS_RDONLY, NULL))
        fail("/mnt/sys");
    if (mount("mtd0", "/mnt/config", "jffs2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
        fail("/mnt/config");
    if ((mkdir(folder, 0700) && errno != EEXIST) || chown(folder, AZURED_UID, AZURED_UID))
        fail(folder);
}

static void credential_take(void)
{
    uint8_t bytes[AZURE_SPHERE_CREDENTIAL_BYTES] = {0};
    struct writer w = writer_of(bytes + AZURE_SPHERE_CREDENTIAL_CAPABILITIES, 4);
    writer_u32le(&w, AZURE_SPHERE_CAP_UPDATE_IMAGE | AZURE_SPHERE_CAP_QUERY_IMAGE_INFO |
                         AZURE_SPHERE_CAP_ATTESTATION_RUNTIME);
    if (guid_parse(span_of(COMPONENT_SERVICES, strlen(COMPONENT_SERVICES)), bytes))
        fail("component");
    int fd = open("/proc/self/attr/exec", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        fail("credential");
    close(fd);
}

static pid_t azured_start(int channel)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int monitor = open(AZURE_SPHERE_MONITOR_DEVICE, O_RDWR), pluton = open(AZURE_SPHERE_PLUTON_DEVICE, O_RDWR);
    int at[] = {monitor, pluton, channel};
    if (monitor < 0 || pluton < 0)
        fail("devices");
    for (int i = 0; i < 3; i++) /* out of the way of each other */
        at[i] = fcntl(at[i], F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; i++)
        if (at[i] < 0 || dup2(at[i], 3 + i) < 0)
            fail("descriptors");
    credential_take();
    if (setgroups(0, NULL) || setgid(AZURED_UID) || setuid(AZURED_UID))
        fail("uid");
    execl("/mnt/sys/bin/azured", "azured", "/mnt/config/azured", "/etc/device.conf", (char *)NULL);
    fail("/mnt/sys/bin/azured");
}

static long number_behind(const char *path, const char *name)
{
    char line[128];
    long value = -1;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

static void memory_print(pid_t azured)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)azured);
    printf("memory azured %ld %ld\n", number_behind(path, "VmRSS:"), number_behind(path, "RssAnon:"));
    printf("memory MemTotal %ld\n", number_behind("/proc/meminfo", "MemTotal:"));
    printf("memory MemFree %ld\n", number_behind("/proc/meminfo", "MemFree:"));
    printf("memory MemAvailable %ld\n", number_behind("/proc/meminfo", "MemAvailable:"));
}

static long since_start_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message message;
    int pair[2], status;
    int console = open("/dev/console", O_RDWR);
    for (int fd = 0; fd < 3 && console >= 0; fd++)
        dup2(console, fd);
    setvbuf(stdout, NULL, _IOLBF, 0);
    mounts_make();
    network_up();
    printf("date at start: %lld\n", (long long)time(NULL));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        fail("channel");
    pid_t azured = azured_start(pair[1]);
    if (azured < 0)
        fail("fork");
    close(pair[1]);
    while (since_start_ms() < WAIT_MS) {
        int err = os_channel_receive(pair[0], buffer, &message, 1000);
        if (err == E_TIMEOUT)
            continue;
        if (err) {
            waitpid(azured, &status, 0);
            printf("FAIL azured ended: %s, status %#x\n", err_text(err), (unsigned)status);
            power_off();
        }
        if (message.kind != OS_TIME)
            continue;
        printf("attested %ld\ntime %llu\n", since_start_ms(), (unsigned long long)message.u.time_s);
        (void)poll(NULL, 0, SETTLE_MS);
        memory_print(azured);
        printf("azured is there: %s\n", waitpid(azured, &status, WNOHANG) == 0 ? "yes" : "no");
        power_off();
    }
    printf("FAIL no attestation in time\n");
    power_off();
}
