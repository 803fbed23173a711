/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of the store for the management resources: who asks is api.
 * Source: docs/spec/store.md; the resources: docs/spec/management-api.md.
 *
 * Every operation is one transaction, answered after it is on disk.  Requests
 * are one record each; every reply is store_rows: the rows that were asked for,
 * made or changed, as records one after the other.
 *
 *   operation          request              rows        notes
 *   *_GET              store_query          1           E_NOT_FOUND, E_MISSING (a parent)
 *   *_LIST             store_query          0..limit    next: pass as after; 0 = last page
 *   *_DELETE           store_query          0           E_NOT_FOUND; E_CONFLICT: still in use
 *   DEVICE_COUNT       store_query          1 count
 *   CATALOG_PUT        store_catalog_put    1 catalog
 *   PRODUCT_PUT        store_product_put    1 product
 *   PRODUCT_DEFAULTS   store_query          5 groups    those that exist stay as they are
 *   GROUP_PUT          store_group_put      1 group
 *   DEPLOYMENT_PUT     store_deployment_put 1 deployment  E_NOT_FOUND: an image; E_DUPLICATE: a component
 *   DEVICE_REGISTER    store_device_register 1 device   repeated: the existing one
 *   DEVICE_CLAIM       store_device_claim   devices     all or none; E_NOT_FOUND: unknown, or in another catalog
 *   DEVICE_MOVE        store_device_move    1 device
 *   IMAGE_PUT          store_image_put      1 image     E_CONFLICT: same id, other bytes
 *   RELEASE_PUT        store_release_put    1 release   E_NOT_FOUND: an image
 *   CRASH_GROUP_*      store_query          crash groups, the newest kind first
 *   CRASH_DEVICE_LIST  store_query          the devices of the group that the scope names
 *   DUMP_LIST, _GET, _DELETE  store_query    crash dumps, the newest first
 *   DUMP_READ          store_query          1 dump_bytes
 *   OPERATION_BEGIN    store_operation_begin 1 operation  the api's own, as the next five: not inside an ASK
 *   OPERATION_RUN      store_operation_id   1 operation  carries the kept ASK out and ends the operation, in one transaction
 *   OPERATION_END      store_operation_end  0           the first end counts
 *   OPERATION_DUE      store_operation_id   jobs        not ended, and nobody is at it: at most STORE_JOBS_DUE_MAX
 *   OPERATION_TAKE     store_operation_id   0 or 1 job  0: it has ended, or another service is at it
 *   OPERATION_HOLD     store_operation_id   0           this service is still at it: nobody takes it for as long again
 *   RESOURCE_GROUP_PUT store_resource_group_put 1 group  E_CONFLICT: another location
 *   RESOURCE_GROUP_DELETE store_query       0           with its catalogs; E_CONFLICT: one of them is in use
 *   ROLLOUT_PUT        store_rollout_put    1 rollout   E_CONFLICT: one is under way, or no deployment to go back to
 *   ROLLOUT_STATE      store_rollout_state  1 rollout   E_CONFLICT: not from where it is
 *   OS_ROLLOUT_PUT     store_rollout_put    1 rollout   of version, without images; E_RANGE: no such release;
 *                                                       E_CONFLICT: one is under way, or the release cannot be rolled out
 *   DEVICE_RELEASE     store_device_release 1 token
 *   DEVICE_KEEP        store_query          0           E_NOT_FOUND: it was not let go
 *   DEVICE_TAKE        store_device_take    1 device    E_MALFORMED, E_STALE, E_BINDING, E_NOT_FOUND: the token
 *   STATUS             store_query          1 status
 *
 * A list looks at STORE_SCAN_MAX rows a request at most: with a filter a page may be short or
 * empty although next says that there is more.
 * created in the reply: the object did not exist before.
 * Names: compared without case of ASCII letters; kept as first written.
 * ".default" and ".unassigned" name the product and the group of devices in none.
 * Trust: the store checks existence, ownership and limits again; patterns of
 * names are the api's business.
 */
