/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probe: performs accesses as any initiator, for tests.  Off unless the machine
 * is told `probe=CHARDEV`; no core can reach it, and no run with it is a chip
 * that anyone should trust: it goes past every core.
 * Source: ours.  Other side: machine/tests/bus.h.
 *
 * Lines of ASCII, one answer for each, in order; numbers are hexadecimal without prefix:
 *   r WHO WIDTH ADDR          "ok VALUE" or "refused" (bus error)
 *   w WHO WIDTH ADDR VALUE    "ok" or "refused"
 *   reset                     "ok" after the chip has been reset from outside
 *   step NS                   "ok" when the virtual clock has moved on by NS (decimal); with
 *                             -accel qtest only, where it moves in no other way
 * WHO is a7s, a7n, io0, io1 or pluton; WIDTH 1, 2 or 4.  An access goes through that
 * core's own address space with that core's attributes, its NVIC included.  Where an access
 * asks for a chip reset, the answer comes after it.  Anything else: "bad".
 */
#ifndef PERI_MACHINE_PROBE_H
#define PERI_MACHINE_PROBE_H

#include "qom/object.h"

#define TYPE_MT3620_PROBE_DEVICE "mt3620-probe"
OBJECT_DECLARE_SIMPLE_TYPE(ProbeState, MT3620_PROBE_DEVICE)

#endif
