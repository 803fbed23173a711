/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serving process: one power cycle of the root of trust.
 *
 * It is forked by power.c, drops its rights, and only then opens the fuses and
 * looks at images.  It verifies the keystore and the monitor, hands the
 * monitor's descriptors to its parent, and answers calls until the parent
 * closes the control socket.
 */
#ifndef PERI_PLUTON_HOST_CORE_H
#define PERI_PLUTON_HOST_CORE_H

#include <stdint.h>

#include "abi/pluton_call.h"
#include "pluton/host/sandbox.h"

/* Exit codes of plutond. */
enum {
    EXIT_OFF = 0,
    EXIT_SETUP = 1,   /* folder, fuses, permissions, sandbox */
    EXIT_USAGE = 2,
    EXIT_NO_BOOT = 3, /* no copy of the keystore or the monitor may run */
    EXIT_FAILED = 4,  /* hardware failed, or the monitor ended in another way */
};

/* Survives a reset, not a power cut: shared with the parent. */
struct retained {
    uint32_t boots; /* power cycles of this plutond so far */
    uint32_t postcode;
};

/* Hand-over to the parent: one datagram with these descriptors. */
enum handover {
    HANDOVER_MONITOR,   /* sealed memfd, an ELF program */
    HANDOVER_KEYSTORE,  /* sealed memfd, the image */
    HANDOVER_CH_MONITOR,
    HANDOVER_CH_AZURED,
    HANDOVER_CH_APPMAN,
    HANDOVER_CH_GATEWAYD,
    HANDOVER_COUNT,
};

struct core {
    int folder;  /* the device's folder, open for reading */
    int control; /* to the parent */
    struct sandbox sandbox;
    struct retained *retained;
};

/* Runs the power cycle; the exit code. */
int core_run(const struct core *core) MUST_CHECK;

/* Who must own the fuses. */
uid_t core_owner(const struct sandbox *sandbox);

#endif
