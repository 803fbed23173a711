/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the Pluton runtime over the secure world's mailbox, and the crypto
 * front (lib/crypto.h) over them: this firmware has no cryptography of its own.
 * Source: abi/pluton_call.h "Transport of the MCU".
 */
#include <string.h>

#include "abi/mt3620.h"
#include "abi/mt3620_mailbox.h"
#include "abi/pluton_call.h"
#include "lib/crypto.h"
#include "lib/ct.h"
#include "monitor/mcu/mcu.h"
#include "monitor/svc/plat.h"

enum { ANSWER_SECONDS = 25, DIGEST_PARTS_MAX = 8 };

/* Words, so that it is aligned; written by the other core between our accesses. */
static uint32_t block[(PLUTON_BLOCK_MAX + 3) / 4];
static uint32_t sequence;
static int dead; /* an answer did not come: the block is not ours any more */

static int error_of(uint16_t status)
{
    switch ((enum pluton_status)status) {
    case PLUTON_OK: return 0;
    case PLUTON_BAD_SIGNATURE: return E_SIGNATURE;
    case PLUTON_BAD_STATE: return E_STATE;
    case PLUTON_FULL: return E_FULL;
    case PLUTON_NOT_FOUND: return E_NOT_FOUND;
    case PLUTON_DENIED:
    case PLUTON_BAD_LIFECYCLE: return E_DENIED;
    case PLUTON_BAD_LENGTH:
    case PLUTON_BAD_ARGUMENT: return E_MALFORMED;
    case PLUTON_UNKNOWN_COMMAND: return E_UNSUPPORTED;
    case PLUTON_HARDWARE: return E_CRYPTO;
    default: return E_IO;
    }
}

static uint32_t mailbox_read(uint32_t offset)
{
    return plat_read(MT3620_A7_MAILBOX_SECURE + offset);
}

/* Waits for the pair that answers this call; older ones are dropped. */
static int answer_wait(uint32_t address, uint32_t number)
{
    const uint64_t end = timer_now() + (uint64_t)ANSWER_SECONDS * MT3620_TIMER_HZ;
    while (timer_now() < end) {
        if (mailbox_read(MAILBOX_POP_CNT) == 0)
            continue;
        const uint32_t data = mailbox_read(MAILBOX_DATA_POP);
        const uint32_t command = mailbox_read(MAILBOX_CMD_POP);
        if (command != address)
            continue;
        if (data == number)
            return 0;
        if (data == 0)
            return E_IO; /* "no such block": never true */
    }
    return E_TIMEOUT;
}

int plat_pluton(uint16_t command, struct span request, struct writer *reply)
{
    struct writer w = writer_of(block, sizeof block);
    const uint32_t address = (uint32_t)(uintptr_t)block;

    if (dead)
        return E_TIMEOUT;
    writer_u32le(&w, 0);
    writer_u32le(&w, sizeof block - PLUTON_BLOCK_CALL);
    writer_u16le(&w, command);
    writer_u16le(&w, 0);
    writer_u32le(&w, (uint32_t)request.len);
    writer_bytes(&w, request.at, request.len);
    if (w.err)
        return E_LENGTH;
    if (++sequence == 0)
        sequence = 1;
    barrier();
    plat_write(MT3620_A7_MAILBOX_SECURE + MAILBOX_DATA_PUSH, sequence);
    plat_write(MT3620_A7_MAILBOX_SECURE + MAILBOX_CMD_PUSH, address);
    int err = answer_wait(address, sequence);
    barrier();
    if (err) {
        dead = err == E_TIMEOUT;
        return err;
    }

    struct cursor c = cursor_of(span_of(block, sizeof block));
    const uint32_t processed = cursor_u32le(&c);
    cursor_skip(&c, 4);
    const uint16_t answered = cursor_u16le(&c), status = cursor_u16le(&c);
    const struct span payload = cursor_bytes(&c, cursor_u32le(&c));
    if (c.err || processed != 1 || answered != command)
        err = E_IO;
    else
        err = error_of(status);
    if (!err)
        writer_bytes(reply, payload.at, payload.len);
    ct_wipe(block, sizeof block); /* may have been a key */
    return err ? err : reply->err;
}

int crypto_sha256(const struct span *parts, size_t count, uint8_t digest[static SHA256_BYTES])
{
    uint8_t request[8 * DIGEST_PARTS_MAX];
    struct writer w = writer_of(request, sizeof request), got = writer_of(digest, SHA256_BYTES);
    for (size_t i = 0; i < count; i++) {
        writer_u32le(&w, (uint32_t)(uintptr_t)parts[i].at);
        writer_u32le(&w, (uint32_t)parts[i].len);
    }
    int err = w.err ? w.err : plat_pluton(PLUTON_DIGEST, writer_view(&w), &got);
    if (!err && got.len != SHA256_BYTES)
        err = E_CRYPTO;
    if (err)
        memset(digest, 0, SHA256_BYTES);
    return err;
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    uint8_t request[P256_PUBLIC_BYTES + SHA256_BYTES + P256_SIGNATURE_BYTES];
    struct writer w = writer_of(request, sizeof request), none = writer_of(NULL, 0);
    writer_bytes(&w, key, P256_PUBLIC_BYTES);
    writer_bytes(&w, digest, SHA256_BYTES);
    writer_bytes(&w, signature, P256_SIGNATURE_BYTES);
    return plat_pluton(PLUTON_VERIFY, writer_view(&w), &none);
}
