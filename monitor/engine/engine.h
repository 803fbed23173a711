/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engine of the Security Monitor: answers the calls of abi/monitor_call.h,
 * verifies, stages and installs image sets, and says what may run.
 * Source: docs/spec/monitor.md.
 * Caller: the monitor's loop, one call at a time (the original was raced:
 * TALOS-2021-1347).  No heap, no recursion, no OS call: everything outside is
 * struct medium and monitor/engine/platform.h.
 * Trust: request bytes are hostile.  They must be the monitor's own copy, so
 * that nothing changes between check and use.
 *
 * Invariants between calls:
 *   - `live` equals the newest valid record on the medium, unless `halted`, and
 *     but for the OS images that engine_adopt() named;
 *   - no area that either set of `live` names, or that is held, is erased or written;
 *   - an area with an image that `staged` names has passed every check;
 *   - a call that was refused has changed neither this struct nor the medium;
 *   - staging lives in memory only: a reboot forgets it.
 * A medium that fails while a record is committed halts updates until the next
 * start: only reading the records again can say which set is installed.
 */
#ifndef PERI_MONITOR_ENGINE_ENGINE_H
#define PERI_MONITOR_ENGINE_ENGINE_H

#include "monitor/engine/plan.h"
#include "monitor/engine/platform.h"

enum {
    ENGINE_VERSION = 2,
    /* What the monitor itself provides, identity SECURE_WORLD_RUNTIME. */
    ENGINE_SECURE_WORLD_RUNTIME = 1,
    ENGINE_REQUEST_MAX = MONITOR_HEADER_BYTES + 8 + MONITOR_BLOCK_MAX,
    ENGINE_REPLY_MAX = MONITOR_REPLY_HEADER_BYTES + MONITOR_COMPONENT_BYTES * MONITOR_COMPONENTS_MAX,
};

/* An image being written.  handle 0 = none. */
struct staging {
    uint32_t handle;
    uint32_t next;       /* bytes written, offset of the next block */
    struct component is; /* sideloaded: type, place and size, and the rest once verified */
    uint16_t wanted;     /* of an update: index in staged.at */
    bool verified;       /* sideloaded: `is` stands for what is written there */
    bool development;    /* sideloaded: flagged UnderDevelopment */
};

/* An image that is executed in place by so many of the normal world's mappings, and so many I/O
 * cores, which the normal world cannot take back; both 0 = none. */
struct engine_hold {
    struct component is;
    uint16_t count, cores;
};

struct engine_scratch {
    struct plan_scratch plan;
    struct record record;
    struct keystore keystore;
};

struct engine {
    const struct medium *medium;
    void *platform; /* monitor/engine/platform.h */
    const struct keystore *keystore;
    uint32_t keystore_version;
    struct engine_scratch *scratch; /* contents mean nothing between calls */
    uint8_t device_id[64];
    struct record live;
    unsigned live_at; /* which record holds it */
    bool trial_runs;  /* live.next is what runs; else live.kept */
    uint32_t os_version; /* lowest security version of the OS images that run */
    struct abi_offer running;
    struct plan staged;
    struct staging staging, sideload;
    struct engine_hold hold[MONITOR_COMPONENTS_MAX];
    uint32_t last_handle;
    bool has_nonce;
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    bool halted;
};

/* Loads the state and decides which set this start runs: a set on trial costs a try,
 * or is undone when none is left; both are on the medium when this returns.
 * E_CORRUPT: no valid record; the engine has an empty set, for engine_adopt().
 * What is pointed to must outlive the engine. */
int engine_init(struct engine *e, const struct medium *medium,
                void *platform, const struct keystore *keystore,
                uint32_t keystore_version, const uint8_t device_id[static 64],
                struct engine_scratch *scratch) MUST_CHECK;
/* The set that runs in this start. */
const struct image_set *engine_set(const struct engine *e);
/* The set on trial failed before it ran: the kept one runs. */
void engine_undo(struct engine *e);
/* What really was verified and runs takes the place of the record's OS images, for
 * this start: a device whose chosen system is damaged runs the other one, and one
 * that never was updated has no record.  Lowest security version of them. */
void engine_adopt(struct engine *e, uint16_t system, const struct component *os, unsigned count,
                  uint32_t os_version);

/* An image that verifies under `now` does so under `next`; or it verifies under neither. */
bool keystore_stays(const struct keystore *now, const struct keystore *next, struct span file);
/* The keystore that an update brought, NULL without one: where a start takes it from. */
const struct component *keystore_installed(const struct engine *e);
/* From now on it is executed in place, once more.  NO_FREE_SPACE: too many are. */
enum monitor_status engine_hold(struct engine *e, const struct component *c) MUST_CHECK;
/* One of its users is gone.  INVALID_PARAMETER: it had none. */
enum monitor_status engine_release(struct engine *e, uint16_t first, uint32_t bytes) MUST_CHECK;

/* One call; rights are those of the channel it came from.  0 when reply holds
 * an answer, E_FULL when it is smaller than ENGINE_REPLY_MAX. */
int engine_call(struct engine *e, uint32_t rights, struct span request,
                struct writer *reply) MUST_CHECK;
/* The same without the headers; out has room for the answer. */
enum monitor_status engine_dispatch(struct engine *e, uint32_t rights, uint32_t number,
                                    struct span payload, struct writer *out);
/* Host: verifies the Services image that is to run; a set on trial that fails
 * is undone.  MONITOR_OK and a view of the medium with its record entry, else why not. */
enum monitor_status engine_services(struct engine *e, struct image *image,
                                    struct component *component);

#endif
