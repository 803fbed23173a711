/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing the audit log: the store's head is carried to the issuer, which signs it
 * and remembers; at intervals, and before the seals are listed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/hex.h"
#include "service/api/api.h"
#include "service/ipc/audit_ops.h"

/* -- listed on request ------------------------------------------------------------ */

static json_t *seal_json(const struct audit_seal *seal, const struct issuer_seals *all)
{
    char digest[65];
    json_t *issuing = all->issuing.len ? render_base64(all->issuing) : NULL; /* left out where the root itself signs */
    hex_encode(seal->digest, sizeof seal->digest, digest);
    return json_pack("{s:I,s:s,s:o,s:I,s:o,s:o,s:o*}", "sequence", (json_int_t)seal->sequence, "digest", digest,
                     "time", render_time_ms(seal->time_ms), "timeMs", (json_int_t)seal->time_ms, "signature",
                     render_base64(span_of(seal->signature, sizeof seal->signature)), "certificate",
                     render_base64(all->certificate), "issuingCertificate", issuing);
}

static void seals_listed(struct api_call *call, struct span payload)
{
    struct issuer_seals *seals = malloc(sizeof *seals);
    json_t *page = json_object(), *value = json_array();
    int err = seals ? record_parse(&issuer_seals_type, payload, seals) : E_NOMEM;
    for (uint32_t i = 0; !err && i < seals->count; i++)
        if (json_array_append_new(value, seal_json(&seals->seal[i], seals)) != 0)
            err = E_NOMEM;
    if (!err && json_object_set(page, "value", value) != 0)
        err = E_NOMEM;
    if (!err && seals->next &&
        json_object_set_new(page, "nextLink",
                            json_sprintf("%s" ROUTE_OURS "/auditLog/seals?api-version=" QUERY_API_VERSION
                                         "&$skipToken=%llu", call->api->base_url,
                                         (unsigned long long)seals->next)) != 0)
        err = E_NOMEM;
    json_decref(value);
    free(seals);
    if (err) {
        json_decref(page);
        api_fail_status(call, err);
    } else {
        api_answer(call, 200, page);
    }
}

static void seals_ask(struct api_call *call, struct span payload)
{
    const struct issuer_seals_request ask = {call->query.token};
    uint8_t bytes[32];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)payload;
    int err = record_write(&issuer_seals_request_type, &ask, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_AUDIT_SEALS, writer_view(&w), seals_listed);
}

/* The head as the issuer wants it; the length, 0: there is nothing to seal. */
static size_t head_write(struct span payload, uint8_t bytes[static 64], int *err)
{
    struct store_row_audit_head row;
    struct issuer_audit_head head;
    struct writer w = writer_of(bytes, 64);
    *err = record_parse(&store_row_audit_head_type, payload, &row);
    if (*err || row.sequence == 0)
        return 0;
    head.sequence = row.sequence;
    memcpy(head.digest, row.digest, sizeof head.digest);
    *err = record_write(&issuer_audit_head_type, &head, &w);
    return *err ? 0 : w.len;
}

static void head_found(struct api_call *call, struct span payload)
{
    uint8_t bytes[64];
    int err;
    size_t len = head_write(payload, bytes, &err);
    call->conflict = "the issuer has sealed another history of this audit log: records were changed or removed "
                     "in the store's database";
    if (err)
        api_fail_status(call, err);
    else if (len == 0)
        seals_ask(call, span_of(NULL, 0));
    else
        api_ask_issuer(call, ISSUER_OP_AUDIT_SEAL, span_of(bytes, len), seals_ask);
}

void api_audit_seals(struct api_call *call)
{
    if (call->query.token)
        seals_ask(call, span_of(NULL, 0));
    else
        api_ask_head(call, head_found);
}

/* -- at intervals ------------------------------------------------------------------- */

static void on_sealed(void *context, int status, struct span payload)
{
    (void)context;
    (void)payload;
    if (status)
        fprintf(stderr, "api: the audit log's head was not sealed: %s\n",
                status == E_CONFLICT ? "the issuer has sealed another history" : err_text(status));
}

static void on_head(void *context, int status, struct span payload)
{
    struct api *api = context;
    uint8_t bytes[64];
    int err = status;
    size_t len = err ? 0 : head_write(payload, bytes, &err);
    if (!err && len)
        err = channel_call(api->issuer, ISSUER_OP_AUDIT_SEAL, span_of(bytes, len), on_sealed, NULL);
    if (err)
        on_sealed(NULL, err, span_of(NULL, 0));
}

void api_seal(struct api *api)
{
    int err = channel_call(api->store, STORE_OP_AUDIT_HEAD, span_of(NULL, 0), on_head, api);
    if (err)
        on_sealed(NULL, err, span_of(NULL, 0));
}