#ifndef PERI_SERVICE_IPC_STORE_API_OPS_H
#define PERI_SERVICE_IPC_STORE_API_OPS_H

#include "abi/crash_dump.h"
#include "service/ipc/filter.h"
#include "service/ipc/store_ops.h"

/* name, number */
#define STORE_API_OP_TABLE(X) \
    X(CATALOG_GET, 64)        \
    X(CATALOG_LIST, 65)       \
    X(CATALOG_PUT, 66)        \
    X(CATALOG_DELETE, 67)     \
    X(PRODUCT_GET, 68)        \
    X(PRODUCT_LIST, 69)       \
    X(PRODUCT_PUT, 70)        \
    X(PRODUCT_DELETE, 71)     \
    X(PRODUCT_DEFAULTS, 72)   \
    X(GROUP_GET, 73)          \
    X(GROUP_LIST, 74)         \
    X(GROUP_PUT, 75)          \
    X(GROUP_DELETE, 76)       \
    X(DEPLOYMENT_GET, 77)     \
    X(DEPLOYMENT_LIST, 78)    \
    X(DEPLOYMENT_PUT, 79)     \
    X(DEPLOYMENT_DELETE, 80)  \
    X(DEVICE_SHOW, 81)        \
    X(DEVICE_LIST, 82)        \
    X(DEVICE_COUNT, 83)       \
    X(DEVICE_REGISTER, 84)    \
    X(DEVICE_CLAIM, 85)       \
    X(DEVICE_MOVE, 86)        \
    X(DEVICE_UNASSIGN, 87)    \
    X(IMAGE_GET, 88)          \
    X(IMAGE_LIST, 89)         \
    X(IMAGE_PUT, 90)          \
    X(IMAGE_DELETE, 91)       \
    X(RELEASE_GET, 92)        \
    X(RELEASE_LIST, 93)       \
    X(RELEASE_PUT, 94)        \
    X(INSIGHT_LIST, 95)       \
    X(OPERATION_GET, 96)      \
    X(STATUS, 97)             \
    X(OPERATION_BEGIN, 98)    \
    X(OPERATION_END, 99)      \
    X(CRASH_GROUP_LIST, 100)  \
    X(CRASH_GROUP_GET, 101)   \
    X(RESOURCE_GROUP_GET, 120) \
    X(RESOURCE_GROUP_LIST, 121) \
    X(RESOURCE_GROUP_PUT, 122) \
    X(RESOURCE_GROUP_DELETE, 123) \
    X(SUBSCRIPTION_GET, 124)  \
    X(SUBSCRIPTION_LIST, 125) \
    X(ROLLOUT_GET, 126)       \
    X(ROLLOUT_LIST, 127)      \
    X(ROLLOUT_PUT, 128)       \
    X(ROLLOUT_STATE, 129)     \
    X(DEVICE_RELEASE, 130)    \
    X(DEVICE_KEEP, 131)       \
    X(DEVICE_TAKE, 132)       \
    X(DUMP_LIST, 133)         \
    X(DUMP_GET, 134)          \
    X(DUMP_READ, 135)         \
    X(DUMP_DELETE, 136)       \
    X(OS_ROLLOUT_GET, 150)    \
    X(OS_ROLLOUT_LIST, 151)   \
    X(OS_ROLLOUT_PUT, 152)    \
    X(OS_ROLLOUT_STATE, 153)  \
    X(CRASH_DEVICE_LIST, 154) \
    X(OPERATION_RUN, 140)     \
    X(OPERATION_DUE, 141)     \
    X(OPERATION_TAKE, 142)    \
    X(OPERATION_HOLD, 143)

enum store_api_op {
#define STORE_API_ENUM(name, number) STORE_OP_##name = number,
    STORE_API_OP_TABLE(STORE_API_ENUM)
#undef STORE_API_ENUM
};

