/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System events: updates, and putting them off.  Names and values of the original.
 *
 * Order for one update: UpdateStarted (a check that finds nothing says
 * NoUpdateAvailable instead), UpdateReadyForInstall with status Pending, 10 s to
 * react; then Deferred, if an application puts it off, and Pending again when that
 * time is over; Final, 10 s; then SIGTERM for the applications that are replaced, or
 * for all where the device restarts.  Complete: to those that go on.
 */
#pragma once

#include <stdint.h>

#include <applibs/eventloop.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t SysEvent_Events;
enum {
    SysEvent_Events_None = 0,
    SysEvent_Events_UpdateReadyForInstall = 1,
    SysEvent_Events_UpdateStarted = 2,
    SysEvent_Events_NoUpdateAvailable = 4,
    SysEvent_Events_Mask = 7,
};

typedef uint32_t SysEvent_Status;
enum {
    SysEvent_Status_Invalid = 0, /* of events without a status */
    SysEvent_Status_Pending = 1, /* will be installed; may be put off now */
    SysEvent_Status_Final = 2,   /* will be installed; may not be put off any more */
    SysEvent_Status_Deferred = 3,
    SysEvent_Status_Complete = 4, /* of application updates alone */
};

typedef uint32_t SysEvent_UpdateType;
enum {
    SysEvent_UpdateType_Invalid = 0,
    SysEvent_UpdateType_App = 1,    /* applications are started again */
    SysEvent_UpdateType_System = 2, /* the device restarts */
};

typedef struct SysEvent_Info SysEvent_Info;

typedef struct SysEvent_Info_UpdateData {
    unsigned int max_deferral_time_in_minutes; /* with status Pending */
    SysEvent_UpdateType update_type;
} SysEvent_Info_UpdateData;

/* Inside the callback, with its info.  0; -1 with EFAULT, EINVAL when the event is
 * not UpdateReadyForInstall. */
int SysEvent_Info_GetUpdateData(const SysEvent_Info *info, SysEvent_Info_UpdateData *update_info);

/* Called in the event loop, with exactly one event. */
typedef void SysEvent_EventsCallback(SysEvent_Events event, SysEvent_Status state,
                                     const SysEvent_Info *info, void *context);

/* Needs SystemEventNotifications.  One registration at a time.  NULL with EACCES,
 * EFAULT, EINVAL (events), EEXIST (there is one), EAGAIN. */
EventRegistration *SysEvent_RegisterForEventNotifications(EventLoop *el, SysEvent_Events eventBitmask,
                                                          SysEvent_EventsCallback *callback, void *context);
/* Before the loop is closed; allowed in the callback.  -1 with EFAULT, EINVAL (it is not registered). */
int SysEvent_UnregisterForEventNotifications(EventRegistration *reg);

/* Needs SoftwareUpdateDeferral, and SystemEventNotifications.  More time than the
 * most is cut to it.  -1 with EACCES, EINVAL (another event, or no time), ENOENT
 * (nothing is pending), EALREADY (it is deferred), EPERM (it cannot be any more), EAGAIN, EIO. */
int SysEvent_DeferEvent(SysEvent_Events event, uint32_t requested_defer_time_in_minutes);
/* Ends a deferral that this application asked for: Final follows.  -1 with EACCES,
 * EINVAL, ENOENT (it is not deferred), EAGAIN. */
int SysEvent_ResumeEvent(SysEvent_Events event);

#ifdef __cplusplus
}
#endif
