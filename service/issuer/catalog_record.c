/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/catalog_record.h"

#include <stdio.h>
#include <string.h>

#include "lib/ct.h"

enum { VERSION = 1, HEAD_BYTES = 1 + GCM_NONCE_BYTES, EXTRA_BYTES = HEAD_BYTES + GCM_TAG_BYTES, BOUND_MAX = 96 };

static struct span bound_write(const struct store_ca *record, uint8_t bytes[static BOUND_MAX])
{
    static const char purpose[] = "perisphere catalog CA";
    struct writer w = writer_of(bytes, BOUND_MAX);
    writer_bytes(&w, purpose, sizeof purpose - 1);
    writer_bytes(&w, record->tenant, sizeof record->tenant);
    writer_u64be(&w, record->number);
    writer_bytes(&w, record->serial, sizeof record->serial);
    writer_bytes(&w, record->anchor_serial, sizeof record->anchor_serial);
    return writer_view(&w);
}

int catalog_record_seal(const struct wrap *wrap, const uint8_t tenant[static 16],
                        const struct catalog_ca *ca, uint8_t buffer[static STORE_CA_SEALED_MAX],
                        struct store_ca *record)
{
    uint8_t bound[BOUND_MAX];
    char *text;
    *record = (struct store_ca){
        .number = ca->number, .not_before_s = ca->authority.not_before_s, .not_after_s = ca->authority.not_after_s,
        .active_s = ca->active_s, .revoked_s = ca->revoked_s,
    };
    memcpy(record->tenant, tenant, sizeof record->tenant);
    memcpy(record->serial, ca->authority.serial, sizeof record->serial);
    memcpy(record->anchor_serial, ca->anchor_serial, sizeof record->anchor_serial);
    int err = authority_text(&ca->authority, true, true, span_of(ca->anchor, ca->anchor_bytes), &text);
    if (err)
        return err;
    size_t len = strlen(text);
    if (len > STORE_CA_SEALED_MAX - EXTRA_BYTES)
        err = E_FULL;
    buffer[0] = VERSION;
    if (!err)
        err = wrap_seal(wrap, bound_write(record, bound), span_of(text, len), buffer + 1, buffer + HEAD_BYTES,
                        buffer + HEAD_BYTES + len);
    authority_text_free(text);
    record->sealed = err ? span_of(NULL, 0) : span_of(buffer, EXTRA_BYTES + len);
    return err;
}

/* text: STORE_CA_SEALED_MAX bytes; the caller's to wipe, on failure too. */
static int text_open(struct wrap_ring *ring, const struct store_ca *record, uint8_t *text, size_t *len, const struct wrap **by)
{
    uint8_t bound[BOUND_MAX];
    if (record->sealed.len <= EXTRA_BYTES || record->sealed.len > STORE_CA_SEALED_MAX)
        return E_CORRUPT;
    if (record->sealed.at[0] != VERSION)
        return E_VERSION;
    *len = record->sealed.len - EXTRA_BYTES;
    return wrap_ring_open(ring, record->sealed.at + 1, bound_write(record, bound), span_of(record->sealed.at + HEAD_BYTES, *len),
                          text, record->sealed.at + HEAD_BYTES + *len, by);
}

int catalog_record_reseal(struct wrap_ring *ring, struct store_ca *record, uint8_t buffer[static STORE_CA_SEALED_MAX],
                          bool *resealed)
{
    uint8_t bound[BOUND_MAX], text[STORE_CA_SEALED_MAX];
    const struct wrap *by;
    size_t len;
    *resealed = false;
    int err = text_open(ring, record, text, &len, &by);
    if (!err && by != &ring->now) {
        buffer[0] = VERSION;
        err = wrap_seal(&ring->now, bound_write(record, bound), span_of(text, len), buffer + 1, buffer + HEAD_BYTES,
                        buffer + HEAD_BYTES + len);
        *resealed = !err;
        if (!err)
            record->sealed = span_of(buffer, EXTRA_BYTES + len);
    }
    ct_wipe(text, sizeof text);
    return err;
}

int catalog_record_open(struct wrap_ring *ring, const struct store_ca *record,
                        const struct above *above, struct catalog_ca *ca)
{
    uint8_t text[STORE_CA_SEALED_MAX], serial[ISSUER_SERIAL_BYTES];
    size_t len;
    memset(ca, 0, sizeof *ca);
    int err = text_open(ring, record, text, &len, NULL);
    if (!err)
        err = authority_parse(&ca->authority, span_of(text, len), ca->anchor, &ca->anchor_bytes);
    ct_wipe(text, sizeof text);
    if (err)
        return err;
    /* The seal says that an issuer made it; its signature, that it was one of this service. */
    if (memcmp(ca->authority.serial, record->serial, sizeof record->serial) != 0 ||
        authority_serial(span_of(ca->anchor, ca->anchor_bytes), serial) != 0 ||
        memcmp(serial, record->anchor_serial, sizeof serial) != 0 || !above_signed(above, &ca->authority)) {
        authority_release(&ca->authority);
        return E_CORRUPT;
    }
    ca->number = record->number;
    memcpy(ca->anchor_serial, serial, sizeof serial);
    ca->active_s = record->active_s;
    ca->revoked_s = record->revoked_s;
    return 0;
}
