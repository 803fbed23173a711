/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings of the kernel that the first process makes, once /proc is there. */
#ifndef PERI_OS_APPMAN_SETTINGS_MCU_H
#define PERI_OS_APPMAN_SETTINGS_MCU_H

/* Each that cannot be made is said; none stops the start. */
void settings_make(void);

#endif
