/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/attest.h"

#include <string.h>

#include "os/azured/device_time.h"

static int challenge(struct service_link *service, uint8_t nonce[static DEVICE_API_NONCE_BYTES],
                     struct failure *failure)
{
    uint8_t room[1024];
    struct http_exchange x = {.method = "POST", .path = DEVICE_API_CHALLENGE,
                              .body_room = writer_of(room, sizeof room)};
    int err = service_ask(service, &x, 200, failure);
    if (err)
        return err;
    err = attestation_challenge_parse(writer_view(&x.body_room), nonce);
    return err ? failure_of_answer(failure, "answer to the challenge request", err) : 0;
}

int attest_run(struct service_link *service, struct key_guard *keys,
               const uint8_t tenant[static ROT_TENANT_BYTES], struct certificate *out,
               struct failure *failure)
{
    uint8_t nonce[DEVICE_API_NONCE_BYTES], key[ROT_KEY_BYTES];
    uint8_t evidence[EVIDENCE_BYTES_MAX], room[ATTEST_ANSWER_MAX];
    struct writer w = writer_of(evidence, sizeof evidence);
    struct attestation answer;

    memset(out, 0, sizeof *out);
    int err = challenge(service, nonce, failure);
    if (err)
        return err;
    err = key_generate(keys, tenant, key);
    if (err)
        return failure_of(failure, "new client key", err);
    err = key_evidence(keys, tenant, span_of(nonce, sizeof nonce), &w);
    if (err)
        return failure_of(failure, "evidence", err);

    struct http_exchange x = {.method = "POST", .path = DEVICE_API_ATTEST,
                              .content_type = "application/cose", .body = writer_view(&w),
                              .body_room = writer_of(room, sizeof room)};
    err = service_ask(service, &x, 200, failure);
    if (err)
        return err;
    struct writer pem = writer_of(out->pem, sizeof out->pem);
    err = attestation_parse(writer_view(&x.body_room), key, &answer);
    if (!err)
        err = attestation_pem(&answer, &pem);
    if (err)
        return failure_of_answer(failure, "attestation result", err);
    err = key_commit(keys, tenant);
    if (err)
        return failure_of(failure, "commit of the client key", err);
    out->result = answer.result;
    out->life_s = answer.not_after_s - answer.server_time_s;
    out->server_time_s = answer.server_time_s;
    out->time_err = service->anchor ? device_time_learn(&answer, service->anchor) : E_MISSING;
    out->pem_bytes = pem.len;
    return 0;
}
