/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A booted runtime over hal_memory for tests: keystore trusted, monitor of
 * DEVICE_VERSION verified, one tenant with a committed and a pending key.
 * Every call made through here checks the two rules that hold for all: a
 * refusal changes no byte of state and fuses, and no reply carries a private key.
 */
#ifndef PERI_PLUTON_TESTING_DEVICE_H
#define PERI_PLUTON_TESTING_DEVICE_H

#include "pluton/runtime/pluton.h"
#include "pluton/testing/fixture.h"
#include "pluton/testing/hal_memory.h"

enum { DEVICE_VERSION = 3 };

struct device {
    struct pluton pluton;
    struct hal hal;
    struct fixture fixture;
    struct span answer; /* payload of the last reply */
    uint8_t room[PLUTON_DATAGRAM_MAX];
};

extern const uint8_t device_tenant[16];

void device_init(struct device *d, uint32_t lifecycle);
void device_release(struct device *d);
/* The status; exits the program when a rule for all is broken. */
int device_datagram(struct device *d, uint32_t rights, struct span request);
int device_call(struct device *d, uint32_t rights, uint16_t command, struct span payload);

#endif
