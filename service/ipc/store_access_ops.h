/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store for access: who asks is api.
 * Source: docs/spec/access.md.
 *
 *   operation       request          reply             notes
 *   AUTHORIZE       store_caller     store_verdict     a refused change is in the audit log afterwards
 *   ASK             store_ask        store_asked       any other operation of api, on a caller's behalf
 *   AUDIT_ADD       store_audit_add  nothing           a change that failed outside the store
 *   ROLE_LIST       store_role_query rows              above, at and below the scope
 *   ROLE_GET        store_role_query 1 row
 *   ROLE_PUT        store_role_put   1 row             E_CONFLICT: same name, other contents; E_EXISTS: the same by another name
 *   ROLE_DELETE     store_role_query 1 row             what it was; E_CONFLICT: the last owner
 *   AUDIT_LIST      store_query      audit rows        oldest first
 *   AUDIT_HEAD      nothing          row_audit_head    to have it sealed
 *   AUDIT_PRUNE     store_checkpoint 1 checkpoint row  its record and those before it go: E_NOT_FOUND, E_CONFLICT; E_STATE: the clock was set
 *   CHECKPOINT_LIST store_query      checkpoint rows   oldest first
 *
 * Only AUTHORIZE, ASK, AUDIT_ADD, AUDIT_HEAD, CRL_GET, and of the operations BEGIN, RUN, END, DUE, TAKE and HOLD are
 * served to api directly; all others come inside an ASK.
 * ASK decides again, in the transaction that carries the operation out, and adds
 * the audit record of a change in the same one: there is no change without record.
 */
#ifndef PERI_SERVICE_IPC_STORE_ACCESS_OPS_H
#define PERI_SERVICE_IPC_STORE_ACCESS_OPS_H

#include "service/ipc/access.h"
#include "service/ipc/store_api_ops.h"

/* name, number */
#define STORE_ACCESS_OP_TABLE(X) \
    X(AUTHORIZE, 160)            \
    X(ASK, 161)                  \
    X(AUDIT_ADD, 162)            \
    X(ROLE_LIST, 163)            \
    X(ROLE_GET, 164)             \
    X(ROLE_PUT, 165)             \
    X(ROLE_DELETE, 166)          \
    X(AUDIT_LIST, 167)           \
    X(AUDIT_HEAD, 168)           \
    X(AUDIT_PRUNE, 169)          \
    X(CHECKPOINT_LIST, 170)

enum store_access_op {
#define STORE_ACCESS_ENUM(name, number) STORE_OP_##name = number,
    STORE_ACCESS_OP_TABLE(STORE_ACCESS_ENUM)
#undef STORE_ACCESS_ENUM
};

enum {
    STORE_PRINCIPAL_MAX = 512,
    STORE_PATH_MAX = 2560,
    STORE_REQUEST_ID_MAX = 256,
    STORE_DETAIL_MAX = 1024,
    STORE_OUTCOME_MAX = 64,
};

/* Who asks for what. */
struct store_caller {
    struct span principal; /* "certificate:NAME" or "token:ISSUER#SUBJECT" */
    uint16_t action;       /* enum access_action */
    struct store_scope scope;
    struct span device;     /* hex, where a device is named */
    uint8_t serial[16];     /* of the operator's certificate; zero: comes with a token */
    struct span path;       /* for the audit log, as are the rest */
    struct span request_id;
    struct span detail;
};

enum store_verdict_value {
    VERDICT_HIDDEN = 1,  /* no role anywhere in this catalog: it does not exist for the caller */
    VERDICT_REFUSED = 2,
    VERDICT_ALLOWED = 3,
    VERDICT_REVOKED = 4, /* the certificate is, whatever its name may do */
};

struct store_verdict {
    uint16_t verdict;
};

struct store_ask {
    struct store_caller caller;
    uint16_t operation;
    struct span payload;
};

struct store_asked {
    uint16_t error; /* 0, or -(code of lib/err.h) */
    struct span reply;
};

struct store_audit_add {
    struct store_caller caller;
    struct span outcome;
};

struct store_role_query {
    struct store_scope scope; /* name: the assignment's GUID, for GET and DELETE */
    struct span device;
    uint64_t after;
    uint32_t skip, limit;
    struct span filter;
    bool at_scope; /* LIST: none given below */
};

struct store_role_put {
    struct store_scope scope;
    struct span device;
    uint16_t role;         /* enum access_role */
    struct span principal; /* who gets it */
};

/* scope: empty from where the level ends. */
struct store_row_role {
    uint8_t assignment[16];
    uint16_t level; /* enum access_level */
    uint16_t role;
    struct span principal;
    struct span subscription, resource_group, catalog, product, group;
    struct span device; /* hex */
    struct span created_by;
    uint64_t created_ms;
};

/* lib/audit.h says what the digest covers. */
struct store_row_audit {
    uint64_t sequence, time_ms;
    struct span principal, action, path, detail, outcome, request_id;
    uint8_t digest[32];
};

struct store_row_audit_head {
    uint64_t sequence; /* 0: there is no record yet, and digest is zero */
    uint8_t digest[32];
};

/* As the issuer signed it: lib/audit.h. */
struct store_checkpoint {
    uint64_t sequence, time_ms;
    uint8_t digest[32], signature[64];
};

#define STORE_ACCESS_MESSAGE_TABLE(X) \
    X(caller) X(verdict) X(ask) X(asked) X(audit_add) X(role_query) X(role_put) X(row_role) X(row_audit) \
    X(row_audit_head) X(checkpoint)

#define STORE_ACCESS_TYPE(name) extern const struct record_type store_##name##_type;
STORE_ACCESS_MESSAGE_TABLE(STORE_ACCESS_TYPE)
#undef STORE_ACCESS_TYPE

#endif
