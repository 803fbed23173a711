/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/parts.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/appman/compartment.h"
#include "os/appman/memory_group.h"
#include "os/appman/seccomp_policy.h"
#include "os/landlock/landlock.h"

static bool try_uid(const struct device_conf *conf)
{
    return geteuid() == 0 && confine_credentials(conf->uid_base, 0) == 0 &&
           geteuid() == conf->uid_base;
}

static bool try_namespaces(const struct device_conf *conf)
{
    (void)conf;
    return unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=4k") == 0;
}

static bool try_landlock(const struct device_conf *conf)
{
    (void)conf;
    return landlock_version() > 0;
}

static bool try_seccomp(const struct device_conf *conf)
{
    (void)conf;
    return seccomp_policy_app(false) == 0;
}

static bool try_memory(const struct device_conf *conf)
{
    return conf->app_memory_kib == 0 || memory_group_available();
}

static const struct {
    enum part part;
    bool (*try)(const struct device_conf *conf);
} tries[] = {
    {PART_UID, try_uid},         {PART_NAMESPACES, try_namespaces},
    {PART_LANDLOCK, try_landlock}, {PART_SECCOMP, try_seccomp},
    {PART_CGROUP_MEMORY, try_memory},
};

unsigned parts_missing(const struct device_conf *conf)
{
    unsigned missing = 0;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        int status = 1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(tries[i].try(conf) ? 0 : 1);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            missing |= 1u << tries[i].part;
    }
    if (missing & 1u << PART_UID) /* the filter knows applications by their uid */
        missing |= 1u << PART_NETWORK_FILTER;
    return missing;
}
