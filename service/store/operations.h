/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's operations: who may ask which, and what carries each out.
 * Source: service/ipc/store_ops.h, store_api_ops.h; docs/spec/store.md.
 *
 * A handler runs inside a transaction, between a mark and its keep or undo: an
 * error undoes all it wrote.  It fills answer with the encoded reply; the bytes
 * are sent after the commit.
 * Trust: payloads are from siblings that face the network; a handler parses
 * them through records and checks existence and ownership itself.
 */
#ifndef PERI_SERVICE_STORE_OPERATIONS_H
#define PERI_SERVICE_STORE_OPERATIONS_H

#include "service/ipc/store_access_ops.h"
#include "service/store/clock.h"
#include "service/store/database/database.h"
#include "service/store/files.h"
#include "service/store/known.h"

enum { STORE_CHECKINS_MAX = 65536, STORE_CHECKINS_FULL = 65000, STORE_CHECKINS_FEW = 256, STORE_DOOMED_MAX = 256 };

/* A check-in that waits to be written: checkins.c. */
struct checkin {
    uint64_t device, at_s;
};

/* Where the look for devices that fell silent stands: rollout_progress.c. */
struct rollout_silence {
    uint64_t next_ms, rollout, checks, device; /* next_ms: steady */
    size_t kind;
};

struct store {
    struct database db;
    struct image_files files;
    struct known_table known;
    size_t checkin_count;
    size_t checkin_sweep, checkin_step; /* so many of the first are in the order of their rows; written at a time */
    struct checkin checkin[STORE_CHECKINS_MAX];
    /* Files of images deleted or brought by this batch: at its end those go that no row names. */
    bool hold_files; /* not now: a backup copies them */
    size_t doomed_count;
    uint8_t doomed[STORE_DOOMED_MAX][32];
    uint32_t check_interval_s; /* what devices are told; set by who opens the store */
    struct rollout_silence silence;
    struct store_clock clock;
    uint64_t dump_keep_s; /* how long crash dumps are kept; 0: STORE_DUMP_DAYS */
    uint64_t audit_keep_ms; /* so old a record of the audit log must be to go; set by who opens the store */
    uint32_t crl_max;  /* entries of a list; 0: STORE_CRL_ENTRIES_MAX.  Tests move it */
    uint32_t scan_max; /* rows a filter looks at; 0: STORE_SCAN_MAX.  Tests move it */
    uint8_t runner[16]; /* this run of this store, among those that carry operations out */
    /* Whose operation is under way: set inside ask_carry_out() alone. */
    const struct store_caller *caller;
};

/* Encoded reply, on the heap. */
struct answer {
    uint8_t *at;
    size_t len, cap;
};

/* Appends one record; E_NOMEM, or the record's own limits. */
int answer_add(struct answer *answer, const struct record_type *type, const void *in) MUST_CHECK;
/* Replaces rows by the store_rows that holds them.  skip: what is still to be left out. */
int answer_list(struct answer *answer, bool created, uint64_t next, uint32_t skip) MUST_CHECK;
int answer_rows(struct answer *answer, bool created, uint64_t next) MUST_CHECK;
void answer_release(struct answer *answer);

/* name, bit */
enum store_peer { PEER_DAA = 1, PEER_OTA = 2, PEER_REPORTS = 4, PEER_API = 8, PEER_ISSUER = 16 };

/* READ and WRITE: after what waits is written, in order.  QUICK: answered from
 * the state as it is, before any check-in is written. */
enum store_access { ACCESS_READ, ACCESS_WRITE, ACCESS_QUICK };

/* What became of a request that was looked at. */
enum store_ahead_end {
    AHEAD_ANSWERED, /* this is all, with *status and answer as run() would have them; no statement is run for it */
    AHEAD_LOOK_ON,  /* more has to be read: by on */
    AHEAD_CARRY_OUT,
};

