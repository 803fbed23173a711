/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store for certificates: the CAs of catalogs, which every service on
 * one database shares; what was revoked, and the lists that say so.
 * Source: docs/spec/certificates.md.  Requests and replies are records.
 *
 *   operation      who          request         reply         notes
 *   CA_GET         issuer       store_ca_get    store_cas     newest first; none: count 0
 *   CA_PUT       D issuer       store_ca        store_cas     as CA_GET afterwards: where the number is
 *                                                             taken, the one that is there stays.
 *                                                             E_NOT_FOUND: no such catalog
 *   CA_DUE         issuer       store_ca_due    store_tenants catalogs whose newest CA ends before
 *   CA_PAGE        issuer       store_ca_after  store_ca_page CAs of all catalogs, deleted ones' too, in an order of
 *                                                             the store's own; one made meanwhile may be left out
 *   CA_RESEAL    D issuer       store_cas       nothing       their sealed parts take the place of those that are there;
 *                                                             all or none.  E_NOT_FOUND: no CA of this number and serial
 *   WRAP_CHANGED D issuer       store_wrap_changed nothing    a record of the audit log, and no more
 *   CA_ACTIVATE  D api, in ASK  store_ca_change 1 catalog     signs from now on; E_CONFLICT: its life is over
 *   CA_REVOKE    D api, in ASK  store_ca_change 1 catalog     for ever; repeated: nothing changes
 *   DEVICE_REVOKE D api, in ASK store_device_revoke 1 device  gets nothing more; what it holds is revoked.
 *                                                             Repeated: the first date, reason and name stand
 *   REVOKED_DEVICE_LIST api, in ASK store_query revoked_device rows  devices of the catalog that stand revoked
 *   REVOKED_DEVICE_GET  api, in ASK store_query 1 revoked_device     name: the device in hex; E_NOT_FOUND: it is not
 *   OPERATOR_REVOKE D api, in ASK store_operator_revoke 1 revoked  created: it was not before
 *   REVOKED_LIST   api, in ASK  store_query     revoked rows  certificates of operators
 *   CRL_GET        api          store_crl_get   store_crl     der empty: none yet; E_NOT_FOUND: no such CA
 *   CRL_ENTRIES    issuer       store_crl       store_crl_entries  what its list has to say; E_LIMIT: too much, of the root or the operators
 *   CRL_PUT      D issuer       store_crl       nothing       kept unless one of this number is there
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
    X(CA_ACTIVATE, 203)       \
    X(CA_REVOKE, 204)         \
    X(DEVICE_REVOKE, 205)     \
    X(OPERATOR_REVOKE, 206)   \
    X(REVOKED_LIST, 207)      \
    X(CRL_GET, 208)           \
    X(CRL_ENTRIES, 209)       \
    X(CRL_PUT, 210)           \
    X(REVOKED_DEVICE_LIST, 211) \
    X(REVOKED_DEVICE_GET, 212) \
    X(CA_PAGE, 220)           \
    X(CA_RESEAL, 221)         \
    X(WRAP_CHANGED, 222)

enum store_pki_op {
#define STORE_PKI_ENUM(name, number) STORE_OP_##name = number,
    STORE_PKI_OP_TABLE(STORE_PKI_ENUM)
#undef STORE_PKI_ENUM
};

enum {
    STORE_CAS_MAX = 8,          /* of one catalog: 16 years and more of renewals */
    STORE_CA_SEALED_MAX = 6144, /* a key and two certificates in PEM */
    STORE_TENANTS_MAX = 32,
    STORE_CRL_ENTRIES_MAX = 50000,
    STORE_CRL_BYTES_MAX = 4 << 20,
    STORE_CRL_FRESH_S = 86400, /* a list is made anew when it is as old, or something was revoked since */
};

