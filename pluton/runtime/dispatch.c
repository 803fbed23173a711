/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One datagram in, one datagram out.  The checks run in the order of
 * abi/pluton_call.h: number, right, life-cycle, length, hardware, contents.
 */
#include "lib/ct.h"
#include "pluton/runtime/cmd.h"

static const struct call_row rows[] = {
#define CALL_ROW(name, number, rights, states, min, max) \
    {number, min, max, rights, states, cmd_##name},
    PLUTON_CALL_TABLE(CALL_ROW)
#undef CALL_ROW
};

/* Refused after a hardware failure: what needs randomness or a private key, and
 * what programs fuses, because they may not be what the state says. */
static const uint16_t hardware_calls[] = {
    PLUTON_READ_RNG,
    PLUTON_GENERATE_CLIENT_AUTH_KEY,
    PLUTON_COMMIT_CLIENT_AUTH_KEY,
    PLUTON_PROCESS_ATTESTATION,
    PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY,
    PLUTON_SET_MANUFACTURING_STATE,
    PLUTON_RAISE_COUNTER,
    PLUTON_DERIVE,
};

static const struct call_row *row_find(const struct pluton *p, uint16_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].number == number)
            return &rows[i];
    for (size_t i = 0; i < p->more_count; i++)
        if (p->more[i].number == number)
            return &p->more[i];
    return NULL;
}

static bool needs_hardware(uint16_t number)
{
    for (size_t i = 0; i < sizeof hardware_calls / sizeof hardware_calls[0]; i++)
        if (hardware_calls[i] == number)
            return true;
    return false;
}

/* Internal code to the published status of this border. */
static uint16_t status_of(int err)
{
    static const struct {
        int err;
        uint16_t status;
    } map[] = {
        {0, PLUTON_OK},
        {E_LENGTH, PLUTON_BAD_LENGTH},
        {E_STATE, PLUTON_BAD_STATE},
        {E_NOT_FOUND, PLUTON_NOT_FOUND},
        {E_FULL, PLUTON_FULL},
        {E_SIGNATURE, PLUTON_BAD_SIGNATURE},
        {E_KEY_UNKNOWN, PLUTON_BAD_SIGNATURE},
        {E_DIGEST, PLUTON_BAD_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].err == err)
            return map[i].status;
    const enum err_category category = err_category(err);
    if (category == ERR_CAT_HARDWARE || category == ERR_CAT_INTERNAL)
        return PLUTON_HARDWARE;
    return PLUTON_BAD_ARGUMENT;
}

static uint16_t answer(struct pluton *p, uint32_t rights, uint16_t number, struct cursor *in,
                       struct writer *payload)
{
    const uint16_t reserved = cursor_u16le(in);
    const uint32_t length = cursor_u32le(in);
    const struct call_row *row = row_find(p, number);

    if (in->err)
        return PLUTON_BAD_LENGTH; /* not even a header */
    if (!row)
        return PLUTON_UNKNOWN_COMMAND;
    if ((rights & row->rights) != row->rights)
        return PLUTON_DENIED;
    if (!(row->states >> p->fuses.lifecycle & 1))
        return PLUTON_BAD_LIFECYCLE;
    if (length != in->left || in->left < row->min || in->left > row->max)
        return PLUTON_BAD_LENGTH;
    if (p->hardware_failed && needs_hardware(number))
        return PLUTON_HARDWARE;
    if (reserved != 0)
        return PLUTON_BAD_ARGUMENT;
    int err = row->handle(p, in, payload);
    /* A handler that did not read the whole payload, or wrote past the reply,
     * is a defect of ours; it is never reported as success. */
    if (!err && (cursor_end(in) || payload->err))
        err = E_INTERNAL;
    return status_of(err);
}

int pluton_call(struct pluton *p, uint32_t rights, struct span request, struct writer *reply)
{
    if (reply->err || reply->len != 0 || reply->cap < PLUTON_DATAGRAM_MAX)
        return E_FULL;
    struct cursor in = cursor_of(request);
    const uint16_t number = cursor_u16le(&in);
    struct writer payload = writer_of(reply->at + PLUTON_HEADER_BYTES, PLUTON_PAYLOAD_MAX);

    const uint16_t status = answer(p, rights, number, &in, &payload);
    if (status != PLUTON_OK) {
        ct_wipe(payload.at, payload.len);
        payload.len = 0;
    }
    writer_u16le(reply, number);
    writer_u16le(reply, status);
    writer_u32le(reply, (uint32_t)payload.len);
    reply->len += payload.len; /* written in place behind the header */
    return 0;
}
