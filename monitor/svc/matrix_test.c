/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/smc.md: every number x every shape of registers.  Whatever is
 * refused changes nothing: no byte of RAM or flash, no register, no state, and
 * Pluton is not asked.
 */
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

enum { NUMBERS = 0x10000, RAM_END = MT3620_SECURE_RAM };

static const struct row {
    uint32_t number, min, max, reply;
} rows[] = {
#define ROW(name, number, min, max, reply) {number, min, max, reply},
    SMC_CALL_TABLE(ROW)
#undef ROW
#define MONITOR_ROW(name, number, rights, min, max) {number, min, max, 64},
    MONITOR_CALL_TABLE(MONITOR_ROW)
#undef MONITOR_ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static uint8_t *ram, *flash;
static struct monitor state;

static void remember(void)
{
    memcpy(ram, fake.ram, FAKE_NW_BYTES);
    memcpy(flash, fake.flash, MT3620_FLASH_BYTES);
    state = monitor;
    fake.writes = fake.pluton_calls = 0;
    fake.operations = 0;
}

/* The request buffer is scratch: it holds the copy that was checked. */
static bool same_state(void)
{
    memcpy(state.request, monitor.request, sizeof state.request);
    memcpy(state.reply, monitor.reply, sizeof state.reply);
    return memcmp(&state, &monitor, sizeof state) == 0;
}

static bool nothing_changed(void)
{
    return fake.writes == 0 && fake.operations == 0 && fake.pluton_calls == 0 && !fake.stopped &&
           same_state() && memcmp(ram, fake.ram, FAKE_NW_BYTES) == 0;
}

static void refused(const struct row *row, uint32_t in, uint32_t bytes, uint32_t out, uint32_t room,
                    uint32_t want)
{
    const struct smc_result result = fake_smc(SMC_FUNCTION(row->number), in, bytes, out, room);
    if (result.status != want || !nothing_changed())
        fprintf(stderr, "call %u: in %08x+%x, out %08x+%x\n", row->number, in, bytes, out, room);
    CHECK_INT(result.status, want);
    CHECK_INT(result.bytes, 0);
    CHECK(nothing_changed());
}

/* Requests that are no range of the normal world's RAM. */
static void request_ranges(const struct row *row)
{
    const uint32_t n = row->min ? row->min : 1;
    const uint32_t at[] = {FAKE_IN + 1, FAKE_IN + 2, FAKE_IN + 3, 0, 4, 0x00100000, 0x30070000, 0x7FFFFFFC,
                           RAM_END, RAM_END + 4, 0x803FFFFC, 0x80400000, 0x90100000, 0xFFFFFFFC, 0xFFFFFFF0,
                           RAM_END - (n & ~3u) + (n % 4 ? 0 : 4), 0u - (n & ~3u)};
    if (row->max == 0)
        return;
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++)
        refused(row, at[i], n, FAKE_OUT, row->reply, MONITOR_INVALID_PARAMETER);
}

/* Room for a reply that lies elsewhere, also for calls that answer nothing. */
static void reply_ranges(const struct row *row)
{
    const uint32_t at[][2] = {{FAKE_OUT + 1, 64},      {FAKE_OUT + 2, 64},        {0, 4},
                              {0x30000000, 4},         {RAM_END, 4},              {RAM_END - 4, 5},
                              {RAM_END - 4, 8},        {0x803FFFFC, 4},           {0x90100000, 64},
                              {0x80000000, 0x3D0001},  {FAKE_OUT, 0xFFFFFFFF},    {FAKE_OUT, 0x80000000},
                              {0xFFFFFFFC, 8},         {0x80000000, 0xFFFFFFFF},  {0x7FFFFFFC, 8}};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++)
        refused(row, FAKE_IN, row->min, at[i][0], at[i][1], MONITOR_INVALID_PARAMETER);
}

static void overlaps(const struct row *row)
{
    const uint32_t n = row->min;
    if (n < 8)
        return;
    const uint32_t out[][2] = {{FAKE_IN + 4, 64}, {FAKE_IN - 4, 8}, {FAKE_IN + n / 4 * 4 - 4, 4},
                               {FAKE_IN - 64, 4096}};
    for (unsigned i = 0; i < 4; i++)
        refused(row, FAKE_IN, n, out[i][0], out[i][1], MONITOR_INVALID_PARAMETER);
}

static void lengths(const struct row *row)
{
    const uint32_t bad[] = {row->min - 1, row->max + 1, row->max + 0x10000, 0x80000000, 0xFFFFFFFF};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (bad[i] < row->min || bad[i] > row->max)
            refused(row, FAKE_IN, bad[i], FAKE_OUT, row->reply, MONITOR_INVALID_PARAMETER);
}

