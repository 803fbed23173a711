/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability files are made by the service alone, and named by hosts: firmware has the reader,
 * lib/capability.c. */
#include "lib/capability.h"

static bool known(uint16_t number)
{
    switch (number) {
#define CAPABILITY_CASE(name, number_, text) case number_:
        CAPABILITY_TABLE(CAPABILITY_CASE)
#undef CAPABILITY_CASE
        return true;
    default: return false;
    }
}

const char *capability_name(uint16_t number)
{
    switch (number) {
#define CAPABILITY_NAME(name, number_, text) case number_: return text;
        CAPABILITY_TABLE(CAPABILITY_NAME)
#undef CAPABILITY_NAME
    default: return "Unknown";
    }
}

int capability_write(const struct capability_body *in, struct writer *w)
{
    if (in->count > CAPABILITY_WRITTEN_MAX)
        return E_RANGE;
    for (uint16_t i = 0; i < in->count; i++)
        if (!known(in->capability[i]) ||
            (i > 0 && in->capability[i] <= in->capability[i - 1]))
            return E_RANGE;
    writer_u32le(w, CAPABILITY_MAGIC);
    writer_u32le(w, CAPABILITY_VERSION);
    writer_u32le(w, CAPABILITY_BODY_BYTES);
    writer_bytes(w, in->device_id, sizeof in->device_id);
    for (uint16_t i = 0; i < CAPABILITY_WRITTEN_MAX; i++)
        writer_u32le(w, i < in->count ? in->capability[i] : 0);
    return w->err;
}
