/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of one call:
 *   u8 number    below 224: that row of the table, modulo; else two bytes, any number
 *   u8 shape     how request and reply stand, below
 *   u8 how       below 128: the call's own good request; bits 2-0 below 5 say which of its
 *                words is exchanged for one of the table of telling values (one more byte; 255:
 *                four bytes of any value).  Else: that many words, modulo 6, all chosen so
 *   u8 bytes, then that many: appended to the request
 */
#include "monitor/svc/hostile_test.h"

#include "abi/capability.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "abi/mt3620_rtc.h"
#include "abi/mt3620_wdt.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

enum { WINDOW = 0x90E00000, REQUEST_MAX = 32768 + 64, CANARY = 64, ELF_AT = 0x1000 };

static const struct row {
    uint16_t number, min, max, reply;
} rows[] = {
#define ROW(name, number, min, max, reply) {number, min, max, reply},
    SMC_CALL_TABLE(ROW)
#undef ROW
#define MONITOR_ROW(name, number, rights, min, max) {number, min, max, 2048},
    MONITOR_CALL_TABLE(MONITOR_ROW)
#undef MONITOR_ROW
};
enum { ROWS = sizeof rows / sizeof rows[0], WORDS = 5 };

static uint8_t package[0x3000]; /* of the application that is installed */
static uint32_t package_bytes;
static unsigned long served[ROWS];
static const uint8_t installed_id[IMAGE_UID_BYTES] = {0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB,
                                                      0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB};

static const uint32_t places[] = {FAKE_IN, FAKE_OUT, MT3620_RAM, MT3620_SECURE_RAM - 4, MT3620_SECURE_RAM - 4096,
                                  MT3620_SECURE_RAM, 0x803FFFFC, 0x80400000, FAKE_IN + 1, 0, 0xFFFFFFFC,
                                  MT3620_FLASH_CONTROLLER, 0x90E00000, 0x00100000, FAKE_IN + 64, 0x7FFFFFFC};

static uint32_t word_of(unsigned index)
{
    const uint32_t words[] = {0, 1, 2, 3, 4, 5, 6, 15, 0x10000, 0x10003, 0x10001, 4096, 8192, 0x3F000, 0x40000, 0xFF,
                              0xFFF, 0xFFFFF000, 0xFFFFFFFF, 0x80000000, WINDOW, package_bytes, WINDOW + ELF_AT,
                              0x1000, 0x90100000, 400, 0x90450000, FAKE_IN, FAKE_OUT, 0x80300000, MT3620_SECURE_RAM,
                              MT3620_SECURE_RAM - 4096, 0x71717171, 0x44444444, 1700000000, 10, 100, 1000};
    return words[index % (sizeof words / sizeof words[0])];
}

/* A request that is served; words that do not matter are left out. */
static unsigned good_request(uint16_t number, uint32_t *words)
{
    const struct good {
        uint16_t number;
        uint16_t count;
        uint32_t word[WORDS];
    } good[] = {
        {SMC_QUERY_FLASH, 1, {4}},
        {SMC_ERASE_FLASH, 3, {6, 0x3F000, 4096}},
        {SMC_WRITE_FLASH, 2, {6, 0x3F000}},
        {SMC_READ_FLASH, 3, {6, 0x3F000, 100}},
        {SMC_VERIFY_IMAGE, 2, {WINDOW, package_bytes}},
        {SMC_RELEASE_IMAGE, 2, {WINDOW, package_bytes}},
        {SMC_GET_LOG_DATA_SIZE, 1, {1}},
        {SMC_GET_LOG_DATA, 3, {0, 0, 100}},
        {SMC_DERIVE_KEY, 5, {1, 2, 3, 4, 0}},
        {SMC_SET_RTC_TIME, 2, {1700000000, 0}},
        {SMC_SET_RTC_ALARM, 2, {1700000000, 0}},
        {SMC_IO_CORE_CONTROL, 4, {0, WINDOW + ELF_AT, 0x1000, 0}},
        {SMC_GET_TELEMETRY, 2, {0, 100}},
        {SMC_FIND_IMAGE, 4, {0x44444444, 0x44444444, 0x44444444, 0x44444444}},
        {MONITOR_CALL_SIDELOAD_OPEN, 1, {10000}},
        {MONITOR_CALL_SIDELOAD_WRITE, 3, {1, 0, 0x71717171}},
        {MONITOR_CALL_SIDELOAD_COMMIT, 1, {1}},
        {MONITOR_CALL_SIDELOAD_INSTALL, 1, {1}},
        {MONITOR_CALL_OPEN_APPLICATION, 4, {0x44444444, 0x44444444, 0x44444444, 0x44444444}},
    };
    memset(words, 0, WORDS * sizeof *words);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (good[i].number == number) {
            memcpy(words, good[i].word, sizeof good[i].word);
            return good[i].count;
        }
    return 0;
}

