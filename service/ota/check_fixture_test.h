/* SPDX-License-Identifier: BSD-2-Clause */
/* A good update check for tests, written field by field from abi/device_api.h. */
#ifndef PERI_SERVICE_OTA_CHECK_FIXTURE_TEST_H
#define PERI_SERVICE_OTA_CHECK_FIXTURE_TEST_H

#include "abi/device_api.h"
#include "lib/cbor.h"
#include "service/ipc/store_ops.h"

static inline size_t check_body_make(uint8_t *at, size_t cap, unsigned installed, uint64_t accepted,
                                     bool undone)
{
    struct writer w = writer_of(at, cap);
    uint8_t nonce[32] = {0x4E, 1, 2, 3};

    cbor_put_map(&w, 4);
    cbor_put_uint(&w, 1);
    cbor_put_bytes(&w, nonce, sizeof nonce);
    cbor_put_uint(&w, 2);
    cbor_put_array(&w, installed);
    for (unsigned i = 0; i < installed; i++) {
        uint8_t component[16] = {0xC0, (uint8_t)i}, image[16] = {0x1A, (uint8_t)i};
        cbor_put_array(&w, 3);
        cbor_put_bytes(&w, component, sizeof component);
        cbor_put_bytes(&w, image, sizeof image);
        cbor_put_uint(&w, 10);
    }
    cbor_put_uint(&w, 3);
    cbor_put_uint(&w, accepted);
    cbor_put_uint(&w, 4);
    if (undone)
        cbor_put_uint(&w, accepted + 1);
    else
        cbor_put_null(&w);
    return w.err ? 0 : w.len;
}

static inline struct store_wanted_image wanted_image(uint16_t type, uint8_t number)
{
    return (struct store_wanted_image){.image = {0xAA, number}, .component = {0xBB, number},
                                       .type = type, .file_bytes = 1000u + number,
                                       .provides_version = 1, .provides_type = 2,
                                       .depends_version = 3, .depends_type = 1};
}

#endif
