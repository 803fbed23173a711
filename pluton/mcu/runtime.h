/* SPDX-License-Identifier: BSD-2-Clause */
/* The two halves of the runtime's main, apart for the host's tests. */
#ifndef PERI_PLUTON_MCU_RUNTIME_H
#define PERI_PLUTON_MCU_RUNTIME_H

#include <stdbool.h>

/* Up to the start of the A7; false when it stopped in recovery. */
bool runtime_boot(void);
void runtime_serve_start(void);
/* One turn of the loop. */
void runtime_serve(void);

#endif