static uint32_t place_of(uint8_t shape, uint32_t usual)
{
    return shape < 12 ? usual : places[shape % (sizeof places / sizeof places[0])];
}

static uint32_t chosen_word(struct cursor *c)
{
    const uint8_t index = cursor_u8(c);
    return index == 255 ? cursor_u32le(c) : word_of(index);
}

static size_t request_build(struct cursor *c, uint16_t number, uint8_t *request)
{
    struct writer w = writer_of(request, REQUEST_MAX);
    uint32_t words[WORDS];
    const uint8_t how = cursor_u8(c);
    unsigned count = good_request(number, words);
    if (how < 128 && how % 8 < count)
        words[how % 8] = chosen_word(c);
    if (how >= 128)
        for (count = 0; count < how % (WORDS + 1u); count++)
            words[count] = chosen_word(c);
    for (unsigned i = 0; i < count; i++)
        writer_u32le(&w, words[i]);
    const uint8_t more = cursor_u8(c);
    const struct span bytes = cursor_bytes(c, more < c->left ? more : c->left);
    writer_bytes(&w, bytes.at, bytes.len);
    return w.len;
}

static bool in_normal_ram(uint32_t at, uint32_t bytes)
{
    return at >= MT3620_RAM && at < MT3620_SECURE_RAM && bytes <= MT3620_SECURE_RAM - at;
}

/* Registers that calls may touch at all. */
static bool may_write(uint32_t a)
{
    const uint32_t firewall = a - MT3620_FIREWALL, infra = a - MT3620_INFRA;
    if (a - MT3620_FLASH_CONTROLLER < FLASH_BUFFER + FLASH_PAGE_BYTES)
        return a - MT3620_FLASH_CONTROLLER <= FLASH_COMMAND || a - MT3620_FLASH_CONTROLLER >= FLASH_BUFFER;
    if (firewall < 0x1000)
        return firewall == FIREWALL_STATUS || firewall == FIREWALL_IO0_XIP || firewall == FIREWALL_IO1_XIP ||
               (firewall >= FIREWALL_RAM + 1 * 16 && firewall < FIREWALL_RAM + 5 * 16) ||
               (firewall >= FIREWALL_FLASH + 2 * 16 && firewall < FIREWALL_FLASH + 4 * 16);
    if (infra < 0x1000)
        return infra == RESET_CHIP_RESET || infra == RESET_POWER || infra >= RESET_IO0_VECTORS;
    return a == MT3620_A7_WDT + WDT_RESTART || a == MT3620_A7_WDT + WDT_LENGTH || a == MT3620_A7_WDT + WDT_MODE ||
           a - MT3620_RTC < 0x80;
}

static void registers_check(void)
{
    const uint32_t ram = MT3620_FIREWALL + FIREWALL_RAM, flash = MT3620_FIREWALL + FIREWALL_FLASH;
    for (unsigned i = 0; i < fake.writes; i++) {
        const struct fake_write *w = &fake.write[i];
        REQUIRE(may_write(w->address));
        REQUIRE(w->address != MT3620_A7_WDT + WDT_MODE || w->value == (WDT_MODE_KEY | WDT_MODE_ENABLE));
        if (w->address >= ram && w->address < ram + 0x100 && w->address % 16 == FIREWALL_LIMIT)
            REQUIRE(w->value > MT3620_RAM && w->value <= MT3620_SECURE_RAM);
        if (w->address >= flash && w->address < flash + 0x80 && w->address % 16 == FIREWALL_LIMIT)
            REQUIRE(w->value > FLASH_APPLICATIONS_AT && w->value <= FLASH_NW_CONFIG_AT);
        if (w->address >= flash && w->address < flash + 0x80 && w->address % 16 == FIREWALL_BASE)
            REQUIRE(w->value >= FLASH_APPLICATIONS_AT);
    }
    fake.writes = 0;
    fake.stopped = false;
}

static void call(uint32_t id, uint32_t in, uint32_t bytes, uint32_t out, uint32_t room)
{
    uint8_t canary[CANARY];
    const bool watch = in_normal_ram(out, CANARY);
    const uint32_t system_at = monitor.system_at, images = monitor.image_count;
    if (watch)
        memcpy(canary, plat_ram(out), CANARY);
    const struct smc_result result = fake_smc(id, in, bytes, out, room);
    registers_check();
    REQUIRE(result.bytes <= room && (result.status == MONITOR_OK || result.bytes == 0));
    REQUIRE(result.bytes == 0 || in_normal_ram(out, result.bytes));
    if (watch)
        REQUIRE(result.bytes >= CANARY ||
                memcmp(canary + result.bytes, plat_ram(out) + result.bytes, CANARY - result.bytes) == 0);
    REQUIRE(monitor.system_at == system_at && monitor.image_count == images);
    const struct component *installed = image_set_image(&monitor.engine.live.kept, installed_id);
    REQUIRE(!installed || memcmp(fake.flash + component_range(installed).at, package, package_bytes) == 0);
    for (unsigned i = 0; i < ROWS; i++)
        served[i] += result.status == MONITOR_OK && id == SMC_FUNCTION(rows[i].number);
}

