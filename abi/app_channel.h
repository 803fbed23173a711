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
 */
#ifndef PERI_ABI_APP_CHANNEL_H
#define PERI_ABI_APP_CHANNEL_H

enum app_call {
    APP_CALL_NETWORKING_READY = 1,  /* out u8 0/1 */
    APP_CALL_DEVICE_AUTH_READY = 2, /* out u8 0/1; EACCES without DeviceAuthentication */
    APP_CALL_SIGN_DIGEST = 3,       /* in digest 32; out signature 64; EACCES, EAGAIN */
};

enum {
    APP_CHANNEL_FD = 3,       /* in the application */
    APP_CHANNEL_REQUEST_MAX = 64,
    APP_CHANNEL_REPLY_MAX = 128,
};

/* What an application finds in its private root. */
#define APP_PATH_IMAGE "/mnt/apps/app"             /* its image, read-only */
#define APP_PATH_STORAGE "/mnt/config/mutable"     /* its mutable file's folder, if granted */
#define APP_STORAGE_FILE "/mnt/config/mutable/file"
#define APP_PATH_CERTIFICATE "/run/perisphere/device-auth.pem" /* leaf and chain, replaced by rename */
#define APP_ENV_STORAGE_KB "PERI_STORAGE_KB"       /* limit in KiB; absent = no storage */

#endif
