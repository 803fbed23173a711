/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's calls, misused: numbers, function ids, ranges, contents.
 */
#include "tests/hostile/kernel/hostile.h"

#define PATTERN SMC_PATTERN

static enum hostile_word refused_with(uint32_t got, uint32_t one, uint32_t other)
{
    if (got == MONITOR_OK)
        return HOSTILE_ALLOWED;
    return got == one || got == other ? HOSTILE_REFUSED : HOSTILE_WRONG;
}

/* Any error of the published list. */
static enum hostile_word refused_somehow(uint32_t got)
{
    if (got == MONITOR_OK)
        return HOSTILE_ALLOWED;
    return got <= MONITOR_SECURITY_VERSION ? HOSTILE_REFUSED : HOSTILE_WRONG;
}

static enum hostile_word foreign_id(uint32_t id, uint32_t answer, uint32_t *detail)
{
    const struct smc_registers call = smc_raw(id, 0, 0, 0, 0);
    *detail = call.r[0];
    return call.r[0] == answer ? HOSTILE_REFUSED : HOSTILE_ALLOWED;
}

static enum hostile_word payload(const struct hostile_row *row, uint32_t *detail)
{
    const struct hostile_payload what = hostile_payload(row->a);
    uint32_t *request = hostile_scratch, *reply = hostile_scratch + SCRATCH_BYTES / 8;
    for (unsigned i = 0; i < 4; i++)
        request[i] = what.word[i];
    smc_call(what.number, request, what.bytes, reply, SMC_REPLY_MAX, detail);
    return row->b ? refused_with(*detail, row->b, row->b) : refused_somehow(*detail);
}

static enum hostile_word partition(const struct hostile_row *row, uint32_t *detail)
{
    uint32_t *request = hostile_scratch, *reply = hostile_scratch + SCRATCH_BYTES / 8;
    request[0] = row->a; /* u16 partition, u16 0 */
    request[1] = 0;      /* offset */
    request[2] = row->b == SMC_READ_FLASH ? 16 : 4096;
    smc_call(row->b, request, row->b == SMC_QUERY_FLASH ? 2 : 12, reply, SMC_REPLY_MAX, detail);
    return refused_somehow(*detail);
}

/* --- what needs more than one row of arguments --- */

static bool smc_control_version(uint32_t *detail)
{
    uint32_t *reply = hostile_scratch;
    reply[0] = 0;
    const uint32_t length = smc_call(MONITOR_CALL_GET_VERSION, NULL, 0, reply, 4, detail);
    return *detail == MONITOR_OK && length == 4 && reply[0] == 2;
}

static bool smc_empty_request_anywhere(uint32_t *detail)
{
    *detail = smc_raw(SMC_FUNCTION(MONITOR_CALL_PING), MT3620_SECURE_RAM + 1, 0, 0xFFFFFFFF, 0).r[0];
    return *detail == MONITOR_OK;
}

static bool overlaps(uint32_t request, uint32_t reply, uint32_t *detail)
{
    const uint32_t base = (uint32_t)(uintptr_t)hostile_scratch;
    hostile_scratch[request / 4] = 6; /* QUERY_FLASH of NW_CONFIG */
    *detail = smc_raw(SMC_FUNCTION(SMC_QUERY_FLASH), base + request, 2, base + reply, 16).r[0];
    return *detail == MONITOR_OK;
}

static bool smc_same_range(uint32_t *detail)
{
    uint32_t *both = hostile_scratch;
    both[0] = 0, both[1] = 16; /* GET_TELEMETRY: offset, length */
    const uint32_t at = (uint32_t)(uintptr_t)both;
    *detail = smc_raw(SMC_FUNCTION(SMC_GET_LOG_DATA_SIZE), at, 4, at, 4).r[0];
    return *detail == MONITOR_OK;
}

static bool smc_overlap_reply_later(uint32_t *detail)
{
    const uint32_t at = (uint32_t)(uintptr_t)hostile_scratch;
    hostile_scratch[0] = hostile_scratch[1] = hostile_scratch[2] = 0;
    *detail = smc_raw(SMC_FUNCTION(SMC_GET_LOG_DATA), at, 12, at + 8, 64).r[0];
    return *detail == MONITOR_OK;
}

static bool smc_overlap_reply_earlier(uint32_t *detail)
{
    return overlaps(12, 0, detail);
}

