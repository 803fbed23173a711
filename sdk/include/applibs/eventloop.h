/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event loop over file descriptors.  No capability needed.
 * Single-threaded, except EventLoop_Stop().  NULL arguments: -1 with EFAULT.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EventLoop EventLoop;
typedef struct EventRegistration EventRegistration;

typedef int EventLoop_Run_Result;
enum {
    EventLoop_Run_Failed = -1,       /* errno says why; EINTR when a signal came */
    EventLoop_Run_FinishedEmpty = 0, /* over, and no event was handled */
    EventLoop_Run_Finished = 1,      /* over, or stopped, after at least one event or a stop */
};

typedef uint32_t EventLoop_IoEvents;
enum {
    EventLoop_None = 0,
    EventLoop_Input = 1,
    EventLoop_Output = 4,
    EventLoop_Error = 8, /* reported even when not asked for */
};

typedef void EventLoopIoCallback(EventLoop *el, int fd, EventLoop_IoEvents events, void *context);

/* NULL with errno on failure. */
EventLoop *EventLoop_Create(void);
/* Frees the loop and its registrations, not the caller's descriptors.  NULL is harmless. */
void EventLoop_Close(EventLoop *el);
/* duration < 0: until stopped; 0: what is ready now; > 0: for that long.
 * process_one_event: return after the first event.  EBUSY when called from a callback. */
EventLoop_Run_Result EventLoop_Run(EventLoop *el, int duration_in_milliseconds,
                                   bool process_one_event);
/* Pollable; readable while the loop has work.  Not to be closed. */
int EventLoop_GetWaitDescriptor(EventLoop *el);
/* From any thread. */
int EventLoop_Stop(EventLoop *el);
/* NULL with EFAULT, EINVAL (events), EBADF, EEXIST (fd is registered here already). */
EventRegistration *EventLoop_RegisterIo(EventLoop *el, int fd, EventLoop_IoEvents eventBitmask,
                                        EventLoopIoCallback *callback, void *context);
int EventLoop_ModifyIoEvents(EventLoop *el, EventRegistration *reg,
                             EventLoop_IoEvents eventBitmask);
/* reg NULL does nothing; allowed inside a callback, also for the running one. */
int EventLoop_UnregisterIo(EventLoop *el, EventRegistration *reg);

#ifdef __cplusplus
}
#endif
