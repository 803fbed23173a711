/* SPDX-License-Identifier: BSD-2-Clause */
/* System events as an application sees them: what is delivered, once, and what a broken
 * or hostile other end cannot do. */
#include <applibs/sysevent.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/cursor.h"
#include "tests/check.h"

/* What sources written for the original rely on: types, values, members. */
_Static_assert(_Generic((SysEvent_Events)0, uint32_t: 1, default: 0) && _Generic((SysEvent_Status)0, uint32_t: 1, default: 0) &&
                   _Generic((SysEvent_UpdateType)0, uint32_t: 1, default: 0),
               "types");
_Static_assert(SysEvent_Events_None == 0 && SysEvent_Events_UpdateReadyForInstall == 1 && SysEvent_Events_UpdateStarted == 2 &&
                   SysEvent_Events_NoUpdateAvailable == 4 && SysEvent_Events_Mask == 7,
               "events");
_Static_assert(SysEvent_Status_Invalid == 0 && SysEvent_Status_Pending == 1 && SysEvent_Status_Final == 2 &&
                   SysEvent_Status_Deferred == 3 && SysEvent_Status_Complete == 4,
               "statuses");
_Static_assert(SysEvent_UpdateType_Invalid == 0 && SysEvent_UpdateType_App == 1 && SysEvent_UpdateType_System == 2, "update types");
_Static_assert(_Generic(((SysEvent_Info_UpdateData){0}).max_deferral_time_in_minutes, unsigned int: 1, default: 0) &&
                   sizeof(SysEvent_Info_UpdateData) == 8,
               "data of an update");
static EventRegistration *(*const has_register)(EventLoop *, SysEvent_Events, SysEvent_EventsCallback *, void *) =
    SysEvent_RegisterForEventNotifications;
static int (*const has_unregister)(EventRegistration *) = SysEvent_UnregisterForEventNotifications;
static int (*const has_data)(const SysEvent_Info *, SysEvent_Info_UpdateData *) = SysEvent_Info_GetUpdateData;
static int (*const has_defer)(SysEvent_Events, uint32_t) = SysEvent_DeferEvent;
static int (*const has_resume)(SysEvent_Events) = SysEvent_ResumeEvent;

static int os_channel, os_events;
static unsigned calls;
static SysEvent_Events last_event;
static SysEvent_Status last_status;
static SysEvent_Info_UpdateData last_data;
static int last_result, last_errno;
static EventRegistration *reg;
static bool leaves;

static void on_event(SysEvent_Events event, SysEvent_Status status, const SysEvent_Info *info, void *context)
{
    CHECK(context == &calls);
    calls++;
    last_event = event;
    last_status = status;
    errno = 0;
    last_result = SysEvent_Info_GetUpdateData(info, &last_data);
    last_errno = errno;
    CHECK(SysEvent_Info_GetUpdateData(info, NULL) == -1 && errno == EFAULT);
    if (leaves)
        CHECK_INT(SysEvent_UnregisterForEventNotifications(reg), 0);
}

/* The reply is put into the socket before the question is asked. */
static void answer(uint16_t number, int error)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u16le(&w, number);
    writer_u16le(&w, 0);
    writer_u32le(&w, (uint32_t)error);
    REQUIRE(send(os_channel, bytes, w.len, 0) == (ssize_t)w.len);
}

static size_t asked(uint8_t *bytes, size_t cap)
{
    ssize_t n = recv(os_channel, bytes, cap, MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

static void event_put(uint32_t event, uint32_t status, uint32_t minutes, uint32_t type, size_t bytes)
{
    uint8_t room[64] = {0};
    struct writer w = writer_of(room, sizeof room);
    writer_u32le(&w, event);
    writer_u32le(&w, status);
    writer_u32le(&w, minutes);
    writer_u32le(&w, type);
    REQUIRE(send(os_events, room, bytes, 0) == (ssize_t)bytes);
}

static void run(EventLoop *el)
{
    (void)EventLoop_Run(el, 0, false);
}

static EventRegistration *listen_to(EventLoop *el, SysEvent_Events events)
{
    uint8_t bytes[64];
    answer(APP_CALL_EVENTS_LISTEN, 0);
    EventRegistration *made = SysEvent_RegisterForEventNotifications(el, events, on_event, &calls);
    CHECK_INT(asked(bytes, sizeof bytes), 4);
    return made;
}

static void arguments_are_checked(EventLoop *el)
{
    uint8_t bytes[64];
    CHECK(!SysEvent_RegisterForEventNotifications(NULL, 1, on_event, NULL) && errno == EFAULT);
    CHECK(!SysEvent_RegisterForEventNotifications(el, 1, NULL, NULL) && errno == EFAULT);
    CHECK(!SysEvent_RegisterForEventNotifications(el, 0, on_event, NULL) && errno == EINVAL);
    CHECK(!SysEvent_RegisterForEventNotifications(el, 8, on_event, NULL) && errno == EINVAL);
    CHECK(SysEvent_UnregisterForEventNotifications(NULL) == -1 && errno == EFAULT);
    CHECK(SysEvent_Info_GetUpdateData(NULL, &last_data) == -1 && errno == EFAULT);
    CHECK_INT(asked(bytes, sizeof bytes), 0); /* nobody was bothered */
    answer(APP_CALL_EVENTS_LISTEN, EACCES);
    CHECK(!SysEvent_RegisterForEventNotifications(el, 7, on_event, NULL) && errno == EACCES);
    CHECK_INT(asked(bytes, sizeof bytes), 4);
}

static void events_are_delivered(EventLoop *el)
{
    event_put(1, 2, 0, 1, 16); /* before anybody listened */
    reg = listen_to(el, SysEvent_Events_Mask);
    REQUIRE(reg != NULL);
    CHECK(!SysEvent_RegisterForEventNotifications(el, 1, on_event, &calls) && errno == EEXIST);
    run(el);
    CHECK_INT(calls, 0);

    event_put(SYSTEM_EVENT_UPDATE_STARTED, 0, 0, 0, 16);
    run(el);
    CHECK_INT(calls, 1);
    CHECK_INT(last_event, SysEvent_Events_UpdateStarted);
    CHECK(last_result == -1 && last_errno == EINVAL); /* such an event has no data */

    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING, 10020, UPDATE_TYPE_APP, 16);
    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING, 10020, UPDATE_TYPE_APP, 16); /* the same again */
    run(el);
    CHECK_INT(calls, 2);
    CHECK_INT(last_result, 0);
    CHECK_INT(last_data.max_deferral_time_in_minutes, 10020);
    CHECK_INT(last_data.update_type, SysEvent_UpdateType_App);

    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_DEFERRED, 10020, UPDATE_TYPE_APP, 16);
    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING, 10019, UPDATE_TYPE_APP, 16);
    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_FINAL, 0, UPDATE_TYPE_SYSTEM, 16);
    run(el);
    CHECK_INT(calls, 5);
    CHECK_INT(last_status, SysEvent_Status_Final);
    CHECK_INT(last_data.update_type, SysEvent_UpdateType_System);

    for (size_t bytes = 1; bytes <= 40; bytes++) /* no event at all */
        if (bytes != 16)
            event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_FINAL, 0, 1, bytes);
    run(el);
    CHECK_INT(calls, 5);
    CHECK_INT(SysEvent_UnregisterForEventNotifications(reg), 0);
    CHECK(SysEvent_UnregisterForEventNotifications(reg) == -1 && errno == EINVAL);
    event_put(SYSTEM_EVENT_NO_UPDATE, 0, 0, 0, 16);
    run(el);
    CHECK_INT(calls, 5);
}