enum {
    STORE_TEXT_MAX = 256,         /* one name */
    STORE_DESCRIPTION_MAX = 4096, /* bytes */
    STORE_TAGS_MAX = 32768,       /* JSON text: 50 tags of 512 + 256 characters, and quotes */
    STORE_SCAN_MAX = 5000,        /* rows that a filter looks at for one page */
    STORE_PAGE_MAX = 200,         /* rows of a page; keeps a reply below 2 MiB */
    STORE_CLAIM_MAX = 1000,       /* devices of one request, as in the original */
    STORE_DEPLOY_MAX = STORE_WANTED_MAX,
    STORE_IMAGE_BYTES_MAX = 16 << 20, /* the device's whole flash */
    STORE_INSIGHTS_MAX = 1000,
    STORE_INSIGHT_DAYS = 14,
    STORE_STEPS_MAX = 20,         /* of a rollout */
    STORE_TOKEN_MAX = 160,        /* bytes of a device's token */
    STORE_JOBS_DUE_MAX = 8,       /* operations of one look for those that nobody is at */
    STORE_JOB_BYTES_MAX = STORE_IMAGE_BYTES_MAX + 131072, /* a kept request: an image, who asks and where */
    STORE_DUMP_DAYS = 30,         /* a crash dump is kept unless service.json says otherwise */
};

/* Where an object stands.  Empty parts: not that deep, or any (lists). */
struct store_scope {
    struct span subscription, resource_group, catalog, product, group;
    struct span name; /* the object itself below catalog: image, device, deployment, version, operation */
};

struct store_query {
    struct store_scope scope;
    uint64_t after; /* next of the page before; 0 = from the start */
    uint32_t skip, limit;
    struct span filter; /* filter.h; empty: all rows */
};

struct store_rows {
    bool created;
    uint64_t next;
    uint32_t skip; /* of what the query left out, what is still to be left out from next on */
    struct span rows;
};

struct store_catalog_put {
    struct store_scope scope;
    struct span actor;
    bool must_exist; /* change tags only: E_NOT_FOUND when absent */
    bool set_tags;
    struct span tags; /* a JSON object; kept as is */
    uint8_t operation[16]; /* begun with a new catalog, in its transaction: its CA is to be made; zero: none is */
};

struct store_resource_group_put {
    struct store_scope scope;
    bool must_exist; /* change tags only */
    struct span location;
    bool set_tags;
    struct span tags;
};

struct store_product_put {
    struct store_scope scope;
    bool must_exist;
    bool set_description;
    struct span description;
};

/* Which fields of a group a request sets. */
enum store_group_set {
    STORE_SET_DESCRIPTION = 1,
    STORE_SET_FEED = 2,
    STORE_SET_POLICY = 4,
    STORE_SET_CRASH_DUMPS = 8,
    STORE_SET_BOUNDARY = 16,
};

struct store_group_put {
    struct store_scope scope;
    bool must_exist;
    uint16_t set;
    struct span description;
    uint16_t feed;       /* 0 Retail, 1 RetailEval */
    uint16_t policy;     /* 0 UpdateAll, 1 No3rdPartyAppUpdates */
    bool crash_dumps;
    uint16_t boundary;   /* 0 None, 1 EU */
};

struct store_id {
    uint8_t id[16];
};

struct store_device_id {
    uint8_t id[64];
};

struct store_deployment_put {
    struct store_scope scope;
    uint16_t count;
    struct store_id image[STORE_DEPLOY_MAX];
};

struct store_device_register {
    uint8_t device_id[64];
    struct span chip_sku;
};

struct store_device_claim {
    struct store_scope scope;
    uint16_t count;
    struct store_device_id device[STORE_CLAIM_MAX];
};

struct store_device_move {
    struct store_scope scope;  /* where it is, name = device id in hex */
    struct store_scope target; /* where it goes: same catalog */
};

struct store_image_put {
    struct store_scope scope; /* catalog empty: an OS image, at provider scope */
    uint16_t boundary;
    struct span package;
};

struct store_percent {
    uint16_t of; /* 1 to 100 */
};

