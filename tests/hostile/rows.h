/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hostile normal world tries, and the answer it must get.
 * Source: abi/mt3620*.h (who sees what), abi/smc.h, abi/pluton_call.h; the rows that
 * play a known weakness carry its id (docs/vulnerabilities.md).
 * Compiled into both sides: the kernel of tests/hostile/kernel walks the rows, the
 * test on the host demands each of them back.  So no row can be lost.
 *
 * Order is the order of play: what could spoil the chip's state stands last.
 *
 * One line a row on UART0:   <word> <number> <deed> <set>.<item> <detail>
 *   refused   the machine, the monitor or Pluton said no, in the way that is documented
 *   ALLOWED   it happened
 *   WRONG     neither: another error than the documented one, or no answer
 */
#ifndef PERI_TESTS_HOSTILE_ROWS_H
#define PERI_TESTS_HOSTILE_ROWS_H

#include <stdint.h>

#include "abi/flash_layout.h"
#include "abi/mcu_boot.h"
#include "abi/monitor_call.h"
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_flash.h"
#include "abi/mt3620_hsp.h"
#include "abi/mt3620_mailbox.h"
#include "abi/mt3620_reset.h"
#include "abi/mt3620_wdt.h"
#include "abi/pluton_call.h"
#include "abi/smc.h"

enum hostile_word {
    HOSTILE_REFUSED = 0,
    HOSTILE_ALLOWED = 1,
    HOSTILE_WRONG = 2,
};
/* The kernel that neglects the watchdog tends it last in this second. */
enum { HOSTILE_TENDED_LAST = 15 };
#define HOSTILE_WORDS {"refused", "ALLOWED", "WRONG"}

/* What is done in a row; a, b, c are its arguments. */
enum hostile_deed {
    HOSTILE_READ = 0,         /* a address */
    HOSTILE_WRITE,            /* a address, b value */
    HOSTILE_EXECUTE,          /* a address */
    HOSTILE_READ_MAPPED,      /* a address, through a page table that asks for the secure world */
    HOSTILE_ACROSS,           /* a enum hostile_across: one instruction, both sides of the border */
    HOSTILE_CPU,              /* a enum hostile_cpu */
    HOSTILE_GIC,              /* a enum hostile_gic */
    HOSTILE_SMC_NUMBER,       /* a number, with no arguments; b, c statuses that are right */
    HOSTILE_SMC_ID,           /* a function id, b the right answer */
    HOSTILE_SMC_REQUEST,      /* a address, b length of a WRITE_LOG */
    HOSTILE_SMC_REPLY,        /* a address, b room of a GET_VERSION */
    HOSTILE_SMC_PAYLOAD,      /* a index of hostile_payloads; b status, or 0: any refusal */
    HOSTILE_SMC_PARTITION,    /* a partition number, b QUERY, ERASE, WRITE or READ_FLASH */
    HOSTILE_SMC_TRICK,        /* a enum hostile_smc_trick */
    HOSTILE_PLUTON_BLOCK,     /* a address of the block that the mailbox word names */
    HOSTILE_PLUTON_CALL,      /* a command, b payload bytes (zeros), c status, or NOT_OK */
    HOSTILE_PLUTON_TRICK,     /* a enum hostile_pluton_trick */
    HOSTILE_DEEDS,
};
#define HOSTILE_DEED_NAMES                                                                   \
    {"read",        "write",     "execute",     "read-mapped",  "across",      "cpu",        \
     "gic",         "smc",       "smc-id",      "smc-request",  "smc-reply",                 \
     "smc-payload", "smc-flash", "smc-trick",   "pluton-block", "pluton-call",              \
     "pluton-trick"}

enum { HOSTILE_NOT_OK = 0x10000 }; /* any answer but success */

struct hostile_row {
    uint8_t deed;    /* enum hostile_deed */
    uint8_t want;    /* enum hostile_word, never WRONG */
    uint8_t counted; /* the firewall counts this refusal: the address is one of its own */
    const char *set;
    const char *item;
    uint32_t a, b, c;
};

/* How many rows there are, and row n of them (n below that). */
unsigned hostile_rows(void);
struct hostile_row hostile_row(unsigned n);

/*
 * Places.  Columns: name, address, value to write, and for read, write, execute
 *   N must be refused, Y must work (so that a probe that always fails shows), _ not tried.
 * The value is the one an attacker would write there.
 */