static void only_what_was_asked_for(EventLoop *el)
{
    reg = listen_to(el, SysEvent_Events_NoUpdateAvailable);
    REQUIRE(reg != NULL);
    event_put(SYSTEM_EVENT_UPDATE_STARTED, 0, 0, 0, 16);
    event_put(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING, 1, 1, 16);
    run(el);
    CHECK_INT(calls, 5);
    leaves = true; /* in its callback, which is allowed */
    event_put(SYSTEM_EVENT_NO_UPDATE, 0, 0, 0, 16);
    event_put(SYSTEM_EVENT_NO_UPDATE, 0, 0, 0, 16);
    run(el);
    CHECK_INT(calls, 6);
    leaves = false;
}

static void deferral_is_asked_for(void)
{
    static const uint8_t defer[] = {APP_CALL_EVENT_DEFER, 0, 8, 0, 1, 0, 0, 0, 60, 0, 0, 0},
                         resume[] = {APP_CALL_EVENT_RESUME, 0, 4, 0, 1, 0, 0, 0};
    static const int errors[] = {EACCES, EINVAL, ENOENT, EALREADY, EPERM, EIO};
    uint8_t bytes[64];
    answer(APP_CALL_EVENT_DEFER, 0);
    CHECK_INT(SysEvent_DeferEvent(SysEvent_Events_UpdateReadyForInstall, 60), 0);
    CHECK_INT(asked(bytes, sizeof bytes), sizeof defer);
    CHECK_MEM(bytes, defer, sizeof defer);
    answer(APP_CALL_EVENT_RESUME, 0);
    CHECK_INT(SysEvent_ResumeEvent(SysEvent_Events_UpdateReadyForInstall), 0);
    CHECK_INT(asked(bytes, sizeof bytes), sizeof resume);
    CHECK_MEM(bytes, resume, sizeof resume);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        answer(APP_CALL_EVENT_DEFER, errors[i]);
        CHECK(SysEvent_DeferEvent(1, 1) == -1 && errno == errors[i]);
        (void)asked(bytes, sizeof bytes);
    }
}

static void the_end_does_not_spin(EventLoop *el)
{
    reg = listen_to(el, SysEvent_Events_Mask);
    REQUIRE(reg != NULL);
    close(os_events);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_Finished);
    CHECK_INT(EventLoop_Run(el, 0, false), EventLoop_Run_FinishedEmpty);
    CHECK_INT(SysEvent_UnregisterForEventNotifications(reg), 0);
}

static void pair_at(int fd, int *other)
{
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    *other = fcntl(pair[1], F_DUPFD_CLOEXEC, 20);
    int ours = fcntl(pair[0], F_DUPFD_CLOEXEC, 20);
    close(pair[0]);
    close(pair[1]);
    REQUIRE(*other >= 0 && dup2(ours, fd) == fd);
    close(ours);
}

int main(void)
{
    CHECK(has_register && has_unregister && has_data && has_defer && has_resume);
    pair_at(APP_CHANNEL_FD, &os_channel);
    pair_at(APP_EVENTS_FD, &os_events);
    EventLoop *el = EventLoop_Create();
    REQUIRE(el != NULL);
    arguments_are_checked(el);
    events_are_delivered(el);
    only_what_was_asked_for(el);
    deferral_is_asked_for();
    the_end_does_not_spin(el);
    EventLoop_Close(el);
    return check_done();
}
