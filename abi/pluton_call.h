/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root-of-trust mailbox: the calls that reach the Pluton runtime.
 * Source: docs/spec/pluton.md; command numbers as observed, 0x57.. and 0x70.. ours.
 * Trust: the runtime assumes that every caller is hostile; a caller assumes
 * that the runtime is honest.
 *
 * Shape of one call, both ways one datagram (host: SOCK_SEQPACKET; MCU: a block
 * named by one mailbox word), little-endian:
 *   request  u16 command, u16 0, u32 payload length, payload
 *   reply    u16 command, u16 status (enum pluton_status), u32 payload length, payload
 * The reply's payload is empty unless status is 0.  One call at a time per
 * channel; calls of different channels are served one after the other.
 *
 * A channel carries a set of rights, fixed by whoever made it; it is not part
 * of the message.  Payload lengths are exact: a longer or shorter request is
 * PLUTON_BAD_LENGTH.  Checks run in the order right, life-cycle, length,
 * contents; a refused call changes nothing.
 */
#ifndef PERI_ABI_PLUTON_CALL_H
#define PERI_ABI_PLUTON_CALL_H

enum pluton_status {
    PLUTON_OK = 0,
    PLUTON_UNKNOWN_COMMAND = 1,
    PLUTON_DENIED = 2,       /* channel lacks the right */
    PLUTON_BAD_LIFECYCLE = 3,
    PLUTON_BAD_LENGTH = 4,
    PLUTON_BAD_ARGUMENT = 5,
    PLUTON_BAD_STATE = 6,    /* e.g. commit without a generated key */
    PLUTON_NOT_FOUND = 7,
    PLUTON_FULL = 8,
    PLUTON_BAD_SIGNATURE = 9,
    PLUTON_HARDWARE = 10,    /* TRNG or fuses failed; the runtime serves nothing secret any more */
};

/* Rights of a channel. */
enum pluton_right {
    PLUTON_RIGHT_PUBLIC = 1 << 0,      /* identity, state, random numbers */
    PLUTON_RIGHT_POSTCODE = 1 << 1,
    PLUTON_RIGHT_ATTESTATION = 1 << 2, /* client keys and evidence: azured */
    PLUTON_RIGHT_SIGN = 1 << 3,        /* sign with a committed client key: azured */
    PLUTON_RIGHT_SECURITY_STATE = 1 << 4, /* life-cycle, stored capabilities: gatewayd */
    PLUTON_RIGHT_SECURE_WORLD = 1 << 5,   /* measurements, counters: monitor only */
};

enum {
    PLUTON_HEADER_BYTES = 8,
    PLUTON_PAYLOAD_MAX = 4096,
    PLUTON_TENANT_BYTES = 16,  /* catalog GUID, mixed-endian; zero = the OS itself */
    PLUTON_TENANTS_MAX = 4,
    PLUTON_RANDOM_MAX = 256,
    PLUTON_COUNTERS = 4,
    PLUTON_LIFECYCLE_MAGIC = 0x5F04C5AB,
    PLUTON_MEASUREMENT_BYTES = 2 + 2 + 4 + 16 + 32,
    PLUTON_MEASUREMENTS_MAX = 20,
};

