/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/root_of_trust.h"

#include <string.h>

#include "abi/mt3620.h"
#include "abi/mt3620_reset.h"
#include "abi/pluton_call.h"
#include "monitor/svc/plat.h"

/* The reply must be exactly want bytes. */
static int ask(uint16_t command, struct span request, void *to, size_t want)
{
    struct writer reply = writer_of(to, want);
    const int err = plat_pluton(command, request, &reply);
    return err ? err : reply.len == want ? 0 : E_LENGTH;
}

static int ask_u32(uint16_t command, struct span request, uint32_t *value)
{
    uint8_t bytes[4];
    const int err = ask(command, request, bytes, sizeof bytes);
    struct cursor c = cursor_of(span_of(bytes, err ? 0 : sizeof bytes));
    *value = cursor_u32le(&c);
    return err;
}

static int trust_random(void *context, uint8_t *to, size_t len)
{
    uint8_t request[2];
    struct writer w = writer_of(request, sizeof request);
    (void)context;
    if (len > PLUTON_RANDOM_MAX)
        return E_RANGE;
    writer_u16le(&w, (uint16_t)len);
    return ask(PLUTON_READ_RNG, writer_view(&w), to, len);
}

static int trust_counter_read(void *context, uint8_t index, uint32_t *value)
{
    (void)context;
    return root_of_trust_counter(index, value);
}

int root_of_trust_counter(uint8_t index, uint32_t *value)
{
    const int err = ask_u32(PLUTON_READ_COUNTER, span_of(&index, 1), value);
    if (err)
        *value = UINT32_MAX; /* unknown: nothing is new enough */
    return err;
}

static int trust_counter_raise(void *context, uint8_t index, uint32_t value)
{
    uint8_t request[5];
    struct writer w = writer_of(request, sizeof request);
    (void)context;
    writer_u8(&w, index);
    writer_u32le(&w, value);
    return ask(PLUTON_RAISE_COUNTER, writer_view(&w), NULL, 0);
}

static int trust_capability_read(void *context, uint16_t number, bool *enabled)
{
    uint8_t request[2], reply = 0;
    struct writer w = writer_of(request, sizeof request);
    (void)context;
    writer_u16le(&w, number);
    const int err = ask(PLUTON_IS_CAPABILITY_ENABLED, writer_view(&w), &reply, sizeof reply);
    *enabled = !err && reply == 1;
    return err;
}

static int trust_lifecycle_read(void *context, uint32_t *lifecycle)
{
    (void)context;
    const int err = ask_u32(PLUTON_GET_MANUFACTURING_STATE, span_of(NULL, 0), lifecycle);
    if (err)
        *lifecycle = UINT32_MAX; /* unknown: not a factory's */
    return err;
}

/* Only the monitor can write the flash: what is verified there stays so. */
static int trust_application_hold(void *context, struct span file, struct span *held)
{
    (void)context;
    *held = file;
    return 0;
}

static void trust_application_release(void *context, bool give) { (void)context, (void)give; }

static void trust_reset(void *context, enum engine_reset how)
{
    (void)context;
    if (how == ENGINE_RESET_RESTART)
        plat_write(MT3620_INFRA + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET);
    else
        plat_write(MT3620_INFRA + RESET_POWER, RESET_KEY_POWER);
    plat_stop();
}

int root_of_trust_device_id(uint8_t id[static P256_PUBLIC_BYTES])
{
    uint8_t state[4 + 2 * P256_PUBLIC_BYTES];
    const int err = ask(PLUTON_GET_SECURITY_STATE, span_of(NULL, 0), state, sizeof state);
    memset(id, 0, P256_PUBLIC_BYTES);
    if (!err)
        memcpy(id, state + 4 + P256_PUBLIC_BYTES, P256_PUBLIC_BYTES);
    return err;
}

const struct engine_platform root_of_trust_platform = {
    NULL,
    trust_random,
    trust_counter_read,
    trust_counter_raise,
    trust_capability_read,
    trust_lifecycle_read,
    trust_application_hold,
    trust_application_release,
    trust_reset,
};
