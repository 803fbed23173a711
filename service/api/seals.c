/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing the audit log: the store's head is carried to the issuer, which signs it
 * and remembers; at intervals, and before the seals are listed.  And the way back: the
 * issuer signs that records may go, and the store lets them.
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

/* -- records that go -------------------------------------------------------------- */

json_t *render_checkpoint(struct api_call *call, const void *at)
{
    const struct store_checkpoint *row = at;
    char digest[65];
    (void)call;
    hex_encode(row->digest, sizeof row->digest, digest);
    return json_pack("{s:I,s:s,s:o,s:I,s:o}", "sequence", (json_int_t)row->sequence, "digest", digest, "time",
                     render_time_ms(row->time_ms), "timeMs", (json_int_t)row->time_ms, "signature",
                     render_base64(span_of(row->signature, sizeof row->signature)));
}

/* The body's record: {"sequence","digest"}. */
static bool head_take(const struct api_call *call, struct issuer_audit_head *head)
{
    struct span digest;
    const json_t *sequence = json_object_get(call->body, "sequence");
    json_int_t number = json_integer_value(sequence);
    head->sequence = number > 0 ? (uint64_t)number : 0;
    return number > 0 && body_text(call->body, "digest", &digest) &&
           hex_decode(digest, head->digest, sizeof head->digest) == 0;
}

/* The issuer lets them go: the store's part, in one transaction with the record that says so. */
static void checkpoint_signed(struct api_call *call, struct span payload)
{
    struct issuer_checkpoint signature;
    struct issuer_audit_head head;
    struct store_checkpoint checkpoint;
    int err = record_parse(&issuer_checkpoint_type, payload, &signature);
    if (err || !head_take(call, &head)) {
        api_fail_status(call, err ? err : E_INTERNAL);
        return;
    }
    checkpoint = (struct store_checkpoint){.sequence = head.sequence, .time_ms = signature.time_ms};
    memcpy(checkpoint.digest, head.digest, sizeof checkpoint.digest);
    memcpy(checkpoint.signature, signature.signature, sizeof checkpoint.signature);
    call->conflict = "this record is another one in the log";
    call->early = "the record is younger than records are kept (audit_keep_days), or the service's clock was set, or it was off for "
                  "long: nothing goes for its age until a day later";
    api_ask_store(call, STORE_OP_AUDIT_PRUNE, &store_checkpoint_type, &checkpoint, api_finish_row);
}

void api_audit_prune(struct api_call *call)
{
    struct issuer_audit_head head;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!head_take(call, &head)) {
        api_fail(call, API_INVALID_CONTENT, "\"sequence\" is the number of a record, \"digest\" its 64 hex digits");
        return;
    }
    api_detail(call, "up to record %llu", (unsigned long long)head.sequence);
    call->absent = "the issuer has no seal of this record, or it went before";
    call->conflict = "the issuer has sealed another record with this number";
    call->early = "the seal of this record is younger than records are kept (audit_keep_days, 365 as made): export those that were sealed before that";
    int err = record_write(&issuer_audit_head_type, &head, &w);
    if (err)
        api_fail_status(call, err);
    else
        api_ask_issuer(call, ISSUER_OP_AUDIT_CHECKPOINT, writer_view(&w), checkpoint_signed);
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
