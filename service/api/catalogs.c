/* SPDX-License-Identifier: BSD-2-Clause */
/* Catalogs and products: PUT and PATCH. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "service/api/api.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/issuer_ops.h"

enum { TAGS_MAX = 50, TAG_NAME_MAX = 512, TAG_VALUE_MAX = 256 };

/* -- catalogs ------------------------------------------------------------- */

/* The rules of ARM: at most 50, names to 512 and values to 256 characters. */
static bool tags_valid(const json_t *tags)
{
    if (json_object_size(tags) > TAGS_MAX)
        return false;
    for (void *at = json_object_iter((json_t *)(uintptr_t)tags); at;
         at = json_object_iter_next((json_t *)(uintptr_t)tags, at)) {
        const json_t *value = json_object_iter_value(at);
        if (!json_is_string(value) || json_string_length(value) > TAG_VALUE_MAX ||
            strlen(json_object_iter_key(at)) > TAG_NAME_MAX)
            return false;
    }
    return true;
}

bool api_tags(struct api_call *call, char **text)
{
    json_t *tags = body_get(call->body, "tags");
    *text = NULL;
    if (!tags)
        return true;
    if (!tags_valid(tags)) {
        api_fail(call, API_INVALID_CONTENT, "tags are at most 50 strings of 256 characters");
        return false;
    }
    *text = json_dumps(tags, JSON_COMPACT);
    if (*text && strlen(*text) <= STORE_TAGS_MAX)
        return true;
    free(*text);
    *text = NULL;
    api_fail(call, API_INVALID_CONTENT, "the tags are too long together");
    return false;
}

/* A new catalog's CA is made behind the answer, that of an old one before it: should
 * the issuer have failed the first time, the same request again asks once more. */
static void ca_made(struct api_call *call, struct span payload)
{
    json_t *body = call->held;
    (void)payload;
    call->held = NULL;
    if (body)
        api_answer(call, 200, body);
    else /* taken up again: nobody waits for it */
        api_answer_empty(call, 200);
}

void api_catalog_ca(struct api_call *call)
{
    struct issuer_catalog_request ask;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(ask.catalog, call->tenant, sizeof ask.catalog);
    int err = issuer_catalog_request_write(&ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_CATALOG_CREATE, writer_view(&w), ca_made);
}

static void catalog_stored(struct api_call *call, struct span payload)
{
    struct store_row_catalog row;
    struct store_rows rows;
    if (!api_row(call, payload, &store_row_catalog_type, &row, &rows))
        return;
    memcpy(call->tenant, row.tenant, sizeof call->tenant);
    call->held = render_catalog(call, &row);
    json_t *properties = json_object_get(call->held, "properties");
    if (!properties)
        api_fail_status(call, E_NOMEM);
    else if (!rows.created)
        api_catalog_ca(call);
    else if (json_object_set_new(properties, "provisioningState", json_string("Provisioning")) != 0)
        api_fail_status(call, E_NOMEM);
    else if (api_job_answer(call))
        api_catalog_ca(call);
}

static void catalog_write(struct api_call *call, bool patch)
{
    char *text;
    if (!patch && !api_job_reserve(call, 0))
        return;
    if (!patch && RAND_bytes(call->operation, sizeof call->operation) != 1) {
        api_fail_status(call, E_ENTROPY);
        return;
    }
    if (!api_tags(call, &text))
        return;
    struct store_catalog_put put = {
        .scope = call->scope,
        .actor = call->actor,
        .must_exist = patch,
        .set_tags = text != NULL,
        .tags = span_of(text, text ? strlen(text) : 0),
    };
    memcpy(put.operation, call->operation, sizeof put.operation);
    api_ask_store(call, STORE_OP_CATALOG_PUT, &store_catalog_put_type, &put,
                  patch ? api_finish_row : catalog_stored);
    free(text);
}

void api_catalog_put(struct api_call *call) { catalog_write(call, false); }
void api_catalog_patch(struct api_call *call) { catalog_write(call, true); }

/* -- products ------------------------------------------------------------- */

void api_product_put(struct api_call *call)
{
    const json_t *properties = body_get(call->body, "properties");
    struct store_product_put put = {
        .scope = call->scope,
        .must_exist = route_table[call->handler->route].method == ROUTE_PATCH,
    };
    put.set_description = body_text(properties, "description", &put.description) || !put.must_exist;
    if (put.description.len > STORE_DESCRIPTION_MAX) {
        api_fail(call, API_INVALID_CONTENT, "\"description\" has more than %d bytes", STORE_DESCRIPTION_MAX);
        return;
    }
    api_ask_store(call, STORE_OP_PRODUCT_PUT, &store_product_put_type, &put, api_finish_row);
}

void api_product_defaults(struct api_call *call)
{
    struct store_query query = {.scope = call->scope};
    api_ask_store(call, STORE_OP_PRODUCT_DEFAULTS, &store_query_type, &query, api_finish_page);
}
