/* SPDX-License-Identifier: BSD-2-Clause */
/* pluton/host/fuse_row.h: layout, and the digest finds all damage. */
#include "pluton/host/fuse_row.h"
#include "tests/check.h"

static const struct fuses sample = {.lifecycle = LIFECYCLE_MODULE1_COMPLETE,
                                    .counter = {1, 2, 3, 0xffffffff},
                                    .root_digest = {7, 7, 7}};

static void round_trip(void)
{
    uint8_t row[FUSE_ROW_BYTES];
    struct fuses got;
    CHECK_INT(fuse_row_write(&sample, row), 0);
    CHECK_INT(fuse_row_read(row, &got), 0);
    CHECK_MEM(&got, &sample, sizeof got);
    /* the table of the header */
    CHECK_MEM(row, "PFUS\x01\x00\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02", 17);
    CHECK_MEM(row + 28, sample.root_digest, 32);
}

static void every_flipped_bit_is_found(void)
{
    static const struct fuses empty;
    uint8_t row[FUSE_ROW_BYTES];
    struct fuses got;
    REQUIRE(fuse_row_write(&sample, row) == 0);
    for (unsigned bit = 0; bit < 8 * sizeof row; bit++) {
        row[bit / 8] = (uint8_t)(row[bit / 8] ^ 1u << bit % 8);
        CHECK_INT(fuse_row_read(row, &got), E_CORRUPT);
        CHECK_MEM(&got, &empty, sizeof got);
        row[bit / 8] = (uint8_t)(row[bit / 8] ^ 1u << bit % 8);
    }
}

static void digest_renew(uint8_t row[static FUSE_ROW_BYTES])
{
    const struct span covered = span_of(row, FUSE_ROW_COVERED_BYTES);
    REQUIRE(crypto_sha256(&covered, 1, row + FUSE_ROW_COVERED_BYTES) == 0);
}

/* A row with a good digest that this version does not understand. */
static void foreign_rows(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        int err;
    } rows[] = {
        {4, 2, E_VERSION},   /* version */
        {6, 97, E_CORRUPT},  /* size */
        {8, 3, E_CORRUPT},   /* life-cycle without a name */
        {60, 1, E_CORRUPT},  /* reserved */
        {0, 'X', E_CORRUPT}, /* magic */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t row[FUSE_ROW_BYTES];
        struct fuses got;
        REQUIRE(fuse_row_write(&sample, row) == 0);
        row[rows[i].at] = rows[i].value;
        digest_renew(row);
        CHECK_INT(fuse_row_read(row, &got), rows[i].err);
        CHECK_INT(got.lifecycle, 0);
    }
}

int main(void)
{
    round_trip();
    every_flipped_bit_is_found();
    foreign_rows();
    return check_done();
}
