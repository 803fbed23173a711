/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/root_of_trust.h"

#include <string.h>

#include "abi/mt3620.h"
#include "abi/mt3620_reset.h"
#include "abi/pluton_call.h"
#include "monitor/svc/monitor.h"
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

int platform_random(void *platform, uint8_t *to, size_t len)
{
    uint8_t request[2];
    struct writer w = writer_of(request, sizeof request);
    (void)platform;
    if (len > PLUTON_RANDOM_MAX)
        return E_RANGE;
    writer_u16le(&w, (uint16_t)len);
    return ask(PLUTON_READ_RNG, writer_view(&w), to, len);
}

int platform_counter_read(void *platform, uint8_t index, uint32_t *value)
{
    (void)platform;
    return root_of_trust_counter(index, value);
}

int root_of_trust_counter(uint8_t index, uint32_t *value)
{
    const int err = ask_u32(PLUTON_READ_COUNTER, span_of(&index, 1), value);
    if (err)
        *value = UINT32_MAX; /* unknown: nothing is new enough */
    return err;
}

int platform_counter_raise(void *platform, uint8_t index, uint32_t value)
{
    uint8_t request[5];
    struct writer w = writer_of(request, sizeof request);
    (void)platform;
    writer_u8(&w, index);
    writer_u32le(&w, value);
    return ask(PLUTON_RAISE_COUNTER, writer_view(&w), NULL, 0);
}

int platform_capability_read(void *platform, uint16_t number, bool *enabled)
{
    uint8_t request[2], reply = 0;
    struct writer w = writer_of(request, sizeof request);
    (void)platform;
    writer_u16le(&w, number);
    const int err = ask(PLUTON_IS_CAPABILITY_ENABLED, writer_view(&w), &reply, sizeof reply);
    *enabled = !err && reply == 1;
    return err;
}

int platform_lifecycle_read(void *platform, uint32_t *lifecycle)
{
    (void)platform;
    const int err = ask_u32(PLUTON_GET_MANUFACTURING_STATE, span_of(NULL, 0), lifecycle);
    if (err)
        *lifecycle = UINT32_MAX; /* unknown: not a factory's */
    return err;
}

int platform_keystore_check(void *platform, struct span file, const struct keystore *next)
{
    static const struct flash_range slots[] = {
        {FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES},
        {FLASH_PLUTON_RUNTIME_BACKUP_AT, FLASH_PLUTON_RUNTIME_BACKUP_BYTES},
        {FLASH_MONITOR_AT, FLASH_MONITOR_BYTES},
        {FLASH_MONITOR_BACKUP_AT, FLASH_MONITOR_BACKUP_BYTES}};
    const struct monitor *m = platform;
    struct span copy;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (flash_slot(slots[i], &copy) == 0 && !keystore_stays(&m->keystore, next, copy))
            return E_KEY_UNKNOWN;
    return ask(PLUTON_CHECK_KEYSTORE, file, NULL, 0);
}

/* Only the monitor can write the flash: what is verified there stays so. */
int platform_application_hold(void *platform, struct span file, struct span *held)
{
    (void)platform;
    *held = file;
    return 0;
}

void platform_application_release(void *platform, bool give) { (void)platform, (void)give; }

void platform_reset(void *platform, enum engine_reset how)
{
    (void)platform;
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
