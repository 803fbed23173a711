/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault controls for tests: their texts, read once at start.
 * Source: abi/mt3620.h, options of the machine.  Off when the text is not given.
 */
#ifndef PERI_MACHINE_FAULT_H
#define PERI_MACHINE_FAULT_H

#include "qapi/error.h"

typedef struct FaultPoint { /* "N" or "N:torn" */
    bool armed;
    bool torn;
    uint32_t at;
} FaultPoint;

typedef struct FaultFlip { /* "BYTE:BIT" */
    bool armed;
    uint32_t byte;
    uint8_t bit;
} FaultFlip;

/* text may be NULL: not armed.  On a malformed text false, with *errp set. */
bool fault_point_parse(const char *text, FaultPoint *point, Error **errp);
bool fault_flip_parse(const char *text, uint32_t bytes, FaultFlip *flip, Error **errp);

void fault_flip(const FaultFlip *flip, uint8_t *bytes);

#endif
