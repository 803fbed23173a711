/* SPDX-License-Identifier: BSD-2-Clause */
/* A device in good order for the tests of appraisal, and its service's side. */
#ifndef PERI_SERVICE_DAA_DEVICE_FIXTURE_TEST_H
#define PERI_SERVICE_DAA_DEVICE_FIXTURE_TEST_H

#include "abi/image.h"
#include "lib/cose.h"
#include "lib/evidence.h"
#include "service/daa/challenge.h"
#include "service/ipc/store_ops.h"
#include "tests/check.h"
#include "tests/soft_key.h"

enum { FIXTURE_NOW_S = 1800000000, FIXTURE_CHALLENGE_S = 300, FIXTURE_PARTS = 4 };

static const uint8_t fixture_catalog[16] = {0xCA, 1}, fixture_other_catalog[16] = {0xCA, 2};
static const uint16_t fixture_type[FIXTURE_PARTS] = {
    IMAGE_TYPE_PLUTON_RUNTIME, IMAGE_TYPE_TRUSTED_KEYSTORE, IMAGE_TYPE_SECURITY_MONITOR,
    IMAGE_TYPE_SERVICES};

struct device_fixture {
    struct soft_key key, client;
    struct challenge_keys challenge;
    struct evidence evidence;
    struct store_device device;
    struct store_references references;
    uint8_t bytes[EVIDENCE_BYTES_MAX];
    size_t len;
};

static inline void fixture_sign(struct device_fixture *f)
{
    uint8_t payload[EVIDENCE_BYTES_MAX];
    struct writer claims = writer_of(payload, sizeof payload), w = writer_of(f->bytes, sizeof f->bytes);
    struct signer signer = soft_key_signer(&f->key);

    REQUIRE(evidence_write(&f->evidence, &claims) == 0);
    REQUIRE(cose_sign1_write(&w, writer_view(&claims), &signer) == 0);
    f->len = w.len;
}

static inline void fixture_challenge(struct device_fixture *f, uint64_t made_s)
{
    uint8_t random[CHALLENGE_RANDOM_BYTES] = {7};
    REQUIRE(challenge_make(&f->challenge, made_s, random, f->evidence.nonce) == 0);
    f->evidence.nonce_bytes = DEVICE_API_NONCE_BYTES;
}

/* Finished, closed, claimed, on trusted software, asking for its OS certificate. */
static inline void fixture_init(struct device_fixture *f)
{
    memset(f, 0, sizeof *f);
    soft_key_init(&f->key);
    soft_key_init(&f->client);
    f->challenge.count = 1;
    memset(f->challenge.at[0], 0x5A, CHALLENGE_KEY_BYTES);
    memcpy(f->evidence.device_id, f->key.public, sizeof f->evidence.device_id);
    memcpy(f->evidence.client_key, f->client.public, sizeof f->evidence.client_key);
    f->evidence.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    f->evidence.debug_status = 1;
    f->evidence.boot_count = 3;
    f->evidence.measurement_count = FIXTURE_PARTS;
    f->references.generation = 1;
    f->references.count = FIXTURE_PARTS;
    for (size_t i = 0; i < FIXTURE_PARTS; i++) {
        struct measurement *m = &f->evidence.measurement[i];
        struct store_reference *r = &f->references.at[i];
        m->type = r->type = fixture_type[i];
        memset(m->component, (int)(0x10 + i), sizeof m->component);
        memset(m->digest, (int)(0x20 + i), sizeof m->digest);
        memcpy(r->component, m->component, sizeof r->component);
        memcpy(r->digest, m->digest, sizeof r->digest);
        r->state = STORE_REFERENCE_TRUSTED;
        r->hardware = m->type == IMAGE_TYPE_TRUSTED_KEYSTORE ? HARDWARE_UNSTATED : HARDWARE_LINUX_X86_64;
    }
    f->device.claimed = true;
    memcpy(f->device.catalog, fixture_catalog, sizeof f->device.catalog);
    fixture_challenge(f, FIXTURE_NOW_S);
    fixture_sign(f);
}

static inline void fixture_release(struct device_fixture *f)
{
    soft_key_release(&f->key);
    soft_key_release(&f->client);
}

#endif
