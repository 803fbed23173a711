/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/transport.h"

#include <string.h>

#include "abi/mt3620_mailbox.h"
#include "lib/ct.h"
#include "pluton/mcu/reg.h"

const struct transport transports[TRANSPORTS] = {
    {MT3620_M4_MAILBOX_A7, MT3620_SECURE_RAM,
     PLUTON_RIGHT_PUBLIC | PLUTON_RIGHT_POSTCODE | PLUTON_RIGHT_ATTESTATION | PLUTON_RIGHT_SIGN |
         PLUTON_RIGHT_SECURITY_STATE},
    {MT3620_M4_MAILBOX_PEER, MT3620_RAM + MT3620_RAM_BYTES,
     PLUTON_RIGHT_PUBLIC | PLUTON_RIGHT_SECURE_WORLD},
};

static _Alignas(4) uint8_t request[PLUTON_DATAGRAM_MAX], answer[PLUTON_DATAGRAM_MAX];

static uint32_t load(uint32_t address)
{
    return reg_load(address);
}

static void store(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)reg_memory(address) = value;
}

/* Bytes that a block at this address could hold behind its two words; 0 if none
 * may stand there. */
static uint32_t room_at(const struct transport *t, uint32_t block)
{
    if (block % 4 != 0 || block < MT3620_RAM || block >= t->ram_end ||
        t->ram_end - block < PLUTON_BLOCK_CALL)
        return 0;
    return t->ram_end - block - PLUTON_BLOCK_CALL;
}

/* Copies the request; its length. */
static uint32_t request_take(uint32_t call, uint32_t capacity)
{
    const uint32_t head = load(call), length = load(call + 4);
    struct writer w = writer_of(request, sizeof request);
    writer_u32le(&w, head);
    writer_u32le(&w, length);
    /* A length that lies is left for the runtime to refuse. */
    if (length > PLUTON_PAYLOAD_MAX || length > capacity - PLUTON_HEADER_BYTES)
        return PLUTON_HEADER_BYTES;
    memcpy(request + PLUTON_HEADER_BYTES, reg_memory(call + PLUTON_HEADER_BYTES), length);
    return PLUTON_HEADER_BYTES + length;
}

/* The only call that both changes something and answers more than a header. */
static bool too_small_to_start(uint32_t capacity)
{
    struct cursor c = cursor_of(span_of(request, PLUTON_HEADER_BYTES));
    return cursor_u16le(&c) == PLUTON_GENERATE_CLIENT_AUTH_KEY &&
           capacity < PLUTON_HEADER_BYTES + P256_PUBLIC_BYTES;
}

static void answer_bad_length(struct writer *reply)
{
    ct_wipe(answer, sizeof answer);
    *reply = writer_of(answer, sizeof answer);
    writer_bytes(reply, request, 2);
    writer_u16le(reply, PLUTON_BAD_LENGTH);
    writer_u32le(reply, 0);
}

uint32_t transport_serve(struct pluton *p, const struct transport *t, uint32_t block,
                         uint32_t sequence)
{
    const uint32_t room = sequence == 0 ? 0 : room_at(t, block);
    if (room < PLUTON_HEADER_BYTES)
        return 0;
    const uint32_t capacity = load(block + PLUTON_BLOCK_CAPACITY), call = block + PLUTON_BLOCK_CALL;
    if (capacity < PLUTON_HEADER_BYTES || capacity > room)
        return 0;
    const uint32_t bytes = request_take(call, capacity);

    struct writer reply = writer_of(answer, sizeof answer);
    if (too_small_to_start(capacity) ||
        pluton_call(p, t->rights, span_of(request, bytes), &reply) || reply.len > capacity)
        answer_bad_length(&reply);
    memcpy(reg_memory(call), answer, reply.len);
    ct_wipe(answer, reply.len);
    reg_barrier();
    store(block + PLUTON_BLOCK_PROCESSED, 1);
    reg_barrier();
    return sequence;
}

void transport_drain(struct pluton *p, const struct transport *t)
{
    for (unsigned i = 0; i < MAILBOX_DEPTH && reg_read(t->port + MAILBOX_POP_CNT) != 0; i++) {
        const uint32_t sequence = reg_read(t->port + MAILBOX_DATA_POP); /* before CMD, which pops */
        const uint32_t block = reg_read(t->port + MAILBOX_CMD_POP);
        const uint32_t data = transport_serve(p, t, block, sequence);
        /* A caller that does not read its answers loses them; nobody waits for it. */
        reg_write(t->port + MAILBOX_DATA_PUSH, data);
        reg_write(t->port + MAILBOX_CMD_PUSH, block);
    }
}
