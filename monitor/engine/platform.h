/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rest of the world, as the engine needs it.
 * Behind it, chosen at link time: monitor/host/serve.c, monitor/svc/root_of_trust.c,
 * the world of the tests.  `platform` is what engine_init() was given.
 */
#ifndef PERI_MONITOR_ENGINE_PLATFORM_H
#define PERI_MONITOR_ENGINE_PLATFORM_H

#include "lib/keystore.h"

enum engine_reset { ENGINE_RESET_RESTART = 0, ENGINE_RESET_POWER_OFF = 1 };

/* Root of trust: random bytes; anti-rollback counters (enum pluton_counter). */
int platform_random(void *platform, uint8_t *to, size_t len) MUST_CHECK;
int platform_counter_read(void *platform, uint8_t index, uint32_t *value) MUST_CHECK;
int platform_counter_raise(void *platform, uint8_t index, uint32_t value) MUST_CHECK;
/* Root of trust: is a capability (abi/capability.h) enabled now; life-cycle state. */
int platform_capability_read(void *platform, uint16_t number, bool *enabled) MUST_CHECK;
int platform_lifecycle_read(void *platform, uint32_t *lifecycle) MUST_CHECK;
/* The root of trust would take this keystore image, and what starts before the engine and
 * verifies today verifies under its keys, `next`, too. */
int platform_keystore_check(void *platform, struct span file, const struct keystore *next) MUST_CHECK;
/* Copies file where nobody can change it any more and returns that copy. */
int platform_application_hold(void *platform, struct span file, struct span *held) MUST_CHECK;
/* The copy was verified and goes out with this reply, or it is dropped. */
void platform_application_release(void *platform, bool give);
/* Remembered; happens after the reply, where one can be given. */
void platform_reset(void *platform, enum engine_reset how);

#endif
