/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store that device-facing processes use.  (The management
 * operations of the api process are in service/ipc/store_api_ops.h.)
 * Payloads are CBOR arrays in the order of the struct's fields.
 *
 * Durability: a reply to an operation marked D is sent after the transaction
 * is on disk (WAL, synchronous FULL; requests that wait at the same moment
 * share one commit).  Every operation is one transaction: all or nothing.
 *
 *   operation        who      request -> reply
 *   DEVICE_GET       daa      store_device_get -> store_device; E_NOT_FOUND: not registered; E_LIMIT: it has
 *                             STORE_CERTIFICATES_MAX certificates that have not run out: also of ATTEST_RECORD
 *   REFERENCE_GET    daa      store_reference_get -> store_references, with a generation number;
 *                             callers cache it and pass the generation they have (0 = none): an
 *                             unchanged one is answered with count 0 and the same number
 *   ATTEST_RECORD  D daa      store_attest -> empty; E_NOT_FOUND, E_CONFLICT (claimed elsewhere meanwhile),
 *                             E_LIFECYCLE (revoked meanwhile)
 *   WANTED_GET       ota      store_wanted_request -> store_wanted; records the check-in
 *                             (last update request, installed OS), not durable before the reply; E_LIFECYCLE: revoked, E_STALE: the
 *                             certificate is, though the device no more: also of the next two
 *   IMAGE_READ       ota      image uid or row, offset, length -> row, total size, bytes (content-addressed
 *                             file, digest checked when it was taken in)
 *   REPORT_ADD     D reports  store_report -> empty; the same batch twice counts once
 */
#ifndef PERI_SERVICE_IPC_STORE_OPS_H
#define PERI_SERVICE_IPC_STORE_OPS_H

#include <stdbool.h>

#include "lib/cursor.h"
#include "service/ipc/hardware.h"

enum store_op {
    STORE_OP_DEVICE_GET = 1,
    STORE_OP_REFERENCE_GET = 2,
    STORE_OP_ATTEST_RECORD = 3,
    STORE_OP_WANTED_GET = 4,
    STORE_OP_IMAGE_READ = 5,
    STORE_OP_REPORT_ADD = 6,
    STORE_OP_IMAGE_ADDRESS = 7, /* of ota: what an address that the store gave stands for */
    STORE_OP_API_FIRST = 64, /* service/ipc/store_api_ops.h */
};

enum {
    STORE_REFERENCES_MAX = 512,
    STORE_WANTED_MAX = 32,
    STORE_INSTALLED_MAX = 16,
    STORE_EVENTS_MAX = 64,
    STORE_READ_MAX = 262144,
    STORE_CERTIFICATES_MAX = 1000, /* of a device, that have not run out: none of these is ever forgotten */
};

struct store_device_get {
    uint8_t device_id[64];
};

struct store_reference_get {
    uint64_t generation;
};

struct store_device {
    bool claimed;
    uint8_t catalog[16]; /* zero unless claimed */
    uint8_t group[16];   /* zero when in no group */
    uint16_t feed;       /* 0 Retail, 1 RetailEval */
    bool revoked;        /* by its owner: it gets nothing */
};

/* How measured software stands. */
enum store_reference_state {
    STORE_REFERENCE_TRUSTED = 1,  /* current or still supported */
    STORE_REFERENCE_OUTDATED = 2, /* known; update first */
    STORE_REFERENCE_REVOKED = 3,  /* as if unknown */
};

struct store_reference {
    uint16_t type;
    uint8_t component[16];
    uint8_t digest[32]; /* of the signed bytes; of the body for type 2 (Pluton on a host) */
    uint16_t state;     /* enum store_reference_state: the best over the releases that hold it */
    uint16_t hardware;  /* enum hardware: of those releases; HARDWARE_UNSTATED when of several */
};

struct store_references {
    uint64_t generation; /* changes with every release change; never 0 */
    uint32_t count;
    struct store_reference at[STORE_REFERENCES_MAX];
};

