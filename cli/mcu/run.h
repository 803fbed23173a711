/* SPDX-License-Identifier: BSD-2-Clause */
/* peri mcu run; its row stands in cli/mcu/mcu.c. */
#ifndef PERI_CLI_MCU_RUN_H
#define PERI_CLI_MCU_RUN_H

#include "cli/command.h"

int mcu_run(struct peri *peri);
extern const struct option_row mcu_run_options[];
extern const char mcu_run_notes[];
/* One line for the number that a run ended with. */
const char *mcu_end_text(int end);

#endif
