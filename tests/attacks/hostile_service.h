/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The security service in an attacker's hands.  It holds the TLS key and the CA
 * that the device trusts (so every attack here is also one of the network), and
 * signs sets with the update key, or with a key of its own, as the play says.
 * It never holds an image key: what it serves was signed before it was stolen,
 * or is signed by the attacker.
 * One connection, one request at a time (tests/tls_server.h).
 */
#ifndef PERI_TESTS_ATTACKS_HOSTILE_SERVICE_H
#define PERI_TESTS_ATTACKS_HOSTILE_SERVICE_H

#include <pthread.h>
#include <stdbool.h>

#include "abi/device_api.h"
#include "abi/monitor_call.h"
#include "cli/package/signing_key.h"
#include "lib/manifest.h"
#include "tests/tls_server.h"

enum { HOSTILE_IMAGES_MAX = 8, HOSTILE_INSTALLED_MAX = 16 };

struct installed {
    uint8_t component[16], image[16];
};

/* What the device said in its last update check. */
struct report {
    unsigned count; /* checks so far */
    uint8_t nonce[32];
    size_t installed_count;
    struct installed installed[HOSTILE_INSTALLED_MAX];
    uint64_t accepted;
    uint32_t keystore_version;
};

/* A package that can be served, under the image id of its metadata. */
struct stock {
    struct span file;
    struct image image;
};

/* A set to order: what differs from an honest one. */
struct set_order {
    uint64_t sequence;
    struct signing_key *set_key, *manifest_key;
    const uint8_t *nonce;     /* NULL: the request's */
    const uint8_t *device_id; /* NULL: this device's */
    const struct stock *want[HOSTILE_IMAGES_MAX]; /* ends with NULL; NULL first: no manifest */
    uint32_t file_bytes; /* in place of the first image's size; 0: the truth */
};

struct hostile_service {
    struct test_ca ca, foreign;
    X509 *foreign_leaf;
    EVP_PKEY *foreign_key;
    struct tls_server server;
    pthread_mutex_t lock;
    pthread_cond_t checked;
    uint8_t device_id[64];
    struct signing_key update, update2, attacker; /* update2: of the second keystore */
    struct stock stock[HOSTILE_IMAGES_MAX];
    size_t stock_count;
    struct report report;
    unsigned requests, images_asked;
    unsigned refused[64];                        /* events UpdateRefused by status, since the start */
    unsigned failed[EVENT_SERVICE_CAUSE_MAX + 1]; /* ServiceFailed by cause */
    /* The play.  check writes the answer's body; image answers by itself and
     * returns whether the connection goes on.  NULL: the honest one. */
    const struct attack *attack;
    struct set_order honest;
};

/* One row of a suite. */
struct attack {
    const char *name, *has; /* what it is called, what the attacker holds besides */
    void (*check)(struct hostile_service *h, struct writer *answer);
    void (*image)(struct hostile_service *h, SSL *ssl, const struct stock *asked);
    bool (*raw)(struct hostile_service *h, SSL *ssl, const char *path); /* true: answered, whatever it was */
    bool foreign; /* the server's certificate comes from a root that the device does not know */
    const char *log; /* what the device says of it */
    /* and what it tells the service once that is honest: one of the two */
    enum monitor_status refused;
    enum event_service_cause failed;
};

void hostile_start(struct hostile_service *h);
void hostile_stop(struct hostile_service *h);
/* From a file; the package stays in memory until the end. */
const struct stock *hostile_stock(struct hostile_service *h, const char *file);
void hostile_set(struct hostile_service *h, const struct set_order *order, struct writer *answer);
/* From now on this is played; NULL: the honest service. */
void hostile_play(struct hostile_service *h, const struct attack *attack);
/* Waits for so many further update checks and takes the last one; false after seconds. */
/* Waits until the device has reported this more often than before; false after seconds. */
bool hostile_told(struct hostile_service *h, const struct attack *attack, unsigned before, unsigned seconds);
/* How often it has. */
unsigned hostile_telling(struct hostile_service *h, const struct attack *attack);
bool hostile_wait(struct hostile_service *h, unsigned checks, unsigned seconds, struct report *report);

#endif
