/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EventLoop over epoll.  Events are fetched one at a time, so a callback may
 * unregister anything, itself included, without leaving a stale pointer in a
 * batch.  A second eventfd wakes and ends a run from another thread.
 */
#include <applibs/eventloop.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct EventRegistration {
    EventRegistration *next;
    EventLoopIoCallback *callback;
    void *context;
    int fd;
};

struct EventLoop {
    EventRegistration *first;
    int epoll_fd;
    int stop_fd;
    bool running;
};

_Static_assert((int)EventLoop_Input == (int)EPOLLIN && (int)EventLoop_Output == (int)EPOLLOUT &&
                   (int)EventLoop_Error == (int)EPOLLERR,
               "events are passed through");

static int failed(int error)
{
    errno = error;
    return -1;
}

EventLoop *EventLoop_Create(void)
{
    EventLoop *el = calloc(1, sizeof *el);
    if (!el)
        return NULL;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}; /* NULL = stop */
    el->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    el->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (el->epoll_fd < 0 || el->stop_fd < 0 ||
        epoll_ctl(el->epoll_fd, EPOLL_CTL_ADD, el->stop_fd, &event) != 0) {
        int error = errno;
        EventLoop_Close(el);
        errno = error;
        return NULL;
    }
    return el;
}

void EventLoop_Close(EventLoop *el)
{
    if (!el)
        return;
    while (el->first) {
        EventRegistration *reg = el->first;
        el->first = reg->next;
        free(reg);
    }
    if (el->epoll_fd >= 0)
        close(el->epoll_fd);
    if (el->stop_fd >= 0)
        close(el->stop_fd);
    free(el);
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static EventLoop_Run_Result run(EventLoop *el, int duration_ms, bool one)
{
    long long end = duration_ms > 0 ? now_ms() + duration_ms : 0;
    EventLoop_Run_Result result = EventLoop_Run_FinishedEmpty;
    for (;;) {
        int wait = -1;
        if (duration_ms == 0) {
            wait = 0;
        } else if (duration_ms > 0) {
            long long left = end - now_ms();
            wait = left > 0 ? (int)left : 0;
        }
        struct epoll_event event;
        int n = epoll_wait(el->epoll_fd, &event, 1, wait);
        if (n < 0)
            return EventLoop_Run_Failed; /* EINTR included: callers look at their exit code */
        if (n == 0)
            return result;
        result = EventLoop_Run_Finished;
        EventRegistration *reg = event.data.ptr;
        if (!reg) {
            uint64_t count;
            (void)!read(el->stop_fd, &count, sizeof count);
            return result;
        }
        reg->callback(el, reg->fd, event.events, reg->context);
        if (one)
            return result;
    }
}

EventLoop_Run_Result EventLoop_Run(EventLoop *el, int duration_in_milliseconds,
                                   bool process_one_event)
{
    if (!el)
        return failed(EFAULT);
    if (el->running)
        return failed(EBUSY);
    el->running = true;
    EventLoop_Run_Result result = run(el, duration_in_milliseconds, process_one_event);
    el->running = false;
    return result;
}

int EventLoop_GetWaitDescriptor(EventLoop *el)
{
    return el ? el->epoll_fd : failed(EFAULT);
}

int EventLoop_Stop(EventLoop *el)
{
    uint64_t one = 1;
    if (!el)
        return failed(EFAULT);
    return write(el->stop_fd, &one, sizeof one) == sizeof one ? 0 : -1;
}

static bool events_valid(EventLoop_IoEvents events)
{
    return (events & ~(EventLoop_IoEvents)(EventLoop_Input | EventLoop_Output | EventLoop_Error)) == 0;
}

EventRegistration *EventLoop_RegisterIo(EventLoop *el, int fd, EventLoop_IoEvents eventBitmask,
                                        EventLoopIoCallback *callback, void *context)
{
    if (!el || !callback) {
        errno = EFAULT;
        return NULL;
    }
    if (!events_valid(eventBitmask)) {
        errno = EINVAL;
        return NULL;
    }
    EventRegistration *reg = calloc(1, sizeof *reg);
    if (!reg)
        return NULL;
    *reg = (EventRegistration){el->first, callback, context, fd};
    struct epoll_event event = {.events = eventBitmask, .data.ptr = reg};
    if (epoll_ctl(el->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        int error = errno;
        free(reg);
        errno = error;
        return NULL;
    }
    el->first = reg;
    return reg;
}

int EventLoop_ModifyIoEvents(EventLoop *el, EventRegistration *reg, EventLoop_IoEvents eventBitmask)
{
    if (!el || !reg)
        return failed(EFAULT);
    if (!events_valid(eventBitmask))
        return failed(EINVAL);
    struct epoll_event event = {.events = eventBitmask, .data.ptr = reg};
    return epoll_ctl(el->epoll_fd, EPOLL_CTL_MOD, reg->fd, &event);
}

int EventLoop_UnregisterIo(EventLoop *el, EventRegistration *reg)
{
    if (!el)
        return failed(EFAULT);
    if (!reg)
        return 0;
    for (EventRegistration **at = &el->first; *at; at = &(*at)->next) {
        if (*at != reg)
            continue;
        *at = reg->next;
        /* The caller may have closed fd already; the kernel has removed it then. */
        (void)epoll_ctl(el->epoll_fd, EPOLL_CTL_DEL, reg->fd, NULL);
        free(reg);
        return 0;
    }
    return failed(EINVAL);
}
