/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dump: the sealed core of one crash of an application, from the device to whoever may read it.
 * Source: docs/spec/crash-dump.md; why so: docs/decisions/crash-dumps.md.
 * Writer: azured.  Readers: service/reports and the store, the head alone; peri, which opens it.
 * Trust: hostile until crash_dump_parse() has returned 0, and then each field is one that a device
 * chose; that the core belongs to the head is known to who opens it.
 *
 *   off size field                little-endian
 *     0    4 magic "PDMP"
 *     4    2 version 1
 *     6    2 0
 *     8   16 dump                 random; names it everywhere, and a repeated delivery counts once
 *    24   64 device id
 *    88   16 catalog              tenant; whose key it is sealed to
 *   104   16 group                device group whose consent it was made with
 *   120   16 component            of the application
 *   136   16 image
 *   152    4 signal               1..64
 *   156    4 n                    bytes of the core, 1..CRASH_DUMP_CORE_MAX
 *   160    8 time                 Unix s, by the device's clock
 *   168   65 enc                  RFC 9180: ephemeral public key, uncompressed P-256 point
 *   233 n+16 the core, an ELF core file, sealed; tag behind
 *
 * Sealed: HPKE base mode (RFC 9180 section 5.1.1), DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM,
 * one message; info CRASH_DUMP_INFO and the catalog behind it; aad the first 168 bytes.
 *
 * The key of that one message goes to who downloads the dump, sealed once more, to a key of his own: the same
 * suite, info CRASH_DUMP_KEY_INFO, aad the same 168 bytes, message key 16 and nonce 12; as enc 65, 28 + 16 bytes.
 */
#ifndef PERI_ABI_CRASH_DUMP_H
#define PERI_ABI_CRASH_DUMP_H

#define CRASH_DUMP_INFO "perisphere crash dump 1"
#define CRASH_DUMP_KEY_INFO "perisphere crash dump key 1"
/* Common name of the certificate that the key of a catalog comes in: nothing else has it.  And of the CA that signs it, the OS CA. */
#define CRASH_DUMP_CERTIFICATE_NAME "Perisphere crash dumps"
#define CRASH_DUMP_SIGNER_NAME "Perisphere OS"

enum {
    CRASH_DUMP_MAGIC = 0x504D4450,
    CRASH_DUMP_VERSION = 1,
    CRASH_DUMP_HEAD_BYTES = 168,
    CRASH_DUMP_ENC_BYTES = 65,
    CRASH_DUMP_TAG_BYTES = 16,
    CRASH_DUMP_EXTRA_BYTES = CRASH_DUMP_HEAD_BYTES + CRASH_DUMP_ENC_BYTES + CRASH_DUMP_TAG_BYTES,
    CRASH_DUMP_BYTES_MAX = 65536, /* one request; a device may have to keep several */
    CRASH_DUMP_CORE_MAX = CRASH_DUMP_BYTES_MAX - CRASH_DUMP_EXTRA_BYTES,
    CRASH_DUMP_SECRET_BYTES = 28,
    CRASH_DUMP_KEY_BYTES = CRASH_DUMP_ENC_BYTES + CRASH_DUMP_SECRET_BYTES + CRASH_DUMP_TAG_BYTES,
};

#endif
