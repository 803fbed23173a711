/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pluton/host/disk.h over a disk that loses power.
 *
 * disk_fault_at(n, torn) cuts at the n-th operation from now (1 = the next).
 * What a real disk may lose is lost: bytes that were never synced, and a rename
 * whose folder was never synced.  A cut in the middle (torn) leaves half of a
 * write, and lets a rename or a sync take effect although it reported nothing.
 * After the cut every operation fails until disk_fault_at(0, false).
 */
#ifndef PERI_PLUTON_TESTING_DISK_FAULT_H
#define PERI_PLUTON_TESTING_DISK_FAULT_H

#include <stdbool.h>

void disk_fault_at(unsigned operation, bool torn);
bool disk_fault_hit(void);

#endif
