/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rest of the world, as the engine needs it.
 * Behind it: monitor/host/serve.c, monitor/svc/engine_world.c, the tests.
 */
#ifndef PERI_MONITOR_ENGINE_PLATFORM_H
#define PERI_MONITOR_ENGINE_PLATFORM_H

#include "lib/cursor.h"

enum engine_reset { ENGINE_RESET_RESTART = 0, ENGINE_RESET_POWER_OFF = 1 };

struct engine_platform {
    void *context;
    /* Root of trust: random bytes; anti-rollback counters (enum pluton_counter). */
    int (*random)(void *context, uint8_t *to, size_t len);
    int (*counter_read)(void *context, uint8_t index, uint32_t *value);
    int (*counter_raise)(void *context, uint8_t index, uint32_t value);
    /* Root of trust: is a capability (abi/capability.h) enabled now; life-cycle state. */
    int (*capability_read)(void *context, uint16_t number, bool *enabled);
    int (*lifecycle_read)(void *context, uint32_t *lifecycle);
    /* Copies file where nobody can change it any more and returns that copy. */
    int (*application_hold)(void *context, struct span file, struct span *held);
    /* The copy was verified and goes out with this reply, or it is dropped. */
    void (*application_release)(void *context, bool give);
    /* Remembered; happens after the reply. */
    void (*reset)(void *context, enum engine_reset how);
};

int platform_random(const struct engine_platform *p, uint8_t *to, size_t len) MUST_CHECK;
int platform_counter_read(const struct engine_platform *p, uint8_t index, uint32_t *value) MUST_CHECK;
int platform_counter_raise(const struct engine_platform *p, uint8_t index, uint32_t value) MUST_CHECK;
int platform_capability_read(const struct engine_platform *p, uint16_t number, bool *enabled) MUST_CHECK;
int platform_lifecycle_read(const struct engine_platform *p, uint32_t *lifecycle) MUST_CHECK;
int platform_application_hold(const struct engine_platform *p, struct span file,
                              struct span *held) MUST_CHECK;
void platform_application_release(const struct engine_platform *p, bool give);
void platform_reset(const struct engine_platform *p, enum engine_reset how);

#endif