#define HOSTILE_PLACES(X)                                                                     \
    X(ram_first, MT3620_RAM, 0x1234, Y, Y, Y)                                                 \
    X(ram_last, MT3620_SECURE_RAM - 4, 0x1234, Y, Y, _)                                       \
    X(ram_after, MT3620_RAM + MT3620_RAM_BYTES, 0, N, N, N)                                   \
    X(ram_before, MT3620_RAM - 4, 0, N, N, N)                                                 \
    X(rom, MT3620_PLUTON_ROM, 0, N, N, N)                                                     \
    X(rom_last, MT3620_PLUTON_ROM + MT3620_PLUTON_ROM_BYTES - 4, 0, N, N, N)                  \
    X(pluton_1bl, BOOT_1BL_AT, 0, N, N, N)                                                    \
    X(pluton_handoff, BOOT_HANDOFF_AT, 0, N, N, N)                                            \
    X(pluton_runtime, BOOT_RUNTIME_AT, 0, N, N, N)                                            \
    X(pluton_postcode, BOOT_POSTCODE_AT, 0, N, N, N)                                          \
    X(tcm_last, MT3620_TCM + MT3620_IO_TCM_BYTES - 4, 0, N, N, N)                             \
    X(io_xip, MT3620_IO_XIP, 0, N, N, N)                                                      \
    X(io_sysram, MT3620_IO_SYSRAM, 0, N, N, N)                                                \
    X(io_sysram_last, MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES - 4, 0, N, N, N)              \
    X(m4_wdt, MT3620_M4_WDT + WDT_SWRST, WDT_SWRST_KEY, N, N, N)                              \
    X(m4_gpt, MT3620_M4_GPT, 0, N, N, N)                                                      \
    X(m4_uart, MT3620_M4_UART, 0, N, N, N)                                                    \
    X(m4_mailbox_a7, MT3620_M4_MAILBOX_A7 + MAILBOX_CMD_PUSH, 1, N, N, N)                     \
    X(m4_mailbox_peer, MT3620_M4_MAILBOX_PEER + MAILBOX_CMD_PUSH, 1, N, N, N)                 \
    X(pluton_reset, MT3620_PLUTON_RESET + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET, N, N, N)    \
    X(hsp_sha, MT3620_HSP_SHA, 1, N, N, N)                                                    \
    X(hsp_aes_key, MT3620_HSP_AES + HSP_AES_KEY, 1, N, N, N)                                  \
    X(hsp_ecc, MT3620_HSP_ECC, HSP_ECC_SIGN, N, N, N)                                         \
    X(hsp_rsa, MT3620_HSP_RSA, 1, N, N, N)                                                    \
    X(hsp_trng_data, MT3620_HSP_TRNG + HSP_TRNG_DATA, 0, N, N, N)                             \
    X(fuse_command, MT3620_HSP_FUSE, 0xB101, N, N, N)                                         \
    X(fuse_shadow, MT3620_HSP_FUSE + 0x200, 1, N, N, N)                                       \
    X(fuse_root, MT3620_HSP_FUSE + 0x400, 1, N, N, N)                                         \
    X(fuse_attestation, MT3620_HSP_FUSE + 0x400 + 64 * 4, 1, N, N, N)                         \
    X(firewall_status, MT3620_FIREWALL + FIREWALL_STATUS, 1, N, N, N)                         \
    X(firewall_lock, MT3620_FIREWALL + FIREWALL_LOCK, 0, N, N, N)                             \
    X(firewall_violations, MT3620_FIREWALL + FIREWALL_VIOLATIONS, 0, N, N, N)                 \
    X(firewall_own_row, MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_INITIATOR_STRIDE,     \
      0xFFFFFFFF, N, N, N)                                                                    \
    X(firewall_window, MT3620_FIREWALL + FIREWALL_RAM + FIREWALL_CONTROL, 0x31, N, N, N)      \
    X(firewall_region, MT3620_FIREWALL + FIREWALL_FLASH + FIREWALL_CONTROL, 0x21, N, N, N)    \
    X(firewall_secure_base, MT3620_FIREWALL + FIREWALL_SECURE_BASE, 0, N, N, N)               \
    X(secure_dma, MT3620_SECURE_DMA, 1, N, N, N)                                              \
    X(secure_dma_globals, MT3620_SECURE_DMA + 0x4000, 1, N, N, N)                             \
    X(a7_wdt_mode, MT3620_A7_WDT + WDT_MODE, WDT_MODE_KEY, N, N, N)                           \
    X(a7_wdt_restart, MT3620_A7_WDT + WDT_RESTART, WDT_RESTART_KEY, N, N, N)                  \
    X(a7_wdt_swrst, MT3620_A7_WDT + WDT_SWRST, WDT_SWRST_KEY, N, N, N)                        \
    X(sysram_control, MT3620_SYSRAM_CONTROL, 1, N, N, N)                                      \
    X(flash_id, MT3620_FLASH_CONTROLLER + FLASH_ID, 0, N, N, N)                               \
    X(flash_address, MT3620_FLASH_CONTROLLER + FLASH_ADDRESS, 0, N, N, N)                     \
    X(flash_command, MT3620_FLASH_CONTROLLER + FLASH_COMMAND, FLASH_COMMAND_ERASE, N, N, N)   \
    X(flash_remap, MT3620_FLASH_CONTROLLER + FLASH_REMAP_OFFSET, FLASH_SYSTEM_B_AT, N, N, N)  \
    X(flash_lock, MT3620_FLASH_CONTROLLER + FLASH_LOCK, 0, N, N, N)                           \
    X(flash_buffer, MT3620_FLASH_CONTROLLER + FLASH_BUFFER, 0, N, N, N)                       \
    X(infra_cause, MT3620_INFRA + RESET_CAUSE, 0, N, N, N)                                    \
    X(infra_chip_reset, MT3620_INFRA + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET, N, N, N)       \
    X(infra_power, MT3620_INFRA + RESET_POWER, RESET_KEY_POWER, N, N, N)                      \
    X(infra_scratch, MT3620_INFRA + RESET_SCRATCH, 1, N, N, N)                                \
    X(infra_io0_control, MT3620_INFRA + RESET_IO0_CONTROL, RESET_CONTROL_RUN, N, N, N)        \
    X(infra_io_data, MT3620_INFRA + RESET_IO_DATA, 1, N, N, N)                                \
    X(mcusys, MT3620_MCUSYS, 1, N, N, N)                                                      \
    X(secure_mailbox_push, MT3620_A7_MAILBOX_SECURE + MAILBOX_CMD_PUSH, MT3620_RAM, N, N, N)  \
    X(secure_mailbox_pop, MT3620_A7_MAILBOX_SECURE + MAILBOX_CMD_POP, 0, N, N, N)             \
    X(secure_mailbox_reset, MT3620_A7_MAILBOX_SECURE + MAILBOX_GEN_CTRL, 1, N, N, N)          \
    X(gic_distributor, MT3620_GIC_DISTRIBUTOR + 4, 0, Y, _, _)                                \
    X(hole_3000, 0x300A0000, 0, N, N, N)                                                      \
    X(hole_4000, 0x40000000, 0, N, N, N)                                                      \
    X(wifi, 0x60000000, 0, N, N, N)                                                           \
    X(flash_after, MT3620_FLASH + MT3620_FLASH_BYTES, 0, N, N, N)                             \
    X(flash_before, MT3620_FLASH - 4, 0, N, N, N)                                             \
    X(top, 0xFFFFFFFC, 0, N, N, N)

