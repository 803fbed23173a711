/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Application to OS: the channel behind applibs.
 * Source: docs/spec/app-channel.md (ours).  The application manager makes one
 * SOCK_SEQPACKET pair per application and fixes on its own side which component
 * and which tenant it speaks for; nothing in a message can change that.
 * Caller: an application, hostile.  Server: azured.
 *
 *   request  u16 number, u16 payload length, payload       little-endian
 *   reply    u16 number, u16 payload length, i32 errno value (0 = success), payload
 *
 * System events come on a socket of their own, which an application with
 * SystemEventNotifications has besides: what it does not read stands in the way of no
 * reply.  All of them come, in one direction; applibs picks those that are wanted.  Of an
 * application that does not read for long the newest are lost.
 *   event    u32 event, u32 status, u32 minutes, u32 update type
 * minutes: for which the update may be put off, with status Pending and Deferred.
 */
#ifndef PERI_ABI_APP_CHANNEL_H
#define PERI_ABI_APP_CHANNEL_H

#include "abi/cert_store.h"
#include "abi/network_proxy.h"

enum app_call {
    APP_CALL_NETWORKING_READY = 1,  /* out u8 0/1 */
    APP_CALL_DEVICE_AUTH_READY = 2, /* out u8 0/1; EACCES without DeviceAuthentication */
    APP_CALL_SIGN_DIGEST = 3,       /* in digest 32; out signature 64; EACCES, EAGAIN */
    /* it listens now: an event that can still be acted on comes once more; EACCES without
     * SystemEventNotifications */
    APP_CALL_EVENTS_LISTEN = 4,
    /* in u32 event, u32 minutes; EACCES without SoftwareUpdateDeferral, EINVAL not this event,
     * or no time; ENOENT nothing is pending, EALREADY deferred, EPERM not any more */
    APP_CALL_EVENT_DEFER = 5,
    APP_CALL_EVENT_RESUME = 6, /* in u32 event; EACCES also for another's deferral, EINVAL, ENOENT */
    /* the device restarts; EACCES without ForceReboot, EAGAIN not yet: an update comes first */
    APP_CALL_FORCE_REBOOT = 7,
    /* out the record of abi/network_proxy.h, with its password; EACCES without NetworkConfig or
     * ReadNetworkProxyConfig, ENOENT no proxy is set */
    APP_CALL_PROXY_GET = 8,
    /* in that record; EACCES without NetworkConfig, EINVAL not a proxy, EIO not stored, ENOTSUP this device uses none */
    APP_CALL_PROXY_APPLY = 9,
    APP_CALL_PROXY_STATUS = 10, /* out u32, bits of enum network_proxy_status */
    /* in u32 offset, bytes: a piece of what is to be installed; EACCES without CertStore, EINVAL not in order, or too much,
     * ENOTSUP this device has no certificate store */
    APP_CALL_CERT_STAGE = 11,
    APP_CALL_CERT = 12, /* in the ask of abi/cert_store.h, out its answer; EACCES, EINVAL not an ask */
};

/* Values of the original's sysevent.h. */
enum system_event {
    SYSTEM_EVENT_UPDATE_READY = 1, /* downloaded; status says how near the installation is */
    SYSTEM_EVENT_UPDATE_STARTED = 2,
    SYSTEM_EVENT_NO_UPDATE = 4,
    SYSTEM_EVENT_MASK = 7,
};

enum system_event_status {
    SYSTEM_EVENT_INVALID = 0, /* of events that have none */
    SYSTEM_EVENT_PENDING = 1,
    SYSTEM_EVENT_FINAL = 2,
    SYSTEM_EVENT_DEFERRED = 3,
    SYSTEM_EVENT_COMPLETE = 4,
};

enum update_type {
    UPDATE_TYPE_INVALID = 0,
    UPDATE_TYPE_APP = 1,    /* applications alone: they are started again */
    UPDATE_TYPE_SYSTEM = 2, /* the device restarts */
};

enum {
    APP_CHANNEL_FD = 3,       /* in the application */
    APP_EVENTS_FD = 4,        /* there with SystemEventNotifications alone */
    APP_CHANNEL_REQUEST_MAX = 4 + NETWORK_PROXY_BYTES_MAX, /* the longest call is PROXY_APPLY */
    APP_CHANNEL_REPLY_MAX = 8 + CERT_ANSWER_BYTES_MAX,     /* of CERT */
    APP_EVENT_BYTES = 16,
};

/* What an application finds in its private root. */
#define APP_PATH_IMAGE "/mnt/apps/app"             /* its image, read-only */
#define APP_PATH_STORAGE "/mnt/config/mutable"     /* its mutable file's folder, if granted */
#define APP_STORAGE_FILE "/mnt/config/mutable/file"
#define APP_PATH_CERTIFICATE "/run/perisphere/device-auth.pem" /* leaf and chain, replaced by rename */
#define APP_ENV_STORAGE_KB "PERI_STORAGE_KB"       /* limit in KiB; absent = no storage */

#endif