/* How an operation can mostly be answered by one statement that reads, and what the store knows
 * already: then those that wait at one moment share a journey to the database, and no transaction. */
struct store_ahead {
    enum statement_id (*statement)(struct store *store); /* asked once for all that wait */
    /* Its values, which live until the next call; of a payload that does not parse, any. */
    void (*bind)(struct statement *s, struct span payload);
    enum store_ahead_end (*answer)(struct store *store, struct statement *s, bool found, struct span payload,
                                   struct answer *answer, int *status);
    const struct store_ahead *on; /* for those that it left with AHEAD_LOOK_ON; NULL: it leaves none */
};

struct store_operation {
    uint16_t number;
    const char *name;
    unsigned peers;
    uint32_t request_max;
    enum store_access access;
    int (*run)(struct store *store, struct span payload, struct answer *answer);
    const struct store_ahead *ahead; /* NULL: it is always carried out */
};

extern const struct store_ahead wanted_ahead;
extern const struct store_operation store_operations[];
extern const size_t store_operation_count;

/* What api may ask for without an ASK around it. */
bool operation_is_direct(uint16_t number);
/* E_DENIED unless the table lets peer ask for it. */
int operation_find(unsigned peer, uint16_t number, const struct store_operation **found) MUST_CHECK;

/* database: as database_open()'s url.  Image files, and the database unless it is
 * elsewhere, are below folder; removes what crashes left behind.  key: 32 bytes, or
 * NULL for folder/data.key (data_key.h). */
int store_open(struct store *store, const char *folder, const char *database, const uint8_t *key) MUST_CHECK;
struct data_key_source;
int store_open_by(struct store *store, const char *folder, const char *database, const struct data_key_source *source)
    MUST_CHECK;
void store_close(struct store *store);
/* Keeps that the device was heard, by its row: checkins.c. */
void checkin_add(struct store *store, uint64_t device, uint64_t at_s);
/* How many it is time to write: a slice of the sweep, some of the first. */
size_t checkins_slice(struct store *store);
/* Writes the first count of those that wait, in the transaction that is open. */
int checkins_write(struct store *store, size_t count) MUST_CHECK;
/* They are in the database: the first count wait no more. */
void checkins_forget(struct store *store, size_t count);
/* Once at start: the hardware of releases that an older program published. */
int releases_learn(struct store *store) MUST_CHECK;
/* After a commit: files that no image names any more. */
void doomed_remove(struct store *store);

/* The bytes of image packages: files, or rows of a shared database (chunks.h). */
int package_put(struct store *store, const uint8_t digest[static 32], struct span bytes) MUST_CHECK;
int package_read(struct store *store, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
                 size_t len, size_t *got) MUST_CHECK;
/* After the image's row is gone: takes effect with the batch. */
int package_remove(struct store *store, const uint8_t digest[static 32]) MUST_CHECK;
/* After a catalog went with its images.  Files stay until the next start. */
int packages_sweep(struct store *store) MUST_CHECK;

/* Where a request points; see place_find(). */
struct place {
    uint64_t catalog, product, group; /* 0: not given, or unassigned */
    struct span subscription, resource_group; /* access_place() alone, views into the scope: where there is no catalog */
    uint64_t device;                  /* access_place() alone */
    uint8_t tenant[16];
    bool unassigned; /* product and group are ".default" */
};

enum place_depth { PLACE_CATALOG, PLACE_PRODUCT, PLACE_GROUP };

/* Finds everything down to depth; E_MISSING for the first part that is not there. */
int place_find(struct store *store, const struct store_scope *scope, enum place_depth depth,
               struct place *place) MUST_CHECK;
/* The query that a request is, and where it points: E_MALFORMED, else as place_find().  query has views into payload. */
int query_place(struct store *store, struct span payload, enum place_depth depth, struct store_query *query,
                struct place *place) MUST_CHECK;
bool name_is_default(struct span name);

/* -- access: docs/spec/access.md --------------------------------------------- */