/* Every peripheral of FIREWALL_PERIPHERAL_TABLE: may the normal world read it, write it.
 * Those it may write are not written: they are in use, or have effects. */
#define HOSTILE_PERIPHERALS(X)                                                            \
    X(PINMUX, N, N)                                                                       \
    X(A7_GPIO, N, N)                                                                      \
    X(TOP_CONFIG, N, N)                                                                   \
    X(RTC, Y, N)                                                                          \
    X(MAILBOX_NORMAL, Y, _)                                                               \
    X(MAILBOX_IO0, Y, _)                                                                  \
    X(MAILBOX_IO1, Y, _)                                                                  \
    X(A7_GPT, Y, _)                                                                       \
    X(UART0, _, _) /* each line of the answer shows it */                                 \
    X(A7_DMA, N, N) /* it would read for whoever writes it */                             \
    X(A7_INTERRUPTS, N, N)                                                                \
    X(VIRTIO, Y, _)                                                                       \
    X(ADC, N, N)                                                                          \
    X(GPIO0, N, N)                                                                        \
    X(GPIO1, N, N)                                                                        \
    X(GPIO2, N, N)                                                                        \
    X(GPIO3, N, N)                                                                        \
    X(GPIO4, N, N)                                                                        \
    X(GPIO5, N, N)                                                                        \
    X(ISU0, N, N)                                                                         \
    X(ISU1, N, N)                                                                         \
    X(ISU2, N, N)                                                                         \
    X(ISU3, N, N)                                                                         \
    X(ISU4, N, N)                                                                         \
    X(ISU5, N, N)                                                                         \
    X(I2S0, N, N)                                                                         \
    X(I2S1, N, N)                                                                         \
    X(I2S0_FIFO, N, N)                                                                    \
    X(I2S1_FIFO, N, N)

