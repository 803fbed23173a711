/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's platform on the MCU: Pluton answers; applications run in place. */
#ifndef PERI_MONITOR_SVC_ROOT_OF_TRUST_H
#define PERI_MONITOR_SVC_ROOT_OF_TRUST_H

#include "lib/crypto.h"
#include "monitor/engine/platform.h"

int root_of_trust_counter(uint8_t index, uint32_t *value) MUST_CHECK;
/* The attestation public key, which is the device's id. */
int root_of_trust_device_id(uint8_t id[static P256_PUBLIC_BYTES]) MUST_CHECK;

#endif
