/* SPDX-License-Identifier: BSD-2-Clause */
/* Measurements: appended in boot order, closed before the normal world runs. */
#include <string.h>

#include "pluton/runtime/cmd.h"

_Static_assert((int)PLUTON_MEASUREMENTS_MAX == (int)EVIDENCE_MEASUREMENTS_MAX,
               "evidence holds them all");

int pluton_measure(struct pluton *p, const struct measurement *m)
{
    if (m->type == IMAGE_TYPE_INVALID)
        return E_RANGE;
    if (p->measurements_closed)
        return E_STATE;
    if (p->measurement_count >= PLUTON_MEASUREMENTS_MAX)
        return E_FULL;
    p->measurement[p->measurement_count++] = *m;
    return 0;
}

int cmd_MEASURE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct measurement m;
    (void)reply;
    m.type = cursor_u16le(in);
    const uint16_t reserved = cursor_u16le(in);
    m.security_version = cursor_u32le(in);
    cursor_copy(in, m.component, sizeof m.component);
    cursor_copy(in, m.digest, sizeof m.digest);
    if (reserved != 0)
        return E_RANGE;
    return pluton_measure(p, &m);
}

int cmd_CLOSE_MEASUREMENTS(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)in;
    (void)reply;
    p->measurements_closed = true;
    return 0;
}
