/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The matrix: every call x every right x every life-cycle state gives the
 * documented status, and a refused call changes no byte of the state or of the
 * fuses.  Clauses: abi/pluton_call.h "Checks run in the order right,
 * life-cycle, length, contents; a refused call changes nothing".
 */
#include "pluton/testing/device.h"
#include "tests/check.h"

static const struct row {
    const char *name;
    uint16_t number, min, max;
    uint32_t rights, states;
} rows[] = {
#define ROW(name, number, rights, states, min, max) {#name, number, min, max, rights, states},
    PLUTON_CALL_TABLE(ROW)
#undef ROW
};

enum { ROWS = sizeof rows / sizeof rows[0], RIGHTS = 6, RIGHTS_ALL = (1 << RIGHTS) - 1 };

/* A request whose contents are valid for the call, on a device that
 * device_prepare() made ready. */
static struct span valid_request(struct device *d, uint16_t number, uint32_t lifecycle)
{
    static uint8_t room[FIXTURE_IMAGE_MAX];
    struct writer w = writer_of(room, sizeof room);
    switch (number) {
    case PLUTON_SET_POSTCODE: writer_u32le(&w, 1); break;
    case PLUTON_READ_RNG: writer_u16le(&w, 7); break;
    case PLUTON_IS_CAPABILITY_ENABLED: writer_u16le(&w, 11); break;
    case PLUTON_GENERATE_CLIENT_AUTH_KEY:
    case PLUTON_GET_TENANT_PUBLIC_KEY:
    case PLUTON_COMMIT_CLIENT_AUTH_KEY: writer_bytes(&w, device_tenant, 16); break;
    case PLUTON_PROCESS_ATTESTATION:
        writer_bytes(&w, device_tenant, 16);
        writer_zero(&w, 8);
        break;
    case PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY:
        writer_bytes(&w, device_tenant, 16);
        writer_zero(&w, 32);
        break;
    case PLUTON_SET_MANUFACTURING_STATE:
        writer_u32le(&w, PLUTON_LIFECYCLE_MAGIC);
        writer_u32le(&w, lifecycle + 1);
        break;
    case PLUTON_DECODE_CAPABILITIES:
    case PLUTON_APPLY_CAPABILITIES: {
        const uint16_t list[] = {11};
        fixture_capability(&d->fixture, FIXTURE_CAPABILITY, FIXTURE_CAPABILITY,
                           d->pluton.device_id, list, 1, &w);
        break;
    }
    case PLUTON_MEASURE:
        writer_u32le(&w, 9);
        writer_zero(&w, 52);
        break;
    case PLUTON_READ_COUNTER: writer_u8(&w, 0); break;
    case PLUTON_RAISE_COUNTER:
        writer_u8(&w, PLUTON_COUNTER_MONITOR);
        writer_u32le(&w, DEVICE_VERSION);
        break;
    case PLUTON_CHECK_KEYSTORE:
    case PLUTON_TRUST_KEYSTORE: fixture_keystore(&d->fixture, FIXTURE_ROOT, DEVICE_VERSION, &w); break;
    default: break; /* no payload */
    }
    REQUIRE(w.err == 0);
    return writer_view(&w);
}

static const uint16_t reply_bytes[][2] = {
    {PLUTON_READ_RNG, 7},
    {PLUTON_GET_SECURITY_STATE, 132},
    {PLUTON_IS_CAPABILITY_ENABLED, 1},
    {PLUTON_GET_ENABLED_CAPABILITIES, 128},
    {PLUTON_GENERATE_CLIENT_AUTH_KEY, 64},
    {PLUTON_GET_TENANT_PUBLIC_KEY, 64},
    {PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 64},
    {PLUTON_GET_MANUFACTURING_STATE, 4},
    {PLUTON_DECODE_CAPABILITIES, 128},
    {PLUTON_READ_COUNTER, 4},
};

static size_t reply_size(uint16_t number)
{
    for (size_t i = 0; i < sizeof reply_bytes / sizeof reply_bytes[0]; i++)
        if (reply_bytes[i][0] == number)
            return reply_bytes[i][1];
    return 0;
}

/* The documented status for one cell, contents valid and lengths right. */
static int documented(const struct row *row, uint32_t rights, uint32_t lifecycle)
{
    if ((rights & row->rights) != row->rights)
        return PLUTON_DENIED;
    if (!(row->states >> lifecycle & 1))
        return PLUTON_BAD_LIFECYCLE;
    return PLUTON_OK;
}

