/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMC dispatcher.  The checks run in the order of docs/spec/smc.md: function
 * id, number, lengths, ranges; then the request is copied and its handler runs.
 */
#include <string.h>

#include "lib/ct.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

struct row {
    uint16_t number;
    uint16_t min, max, reply; /* bytes */
    enum monitor_status (*handle)(struct monitor *m, struct cursor *in, struct writer *reply);
    uint16_t room; /* without a handler: a call of the update engine, and what its answer takes at least */
};

static const struct row rows[] = {
#define ROW(name, number, min, max, reply) {number, min, max, reply, svc_##name, 0},
    SMC_CALL_TABLE(ROW)
#undef ROW
#define UPDATE_ROW(name, room) {MONITOR_CALL_##name, 0, MONITOR_REQUEST_MAX, SMC_REPLY_MAX, NULL, room},
    SMC_UPDATE_TABLE(UPDATE_ROW)
#undef UPDATE_ROW
};

#define ROW_FITS(name, number, min, max, reply) \
    _Static_assert((max) <= MONITOR_REQUEST_MAX && (reply) <= SMC_REPLY_MAX, "buffers hold " #name);
SMC_CALL_TABLE(ROW_FITS)
#undef ROW_FITS

/* Lengths of the update engine's calls are the engine's to check. */
#define SHAPE_FITS(name, number, rights, min, max) \
    _Static_assert((max) <= MONITOR_REQUEST_MAX, "buffer holds " #name);
MONITOR_CALL_TABLE(SHAPE_FITS)
#undef SHAPE_FITS

static const struct row *row_find(uint32_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

struct range {
    uint32_t at, bytes;
};

/* Empty, or aligned and wholly in the normal world's RAM. */
static bool range_valid(struct range r)
{
    const uint32_t ram = MT3620_SECURE_RAM - MT3620_RAM;
    if (r.bytes == 0)
        return true;
    return r.at % 4 == 0 && r.at >= MT3620_RAM && r.at - MT3620_RAM < ram &&
           r.bytes <= ram - (r.at - MT3620_RAM);
}

/* Both valid. */
static bool ranges_overlap(struct range a, struct range b)
{
    return a.bytes && b.bytes && a.at < b.at + b.bytes && b.at < a.at + a.bytes;
}

static enum monitor_status row_call(struct monitor *m, const struct row *row, struct range in,
                                    struct range out, uint32_t *bytes)
{
    if (in.bytes < row->min || in.bytes > row->max)
        return MONITOR_INVALID_PARAMETER;
    if (!range_valid(in) || !range_valid(out) || (in.at != out.at && ranges_overlap(in, out)))
        return MONITOR_INVALID_PARAMETER;
    if (in.bytes)
        memcpy(m->request, plat_ram(in.at), in.bytes);

    struct cursor request = cursor_of(span_of(m->request, in.bytes));
    struct writer reply = writer_of(m->reply, out.bytes < row->reply ? out.bytes : row->reply);
    /* Nothing is done for an answer that would be lost.  The kernel divides the engine's calls
     * among processes; here the normal world has every right. */
    enum monitor_status status =
        row->handle            ? row->handle(m, &request, &reply)
        : reply.cap < row->room ? MONITOR_INVALID_PARAMETER
                                : engine_dispatch(&m->engine, UINT32_MAX, row->number,
                                                  cursor_bytes(&request, request.left), &reply);
    if (status == MONITOR_OK && reply.err)
        status = MONITOR_INVALID_PARAMETER; /* no room for it */
    if (status == MONITOR_OK && reply.len) {
        memcpy(plat_ram(out.at), m->reply, reply.len);
        *bytes = (uint32_t)reply.len;
    }
    ct_wipe(m->reply, reply.cap); /* may be a key */
    return status;
}

struct smc_result smc_call(struct monitor *m, const uint32_t r[static 5])
{
    struct smc_result result = {SMC_UNKNOWN, 0};
    const uint32_t number = r[0] & 0xFFFF;
    if (r[0] != SMC_FUNCTION(number))
        return result;
    const struct row *row = row_find(number);
    result.status = row ? row_call(m, row, (struct range){r[1], r[2]}, (struct range){r[3], r[4]},
                                   &result.bytes)
                        : MONITOR_PERMISSION_DENIED;
    return result;
}