/* Where a request points, down to the device in hex where one is named; parts that are not
 * there are 0, and so is a device that stands elsewhere. */
int access_place(struct store *store, const struct store_scope *scope, struct span device,
                 struct place *place) MUST_CHECK;
int access_verdict(struct store *store, const struct store_caller *caller, uint16_t *verdict) MUST_CHECK;
/* For places that the path does not name: a device's former group, a target.  0 without
 * a caller; E_DENIED unless its roles allow action at the place. */
int access_require(struct store *store, enum access_action action, const struct place *place) MUST_CHECK;
/* Makes sure that there is an owner: after this, certificate:name is one unless one was there. */
int access_seed(struct store *store, const char *name) MUST_CHECK;
/* Appends a record to the chain. */
int audit_append(struct store *store, const struct store_caller *caller, const char *outcome) MUST_CHECK;
/* The whole chain; *records: how many there are.  E_MISSING, E_DIGEST and the like, after one line on stderr. */
int audit_verify(struct store *store, uint64_t *records) MUST_CHECK;

typedef int row_add(struct store *store, struct statement *s, struct answer *answer);
row_add row_catalog, row_product, row_group, row_device, row_image, row_deployment, row_release,
    row_insight, row_crash;
/* Rows of the images of owner by a statement that lists them, into images. */
int images_of(struct store *store, enum statement_id id, uint64_t owner, struct answer *images) MUST_CHECK;
/* The number that a bound statement finds, 0 where it finds none. */
int number_get(struct store *store, struct statement *s, uint64_t *number) MUST_CHECK;
/* A crash that the device reported while it was in the catalog: crash_groups.c. */
int crash_group_add(struct store *store, uint64_t catalog, uint64_t device, const struct store_event *event,
                    uint64_t now_s) MUST_CHECK;
/* The number of a group as devices know it: in manifest sets and crash dumps. */
void store_group_number(uint64_t group, uint8_t number[static 16]);

/* -- crash dumps: dumps.c --------------------------------------------------------------- */

/* Removes those whose time is over; and those of a group that does not allow them any more. */
int dumps_expire(struct store *store, uint64_t now_s) MUST_CHECK;
int dumps_forget(struct store *store, uint64_t group) MUST_CHECK;

/* How many groups grow now. */
int crash_groups_growing(struct store *store, uint64_t *count) MUST_CHECK;
/* rollout_progress.c: adds to figures, which are zero. */
int rollouts_count(struct store *store, struct store_rollout_figures figures[static STORE_ROLLOUT_KINDS]) MUST_CHECK;

/* One row of s, which must be there; resets. */
int row_one(struct store *store, struct statement *s, row_add *add, struct answer *answer) MUST_CHECK;
/* A page of s, whose last column is the id and which page_bind() has bound: of the rows that
 * the query's filter lets through.  type: of the rows that add makes. */
int row_list(struct store *store, struct statement *s, row_add *add, const struct record_type *type,
             const struct store_query *query, struct answer *answer) MUST_CHECK;
/* The same of a statement that left out rows by itself; beyond: the last that it looked at, 0: there are no more. */
int row_list_within(struct store *store, struct statement *s, row_add *add, const struct record_type *type,
                    const struct store_query *query, uint64_t beyond, struct answer *answer) MUST_CHECK;
/* Rows that a filter looks at for one page. */
uint32_t scan_limit(const struct store *store);
/* The same where there is no filter; LIMIT is page_limit() + 1. */
int row_page(struct store *store, struct statement *s, row_add *add, uint32_t limit,
             struct answer *answer) MUST_CHECK;
uint32_t page_limit(const struct store_query *query);
/* Binds after, limit and offset at at, at + 1, at + 2; with a filter, the limit is what is
 * looked at, and row_list() counts. */
void page_bind(struct statement *s, int at, const struct store_query *query);

