/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Security Monitor calls on the MCU: SMC from the normal world.
 * Source: docs/spec/smc.md; SMCCC (Arm DEN 0028) fast calls, 32-bit, owner
 * "trusted OS"; numbers of the reference up to 50, ours from 60.
 * Trust: everything that arrives is hostile.  The monitor copies the whole
 * request out of normal-world RAM once, then checks the copy, then acts.
 *
 * One form for all calls:
 *   r0  SMC_FUNCTION(number)
 *   r1  physical address of the request, 4-aligned   r2 its length
 *   r3  physical address for the reply, 4-aligned    r4 room there
 *   back: r0 status (enum monitor_status), r1 length of the reply; r2..r7 as they were
 * Request and reply are the payloads of abi/monitor_call.h and of the table
 * below.  Both ranges must lie in normal-world RAM, may be empty (address not
 * looked at), and must not overlap unless they are the same.  A reply that does not fit
 * is MONITOR_INVALID_PARAMETER, before anything is done.
 * Any other function id returns SMC_UNKNOWN (SMCCC "not supported"); a number
 * in neither table MONITOR_PERMISSION_DENIED.
 *
 * number, name, request bytes (min, max), reply bytes (max)
 *   QUERY_FLASH      in u16 partition (4, 5, 6, 15; image manifest numbers); out u32 length,
 *                    u32 erase bytes, u32 write bytes, u32 address of its window or 0
 *   ERASE_FLASH      in u16 partition, u16 0, u32 offset, u32 length.  NW_CONFIG alone
 *   WRITE_FLASH      in u16 partition, u16 0, u32 offset, bytes 1..4096.  NW_CONFIG alone
 *   READ_FLASH       in u16 partition, u16 0, u32 offset, u32 length.  NW_CONFIG alone
 *   VERIFY_IMAGE     in u32 address as the normal world sees it, u32 length: of an installed
 *                    image; out u16 type, u16 flags, component 16, image 16, digest 32, u32 bytes of
 *                    body.  Whole package, signed, current; its place is held, once more each
 *                    time: the kernel maps only these
 *   RELEASE_IMAGE    in u32 address, u32 length of an image that is held: not mapped any more, once
 *   WRITE_LOG        in bytes 1..8192, appended
 *   GET_LOG_DATA_SIZE in u32 type (0 log, 1 telemetry); out u32
 *   GET_LOG_DATA     in u32 type, u32 offset, u32 length (max 4096); out bytes
 *   DERIVE_KEY       in component 16, u32 generation back from the current (0); out key 32,
 *                    u32 instance, u32 generation
 *   SET_RTC_TIME     in u64 Unix seconds
 *   SET_RTC_ALARM    in u64 Unix seconds, 0 = none
 *   IO_CORE_CONTROL  in u16 action (0 start, 1 stop, 3 buffer), u16 core, then
 *                    start: u32 flash address, u32 bytes, u32 flags; buffer: u32 type, u32 physical
 *                    address, u32 size
 *   RECORD_TELEMETRY in u32 id, u32 timestamp, bytes 0..255
 *   GET_TELEMETRY    in u32 offset, u32 length (max 4096); out bytes
 *   RESET_TELEMETRY, RETAIN_TELEMETRY  in nothing
 *   TEND_WATCHDOG    in nothing
 *   FIND_IMAGE       in component 16; out u32 address as the normal world sees it, u32 bytes,
 *                    u16 type, u16 0
 *   GET_MEASURED     out n x {u16 type, u16 0, u32 security version, component 16, digest 32}:
 *                    what the monitor measured
 */
#ifndef PERI_ABI_SMC_H
#define PERI_ABI_SMC_H

#define SMC_OWNER_FAST 0xB2000000u
#define SMC_FUNCTION(number) (SMC_OWNER_FAST | (unsigned)(number))
#define SMC_UNKNOWN 0xFFFFFFFFu

enum {
    SMC_REQUEST_MAX = 32768 + 16, /* a block of staging with its header */
    SMC_REPLY_MAX = 4096,
    SMC_WATCHDOG_SECONDS = 60, /* the first process tends: docs/spec/kernel.md */
};

#define SMC_CALL_TABLE(X)                          \
    X(QUERY_FLASH, 3, 2, 2, 16)                    \
    X(ERASE_FLASH, 4, 12, 12, 0)                   \
    X(WRITE_FLASH, 5, 9, 8 + 4096, 0)              \
    X(VERIFY_IMAGE, 6, 8, 8, 72)                   \
    X(WRITE_LOG, 8, 1, 8192, 0)                    \
    X(GET_LOG_DATA_SIZE, 9, 4, 4, 4)               \
    X(GET_LOG_DATA, 10, 12, 12, 4096)              \
    X(DERIVE_KEY, 11, 20, 20, 40)                  \
    X(SET_RTC_TIME, 34, 8, 8, 0)                   \
    X(SET_RTC_ALARM, 35, 8, 8, 0)                  \
    X(IO_CORE_CONTROL, 40, 4, 16, 0)               \
    X(RECORD_TELEMETRY, 42, 8, 8 + 255, 0)         \
    X(GET_TELEMETRY, 43, 8, 8, 4096)               \
    X(RESET_TELEMETRY, 44, 0, 0, 0)                \
    X(RETAIN_TELEMETRY, 45, 0, 0, 0)               \
    X(TEND_WATCHDOG, 50, 0, 0, 0)                  \
    X(FIND_IMAGE, 62, 16, 16, 12)                  \
    X(GET_MEASURED, 63, 0, 0, 56 * 8)              \
    X(READ_FLASH, 64, 12, 12, 4096)                \
    X(RELEASE_IMAGE, 66, 8, 8, 0)

enum smc_call {
#define SMC_CALL_ENUM(name, number, min, max, reply) SMC_##name = number,
    SMC_CALL_TABLE(SMC_CALL_ENUM)
#undef SMC_CALL_ENUM
};
/* From abi/monitor_call.h, the same payloads: GET_VERSION 1, PING 2, RESET 7, and the
 * update engine's. */

#endif
