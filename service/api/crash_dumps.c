/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps: what is known of one, and its download.
 * Source: docs/spec/crash-dump.md.
 * A download has two halves that go to the caller together: the dump as its device sealed it, from the store, and the
 * key of it, from the issuer, sealed to a public key that the caller brings.  Neither this process nor front can
 * open either.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/crash_dump.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "service/api/api.h"
#include "service/ipc/dump_ops.h"

json_t *render_dump(struct api_call *call, const void *at)
{
    const struct store_row_dump *row = at;
    char guid[GUID_TEXT_BYTES], device[2 * sizeof row->device_id + 1];
    guid_format(row->dump, guid);
    hex_encode(row->device_id, sizeof row->device_id, device);
    bool grouped = !guid_is_zero(row->crash_group);
    return json_pack("{s:o,s:s,s:s,s:{s:s,s:o,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:I,s:s}}",
                     "id", render_catalog_id(call, ROUTE_OURS "/crashDumps/", span_of(guid, 36)),
                     "name", guid,
                     "type", "Perisphere/crashDumps",
                     "properties",
                     "deviceId", device,
                     "productName", render_text(row->product),
                     "deviceGroupName", render_text(row->group),
                     "componentId", render_guid(row->component),
                     "imageId", render_guid(row->image),
                     "signal", (json_int_t)row->signal,
                     "crashGroupName", grouped ? render_guid(row->crash_group) : json_null(),
                     "crashedUtc", render_time_ms(row->crashed_s * 1000),
                     "receivedUtc", render_time_ms(row->received_s * 1000),
                     "expiresUtc", render_time_ms(row->expires_s * 1000),
                     "coreBytes", (json_int_t)row->bytes,
                     "provisioningState", "Succeeded");
}

static void key_sealed(struct api_call *call, struct span payload)
{
    json_t *former = json_array();
    struct cursor c = cursor_of(payload);
    bool good = former != NULL && payload.len >= CRASH_DUMP_KEY_BYTES && payload.len % CRASH_DUMP_KEY_BYTES == 0;
    struct span key = cursor_bytes(&c, CRASH_DUMP_KEY_BYTES);
    for (size_t i = 1; good && i < payload.len / CRASH_DUMP_KEY_BYTES; i++)
        good = json_array_append_new(former, render_base64(cursor_bytes(&c, CRASH_DUMP_KEY_BYTES))) == 0;
    if (!good || cursor_end(&c) != 0) {
        json_decref(former);
        api_fail_status(call, E_INTERNAL);
        return;
    }
    json_t *body = call->held;
    call->held = NULL;
    good = json_object_set_new(body, "key", render_base64(key)) == 0;
    if (json_object_set_new(body, "formerKeys", former) != 0 || !good) {
        json_decref(body);
        api_fail_status(call, E_NOMEM);
        return;
    }
    api_answer(call, 200, body);
}

static void dump_read(struct api_call *call, struct span payload)
{
    struct store_row_dump_bytes row;
    struct store_rows rows;
    struct crash_dump dump;
    struct issuer_dump_open ask;
    uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!api_row(call, payload, &store_row_dump_bytes_type, &row, &rows))
        return;
    int err = crash_dump_parse(row.dump, &dump) == 0 ? 0 : E_CORRUPT;
    if (!err && !(call->held = json_pack("{s:o}", "dump", render_base64(row.dump))))
        err = E_NOMEM;
    if (!err) {
        memcpy(ask.catalog, row.catalog, sizeof ask.catalog);
        memcpy(ask.head, dump.head.at, sizeof ask.head);
        memcpy(ask.enc, dump.enc.at, sizeof ask.enc);
        memcpy(ask.key, call->public_key, sizeof ask.key);
        err = record_write(&issuer_dump_open_type, &ask, &w);
    }
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_DUMP_OPEN, writer_view(&w), key_sealed);
}

void api_dump_download(struct api_call *call)
{
    struct store_query query = {.scope = call->scope};
    uint8_t key[CRASH_DUMP_ENC_BYTES + 3];
    struct span text;
    struct writer w = writer_of(key, sizeof key);
    if (!body_text(call->body, "publicKey", &text) || text.len > base64_encoded_bytes(CRASH_DUMP_ENC_BYTES) ||
        base64_decode(text, &w) != 0 || w.len != CRASH_DUMP_ENC_BYTES || hpke_public_check(key) != 0) {
        api_fail(call, API_INVALID_CONTENT, "\"publicKey\" is an uncompressed point of P-256, 65 bytes in base64");
        return;
    }
    memcpy(call->public_key, key, sizeof call->public_key);
    api_ask_store(call, STORE_OP_DUMP_READ, &store_query_type, &query, dump_read);
}
