/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hostile I/O core tries, and the answer it must get.
 * Source: abi/mt3620.h (what an I/O core sees), abi/mt3620_firewall.h (what it may be granted).
 * Compiled into both sides: the program of tests/hostile/iocore walks the rows on the core
 * and prints one line for each on the core's own UART; the test on the host demands all.
 *
 * Lines as in tests/hostile/rows.h.  Columns N, Y and _ as there.
 *
 * The chip is set up as for an application that was granted nothing but its two
 * communication pages, IO_BUFFER (it reads 0, it reads and writes 1), and one page of
 * flash that it executes in place.
 */
#ifndef PERI_TESTS_HOSTILE_IO_ROWS_H
#define PERI_TESTS_HOSTILE_IO_ROWS_H

#include "tests/hostile/rows.h"

/* Pages that the test's kernel gives to each core: in, out; one page lies between cores. */
#define IO_BUFFER_BASE 0x80200000u
#define IO_BUFFER(core, direction) (IO_BUFFER_BASE + (core) * 0x4000u + (direction) * 0x2000u)

/* Component id of the test's application: sixteen of these. */
#define IO_COMPONENT_BYTE 0x11
#define IO_COMPONENT "11111111-1111-1111-1111-111111111111"

/* Words of the A7's mailbox, to the core and back. */
#define IO_SAY_START 0x10571E00u /* + core number */
#define IO_SAY_MARKED 0x10571E10u
#define IO_SAY_CHECK 0x10571E20u
#define IO_SAY_DONE 0x10571E30u
#define IO_SAY_RACE 0x10571E40u /* core 0 */
#define IO_SAY_STOP 0x10571E50u

/* In a race core 0 copies two versions of these words from its page 0 to its page 1, by
 * turns and without end, while the kernel names page 1 in calls. */
enum { IO_RACE_WORDS = 8 };

