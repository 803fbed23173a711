/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "monitor/host/log.h"
#include "monitor/host/pluton_client.h"

int platform_random(void *platform, uint8_t *to, size_t len)
{
    return pluton_random(((struct server *)platform)->pluton, to, len);
}

int platform_counter_read(void *platform, uint8_t index, uint32_t *value)
{
    return pluton_counter(((struct server *)platform)->pluton, index, value);
}

int platform_counter_raise(void *platform, uint8_t index, uint32_t value)
{
    return pluton_counter_raise(((struct server *)platform)->pluton, index, value);
}

int platform_capability_read(void *platform, uint16_t number, bool *enabled)
{
    return pluton_capability(((struct server *)platform)->pluton, number, enabled);
}

int platform_lifecycle_read(void *platform, uint32_t *lifecycle)
{
    return pluton_lifecycle(((struct server *)platform)->pluton, lifecycle);
}

int platform_keystore_check(void *platform, struct span file, const struct keystore *next)
{
    const struct server *s = platform;
    for (int i = 0; i < FIRMWARE_COPIES; i++)
        if (!keystore_stays(s->engine.keystore, next, s->firmware[i]))
            return E_KEY_UNKNOWN;
    return pluton_call(s->pluton, PLUTON_CHECK_KEYSTORE, file, NULL, 0);
}

int platform_application_hold(void *platform, struct span file, struct span *held)
{
    struct server *s = platform;
    sealed_release(&s->sealed);
    int err = sealed_init(&s->sealed, file);
    *held = s->sealed.view;
    return err;
}

void platform_application_release(void *platform, bool give)
{
    struct server *s = platform;
    s->give = give;
    if (!give)
        sealed_release(&s->sealed);
}

void platform_reset(void *platform, enum engine_reset how)
{
    struct server *s = platform;
    s->reset_asked = true;
    s->reset = how;
}

void serve_init(struct server *s, int pluton)
{
    s->pluton = pluton;
    s->sealed.fd = -1;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* descriptor -1 = none; false when the peer's queue is full */
static bool reply_send(int channel, struct span reply, int descriptor)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)reply.at, .iov_len = reply.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
    }
    return sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* One request of channel number i; false when the channel has ended. */
static bool channel_serve(struct server *s, int i, bool hung_up)
{
    int fd = s->channel[i].fd;
    /* Descriptors sent along have nowhere to go: the kernel closes them. */
    ssize_t got = recv(fd, s->request, sizeof s->request, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0 && hung_up)
        return false;
    struct writer reply = writer_of(s->reply, sizeof s->reply);
    s->give = false;
    int err = engine_call(&s->engine, s->channel[i].rights, span_of(s->request, (size_t)got),
                          &reply);
    if (err) {
        log_error(err, "call");
        sealed_release(&s->sealed);
        return true;
    }
    if (!reply_send(fd, writer_view(&reply), s->give ? s->sealed.fd : -1) &&
        s->channel[i].dropped++ == 0) /* said once: the peer must not fill the log */
        log_errno(E_IO, "channel %d: reply dropped", i);
    sealed_release(&s->sealed);
    return true;
}

/* True when the application manager has ended; logs how. */
static bool manager_ended(struct server *s, bool stopping)
{
    int status;
    if (waitpid(s->manager, &status, WNOHANG) != s->manager)
        return false;
    if (WIFSIGNALED(status))
        log_line("application manager ended by signal %d", WTERMSIG(status));
    else if (!stopping || WEXITSTATUS(status) != 0)
        log_line("application manager ended with exit code %d", WEXITSTATUS(status));
    return true;
}

/* SIGTERM or SIGINT is among the pending signals. */
static bool stop_signalled(struct server *s)
{
    struct signalfd_siginfo info;
    bool stop = false;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
        stop = stop || info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
    return stop;
}

enum { WAIT_SIGNALS = SERVE_CHANNELS, WAIT_PLUTON, WAIT_COUNT };

int serve_run(struct server *s)
{
    int code = PLUTON_HOST_EXIT_RESET; /* a manager that ends unasked */
    bool stopping = false, killed = false;
    int64_t deadline = 0;

    for (;;) {
        struct pollfd wait[WAIT_COUNT];
        for (int i = 0; i < SERVE_CHANNELS; i++)
            wait[i] = (struct pollfd){.fd = s->channel[i].fd, .events = POLLIN};
        wait[WAIT_SIGNALS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
        /* Only whether it is still there: it never speaks unasked. */
        wait[WAIT_PLUTON] = (struct pollfd){.fd = stopping ? -1 : s->pluton};
        int64_t left = stopping && !killed ? deadline - now_ms() : -1;
        if (stopping && !killed && left <= 0) {
            log_line("application manager did not stop in %d ms: killed", SERVE_STOP_MS);
            kill(s->manager, SIGKILL);
            killed = true;
            left = -1;
        }
        if (poll(wait, WAIT_COUNT, (int)left) < 0 && errno != EINTR)
            return log_errno(1, "poll");
        bool stop = false;
        if (wait[WAIT_SIGNALS].revents) {
            stop = stop_signalled(s);
            if (manager_ended(s, stopping || stop))
                return stop && !stopping ? PLUTON_HOST_EXIT_OFF : code;
        }
        for (int i = 0; i < SERVE_CHANNELS; i++)
            if (wait[i].revents && !channel_serve(s, i, wait[i].revents & POLLHUP)) {
                close(s->channel[i].fd);
                s->channel[i].fd = -1; /* poll() passes over it */
            }
        bool orphan = wait[WAIT_PLUTON].revents & (POLLHUP | POLLERR);
        if (!stopping && (stop || s->reset_asked || orphan)) {
            bool off = stop || (s->reset_asked && s->reset == ENGINE_RESET_POWER_OFF);
            log_line("stopping: %s", stop   ? "signal"
                                     : off  ? "power off"
                                     : orphan ? "root of trust is gone"
                                              : "restart");
            code = off ? PLUTON_HOST_EXIT_OFF : PLUTON_HOST_EXIT_RESET;
            stopping = true;
            deadline = now_ms() + SERVE_STOP_MS;
            kill(s->manager, SIGTERM);
        } else if (stop) {
            code = PLUTON_HOST_EXIT_OFF; /* whoever stops the machine wins over a restart */
        }
    }
}
