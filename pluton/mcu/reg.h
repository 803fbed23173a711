/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How firmware of the Pluton core touches the chip: registers and memory by the
 * addresses of abi/mt3620.h, and the few instructions that C has no word for.
 *
 * On the core these are single loads and stores.  In the host's tests the same
 * names are functions of pluton/testing/chip.h, so that each stage runs there
 * unchanged against an emulated chip.
 */
#ifndef PERI_PLUTON_MCU_REG_H
#define PERI_PLUTON_MCU_REG_H

#include <stddef.h>
#include <stdint.h>

#include "abi/mt3620.h"

#if defined(__arm__)

static inline uint32_t reg_read(uint32_t address)
{
    return *(const volatile uint32_t *)address;
}

static inline void reg_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

/* A word of memory that another core may be writing. */
static inline uint32_t reg_load(uint32_t address)
{
    return *(const volatile uint32_t *)address;
}

/* Memory as a pointer, and back as an engine's register takes it. */
static inline void *reg_memory(uint32_t address)
{
    return (void *)address;
}

static inline uint32_t reg_address(const void *at)
{
    return (uint32_t)at;
}

/* Everything written before is there for the other cores. */
static inline void reg_barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* Until an interrupt is pending; none is ever taken. */
static inline void reg_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

#else

uint32_t reg_read(uint32_t address);
void reg_write(uint32_t address, uint32_t value);
uint32_t reg_load(uint32_t address);
void *reg_memory(uint32_t address);
uint32_t reg_address(const void *at);
void reg_barrier(void);
void reg_wait(void);

#endif

#endif