/*
 * name, number, rights (all of them), life-cycle mask (bit per state: 7 = any),
 * request bytes (min, max), what
 *   SET_POSTCODE            in u32
 *   READ_RNG                in u16 n (1..256); out n bytes, every n exact
 *   GET_SECURITY_STATE      out u32 life-cycle, general public key 64, attestation public key 64
 *   IS_CAPABILITY_ENABLED   in u16; out u8 0/1
 *   GET_ENABLED_CAPABILITIES out u16[64]
 *   GENERATE_CLIENT_AUTH_KEY in tenant 16; out public key 64 (pending until committed)
 *   GET_TENANT_PUBLIC_KEY   in tenant 16; out public key 64 of the committed key
 *   PROCESS_ATTESTATION     in tenant 16, nonce 8..64; out evidence (abi/evidence.h) over the
 *                           pending key, else the committed one
 *   SIGN_WITH_TENANT_ATTESTATION_KEY in tenant 16, digest 32; out signature 64 by the committed key
 *   COMMIT_CLIENT_AUTH_KEY  in tenant 16
 *   GET_MANUFACTURING_STATE out u32 life-cycle
 *   SET_MANUFACTURING_STATE in u32 magic, u32 life-cycle; only forward
 *   DECODE_CAPABILITIES     in capability file; out u16[64]; checks signature and device id, stores nothing
 *   APPLY_CAPABILITIES      in capability file, or empty to remove; for this boot session
 *   MEASURE                 in u16 type, u16 0, u32 security version, component 16, digest 32
 *   CLOSE_MEASUREMENTS      no further MEASURE until reset
 *   READ_COUNTER            in u8 index; out u32
 *   RAISE_COUNTER           in u8 index, u32 value; never falls
 *   TRUST_KEYSTORE          in keystore image; verified with the fused root key, kept for
 *                           capability files
 *   CHECK_KEYSTORE          in keystore image: would TRUST_KEYSTORE take it; nothing changes
 * On the MCU alone, for the monitor, which has no cryptography of its own
 * (PLUTON_UNKNOWN_COMMAND elsewhere):
 *   DIGEST                  in 1..8 x {u32 address, u32 length} in RAM or flash as Pluton sees
 *                           them; out SHA-256 over the parts in order
 *   VERIFY                  in public key 64, digest 32, signature 64; out nothing, or
 *                           PLUTON_BAD_SIGNATURE
 *   DERIVE                  in component 16, u32 generation; out 32 bytes that no other chip,
 *                           component or generation has
 *   BOOT_FAILED             in u32 stage (image type; 4: the monitor itself), u32 reason (code of
 *                           lib/err.h, sign dropped).  Pluton answers, prints both and enters
 *                           recovery; BAD_STATE after CLOSE_MEASUREMENTS
 */
#define PLUTON_CALL_TABLE(X)                                                       \
    X(SET_POSTCODE, 0x02, PLUTON_RIGHT_POSTCODE, 7, 4, 4)                          \
    X(READ_RNG, 0x40, PLUTON_RIGHT_PUBLIC, 7, 2, 2)                                \
    X(GET_SECURITY_STATE, 0x41, PLUTON_RIGHT_PUBLIC, 7, 0, 0)                      \
    X(IS_CAPABILITY_ENABLED, 0x48, PLUTON_RIGHT_PUBLIC, 7, 2, 2)                   \
    X(GET_ENABLED_CAPABILITIES, 0x49, PLUTON_RIGHT_PUBLIC, 7, 0, 0)                \
    X(GENERATE_CLIENT_AUTH_KEY, 0x4A, PLUTON_RIGHT_ATTESTATION, 7, 16, 16)         \
    X(GET_TENANT_PUBLIC_KEY, 0x4B, PLUTON_RIGHT_PUBLIC, 7, 16, 16)                 \
    X(PROCESS_ATTESTATION, 0x4C, PLUTON_RIGHT_ATTESTATION, 7, 24, 80)              \
    X(SIGN_WITH_TENANT_ATTESTATION_KEY, 0x4D, PLUTON_RIGHT_SIGN, 7, 48, 48)        \
    X(COMMIT_CLIENT_AUTH_KEY, 0x4E, PLUTON_RIGHT_ATTESTATION, 7, 16, 16)           \
    X(GET_MANUFACTURING_STATE, 0x51, PLUTON_RIGHT_PUBLIC, 7, 0, 0)                 \
    X(SET_MANUFACTURING_STATE, 0x52, PLUTON_RIGHT_SECURITY_STATE, 3, 8, 8)         \
    X(DECODE_CAPABILITIES, 0x56, PLUTON_RIGHT_PUBLIC, 7, 392, 392)                 \
    X(APPLY_CAPABILITIES, 0x57, PLUTON_RIGHT_SECURITY_STATE, 7, 0, 392)            \
    X(MEASURE, 0x70, PLUTON_RIGHT_SECURE_WORLD, 7, 56, 56)                         \
    X(CLOSE_MEASUREMENTS, 0x71, PLUTON_RIGHT_SECURE_WORLD, 7, 0, 0)                \
    X(READ_COUNTER, 0x72, PLUTON_RIGHT_SECURE_WORLD, 7, 1, 1)                      \
    X(RAISE_COUNTER, 0x73, PLUTON_RIGHT_SECURE_WORLD, 7, 5, 5)                     \
    X(TRUST_KEYSTORE, 0x74, PLUTON_RIGHT_SECURE_WORLD, 7, 300, 4096)               \
    X(CHECK_KEYSTORE, 0x79, PLUTON_RIGHT_SECURE_WORLD, 7, 300, 4096)

