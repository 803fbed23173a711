/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/capability.h"

#include "tests/check.h"
#include "tests/vectors.h"

static int parse(struct span bytes)
{
    static const struct capability_body empty;
    struct capability_body body;
    int err = capability_parse(bytes, &body);
    if (err)
        CHECK_MEM(&body, &empty, sizeof body); /* "empty on failure" */
    return err;
}

static void vectors(void)
{
    CHECK(vectors_replay("testdata/capability", parse) >= 9);
}

/* Each of the 2^13 sets, written in the common form and read back. */
static void every_set(void)
{
    for (unsigned mask = 0; mask < 1u << 13; mask++) {
        uint8_t bytes[CAPABILITY_BODY_BYTES];
        struct capability_body in = {.device_id = {1, [63] = 2}}, out;
        for (uint16_t number = 1; number <= 13; number++)
            if (mask & 1u << (number - 1))
                in.capability[in.count++] = number;
        struct writer w = writer_of(bytes, sizeof bytes);
        CHECK_INT(capability_write(&in, &w), 0);
        CHECK_INT(w.len, CAPABILITY_BODY_BYTES);
        CHECK_INT(capability_parse(writer_view(&w), &out), 0);
        CHECK_MEM(&out, &in, sizeof in);
    }
}

/* "0 = empty slot, any order, duplicates tolerated": distinct and ascending. */
static void slots_in_any_order(void)
{
    uint8_t bytes[CAPABILITY_BODY_BYTES] = {0};
    struct capability_body out, in = {0};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(capability_write(&in, &w) == 0);
    bytes[76 + 126] = 11;
    bytes[76 + 2] = 13;
    bytes[76 + 50] = 11;
    bytes[76 + 52] = 1;
    CHECK_INT(capability_parse(span_of(bytes, sizeof bytes), &out), 0);
    CHECK_INT(out.count, 3);
    CHECK_INT(out.capability[0], 1);
    CHECK_INT(out.capability[1], 11);
    CHECK_INT(out.capability[2], 13);
}

static void writer_refusals(void)
{
    uint8_t bytes[CAPABILITY_BODY_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct capability_body body = {.count = 2, .capability = {13, 11}};
    CHECK_INT(capability_write(&body, &w), E_RANGE);
    body.capability[0] = 11;
    CHECK_INT(capability_write(&body, &w), E_RANGE); /* twice */
    body.capability[1] = 14;
    CHECK_INT(capability_write(&body, &w), E_RANGE);
    body.capability[0] = 0;
    body.capability[1] = 11;
    CHECK_INT(capability_write(&body, &w), E_RANGE);
    body.count = CAPABILITY_WRITTEN_MAX + 1;
    CHECK_INT(capability_write(&body, &w), E_RANGE);
    CHECK_INT(w.len, 0);
    body = (struct capability_body){0};
    w = writer_of(bytes, CAPABILITY_BODY_BYTES - 1);
    CHECK_INT(capability_write(&body, &w), E_FULL);
}

static void names(void)
{
    CHECK_STR(capability_name(1), "AllowTestKeySignedSoftware");
    CHECK_STR(capability_name(11), "EnableAppDevelopment");
    CHECK_STR(capability_name(13), "EnableFieldServicing");
    CHECK_STR(capability_name(0), "Unknown");
    CHECK_STR(capability_name(14), "Unknown");
    CHECK_STR(capability_name(0xffff), "Unknown");
}

/* A change is refused, or it names another device or other known capabilities. */
static bool refused_or_known(struct span changed, void *context)
{
    struct capability_body body;
    (void)context;
    if (capability_parse(changed, &body) != 0)
        return body.count == 0;
    for (uint16_t i = 0; i < body.count; i++)
        if (body.capability[i] < 1 || body.capability[i] > 13 ||
            (i > 0 && body.capability[i] <= body.capability[i - 1]))
            return false;
    return changed.len == CAPABILITY_BODY_BYTES && memcmp(body.device_id, changed.at + 12, 64) == 0;
}

static void cut_and_flipped(void)
{
    size_t len;
    uint8_t *body = check_read_file("testdata/capability/good-two", &len);
    cut_and_flip(span_of(body, len), refused_or_known, NULL);
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(parse(span_of(body, cut)), E_MORE);
    free(body);
}

int main(void)
{
    vectors();
    every_set();
    slots_in_any_order();
    writer_refusals();
    names();
    cut_and_flipped();
    return check_done();
}
