/* SPDX-License-Identifier: BSD-2-Clause */
/* The MCU's transport against a kernel that is played here: what is asked of it, and what
 * each of its answers becomes.  ioctl() is replaced at link time. */
#include "os/ipc/transport.h"

#include <errno.h>
#include <sys/mman.h>

#include "abi/azure_sphere.h"
#include "abi/monitor_call.h"
#include "abi/pluton_call.h"
#include "tests/check.h"

int __wrap_ioctl(int fd, unsigned long command, struct azure_sphere_call *call);

enum { ROOM = 512, DEVICE = 7 };

/* Below 4 GiB, as every address on the MCU is: the call carries 32 bits of it. */
static uint8_t *bytes;

static struct {
    int error;      /* 0: answered */
    unsigned times; /* that error comes before the answer */
    const char *reply;
    unsigned reply_bytes, status;
    unsigned calls;
    struct azure_sphere_call seen;
    uint8_t request[64];
} kernel;

int __wrap_ioctl(int fd, unsigned long command, struct azure_sphere_call *call)
{
    CHECK_INT(fd, DEVICE);
    CHECK((unsigned)command == AZURE_SPHERE_CALL);
    kernel.calls++;
    if (kernel.error && kernel.calls <= kernel.times) {
        call->reply_room = 0; /* a failed call may leave anything */
        errno = kernel.error;
        return -1;
    }
    kernel.seen = *call;
    REQUIRE(call->request_bytes <= sizeof kernel.request);
    memcpy(kernel.request, (const void *)(uintptr_t)call->request, call->request_bytes);
    if (kernel.reply)
        memcpy((void *)(uintptr_t)call->reply, kernel.reply, kernel.reply_bytes);
    call->reply_bytes = kernel.reply_bytes;
    call->status = kernel.status;
    return 0;
}

static void play(int error, unsigned times, const char *reply, unsigned status)
{
    memset(&kernel, 0, sizeof kernel);
    kernel.error = error;
    kernel.times = times;
    kernel.reply = reply;
    kernel.reply_bytes = reply ? (unsigned)strlen(reply) : 0;
    kernel.status = status;
}

static size_t monitor_request(const char *payload)
{
    struct writer w = writer_of(bytes, ROOM);
    writer_u32le(&w, MONITOR_CALL_OPEN_STAGING);
    writer_u32le(&w, (uint32_t)strlen(payload));
    writer_bytes(&w, payload, strlen(payload));
    return w.len;
}

static size_t pluton_request(const char *payload)
{
    struct writer w = writer_of(bytes, ROOM);
    writer_u16le(&w, PLUTON_PROCESS_ATTESTATION);
    writer_u16le(&w, 0);
    writer_u32le(&w, (uint32_t)strlen(payload));
    writer_bytes(&w, payload, strlen(payload));
    return w.len;
}

static void monitor_answers(void)
{
    size_t len;
    int passed = 5;
    play(0, 0, "handle", MONITOR_OK);
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("an image"), ROOM, &len, &passed, 0), 0);
    CHECK_INT(passed, -1);
    CHECK(kernel.seen.number == MONITOR_CALL_OPEN_STAGING && kernel.seen.request_bytes == 8);
    CHECK_INT(kernel.seen.reply_room, ROOM - MONITOR_REPLY_HEADER_BYTES);
    CHECK_MEM(kernel.request, "an image", 8);
    struct cursor c = cursor_of(span_of(bytes, len));
    CHECK_INT(cursor_u32le(&c), MONITOR_CALL_OPEN_STAGING);
    CHECK_INT(cursor_u32le(&c), MONITOR_OK);
    CHECK_INT(cursor_u32le(&c), 6);
    CHECK(c.left == 6 && memcmp(c.at, "handle", 6) == 0);
}

static void pluton_answers(void)
{
    size_t len;
    play(0, 0, "evidence", PLUTON_OK);
    CHECK_INT(pluton_exchange(DEVICE, bytes, pluton_request("nonce"), ROOM, &len, 0), 0);
    CHECK(kernel.seen.number == PLUTON_PROCESS_ATTESTATION && kernel.seen.request_bytes == 5);
    CHECK_MEM(kernel.request, "nonce", 5);
    struct cursor c = cursor_of(span_of(bytes, len));
    CHECK_INT(cursor_u16le(&c), PLUTON_PROCESS_ATTESTATION);
    CHECK_INT(cursor_u16le(&c), PLUTON_OK);
    CHECK_INT(cursor_u32le(&c), 8);
    CHECK(c.left == 8 && memcmp(c.at, "evidence", 8) == 0);
}

