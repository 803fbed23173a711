/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/smc.md "Log and telemetry". */
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

static uint8_t text[FLASH_LOG_STORAGE_BYTES + 8192];

static void boot(bool clean)
{
    fake_power_on();
    if (clean)
        memset(fake.flash + FLASH_LOG_STORAGE_AT, 0xFF, FLASH_LOG_STORAGE_BYTES + FLASH_TELEMETRY_STORAGE_BYTES);
    REQUIRE(fake_boot(NULL) == 0);
    fake.operations = 0;
}

static uint32_t u32(struct span s)
{
    struct cursor c = cursor_of(s);
    return cursor_u32le(&c);
}

static uint32_t size_of(uint32_t type)
{
    struct span reply;
    const struct span request = fake_words(1, &type);
    CHECK_INT(fake_call(SMC_GET_LOG_DATA_SIZE, request.at, 4, 4, &reply), MONITOR_OK);
    return u32(reply);
}

/* The whole text, read in pieces of `piece`. */
static uint32_t read_all(uint32_t type, uint32_t piece)
{
    uint32_t at = 0;
    for (;;) {
        struct span reply;
        const uint32_t words[3] = {type, at, piece};
        const struct span request = fake_words(3, words);
        REQUIRE(fake_call(SMC_GET_LOG_DATA, request.at, 12, piece, &reply) == MONITOR_OK);
        REQUIRE(at + reply.len <= sizeof text);
        memcpy(text + at, reply.at, reply.len);
        at += (uint32_t)reply.len;
        if (reply.len < piece)
            return at;
    }
}

static void log_grows(void)
{
    static uint8_t line[8192];
    uint8_t expect = 0;
    uint32_t written = 0, offset = 0;
    boot(true);
    CHECK_INT(size_of(0), 0);
    for (unsigned i = 0; i < 120; i++) {
        const uint32_t len = 1 + i * 613 % 8192;
        for (uint32_t k = 0; k < len; k++)
            line[k] = (uint8_t)(written + k);
        CHECK_INT(fake_call(SMC_WRITE_LOG, line, len, 0, NULL), MONITOR_OK);
        written += len;
        const uint32_t size = size_of(0);
        CHECK(size == written || size >= FLASH_LOG_STORAGE_BYTES - 3 * 4096 - 64 * 100);
        CHECK(size <= written && size < FLASH_LOG_STORAGE_BYTES);
    }
    /* it ends with the last byte written, and is one run of bytes */
    const uint32_t got = read_all(0, 4096);
    CHECK_INT(got, size_of(0));
    for (uint32_t k = 0; k < got; k++)
        REQUIRE(text[k] == (uint8_t)(written - got + k));
    boot(false); /* and it is still there after a restart */
    CHECK_INT(read_all(0, 1000), got);
    expect = (uint8_t)(written - 1);
    CHECK_INT(text[got - 1], expect);
    /* offsets: at the end nothing, behind it refused */
    struct span reply;
    const uint32_t end[3] = {0, got, 16}, behind[3] = {0, got + 1, 16}, far[3] = {0, 0xFFFFFFFF, 16},
                   kind[3] = {2, 0, 16};
    CHECK_INT(fake_call(SMC_GET_LOG_DATA, fake_words(3, end).at, 12, 16, &reply), MONITOR_OK);
    CHECK_INT(reply.len, 0);
    CHECK_INT(fake_call(SMC_GET_LOG_DATA, fake_words(3, behind).at, 12, 16, &reply), MONITOR_BAD_OFFSET);
    CHECK_INT(fake_call(SMC_GET_LOG_DATA, fake_words(3, far).at, 12, 16, &reply), MONITOR_BAD_OFFSET);
    CHECK_INT(fake_call(SMC_GET_LOG_DATA, fake_words(3, kind).at, 12, 16, &reply), MONITOR_INVALID_PARAMETER);
    CHECK_INT(fake_call(SMC_GET_LOG_DATA_SIZE, fake_words(1, kind).at, 4, 4, &reply), MONITOR_INVALID_PARAMETER);
    (void)offset;
}

/* Power lost at each operation of a long line: what was there before stays, and
 * of the line a beginning. */