static void matrix(void)
{
    static struct device d;
    for (uint32_t lifecycle = 0; lifecycle < LIFECYCLE_COUNT; lifecycle++)
        for (unsigned r = 0; r < ROWS; r++) {
            device_init(&d, lifecycle);
            for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
                const int want = documented(&rows[r], rights, lifecycle);
                const struct span request = valid_request(&d, rows[r].number, lifecycle);
                /* device_call() itself checks that a refusal changed nothing
                 * and that no private key is in the reply */
                const int got = device_call(&d, rights, rows[r].number, request);
                if (got != want)
                    fprintf(stderr, "%s rights %#x life-cycle %u\n", rows[r].name, rights, lifecycle);
                CHECK_INT(got, want);
                if (want == PLUTON_OK && rows[r].number != PLUTON_PROCESS_ATTESTATION)
                    CHECK_INT(d.answer.len, reply_size(rows[r].number));
                if (got == PLUTON_OK) { /* the next cell starts from the same state */
                    device_release(&d);
                    device_init(&d, lifecycle);
                }
            }
            device_release(&d);
        }
}

/* "Payload lengths are exact": each call, each length around its limits, with
 * the header saying the same or something else. */
static void lengths(void)
{
    static struct device d;
    static uint8_t zero[PLUTON_PAYLOAD_MAX + 2];
    device_init(&d, LIFECYCLE_BLANK);
    for (unsigned r = 0; r < ROWS; r++) {
        const size_t tries[] = {0, 1, rows[r].min - 1u, rows[r].max + 1u, PLUTON_PAYLOAD_MAX,
                                PLUTON_PAYLOAD_MAX + 1};
        for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            if (tries[i] > sizeof zero || (tries[i] >= rows[r].min && tries[i] <= rows[r].max))
                continue;
            CHECK_INT(device_call(&d, RIGHTS_ALL, rows[r].number, span_of(zero, tries[i])),
                      PLUTON_BAD_LENGTH);
            /* right before length */
            CHECK_INT(device_call(&d, 0, rows[r].number, span_of(zero, tries[i])), PLUTON_DENIED);
        }
        for (int delta = -1; delta <= 1; delta += 2) {
            uint8_t datagram[PLUTON_HEADER_BYTES + 4096];
            struct writer w = writer_of(datagram, sizeof datagram);
            writer_u16le(&w, rows[r].number);
            writer_u16le(&w, 0);
            writer_u32le(&w, (uint32_t)(rows[r].min + delta));
            writer_zero(&w, rows[r].min);
            CHECK_INT(device_datagram(&d, RIGHTS_ALL, writer_view(&w)), PLUTON_BAD_LENGTH);
        }
    }
    device_release(&d);
}

static void headers(void)
{
    static struct device d;
    device_init(&d, LIFECYCLE_BLANK);
    uint8_t datagram[PLUTON_HEADER_BYTES] = {PLUTON_GET_SECURITY_STATE};
    for (size_t len = 0; len < PLUTON_HEADER_BYTES; len++)
        CHECK_INT(device_datagram(&d, RIGHTS_ALL, span_of(datagram, len)), PLUTON_BAD_LENGTH);
    CHECK_INT(device_datagram(&d, RIGHTS_ALL, span_of(datagram, sizeof datagram)), PLUTON_OK);
    datagram[2] = 1; /* the reserved word */
    CHECK_INT(device_datagram(&d, RIGHTS_ALL, span_of(datagram, sizeof datagram)), PLUTON_BAD_ARGUMENT);
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        bool known = false;
        for (unsigned r = 0; r < ROWS; r++)
            known = known || rows[r].number == number;
        if (!known)
            CHECK_INT(device_call(&d, RIGHTS_ALL, (uint16_t)number, span_of(NULL, 0)),
                      PLUTON_UNKNOWN_COMMAND);
    }
    device_release(&d);
}

/* "E_FULL when the writer is too small: then nothing was done" */
static void small_reply(void)
{
    static struct device d;
    static uint8_t room[PLUTON_DATAGRAM_MAX];
    device_init(&d, LIFECYCLE_BLANK);
    const struct pluton before = d.pluton;
    const uint8_t request[PLUTON_HEADER_BYTES] = {PLUTON_CLOSE_MEASUREMENTS};
    struct writer w = writer_of(room, sizeof room - 1);
    CHECK_INT(pluton_call(&d.pluton, RIGHTS_ALL, span_of(request, sizeof request), &w), E_FULL);
    CHECK_INT(w.len, 0);
    CHECK_MEM(&d.pluton, &before, sizeof before);
    device_release(&d);
}

