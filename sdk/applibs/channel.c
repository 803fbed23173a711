/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdk/applibs/channel.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "abi/app_channel.h"
#include "lib/cursor.h"

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* A datagram out, a datagram in; bytes received or -1. */
static ssize_t exchange(const struct writer *w, uint8_t *in, size_t cap)
{
    ssize_t n;
    if (pthread_mutex_lock(&one_at_a_time) != 0)
        return -1;
    do
        n = send(APP_CHANNEL_FD, w->at, w->len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)w->len) {
        do
            n = recv(APP_CHANNEL_FD, in, cap, 0);
        while (n < 0 && errno == EINTR);
    } else {
        n = -1;
    }
    pthread_mutex_unlock(&one_at_a_time);
    return n;
}

int channel_ask_some(uint16_t number, const void *request, size_t request_len, void *reply, size_t cap, size_t *reply_len)
{
    uint8_t out[APP_CHANNEL_REQUEST_MAX], in[APP_CHANNEL_REPLY_MAX];
    struct writer w = writer_of(out, sizeof out);
    writer_u16le(&w, number);
    writer_u16le(&w, (uint16_t)request_len);
    writer_bytes(&w, request, request_len);
    if (w.err) {
        errno = EINVAL;
        return -1;
    }
    ssize_t n = exchange(&w, in, sizeof in);
    if (n <= 0) {
        errno = EAGAIN;
        return -1;
    }
    struct cursor c = cursor_of(span_of(in, (size_t)n));
    uint16_t answered = cursor_u16le(&c);
    uint16_t len = cursor_u16le(&c);
    int32_t error = (int32_t)cursor_u32le(&c);
    struct span payload = cursor_bytes(&c, len);
    if (cursor_end(&c) != 0 || answered != number || (error == 0 && payload.len > cap)) {
        errno = EIO;
        return -1;
    }
    if (error != 0) {
        errno = error;
        return -1;
    }
    if (payload.len)
        memcpy(reply, payload.at, payload.len);
    *reply_len = payload.len;
    return 0;
}

int channel_ask(uint16_t number, const void *request, size_t request_len, void *reply,
                size_t reply_len)
{
    size_t len;
    int result = channel_ask_some(number, request, request_len, reply, reply_len, &len);
    if (result == 0 && len != reply_len) {
        errno = EIO;
        return -1;
    }
    return result;
}
