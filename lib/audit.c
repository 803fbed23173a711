/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/audit.h"

#include "lib/cbor.h"
#include "lib/utf8.h"

int audit_digest(const uint8_t previous[static SHA256_BYTES], const struct audit_record *record,
                 uint8_t digest[static SHA256_BYTES])
{
    uint8_t bytes[AUDIT_RECORD_MAX];
    const struct span texts[] = {record->principal, record->action,  record->path,
                                 record->detail,    record->outcome, record->request_id};
    enum { TEXTS = sizeof texts / sizeof texts[0] };
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_array(&w, 4 + TEXTS);
    cbor_put_string(&w, "perisphere audit 1");
    cbor_put_bytes(&w, previous, SHA256_BYTES);
    cbor_put_uint(&w, record->sequence);
    cbor_put_uint(&w, record->time_ms);
    for (size_t i = 0; i < TEXTS; i++) {
        if (!utf8_valid(texts[i]))
            return E_MALFORMED;
        cbor_put_text(&w, (const char *)texts[i].at, texts[i].len);
    }
    struct span all = writer_view(&w);
    return w.err ? w.err : crypto_sha256(&all, 1, digest);
}

static int head_digest(const char *name, const struct audit_seal *seal, uint8_t digest[static SHA256_BYTES])
{
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    cbor_put_array(&w, 4);
    cbor_put_string(&w, name);
    cbor_put_uint(&w, seal->sequence);
    cbor_put_bytes(&w, seal->digest, sizeof seal->digest);
    cbor_put_uint(&w, seal->time_ms);
    struct span all = writer_view(&w);
    return w.err ? w.err : crypto_sha256(&all, 1, digest);
}

int audit_seal_digest(const struct audit_seal *seal, uint8_t digest[static SHA256_BYTES])
{
    return head_digest("perisphere audit head 1", seal, digest);
}

int audit_checkpoint_digest(const struct audit_seal *checkpoint, uint8_t digest[static SHA256_BYTES])
{
    return head_digest("perisphere audit checkpoint 1", checkpoint, digest);
}
