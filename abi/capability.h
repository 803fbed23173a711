/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device capabilities and the body of the capability file (image type 13),
 * 392 bytes with metadata and signature.
 * Source: docs/spec/capability.md (observed).
 *
 *   off size field         little-endian
 *     0    4 magic         0x5CFD5CFD
 *     4    4 version       1
 *     8    4 size          204, this body
 *    12   64 device id     attestation public key, X||Y
 *    76  128 capabilities  read as u16[64]; 0 = empty slot, any order,
 *                          duplicates tolerated
 * One source reads the list as u32[32]; both readings agree for all numbers
 * that exist (below 65,536, zero upper half), and we write the common form.
 */
#ifndef PERI_ABI_CAPABILITY_H
#define PERI_ABI_CAPABILITY_H

enum {
    CAPABILITY_MAGIC = 0x5CFD5CFD,
    CAPABILITY_VERSION = 1,
    CAPABILITY_BODY_BYTES = 204,
    CAPABILITY_FILE_BYTES = 392,
    CAPABILITY_SLOTS = 64,
    CAPABILITY_WRITTEN_MAX = 32, /* every other slot: the common form above */
};

/* In gatewayd's folder: the file that is put in force at each start. */
#define CAPABILITY_STORED_NAME "capability"

#define CAPABILITY_TABLE(X)                                     \
    X(ALLOW_TEST_KEY_SIGNED_SOFTWARE, 1, "AllowTestKeySignedSoftware") \
    X(PLUTON_DEBUGGING, 2, "EnablePlutonDebugging")             \
    X(A7_DEBUGGING, 3, "EnableA7Debugging")                     \
    X(N9_DEBUGGING, 4, "EnableN9Debugging")                     \
    X(A7_GDB_DEBUGGING, 5, "EnableA7GdbDebugging")              \
    X(IO_M4_1_DEBUGGING, 6, "EnableIoM4_1Debugging")            \
    X(IO_M4_2_DEBUGGING, 7, "EnableIoM4_2Debugging")            \
    X(A7_CONSOLE, 8, "EnableA7Console")                         \
    X(SLT_LOADER, 9, "EnableSltLoader")                         \
    X(SYSTEM_SOFTWARE_DEVELOPMENT, 10, "EnableSystemSoftwareDevelopment") \
    X(APP_DEVELOPMENT, 11, "EnableAppDevelopment")              \
    X(RF_TEST_MODE, 12, "EnableRfTestMode")                     \
    X(FIELD_SERVICING, 13, "EnableFieldServicing")

enum capability {
#define CAPABILITY_ENUM(name, number, text) CAPABILITY_##name = number,
    CAPABILITY_TABLE(CAPABILITY_ENUM)
#undef CAPABILITY_ENUM
};

#endif
