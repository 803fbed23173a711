/* SPDX-License-Identifier: BSD-2-Clause */
/* One call over the application's channel to the OS (abi/app_channel.h). */
#ifndef PERI_SDK_APPLIBS_CHANNEL_H
#define PERI_SDK_APPLIBS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

/* 0 with exactly reply_len bytes; or -1 with errno: what the OS answered, or
 * EAGAIN when there is no OS behind the channel.  Thread-safe. */
int channel_ask(uint16_t number, const void *request, size_t request_len, void *reply,
                size_t reply_len);
/* The same for an answer of any length up to cap. */
int channel_ask_some(uint16_t number, const void *request, size_t request_len, void *reply, size_t cap, size_t *reply_len);

#endif
