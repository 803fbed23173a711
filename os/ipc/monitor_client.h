/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client of the Security Monitor: one typed function for each call of
 * abi/monitor_call.h.
 * Caller: application manager, azured, gatewayd.  Callee: monitor, the more trusted side.
 *
 * Errors: 0, or the code that `status` maps to (monitor_error()); status then
 * holds the published number, MONITOR_OK otherwise.  E_TIMEOUT, E_NETWORK,
 * E_MALFORMED, E_IO mean that the channel itself failed: it is then out of
 * step and every later call is E_STATE.  "Bad message from a trusted sibling":
 * the process should exit and be started again.
 * One call at a time; not for threads.
 */
#ifndef PERI_OS_IPC_MONITOR_CLIENT_H
#define PERI_OS_IPC_MONITOR_CLIENT_H

#include "abi/monitor_call.h"
#include "lib/cursor.h"

enum {
    MONITOR_CLIENT_TIMEOUT_MS = 30000, /* verifying a set reads every image of it */
    MONITOR_CLIENT_ABI_MAX = 16,
    MONITOR_CLIENT_MISSING_MAX = 32,
};

struct monitor_client {
    int fd; /* -1 = none */
    int timeout_ms;
    bool broken;
    uint32_t number; /* call under way */
    uint32_t status; /* enum monitor_status of the last call */
    uint8_t bytes[MONITOR_REPLY_HEADER_BYTES + MONITOR_PAYLOAD_MAX];
};

struct monitor_component {
    uint8_t component[16], image[16]; /* mixed-endian GUIDs */
    uint16_t type;                    /* enum image_type */
    uint16_t flags;
    uint32_t file_bytes;
    uint8_t digest[32];
};

struct monitor_components {
    size_t count;
    struct monitor_component at[MONITOR_COMPONENTS_MAX];
};

struct monitor_missing {
    size_t count;
    struct {
        uint8_t image[16];
        uint32_t file_bytes;
    } at[MONITOR_CLIENT_MISSING_MAX];
};

struct monitor_rollback {
    uint64_t accepted_sequence;
    bool undone; /* the last install was undone */
    uint64_t undone_sequence;
    bool on_trial; /* the installed set is not confirmed yet */
    bool runs;     /* and it is the one that runs */
    uint32_t keystore_version; /* of the keystore in use */
};

struct monitor_abi {
    size_t count;
    struct {
        uint32_t version, type; /* enum image_identity_type */
    } at[MONITOR_CLIENT_ABI_MAX];
};

/* Takes fd: the channel to the monitor, on the MCU an open /dev/security-monitor. */
void monitor_client_init(struct monitor_client *client, int fd);
void monitor_client_release(struct monitor_client *client);
/* The error that stands for a published status; E_MALFORMED for an unknown one. */
int monitor_error(uint32_t status);

int monitor_get_version(struct monitor_client *client, uint32_t *version) MUST_CHECK;
int monitor_ping(struct monitor_client *client) MUST_CHECK;
int monitor_reset(struct monitor_client *client, bool power_off) MUST_CHECK;
int monitor_get_components(struct monitor_client *client, struct monitor_components *out) MUST_CHECK;
int monitor_get_abi(struct monitor_client *client, struct monitor_abi *out) MUST_CHECK;
int monitor_get_rollback(struct monitor_client *client, struct monitor_rollback *out) MUST_CHECK;
/* memfd is sealed, read-only and the caller's; -1 on failure. */
int monitor_open_application(struct monitor_client *client, const uint8_t component[static 16],
                             uint8_t image[static 16], uint32_t *file_bytes, int *memfd) MUST_CHECK;

int monitor_new_update_nonce(struct monitor_client *client, uint8_t nonce[static 32]) MUST_CHECK;
int monitor_stage_manifests(struct monitor_client *client, struct span set, uint32_t *missing) MUST_CHECK;
int monitor_get_missing(struct monitor_client *client, struct monitor_missing *out) MUST_CHECK;
int monitor_open_staging(struct monitor_client *client, const uint8_t image[static 16],
                         uint32_t *handle) MUST_CHECK;
/* 1..MONITOR_BLOCK_MAX bytes, else E_RANGE. */
int monitor_write_block(struct monitor_client *client, uint32_t handle, uint32_t offset,
                        struct span block) MUST_CHECK;
int monitor_commit_staging(struct monitor_client *client, uint32_t handle) MUST_CHECK;
int monitor_abort_staging(struct monitor_client *client, uint32_t handle) MUST_CHECK;
int monitor_install(struct monitor_client *client, bool *restart_needed) MUST_CHECK;
/* All is well: what runs stays.  ended: it was on trial until now. */
int monitor_confirm(struct monitor_client *client, bool *ended) MUST_CHECK;

/* file_bytes 0 drops what is open. */
int monitor_sideload_open(struct monitor_client *client, uint32_t file_bytes, uint32_t *handle) MUST_CHECK;
/* 1..MONITOR_BLOCK_MAX bytes, else E_RANGE. */
int monitor_sideload_write(struct monitor_client *client, uint32_t handle, uint32_t offset,
                           struct span block) MUST_CHECK;
int monitor_sideload_commit(struct monitor_client *client, uint32_t handle, uint8_t component[static 16],
                            uint8_t image[static 16]) MUST_CHECK;
int monitor_sideload_install(struct monitor_client *client, uint32_t handle) MUST_CHECK;
int monitor_sideload_remove(struct monitor_client *client, const uint8_t component[static 16]) MUST_CHECK;

/* Telemetry, on the MCU alone (abi/smc.h); elsewhere E_UNSUPPORTED or E_DENIED.  read: the text from
 * offset on, at most len bytes (1..SMC_REPLY_MAX), into to; *got fewer at the end.  forget drops what read has
 * handed out since the last forget or keep, keep does not. */
int monitor_telemetry_read(struct monitor_client *client, uint32_t offset, uint8_t *to, uint32_t len,
                           uint32_t *got) MUST_CHECK;
int monitor_telemetry_forget(struct monitor_client *client) MUST_CHECK;
int monitor_telemetry_keep(struct monitor_client *client) MUST_CHECK;

#endif
