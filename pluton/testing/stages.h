/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stages of the MCU in one host program: each is compiled with names of its
 * own (pluton/testing/stage_*.c) and entered by these.
 */
#ifndef PERI_PLUTON_TESTING_STAGES_H
#define PERI_PLUTON_TESTING_STAGES_H

#include <stdbool.h>

void rom_stage_main(void);
void bl1_stage_main(void);
bool pluton_runtime_boot(void);
void pluton_runtime_serve_start(void);
void pluton_runtime_serve(void);

#endif