struct store_rollout_put {
    struct store_scope scope; /* name: the rollout's GUID */
    struct span version; /* of an OS release; else empty */
    uint16_t count;
    struct store_id image[STORE_DEPLOY_MAX];
    uint16_t step_count;
    struct store_percent step[STORE_STEPS_MAX]; /* rising, the last 100 */
    uint32_t soak_s;
    uint16_t threshold; /* per cent */
    uint32_t minimum;
    uint32_t silent_checks; /* a device that misses so many counts as failed; 0: none does */
};

/* The numbers are stored. */
enum store_rollout_state_value {
    ROLLOUT_ACTIVE = 1,
    ROLLOUT_PAUSED = 2,
    ROLLOUT_STOPPED = 3, /* by itself */
    ROLLOUT_ABORTED = 4,
    ROLLOUT_COMPLETED = 5,
};

struct store_rollout_state {
    struct store_scope scope;
    uint16_t state; /* ACTIVE, PAUSED or ABORTED */
};

struct store_device_release {
    struct store_scope scope; /* name: the device */
    bool has_target;
    uint8_t target[16]; /* the tenant that may take it */
    uint32_t lifetime_s;
};

struct store_device_take {
    struct store_scope scope; /* the group it comes to */
    struct span token;
};

struct store_operation_begin {
    struct span subscription, kind; /* "uploadImage" */
    struct span principal;          /* who may see its end */
    struct span request;            /* store_ask, that OPERATION_RUN carries out */
};

struct store_operation_id {
    uint8_t operation[16]; /* zero for OPERATION_DUE */
};

struct store_operation_end {
    uint8_t operation[16];
    uint16_t status; /* as in the row */
    struct span detail;
};

struct store_release_put {
    struct span version;
    uint16_t feed;
    uint16_t state; /* enum store_reference_state */
    uint16_t count;
    struct store_id image[STORE_WANTED_MAX];
};

/* -- rows ---------------------------------------------------------------- */

struct store_row_catalog {
    struct span subscription, resource_group, name, tags;
    uint8_t tenant[16];
    struct span created_by, modified_by;
    uint64_t created_ms, modified_ms;
};

struct store_row_resource_group {
    struct span subscription, name, location, tags; /* tags: JSON, empty for none */
    struct span created_by;
    uint64_t created_ms;
};

struct store_row_subscription {
    struct span subscription;
};

struct store_row_product {
    struct span name, description;
};

struct store_row_group {
    struct span product, name, description;
    uint16_t feed, policy, boundary;
    bool crash_dumps, has_deployment;
};

struct store_row_device {
    struct span subscription, resource_group, catalog; /* empty: not claimed */
    struct span product, group; /* ".default" in none */
    uint8_t device_id[64];
    struct span chip_sku, available_os, installed_os; /* empty: unknown */
    uint64_t registered_ms, last_request_s, last_os_update_s; /* 0: never */
};

struct store_row_image {
    uint8_t image[16], component[16];
    uint16_t type, boundary;
    struct span name;
    uint64_t file_bytes;
    uint64_t created_ms;
    uint8_t address[32]; /* to download it with, for some hours */
};

struct store_row_deployment {
    struct span product, group;
    uint8_t deployment[16];
    uint64_t created_ms;
    struct span images; /* rows of images */
};

struct store_row_rollout {
    struct span product, group; /* empty of an OS release */
    struct span version;        /* empty of applications */
    uint8_t rollout[16];
    uint16_t state; /* enum store_rollout_state_value */
    struct span steps; /* "5,25,100" */
    uint32_t step, share, soak_s; /* share: of 10,000 */
    uint16_t threshold;
    uint32_t minimum, offered, updated, failed;
    uint32_t silent_checks, silent; /* silent: of those that failed */
    struct span reason, created_by;
    uint64_t created_ms, changed_ms;
    struct span images; /* rows of images */
};

struct store_row_token {
    struct span token;
    uint64_t expires_s;
};

struct store_row_release {
    struct span version;
    uint16_t feed, state, hardware; /* enum hardware */
    uint64_t sequence, created_ms;
    struct span images; /* rows of images */
};

struct store_row_insight {
    uint8_t device_id[64];
    uint16_t category; /* enum event_category */
    struct span description;
    uint64_t first_s, last_s;
    uint32_t count;
    bool of_os; /* its component is one of the OS */
};