static bool smc_reply_room_short(uint32_t *detail)
{
    smc_call(MONITOR_CALL_GET_VERSION, NULL, 0, hostile_scratch, 3, detail);
    return *detail != MONITOR_INVALID_PARAMETER;
}

static bool smc_reply_room_none(uint32_t *detail)
{
    hostile_scratch[0] = 6;
    smc_call(SMC_QUERY_FLASH, hostile_scratch, 2, NULL, 0, detail);
    return *detail != MONITOR_INVALID_PARAMETER;
}

static bool smc_request_one_over(uint32_t *detail)
{
    *detail = smc_raw(SMC_FUNCTION(MONITOR_CALL_STAGE_MANIFESTS), MT3620_RAM, SMC_REQUEST_MAX + 1,
                  MT3620_RAM + 0x80000, 4096).r[0];
    return refused_somehow(*detail) != HOSTILE_REFUSED;
}

static bool smc_log_one_over(uint32_t *detail)
{
    *detail = smc_raw(SMC_FUNCTION(SMC_WRITE_LOG), MT3620_RAM, 8193, 0, 0).r[0];
    return *detail != MONITOR_INVALID_PARAMETER;
}

/* Nothing of the secure world comes back in a register (r0, r1 are the answer). */
static bool smc_registers_kept(uint32_t *detail)
{
    static const uint32_t ids[] = {SMC_FUNCTION(MONITOR_CALL_PING), SMC_FUNCTION(SMC_TEND_WATCHDOG),
                                   SMC_FUNCTION(255), 0xB3000002, 0x84000000};
    for (unsigned n = 0; n < sizeof ids / sizeof ids[0]; n++) {
        const struct smc_registers call = smc_raw(ids[n], 0, 0, 0, 0);
        for (uint32_t i = 2; i < 13; i++) {
            *detail = i;
            if (call.r[i] != (i < 5 ? 0 : PATTERN + i))
                return true;
        }
        if (call.r[1] != 0)
            return true;
    }
    *detail = 0;
    return false;
}

static void fill(uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = PATTERN;
}

static bool filled(const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (words[i] != PATTERN)
            return false;
    return true;
}

/* A reply ends where its length says, whatever the room. */
static bool smc_nothing_past_reply(uint32_t *detail)
{
    uint32_t *reply = hostile_scratch + 64;
    fill(reply - 16, 16 + 1024);
    const uint32_t length = smc_call(MONITOR_CALL_GET_VERSION, NULL, 0, reply, 4096, detail);
    return *detail != MONITOR_OK || length != 4 || !filled(reply - 16, 16) || !filled(reply + 1, 1023);
}

static bool smc_refused_reply_untouched(uint32_t *detail)
{
    uint32_t *reply = hostile_scratch + 64;
    hostile_scratch[0] = 0x30006; /* reserved half not zero */
    hostile_scratch[1] = 0xFFFFFFFC, hostile_scratch[2] = 64;
    fill(reply, 1024);
    const uint32_t length = smc_call(SMC_READ_FLASH, hostile_scratch, 12, reply, 4096, detail);
    return *detail == MONITOR_OK || length != 0 || !filled(reply, 1024);
}

static bool derive(uint32_t component, uint32_t back, uint32_t key[10], uint32_t *status)
{
    uint32_t request[5] = {component, 0, 0, 0, back};
    return smc_call(SMC_DERIVE_KEY, request, sizeof request, key, 40, status) == 40 &&
           *status == MONITOR_OK;
}

/* Keys differ by component, and no generation lies before the first. */
static bool smc_key_of_other_generation(uint32_t *detail)
{
    uint32_t one[10], again[10], other[10];
    if (!derive(1, 0, one, detail) || !derive(1, 0, again, detail) || !derive(2, 0, other, detail))
        return true;
    bool same = true, distinct = false;
    for (unsigned i = 0; i < 8; i++) {
        same = same && one[i] == again[i];
        distinct = distinct || one[i] != other[i];
    }
    return !same || !distinct || derive(1, 0xFFFFFFFF, again, detail);
}

static void attempt_read(uint32_t address, uint32_t unused)
{
    (void)unused;
    (void)peek(address);
    barrier();
}

/* A request to verify that was refused opens no flash. */
static bool smc_verify_granted_no_more(uint32_t *detail)
{
    static const uint32_t at[] = {FLASH_KEYSTORE_AT, FLASH_MONITOR_AT, FLASH_PLUTON_RUNTIME_AT,
                                  FLASH_SYSTEM_B_AT, FLASH_NW_CONFIG_AT};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint32_t request[2] = {MT3620_FLASH + at[i], 4096};
        smc_call(SMC_VERIFY_IMAGE, request, sizeof request, hostile_scratch, 72, detail);
        if (*detail == MONITOR_OK ||
            hostile_try(attempt_read, MT3620_FLASH + at[i], 0) != CAUGHT_DATA)
            return true;
    }
    return false;
}

