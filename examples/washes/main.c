/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dishwasher that is not updated while it washes.
 *   washes [SECONDS] [MINUTES]   length of the programme (60), and for how long an update is
 *                                put off at a time (5)
 * The programme runs from the start on; SIGUSR1, in the place of a button, ends it early.
 * An update that comes meanwhile is put off, again and again until the device allows it
 * no more; at the end of the programme it may come at once.  Needs SystemEventNotifications and SoftwareUpdateDeferral.
 * Exit codes: 0 asked to end, 1 something could not be set up.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <applibs/eventloop.h>
#include <applibs/log.h>
#include <applibs/sysevent.h>

static volatile sig_atomic_t ending;
static bool washing = true, put_off;
static uint32_t minutes = 5;

static void on_term(int number)
{
    (void)number;
    ending = 1;
}

static const char *status_name(SysEvent_Status status)
{
    static const char *const names[] = {"invalid", "pending", "final", "deferred", "complete"};
    return status < sizeof names / sizeof *names ? names[status] : "unknown";
}

static void defer(unsigned most)
{
    if (SysEvent_DeferEvent(SysEvent_Events_UpdateReadyForInstall, minutes) != 0) {
        Log_Debug("washes: cannot put it off: %s\n", strerror(errno));
        return;
    }
    put_off = true;
    Log_Debug("washes: put off for %u min of %u\n", (unsigned)(minutes < most ? minutes : most), most);
}

static void on_event(SysEvent_Events event, SysEvent_Status status, const SysEvent_Info *info, void *context)
{
    SysEvent_Info_UpdateData data;
    (void)context;
    if (event == SysEvent_Events_UpdateStarted) {
        Log_Debug("washes: an update is being downloaded\n");
        return;
    }
    if (SysEvent_Info_GetUpdateData(info, &data) != 0)
        return;
    Log_Debug("washes: update of %s: %s\n", data.update_type == SysEvent_UpdateType_System ? "the system" : "applications",
              status_name(status));
    if (status == SysEvent_Status_Pending && washing)
        defer(data.max_deferral_time_in_minutes);
    else if (status != SysEvent_Status_Deferred)
        put_off = false;
}

static void programme_end(void)
{
    if (!washing)
        return;
    washing = false;
    Log_Debug("washes: the programme is over\n");
    if (put_off && SysEvent_ResumeEvent(SysEvent_Events_UpdateReadyForInstall) != 0)
        Log_Debug("washes: cannot let the update come: %s\n", strerror(errno));
}

static void on_washed(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    uint64_t count;
    (void)el, (void)events, (void)context;
    if (read(fd, &count, sizeof count) == sizeof count)
        programme_end();
}

static void on_button(EventLoop *el, int fd, EventLoop_IoEvents events, void *context)
{
    struct signalfd_siginfo info;
    (void)el, (void)events, (void)context;
    if (read(fd, &info, sizeof info) == sizeof info)
        programme_end();
}

static int button_open(void)
{
    sigset_t button;
    sigemptyset(&button);
    sigaddset(&button, SIGUSR1);
    sigprocmask(SIG_BLOCK, &button, NULL);
    return signalfd(-1, &button, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int programme_start(long seconds)
{
    struct itimerspec length = {.it_value.tv_sec = seconds};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return fd >= 0 && timerfd_settime(fd, 0, &length, NULL) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_term};
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 60;
    if (argc > 2)
        minutes = (uint32_t)strtoul(argv[2], NULL, 10);
    sigaction(SIGTERM, &action, NULL);

    EventLoop *el = EventLoop_Create();
    int timer = programme_start(seconds > 0 ? seconds : 1), button = button_open();
    if (!el || timer < 0 || button < 0 || !EventLoop_RegisterIo(el, timer, EventLoop_Input, on_washed, NULL) ||
        !EventLoop_RegisterIo(el, button, EventLoop_Input, on_button, NULL)) {
        Log_Debug("washes: cannot start: %s\n", strerror(errno));
        return 1;
    }
    EventRegistration *updates = SysEvent_RegisterForEventNotifications(
        el, SysEvent_Events_UpdateReadyForInstall | SysEvent_Events_UpdateStarted, on_event, NULL);
    if (!updates)
        Log_Debug("washes: does not hear of updates: %s\n", strerror(errno));
    Log_Debug("washes: version %s, %ld s\n", WASHES_VERSION, seconds);

    while (!ending)
        if (EventLoop_Run(el, -1, true) == EventLoop_Run_Failed && errno != EINTR)
            return 1;
    if (updates)
        SysEvent_UnregisterForEventNotifications(updates);
    EventLoop_Close(el);
    Log_Debug("washes: ended\n");
    return 0;
}
