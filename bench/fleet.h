/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices with keys in software: made, registered by the operator through the
 * management API, and able to attest as a device does.  The root of trust, the
 * monitor and the rest of a device are not in it.
 */
#ifndef PERI_BENCH_FLEET_H
#define PERI_BENCH_FLEET_H

#include "bench/client.h"
#include "lib/evidence.h"
#include "tests/soft_key.h"

enum { FLEET_PARTS = 4 };

struct fleet_device {
    struct soft_key attestation, client;
    uint8_t tenant[16]; /* of the catalog that it attests for; zero: the OS */
};

struct fleet {
    unsigned count;
    struct fleet_device *at;
    struct measurement measured[FLEET_PARTS]; /* the release that all of them run */
};

/* Makes count devices, registers the first of them and publishes a release of made-up OS images;
 * operator is connected with the operator's certificate.  Exits on failure. */
void fleet_init(struct fleet *fleet, unsigned count, unsigned registered, struct client *operator);
void fleet_release(struct fleet *fleet);
/* Publishes a newer release, whose one image has a body of so many random bytes: the
 * package, malloc'd, and its id. */
struct span fleet_release_large(struct client *operator, size_t body_bytes, char id[static 37]);
/* Challenge and attest on a connected client.  True: 200, and the answer is in
 * client->body. */
bool fleet_attest(const struct fleet *fleet, struct fleet_device *device, struct client *client);
/* Certificates of the attest answer: views into client->answer. */
unsigned fleet_certificates(const struct client *client, struct span chain[static 4]);
/* One update check; true: 200. */
bool fleet_check(struct client *client);

#endif