/* Growth: docs/spec/crash-report.md. */
struct store_row_crash {
    uint8_t crash_group[16], component[16], image[16];
    uint16_t signal;
    struct span site; /* empty: not known */
    uint64_t first_s, last_s, count, devices;
    uint64_t recent, before; /* crashes reported in this hour and the one before; in the 7 days before these */
    bool growing;
    uint64_t growing_s; /* since; 0 unless growing */
    bool of_os;
};

/* A device's part in a group. */
struct store_row_crash_device {
    uint8_t device_id[64];
    bool in_catalog;            /* false: it left */
    struct span product, group; /* empty: in none, or it left */
    uint64_t count, first_s, last_s; /* 0: from before this was kept */
};

struct store_row_dump {
    uint8_t dump[16], device_id[64];
    struct span product, group; /* whose consent it was made with */
    uint8_t component[16], image[16];
    uint16_t signal;
    uint64_t crashed_s, received_s, expires_s;
    uint32_t bytes;          /* of the core */
    uint8_t crash_group[16]; /* zero: in none */
};

struct store_row_dump_bytes {
    uint8_t catalog[16]; /* tenant */
    struct span dump;    /* abi/crash_dump.h */
};

struct store_row_operation {
    uint8_t operation[16];
    struct span kind;   /* "uploadImage" */
    uint16_t status;    /* 0: succeeded, or the HTTP status of the error */
    uint16_t error;     /* 0, or -(code of lib/err.h), which the store ended it with: status and detail say nothing then */
    struct span detail; /* the error as JSON: {"code","message"} */
    uint64_t started_ms, ended_ms; /* ended 0: it runs, or was cut off */
};

/* What is needed to go on with an operation. */
struct store_row_job {
    uint8_t operation[16];
    struct span subscription, kind;
    uint8_t tenant[16]; /* whose CA the issuer is to make; zero: OPERATION_RUN has the request */
    bool whole;         /* one of the two is there: of operations before schema 15 neither is */
    uint16_t attempts;  /* with this one */
};

struct store_row_count {
    uint64_t count;
};

enum { STORE_ROLLOUT_KINDS = 2, STORE_ROLLOUT_STATES = ROLLOUT_COMPLETED + 1 };

/* Rollouts of one kind: how many there are in each state; devices of those under way. */
struct store_rollout_figures {
    uint64_t rollouts[STORE_ROLLOUT_STATES]; /* by ROLLOUT_…; [0] is none */
    uint64_t offered, updated, failed, silent;
};

struct store_row_status {
    uint64_t schema, catalogs, devices, images, database_bytes;
    uint64_t crash_groups_growing;
    bool clock_settled;      /* nothing of the clock is in doubt (service/store/clock.h) */
    uint64_t clock_behind_s; /* the service's last time */
    struct store_rollout_figures rollout[STORE_ROLLOUT_KINDS]; /* of applications, of OS releases */
};

/* Every message and row: NAME_type describes struct store_NAME. */
#define STORE_API_MESSAGE_TABLE(X) \
    X(rollout_put) X(rollout_state) X(row_rollout) X(device_release) X(device_take) X(row_token) \
    X(query) X(rows) X(catalog_put) X(resource_group_put) X(row_resource_group) X(row_subscription) X(product_put) X(group_put) X(deployment_put) \
    X(device_register) X(device_claim) X(device_move) X(image_put) X(release_put) X(operation_begin) X(operation_end) X(operation_id) \
    X(row_catalog) X(row_product) X(row_group) X(row_device) X(row_image) X(row_deployment) \
    X(row_release) X(row_insight) X(row_crash) X(row_crash_device) X(row_dump) X(row_dump_bytes) X(row_operation) X(row_job) X(row_count) X(row_status) X(scope)

#define STORE_API_TYPE(name) extern const struct record_type store_##name##_type;
STORE_API_MESSAGE_TABLE(STORE_API_TYPE)
#undef STORE_API_TYPE

#endif
