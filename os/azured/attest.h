/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation of one tenant's key: challenge, new key, evidence, certificate.
 * Source: docs/spec/azured.md, abi/device_api.h.
 * The new key becomes the tenant's only after the service has certified it; on
 * any failure the key and certificate of before stay in use.
 */
#ifndef PERI_OS_AZURED_ATTEST_H
#define PERI_OS_AZURED_ATTEST_H

#include "os/azured/attestation.h"
#include "os/azured/key_guard.h"
#include "os/azured/service_link.h"
#include "os/ipc/os_channel.h"

enum { ATTEST_ANSWER_MAX = 16384 };

struct certificate {
    enum daa_result result;
    uint64_t life_s;        /* by the service's clock */
    uint64_t server_time_s; /* when it was issued */
    int time_err;           /* 0: device_time_learn() took server_time_s */
    size_t pem_bytes;
    uint8_t pem[OS_PEM_MAX]; /* leaf and chain */
};

/* service speaks without a client certificate.  failure is set on error. */
int attest_run(struct service_link *service, struct key_guard *keys,
               const uint8_t tenant[static ROT_TENANT_BYTES], struct certificate *out,
               struct failure *failure) MUST_CHECK;

#endif
