/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flash file of a virtual MCU as slots, by abi/flash_layout.h.
 * Trust: the bytes are hostile; mcu_flash_image() only finds the file that a
 * trailer speaks of, cli/mcu/verify.h judges it.
 */
#ifndef PERI_CLI_MCU_FLASH_H
#define PERI_CLI_MCU_FLASH_H

#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "cli/command.h"
#include "lib/image.h"

/* Every place that holds one image, in the order of boot, primary first. */
#define MCU_SLOT_TABLE(X)                                                                          \
    X(ONE_BL, "BootloaderOne", FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES, IMAGE_TYPE_ONE_BL)                 \
    X(ONE_BL_BACKUP, "BootloaderOneBackup", FLASH_BOOTLOADER_ONE_BACKUP_AT, FLASH_BOOTLOADER_ONE_BACKUP_BYTES,         \
      IMAGE_TYPE_ONE_BL)                                                                           \
    X(KEYSTORE, "Keystore", FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, IMAGE_TYPE_TRUSTED_KEYSTORE)  \
    X(KEYSTORE_BACKUP, "KeystoreBackup", FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BACKUP_BYTES,    \
      IMAGE_TYPE_TRUSTED_KEYSTORE)                                                                 \
    X(RUNTIME, "PlutonRuntime", FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES, IMAGE_TYPE_PLUTON_RUNTIME)        \
    X(RUNTIME_BACKUP, "PlutonRuntimeBackup", FLASH_PLUTON_RUNTIME_BACKUP_AT, FLASH_PLUTON_RUNTIME_BACKUP_BYTES,        \
      IMAGE_TYPE_PLUTON_RUNTIME)                                                                   \
    X(MONITOR, "SecurityMonitor", FLASH_MONITOR_AT, FLASH_MONITOR_BYTES, IMAGE_TYPE_SECURITY_MONITOR)                  \
    X(MONITOR_BACKUP, "SecurityMonitorBackup", FLASH_MONITOR_BACKUP_AT, FLASH_MONITOR_BACKUP_BYTES,                    \
      IMAGE_TYPE_SECURITY_MONITOR)                                                                 \
    MCU_SYSTEM_SLOTS(X, A, FLASH_SYSTEM_A_AT)                                                      \
    MCU_SYSTEM_SLOTS(X, B, FLASH_SYSTEM_B_AT)                                                      \
    X(APPLICATIONS, "Applications", FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, IMAGE_TYPE_APPLICATIONS)
#define MCU_SYSTEM_SLOTS(X, S, at)                                                                                     \
    X(KERNEL_##S, "Kernel" #S, at + FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES, IMAGE_TYPE_NORMAL_WORLD_KERNEL)    \
    X(DTB_##S, "DeviceTree" #S, at + FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, IMAGE_TYPE_NORMAL_WORLD_DTB)            \
    X(ROOT_##S, "Root" #S, at + FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES, IMAGE_TYPE_ROOT_FS)                        \
    X(SERVICES_##S, "Services" #S, at + FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES, IMAGE_TYPE_SERVICES)

enum mcu_slot {
#define MCU_SLOT_ENUM(name, text, at, bytes, type) MCU_SLOT_##name,
    MCU_SLOT_TABLE(MCU_SLOT_ENUM)
#undef MCU_SLOT_ENUM
    MCU_SLOTS
};

struct mcu_slot_row {
    const char *name;
    uint32_t at, bytes;
    uint16_t type; /* enum image_type */
};
extern const struct mcu_slot_row mcu_slots[MCU_SLOTS];

/* A whole flash in memory; malloc'd. */
struct mcu_flash {
    uint8_t *at; /* MT3620_FLASH_BYTES, or NULL */
};

/* Erased: all ones. */
int mcu_flash_new(struct mcu_flash *flash);
int mcu_flash_read(const char *path, struct mcu_flash *flash);
int mcu_flash_write(const char *path, const struct mcu_flash *flash);
void mcu_flash_free(struct mcu_flash *flash);

/* Largest image file of a slot. */
uint32_t mcu_slot_room(enum mcu_slot slot);
/* Replaces what a slot holds, trailer included; the rest of the slot is erased.
 * E_FULL, and the slot as it was, when the file does not fit. */
int mcu_flash_put(struct mcu_flash *flash, enum mcu_slot slot, struct span file) MUST_CHECK;
/* Erases a slot. */
void mcu_flash_clear(struct mcu_flash *flash, enum mcu_slot slot);
/* The image file in a slot: E_NOT_FOUND (no trailer), E_MALFORMED (a broken one). */
int mcu_flash_image(const struct mcu_flash *flash, enum mcu_slot slot, struct span *file) MUST_CHECK;

#endif
