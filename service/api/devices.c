/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices: claim, move, capability file, and registration by the factory. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/hex.h"
#include "service/api/api.h"
#include "service/ipc/issuer_ops.h"

/* A deviceId in the body, where there is one, must be the one in the path. */
static bool device_of(struct api_call *call, const json_t *properties, uint8_t device_id[static 64])
{
    struct span text;
    if (hex_decode(call->scope.name, device_id, 64) != 0) {
        api_fail(call, API_INVALID_NAME, "%s", name_rule_text(NAME_DEVICE));
        return false;
    }
    if (body_text(properties, "deviceId", &text) &&
        (text.len != call->scope.name.len ||
         strncasecmp((const char *)text.at, (const char *)call->scope.name.at, text.len) != 0)) {
        api_fail(call, API_INVALID_CONTENT, "\"deviceId\" is not the device of the path");
        return false;
    }
    return true;
}

void api_device_put(struct api_call *call)
{
    struct store_device_claim *put = calloc(1, sizeof *put);
    const json_t *properties = body_get(call->body, "properties");
    if (!put) {
        api_fail_status(call, E_NOMEM);
        goto out;
    }
    if (!device_of(call, properties, put->device[0].id))
        goto out;
    put->scope = call->scope;
    put->count = 1;
    api_ask_store(call, STORE_OP_DEVICE_CLAIM, &store_device_claim_type, put, api_finish_row);
out:
    free(put);
}

void api_devices_claim(struct api_call *call)
{
    const json_t *ids = body_get(call->body, "deviceIdentifiers");
    size_t count = json_array_size(ids);
    if (count == 0 || count > STORE_CLAIM_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"deviceIdentifiers\" is required, with 1 to %d devices",
                 STORE_CLAIM_MAX);
        return;
    }
    struct store_device_claim *put = calloc(1, sizeof *put);
    if (!put) {
        api_fail_status(call, E_NOMEM);
        return;
    }
    put->scope = call->scope;
    for (size_t i = 0; i < count; i++) {
        const json_t *id = json_array_get(ids, i);
        if (hex_decode(span_of(json_string_value(id), json_string_length(id)), put->device[put->count++].id, 64) != 0) {
            api_fail(call, API_INVALID_CONTENT, "device %zu: %s", i, name_rule_text(NAME_DEVICE));
            goto out;
        }
    }
    api_detail(call, "%zu devices:", count);
    for (size_t i = 0; i < count; i++)
        api_detail(call, " %s", json_string_value(json_array_get(ids, i)));
    api_ask_store_later(call, STORE_OP_DEVICE_CLAIM, &store_device_claim_type, put);
out:
    free(put);
}

/* -- move ------------------------------------------------------------------ */

/* The segments of a device group's id: fixed words without case, and names. */
static const struct id_part {
    const char *word; /* NULL: a name */
    size_t part;
    enum name_rule rule;
} id_parts[] = {
    {"subscriptions", 0, 0},
    {NULL, offsetof(struct store_scope, subscription), NAME_SUBSCRIPTION},
    {"resourceGroups", 0, 0},
    {NULL, offsetof(struct store_scope, resource_group), NAME_RESOURCE_GROUP},
    {"providers", 0, 0},
    {"Microsoft.AzureSphere", 0, 0},
    {"catalogs", 0, 0},
    {NULL, offsetof(struct store_scope, catalog), NAME_CATALOG},
    {"products", 0, 0},
    {NULL, offsetof(struct store_scope, product), NAME_PRODUCT},
    {"deviceGroups", 0, 0},
    {NULL, offsetof(struct store_scope, group), NAME_GROUP},
};

static bool group_id_parse(struct span text, struct store_scope *scope)
{
    for (size_t i = 0; i < sizeof id_parts / sizeof id_parts[0]; i++) {
        const struct id_part *part = &id_parts[i];
        if (text.len == 0 || text.at[0] != '/')
            return false;
        text = span_of(text.at + 1, text.len - 1);
        const uint8_t *end = text.len ? memchr(text.at, '/', text.len) : NULL;
        struct span segment = span_of(text.at, end ? (size_t)(end - text.at) : text.len);
        if (part->word ? segment.len != strlen(part->word) ||
                             strncasecmp((const char *)segment.at, part->word, segment.len) != 0
                       : !name_valid(part->rule, segment))
            return false;
        if (!part->word)
            memcpy((uint8_t *)scope + part->part, &segment, sizeof segment);
        text = span_of(text.at + segment.len, text.len - segment.len);
    }
    return text.len == 0 || (text.len == 1 && text.at[0] == '/');
}

