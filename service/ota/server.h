/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ota process without its confinement: update checks and image downloads.
 * Source: docs/spec/device-api.md; docs/processes.md.
 *
 *   check   parse -> WANTED_GET -> SIGN_MANIFEST for each inner manifest that is
 *           not in the cache -> manifest set -> SIGN_MANIFEST -> 200
 *   image   IMAGE_READ of length 0 (may this device have it, how large) -> 200,
 *           206 or 416; front then pulls the bytes by a token
 *
 * The token is image uid || first half of HMAC-SHA256(key of this process, uid):
 * no state is kept for a download, and front can pull only what a device was
 * allowed to have.
 * Trust: front is less trusted, store and issuer more; as in service/daa/server.h.
 * Single loop, no threads.
 */
#ifndef PERI_SERVICE_OTA_SERVER_H
#define PERI_SERVICE_OTA_SERVER_H

#include "service/ipc/channel.h"
#include "service/ipc/store_ops.h"
#include "service/ota/check.h"
#include "service/ota/key_ranges.h"
#include "service/ota/signed_cache.h"

enum { OTA_RETRY_S = 5, OTA_TOKEN_KEY_BYTES = 32 };

/* What every device is told. */
struct ota_told {
    uint32_t check_interval_s;
    struct update_deferral deferral;
    const char *image_base; /* where images are to be downloaded; NULL or empty: here */
};

struct ota_server {
    struct event_base *base;
    struct channel *front, *store, *issuer;
    struct ota_told told;
    uint64_t (*now_s)(void); /* wall clock; tests bring their own */
    uint8_t token_key[OTA_TOKEN_KEY_BYTES];
    struct signed_cache signed_manifests;
    struct key_ranges keys;
    struct {
        uint64_t checks, images, refused, unavailable;
    } count;
    bool failed; /* ended by a fault, not by the front's leaving */
};

struct ota_server_fds {
    int front, store, issuer;
};

/* Takes the descriptors, even on failure.  0, E_ENTROPY, E_NOMEM. */
int ota_server_init(struct ota_server *server, struct event_base *base, struct ota_server_fds fds,
                    struct ota_told told) MUST_CHECK;
void ota_server_release(struct ota_server *server);

#endif