/* Whose certificates; the numbers are stored. */
enum store_authority {
    STORE_AUTHORITY_ROOT = 1,
    STORE_AUTHORITY_OPERATOR = 2,
    STORE_AUTHORITY_OS = 3,
    STORE_AUTHORITY_UPDATE_ONLY = 4,
    STORE_AUTHORITY_CATALOG = 5, /* all CAs of one: they have one name */
};

/* RFC 5280 section 5.3.1; others are not given out. */
#define STORE_REASON_TABLE(X)              \
    X(UNSPECIFIED, 0, "unspecified")       \
    X(KEY_COMPROMISE, 1, "keyCompromise")  \
    X(CA_COMPROMISE, 2, "cACompromise")    \
    X(AFFILIATION_CHANGED, 3, "affiliationChanged") \
    X(SUPERSEDED, 4, "superseded")         \
    X(CESSATION, 5, "cessationOfOperation") \
    X(PRIVILEGE_WITHDRAWN, 9, "privilegeWithdrawn")

enum store_reason {
#define STORE_REASON_ENUM(name, number, text) STORE_REASON_##name = number,
    STORE_REASON_TABLE(STORE_REASON_ENUM)
#undef STORE_REASON_ENUM
    STORE_REASON_LAST = STORE_REASON_PRIVILEGE_WITHDRAWN
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

struct store_ca_after {
    bool first; /* from the beginning: the rest is zero */
    uint8_t tenant[16];
    uint64_t number;
};

struct store_ca_page {
    uint64_t total; /* CAs that there are */
    uint32_t count; /* 0: these were all */
    struct store_ca at[STORE_CAS_MAX];
};

struct store_wrap_changed {
    uint64_t resealed, unopened; /* CAs, by how many; and those that no key of the issuer opens */
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
    uint16_t reason;          /* enum store_reason, for CA_REVOKE */
};

struct store_device_revoke {
    struct store_scope scope; /* name: the device in hex */
    bool revoked;             /* false: it may attest again; what it held before stays revoked */
    uint16_t reason;
};

struct store_operator_revoke {
    uint8_t serial[16];
    uint16_t reason;
    uint64_t not_after_s; /* 0: not known */
    struct span name;     /* may be empty */
};

struct store_row_revoked {
    uint8_t serial[16];
    uint16_t reason;
    uint64_t revoked_s, not_after_s;
    struct span name, revoked_by;
};

struct store_row_revoked_device {
    uint8_t device_id[64];
    struct span product, group; /* ".default": in none */
    uint16_t reason;
    uint64_t revoked_s;
    struct span revoked_by; /* empty: another owner's operator, or not known */
};

struct store_crl_get {
    struct span name; /* "root", "operator", "os", "update-only", or one of these, "-" and a key in hex; or the serial of a catalog's CA in hex */
};

struct store_crl {
    uint16_t authority;
    uint8_t tenant[16]; /* zero unless CATALOG */
    uint8_t ca[16];     /* CATALOG: serial of the CA certificate.  Else the beginning of the key's identifier; zero: the present key's */
    uint64_t number, revision;
    uint64_t this_s, next_s;
    bool fresh; /* nothing newer is to be said */
    struct span der;
};

struct store_crl_entry {
    uint8_t serial[16];
    uint64_t revoked_s;
    uint16_t reason;
};

struct store_crl_entries {
    uint64_t number; /* of the last list */
    uint64_t revision;
    uint32_t count;
    struct store_crl_entry at[STORE_CRL_ENTRIES_MAX];
};

#define STORE_PKI_MESSAGE_TABLE(X) X(ca_get) X(ca) X(cas) X(ca_due) X(ca_after) X(ca_page) X(wrap_changed) X(tenants) X(ca_change) \
    X(device_revoke) X(operator_revoke) X(row_revoked) X(row_revoked_device) X(crl_get) X(crl) X(crl_entries)

#define STORE_PKI_TYPE(name) extern const struct record_type store_##name##_type;
STORE_PKI_MESSAGE_TABLE(STORE_PKI_TYPE)
#undef STORE_PKI_TYPE

#endif