/* "PLUTON_HARDWARE for everything that needs randomness or secrets until reset" */
static void noise_fails(enum noise_kind kind)
{
    static const uint16_t secret[] = {
        PLUTON_READ_RNG, PLUTON_GENERATE_CLIENT_AUTH_KEY, PLUTON_COMMIT_CLIENT_AUTH_KEY,
        PLUTON_PROCESS_ATTESTATION, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY,
    };
    static struct device d;
    const uint8_t all[] = {0, 1};
    device_init(&d, LIFECYCLE_BLANK);
    d.hal.noise = kind;
    int status = PLUTON_OK;
    for (unsigned i = 0; i < 8 && status == PLUTON_OK; i++) /* a biased source needs a window */
        status = device_call(&d, RIGHTS_ALL, PLUTON_READ_RNG, span_of(all, sizeof all));
    CHECK_INT(status, PLUTON_HARDWARE);
    d.hal.noise = NOISE_GOOD; /* a source that recovers is not trusted again */
    for (unsigned i = 0; i < sizeof secret / sizeof secret[0]; i++)
        CHECK_INT(device_call(&d, RIGHTS_ALL, secret[i], valid_request(&d, secret[i], 0)), PLUTON_HARDWARE);
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_GET_SECURITY_STATE, span_of(NULL, 0)), PLUTON_OK);
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_GET_ENABLED_CAPABILITIES, span_of(NULL, 0)), PLUTON_OK);
    /* right before hardware */
    CHECK_INT(device_call(&d, 0, PLUTON_READ_RNG, span_of(all, sizeof all)), PLUTON_DENIED);
    /* until reset */
    CHECK_INT(pluton_boot(&d.pluton, &d.hal), 0);
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_READ_RNG, span_of(all, sizeof all)), PLUTON_OK);
    /* broken from the start: SP 800-90B 4.3, start-up tests */
    d.hal.noise = kind;
    CHECK_INT(pluton_boot(&d.pluton, &d.hal), E_ENTROPY);
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_GENERATE_CLIENT_AUTH_KEY, span_of(device_tenant, 16)),
              PLUTON_HARDWARE);
    device_release(&d);
}

/* Fuses that fail: nothing secret any more, the old state stays. */
static void fuses_fail(void)
{
    static struct device d;
    device_init(&d, LIFECYCLE_BLANK);
    uint8_t row[FUSE_ROW_BYTES];
    memcpy(row, d.hal.row, sizeof row);
    d.hal.fuses_fail = true;
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_SET_MANUFACTURING_STATE,
                          valid_request(&d, PLUTON_SET_MANUFACTURING_STATE, 0)), PLUTON_HARDWARE);
    CHECK_MEM(d.hal.row, row, sizeof row);
    CHECK_INT(d.pluton.fuses.lifecycle, LIFECYCLE_BLANK);
    d.hal.fuses_fail = false;
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_RAISE_COUNTER, valid_request(&d, PLUTON_RAISE_COUNTER, 0)),
              PLUTON_HARDWARE);
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY,
                          valid_request(&d, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, 0)), PLUTON_HARDWARE);
    /* a row that cannot be read: the most closed state, nothing secret */
    d.hal.row[9] ^= 1;
    CHECK_INT(pluton_boot(&d.pluton, &d.hal), E_CORRUPT);
    CHECK_INT(d.pluton.fuses.lifecycle, LIFECYCLE_DEVICE_COMPLETE);
    CHECK(!pluton_capability_enabled(&d.pluton, CAPABILITY_RF_TEST_MODE));
    CHECK_INT(device_call(&d, RIGHTS_ALL, PLUTON_READ_RNG, valid_request(&d, PLUTON_READ_RNG, 0)),
              PLUTON_HARDWARE);
    device_release(&d);
}

int main(void)
{
    matrix();
    lengths();
    headers();
    small_reply();
    noise_fails(NOISE_STUCK);
    noise_fails(NOISE_BIASED);
    noise_fails(NOISE_DEAD);
    fuses_fail();
    return check_done();
}