/* Every partition of FLASH_PARTITION_TABLE: may the normal world read (and run) it
 * with nothing verified but what boot verified.  Nobody there may write any. */
#define HOSTILE_PARTITIONS(X)   \
    X(BOOTLOADER_ONE, N)        \
    X(BOOTLOADER_ONE_BACKUP, N) \
    X(PLUTON_RUNTIME, N)        \
    X(PLUTON_RUNTIME_BACKUP, N) \
    X(KEYSTORE, N)              \
    X(KEYSTORE_BACKUP, N)       \
    X(MONITOR, N)               \
    X(MONITOR_BACKUP, N)        \
    X(STATE_A, N)               \
    X(STATE_B, N)               \
    X(SYSTEM_A, Y)              \
    X(SYSTEM_B, N)              \
    X(APPLICATIONS, Y)          \
    X(NW_CONFIG, N)             \
    X(LOG_STORAGE, N)           \
    X(TELEMETRY_STORAGE, N)

/* Through a page table whose entries say "secure": that bit means nothing here. */
#define HOSTILE_MAPPED(X)                              \
    X(ram, MT3620_RAM, Y)                              \
    X(secure_ram, MT3620_SECURE_RAM, N)                \
    X(flash_controller, MT3620_FLASH_CONTROLLER, N)    \
    X(firewall, MT3620_FIREWALL, N)                    \
    X(infra, MT3620_INFRA, N)                          \
    X(hsp, MT3620_HSP, N)                              \
    X(rom, MT3620_PLUTON_ROM, N)                       \
    X(pluton_tcm, BOOT_RUNTIME_AT, N)                  \
    X(secure_mailbox, MT3620_A7_MAILBOX_SECURE, N)     \
    X(keystore, MT3620_FLASH + FLASH_KEYSTORE_AT, N)

/* Instructions that begin in the last word (or half word) of what is granted and end in
 * the first of secure RAM.  One function each in kernel/across.c. */
#define HOSTILE_ACROSS_TABLE(X) \
    X(load_multiple, N)         \
    X(store_multiple, N)        \
    X(load_double, N)           \
    X(store_double, N)          \
    X(load_exclusive_double, N) \
    X(execute_half, N)          \
    X(fall_through, N)          \
    X(load_below, N)            \
    X(load_inside, Y)

/* Privileged state of the core.  One function each in kernel/cpu.c; its row is
 * N: the attempt must fail, or Y: it must work. */
#define HOSTILE_CPU_TABLE(X)    \
    X(control_read_id, Y)                                   \
    X(read_scr, N)                                          \
    X(write_scr, N)                                         \
    X(read_sder, N)                                         \
    X(write_sder, N)                                        \
    X(write_nsacr, N)                                       \
    X(read_mvbar, N)                                        \
    X(write_mvbar, N)                                       \
    X(write_cntfrq, N)                                      \
    X(translate_as_other_world, N)                          \
    X(cps_to_monitor, N)                                    \
    X(msr_to_monitor, N)                                    \
    X(return_to_monitor, N)                                 \
    X(read_sp_monitor, N)                                   \
    X(write_sp_monitor, N)                                  \
    X(write_spsr_monitor, N)                                \
    X(call_hypervisor, N)                                   \
    X(cps_to_hypervisor, N)                                 \
    X(walk_from_secure_ram, N)

/* Interrupt controller.  One function each in kernel/gic.c. */
#define HOSTILE_GIC_TABLE(X)        \
    X(control_enable_own, Y)                                \
    X(read_groups, N)                                       \
    X(take_watchdog, N)                                     \
    X(take_firewall, N)                                     \
    X(take_secure_mailbox, N)                               \
    X(take_after_regrouping, N)                             \
    X(pend_watchdog, N)                                     \
    X(retarget_watchdog, N)                                 \
    X(interface_group0, N)                                  \
    X(distributor_group0, N)                                \
    X(acknowledge_secure, N)

/* Function ids that are not ours: SMC_UNKNOWN; numbers of ours above the 255 that are tried one
 * by one: denied. */