/* An address of the image of this row, good for 12 to 24 hours, and the same throughout 12. */
int image_address_write(struct store *store, uint64_t row, uint8_t address[static 32]) MUST_CHECK;

/* -- devices: fleet.c ----------------------------------------------------------- */

struct device {
    uint64_t id, catalog, group;
};

/* E_NOT_FOUND. */
int device_find(struct store *store, const uint8_t device_id[static 64], struct device *device) MUST_CHECK;
/* A filter of a list of devices that asks for one (*narrow): query begins just before its row; unless *found there is
 * none.  row: whose properties the filter has, deviceId and name among them. */
int device_narrow(struct store *store, const struct record_type *row, struct store_query *query, bool *narrow,
                  bool *found) MUST_CHECK;
/* The device that scope names must stand where scope says; E_MISSING, E_NOT_FOUND. */
int device_at(struct store *store, const struct store_scope *scope, struct place *place,
              struct device *device) MUST_CHECK;
/* A device that is new, in no catalog; *id: its row.  E_EXISTS and the like.  Counting it is the caller's. */
int device_insert(struct store *store, const uint8_t device_id[static 64], struct span chip_sku, uint64_t *id) MUST_CHECK;
/* Where a device stands, without counting it. */
int device_place(struct store *store, uint64_t id, uint64_t catalog, uint64_t group, uint64_t sequence) MUST_CHECK;
/* From where it stands to catalog and group (0: none); counted there, and no more here. */
int device_assign(struct store *store, const struct device *device, uint64_t catalog, uint64_t group) MUST_CHECK;
/* So many more devices stand there (fewer, when negative): counts.c.  Catalog 0: are registered. */
int devices_counted(struct store *store, uint64_t catalog, uint64_t group, int64_t more) MUST_CHECK;
/* Its row, as one of the answer. */
int device_row(struct store *store, uint64_t id, struct answer *answer) MUST_CHECK;

/* -- releases.c ------------------------------------------------------------------- */

/* Publishes a release for a feed, or changes its state: devices and verifiers see it. */
int release_change(struct store *store, uint64_t release, uint16_t feed, uint16_t state) MUST_CHECK;
/* Devices of the feed see a change. */
int feed_touch(struct store *store, uint16_t feed) MUST_CHECK;
/* E_NOT_FOUND. */
int release_named(struct store *store, struct span version, uint64_t *id, uint16_t *feed, uint16_t *state,
                  uint64_t *hardware) MUST_CHECK;

/* -- deployments.c ---------------------------------------------------------------- */

/* Images of one catalog, no two of one component. */
struct image_set {
    size_t count;
    uint64_t row[STORE_DEPLOY_MAX];
    uint8_t component[STORE_DEPLOY_MAX][16];
};

/* E_RANGE: not of this catalog; E_DUPLICATE: a component. */
int image_set_find(struct store *store, uint64_t catalog, const struct store_id *image, size_t count,
                   struct image_set *set) MUST_CHECK;
/* The group's devices see a change. */
int group_touch(struct store *store, uint64_t group) MUST_CHECK;
/* Of the group's current deployment; 0: none. */
int deployment_current(struct store *store, uint64_t group, uint64_t *id) MUST_CHECK;

/* -- rollouts: rollouts.c, docs/spec/rollouts.md ----------------------------------- */

/* Is the device one of the share (of 10,000) that a rollout reached? */
bool rollout_reaches(const uint8_t rollout[static 16], const uint8_t device_id[static 64], uint64_t share);
struct rollout_kind;
/* A check of a device that is reached: does it have all that is rolled out? */
int rollout_seen(struct store *store, const struct rollout_kind *kind, uint64_t rollout, uint64_t device,
                 bool has_it) MUST_CHECK;
