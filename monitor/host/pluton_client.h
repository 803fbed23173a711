/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the root of trust (abi/pluton_call.h) over the monitor's channel.
 * Trust: a caller trusts Pluton's answers; their lengths are checked all the same.
 * Errors: E_IO (channel broken or an answer that makes no sense: the monitor
 * stops), E_DENIED (Pluton refused), E_TIMEOUT.
 */
#ifndef PERI_MONITOR_HOST_PLUTON_CLIENT_H
#define PERI_MONITOR_HOST_PLUTON_CLIENT_H

#include "abi/pluton_call.h"
#include "lib/evidence.h"

enum { PLUTON_CLIENT_WAIT_MS = 10000 };

/* The reply must be exactly want bytes. */
int pluton_call(int channel, enum pluton_command command, struct span payload, uint8_t *reply,
                size_t want) MUST_CHECK;
int pluton_device_id(int channel, uint8_t id[static P256_PUBLIC_BYTES]) MUST_CHECK;
int pluton_random(int channel, uint8_t *to, size_t len) MUST_CHECK;
int pluton_counter(int channel, uint8_t index, uint32_t *value) MUST_CHECK;
int pluton_capability(int channel, uint16_t number, bool *enabled) MUST_CHECK;
int pluton_lifecycle(int channel, uint32_t *lifecycle) MUST_CHECK;
int pluton_counter_raise(int channel, uint8_t index, uint32_t value) MUST_CHECK;
int pluton_measure(int channel, const struct measurement *measurement) MUST_CHECK;
int pluton_close_measurements(int channel) MUST_CHECK;

#endif
