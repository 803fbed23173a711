/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security Monitor calls, from the normal world.
 * Source: docs/spec/monitor.md; numbers as observed up to 50, ours from 60.
 * Trust: the monitor assumes that the normal world is hostile: it copies,
 * then checks, then acts.  Default deny: a number outside the table, or a
 * channel without the right, is refused.
 *
 * Shape on the `linux` target: one SOCK_SEQPACKET datagram each way,
 * little-endian; replies of MONITOR_OPEN_APPLICATION carry a descriptor.
 *   request  u32 number, u32 payload length, payload
 *   reply    u32 number, u32 status (enum monitor_status), u32 payload length, payload
 */
#ifndef PERI_ABI_MONITOR_CALL_H
#define PERI_ABI_MONITOR_CALL_H

/* Numbers and names follow the ImageUpdateReturn list of the original where it
 * has a name for the condition (category 7). */
enum monitor_status {
    MONITOR_OK = 0,
    MONITOR_IMAGE_ALREADY_LOADED = 1,
    MONITOR_NO_FREE_SPACE = 2,
    MONITOR_NOT_IMPLEMENTED = 3,
    MONITOR_IMAGE_NOT_FOUND = 6,
    MONITOR_UPDATE_IN_PROGRESS = 7,
    MONITOR_BAD_HANDLE = 8,
    MONITOR_BAD_OFFSET = 10,
    MONITOR_WRITE_FAILED = 11,
    MONITOR_INVALID_PARAMETER = 14,
    MONITOR_VERIFICATION_FAILED = 15,      /* signature, key, digest */
    MONITOR_IMAGE_TOO_LARGE = 19,
    MONITOR_IDENTITY_INCONSISTENT = 20,    /* image does not match its manifest entry */
    MONITOR_MUST_DOWNLOAD_MISSING = 22,
    MONITOR_MALFORMED_MANIFEST = 26,
    MONITOR_OUT_OF_ORDER = 30,             /* older sequence, or same sequence with other content */
    MONITOR_PERMISSION_DENIED = 37,
    MONITOR_NO_UPDATE_IN_PROGRESS = 38,
    MONITOR_ABI_MISSING = 40,              /* an image needs what the set does not provide */
    MONITOR_NOT_FRESH = 60,                /* wrong or used nonce, expired set */
    MONITOR_WRONG_DEVICE = 61,
    MONITOR_SECURITY_VERSION = 62,         /* below the anti-rollback counter */
    MONITOR_UNDONE = 63,                   /* the system that was on trial last and did not stay */
};

enum monitor_right {
    MONITOR_RIGHT_QUERY = 1 << 0,  /* installed components, ABI */
    MONITOR_RIGHT_UPDATE = 1 << 1, /* azured */
    MONITOR_RIGHT_RUN = 1 << 2,    /* application manager: open verified images */
    MONITOR_RIGHT_RESET = 1 << 3,
    MONITOR_RIGHT_TELEMETRY = 1 << 4,
    MONITOR_RIGHT_SIDELOAD = 1 << 5, /* gatewayd; each call asks the root of trust besides */
    MONITOR_RIGHT_CONFIRM = 1 << 6, /* application manager: the system on trial stays */
};

enum {
    MONITOR_HEADER_BYTES = 8,
    MONITOR_REPLY_HEADER_BYTES = 12,
    MONITOR_PAYLOAD_MAX = 65536,
    MONITOR_BLOCK_MAX = 32768,
    MONITOR_COMPONENT_BYTES = 16 + 16 + 2 + 2 + 4 + 32,
    MONITOR_COMPONENTS_MAX = 16,
};

/* Flags of a component in GET_COMPONENTS. */
enum monitor_component_flags {
    MONITOR_COMPONENT_UNDER_DEVELOPMENT = 1 << 0,
};

/* Flags of GET_ROLLBACK. */
enum {
    MONITOR_ROLLBACK_UNDONE = 1 << 0, /* the last install was undone */
    MONITOR_ROLLBACK_TRIAL = 1 << 1,  /* the installed set is not confirmed yet: no other is taken */
    MONITOR_ROLLBACK_RUNS = 1 << 2,   /* and it is the one that runs: CONFIRM keeps it */
};

/*
 * name, number, rights, request bytes (min, max)
 *   GET_VERSION            out u32 2
 *   PING                   out nothing
 *   RESET                  in u32 0 = restart, 1 = power off
 *   OPEN_STAGING           in image uid; out u32 handle.  Only images that the staged set misses
 *   WRITE_BLOCK            in u32 handle, u32 offset, bytes 1..MONITOR_BLOCK_MAX.  Ascending, no gap
 *   COMMIT_STAGING         in u32 handle: checks size, identity, key, signature, security version
 *   ABORT_STAGING          in u32 handle
 *   INSTALL                out u32 flags: 1 = restart needed.  One commit: all or nothing
 *   GET_COMPONENTS         out n x {component 16, image 16, u16 type, u16 flags, u32 file bytes,
 *                          digest 32}: the installed set, without images under development
 *                          while the device has no capability AppDevelopment
 *   STAGE_MANIFESTS        in a manifest set image (type 27); out u32 count of missing images.
 *                          Checked as a whole before anything changes
 *   GET_MISSING            out n x {image 16, u32 file bytes}
 *   GET_ROLLBACK           out u64 accepted sequence, 0 when another keystore counted it,
 *                          u8 flags (MONITOR_ROLLBACK_*),
 *                          u64 sequence that was undone, u32 version of the keystore in use
 *   NEW_UPDATE_NONCE       out nonce 32; valid for one STAGE_MANIFESTS
 *   OPEN_APPLICATION       in component 16; out image 16, u32 file bytes, and a sealed read-only
 *                          memfd with the package, verified just now
 *   CONFIRM                out u32 1 = a set on trial stays from now on.  Said at every start once
 *                          all is well; raises the anti-rollback counters to what runs
 *   GET_ABI                out n x {u32 version, u32 identity type} of the running system
 *   SIDELOAD_OPEN          in u32 file bytes; out u32 handle.  Drops an earlier one; 0 bytes: only
 *                          that, handle 0
 *   SIDELOAD_WRITE         in u32 handle, u32 offset, bytes 1..MONITOR_BLOCK_MAX.  Ascending, no gap
 *   SIDELOAD_COMMIT        in u32 handle: an application, by a key that this device takes now; out
 *                          component 16, image 16
 *   SIDELOAD_INSTALL       in u32 handle; replaces the image of that component or adds it: one commit
 *   SIDELOAD_REMOVE        in component 16: an application, one commit
 */