#define HOSTILE_SMC_IDS(X)                                    \
    X(zero, 0x00000000, SMC_UNKNOWN)                          \
    X(number_alone, 0x00000003, SMC_UNKNOWN)                  \
    X(arch_version, 0x80000000, SMC_UNKNOWN)                  \
    X(arch_soc_id, 0x80000002, SMC_UNKNOWN)                   \
    X(cpu_service, 0x81000001, SMC_UNKNOWN)                   \
    X(sip_service, 0x82000001, SMC_UNKNOWN)                   \
    X(oem_service, 0x83000001, SMC_UNKNOWN)                   \
    X(psci_version, 0x84000000, SMC_UNKNOWN)                  \
    X(psci_cpu_on, 0x84000003, SMC_UNKNOWN)                   \
    X(psci_system_off, 0x84000008, SMC_UNKNOWN)               \
    X(psci_system_reset, 0x84000009, SMC_UNKNOWN)             \
    X(psci_v01_off, 0x95C1BA60, SMC_UNKNOWN)                  \
    X(yielding, 0x32000002, SMC_UNKNOWN)                      \
    X(fast_64, 0xF2000002, SMC_UNKNOWN)                       \
    X(next_owner, 0xB3000002, SMC_UNKNOWN)                    \
    X(former_owner, 0xB1000002, SMC_UNKNOWN)                  \
    X(reserved_bits, 0xB2010002, SMC_UNKNOWN)                 \
    X(number_256, 0xB2000100, MONITOR_PERMISSION_DENIED)      \
    X(number_max, 0xB200FFFF, MONITOR_PERMISSION_DENIED)      \
    X(all_ones, 0xFFFFFFFF, SMC_UNKNOWN)

/* Ranges for a request (WRITE_LOG) and for a reply (GET_VERSION): name, address, bytes,
 * N refused, Y answered.  BUFFER is 4-aligned RAM of the kernel. */
#define HOSTILE_RANGES(X)                                                           \
    X(first_of_ram, MT3620_RAM, 64, Y)                                              \
    X(last_of_normal, MT3620_SECURE_RAM - 64, 64, Y)                                \
    X(secure_first, MT3620_SECURE_RAM, 64, N)                                       \
    X(secure_middle, MT3620_SECURE_RAM + 0x18000, 64, N)                            \
    X(secure_last, MT3620_RAM + MT3620_RAM_BYTES - 64, 64, N)                       \
    X(one_word_over, MT3620_SECURE_RAM - 4, 8, N)                                   \
    X(one_byte_over, MT3620_SECURE_RAM - 4, 5, N)                                   \
    X(ram_end, MT3620_RAM + MT3620_RAM_BYTES, 64, N)                                \
    X(over_ram_end, MT3620_RAM + MT3620_RAM_BYTES - 4, 8, N)                        \
    X(before_ram, MT3620_RAM - 64, 64, N)                                           \
    X(into_ram, MT3620_RAM - 4, 8, N)                                               \
    X(zero, 0, 64, N)                                                               \
    X(rom, MT3620_PLUTON_ROM + 64, 64, N)                                           \
    X(pluton_tcm, BOOT_RUNTIME_AT, 64, N)                                           \
    X(sysram, MT3620_IO_SYSRAM, 64, N)                                              \
    X(hsp, MT3620_HSP, 64, N)                                                       \
    X(firewall, MT3620_FIREWALL, 64, N)                                             \
    X(flash_controller, MT3620_FLASH_CONTROLLER, 64, N)                             \
    X(infra, MT3620_INFRA, 64, N)                                                   \
    X(secure_mailbox, MT3620_A7_MAILBOX_SECURE, 64, N)                              \
    X(normal_mailbox, MT3620_A7_MAILBOX_NORMAL, 64, N)                              \
    X(uart0, MT3620_A7_UART0, 64, N)                                                \
    X(gic, MT3620_GIC_DISTRIBUTOR, 64, N)                                           \
    X(flash_own_kernel, BOOT_KERNEL_AT, 64, N)                                      \
    X(flash_keystore, MT3620_FLASH + FLASH_KEYSTORE_AT, 64, N)                      \
    X(flash_state, MT3620_FLASH + FLASH_STATE_A_AT, 64, N)                          \
    X(top_of_space, 0xFFFFFFC0, 64, N)                                              \
    X(wrap_to_zero, 0xFFFFFFFC, 8, N)                                               \
    X(wrap_to_ram, 0xFFFFFFFC, 0x80000010, N)                                       \
    X(whole_space, 0, 0xFFFFFFFF, N)                                                \
    X(ram_and_all, MT3620_RAM, 0xFFFFFFFF, N)                                       \
    X(ram_and_half, MT3620_RAM, 0x80000000, N)                                      \
    X(all_of_ram, MT3620_RAM, MT3620_RAM_BYTES, N)                                  \
    X(unaligned_1, MT3620_RAM + 1, 64, N)                                           \
    X(unaligned_2, MT3620_RAM + 2, 64, N)                                           \
    X(unaligned_3, MT3620_RAM + 3, 64, N)

