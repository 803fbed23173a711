/* SPDX-License-Identifier: BSD-2-Clause */
/* Races of the kernel with an I/O core that works for it (io_rows.h). */
#ifndef PERI_TESTS_HOSTILE_KERNEL_IO_RACE_H
#define PERI_TESTS_HOSTILE_KERNEL_IO_RACE_H

#include "tests/hostile/io_rows.h"
#include "tests/hostile/kernel/hostile.h"

/* io_main.c */
void io_send(unsigned core, uint32_t word);
bool io_receive(unsigned core, uint32_t word);

/* Plays every race and prints its line. */
void io_races(void);

#endif
