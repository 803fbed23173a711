/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/eventloop.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/check.h"

static int seen;
static EventRegistration *self, *other;

static void count(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    uint64_t value;
    (void)el, (void)context;
    CHECK(events & EventLoop_Input);
    CHECK(read(fd, &value, sizeof value) == sizeof value);
    seen++;
}

static void unregister_both(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    (void)fd, (void)events, (void)context;
    seen++;
    CHECK_INT(EventLoop_UnregisterIo(el, self), 0);
    CHECK_INT(EventLoop_UnregisterIo(el, other), 0);
}

static void recurse(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    (void)context;
    count(el, fd, events, NULL);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_Failed);
    CHECK_INT(errno, EBUSY);
}

static int ready_fd(void)
{
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    REQUIRE(fd >= 0);
    return fd;
}

static void arguments_are_checked(void)
{
    EventLoop *el = EventLoop_Create();
    REQUIRE(el != NULL);
    int fd = ready_fd();
    CHECK(EventLoop_RegisterIo(NULL, fd, EventLoop_Input, count, NULL) == NULL && errno == EFAULT);
    CHECK(EventLoop_RegisterIo(el, fd, EventLoop_Input, NULL, NULL) == NULL && errno == EFAULT);
    CHECK(EventLoop_RegisterIo(el, fd, 2, count, NULL) == NULL && errno == EINVAL);
    CHECK(EventLoop_RegisterIo(el, -1, EventLoop_Input, count, NULL) == NULL && errno == EBADF);
    EventRegistration *reg = EventLoop_RegisterIo(el, fd, EventLoop_Input, count, NULL);
    CHECK(reg != NULL);
    CHECK(EventLoop_RegisterIo(el, fd, EventLoop_Input, count, NULL) == NULL && errno == EEXIST);
    CHECK(EventLoop_ModifyIoEvents(el, NULL, 0) == -1 && errno == EFAULT);
    CHECK(EventLoop_ModifyIoEvents(el, reg, 2) == -1 && errno == EINVAL);
    CHECK_INT(EventLoop_UnregisterIo(el, NULL), 0);
    CHECK(EventLoop_UnregisterIo(NULL, reg) == -1 && errno == EFAULT);
    CHECK(EventLoop_Run(NULL, 0, false) == EventLoop_Run_Failed && errno == EFAULT);
    CHECK(EventLoop_Stop(NULL) == -1 && errno == EFAULT);
    CHECK(EventLoop_GetWaitDescriptor(NULL) == -1 && errno == EFAULT);
    EventLoop_Close(el);
    EventLoop_Close(NULL);
    close(fd);
}

static void runs_what_is_ready(void)
{
    EventLoop *el = EventLoop_Create();
    int a = ready_fd(), b = ready_fd();
    EventRegistration *reg = EventLoop_RegisterIo(el, a, EventLoop_Input, count, NULL);
    REQUIRE(EventLoop_RegisterIo(el, b, EventLoop_Input, recurse, NULL) != NULL);
    struct pollfd wait = {.fd = EventLoop_GetWaitDescriptor(el), .events = POLLIN};
    CHECK_INT(poll(&wait, 1, 0), 1); /* "readable while the loop has work" */
    seen = 0;
    CHECK_INT(EventLoop_Run(el, -1, true), EventLoop_Run_Finished);
    CHECK_INT(seen, 1);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_Finished);
    CHECK_INT(seen, 2);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_FinishedEmpty);
    CHECK_INT(EventLoop_Run(el, 5, false), EventLoop_Run_FinishedEmpty);
    CHECK_INT(poll(&wait, 1, 0), 0);
    CHECK_INT(EventLoop_ModifyIoEvents(el, reg, EventLoop_None), 0);
    uint64_t one = 1;
    CHECK(write(a, &one, sizeof one) == sizeof one);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_FinishedEmpty);
    EventLoop_Close(el);
    close(a);
    close(b);
}

/* "allowed inside a callback, also for the running one" */
static void callback_may_unregister_anything(void)
{
    EventLoop *el = EventLoop_Create();
    int a = ready_fd(), b = ready_fd();
    self = EventLoop_RegisterIo(el, a, EventLoop_Input, unregister_both, NULL);
    other = EventLoop_RegisterIo(el, b, EventLoop_Input, unregister_both, NULL);
    seen = 0;
    CHECK_INT(EventLoop_Run(el, 20, false), EventLoop_Run_Finished);
    CHECK_INT(seen, 1);
    EventLoop_Close(el);
    close(a);
    close(b);
}

static void *stopper(void *context)
{
    CHECK_INT(EventLoop_Stop(context), 0);
    return NULL;
}

static void stop_works_from_another_thread(void)
{
    EventLoop *el = EventLoop_Create();
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, stopper, el) == 0);
    CHECK_INT(EventLoop_Run(el, -1, false), EventLoop_Run_Finished);
    pthread_join(thread, NULL);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_FinishedEmpty);
    EventLoop_Close(el);
}

static void on_alarm(int signal) { (void)signal; }

/* The samples leave their loop when a handler without SA_RESTART ran. */
static void signal_ends_the_run_with_eintr(void)
{
    EventLoop *el = EventLoop_Create();
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value.tv_usec = 10000};
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    REQUIRE(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    CHECK_INT(EventLoop_Run(el, -1, false), EventLoop_Run_Failed);
    CHECK_INT(errno, EINTR);
    EventLoop_Close(el);
}

int main(void)
{
    arguments_are_checked();
    runs_what_is_ready();
    callback_may_unregister_anything();
    stop_works_from_another_thread();
    signal_ends_the_run_with_eintr();
    return check_done();
}
