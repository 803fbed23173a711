/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime for the host's tests: its own sources, its names with a prefix. */
#define STAGE(name) pluton_##name
#include "pluton/testing/stage_names.h"

#include "pluton/mcu/stage.c"

#include "pluton/mcu/runtime.c"