#define MONITOR_CALL_TABLE(X)                                            \
    X(GET_VERSION, 1, MONITOR_RIGHT_QUERY, 0, 0)                         \
    X(PING, 2, MONITOR_RIGHT_QUERY, 0, 0)                                \
    X(RESET, 7, MONITOR_RIGHT_RESET, 4, 4)                               \
    X(OPEN_STAGING, 19, MONITOR_RIGHT_UPDATE, 16, 16)                    \
    X(WRITE_BLOCK, 20, MONITOR_RIGHT_UPDATE, 9, 8 + MONITOR_BLOCK_MAX)   \
    X(COMMIT_STAGING, 21, MONITOR_RIGHT_UPDATE, 4, 4)                    \
    X(ABORT_STAGING, 22, MONITOR_RIGHT_UPDATE, 4, 4)                     \
    X(INSTALL, 23, MONITOR_RIGHT_UPDATE, 0, 0)                           \
    X(GET_COMPONENTS, 26, MONITOR_RIGHT_QUERY, 0, 0)                     \
    X(STAGE_MANIFESTS, 27, MONITOR_RIGHT_UPDATE, 1, 32768)               \
    X(GET_MISSING, 29, MONITOR_RIGHT_UPDATE, 0, 0)                       \
    X(GET_ABI, 33, MONITOR_RIGHT_QUERY, 0, 0)                            \
    X(GET_ROLLBACK, 41, MONITOR_RIGHT_QUERY, 0, 0)                       \
    X(NEW_UPDATE_NONCE, 60, MONITOR_RIGHT_UPDATE, 0, 0)                  \
    X(OPEN_APPLICATION, 61, MONITOR_RIGHT_RUN, 16, 16)                   \
    X(CONFIRM, 65, MONITOR_RIGHT_CONFIRM, 0, 0)                          \
    X(SIDELOAD_OPEN, 70, MONITOR_RIGHT_SIDELOAD, 4, 4)                   \
    X(SIDELOAD_WRITE, 71, MONITOR_RIGHT_SIDELOAD, 9, 8 + MONITOR_BLOCK_MAX) \
    X(SIDELOAD_COMMIT, 72, MONITOR_RIGHT_SIDELOAD, 4, 4)                 \
    X(SIDELOAD_INSTALL, 73, MONITOR_RIGHT_SIDELOAD, 4, 4)                \
    X(SIDELOAD_REMOVE, 74, MONITOR_RIGHT_SIDELOAD, 16, 16)

enum monitor_call {
#define MONITOR_CALL_ENUM(name, number, rights, min, max) MONITOR_CALL_##name = number,
    MONITOR_CALL_TABLE(MONITOR_CALL_ENUM)
#undef MONITOR_CALL_ENUM
};

/*
 * Boot of the host build: the monitor unpacks the Services image (type 9) into a
 * read-only tmpfs and executes its /bin/application-manager with these
 * descriptors; argv[1] is that folder, argv[2] the folder for mutable state.
 */
enum {
    MONITOR_HOST_FD_APPMAN = 3,        /* to the monitor: QUERY | RUN | RESET | TELEMETRY | CONFIRM */
    MONITOR_HOST_FD_AZURED = 4,        /* to hand on: QUERY | UPDATE | RESET | TELEMETRY */
    MONITOR_HOST_FD_PLUTON_AZURED = 5, /* to hand on */
    MONITOR_HOST_FD_PLUTON_APPMAN = 6,
    MONITOR_HOST_FD_GATEWAYD = 7,        /* to hand on: QUERY | SIDELOAD */
    MONITOR_HOST_FD_PLUTON_GATEWAYD = 8, /* to hand on */
};

/* Component ids of our own images (text form of the GUID; the images' metadata
 * carry the mixed-endian bytes). */
#define COMPONENT_SECURITY_MONITOR "9f3a1c52-6b0e-4d8e-8a36-3c0d7b5e1a10"
#define COMPONENT_SERVICES "2c7d8e41-0f65-4b2a-9a3f-6e1b4d9c7a21"
#define COMPONENT_TRUSTED_KEYSTORE "c4f0a7d3-5e19-4c86-b7a2-91d3e8f6b032"
#define COMPONENT_PLUTON_RUNTIME "7b8e5d20-3a4c-4f91-8d67-a5c2f1e09b43"
#define COMPONENT_ONE_BL "a34c0798-cc82-49da-936c-d85ec0703113"
#define COMPONENT_KERNEL "06050b83-e45a-44f1-857b-925c001345b0"
#define COMPONENT_DEVICE_TREE "923cf0a9-3b59-47ec-9c98-8f461a551186"
#define COMPONENT_ROOT_FS "5d1f6b0a-93c2-4e7b-8f14-2a6c0e9d7b43"

#endif