/* Whether that would write anything.  state, silent: of the device's row in the rollout, 0 without one. */
bool rollout_news(uint64_t state, bool silent, bool has_it);
/* A report of a device: does it speak against a rollout that reached it? */
int rollout_report(struct store *store, uint64_t device, const struct store_event *event) MUST_CHECK;
/* E_CONFLICT while one is under way in the group. */
int rollout_none(struct store *store, uint64_t group) MUST_CHECK;
/* The release is offered to no device any more (revoked): E_NOT_FOUND while none is rolled out. */
int os_rollout_end(struct store *store, uint64_t release, const char *reason) MUST_CHECK;
/* E_CONFLICT while an OS release for this hardware is rolled out. */
int os_rollout_none(struct store *store, uint64_t hardware) MUST_CHECK;
/* Devices that fell silent, and steps whose time has come: one rollout of a kind at a time; *more:
 * there may be others. */
int rollouts_step(struct store *store, bool *more) MUST_CHECK;

/* E_MISSING: there is none. */
int resource_group_find(struct store *store, const struct store_scope *scope, uint64_t *id) MUST_CHECK;
/* Makes the resource group that scope names unless it is there. */
int resource_group_make(struct store *store, const struct store_scope *scope, struct span location, struct span tags,
                        bool *created) MUST_CHECK;

/* -- operations that run on: jobs.c, long_running.c ------------------------------- */

/* What an ASK asks for: decided again, carried out, and in the audit log.  *outcome: 0 and
 * reply, or what it was refused for; an error else, and nothing was done. */
int ask_carry_out(struct store *store, const struct store_ask *ask, struct answer *reply, int *outcome) MUST_CHECK;
/* tenant: whose CA is to be made, for operations that are no request to the store; else zero. */
int job_begin(struct store *store, const struct store_operation_begin *begin, const uint8_t operation[static 16],
              const uint8_t tenant[static 16]) MUST_CHECK;
/* Its row, as one of the answer, for the principal; empty: for whoever asks. */
int operation_answer(struct store *store, const uint8_t operation[static 16], struct span subscription,
                     struct span principal, struct answer *answer) MUST_CHECK;

/* E_IO, E_FULL and the like end a request; the rest is its outcome. */
bool error_is_outcome(int error);

/* -- revocation: docs/spec/certificates.md ------------------------------------- */

/* Whether a device, revoked now or once, may come with this certificate of the OS CA or the update-only CA: E_LIFECYCLE it
 * may not at all; E_STALE: the certificate is revoked.  serial zero: it is not known which. */
int device_admit(struct store *store, bool revoked, bool was_revoked, const uint8_t serial[static 16]) MUST_CHECK;
/* 1: this operator's certificate is revoked, 0: it is not, or serial is zero; or an error. */
int operator_revoked(struct store *store, const uint8_t serial[static 16]) MUST_CHECK;
/* Devices and products refuse it (E_CONFLICT); its CAs are revoked, its images go with it, and
 * their files at the next start. */
int catalog_remove(struct store *store, uint64_t catalog, const uint8_t tenant[static 16]) MUST_CHECK;
/* All CAs of a catalog, which goes. */
int catalog_cas_revoke(struct store *store, const uint8_t tenant[static 16]) MUST_CHECK;

int random_guid(uint8_t guid[static 16]) MUST_CHECK;

