/* SPDX-License-Identifier: BSD-2-Clause */
/* The first boot loader for the host's tests: its own sources, its names with a prefix. */
#define STAGE(name) bl1_##name
#include "pluton/testing/stage_names.h"

#include "pluton/mcu/enter.c"
#include "pluton/mcu/stage.c"
#include "pluton/mcu/verdict.c"

#include "pluton/bl1/bl1.c"
