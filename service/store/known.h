/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store keeps in memory of image sets and releases, so that an update check reads the
 * device's row and nothing else.
 * Source: docs/spec/store.md, "Wanted set".  Called by wanted.c and standing.c alone, from one thread.
 *
 * Nothing here goes stale: what a row says can never change under its key.
 *   KNOWN_APPLICATIONS   a: deployment.  Its images are written with it
 *   KNOWN_ROLLOUT        a: rollout.  The same
 *   KNOWN_OS             a: feed, b: hardware          of one generation: the counter that every change
 *   KNOWN_OS_ROLLOUT     a: release                    of a release raises in its own transaction, and
 *   KNOWN_KEYSTORES      a: feed, b: hardware, c: release    that is read together with the device's row
 *   KNOWN_VERSION        a, b: id of a services image
 *   KNOWN_GROUP          a: group, b: its sequence, c: catalog     what standing.h says
 *   KNOWN_HARDWARE       a: hardware, b: counter 'feed0'           the same
 * What a transaction wrote itself and then took back would be no such fact: what was loaded in one that
 * is rolled back is forgotten.
 *
 * Limits: KNOWN_MAX rows, of at most STORE_WANTED_MAX images each: room for some three thousand groups that each
 * have a deployment of their own, in 1.6 MB and the images.  Of those that share a bucket, the one that was used last
 * longest ago goes, and is read again.  What devices say of themselves cannot push out the rest: known.c.
 */
#ifndef PERI_SERVICE_STORE_KNOWN_H
#define PERI_SERVICE_STORE_KNOWN_H

#include "service/ipc/store_api_ops.h"
#include "service/store/database/database.h"

enum { KNOWN_WAYS = 4, KNOWN_BUCKETS = 4096, KNOWN_MAX = KNOWN_WAYS * KNOWN_BUCKETS };

enum known_kind {
    KNOWN_NONE, /* an empty row */
    KNOWN_APPLICATIONS,
    KNOWN_ROLLOUT,
    KNOWN_OS,
    KNOWN_OS_ROLLOUT,
    KNOWN_KEYSTORES,
    KNOWN_VERSION,
    KNOWN_GROUP,
    KNOWN_HARDWARE,
};

struct known_key {
    uint64_t kind, generation, a, b, c;
};

struct image_file {
    uint64_t row, bytes;
    uint8_t digest[32];
    uint32_t version; /* of a keystore: its security version; UINT32_MAX: no device takes it */
};

struct known_image {
    struct store_wanted_image image;
    struct image_file file;
};

/* The release that holds a services image. */
struct known_release {
    char version[STORE_TEXT_MAX];
    size_t version_bytes; /* 0: none holds it */
    uint64_t hardware;
};

/* One that runs; id 0: none. */
struct known_rollout {
    uint64_t id, share;
    uint8_t name[16];
};

/* Of a group, or of a hardware. */
struct known_standing {
    uint64_t goal; /* the group's deployment; the release that the OS rollout brings */
    struct known_rollout rollout;
    uint8_t tenant[16]; /* of the group's catalog */
};

struct known {
    struct known_key key;
    uint64_t used, begun; /* begun: the transaction that loaded it, as database.begun counts */
    uint16_t count;
    struct known_image *image;     /* count of them */
    struct known_release *release; /* of KNOWN_VERSION alone */
    struct known_standing *standing; /* of KNOWN_GROUP and KNOWN_HARDWARE alone */
};

struct known_table {
    uint64_t clock, undone, begun; /* begun: of the last that was loaded */
    unsigned parts_looks;         /* standing.c */
    struct known at[KNOWN_BUCKETS][KNOWN_WAYS];
};

struct store;

/* What is in memory, else NULL.  A view until the next known_load(). */
const struct known *known_find(struct store *store, const struct known_key *key);
/* The same, read from the database where it is not in memory, in the transaction that is open. */
int known_load(struct store *store, const struct known_key *key, const struct known **found) MUST_CHECK;
/* Remembers it, unless it is there, or the row that says so was damaged, or there is no memory: it is read again. */
void known_keep(struct store *store, const struct known_key *key, const struct known_standing *standing);
void known_clear(struct known_table *table);

/* The row of a statement that begins with SQL_WANTED. */
void known_image_read(struct statement *s, struct known_image *image);

#endif
