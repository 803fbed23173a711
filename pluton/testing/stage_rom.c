/* SPDX-License-Identifier: BSD-2-Clause */
/* The ROM for the host's tests: its own sources, its names with a prefix. */
#define STAGE(name) rom_##name
#include "pluton/testing/stage_names.h"

#include "pluton/mcu/enter.c"
#include "pluton/mcu/stage.c"
#include "pluton/mcu/verdict.c"
#include "pluton/rom/factory.c"
#include "pluton/rom/rom.c"
