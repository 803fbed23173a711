/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DERIVE_KEY: a storage key that no other chip, component or generation has.
 * Pluton makes it from the chip's fused secret; the monitor keeps no copy.
 */
#include "abi/pluton_call.h"
#include "lib/ct.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

enum { KEY_BYTES = 32, KEY_INSTANCE = 0, KEY_GENERATION = 0 /* the current one */ };

enum monitor_status svc_DERIVE_KEY(struct monitor *m, struct cursor *in, struct writer *reply)
{
    uint8_t request[IMAGE_UID_BYTES + 4], key[KEY_BYTES];
    struct writer w = writer_of(request, sizeof request), got = writer_of(key, sizeof key);
    enum monitor_status status = MONITOR_VERIFICATION_FAILED;
    (void)m;

    writer_bytes(&w, cursor_bytes(in, IMAGE_UID_BYTES).at, IMAGE_UID_BYTES);
    if (cursor_u32le(in) > KEY_GENERATION)
        return MONITOR_INVALID_PARAMETER;
    writer_u32le(&w, KEY_GENERATION);
    if (plat_pluton(PLUTON_DERIVE, writer_view(&w), &got) != 0 || got.len != sizeof key)
        goto out;
    writer_bytes(reply, key, sizeof key);
    writer_u32le(reply, KEY_INSTANCE);
    writer_u32le(reply, KEY_GENERATION);
    status = MONITOR_OK;
out:
    ct_wipe(key, sizeof key);
    return status;
}