/*
 * Requests whose pointers are honest and whose contents are not: name, call, status
 * (0: any refusal), bytes, up to four words.  Numbers of partitions are the image
 * manifest's; NW_CONFIG is 6 and the only one that may be erased, read and written.
 */
#define HOSTILE_PAYLOADS(X)                                                                   \
    X(erase_offset_wraps, SMC_ERASE_FLASH, 0, 12, 6, 0xFFFFF000, 0x2000, 0)                   \
    X(erase_offset_negative, SMC_ERASE_FLASH, 0, 12, 6, 0xFFFFF000, 0x1000, 0)                \
    X(erase_past_end, SMC_ERASE_FLASH, 0, 12, 6, FLASH_NW_CONFIG_BYTES, 0x1000, 0)            \
    X(erase_over_end, SMC_ERASE_FLASH, 0, 12, 6, FLASH_NW_CONFIG_BYTES - 0x1000, 0x2000, 0)   \
    X(erase_all, SMC_ERASE_FLASH, 0, 12, 6, 0, 0xFFFFFFFF, 0)                                 \
    X(erase_unaligned, SMC_ERASE_FLASH, 0, 12, 6, 4, 0x1000, 0)                               \
    X(erase_reserved, SMC_ERASE_FLASH, 0, 12, 0x10006, 0, 0x1000, 0)                          \
    X(trapa_2020_write_past_end, SMC_WRITE_FLASH, 0, 16, 6, FLASH_NW_CONFIG_BYTES, 0, 0)      \
    X(trapa_2020_write_over_end, SMC_WRITE_FLASH, 0, 16, 6, FLASH_NW_CONFIG_BYTES - 4, 0, 0)  \
    X(trapa_2020_write_negative, SMC_WRITE_FLASH, 0, 16, 6, 0xFFF00000, 0, 0)                 \
    X(trapa_2020_write_wraps, SMC_WRITE_FLASH, 0, 16, 6, 0xFFFFFFFC, 0, 0)                    \
    X(write_reserved, SMC_WRITE_FLASH, 0, 16, 0x10006, 0, 0, 0)                               \
    X(read_past_end, SMC_READ_FLASH, 0, 12, 6, FLASH_NW_CONFIG_BYTES, 4, 0)                   \
    X(read_over_end, SMC_READ_FLASH, 0, 12, 6, FLASH_NW_CONFIG_BYTES - 4, 8, 0)               \
    X(read_negative, SMC_READ_FLASH, 0, 12, 6, 0xFFFFFF00, 64, 0)                             \
    X(read_wraps, SMC_READ_FLASH, 0, 12, 6, 0xFFFFFFFC, 8, 0)                                 \
    X(read_too_much, SMC_READ_FLASH, 0, 12, 6, 0, 4097, 0)                                    \
    X(verify_secure_ram, SMC_VERIFY_IMAGE, 0, 8, MT3620_SECURE_RAM, 0x8000, 0, 0)             \
    X(verify_ram, SMC_VERIFY_IMAGE, 0, 8, MT3620_RAM, 0x8000, 0, 0)                           \
    X(verify_rom, SMC_VERIFY_IMAGE, 0, 8, 0, 0x8000, 0, 0)                                    \
    X(verify_firewall, SMC_VERIFY_IMAGE, 0, 8, MT3620_FIREWALL, 0x400, 0, 0)                  \
    X(verify_keystore, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_KEYSTORE_AT, 0x1000, 0, 0) \
    X(verify_monitor, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_MONITOR_AT, 0x8000, 0, 0)  \
    X(verify_config, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_NW_CONFIG_AT, 0x8000, 0, 0) \
    X(verify_wraps, SMC_VERIFY_IMAGE, 0, 8, 0xFFFFF000, 0x2000, 0, 0)                         \
    X(verify_end_of_flash, SMC_VERIFY_IMAGE, 0, 8, 0x90FFF000, 0x2000, 0, 0)                  \
    X(verify_huge, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_APPLICATIONS_AT, 0xFFFFFFFF, 0, 0) \
    X(verify_nothing, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_APPLICATIONS_AT, 0, 0, 0)  \
    X(verify_blank, SMC_VERIFY_IMAGE, 0, 8, MT3620_FLASH + FLASH_APPLICATIONS_AT, 0x1000, 0, 0) \
    X(verify_unaligned, SMC_VERIFY_IMAGE, 0, 8, BOOT_KERNEL_AT + 4, 0x1000, 0, 0)             \
    X(log_type, SMC_GET_LOG_DATA_SIZE, 0, 4, 2, 0, 0, 0)                                      \
    X(log_type_negative, SMC_GET_LOG_DATA, 0, 12, 0xFFFFFFFF, 0, 16, 0)                       \
    X(log_offset_wraps, SMC_GET_LOG_DATA, 0, 12, 0, 0xFFFFFFF8, 16, 0)                        \
    X(log_too_much, SMC_GET_LOG_DATA, 0, 12, 0, 0, 4097, 0)                                   \
    X(telemetry_offset_wraps, SMC_GET_TELEMETRY, 0, 8, 0xFFFFFFF8, 16, 0, 0)                  \
    X(telemetry_too_much, SMC_GET_TELEMETRY, 0, 8, 0, 4097, 0, 0)                             \
    X(core_3, SMC_IO_CORE_CONTROL, 0, 16, 2 << 16, MT3620_FLASH + FLASH_APPLICATIONS_AT, 0x1000, 0) \
    X(core_negative, SMC_IO_CORE_CONTROL, 0, 4, 0xFFFF0001, 0, 0, 0)                          \
    X(core_action, SMC_IO_CORE_CONTROL, 0, 16, 4, 0, 0, 0)                                    \
    X(core_from_ram, SMC_IO_CORE_CONTROL, 0, 16, 0, MT3620_RAM, 0x1000, 0)                    \
    X(core_from_secure, SMC_IO_CORE_CONTROL, 0, 16, 0, MT3620_SECURE_RAM, 0x1000, 0)          \
    X(core_from_monitor, SMC_IO_CORE_CONTROL, 0, 16, 0, MT3620_FLASH + FLASH_MONITOR_AT, 0x1000, 0) \
    X(core_unsigned, SMC_IO_CORE_CONTROL, 0, 16, 0, MT3620_FLASH + FLASH_NW_CONFIG_AT, 0x1000, 0) \
    X(core_wraps, SMC_IO_CORE_CONTROL, 0, 16, 0, 0xFFFFF000, 0x2000, 0)                       \
    X(buffer_secure, SMC_IO_CORE_CONTROL, 0, 16, 3, 0, MT3620_SECURE_RAM, 4096)               \
    X(buffer_over, SMC_IO_CORE_CONTROL, 0, 16, 3, 0, MT3620_SECURE_RAM - 4096, 8192)          \
    X(buffer_unaligned, SMC_IO_CORE_CONTROL, 0, 16, 3, 0, MT3620_RAM + 4, 4096)               \
    X(buffer_flash, SMC_IO_CORE_CONTROL, 0, 16, 3, 0, MT3620_FLASH, 4096)                     \
    X(buffer_wraps, SMC_IO_CORE_CONTROL, 0, 16, 3, 0, 0xFFFFF000, 8192)                       \
    X(buffer_type, SMC_IO_CORE_CONTROL, 0, 16, 3, 2, MT3620_RAM, 4096)                        \
    X(find_nobody, SMC_FIND_IMAGE, 0, 16, 1, 2, 3, 4)                                         \
    X(reset_code, MONITOR_CALL_RESET, 0, 4, 2, 0, 0, 0)                                       \
    X(talos_2021_1310_write_block, MONITOR_CALL_WRITE_BLOCK, 0, 12, 0, 0xFFFFFFFF, 0, 0)      \
    X(talos_2021_1310_write_block_wraps, MONITOR_CALL_WRITE_BLOCK, 0, 16, 1, 0xFFFFFFFC, 0, 0) \
    X(talos_2021_1342_unsigned_manifest, MONITOR_CALL_STAGE_MANIFESTS, 0, 16, 3, 1, 0, 0)     \
    X(talos_2021_commit_without_manifest, MONITOR_CALL_COMMIT_STAGING, 0, 4, 0, 0, 0, 0)      \
    X(install_nothing, MONITOR_CALL_INSTALL, 0, 0, 0, 0, 0, 0)

