/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block that is not modelled yet: it answers, and logs (-d unimp).
 * Source: public real-time samples of the MT3620, which touch these addresses.
 *
 * Interface
 *   region 0     "bytes" long
 *   properties   name, bytes
 *                keeps  reads return what was written (pin mux, clock settings: software reads them back);
 *                       else reads return 0 and writes are dropped
 * Differences from silicon: everything but the addresses.
 */
#ifndef PERI_MACHINE_UNIMP_H
#define PERI_MACHINE_UNIMP_H

#include "qom/object.h"

#define TYPE_MT3620_UNIMP_DEVICE "mt3620-unimp"
OBJECT_DECLARE_SIMPLE_TYPE(UnimpState, MT3620_UNIMP_DEVICE)

#endif
