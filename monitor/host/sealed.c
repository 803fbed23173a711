/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int sealed_init(struct sealed *s, struct span file)
{
    void *map;
    *s = (struct sealed){.fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (s->fd < 0)
        return E_IO;
    for (size_t done = 0; done < file.len;) {
        ssize_t n = write(s->fd, file.at + done, file.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            goto fail;
        done += (size_t)n;
    }
    if (file.len == 0 || fcntl(s->fd, F_ADD_SEALS, SEALS) != 0)
        goto fail;
    map = mmap(NULL, file.len, PROT_READ, MAP_SHARED, s->fd, 0);
    if (map == MAP_FAILED)
        goto fail;
    s->view = span_of(map, file.len);
    return 0;
fail:
    sealed_release(s);
    return E_IO;
}

static void unmap(struct sealed *s)
{
    if (s->view.at)
        munmap((void *)(uintptr_t)s->view.at, s->view.len);
    s->view = span_of(NULL, 0);
}

void sealed_release(struct sealed *s)
{
    unmap(s);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

int sealed_take_fd(struct sealed *s)
{
    int fd = s->fd;
    unmap(s);
    s->fd = -1;
    return fd;
}
