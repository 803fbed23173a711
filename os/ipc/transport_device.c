/* SPDX-License-Identifier: BSD-2-Clause */
/* One ioctl; the kernel puts the caller's identity where a request names one. */
#include "os/ipc/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/pluton_call.h"

enum { BUSY_WAIT_MS = 10 };

/* The two headers: where number and status stand in each, and of how many bytes. */
static const struct frame {
    size_t number_bytes, request_header, status_at, status_bytes, reply_header;
    struct {
        int error; /* of the kernel */
        uint32_t status;
    } refusals[3];
} monitor_frame = {4, MONITOR_HEADER_BYTES, 4, 4, MONITOR_REPLY_HEADER_BYTES,
                   {{EACCES, MONITOR_PERMISSION_DENIED}, {EPERM, MONITOR_PERMISSION_DENIED},
                    {EINVAL, MONITOR_INVALID_PARAMETER}}},
  pluton_frame = {2, PLUTON_HEADER_BYTES, 2, 2, PLUTON_HEADER_BYTES,
                  {{EACCES, PLUTON_DENIED}, {EPERM, PLUTON_DENIED}, {EINVAL, PLUTON_BAD_LENGTH}}};

static uint32_t number_read(const uint8_t *at, size_t bytes)
{
    struct cursor c = cursor_of(span_of(at, bytes));
    return bytes == 4 ? cursor_u32le(&c) : cursor_u16le(&c);
}

static unsigned address(const void *at)
{
    return (unsigned)(uintptr_t)at;
}

/* Too many callers wait, or no memory for the copy: a matter of milliseconds, so asked again within
 * the time.  Nothing was asked yet. */
static int call_carry(int fd, struct azure_sphere_call *call, int timeout_ms)
{
    const struct azure_sphere_call asked = *call;
    for (int waited = 0;; waited += BUSY_WAIT_MS) {
        *call = asked;
        if (ioctl(fd, (int)AZURE_SPHERE_CALL, call) == 0)
            return 0;
        if (errno == EINTR)
            continue;
        if ((errno != EBUSY && errno != ENOMEM) || (timeout_ms >= 0 && waited >= timeout_ms))
            return errno;
        nanosleep(&(struct timespec){.tv_nsec = BUSY_WAIT_MS * 1000000L}, NULL);
    }
}

static int refusal_status(const struct frame *frame, int error, uint32_t *status)
{
    for (size_t i = 0; i < sizeof frame->refusals / sizeof frame->refusals[0]; i++)
        if (frame->refusals[i].error == error) {
            *status = frame->refusals[i].status;
            return 0;
        }
    return error == EBUSY || error == ENOMEM ? E_TIMEOUT : error == EIO ? E_IO : E_NETWORK;
}

static int device_exchange(const struct frame *frame, int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len,
                           int timeout_ms)
{
    *reply_len = 0;
    if (len < frame->request_header || cap < frame->reply_header)
        return E_MALFORMED;
    struct azure_sphere_call call = {
        .number = number_read(bytes, frame->number_bytes),
        .request = address(bytes + frame->request_header),
        .request_bytes = (unsigned)(len - frame->request_header),
        .reply = address(bytes + frame->reply_header),
        .reply_room = (unsigned)(cap - frame->reply_header),
    };
    uint32_t status = 0;
    int error = call_carry(fd, &call, timeout_ms), err = 0;
    if (error) {
        err = refusal_status(frame, error, &status);
        call.reply_bytes = 0;
    } else {
        status = call.status;
    }
    if (!err && (call.reply_bytes > cap - frame->reply_header || (frame->status_bytes == 2 && status > UINT16_MAX)))
        err = E_MALFORMED;
    if (err)
        return err;
    struct writer w = writer_of(bytes, frame->reply_header); /* the number is there already */
    w.len = frame->status_at;
    if (frame->status_bytes == 4)
        writer_u32le(&w, status);
    else
        writer_u16le(&w, (uint16_t)status);
    writer_u32le(&w, call.reply_bytes);
    *reply_len = w.len + call.reply_bytes;
    return w.err;
}

int monitor_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len, int *passed,
                     int timeout_ms)
{
    if (passed)
        *passed = -1;
    return device_exchange(&monitor_frame, fd, bytes, len, cap, reply_len, timeout_ms);
}

int pluton_exchange(int fd, uint8_t *bytes, size_t len, size_t cap, size_t *reply_len, int timeout_ms)
{
    return device_exchange(&pluton_frame, fd, bytes, len, cap, reply_len, timeout_ms);
}

/* The kernel's numbers, which Pluton seeds at every boot: READ_RNG is for the secure world. */
int transport_random(void *to, size_t len)
{
    if (len <= 256 && getrandom(to, len, 0) == (ssize_t)len)
        return 0;
    memset(to, 0, len);
    return E_ENTROPY;
}