/* The answer's id is that of the new place. */
static void moved(struct api_call *call, struct span payload)
{
    call->scope.product = call->scope.group = span_of(NULL, 0);
    api_finish_row(call, payload);
}

void api_device_patch(struct api_call *call)
{
    struct store_device_move move = {.scope = call->scope};
    struct span id;
    const json_t *properties = body_get(call->body, "properties");
    if (!body_text(properties, "deviceGroupId", &id) || !group_id_parse(id, &move.target)) {
        api_fail(call, API_INVALID_CONTENT, "\"deviceGroupId\" is required: the resource id of a device group");
        return;
    }
    api_detail(call, "to %.*s", (int)id.len, (const char *)id.at);
    api_ask_store(call, STORE_OP_DEVICE_MOVE, &store_device_move_type, &move, moved);
}

/* -- capability file -------------------------------------------------------------- */

/* service-api.md §1.6: what the service issues. */
static const struct capability_name {
    const char *name;
    uint16_t number;
} capability_names[] = {
    {"ApplicationDevelopment", 11},
    {"FieldServicing", 13},
};

static void capability_signed(struct api_call *call, struct span payload)
{
    size_t cap = base64_encoded_bytes(payload.len);
    uint8_t *text = malloc(cap + 1);
    if (!text) {
        api_fail_status(call, E_NOMEM);
        return;
    }
    struct writer w = writer_of(text, cap);
    base64_encode(payload, &w);
    api_answer(call, 200, w.err ? NULL : json_pack("{s:o}", "image", json_stringn((const char *)text, w.len)));
    free(text);
}

/* The device stands where the path says, so it is the caller's to open. */
static void capability_device(struct api_call *call, struct span payload)
{
    struct store_row_device row;
    struct store_rows rows;
    struct issuer_capability_request ask = {.count = call->capability_count};
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!api_row(call, payload, &store_row_device_type, &row, &rows))
        return;
    memcpy(ask.device_id, row.device_id, sizeof ask.device_id);
    memcpy(ask.capability, call->capability, sizeof ask.capability);
    int err = issuer_capability_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_SIGN_CAPABILITY, writer_view(&w), capability_signed);
}

static bool capability_take(struct api_call *call, const json_t *item)
{
    for (size_t i = 0; i < sizeof capability_names / sizeof capability_names[0]; i++) {
        if (!json_is_string(item) || strcmp(json_string_value(item), capability_names[i].name) != 0)
            continue;
        for (uint16_t k = 0; k < call->capability_count; k++)
            if (call->capability[k] == capability_names[i].number)
                return false;
        call->capability[call->capability_count++] = capability_names[i].number;
        return true;
    }
    return false;
}

void api_device_capability(struct api_call *call)
{
    struct store_query query = {.scope = call->scope};
    const json_t *list = body_get(call->body, "capabilities");
    bool good = list != NULL;
    for (size_t i = 0; good && i < json_array_size(list); i++)
        good = capability_take(call, json_array_get(list, i));
    if (!good)
        api_fail(call, API_INVALID_CONTENT,
                 "\"capabilities\" is required: any of ApplicationDevelopment, FieldServicing, each once");
    else {
        for (size_t i = 0; i < json_array_size(list); i++)
            api_detail(call, "%s%s", i ? ", " : "", json_string_value(json_array_get(list, i)));
        api_ask_store(call, STORE_OP_DEVICE_SHOW, &store_query_type, &query, capability_device);
    }
}

/* -- factory ------------------------------------------------------------------------ */

void api_device_register(struct api_call *call)
{
    struct store_device_register put = {.chip_sku = span_of("MT3620AN", 8)};
    struct span sku;
    const json_t *properties = body_get(call->body, "properties");
    if (!device_of(call, properties, put.device_id))
        return;
    if (body_text(properties, "chipSku", &sku)) {
        if (sku.len == 0 || sku.len > 32) {
            api_fail(call, API_INVALID_CONTENT, "\"chipSku\" has 1 to 32 characters");
            return;
        }
        put.chip_sku = sku;
    }
    api_ask_store(call, STORE_OP_DEVICE_REGISTER, &store_device_register_type, &put, api_finish_row);
}
