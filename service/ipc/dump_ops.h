/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps between the processes: their intake by reports, the key of a catalog by issuer.
 * Source: docs/spec/crash-dump.md; the bytes of a dump: abi/crash_dump.h.  Lists and downloads: store_api_ops.h.
 *
 *   operation         who      answers  request -> reply
 *   DUMP_CONSENT      reports  store    store_dump_device -> store_dump_consent; E_NOT_FOUND: not registered;
 *                                       E_LIFECYCLE: revoked; E_STALE: the certificate is; also of the next
 *   DUMP_ADD        D reports  store    store_dump_add -> nothing; the same dump twice counts once; E_DENIED: the group
 *                                       of the device, or the one the dump was made in, does not allow it now; E_FULL:
 *                                       as many as are kept
 *   DUMP_CERTIFICATE  reports  issuer   issuer_catalog_request -> issuer_certificates: of the catalog's key, and the
 *                                       OS CA that signed it
 *   DUMP_OPEN         api      issuer   issuer_dump_open -> CRASH_DUMP_KEY_BYTES, once or oftener: the key of one dump, to a
 *                                       public key, by each key of the issuer, the one of now first: one of them opens it.
 *                                       The dump itself never gets to the issuer
 */
#ifndef PERI_SERVICE_IPC_DUMP_OPS_H
#define PERI_SERVICE_IPC_DUMP_OPS_H

#include "abi/crash_dump.h"
#include "service/ipc/record.h"

/* name, number */
#define STORE_DUMP_OP_TABLE(X) \
    X(DUMP_CONSENT, 8)         \
    X(DUMP_ADD, 9)

enum store_dump_op {
#define STORE_DUMP_ENUM(name, number) STORE_OP_##name = number,
    STORE_DUMP_OP_TABLE(STORE_DUMP_ENUM)
#undef STORE_DUMP_ENUM
};

enum { ISSUER_OP_DUMP_CERTIFICATE = 20, ISSUER_OP_DUMP_OPEN = 21 };

struct store_dump_device {
    uint8_t device_id[64];
    uint8_t serial[16]; /* of the certificate it comes with */
};

struct store_dump_consent {
    bool allowed;                     /* by the device's group; the rest is zero without it */
    uint8_t catalog[16], group[16];   /* as in the manifest set */
};

struct store_dump_add {
    uint8_t device_id[64]; /* who sent it */
    uint8_t serial[16];    /* of the certificate it comes with */
    uint64_t now_s;
    struct span dump;
};

struct issuer_dump_open {
    uint8_t catalog[16];
    uint8_t head[CRASH_DUMP_HEAD_BYTES], enc[CRASH_DUMP_ENC_BYTES]; /* of the dump */
    uint8_t key[CRASH_DUMP_ENC_BYTES];                              /* public, of who gets it */
};

extern const struct record_type store_dump_device_type, store_dump_consent_type, store_dump_add_type,
    issuer_dump_open_type;

#endif
