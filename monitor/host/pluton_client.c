/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/pluton_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

int pluton_call(int channel, enum pluton_command command, struct span payload, uint8_t *reply,
                size_t want)
{
    uint8_t message[PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX];
    struct writer w = writer_of(message, sizeof message);
    if (want)
        memset(reply, 0, want);
    writer_u16le(&w, (uint16_t)command);
    writer_u16le(&w, 0);
    writer_u32le(&w, (uint32_t)payload.len);
    writer_bytes(&w, payload.at, payload.len);
    if (w.err)
        return E_RANGE;
    if (send(channel, message, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
        return E_IO;

    struct pollfd wait = {.fd = channel, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, PLUTON_CLIENT_WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return E_TIMEOUT;
    ssize_t got = recv(channel, message, sizeof message, 0);
    if (got <= 0)
        return E_IO;
    struct cursor c = cursor_of(span_of(message, (size_t)got));
    uint16_t answered = cursor_u16le(&c), status = cursor_u16le(&c);
    uint32_t length = cursor_u32le(&c);
    if (c.err || answered != command || length != c.left)
        return E_IO;
    if (status != PLUTON_OK)
        return E_DENIED;
    if (length != want)
        return E_IO;
    cursor_copy(&c, reply, want);
    return 0;
}

int pluton_device_id(int channel, uint8_t id[static P256_PUBLIC_BYTES])
{
    uint8_t state[4 + 2 * P256_PUBLIC_BYTES];
    int err = pluton_call(channel, PLUTON_GET_SECURITY_STATE, span_of(NULL, 0), state, sizeof state);
    memcpy(id, state + 4 + P256_PUBLIC_BYTES, P256_PUBLIC_BYTES); /* the attestation key */
    return err;
}

int pluton_random(int channel, uint8_t *to, size_t len)
{
    uint8_t request[2];
    struct writer w = writer_of(request, sizeof request);
    if (len == 0 || len > PLUTON_RANDOM_MAX)
        return E_RANGE;
    writer_u16le(&w, (uint16_t)len);
    return pluton_call(channel, PLUTON_READ_RNG, writer_view(&w), to, len);
}

int pluton_counter(int channel, uint8_t index, uint32_t *value)
{
    uint8_t reply[4];
    int err = pluton_call(channel, PLUTON_READ_COUNTER, span_of(&index, 1), reply, sizeof reply);
    struct cursor c = cursor_of(span_of(reply, sizeof reply));
    *value = err ? UINT32_MAX : cursor_u32le(&c); /* unknown: nothing is new enough */
    return err;
}

int pluton_capability(int channel, uint16_t number, bool *enabled)
{
    uint8_t request[2], reply[1] = {0};
    struct writer w = writer_of(request, sizeof request);
    writer_u16le(&w, number);
    int err = pluton_call(channel, PLUTON_IS_CAPABILITY_ENABLED, writer_view(&w), reply, sizeof reply);
    *enabled = !err && reply[0] == 1;
    return err;
}

int pluton_lifecycle(int channel, uint32_t *lifecycle)
{
    uint8_t reply[4];
    int err = pluton_call(channel, PLUTON_GET_MANUFACTURING_STATE, span_of(NULL, 0), reply, sizeof reply);
    struct cursor c = cursor_of(span_of(reply, sizeof reply));
    *lifecycle = err ? UINT32_MAX : cursor_u32le(&c); /* unknown: not a factory's */
    return err;
}

int pluton_counter_raise(int channel, uint8_t index, uint32_t value)
{
    uint8_t request[5];
    struct writer w = writer_of(request, sizeof request);
    writer_u8(&w, index);
    writer_u32le(&w, value);
    return pluton_call(channel, PLUTON_RAISE_COUNTER, writer_view(&w), NULL, 0);
}

int pluton_measure(int channel, const struct measurement *measurement)
{
    uint8_t request[PLUTON_MEASUREMENT_BYTES];
    struct writer w = writer_of(request, sizeof request);
    writer_u16le(&w, measurement->type);
    writer_u16le(&w, 0);
    writer_u32le(&w, measurement->security_version);
    writer_bytes(&w, measurement->component, sizeof measurement->component);
    writer_bytes(&w, measurement->digest, sizeof measurement->digest);
    if (w.err)
        return w.err;
    return pluton_call(channel, PLUTON_MEASURE, writer_view(&w), NULL, 0);
}

int pluton_close_measurements(int channel)
{
    return pluton_call(channel, PLUTON_CLOSE_MEASUREMENTS, span_of(NULL, 0), NULL, 0);
}