#define PLUTON_MCU_CALL_TABLE(X)                                                   \
    X(DIGEST, 0x75, PLUTON_RIGHT_SECURE_WORLD, 7, 8, 64)                           \
    X(VERIFY, 0x76, PLUTON_RIGHT_SECURE_WORLD, 7, 160, 160)                        \
    X(DERIVE, 0x77, PLUTON_RIGHT_SECURE_WORLD, 7, 20, 20)                          \
    X(BOOT_FAILED, 0x78, PLUTON_RIGHT_SECURE_WORLD, 7, 8, 8)

enum pluton_command {
#define PLUTON_CALL_ENUM(name, number, rights, states, min, max) PLUTON_##name = number,
    PLUTON_CALL_TABLE(PLUTON_CALL_ENUM) PLUTON_MCU_CALL_TABLE(PLUTON_CALL_ENUM)
#undef PLUTON_CALL_ENUM
};

/*
 * Transport of the MCU: one word a call.  The caller writes a block into RAM and
 * pushes {CMD = its physical address, DATA = a sequence number, not 0}; Pluton
 * answers with the same pair when the reply stands in the block.
 *   off size field      little-endian; block 4-aligned, wholly in RAM the caller may use
 *     0    4 processed  0 from the caller, 1 from Pluton
 *     4    4 capacity   bytes from offset 8 on, at least PLUTON_HEADER_BYTES
 *     8      request, replaced by the reply
 * The normal world's channel has rights PUBLIC | POSTCODE | ATTESTATION | SIGN |
 * SECURITY_STATE (its kernel divides them among processes), its RAM ends at
 * MT3620_SECURE_RAM; the secure world's has PUBLIC | SECURE_WORLD, and all RAM.  A
 * word that names no such block is answered with {CMD = word, DATA = 0}.
 */
enum {
    PLUTON_BLOCK_PROCESSED = 0,
    PLUTON_BLOCK_CAPACITY = 4,
    PLUTON_BLOCK_CALL = 8,
    PLUTON_BLOCK_MAX = 8 + PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX,
};

/* Anti-rollback counters in fuses. */
enum pluton_counter {
    PLUTON_COUNTER_MONITOR = 0,
    PLUTON_COUNTER_OS = 1,
    PLUTON_COUNTER_KEYSTORE = 2,
    PLUTON_COUNTER_PLUTON = 3, /* first boot loader and runtime of the MCU */
};

/*
 * Boot of the host build: plutond starts the monitor with these descriptors
 * open and this environment; the monitor starts the application manager in the
 * same way (abi/monitor_call.h).
 */
enum {
    PLUTON_HOST_FD_MONITOR = 3,  /* SEQPACKET to plutond: SECURE_WORLD | PUBLIC */
    PLUTON_HOST_FD_AZURED = 4,   /* to hand on: PUBLIC | ATTESTATION | SIGN */
    PLUTON_HOST_FD_APPMAN = 5,   /* to hand on: PUBLIC | POSTCODE */
    PLUTON_HOST_FD_DEVICE = 6,   /* the device's folder, O_PATH */
    PLUTON_HOST_FD_KEYSTORE = 7, /* sealed memfd: the keystore image, verified */
    PLUTON_HOST_FD_GATEWAYD = 8, /* to hand on: PUBLIC | SECURITY_STATE */
};

/* Exit codes of the monitor as plutond sees them. */
enum {
    PLUTON_HOST_EXIT_OFF = 0,      /* power down */
    PLUTON_HOST_EXIT_RESET = 10,   /* start again from ROM */
};

#endif
