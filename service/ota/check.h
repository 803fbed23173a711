/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Update check: the device's question, and the manifest bodies of the answer.
 * Source: docs/spec/device-api.md; abi/device_api.h, abi/manifest.h.
 * Trust: the question is hostile; update_check_parse() accepts exactly one
 * encoding of each.  What the store wants is trusted as far as its limits.
 */
#ifndef PERI_SERVICE_OTA_CHECK_H
#define PERI_SERVICE_OTA_CHECK_H

#include "abi/device_api.h"
#include "lib/manifest.h"
#include "service/ipc/store_ops.h"

enum {
    UPDATE_VALID_S = 24 * 60 * 60, /* an answer kept back longer than this is void */
    /* an inner manifest's body, at most */
    UPDATE_BODY_MAX = MANIFEST_HEADER_BYTES + MANIFEST_IMAGES_MAX * MANIFEST_ENTRY_BYTES,
};

struct update_check {
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    uint16_t count;
    struct store_installed installed[DEVICE_API_INSTALLED_MAX];
    uint64_t accepted; /* sequence */
    bool has_undone;
    uint64_t undone; /* sequence */
    uint32_t keystore_version; /* of the keystore in use; STORE_KEYSTORE_UNKNOWN: an older device */
};

/* 0, or the parser's error; E_DUPLICATE: a component or image twice. */
int update_check_parse(struct span body, struct update_check *check) MUST_CHECK;

/* Which manifests an answer holds; the bodies depend on the wanted set alone, so
 * that equal sequences have equal contents whichever replica answers. */
bool update_wants_base(const struct store_wanted *wanted);
bool update_wants_firmware(const struct store_wanted *wanted);
bool update_wants_customer(const struct store_wanted *wanted);
int update_base_write(const struct store_wanted *wanted, struct writer *w) MUST_CHECK;
int update_firmware_write(const struct store_wanted *wanted, struct writer *w) MUST_CHECK;
int update_customer_write(const struct store_wanted *wanted, struct writer *w) MUST_CHECK;

/* For how long applications may put updates off, in minutes; 0: not at all. */
struct update_deferral {
    uint32_t app_minutes, os_minutes;
};

/* What binds an answer to one device and one question. */
struct update_answer {
    uint8_t device_id[64];
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    uint64_t now_s;
    uint32_t check_interval_s;
    struct update_deferral deferral;
    uint64_t accepted; /* sequence that the device accepted last */
    struct span base, firmware, customer; /* signed packages; empty: absent from the set */
};

int update_set_write(const struct store_wanted *wanted, const struct update_answer *answer,
                     struct writer *w) MUST_CHECK;

#endif
