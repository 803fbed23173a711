/* SPDX-License-Identifier: BSD-2-Clause */
/* System events: read from the socket that an application with the right has (abi/app_channel.h). */
#include <applibs/sysevent.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "abi/app_channel.h"
#include "lib/cursor.h"
#include "sdk/applibs/channel.h"

_Static_assert((int)SysEvent_Events_UpdateReadyForInstall == (int)SYSTEM_EVENT_UPDATE_READY &&
                   (int)SysEvent_Events_UpdateStarted == (int)SYSTEM_EVENT_UPDATE_STARTED &&
                   (int)SysEvent_Events_NoUpdateAvailable == (int)SYSTEM_EVENT_NO_UPDATE &&
                   (int)SysEvent_Events_Mask == (int)SYSTEM_EVENT_MASK,
               "events are passed through");
_Static_assert((int)SysEvent_Status_Pending == (int)SYSTEM_EVENT_PENDING &&
                   (int)SysEvent_Status_Final == (int)SYSTEM_EVENT_FINAL &&
                   (int)SysEvent_Status_Deferred == (int)SYSTEM_EVENT_DEFERRED &&
                   (int)SysEvent_Status_Complete == (int)SYSTEM_EVENT_COMPLETE &&
                   (int)SysEvent_UpdateType_App == (int)UPDATE_TYPE_APP &&
                   (int)SysEvent_UpdateType_System == (int)UPDATE_TYPE_SYSTEM,
               "statuses and types are passed through");

struct SysEvent_Info {
    SysEvent_Events event;
    SysEvent_Info_UpdateData update;
};

/* The one registration. */
static struct {
    EventLoop *el;
    EventRegistration *reg; /* NULL: none */
    bool ended;             /* the socket is at its end, and out of the loop */
    bool pending;           /* said last: Pending.  It can come twice to whoever begins to listen */
    SysEvent_Events events;
    SysEvent_EventsCallback *callback;
    void *context;
} registered;

/* The next event; false: there is none, or not one. */
static bool event_receive(SysEvent_Events *event, SysEvent_Status *status, SysEvent_Info *info, bool *ended)
{
    uint8_t bytes[APP_EVENT_BYTES + 1];
    ssize_t n = recv(APP_EVENTS_FD, bytes, sizeof bytes, MSG_DONTWAIT);
    *ended = n == 0;
    if (n <= 0)
        return false;
    struct cursor c = cursor_of(span_of(bytes, (size_t)n));
    *event = cursor_u32le(&c);
    *status = cursor_u32le(&c);
    *info = (SysEvent_Info){.event = *event};
    info->update.max_deferral_time_in_minutes = cursor_u32le(&c);
    info->update.update_type = cursor_u32le(&c);
    return cursor_end(&c) == 0;
}

static void on_readable(EventLoop *el, int fd, EventLoop_IoEvents io, void *context)
{
    SysEvent_Events event;
    SysEvent_Status status;
    SysEvent_Info info;
    bool ended;
    (void)fd, (void)io, (void)context;
    if (!event_receive(&event, &status, &info, &ended)) {
        if (ended) { /* else the loop would come back for ever */
            registered.ended = true;
            (void)EventLoop_UnregisterIo(el, registered.reg);
        }
        return;
    }
    if (!(event & registered.events))
        return;
    bool pending = event == SysEvent_Events_UpdateReadyForInstall && status == SysEvent_Status_Pending;
    bool again = pending && registered.pending;
    registered.pending = pending;
    if (!again)
        registered.callback(event, status, &info, registered.context);
}

EventRegistration *SysEvent_RegisterForEventNotifications(EventLoop *el, SysEvent_Events eventBitmask,
                                                          SysEvent_EventsCallback *callback, void *context)
{
    SysEvent_Events event;
    SysEvent_Status status;
    SysEvent_Info info;
    bool ended;
    errno = 0;
    if (!el || !callback)
        errno = EFAULT;
    else if (eventBitmask == 0 || (eventBitmask & ~(SysEvent_Events)SysEvent_Events_Mask) != 0)
        errno = EINVAL;
    else if (registered.reg)
        errno = EEXIST;
    if (errno)
        return NULL;
    while (event_receive(&event, &status, &info, &ended))
        ; /* what happened before anybody listened */
    if (channel_ask(APP_CALL_EVENTS_LISTEN, NULL, 0, NULL, 0) != 0)
        return NULL;
    EventRegistration *reg = EventLoop_RegisterIo(el, APP_EVENTS_FD, EventLoop_Input, on_readable, NULL);
    if (!reg)
        return NULL;
    registered.el = el;
    registered.reg = reg;
    registered.ended = registered.pending = false;
    registered.events = eventBitmask;
    registered.callback = callback;
    registered.context = context;
    return reg;
}

int SysEvent_UnregisterForEventNotifications(EventRegistration *reg)
{
    if (!reg || reg != registered.reg) {
        errno = reg ? EINVAL : EFAULT;
        return -1;
    }
    registered.reg = NULL;
    return registered.ended ? 0 : EventLoop_UnregisterIo(registered.el, reg);
}

int SysEvent_Info_GetUpdateData(const SysEvent_Info *info, SysEvent_Info_UpdateData *update_info)
{
    if (!info || !update_info) {
        errno = EFAULT;
        return -1;
    }
    if (info->event != SysEvent_Events_UpdateReadyForInstall) {
        errno = EINVAL;
        return -1;
    }
    *update_info = info->update;
    return 0;
}

int SysEvent_DeferEvent(SysEvent_Events event, uint32_t requested_defer_time_in_minutes)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, event);
    writer_u32le(&w, requested_defer_time_in_minutes);
    return channel_ask(APP_CALL_EVENT_DEFER, bytes, sizeof bytes, NULL, 0);
}

int SysEvent_ResumeEvent(SysEvent_Events event)
{
    uint8_t bytes[4];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, event);
    return channel_ask(APP_CALL_EVENT_RESUME, bytes, sizeof bytes, NULL, 0);
}