static void log_cuts(void)
{
    static uint8_t line[6000];
    for (int cut = 0; cut < FAKE_CUTS; cut++)
        for (long at = 0;; at++) {
            boot(true);
            memset(line, 'a', sizeof line);
            REQUIRE(fake_call(SMC_WRITE_LOG, line, 3000, 0, NULL) == MONITOR_OK);
            memset(line, 'b', sizeof line);
            fake.operations = 0;
            fake.cut_at = at;
            fake.cut = (enum fake_cut)cut;
            const uint32_t status = fake_call(SMC_WRITE_LOG, line, sizeof line, 0, NULL);
            const bool complete = !fake.dead;
            CHECK(!complete || status == MONITOR_OK);
            boot(false);
            const uint32_t got = read_all(0, 4096);
            CHECK(got >= 3000 && got <= 9000 && (!complete || got == 9000));
            for (uint32_t k = 0; k < got; k++)
                REQUIRE(text[k] == (k < 3000 ? 'a' : 'b'));
            CHECK_INT(fake_call(SMC_WRITE_LOG, "c", 1, 0, NULL), MONITOR_OK);
            CHECK_INT(read_all(0, 4096), got + 1);
            CHECK_INT(text[got], 'c');
            if (complete)
                break;
        }
}

/* ---- telemetry ---- */

static uint32_t record(uint32_t id, uint32_t len)
{
    uint8_t request[8 + 256] = {0};
    struct writer w = writer_of(request, sizeof request);
    writer_u32le(&w, id);
    writer_u32le(&w, id * 10);
    for (uint32_t i = 0; i < len; i++)
        writer_u8(&w, (uint8_t)(id + i));
    return fake_call(SMC_RECORD_TELEMETRY, request, (uint32_t)w.len, 0, NULL);
}

/* Reads all by GET_TELEMETRY; the first and last id, the count. */
static unsigned events(uint32_t *first, uint32_t *last)
{
    uint32_t at = 0;
    for (;;) {
        struct span reply;
        const uint32_t words[2] = {at, 4096};
        REQUIRE(fake_call(SMC_GET_TELEMETRY, fake_words(2, words).at, 8, 4096, &reply) == MONITOR_OK);
        memcpy(text + at, reply.at, reply.len);
        at += (uint32_t)reply.len;
        if (reply.len < 4096)
            break;
    }
    struct cursor c = cursor_of(span_of(text, at));
    unsigned count = 0;
    while (c.left) {
        const uint32_t id = cursor_u32le(&c);
        CHECK_INT(cursor_u32le(&c), id * 10);
        const struct span bytes = cursor_bytes(&c, cursor_u32le(&c));
        REQUIRE(c.err == 0);
        CHECK(bytes.len == 0 || bytes.at[0] == (uint8_t)id);
        CHECK(count == 0 || id == *last + 1);
        if (count++ == 0)
            *first = id;
        *last = id;
    }
    return count;
}

