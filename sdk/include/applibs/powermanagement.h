/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power of the device, first slice: restart.  Power down and power profiles are not here yet.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Needs PowerControls: ForceReboot.  Returns when the restart has begun: every application
 * gets SIGTERM, this one perhaps before the return.  -1 with EACCES, or EAGAIN: in the first
 * minute, until the device has asked once for updates. */
int PowerManagement_ForceSystemReboot(void);

#ifdef __cplusplus
}
#endif