/* One function each in kernel/smc.c. */
#define HOSTILE_SMC_TRICKS(X)    \
    X(control_version, Y)                                   \
    X(empty_request_anywhere, Y)                            \
    X(same_range, Y)                                        \
    X(overlap_reply_later, N)                               \
    X(overlap_reply_earlier, N)                             \
    X(reply_room_short, N)                                  \
    X(reply_room_none, N)                                   \
    X(request_one_over, N)                                  \
    X(log_one_over, N)                                      \
    X(registers_kept, N)                                    \
    X(nothing_past_reply, N)                                \
    X(refused_reply_untouched, N)                           \
    X(key_of_other_generation, N)                           \
    X(verify_granted_no_more, N)                           \
    X(log_flood, N)                                        \
    X(telemetry_flood, N)                                  \
    X(config_garbage, N)

/* Addresses for a Pluton block. */
#define HOSTILE_BLOCKS(X)                                           \
    X(secure_first, MT3620_SECURE_RAM)                              \
    X(secure_middle, MT3620_SECURE_RAM + 0x18000)                   \
    X(secure_last, MT3620_RAM + MT3620_RAM_BYTES - 4)               \
    X(no_room_for_header, MT3620_SECURE_RAM - 8)                    \
    X(one_word_short, MT3620_SECURE_RAM - 12)                       \
    X(ram_end, MT3620_RAM + MT3620_RAM_BYTES)                       \
    X(before_ram, MT3620_RAM - 4)                                   \
    X(rom, MT3620_PLUTON_ROM + 64)                                  \
    X(own_tcm, MT3620_TCM)                                          \
    X(own_runtime, BOOT_RUNTIME_AT)                                 \
    X(own_stack, BOOT_RUNTIME_STACK - 256)                          \
    X(own_watchdog, MT3620_M4_WDT)                                  \
    X(own_reset, MT3620_PLUTON_RESET)                               \
    X(sysram, MT3620_IO_SYSRAM)                                     \
    X(hsp, MT3620_HSP)                                              \
    X(fuses, MT3620_HSP_FUSE + 0x400)                               \
    X(firewall, MT3620_FIREWALL)                                    \
    X(secure_mailbox, MT3620_A7_MAILBOX_SECURE)                     \
    X(flash, MT3620_FLASH)                                          \
    X(flash_own_kernel, BOOT_KERNEL_AT)                             \
    X(flash_keystore, MT3620_FLASH + FLASH_KEYSTORE_AT)             \
    X(top_of_space, 0xFFFFFFF0)                                     \
    X(wraps, 0xFFFFFFFC)                                            \
    X(unaligned_1, MT3620_RAM + 1)                                  \
    X(unaligned_2, MT3620_RAM + 2)                                  \
    X(unaligned_3, MT3620_RAM + 3)