/* A refusal by the kernel is an answer without a payload. */
static void refusals(void)
{
    static const struct {
        int error;
        unsigned monitor, pluton;
    } rows[] = {{EACCES, MONITOR_PERMISSION_DENIED, PLUTON_DENIED},
                {EPERM, MONITOR_PERMISSION_DENIED, PLUTON_DENIED},
                {EINVAL, MONITOR_INVALID_PARAMETER, PLUTON_BAD_LENGTH}};
    size_t len;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play(rows[i].error, 1, NULL, 0);
        CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 0), 0);
        struct cursor c = cursor_of(span_of(bytes, len));
        cursor_skip(&c, 4);
        CHECK_INT(cursor_u32le(&c), rows[i].monitor);
        CHECK_INT(cursor_u32le(&c), 0);
        CHECK_INT(cursor_end(&c), 0);
        play(rows[i].error, 1, NULL, 0);
        CHECK_INT(pluton_exchange(DEVICE, bytes, pluton_request("x"), ROOM, &len, 0), 0);
        c = cursor_of(span_of(bytes, len));
        cursor_skip(&c, 2);
        CHECK_INT(cursor_u16le(&c), rows[i].pluton);
        CHECK_INT(cursor_u32le(&c), 0);
        CHECK_INT(cursor_end(&c), 0);
    }
}

static void failures(void)
{
    static const struct {
        int error, becomes;
    } rows[] = {{EIO, E_IO}, {ENOMEM, E_TIMEOUT}, {EBADF, E_NETWORK}, {ENOTTY, E_NETWORK}, {EFAULT, E_NETWORK}};
    size_t len = 9;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play(rows[i].error, 1, NULL, 0);
        CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 0), rows[i].becomes);
        CHECK_INT(len, 0);
    }
    /* a kernel that says more than it was given room for, or a status that has no room */
    play(0, 0, NULL, MONITOR_OK);
    kernel.reply_bytes = ROOM;
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 0), E_MALFORMED);
    play(0, 0, NULL, 0x10000);
    CHECK_INT(pluton_exchange(DEVICE, bytes, pluton_request("x"), ROOM, &len, 0), E_MALFORMED);
    CHECK_INT(len, 0);
    /* shorter than a header */
    CHECK_INT(pluton_exchange(DEVICE, bytes, PLUTON_HEADER_BYTES - 1, ROOM, &len, 0), E_MALFORMED);
    CHECK_INT(monitor_exchange(DEVICE, bytes, MONITOR_HEADER_BYTES, MONITOR_REPLY_HEADER_BYTES - 1, &len, NULL, 0),
              E_MALFORMED);
}

/* Interrupted or too many callers: asked again, with the whole question. */
static void again(void)
{
    size_t len;
    play(EINTR, 3, "ok", MONITOR_OK);
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 0), 0);
    CHECK_INT(kernel.calls, 4);
    CHECK_INT(kernel.seen.reply_room, ROOM - MONITOR_REPLY_HEADER_BYTES);
    play(EBUSY, 2, "ok", MONITOR_OK);
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 1000), 0);
    CHECK_INT(kernel.calls, 3);
    /* no memory for the kernel's copy right now: nothing was asked yet */
    play(ENOMEM, 2, "ok", MONITOR_OK);
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 1000), 0);
    CHECK_INT(kernel.calls, 3);
    play(EBUSY, 1000, "ok", MONITOR_OK);
    CHECK_INT(monitor_exchange(DEVICE, bytes, monitor_request("x"), ROOM, &len, NULL, 30), E_TIMEOUT);
    CHECK(kernel.calls <= 5);
}

int main(void)
{
    bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    REQUIRE(bytes != MAP_FAILED);
    monitor_answers();
    pluton_answers();
    refusals();
    failures();
    again();
    uint8_t random[257], zero[32] = {0};
    CHECK_INT(transport_random(random, 32), 0);
    CHECK(memcmp(random, zero, 32) != 0);
    CHECK_INT(transport_random(random, 257), E_ENTROPY);
    return check_done();
}
