/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/ipc/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/ct.h"

/* One more than a message may carry, so that a second one is seen and closed
 * rather than leaked. */
enum { DESCRIPTORS_MAX = 4 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until fd is ready for events or the deadline has passed. */
static int wait_ready(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline < 0 ? -1 : deadline - now_ms();
        if (deadline >= 0 && left < 0)
            left = 0;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, (int)left);
        if (n > 0)
            return 0; /* POLLHUP and POLLERR too: the next call says which */
        if (n == 0)
            return E_TIMEOUT;
        if (errno != EINTR)
            return E_IO;
    }
}

static int error_of(int number)
{
    switch (number) {
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
    case ECONNREFUSED:
        return E_NETWORK;
    case EMSGSIZE:
        return E_MALFORMED;
    default:
        return E_IO;
    }
}

int message_send(int fd, struct span bytes, int pass, int timeout_ms)
{
    if (bytes.len == 0)
        return E_MALFORMED; /* an empty datagram reads like a closed peer */
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.at, .iov_len = bytes.len};
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (pass >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pass, sizeof pass);
    }
    int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    for (;;) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            return (size_t)n == bytes.len ? 0 : E_IO;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return error_of(errno);
        int e = wait_ready(fd, POLLOUT, deadline);
        if (e)
            return e;
    }
}

int message_receive(int fd, uint8_t *buffer, size_t cap, size_t *len, int *passed,
                    int timeout_ms)
{
    *len = 0;
    if (passed)
        *passed = -1;
    struct iovec part = {.iov_base = buffer, .iov_len = cap};
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct msghdr message;
    int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    ssize_t n;
    for (;;) {
        message = (struct msghdr){.msg_iov = &part,
                                  .msg_iovlen = 1,
                                  .msg_control = control.bytes,
                                  .msg_controllen = sizeof control.bytes};
        n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (n >= 0)
            break;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return error_of(errno);
        int e = wait_ready(fd, POLLIN, deadline);
        if (e)
            return e;
    }

    int got[DESCRIPTORS_MAX];
    size_t count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t in = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < in && count < DESCRIPTORS_MAX; i++)
            memcpy(&got[count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    bool whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    if (n > 0 && whole && count <= (passed ? 1u : 0u)) {
        if (count)
            *passed = got[0];
        *len = (size_t)n;
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        close(got[i]);
    ct_wipe(buffer, (size_t)n);
    return n == 0 && count == 0 && whole ? E_NETWORK : E_MALFORMED;
}
