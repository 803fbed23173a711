/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security Monitor of the MCU: one state struct, the dispatcher of SMC calls, and
 * one handler a call.
 * Source: docs/spec/smc.md, abi/smc.h.
 * Caller: monitor/mcu/main.c with what the normal world left in its registers.
 * Trust: the normal world is hostile.  Its request is copied once, the copy is
 * checked, then acted on.  Flash is the monitor's own, but what an image in it
 * says is hostile until it is verified.
 *
 * Handlers are called after number and request length were checked: `in` is a
 * cursor over the copy, of a permitted length; `reply` has as much room as the caller
 * gave and the call may use.  A handler checks first and acts last; what it wrote
 * to reply is dropped unless it returns MONITOR_OK; a reply that does not fit is
 * answered with INVALID_PARAMETER by the dispatcher, so a handler that acts and
 * replies looks at the room first.
 *
 * Lifetime: one static struct; no heap.  One call at a time: the only core that
 * can make calls is in this code while one is served (TALOS-2021-1347).
 */
#ifndef PERI_MONITOR_SVC_MONITOR_H
#define PERI_MONITOR_SVC_MONITOR_H

#include "abi/flash_layout.h"
#include "abi/monitor_call.h"
#include "abi/mt3620.h"
#include "abi/smc.h"
#include "lib/keystore.h"
#include "monitor/engine/engine.h"
#include "monitor/svc/budget.h"
#include "monitor/svc/ring.h"

enum {
    MONITOR_BOOTED = 0x5CE17A36,
    MONITOR_SYSTEM_IMAGES = 4,
    MONITOR_REQUEST_MAX = SMC_REQUEST_MAX,
    MONITOR_IO_CORES = 2,
};

/* An image of the running system: verified, measured. */
struct system_image {
    struct component is;
    uint32_t security_version;
};

struct monitor {
    uint32_t verdict; /* MONITOR_BOOTED when boot_run() came to its end, else 0 */
    struct keystore keystore;
    uint32_t keystore_version;
    struct engine engine;
    struct engine_scratch scratch;
    uint32_t os_counter;   /* lowest security version of an OS image */
    uint32_t system_at;    /* flash offset of the running system */
    struct abi_offer abi;  /* what the running system and this monitor provide */
    uint16_t image_count;
    struct system_image image[MONITOR_SYSTEM_IMAGES];
    struct engine_hold *core_runs[MONITOR_IO_CORES]; /* what each was loaded from; it holds that */
    struct ring log, telemetry;
    struct budget budget; /* of both */
    uint64_t telemetry_read; /* position up to which GET_TELEMETRY handed out records */
    uint8_t request[MONITOR_REQUEST_MAX];
    uint8_t reply[SMC_REPLY_MAX];
};

struct smc_result {
    uint32_t status; /* enum monitor_status or SMC_UNKNOWN */
    uint32_t bytes;  /* of the reply */
};

/* One call; registers as abi/smc.h gives them. */
struct smc_result smc_call(struct monitor *m, const uint32_t r[static 5]);

/* Where an image stands in the array as it is. */
static inline struct flash_range component_range(const struct component *c)
{
    return (struct flash_range){(uint32_t)c->first * FLASH_SECTOR_BYTES, c->file_bytes};
}

/* Flash offset and length of a range that the normal world names by address:
 * inside the running system or APPLICATIONS, else E_RANGE. */
int window_range(const struct monitor *m, uint32_t address, uint32_t bytes,
                 struct flash_range *range) MUST_CHECK;
/* Back: 0 for what the normal world has no window for. */
uint32_t window_address(const struct monitor *m, uint32_t at);

/* As Pluton takes it, and GET_MEASURED answers it. */
void measurement_write(const struct system_image *image, struct writer *w);

/* The watchdog of the normal world; armed again by TEND_WATCHDOG. */
void watchdog_arm(void);
void watchdog_stop(void);

#define SVC_DECLARE(name)                                                         \
    enum monitor_status svc_##name(struct monitor *m, struct cursor *in,          \
                                   struct writer *reply) MUST_CHECK
#define SVC_DECLARE_ROW(name, number, min, max, reply) SVC_DECLARE(name);
SMC_CALL_TABLE(SVC_DECLARE_ROW)
#undef SVC_DECLARE_ROW
#undef SVC_DECLARE

/* Calls of the update engine: name, room that its answer takes at least. */
#define SMC_UPDATE_TABLE(X)  \
    X(GET_VERSION, 4)        \
    X(PING, 0)               \
    X(RESET, 0)              \
    X(OPEN_STAGING, 4)       \
    X(WRITE_BLOCK, 0)        \
    X(COMMIT_STAGING, 0)     \
    X(ABORT_STAGING, 0)      \
    X(INSTALL, 4)            \
    X(GET_ABI, 0)            \
    X(GET_COMPONENTS, 0)     \
    X(STAGE_MANIFESTS, 4)    \
    X(GET_MISSING, 0)        \
    X(GET_ROLLBACK, 21)      \
    X(NEW_UPDATE_NONCE, 32)  \
    X(OPEN_APPLICATION, 20)  \
    X(CONFIRM, 4)            \
    X(SIDELOAD_OPEN, 4)      \
    X(SIDELOAD_WRITE, 0)     \
    X(SIDELOAD_COMMIT, 32)   \
    X(SIDELOAD_INSTALL, 0)   \
    X(SIDELOAD_REMOVE, 0)

#endif
