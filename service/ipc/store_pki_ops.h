/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store for certificates: the CAs of catalogs, which every service on
 * one database shares.
 * Source: docs/spec/certificates.md.  Requests and replies are records.
 *
 *   operation      who          request         reply         notes
 *   CA_GET         issuer       store_ca_get    store_cas     newest first; none: count 0
 *   CA_PUT       D issuer       store_ca        store_cas     as CA_GET afterwards: where the number is
 *                                                             taken, the one that is there stays.
 *                                                             E_NOT_FOUND: no such catalog
 *   CA_DUE         issuer       store_ca_due    store_tenants catalogs whose newest CA ends before
 *   CA_ACTIVATE  D api, in ASK  store_ca_change 1 catalog     signs from now on; E_CONFLICT: its life is over
 *
 * Trust: sealed is the issuer's, bound to tenant, number and serials; the store keeps it
 * and cannot open it.  That a CA is there, and from when it signs, is the store's word.
 */
#ifndef PERI_SERVICE_IPC_STORE_PKI_OPS_H
#define PERI_SERVICE_IPC_STORE_PKI_OPS_H

#include "service/ipc/store_api_ops.h"

/* name, number */
#define STORE_PKI_OP_TABLE(X) \
    X(CA_GET, 200)            \
    X(CA_PUT, 201)            \
    X(CA_DUE, 202)            \
    X(CA_ACTIVATE, 203)

enum store_pki_op {
#define STORE_PKI_ENUM(name, number) STORE_OP_##name = number,
    STORE_PKI_OP_TABLE(STORE_PKI_ENUM)
#undef STORE_PKI_ENUM
};

enum {
    STORE_CAS_MAX = 8,          /* of one catalog: 16 years and more of renewals */
    STORE_CA_SEALED_MAX = 6144, /* a key and two certificates in PEM */
    STORE_TENANTS_MAX = 32,
};

struct store_ca_get {
    uint8_t tenant[16];
};

struct store_ca {
    uint8_t tenant[16];
    uint64_t number; /* of the catalog's CAs, from 1 */
    uint8_t serial[16], anchor_serial[16];
    uint64_t not_before_s, not_after_s;
    uint64_t active_s;  /* signs from then on, unless a newer one does */
    uint64_t revoked_s; /* 0: it is not */
    struct span sealed;
};

struct store_cas {
    uint32_t count;
    struct store_ca at[STORE_CAS_MAX];
};

struct store_ca_due {
    uint64_t before_s;
};

struct store_tenant {
    uint8_t id[16];
};

struct store_tenants {
    uint32_t count;
    struct store_tenant at[STORE_TENANTS_MAX];
};

struct store_ca_change {
    struct store_scope scope; /* the catalog */
    uint8_t serial[16];       /* of the CA or of its anchor */
};

#define STORE_PKI_MESSAGE_TABLE(X) X(ca_get) X(ca) X(cas) X(ca_due) X(tenants) X(ca_change)

#define STORE_PKI_TYPE(name) extern const struct record_type store_##name##_type;
STORE_PKI_MESSAGE_TABLE(STORE_PKI_TYPE)
#undef STORE_PKI_TYPE

#endif