static void telemetry(void)
{
    uint32_t first = 0, last = 0;
    boot(true);
    CHECK_INT(events(&first, &last), 0);
    CHECK_INT(fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(fake.operations, 0);
    for (uint32_t id = 1; id <= 100; id++)
        CHECK_INT(record(id, id * 2 % 256), MONITOR_OK);
    CHECK_INT(events(&first, &last), 100);
    CHECK_INT(first, 1);
    CHECK_INT(size_of(1), read_all(1, 1024));
    /* one that came after the reading stays */
    CHECK_INT(record(101, 5), MONITOR_OK);
    CHECK_INT(fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(size_of(1), 12 + 5);
    CHECK_INT(events(&first, &last), 1);
    CHECK_INT(first, 101);
    CHECK_INT(fake_call(SMC_RETAIN_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(events(&first, &last), 1);
    boot(false); /* a restart forgets who has read what, and nothing else */
    CHECK_INT(fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(events(&first, &last), 1);
    CHECK_INT(fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(events(&first, &last), 0);
    /* a ring: the newest stay */
    for (uint32_t id = 200; id < 2200; id++)
        CHECK_INT(record(id, 255), MONITOR_OK);
    const unsigned count = events(&first, &last);
    CHECK_INT(last, 2199);
    CHECK(count >= 63 * 14 && count <= 64 * 15);
}

static void telemetry_cuts(void)
{
    for (unsigned reset = 0; reset < 2; reset++)
        for (int cut = 0; cut < FAKE_CUTS; cut++)
            for (long at = 0;; at++) {
                uint32_t first = 0, last = 0;
                boot(true);
                for (uint32_t id = 1; id <= 14; id++) /* the next one begins a sector */
                    REQUIRE(record(id, 255) == MONITOR_OK);
                CHECK_INT(events(&first, &last), 14);
                fake.operations = 0;
                fake.cut_at = at;
                fake.cut = (enum fake_cut)cut;
                if (reset)
                    (void)fake_call(SMC_RESET_TELEMETRY, NULL, 0, 0, NULL);
                else
                    (void)record(15, 255);
                const bool complete = !fake.dead;
                boot(false);
                const unsigned count = events(&first, &last);
                if (reset)
                    CHECK(count == 14 || count == 0);
                else
                    CHECK((count == 14 || count == 15) && first == 1);
                CHECK(!complete || count == (reset ? 0 : 15));
                if (complete)
                    break;
            }
}

/* NW_CONFIG is the normal world's own: a cut touches no byte outside the range. */
static void config_cuts(void)
{
    static uint8_t request[8 + 1024], before[FLASH_NW_CONFIG_BYTES];
    struct writer w = writer_of(request, sizeof request);
    writer_u32le(&w, 6);
    writer_u32le(&w, 8192 + 100);
    for (unsigned i = 0; i < 1024; i++)
        writer_u8(&w, (uint8_t)i);
    for (unsigned erase = 0; erase < 2; erase++)
        for (int cut = 0; cut < FAKE_CUTS; cut++)
            for (long at = 0;; at++) {
                const uint32_t range[3] = {6, 8192, 8192};
                boot(false);
                memset(fake.flash + FLASH_NW_CONFIG_AT, erase ? 0x35 : 0xFF, FLASH_NW_CONFIG_BYTES);
                memcpy(before, fake.flash + FLASH_NW_CONFIG_AT, sizeof before);
                fake.cut_at = at;
                fake.cut = (enum fake_cut)cut;
                if (erase)
                    (void)fake_call(SMC_ERASE_FLASH, fake_words(3, range).at, 12, 0, NULL);
                else
                    (void)fake_call(SMC_WRITE_FLASH, request, sizeof request, 0, NULL);
                const uint8_t *now = fake.flash + FLASH_NW_CONFIG_AT;
                const unsigned low = erase ? 8192 : 8292, high = erase ? 16384 : 9316;
                CHECK_MEM(now, before, low);
                CHECK_MEM(now + high, before + high, sizeof before - high);
                for (unsigned i = low; i < high; i++)
                    REQUIRE(((now[i] ^ before[i]) & (now[i] ^ (erase ? 0xFF : (uint8_t)(i - low)))) == 0);
                if (!fake.dead)
                    break;
            }
}

/* A hostile kernel writes all it can: the bucket, then what time gives back; the rest is
 * refused before any flash operation.  A restart of the monitor fills it. */
static void budget(void)
{
    static const uint8_t line[8192], event[8 + 255];
    uint32_t took = 0, events = 0;
    boot(true);
    fake.ticks_stand = true;
    while (fake_call(SMC_WRITE_LOG, line, sizeof line, 0, NULL) == MONITOR_OK)
        took += sizeof line;
    CHECK_INT(took, 3 * 8192);
    while (fake_call(SMC_RECORD_TELEMETRY, event, sizeof event, 0, NULL) == MONITOR_OK)
        events++;
    CHECK_INT(events, (BUDGET_BYTES - 3 * (8192 + BUDGET_RECORD_BYTES)) / (263 + BUDGET_RECORD_BYTES));
    while (fake_call(SMC_WRITE_LOG, line, 1, 0, NULL) == MONITOR_OK)
        ;
    fake.operations = 0;
    CHECK_INT(fake_call(SMC_WRITE_LOG, line, 1, 0, NULL), MONITOR_NO_FREE_SPACE);
    CHECK_INT(fake_call(SMC_RECORD_TELEMETRY, event, 8, 0, NULL), MONITOR_NO_FREE_SPACE);
    CHECK_INT(fake.operations, 0);
    fake.ticks += 6; /* 96 bytes */
    CHECK_INT(fake_call(SMC_WRITE_LOG, line, 8192, 0, NULL), MONITOR_NO_FREE_SPACE);
    CHECK_INT(fake_call(SMC_WRITE_LOG, line, 64, 0, NULL), MONITOR_OK);
    fake.ticks += BUDGET_BYTES / BUDGET_PER_TICK;
    CHECK_INT(fake_call(SMC_WRITE_LOG, line, 8192, 0, NULL), MONITOR_OK);
    fake.ticks_stand = false;
}

int main(void)
{
    fake_init();
    log_grows();
    log_cuts();
    telemetry();
    telemetry_cuts();
    config_cuts();
    budget();
    fake_release();
    return check_done();
}
