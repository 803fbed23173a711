/* SPDX-License-Identifier: BSD-2-Clause */
#include <applibs/application.h>
#include <applibs/networking.h>
#include <applibs/powermanagement.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/cursor.h"
#include "sdk/applibs/channel.h"
#include "tests/check.h"

static int os_end;

/* The OS's answer, put into the socket before the question is asked. */
static void answer(uint16_t number, uint16_t len, int32_t error, const char *payload, size_t bytes)
{
    uint8_t out[APP_CHANNEL_REPLY_MAX];
    struct writer w = writer_of(out, sizeof out);
    writer_u16le(&w, number);
    writer_u16le(&w, len);
    writer_u32le(&w, (uint32_t)error);
    writer_bytes(&w, payload, bytes);
    REQUIRE(send(os_end, out, w.len, 0) == (ssize_t)w.len);
}

static void drain(void)
{
    uint8_t in[APP_CHANNEL_REQUEST_MAX];
    REQUIRE(recv(os_end, in, sizeof in, MSG_DONTWAIT) > 0);
}

static void answers_are_read(void)
{
    bool ready = false;
    answer(APP_CALL_NETWORKING_READY, 1, 0, "\1", 1);
    CHECK_INT(Networking_IsNetworkingReady(&ready), 0);
    CHECK(ready);
    drain();
    answer(APP_CALL_DEVICE_AUTH_READY, 1, 0, "\0", 1);
    CHECK_INT(Application_IsDeviceAuthReady(&ready), 0);
    CHECK(!ready);
    drain();
    answer(APP_CALL_DEVICE_AUTH_READY, 0, EACCES, "", 0);
    CHECK(Application_IsDeviceAuthReady(&ready) == -1 && errno == EACCES);
    drain();
    answer(APP_CALL_FORCE_REBOOT, 0, 0, "", 0);
    CHECK_INT(PowerManagement_ForceSystemReboot(), 0);
    drain();
    answer(APP_CALL_FORCE_REBOOT, 0, EAGAIN, "", 0);
    CHECK(PowerManagement_ForceSystemReboot() == -1 && errno == EAGAIN);
    drain();
}

/* Wrong number, wrong length, a length that lies, bytes behind the end. */
static void broken_answers_are_refused(void)
{
    uint8_t got;
    answer(APP_CALL_SIGN_DIGEST, 1, 0, "\1", 1);
    CHECK(channel_ask(APP_CALL_NETWORKING_READY, NULL, 0, &got, 1) == -1 && errno == EIO);
    drain();
    answer(APP_CALL_NETWORKING_READY, 2, 0, "\1\1", 2);
    CHECK(channel_ask(APP_CALL_NETWORKING_READY, NULL, 0, &got, 1) == -1 && errno == EIO);
    drain();
    answer(APP_CALL_NETWORKING_READY, 9, 0, "\1", 1);
    CHECK(channel_ask(APP_CALL_NETWORKING_READY, NULL, 0, &got, 1) == -1 && errno == EIO);
    drain();
    answer(APP_CALL_NETWORKING_READY, 1, 0, "\1\1", 2);
    CHECK(channel_ask(APP_CALL_NETWORKING_READY, NULL, 0, &got, 1) == -1 && errno == EIO);
    drain();
}

static void requests_are_bounded(void)
{
    uint8_t big[APP_CHANNEL_REQUEST_MAX] = {0}, got;
    CHECK(channel_ask(1, big, sizeof big, &got, 1) == -1 && errno == EINVAL);
    bool *nowhere = NULL;
    CHECK(Networking_IsNetworkingReady(nowhere) == -1 && errno == EFAULT);
    CHECK(Application_IsDeviceAuthReady(nowhere) == -1 && errno == EFAULT);
}

int main(void)
{
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    os_end = dup(pair[1]);
    REQUIRE(os_end > APP_CHANNEL_FD || (os_end = dup(os_end)) > APP_CHANNEL_FD ||
            (os_end = dup(os_end)) > APP_CHANNEL_FD);
    REQUIRE(dup2(pair[0], APP_CHANNEL_FD) == APP_CHANNEL_FD);
    answers_are_read();
    broken_answers_are_refused();
    requests_are_bounded();
    close(APP_CHANNEL_FD);
    bool ready;
    CHECK(Networking_IsNetworkingReady(&ready) == -1 && errno == EAGAIN);
    return check_done();
}
