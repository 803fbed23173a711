/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot of the MCU: where each stage runs and what it hands to the next.
 * Source: docs/boot.md.
 *
 *   stage              core    runs at    image type   verified by     key
 *   ROM                Pluton  00000000   -            -               -
 *   first boot loader  Pluton  00100000   1  OneBL     ROM             root (fuses)
 *   keystore           -       -          19           1BL             root (fuses)
 *   Pluton runtime     Pluton  00108000   2            1BL             keystore
 *   Security Monitor   A7 S    803D0000   4            Pluton runtime  keystore
 *   kernel             A7 NS   90100000   7            monitor         keystore
 *   device tree        A7 NS   copied to RAM, 6        monitor         keystore
 *   root, services     A7 NS   in place   8, 9         monitor         keystore
 *
 * Each verifier copies what runs from RAM, then checks the copy; what runs in
 * place is in flash that only the monitor can write.  Primary slot first, then the
 * backup; both bad: recovery, with a line that names the stage and the reason.
 *
 * OneBL: exactly 16,384 bytes with metadata and signature.  Body: 16 vectors, then
 *   64    4 magic "1BLH"
 *   68    4 version 1
 *   72   64 root public key X || Y; the fuses hold its SHA-256
 * On a chip whose ROOT fuses are not final, the ROM makes the two key pairs, takes the
 * root key from a correctly signed OneBL, and burns its digest: the factory's first power-on.
 *
 * Monitor image body: u32 load address, u32 image size (whole file), u32 entry
 * (Thumb bit); the file is loaded with its first byte at the load address.
 */
#ifndef PERI_ABI_MCU_BOOT_H
#define PERI_ABI_MCU_BOOT_H

#include "abi/mt3620.h"
#include "abi/pluton_call.h"

#define BOOT_1BL_AT 0x00100000u
#define BOOT_1BL_BYTES 0x4000u
#define BOOT_1BL_HEADER_AT 64
#define BOOT_1BL_MAGIC 0x484C4231u /* "1BLH" */
#define BOOT_1BL_VERSION 1u
#define BOOT_1BL_STACK 0x00105200u /* initial stack pointer, grows down */
#define BOOT_HANDOFF_AT 0x00107C00u
#define BOOT_RUNTIME_AT 0x00108000u
#define BOOT_RUNTIME_STACK 0x0011FFE0u
#define BOOT_POSTCODE_AT 0x0011FFE0u /* survives a warm reset: 8 bytes check value, 24 bytes */
#define BOOT_POSTCODE_CHECK0 0x54534F50u /* "POST" */

/* Normal world. */
#define BOOT_KERNEL_AT 0x90100000u
#define BOOT_DTB_AT 0x803C8000u /* copied there, at most BOOT_DTB_BYTES; the kernel reserves it */
#define BOOT_DTB_BYTES 0x8000u
/* The device tree carries these 32 bytes once, in /chosen/rng-seed: the monitor puts
 * random bytes there.  "PERISPHERE-RNG-SEED-PLACEHOLDER!" */
#define BOOT_SEED_MARK "PERISPHERE-RNG-SEED-PLACEHOLDER!"

enum {
    BOOT_HANDOFF_MAGIC = 0x46464F48, /* "HOFF" */
    BOOT_HANDOFF_VERSION = 1,
    BOOT_MEASUREMENTS_MAX = 3,

    BOOT_BACKUP_1BL = 1 << 0,
    BOOT_BACKUP_KEYSTORE = 1 << 1,
    BOOT_BACKUP_RUNTIME = 1 << 2,
    BOOT_BACKUP_MONITOR = 1 << 3,
};

/* One stage that was verified, in the order and fields of PLUTON_MEASURE. */
struct boot_measurement {
    unsigned short type;
    unsigned short zero;
    unsigned security_version;
    unsigned char component[16];
    unsigned char digest[32];
};

/* ROM writes it, 1BL adds to it, the runtime copies it before anything else.
 * Same core, same power cycle: trusted. */
struct boot_handoff {
    unsigned magic;
    unsigned version;
    unsigned flags; /* BOOT_BACKUP_* */
    unsigned cause; /* enum reset_cause */
    unsigned measurements;
    unsigned keystore_at; /* flash offset of the keystore that 1BL verified */
    unsigned keystore_bytes;
    struct boot_measurement measurement[BOOT_MEASUREMENTS_MAX];
    unsigned char root_key[64];
};

_Static_assert(sizeof(struct boot_measurement) == 56, "as PLUTON_MEASURE");

#endif
