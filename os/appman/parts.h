/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which parts of a compartment this machine can enforce.
 * A part that is missing and not named in allow_missing stops every
 * application from being started; it is never skipped silently.
 * The network filter is networkd's to try; here it counts as missing only
 * where uids are.
 */
#ifndef PERI_OS_APPMAN_PARTS_H
#define PERI_OS_APPMAN_PARTS_H

#include "os/config/device_conf.h"

/* Bits 1 << enum part that are missing.  Tries each one in a child process. */
unsigned parts_missing(const struct device_conf *conf);
/* One line on stderr for each missing part; the bits that are not allowed. */
unsigned parts_report(const struct device_conf *conf, unsigned missing);

#endif
