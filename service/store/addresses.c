/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of images: what a reader of a catalog downloads a package with, without a
 * certificate, and any HTTP cache may keep for as long as the address is good.
 *   off size field
 *     0    8 row        of the image, never used again; little-endian, as the next
 *     8    8 expires    Unix seconds
 *    16   16 mac        the first bytes of HMAC-SHA-256 of both, by a key of the store's
 * The end is a multiple of 12 hours, so that all who ask within 12 hours get one address, and
 * a cache in front sends the image to the second of them by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/ct.h"
#include "service/store/operations.h"

enum { PERIOD_S = 12 * 3600, SIGNED_BYTES = 16, MAC_BYTES = 16 };

static const char use[] = "image address";

static int mac_of(struct store *store, const uint8_t address[static SIGNED_BYTES], uint8_t mac[static MAC_BYTES])
{
    uint8_t whole[32];
    int err = vault_mac(store->db.vault, use, span_of(address, SIGNED_BYTES), whole);
    if (!err)
        memcpy(mac, whole, MAC_BYTES);
    return err;
}

int image_address_write(struct store *store, uint64_t row, uint8_t address[static 32])
{
    struct writer w = writer_of(address, SIGNED_BYTES);
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    writer_u64le(&w, row);
    writer_u64le(&w, (now_s / PERIOD_S + 2) * PERIOD_S);
    return w.err ? w.err : mac_of(store, address, address + SIGNED_BYTES);
}

/* E_NOT_FOUND for all that is wrong with it: whoever guesses learns nothing. */
int op_image_address(struct store *store, struct span payload, struct answer *answer)
{
    struct store_image_address ask;
    struct store_image_found found = {0};
    uint8_t mac[MAC_BYTES];
    int err = store_image_address_parse(payload, &ask);
    if (!err)
        err = mac_of(store, ask.address, mac);
    if (err)
        return err;
    if (!ct_equal(mac, ask.address + SIGNED_BYTES, MAC_BYTES))
        return E_NOT_FOUND;
    struct cursor c = cursor_of(span_of(ask.address, SIGNED_BYTES));
    found.row = cursor_u64le(&c);
    found.expires_s = cursor_u64le(&c);
    uint64_t now_s = database_now_ms(&store->db) / 1000;
    if (now_s >= found.expires_s || found.expires_s - now_s > 3 * PERIOD_S) /* given out by a clock that was ahead */
        return E_NOT_FOUND;
    struct statement *s = statement_get(&store->db, STATEMENT_IMAGE_OF_ROW);
    bind_number(s, 1, found.row);
    int got = statement_step(&store->db, s);
    if (got == 1) {
        found.total = column_number(s, 3);
        column_exact(s, 8, found.digest, sizeof found.digest);
    }
    statement_done(s);
    if (got != 1)
        return got < 0 ? got : E_NOT_FOUND;
    answer->at = malloc(128);
    if (!answer->at)
        return E_NOMEM;
    answer->cap = 128;
    struct writer w = writer_of(answer->at, answer->cap);
    err = store_image_found_write(&found, &w);
    answer->len = err ? 0 : w.len;
    return err;
}