#define STORE_HANDLER(name) int name(struct store *store, struct span payload, struct answer *answer)
STORE_HANDLER(op_device_get);
STORE_HANDLER(op_reference_get);
STORE_HANDLER(op_attest_record);
STORE_HANDLER(op_wanted_get);
STORE_HANDLER(op_image_read);
STORE_HANDLER(op_image_address);
STORE_HANDLER(op_report_add);
STORE_HANDLER(op_catalog_get);
STORE_HANDLER(op_catalog_list);
STORE_HANDLER(op_catalog_put);
STORE_HANDLER(op_catalog_delete);
STORE_HANDLER(op_resource_group_get);
STORE_HANDLER(op_resource_group_list);
STORE_HANDLER(op_resource_group_put);
STORE_HANDLER(op_resource_group_delete);
STORE_HANDLER(op_subscription_get);
STORE_HANDLER(op_subscription_list);
STORE_HANDLER(op_rollout_get);
STORE_HANDLER(op_rollout_list);
STORE_HANDLER(op_rollout_put);
STORE_HANDLER(op_rollout_state);
STORE_HANDLER(op_os_rollout_get);
STORE_HANDLER(op_os_rollout_list);
STORE_HANDLER(op_os_rollout_put);
STORE_HANDLER(op_os_rollout_state);
STORE_HANDLER(op_device_release);
STORE_HANDLER(op_device_keep);
STORE_HANDLER(op_device_take);
STORE_HANDLER(op_product_get);
STORE_HANDLER(op_product_list);
STORE_HANDLER(op_product_put);
STORE_HANDLER(op_product_delete);
STORE_HANDLER(op_product_defaults);
STORE_HANDLER(op_group_get);
STORE_HANDLER(op_group_list);
STORE_HANDLER(op_group_put);
STORE_HANDLER(op_group_delete);
STORE_HANDLER(op_deployment_get);
STORE_HANDLER(op_deployment_list);
STORE_HANDLER(op_deployment_put);
STORE_HANDLER(op_deployment_delete);
STORE_HANDLER(op_device_show);
STORE_HANDLER(op_device_list);
STORE_HANDLER(op_device_count);
STORE_HANDLER(op_device_register);
STORE_HANDLER(op_device_claim);
STORE_HANDLER(op_device_move);
STORE_HANDLER(op_device_unassign);
STORE_HANDLER(op_image_get);
STORE_HANDLER(op_image_list);
STORE_HANDLER(op_image_put);
STORE_HANDLER(op_image_delete);
STORE_HANDLER(op_release_get);
STORE_HANDLER(op_release_list);
STORE_HANDLER(op_release_put);
STORE_HANDLER(op_insight_list);
STORE_HANDLER(op_crash_group_list);
STORE_HANDLER(op_crash_group_get);
STORE_HANDLER(op_crash_device_list);
STORE_HANDLER(op_dump_consent);
STORE_HANDLER(op_dump_add);
STORE_HANDLER(op_dump_list);
STORE_HANDLER(op_dump_get);
STORE_HANDLER(op_dump_read);
STORE_HANDLER(op_dump_delete);
STORE_HANDLER(op_operation_begin);
STORE_HANDLER(op_operation_end);
STORE_HANDLER(op_operation_run);
STORE_HANDLER(op_operation_due);
STORE_HANDLER(op_operation_take);
STORE_HANDLER(op_operation_hold);
STORE_HANDLER(op_operation_get);
STORE_HANDLER(op_status);
STORE_HANDLER(op_authorize);
STORE_HANDLER(op_ask);
STORE_HANDLER(op_audit_add);
STORE_HANDLER(op_audit_list);
STORE_HANDLER(op_audit_head);
STORE_HANDLER(op_audit_prune);
STORE_HANDLER(op_checkpoint_list);
STORE_HANDLER(op_role_list);
STORE_HANDLER(op_role_get);
STORE_HANDLER(op_role_put);
STORE_HANDLER(op_role_delete);
STORE_HANDLER(op_ca_get);
STORE_HANDLER(op_ca_put);
STORE_HANDLER(op_ca_page);
STORE_HANDLER(op_ca_reseal);
STORE_HANDLER(op_wrap_changed);
STORE_HANDLER(op_ca_due);
STORE_HANDLER(op_ca_activate);
STORE_HANDLER(op_ca_revoke);
STORE_HANDLER(op_device_revoke);
STORE_HANDLER(op_operator_revoke);
STORE_HANDLER(op_revoked_list);
STORE_HANDLER(op_revoked_device_list);
STORE_HANDLER(op_revoked_device_get);
STORE_HANDLER(op_crl_get);
STORE_HANDLER(op_crl_entries);
STORE_HANDLER(op_crl_put);

#endif