struct store_attest {
    uint8_t device_id[64];
    uint16_t kind; /* enum issuer_kind of the certificate */
    uint8_t catalog[16];
    uint8_t serial[16];
    uint64_t not_before_s, not_after_s;
    uint8_t key[64];
    uint16_t hardware; /* enum hardware: as measured; HARDWARE_UNSTATED leaves what is known */
};

struct store_installed {
    uint8_t component[16];
    uint8_t image[16];
    uint16_t type;
};

#define STORE_KEYSTORE_UNKNOWN UINT32_MAX /* a device that does not say which it has */

struct store_wanted_request {
    uint8_t device_id[64];
    uint64_t now_s;
    uint8_t serial[16]; /* of the certificate it comes with */
    uint32_t keystore_version; /* of the keystore that the device trusts, or STORE_KEYSTORE_UNKNOWN */
    uint16_t count;
    struct store_installed at[STORE_INSTALLED_MAX];
};

struct store_wanted_image {
    uint8_t image[16];
    uint8_t component[16];
    uint16_t type;
    uint32_t file_bytes;
    uint32_t provides_version, provides_type; /* zero when none */
    uint32_t depends_version, depends_type;
};

/* What a device should have. */
struct store_wanted {
    uint64_t sequence; /* rises with every deployment, move and release that concerns the device */
    uint8_t catalog[16];
    uint8_t group[16];
    bool crash_dumps;
    bool applications; /* false: leave the applications as they are (policy, unclaimed, development) */
    uint16_t os_count;  /* 0: leave the OS as it is */
    struct store_wanted_image os[STORE_WANTED_MAX];
    uint16_t app_count; /* complete set; 0 with applications true = none */
    struct store_wanted_image app[STORE_WANTED_MAX];
    uint16_t keystore_count; /* 1: this comes first, and alone */
    struct store_wanted_image keystore[1];
};

struct store_image_read {
    uint8_t device_id[64]; /* served only what the device may have */
    uint8_t serial[16];    /* of the certificate it comes with */
    uint8_t image[16];     /* one of its wanted set: catalogs may share an image id */
    uint64_t row;          /* not 0: this image of an earlier answer, whoever asks */
    uint64_t offset;
    uint32_t length; /* 0 = size only; at most STORE_READ_MAX */
};

struct store_image_bytes {
    uint64_t row; /* the store's own number of the image, never used again */
    uint64_t total;
    uint8_t address[32]; /* to download it with, where its size alone was asked for; else zero */
    struct span bytes;
};

/* Opaque, and the store's own: row, end of its time, and a MAC (images.c). */
struct store_image_address {
    uint8_t address[32];
};

struct store_image_found {
    uint64_t row, total, expires_s;
    uint8_t digest[32]; /* SHA-256 of the package */
};

struct store_event {
    uint16_t category; /* enum event_category */
    uint64_t first_s, last_s;
    uint32_t count;
    uint8_t component[16], image[16];
    uint32_t exit_code, signal;
    uint32_t error; /* errno; this and what follows of EVENT_APP_CRASH_REGISTERS alone */
    uint64_t pc, lr, sp;
    uint64_t place;  /* of pc in file */
    char file[16];   /* zero padded; letters, digits and ._+- */
};

struct store_report {
    uint8_t device_id[64];
    uint8_t serial[16]; /* of the certificate it comes with */
    uint8_t batch[16];
    uint64_t now_s;
    uint16_t count;
    struct store_event at[STORE_EVENTS_MAX];
};

#define STORE_MESSAGE(name)                                                          \
    int store_##name##_write(const struct store_##name *in, struct writer *w) MUST_CHECK; \
    int store_##name##_parse(struct span payload, struct store_##name *out) MUST_CHECK
STORE_MESSAGE(device_get);
STORE_MESSAGE(reference_get);
STORE_MESSAGE(device);
STORE_MESSAGE(references);
STORE_MESSAGE(attest);
STORE_MESSAGE(wanted_request);
STORE_MESSAGE(wanted);
STORE_MESSAGE(image_read);
STORE_MESSAGE(image_bytes);
STORE_MESSAGE(image_address);
STORE_MESSAGE(image_found);
STORE_MESSAGE(report);
#undef STORE_MESSAGE

#endif