/* Bytes that the monitor keeps for a kind of record, or ~0. */
static uint32_t kept(uint32_t type)
{
    uint32_t size = 0, status;
    smc_call(SMC_GET_LOG_DATA_SIZE, &type, sizeof type, &size, sizeof size, &status);
    return status == MONITOR_OK ? size : 0xFFFFFFFF;
}

/* More than is good for the flash: an end is put to it, long before the ring is written
 * once, and nothing but the ring has changed. */
static bool smc_log_flood(uint32_t *detail)
{
    uint8_t *text = (uint8_t *)hostile_scratch;
    for (unsigned i = 0; i < 8192; i++)
        text[i] = (uint8_t)(i * 7);
    for (unsigned round = 0; round < 40; round++) {
        smc_call(SMC_WRITE_LOG, text, 8192 - round, NULL, 0, detail);
        if (*detail != MONITOR_OK)
            break;
    }
    return *detail != MONITOR_NO_FREE_SPACE || kept(0) > FLASH_LOG_STORAGE_BYTES;
}

static bool smc_telemetry_flood(uint32_t *detail)
{
    for (unsigned round = 0; round < 1500; round++) {
        hostile_scratch[0] = round;
        hostile_scratch[1] = 0xFFFFFFFF;
        smc_call(SMC_RECORD_TELEMETRY, hostile_scratch, 8 + 255, NULL, 0, detail);
        if (*detail != MONITOR_OK)
            break;
    }
    return *detail != MONITOR_NO_FREE_SPACE || kept(1) > FLASH_TELEMETRY_STORAGE_BYTES || !kept(0);
}

/* What the normal world may write is its own affair; what lies behind stays. */
static bool smc_config_garbage(uint32_t *detail)
{
    const uint32_t log = kept(0), telemetry = kept(1);
    uint32_t *request = hostile_scratch;
    for (uint32_t at = 0; at < FLASH_NW_CONFIG_BYTES; at += 4096) {
        request[0] = 6, request[1] = at, request[2] = 4096;
        smc_call(SMC_ERASE_FLASH, request, 12, NULL, 0, detail);
        if (*detail != MONITOR_OK)
            return true;
        for (unsigned i = 0; i < 1024; i++)
            request[2 + i] = at * 2654435761u + i;
        smc_call(SMC_WRITE_FLASH, request, 8 + 4096, NULL, 0, detail);
        if (*detail != MONITOR_OK)
            return true;
    }
    return kept(0) != log || kept(1) != telemetry;
}

typedef bool trick(uint32_t *detail);
static trick *const tricks[] = {
#define X(name, want) smc_##name,
    HOSTILE_SMC_TRICKS(X)
#undef X
};

enum hostile_word smc_play(const struct hostile_row *row, uint32_t *detail)
{
    const uint32_t other = (uint32_t)(uintptr_t)hostile_scratch;
    switch (row->deed) {
    case HOSTILE_SMC_NUMBER:
        *detail = smc_raw(SMC_FUNCTION(row->a), 0, 0, 0, 0).r[0];
        return refused_with(*detail, row->b, row->c);
    case HOSTILE_SMC_ID:
        return foreign_id(row->a, row->b, detail);
    case HOSTILE_SMC_REQUEST:
        *detail = smc_raw(SMC_FUNCTION(SMC_WRITE_LOG), row->a, row->b, other, 64).r[0];
        return refused_with(*detail, MONITOR_INVALID_PARAMETER, MONITOR_INVALID_PARAMETER);
    case HOSTILE_SMC_REPLY:
        *detail = smc_raw(SMC_FUNCTION(MONITOR_CALL_GET_VERSION), other, 0, row->a, row->b).r[0];
        return refused_with(*detail, MONITOR_INVALID_PARAMETER, MONITOR_INVALID_PARAMETER);
    case HOSTILE_SMC_PAYLOAD:
        return payload(row, detail);
    case HOSTILE_SMC_PARTITION:
        return partition(row, detail);
    default:
        return tricks[row->a](detail) ? HOSTILE_ALLOWED : HOSTILE_REFUSED;
    }
}