static void one_call(struct cursor *c)
{
    static uint8_t request[REQUEST_MAX];
    const uint8_t which = cursor_u8(c), shape = cursor_u8(c);
    const struct row *row = &rows[which % ROWS];
    const uint32_t id = which < 224 ? SMC_FUNCTION(row->number) : SMC_FUNCTION(0) + cursor_u16le(c);
    size_t bytes = request_build(c, row->number, request);
    /* mostly a length that the call takes */
    if (shape % 4 != 3 && bytes < row->min)
        memset(request + bytes, shape, row->min - bytes), bytes = row->min;
    if (shape % 4 != 3 && bytes > row->max)
        bytes = row->max;
    const uint32_t in = place_of(shape & 15, FAKE_IN), out = place_of(shape >> 4, FAKE_OUT);
    uint32_t len = (uint32_t)bytes, room = row->reply;
    if (in_normal_ram(in, len))
        memcpy(plat_ram(in), request, len);
    if (shape % 32 == 31)
        len = word_of(request[0]);
    if (shape % 8 == 5)
        room = word_of(shape >> 3);
    call(id, in, len, out, room);
}

unsigned hostile_play(struct span bytes)
{
    struct cursor c = cursor_of(bytes);
    unsigned calls = 0;
    while (c.left >= 4) {
        one_call(&c);
        calls++;
    }
    return calls;
}

/* Calls that only a signed set or image leads to, which is not forged here (monitor/engine
 * has a fuzzer behind the signatures), or a handle or component that chance
 * seldom hits. */
static bool needs_a_set(uint16_t number)
{
    static const uint16_t numbers[] = {
        MONITOR_CALL_OPEN_STAGING, MONITOR_CALL_WRITE_BLOCK,     MONITOR_CALL_COMMIT_STAGING,
        MONITOR_CALL_ABORT_STAGING, MONITOR_CALL_INSTALL,        MONITOR_CALL_STAGE_MANIFESTS,
        MONITOR_CALL_GET_MISSING,  MONITOR_CALL_SIDELOAD_WRITE,
        MONITOR_CALL_SIDELOAD_COMMIT, MONITOR_CALL_SIDELOAD_INSTALL, MONITOR_CALL_SIDELOAD_REMOVE};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

unsigned hostile_report(void)
{
    unsigned never = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        printf("call %2u served %lu times\n", rows[i].number, served[i]);
        never += served[i] == 0 && !needs_a_set(rows[i].number);
    }
    return never;
}

/* A package whose body holds a small program for an I/O core. */
static void application_install(void)
{
    static uint8_t body[0x2000];
    struct writer w = writer_of(body + ELF_AT, 0x1000);
    writer_bytes(&w, "\x7f" "ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\50\0\1\0\0\0", 24);
    writer_u32le(&w, MT3620_TCM);
    writer_u32le(&w, 52);
    writer_zero(&w, 8);
    writer_bytes(&w, "\64\0\40\0\1\0\0\0\0\0\0\0", 12);
    const uint32_t segment[8] = {1, 0x100, MT3620_TCM, 0, 64, 128, 5, 4};
    for (unsigned i = 0; i < 8; i++)
        writer_u32le(&w, segment[i]);
    const struct fake_image image = {IMAGE_TYPE_APPLICATIONS, 0x44, 0, &fake.application, span_of(body, sizeof body), 0};
    package_bytes = (uint32_t)fake_package(&image, package, sizeof package);
    fake_slot(FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, package, package_bytes);
}

void hostile_start(void)
{
    if (!fake.flash)
        fake_init();
    application_install();
    fake_power_on();
    memset(fake.flash + FLASH_NW_CONFIG_AT, 0xFF, MT3620_FLASH_BYTES - FLASH_NW_CONFIG_AT);
    memset(fake.flash + FLASH_STATE_A_AT, 0xFF, FLASH_SYSTEM_A_AT - FLASH_STATE_A_AT);
    fake.capability[0] = CAPABILITY_APP_DEVELOPMENT;
    REQUIRE(fake_boot(NULL) == 0);
    fake.fence = FLASH_APPLICATIONS_AT;
    fake.records = true;
    fake.writes = 0;
}
