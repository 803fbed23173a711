/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of images: good for their time, for their image, and no bit of them otherwise. */
#include "service/store/store_fixture_test.h"

enum { HOUR_S = 3600 };

static uint8_t address[32];
static struct store_image_found found;

static void image_add(void)
{
    static uint8_t bytes[8192];
    struct image_meta meta = {.type = 10, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true, .name = "n"};
    meta.component[0] = 1;
    meta.id[0] = 2;
    struct writer w = writer_of(bytes, sizeof bytes);
    while (w.len < 4096)
        writer_u8(&w, 7);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    const struct store_image_put put = {.scope = fixture_scope("c", "", ""), .package = writer_view(&w)};
    CHECK_INT(fixture_api(STORE_OP_IMAGE_PUT, &store_image_put_type, &put), 0);
}

static void shown(void)
{
    struct store_query query = {.scope = fixture_scope("c", "", "")};
    struct store_row_image row = {0};
    query.scope.name = T("00000002-0000-0000-0000-000000000000");
    CHECK_INT(fixture_api(STORE_OP_IMAGE_GET, &store_query_type, &query), 0);
    struct cursor c = cursor_of(fixture_rows().rows);
    record_get(&store_row_image_type, &c, &row);
    CHECK_INT(c.err, 0);
    memcpy(address, row.address, sizeof address);
}

static int look(const uint8_t at[static 32])
{
    struct store_image_address ask;
    uint8_t buffer[64];
    struct writer w = writer_of(buffer, sizeof buffer);
    memcpy(ask.address, at, sizeof ask.address);
    REQUIRE(store_image_address_write(&ask, &w) == 0);
    int err = fixture_call(PEER_OTA, STORE_OP_IMAGE_ADDRESS, writer_view(&w));
    if (!err)
        CHECK_INT(store_image_found_parse(span_of(fx.reply, fx.len), &found), 0);
    return err;
}

static void time_passes(uint64_t s) { fx.store.db.fixed_now_ms += s * 1000; }

int main(int argc, char **argv)
{
    uint8_t changed[32], first[32];
    fixture_begin(argc, argv);
    fx.store.db.fixed_now_ms = (uint64_t)1700000000 / (12 * HOUR_S) * (12 * HOUR_S) * 1000; /* a period begins */
    fixture_place("c", "", "");
    image_add();
    shown();
    memcpy(first, address, sizeof first);
    CHECK_INT(look(first), 0);
    CHECK_INT(found.expires_s, fx.store.db.fixed_now_ms / 1000 + 24 * HOUR_S);
    CHECK(found.total > 4096);
    for (size_t bit = 0; bit < sizeof changed * 8; bit++) {
        memcpy(changed, first, sizeof changed);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(look(changed), E_NOT_FOUND);
    }
    time_passes(12 * HOUR_S - 1);
    shown();
    CHECK(memcmp(address, first, sizeof first) == 0); /* so that a cache has it once */
    time_passes(1);
    shown();
    CHECK(memcmp(address, first, sizeof first) != 0);
    time_passes(12 * HOUR_S - 1);
    CHECK_INT(look(first), 0);
    time_passes(1);
    CHECK_INT(look(first), E_NOT_FOUND);
    CHECK_INT(look(address), 0);
    memcpy(first, address, sizeof first);
    time_passes(400 * 24 * HOUR_S); /* by a clock that is ahead */
    shown();
    CHECK_INT(look(address), 0);
    fx.store.db.fixed_now_ms -= 400 * 24 * HOUR_S * 1000ull;
    CHECK_INT(look(address), E_NOT_FOUND); /* not for a year */
    CHECK_INT(look(first), 0);
    memcpy(address, first, sizeof first);
    struct store_query query = {.scope = fixture_scope("c", "", "")};
    query.scope.name = T("00000002-0000-0000-0000-000000000000");
    CHECK_INT(fixture_api(STORE_OP_IMAGE_DELETE, &store_query_type, &query), 0);
    CHECK_INT(look(address), E_NOT_FOUND);
    fixture_end();
    return check_done();
}