/* One function each in kernel/pluton.c. */
#define HOSTILE_PLUTON_TRICKS(X)                  \
    X(control_state, Y)                                     \
    X(capacity_none, N)                                     \
    X(capacity_less_than_header, N)                         \
    X(capacity_to_secure, N)                                \
    X(capacity_all, N)                                      \
    X(capacity_less_than_reply, N)                          \
    X(length_past_capacity, N)                              \
    X(length_negative, N)                                   \
    X(reserved_not_zero, N)                                 \
    X(processed_not_zero, N)                                \
    X(nothing_past_reply, N)                                \
    X(sequence_zero, N)                                     \
    X(talos_2020_1139_every_length, N)                      \
    X(trail_of_bits_random_every_length, N)                 \
    X(random_none, N)                                       \
    X(random_too_much, N)                                   \
    X(lifecycle_backward, N)                                \
    X(lifecycle_without_magic, N)                           \
    X(capability_unsigned, N)                               \
    X(sign_unknown_tenant, N)                               \
    X(swap_after_push, N)                                   \
    X(talos_2021_1347_two_in_flight, N)                     \
    X(flood_requests, N)                                    \
    X(flood_unread_replies, N)                              \
    X(monitor_answers_while_flooded, N)                     \
    X(registers_garbage, N)                                 \
    X(reset_own_side, N)                                    \
    X(reset_both_sides, N)                                  \
    X(reset_between_push_and_reply, N)                      \
    X(semaphore_held, N)                                    \
    X(answers_afterwards, Y)

enum hostile_across {
#define X(name, want) HOSTILE_ACROSS_##name,
    HOSTILE_ACROSS_TABLE(X)
#undef X
};
enum hostile_cpu {
#define X(name, want) HOSTILE_CPU_##name,
    HOSTILE_CPU_TABLE(X)
#undef X
};
enum hostile_gic {
#define X(name, want) HOSTILE_GIC_##name,
    HOSTILE_GIC_TABLE(X)
#undef X
};
enum hostile_smc_trick {
#define X(name, want) HOSTILE_SMC_##name,
    HOSTILE_SMC_TRICKS(X)
#undef X
};
enum hostile_pluton_trick {
#define X(name, want) HOSTILE_PLUTON_##name,
    HOSTILE_PLUTON_TRICKS(X)
#undef X
};

struct hostile_payload {
    uint8_t number, bytes;
    uint32_t word[4];
};
struct hostile_payload hostile_payload(unsigned index);

#endif
