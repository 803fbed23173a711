/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store of catalogs' CAs in memory, for tests of the issuer without its siblings: it
 * does what service/store/authorities.c does, and can be told to refuse.
 */
#ifndef PERI_SERVICE_ISSUER_MEMORY_STORE_TEST_H
#define PERI_SERVICE_ISSUER_MEMORY_STORE_TEST_H

#include <stdlib.h>

#include "service/issuer/issue.h"
#include "tests/check.h"

struct memory_ca {
    struct store_ca ca;
    uint8_t sealed[STORE_CA_SEALED_MAX];
};

static struct memory_store {
    struct memory_ca at[64];
    size_t count;
    unsigned puts, gets; /* how often it was asked */
    bool full;           /* keeps nothing more */
    struct store_crl_entries revoked; /* of whatever CA it is asked */
    struct store_crl list;            /* the last that it got, */
    uint8_t list_bytes[STORE_CRL_BYTES_MAX];
} memory_store;

static inline void memory_put(const struct store_ca *ca)
{
    for (size_t i = 0; i < memory_store.count; i++)
        if (memory_store.at[i].ca.number == ca->number && memcmp(memory_store.at[i].ca.tenant, ca->tenant, 16) == 0)
            return;
    REQUIRE(memory_store.count < sizeof memory_store.at / sizeof memory_store.at[0]);
    struct memory_ca *to = &memory_store.at[memory_store.count++];
    to->ca = *ca;
    REQUIRE(ca->sealed.len <= sizeof to->sealed);
    memcpy(to->sealed, ca->sealed.at, ca->sealed.len);
    to->ca.sealed = span_of(to->sealed, ca->sealed.len);
}

static inline struct store_ca *memory_ca(const uint8_t tenant[16], uint64_t number)
{
    for (size_t i = 0; i < memory_store.count; i++)
        if (memory_store.at[i].ca.number == number && memcmp(memory_store.at[i].ca.tenant, tenant, 16) == 0)
            return &memory_store.at[i].ca;
    return NULL;
}

static inline int memory_reply(struct issuer *issuer, const uint8_t tenant[16], uint64_t now_s)
{
    struct store_cas cas = {0};
    for (uint64_t number = 64; number > 0; number--) {
        const struct store_ca *ca = memory_ca(tenant, number);
        if (ca && cas.count < STORE_CAS_MAX)
            cas.at[cas.count++] = *ca;
    }
    size_t cap = record_bytes(&store_cas_type, &cas);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, cap);
    REQUIRE(bytes != NULL && record_write(&store_cas_type, &cas, &w) == 0);
    int err = issuer_bring(issuer, tenant, writer_view(&w), now_s);
    free(bytes);
    return err;
}

static inline int memory_list(struct issuer *issuer, const struct issuer_want *want)
{
    if (want->what == ISSUER_WANTS_CRL_KEPT) {
        memory_store.list = want->crl;
        REQUIRE(want->crl.der.len <= sizeof memory_store.list_bytes);
        memcpy(memory_store.list_bytes, want->crl.der.at, want->crl.der.len);
        memory_store.list.der = span_of(memory_store.list_bytes, want->crl.der.len);
        memory_store.revoked.number = want->crl.number;
        return 0;
    }
    size_t cap = record_bytes(&store_crl_entries_type, &memory_store.revoked);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, cap);
    REQUIRE(bytes != NULL && record_write(&store_crl_entries_type, &memory_store.revoked, &w) == 0);
    int err = issuer_revoked_bring(issuer, writer_view(&w));
    free(bytes);
    return err;
}

/* The operation, with as many questions to the store as it needs. */
static inline int memory_run(struct issuer *issuer, issuer_operation *operation, struct span payload, uint64_t now_s,
                             struct writer *reply)
{
    const struct writer empty = *reply;
    issuer_again(issuer, ISSUER_WANTS_NOTHING);
    for (int round = 0;; round++) {
        *reply = empty;
        int err = operation(issuer, payload, now_s, reply);
        if (err != E_BUSY)
            return err;
        REQUIRE(round < 6);
        const struct issuer_want *want = issuer_want(issuer);
        const enum issuer_want_kind asked = want->what;
        if (asked == ISSUER_WANTS_REVOKED || asked == ISSUER_WANTS_CRL_KEPT) {
            REQUIRE(memory_list(issuer, want) == 0);
            issuer_again(issuer, asked);
            continue;
        }
        uint8_t tenant[16];
        memcpy(tenant, want->ca.tenant, sizeof tenant);
        if (want->what == ISSUER_WANTS_CA_KEPT) {
            memory_store.puts++;
            if (memory_store.full && !want->can_wait)
                return E_FULL;
            if (memory_store.full)
                issuer_want_fail(issuer, tenant, now_s);
            else
                memory_put(&want->ca);
        } else {
            memory_store.gets++;
        }
        if ((err = memory_reply(issuer, tenant, now_s)) != 0)
            return err;
        issuer_again(issuer, asked);
    }
}

#endif
