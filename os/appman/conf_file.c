/* SPDX-License-Identifier: BSD-2-Clause */
/* device.conf from its file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/appman/manager.h"

int manager_read_conf(const char *path, struct device_conf *conf)
{
    static uint8_t text[DEVICE_CONF_BYTES_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        fprintf(stderr, "application-manager: device.conf \"%s\": %s\n", path, strerror(errno));
        return E_IO;
    }
    int e = (size_t)n == sizeof text ? E_LIMIT : device_conf_parse(span_of(text, (size_t)n), conf);
    if (e)
        fprintf(stderr, "application-manager: device.conf \"%s\": %s\n", path, err_text(e));
    return e;
}
