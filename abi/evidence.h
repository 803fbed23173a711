/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation evidence: an Entity Attestation Token (RFC 9711) in COSE_Sign1
 * (RFC 9052), signed by the device's attestation key with ES256.
 * Source: docs/spec/evidence.md.  Writer: pluton/runtime.  Reader: service/daa.
 * Trust: hostile until the signature verifies under a registered device id.
 *
 * COSE_Sign1 without tag or with tag 18: [protected {1: -7}, {}, payload, sig].
 * Payload: one map in deterministic encoding (RFC 8949 section 4.2.1) holding
 * exactly these claims, each once:
 */
#ifndef PERI_ABI_EVIDENCE_H
#define PERI_ABI_EVIDENCE_H

enum evidence_claim {
    EVIDENCE_CNF = 8,           /* {1: COSE_Key {1:2, -1:1, -2:x, -3:y}}, the client-authentication key */
    EVIDENCE_NONCE = 10,        /* bstr 8..64, the verifier's challenge */
    EVIDENCE_DBGSTAT = 263,     /* uint: 0 enabled, 1 disabled, 2 disabled since boot, 3 permanently */
    EVIDENCE_PROFILE = 265,     /* tstr EVIDENCE_PROFILE_TEXT */
    EVIDENCE_BOOT_COUNT = 267,  /* uint */
    /* private claims */
    EVIDENCE_DEVICE_ID = -75001,        /* bstr 64, X||Y of the signing key */
    EVIDENCE_TENANT = -75002,           /* bstr 16, catalog GUID; zero = the OS's own key */
    EVIDENCE_LIFECYCLE = -75003,        /* uint, enum lifecycle */
    EVIDENCE_SECURITY_VERSION = -75004, /* uint, anti-rollback counter of the OS */
    EVIDENCE_CAPABILITIES = -75005,     /* [* uint], enabled capabilities, ascending */
    EVIDENCE_MEASUREMENTS = -75006,     /* [* [type uint, component bstr 16, security version uint,
                                            digest bstr 32]], in boot order */
};

#define EVIDENCE_PROFILE_TEXT "urn:uuid:6b1f3f0e-2f5b-4c56-9d0e-5c1a3e8f7a41"

enum {
    EVIDENCE_MEASUREMENTS_MAX = 20,
    EVIDENCE_NONCE_MIN = 8,
    EVIDENCE_NONCE_MAX = 64,
    EVIDENCE_CAPABILITIES_MAX = 64,
    EVIDENCE_BYTES_MAX = 4096, /* whole COSE_Sign1 */
};

/* One-way: a state is only ever followed by a later one. */
#define LIFECYCLE_TABLE(X)               \
    X(BLANK, 0, "Blank")                 \
    X(MODULE1_COMPLETE, 1, "Module1Complete") \
    X(DEVICE_COMPLETE, 2, "DeviceComplete")

enum lifecycle {
#define LIFECYCLE_ENUM(name, number, text) LIFECYCLE_##name = number,
    LIFECYCLE_TABLE(LIFECYCLE_ENUM)
#undef LIFECYCLE_ENUM
    LIFECYCLE_COUNT
};

#endif
