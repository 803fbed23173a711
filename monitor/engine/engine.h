/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engine of the Security Monitor: answers the calls of abi/monitor_call.h,
 * verifies, stages and installs image sets, and says what may run.
 * Source: docs/spec/monitor.md.
 * Caller: the monitor's loop, one call at a time (the original was raced:
 * TALOS-2021-1347).  No heap, no recursion, no OS call: everything outside is
 * struct medium and struct engine_platform.
 * Trust: request bytes are hostile.  They must be the monitor's own copy, so
 * that nothing changes between check and use.
 *
 * Invariants between calls:
 *   - `live` equals the newest valid record on the medium, unless `halted`;
 *   - no slot that `live` names is erased or written;
 *   - a slot with an image that `staged` names has passed every check;
 *   - a call that was refused has changed neither this struct nor the medium;
 *   - staging lives in memory only: a reboot forgets it.
 * A medium that fails while a record is committed halts updates until the next
 * start: only reading the records again can say which set is installed.
 */
#ifndef PERI_MONITOR_ENGINE_ENGINE_H
#define PERI_MONITOR_ENGINE_ENGINE_H

#include "monitor/engine/plan.h"

enum {
    ENGINE_VERSION = 1,
    /* What the monitor itself provides, identity SECURE_WORLD_RUNTIME. */
    ENGINE_SECURE_WORLD_RUNTIME = 1,
    ENGINE_REQUEST_MAX = MONITOR_HEADER_BYTES + 8 + MONITOR_BLOCK_MAX,
    ENGINE_REPLY_MAX = MONITOR_REPLY_HEADER_BYTES + MONITOR_COMPONENT_BYTES * MONITOR_COMPONENTS_MAX,
};

enum engine_reset { ENGINE_RESET_RESTART = 0, ENGINE_RESET_POWER_OFF = 1 };

/* The rest of the world. */
struct engine_platform {
    void *context;
    /* Root of trust: random bytes; a value of an anti-rollback counter. */
    int (*random)(void *context, uint8_t *to, size_t len);
    int (*counter_read)(void *context, uint8_t index, uint32_t *value);
    /* Root of trust: is a capability (abi/capability.h) enabled now; life-cycle state. */
    int (*capability_read)(void *context, uint16_t number, bool *enabled);
    int (*lifecycle_read)(void *context, uint32_t *lifecycle);
    /* Copies file where nobody can change it any more and returns that copy. */
    int (*application_hold)(void *context, struct span file, struct span *held);
    /* The copy was verified and goes out with this reply, or it is dropped. */
    void (*application_release)(void *context, bool give);
    /* Remembered; happens after the reply. */
    void (*reset)(void *context, enum engine_reset how);
};

/* The image being written.  handle 0 = none. */
struct staging {
    uint32_t handle;
    uint16_t wanted; /* index in staged.at */
    uint16_t slot;
    uint32_t next; /* bytes written, offset of the next block */
};

/* The sideloaded image being written.  handle 0 = none. */
struct sideload {
    uint32_t handle;
    uint32_t file_bytes;
    uint32_t next; /* bytes written, offset of the next block */
    uint16_t slot;
    bool verified;      /* is stands for what the slot holds */
    bool development;   /* flagged UnderDevelopment */
    struct component is;
};

struct engine_scratch {
    struct plan_scratch plan;
    struct app_manifest manifest;
    struct record record;
};

struct engine {
    const struct medium *medium;
    const struct engine_platform *platform;
    const struct keystore *keystore;
    struct engine_scratch *scratch; /* contents mean nothing between calls */
    uint8_t device_id[64];
    struct record live;
    unsigned live_at; /* which record holds it */
    struct abi_offer running;
    struct plan staged;
    struct staging staging;
    struct sideload sideload;
    uint32_t last_handle;
    bool has_nonce;
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    bool halted;
};

/* Loads the state.  E_CORRUPT: no valid record, the engine serves nothing.
 * What is pointed to must outlive the engine. */
int engine_init(struct engine *e, const struct medium *medium,
                const struct engine_platform *platform, const struct keystore *keystore,
                const uint8_t device_id[static 64], struct engine_scratch *scratch) MUST_CHECK;
/* One call; rights are those of the channel it came from.  0 when reply holds
 * an answer, E_FULL when it is smaller than ENGINE_REPLY_MAX. */
int engine_call(struct engine *e, uint32_t rights, struct span request,
                struct writer *reply) MUST_CHECK;
/* Verifies the installed Services image; for boot.  MONITOR_OK and a view of
 * the medium with its record entry, else why not. */
enum monitor_status engine_services(struct engine *e, struct image *image,
                                    struct component *component);

#endif
