/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/settings_mcu.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *path, *value, *why;
} settings[] = {
    {"/proc/sys/kernel/core_pattern", "|/bin/azcore %P", "the crash handler; the kernel starts no other program anyway"},
    {"/proc/sys/kernel/core_pipe_limit", "4", "who died stays until the handler is through; as many handlers at a time"},
    {"/proc/sys/kernel/kptr_restrict", "1", "addresses of the kernel are nobody's business"},
    {"/proc/sys/fs/protected_hardlinks", "1", "links into what belongs to another"},
    {"/proc/sys/fs/protected_symlinks", "1", "links in folders that several may write"},
    {"/proc/sys/fs/protected_fifos", "2", "files of another in such a folder"},
    {"/proc/sys/fs/protected_regular", "2", "files of another in such a folder"},
};

void settings_make(void)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t len = strlen(settings[i].value);
        int fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, settings[i].value, len) != (ssize_t)len)
            fprintf(stderr, "application-manager: cannot set \"%s\": %s\n", settings[i].path, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
}
