/* SPDX-License-Identifier: BSD-2-Clause */
/* Release of a device to another owner, and its claim: docs/spec/handover.md. */
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/guid.h"
#include "service/api/api.h"

enum { HOURS = 7 * 24, HOURS_MAX = 30 * 24 };

json_t *render_token(struct api_call *call, const void *at)
{
    const struct store_row_token *row = at;
    uint8_t text[(STORE_TOKEN_MAX + 2) / 3 * 4];
    struct writer w = writer_of(text, sizeof text);
    base64_encode(row->token, &w);
    if (w.err)
        return NULL;
    return json_pack("{s:o,s:o,s:o}", "deviceId", render_text(call->scope.name),
                     "token", json_stringn((const char *)text, w.len),
                     "expiresUtc", render_time_ms(row->expires_s * 1000));
}

void api_device_release(struct api_call *call)
{
    struct store_device_release put = {.scope = call->scope};
    struct span tenant;
    const json_t *hours = body_get(call->body, "expiresInHours");
    json_int_t value = hours ? json_integer_value(hours) : HOURS;
    if (value < 1 || value > HOURS_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"expiresInHours\" is a number from 1 to %d", HOURS_MAX);
        return;
    }
    put.lifetime_s = (uint32_t)value * 3600;
    if (body_text(call->body, "targetTenantId", &tenant) && tenant.len) {
        put.has_target = true;
        if (guid_parse(tenant, put.target) != 0 || guid_is_zero(put.target)) {
            api_fail(call, API_INVALID_CONTENT, "\"targetTenantId\" is the tenant GUID of a catalog");
            return;
        }
    }
    api_detail(call, "to %.*s, for %lld hours", put.has_target ? (int)tenant.len : 3,
               put.has_target ? (const char *)tenant.at : "any", (long long)value);
    api_ask_store(call, STORE_OP_DEVICE_RELEASE, &store_device_release_type, &put, api_finish_row);
}

/* The answer's id is where the device is now. */
void api_device_take(struct api_call *call)
{
    struct store_device_take put = {.scope = call->scope};
    uint8_t token[STORE_TOKEN_MAX + 3];
    struct span text;
    struct writer w = writer_of(token, sizeof token);
    call->malformed = "\"token\" is not a release token of this service";
    if (!body_text(call->body, "token", &text) || text.len > base64_encoded_bytes(STORE_TOKEN_MAX) ||
        base64_decode(text, &w) != 0 || w.len > STORE_TOKEN_MAX) {
        api_fail_status(call, E_MALFORMED);
        return;
    }
    put.token = writer_view(&w);
    call->foreign = "the device was released to another tenant";
    call->absent = "the release was used or taken back, or the device is no longer where it was released from";
    call->conflict = "the device is in this catalog already";
    api_ask_store(call, STORE_OP_DEVICE_TAKE, &store_device_take_type, &put, api_finish_row);
}