#define HOSTILE_IO_PLACES(X)                                                                     \
    X(own_tcm_last, MT3620_TCM + MT3620_IO_TCM_BYTES - 4, 0, Y, Y, _)                            \
    X(own_sysram, MT3620_IO_SYSRAM, 0, Y, Y, _)                                                  \
    X(own_sysram_last, MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES - 4, 0, Y, Y, _)                \
    X(own_gpt, MT3620_M4_GPT, 0, Y, _, _)                                                        \
    X(tcm_after, MT3620_TCM + MT3620_IO_TCM_BYTES, 0, N, N, N)                                   \
    X(sysram_after, MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES, 0, N, N, N)                       \
    X(rom, MT3620_PLUTON_ROM + 0x100, 0, N, N, N)                                                \
    X(pluton_reset, MT3620_PLUTON_RESET, RESET_KEY_CHIP_RESET, N, N, N)                          \
    X(pluton_a7_start, MT3620_PLUTON_RESET + RESET_A7_START, MT3620_RAM, N, N, N)                \
    X(hsp_sha, MT3620_HSP_SHA, 1, N, N, N)                                                       \
    X(hsp_aes_key, MT3620_HSP_AES + HSP_AES_KEY, 1, N, N, N)                                     \
    X(hsp_ecc, MT3620_HSP_ECC, HSP_ECC_SIGN, N, N, N)                                            \
    X(hsp_trng, MT3620_HSP_TRNG + HSP_TRNG_DATA, 0, N, N, N)                                     \
    X(fuse_command, MT3620_HSP_FUSE, 0xB101, N, N, N)                                            \
    X(fuse_attestation, MT3620_HSP_FUSE + 0x400 + 64 * 4, 0, N, N, N)                            \
    X(firewall_status, MT3620_FIREWALL + FIREWALL_STATUS, 1, N, N, N)                            \
    X(firewall_own_row, MT3620_FIREWALL + FIREWALL_INITIATOR + 2 * FIREWALL_INITIATOR_STRIDE,    \
      0xFFFFFFFF, N, N, N)                                                                       \
    X(firewall_window, MT3620_FIREWALL + FIREWALL_RAM + FIREWALL_CONTROL, 0x32, N, N, N)         \
    X(firewall_xip, MT3620_FIREWALL + FIREWALL_IO0_XIP, 0, N, N, N)                              \
    X(secure_dma, MT3620_SECURE_DMA, 1, N, N, N)                                                 \
    X(a7_wdt, MT3620_A7_WDT + WDT_MODE, WDT_MODE_KEY, N, N, N)                                   \
    X(sysram_control, MT3620_SYSRAM_CONTROL, 1, N, N, N)                                         \
    X(flash_controller, MT3620_FLASH_CONTROLLER + FLASH_COMMAND, FLASH_COMMAND_ERASE, N, N, N)   \
    X(flash_remap, MT3620_FLASH_CONTROLLER + FLASH_REMAP_OFFSET, 0, N, N, N)                     \
    X(infra_reset, MT3620_INFRA + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET, N, N, N)               \
    X(infra_power, MT3620_INFRA + RESET_POWER, RESET_KEY_POWER, N, N, N)                         \
    X(infra_other_core, MT3620_INFRA + RESET_IO1_CONTROL, 0, N, N, N)                            \
    X(infra_load, MT3620_INFRA + RESET_IO_DATA, 0, N, N, N)                                      \
    X(mcusys, MT3620_MCUSYS, 1, N, N, N)                                                         \
    X(secure_mailbox, MT3620_A7_MAILBOX_SECURE + MAILBOX_CMD_PUSH, 1, N, N, N)                   \
    X(gic_distributor, MT3620_GIC_DISTRIBUTOR, 0, N, N, N)                                       \
    X(gic_cpu, MT3620_GIC_CPU, 0, N, N, N)                                                       \
    X(ram_first, MT3620_RAM, 0, N, N, N)                                                         \
    X(ram_kernel, MT3620_RAM + 0x10000, 0, N, N, N)                                              \
    X(ram_last, MT3620_SECURE_RAM - 4, 0, N, N, N)                                               \
    X(ram_after, MT3620_RAM + MT3620_RAM_BYTES, 0, N, N, N)                                      \
    X(flash_window_first, MT3620_FLASH, 0, N, N, N)                                              \
    X(flash_window_system, BOOT_KERNEL_AT, 0, N, N, N)                                           \
    X(flash_window_keystore, MT3620_FLASH + FLASH_KEYSTORE_AT, 0, N, N, N)                       \
    X(flash_window_config, MT3620_FLASH + FLASH_NW_CONFIG_AT, 0, N, N, N)                        \
    X(flash_window_last, MT3620_FLASH + MT3620_FLASH_BYTES - 4, 0, N, N, N)                      \
    X(xip_first, MT3620_IO_XIP, 0, Y, N, _)                                                      \
    X(xip_page_last, MT3620_IO_XIP + 4092, 0, Y, N, _)                                           \
    X(xip_next_page, MT3620_IO_XIP + 4096, 0, N, N, N)                                           \
    X(xip_middle, MT3620_IO_XIP + MT3620_IO_XIP_BYTES / 2, 0, N, N, N)                           \
    X(xip_last, MT3620_IO_XIP + MT3620_IO_XIP_BYTES - 4, 0, N, N, N)                             \
    X(xip_after, MT3620_IO_XIP + MT3620_IO_XIP_BYTES, 0, N, N, N)                                \
    X(wifi, 0x60000000, 0, N, N, N)

/* Relative to the core's own pages: name, direction, offset, read, write. */
#define HOSTILE_IO_BUFFERS(X)                     \
    X(page_in, 0, 0, Y, N)                        \
    X(page_in_last, 0, 4092, Y, N)                \
    X(page_out, 1, 0, Y, Y)                       \
    X(page_out_last, 1, 4092, Y, Y)               \
    X(before_page_in, 0, -4, N, N)                \
    X(after_page_in, 0, 4096, N, N)               \
    X(before_page_out, 1, -4, N, N)               \
    X(after_page_out, 1, 4096, N, N)

/* What only the core itself can tell. */
enum hostile_io_own {
    HOSTILE_IO_TCM_UNSHARED,    /* its mark is still there after the other core has set its own */
    HOSTILE_IO_SYSRAM_UNSHARED,
    HOSTILE_IO_OTHERS_PAGES,    /* the other core's communication pages */
    HOSTILE_IO_OWNS,
};

/* Requests that another core changes while they are served: what was checked is what is
 * done.  Played by the kernel that started the cores (kernel/io_race.c). */
#define HOSTILE_RACES(X)      \
    X(read_flash_offset)      \
    X(write_flash_offset)     \
    X(erase_flash_offset)     \
    X(flash_partition)        \
    X(pluton_capacity)        \
    X(pluton_command)

enum { HOSTILE_SMC_RACES = 4 }; /* the first ones */
unsigned hostile_race_rows(void);
struct hostile_row hostile_race_row(unsigned n, unsigned core);

unsigned hostile_io_rows(void);
/* Row n as core 0 or 1 plays it. */
struct hostile_row hostile_io_row(unsigned n, unsigned core);

#endif