/* Calls with an answer of one size: every smaller room. */
static void rooms(const struct row *row)
{
    const bool fixed = row->number == SMC_QUERY_FLASH || row->number == SMC_VERIFY_IMAGE ||
                       row->number == SMC_GET_LOG_DATA_SIZE || row->number == SMC_DERIVE_KEY ||
                       row->number == SMC_FIND_IMAGE;
    if (!fixed)
        return;
    memset(plat_ram(FAKE_IN), 0, 64);
    *plat_ram(FAKE_IN) = 4; /* a partition; a type and an image that are not there fail as well */
    if (row->number == SMC_GET_LOG_DATA_SIZE)
        *plat_ram(FAKE_IN) = 0;
    if (row->number == SMC_FIND_IMAGE)
        memset(plat_ram(FAKE_IN), 0x71, 16);
    remember();
    for (uint32_t room = 0; room < row->reply; room++) {
        const struct smc_result result =
            fake_smc(SMC_FUNCTION(row->number), FAKE_IN, row->min, FAKE_OUT, room);
        CHECK(result.status != MONITOR_OK && result.bytes == 0);
        CHECK(fake.writes == 0 && same_state() && memcmp(ram, fake.ram, FAKE_NW_BYTES) == 0);
    }
}

/* Default deny: each of the 65,536 numbers, and other function ids. */
static void numbers(void)
{
    for (uint32_t number = 0; number < NUMBERS; number++) {
        bool known = false;
        for (unsigned i = 0; i < ROWS; i++)
            known = known || rows[i].number == number;
        if (known)
            continue;
        const struct smc_result result = fake_smc(SMC_FUNCTION(number), FAKE_IN, 16, FAKE_OUT, 64);
        CHECK_INT(result.status, MONITOR_PERMISSION_DENIED);
        CHECK_INT(result.bytes, 0);
    }
    static const uint32_t ids[] = {0, 1, 0xB3000001, 0xB2010001, 0x32000001, 0xF2000001, 0xB2FF0002,
                                   0x84000000, 0xFFFFFFFF, 0xBF00FF01};
    for (unsigned i = 0; i < sizeof ids / sizeof ids[0]; i++)
        CHECK_INT(fake_smc(ids[i], FAKE_IN, 0, FAKE_OUT, 64).status, SMC_UNKNOWN);
    CHECK(nothing_changed());
}

/* Empty ranges are not looked at; the same address for both is allowed. */
static void allowed_shapes(void)
{
    CHECK_INT(fake_smc(SMC_FUNCTION(MONITOR_CALL_PING), 0xFFFFFFFF, 0, 3, 0).status, MONITOR_OK);
    *plat_ram(FAKE_IN) = 4;
    plat_ram(FAKE_IN)[1] = 0;
    CHECK_INT(fake_smc(SMC_FUNCTION(SMC_QUERY_FLASH), FAKE_IN, 2, FAKE_IN, 16).status, MONITOR_OK);
    CHECK_INT(fake_smc(SMC_FUNCTION(SMC_QUERY_FLASH), FAKE_IN, 2, RAM_END - 16, 16).status,
              MONITOR_INVALID_PARAMETER); /* the request was overwritten by the reply: 0x140000 */
    *plat_ram(FAKE_IN) = 4;
    plat_ram(FAKE_IN)[1] = 0;
    CHECK_INT(fake_smc(SMC_FUNCTION(SMC_QUERY_FLASH), FAKE_IN, 2, RAM_END - 16, 16).status, MONITOR_OK);
    *plat_ram(RAM_END - 4) = 4;
    plat_ram(RAM_END - 4)[1] = 0;
    CHECK_INT(fake_smc(SMC_FUNCTION(SMC_QUERY_FLASH), RAM_END - 4, 2, MT3620_RAM, 16).status, MONITOR_OK);
}

int main(void)
{
    fake_init();
    ram = malloc(FAKE_NW_BYTES);
    flash = malloc(MT3620_FLASH_BYTES);
    REQUIRE(ram && flash && fake_boot(NULL) == 0);
    for (uint32_t i = 0; i < FAKE_NW_BYTES; i++)
        fake.ram[i] = (uint8_t)(i * 31 + (i >> 8));
    remember();
    numbers();
    for (unsigned i = 0; i < ROWS; i++) {
        request_ranges(&rows[i]);
        reply_ranges(&rows[i]);
        overlaps(&rows[i]);
        lengths(&rows[i]);
    }
    for (unsigned i = 0; i < ROWS; i++)
        rooms(&rows[i]);
    allowed_shapes();
    CHECK_MEM(flash, fake.flash, MT3620_FLASH_BYTES);
    free(ram);
    free(flash);
    fake_release();
    return check_done();
}
