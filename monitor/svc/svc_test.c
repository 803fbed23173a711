/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/smc.md: what each call does, its limits, and its refusals. */
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "abi/mt3620_rtc.h"
#include "abi/mt3620_wdt.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/firewall.h"
#include "monitor/svc/plat.h"

enum { CONFIG = 6, APPLICATIONS = 4, LOG = 5, TELEMETRY = 15, WINDOW = 0x90E00000 };

static void boot(void)
{
    fake_power_on();
    REQUIRE(fake_boot(NULL) == 0);
    fake.writes = 0;
}

static uint32_t call_words(uint32_t number, unsigned count, const uint32_t *words, uint32_t room,
                           struct span *reply)
{
    const struct span request = fake_words(count, words);
    return fake_call(number, request.at, (uint32_t)request.len, room, reply);
}
#define CALL(number, room, reply, ...) \
    call_words((number), sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__}, (room), (reply))

static uint32_t word(struct span s, unsigned index)
{
    struct cursor c = cursor_of(s);
    cursor_skip(&c, 4 * (size_t)index);
    return cursor_u32le(&c);
}

static void simple_calls(void)
{
    struct span reply;
    boot();
    CHECK_INT(fake_call(MONITOR_CALL_GET_VERSION, NULL, 0, 4, &reply), MONITOR_OK);
    CHECK_INT(reply.len, 4);
    CHECK_INT(word(reply, 0), ENGINE_VERSION);
    CHECK_INT(fake_call(MONITOR_CALL_GET_VERSION, NULL, 0, 3, &reply), MONITOR_INVALID_PARAMETER);
    CHECK_INT(fake_call(MONITOR_CALL_PING, NULL, 0, 0, &reply), MONITOR_OK);
    CHECK_INT(fake_call(MONITOR_CALL_GET_ABI, NULL, 0, 32, &reply), MONITOR_OK);
    CHECK_INT(reply.len, 16);
    CHECK_INT(word(reply, 0), 1);
    CHECK_INT(word(reply, 1), IMAGE_IDENTITY_SECURE_WORLD_RUNTIME);
    CHECK_INT(word(reply, 2), 7);
    CHECK_INT(word(reply, 3), IMAGE_IDENTITY_OS_RUNTIME);
    CHECK_INT(fake_call(SMC_GET_MEASURED, NULL, 0, 56 * 8, &reply), MONITOR_OK);
    CHECK_INT(reply.len, 56 * 4);
    CHECK_MEM(reply.at, fake.measurement[0], 56);
    CHECK_MEM(reply.at + 56 * 3, fake.measurement[3], 56);
    CHECK_INT(fake_call(SMC_GET_MEASURED, NULL, 0, 56 * 4 - 1, &reply), MONITOR_INVALID_PARAMETER);
}

static void reset(void)
{
    static const struct {
        uint32_t action, reg, key;
    } rows[] = {{0, RESET_CHIP_RESET, RESET_KEY_CHIP_RESET}, {1, RESET_POWER, RESET_KEY_POWER}};
    unsigned count;
    for (unsigned i = 0; i < 2; i++) {
        boot();
        CHECK_INT(CALL(MONITOR_CALL_RESET, 0, NULL, rows[i].action), MONITOR_OK);
        CHECK_INT(fake_written(MT3620_INFRA + rows[i].reg, &count), rows[i].key);
        CHECK(fake.stopped && fake.writes == 1);
    }
    boot();
    CHECK_INT(CALL(MONITOR_CALL_RESET, 0, NULL, 2), MONITOR_INVALID_PARAMETER);
    CHECK(!fake.stopped && fake.writes == 0);
}

static void watchdog(void)
{
    unsigned count;
    boot();
    watchdog_arm();
    CHECK_INT(fake_written(MT3620_A7_WDT + WDT_LENGTH, &count),
              SMC_WATCHDOG_SECONDS * 32 << WDT_LENGTH_SHIFT | WDT_LENGTH_KEY);
    CHECK_INT(fake_written(MT3620_A7_WDT + WDT_MODE, &count), WDT_MODE_KEY | WDT_MODE_ENABLE);
    fake.writes = 0;
    CHECK_INT(fake_call(SMC_TEND_WATCHDOG, NULL, 0, 0, NULL), MONITOR_OK);
    CHECK_INT(fake_written(MT3620_A7_WDT + WDT_RESTART, &count), WDT_RESTART_KEY);
    CHECK_INT(fake.writes, 1);
}

static void query_flash(void)
{
    static const struct {
        uint16_t partition;
        uint32_t bytes, window;
    } rows[] = {{4, FLASH_APPLICATIONS_BYTES, WINDOW}, {5, FLASH_LOG_STORAGE_BYTES, 0},
                {6, FLASH_NW_CONFIG_BYTES, 0}, {15, FLASH_TELEMETRY_STORAGE_BYTES, 0}};
    struct span reply;
    boot();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(fake_call(SMC_QUERY_FLASH, &rows[i].partition, 2, 16, &reply), MONITOR_OK);
        CHECK_INT(word(reply, 0), rows[i].bytes);
        CHECK_INT(word(reply, 1), 4096);
        CHECK_INT(word(reply, 2), 1);
        CHECK_INT(word(reply, 3), rows[i].window);
    }
    for (uint16_t n = 0; n < 100; n++)
        if (n != 4 && n != 5 && n != 6 && n != 15)
            CHECK_INT(fake_call(SMC_QUERY_FLASH, &n, 2, 16, &reply), MONITOR_INVALID_PARAMETER);
}

static uint32_t write_config(uint32_t partition, uint32_t offset, const void *bytes, uint32_t len)
{
    static uint8_t request[8 + 4097];
    struct writer w = writer_of(request, sizeof request);
    writer_u32le(&w, partition);
    writer_u32le(&w, offset);
    writer_bytes(&w, bytes, len);
    return fake_call(SMC_WRITE_FLASH, request, (uint32_t)w.len, 0, NULL);
}

static void config_flash(void)
{
    static uint8_t bytes[4096];
    struct span reply;
    boot();
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    CHECK_INT(CALL(SMC_ERASE_FLASH, 0, NULL, CONFIG, 0, FLASH_NW_CONFIG_BYTES), MONITOR_OK);
    CHECK_INT(write_config(CONFIG, 4096 + 3, bytes, 4096), MONITOR_OK);
    CHECK_INT(CALL(SMC_READ_FLASH, 4096, &reply, CONFIG, 4096 + 3, 4096), MONITOR_OK);
    CHECK_INT(reply.len, 4096);
    CHECK_MEM(reply.at, bytes, 4096);
    CHECK_INT(CALL(SMC_READ_FLASH, 4096, &reply, CONFIG, 4096, 4), MONITOR_OK);
    CHECK_INT(word(reply, 0), 0x01FFFFFF);
    CHECK_MEM(fake.flash + FLASH_NW_CONFIG_AT + 4099, bytes, 4096);
    /* a bit does not rise without an erase; nothing is half written */
    const long operations = fake.operations;
    CHECK_INT(write_config(CONFIG, 4096, "\xff\xff\xff\xff\xff", 5), MONITOR_WRITE_FAILED);
    CHECK_INT(fake.operations, operations);
    /* the last byte, and one more */
    CHECK_INT(write_config(CONFIG, FLASH_NW_CONFIG_BYTES - 1, "x", 1), MONITOR_OK);
    CHECK_INT(CALL(SMC_ERASE_FLASH, 0, NULL, CONFIG, FLASH_NW_CONFIG_BYTES - 4096, 4096), MONITOR_OK);
    CHECK_INT(fake.flash[FLASH_NW_CONFIG_AT + FLASH_NW_CONFIG_BYTES - 1], 0xFF);
}

/* "Trapa": WriteFlash once took any offset.  Each range is of its partition, and
 * no sum of offset and length wraps. */
static void row_Trapa_flash_ranges(void)
{
    const uint32_t size = FLASH_NW_CONFIG_BYTES;
    static const uint32_t partitions[] = {0, 1, 2, APPLICATIONS, LOG, 7, 8, 9, 10, TELEMETRY, 16, 0xFFFF,
                                          0x10006 /* reserved half not 0 */};
    const uint32_t ranges[][2] = {{size, 1}, {size, 4096}, {size + 4096, 4096}, {0, size + 4096},
                                  {size - 4096, 8192}, {0xFFFFF000, 4096}, {0xFFFFF000, 0x2000},
                                  {4096, 0xFFFFF000}, {0x80000000, 0x80000000}, {0xFFFFFFFF, 1},
                                  {0u - FLASH_NW_CONFIG_AT, 4096}, {0, 0xFFFFFFFF}};
    struct span reply;
    boot();
    const long operations = fake.operations;
    for (unsigned i = 0; i < sizeof partitions / 4; i++) {
        CHECK(write_config(partitions[i], 0, "abcd", 4) != MONITOR_OK);
        CHECK(CALL(SMC_ERASE_FLASH, 0, NULL, partitions[i], 0, 4096) != MONITOR_OK);
        CHECK(CALL(SMC_READ_FLASH, 64, &reply, partitions[i], 0, 16) != MONITOR_OK);
        CHECK_INT(reply.len, 0);
    }
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        CHECK(CALL(SMC_ERASE_FLASH, 0, NULL, CONFIG, ranges[i][0], ranges[i][1]) != MONITOR_OK);
        CHECK(CALL(SMC_READ_FLASH, 4096, &reply, CONFIG, ranges[i][0], ranges[i][1]) != MONITOR_OK);
        CHECK_INT(reply.len, 0);
        if (ranges[i][0] >= size)
            CHECK(write_config(CONFIG, ranges[i][0], "abcd", 4) != MONITOR_OK);
    }
    CHECK(write_config(CONFIG, size - 3, "abcd", 4) != MONITOR_OK);
    static const uint32_t unaligned[][2] = {{1, 4096}, {0, 1}, {0, 4095}, {2048, 2048}, {0, 0}};
    for (unsigned i = 0; i < sizeof unaligned / sizeof unaligned[0]; i++)
        CHECK_INT(CALL(SMC_ERASE_FLASH, 0, NULL, CONFIG, unaligned[i][0], unaligned[i][1]), MONITOR_BAD_OFFSET);
    CHECK_INT(fake.operations, operations);
}

/* TALOS-2021-1310: lengths of a request once led out of its buffer; here a reply
 * is never longer than the room given, and never holds what was there before. */
static void row_TALOS_2021_1310_reply_room(void)
{
    struct span reply;
    boot();
    memset(monitor.reply, 0xEE, sizeof monitor.reply); /* what an earlier call left */
    memset(plat_ram(FAKE_OUT), 0x11, 8192);
    CHECK_INT(CALL(SMC_READ_FLASH, 16, &reply, CONFIG, 0, 17), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_GET_LOG_DATA, 16, &reply, 0, 0, 17), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_GET_LOG_DATA, 4096, &reply, 0, 0, 4097), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_GET_TELEMETRY, 4096, &reply, 0, 0xFFFFFFFF), MONITOR_INVALID_PARAMETER);
    for (unsigned i = 0; i < 8192; i++)
        REQUIRE(plat_ram(FAKE_OUT)[i] == 0x11);
    CHECK_INT(CALL(SMC_READ_FLASH, 16, &reply, CONFIG, 0, 16), MONITOR_OK);
    CHECK_INT(plat_ram(FAKE_OUT)[16], 0x11);
}

/* ---- images ---- */

static size_t application(const struct fake_image *image)
{
    static uint8_t package[65536];
    const size_t len = fake_package(image, package, sizeof package);
    fake_slot(FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, package, len);
    return len;
}

static unsigned holds(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MONITOR_COMPONENTS_MAX; i++)
        count += monitor.engine.hold[i].count;
    return count;
}

static void verify_image(void)
{
    static uint8_t body[5000];
    struct fake_image image = {IMAGE_TYPE_APPLICATIONS, 0x44, 0, &fake.application,
                               span_of(body, sizeof body), 0};
    struct span reply;
    const uint32_t len = (uint32_t)application(&image);
    boot();
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 71, &reply, WINDOW, len), MONITOR_INVALID_PARAMETER);
    CHECK_INT(holds(), 0);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, len), MONITOR_OK);
    CHECK_INT(reply.len, 72);
    CHECK_INT(word(reply, 0), IMAGE_TYPE_APPLICATIONS);
    CHECK_INT(reply.at[4], 0x44);
    CHECK_INT(reply.at[20], 0xBB);
    CHECK_INT(word(reply, 17), sizeof body);
    CHECK_INT(holds(), 1);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, len), MONITOR_OK);
    CHECK_INT(holds(), 2);
    /* another length, a flipped bit, another place */
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, len - 1), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, len + 1), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW + 4, len - 4), MONITOR_VERIFICATION_FAILED);
    fake.flash[FLASH_APPLICATIONS_AT + 77] ^= 4;
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, len), MONITOR_VERIFICATION_FAILED);
    fake.flash[FLASH_APPLICATIONS_AT + 77] ^= 4;

    /* ranges: the system window and APPLICATIONS, nothing else, no wrap */
    const uint32_t bad[][2] = {{0, len}, {FLASH_APPLICATIONS_AT, len}, {0x90000000, 4096}, {0x900FFFFC, 4096},
                               {0x9077FFFF, 2}, {0x90780000, 4096}, {0x90DFFFFF, 4096}, {0x90F3FFFF, 2},
                               {0x90F40000, 64}, {0x90F80000, 64}, {0x90FFFFFF, 2}, {WINDOW, 0xFFFFFFFF},
                               {0xFFFFFFFF, 0xFFFFFFFF}, {WINDOW, 0u - WINDOW}, {0x80100000, 4096},
                               {0x803D0000, 4096}, {0x90060000, 1000}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, bad[i][0], bad[i][1]), MONITOR_INVALID_PARAMETER);
        CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, bad[i][0], bad[i][1]), MONITOR_INVALID_PARAMETER);
    }
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, 0), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(holds(), 2);

    static const struct {
        uint16_t type;
        uint32_t temporary, version;
        struct soft_key *key;
        uint32_t want;
    } rows[] = {
        {IMAGE_TYPE_APPLICATIONS, 0, 0, &fake.development, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_APPLICATIONS, IMAGE_TEMPORARY_UNDER_DEVELOPMENT, 0, &fake.development, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_APPLICATIONS, IMAGE_TEMPORARY_UNDER_DEVELOPMENT, 0, &fake.application, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_APPLICATIONS, 0, 0, &fake.os, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_SERVICES, 0, 3, &fake.application, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_SERVICES, 0, 3, &fake.os, MONITOR_VERIFICATION_FAILED}, /* not the system's */
        {IMAGE_TYPE_TRUSTED_KEYSTORE, 0, 3, &fake.os, MONITOR_VERIFICATION_FAILED},
        {IMAGE_TYPE_APPLICATIONS, IMAGE_TEMPORARY_REMOVE_AT_BOOT, 0, &fake.application, MONITOR_OK},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        image = (struct fake_image){rows[i].type, 0x44, rows[i].version, rows[i].key,
                                    span_of(body, 100 + i), rows[i].temporary};
        const uint32_t bytes = (uint32_t)application(&image);
        boot();
        CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, bytes), rows[i].want);
        CHECK_INT(holds(), rows[i].want == MONITOR_OK);
        /* nor where the record says that it is installed: the signature counts, not the record */
        monitor.engine.live.kept.at[4].first = FLASH_APPLICATIONS_AT / FLASH_SECTOR_BYTES;
        monitor.engine.live.kept.at[4].file_bytes = bytes;
        monitor.engine.live.kept.at[4].type = rows[i].type;
        monitor.engine.live.kept.count = 5;
        CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, WINDOW, bytes), rows[i].want);
    }
    /* an image of the system, below the counter that was raised meanwhile */
    boot();
    const struct component *c = &monitor.image[3].is;
    const uint32_t at = window_address(&monitor, component_range(c).at);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, at, c->file_bytes), MONITOR_OK);
    fake.os_counter = 4;
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, at, c->file_bytes), MONITOR_SECURITY_VERSION);
    fake.os_counter = 3;
    CHECK_INT(holds(), 0); /* a system is not held: nothing writes where it runs */
}

/* What a package is not installed as is never mapped, however well it is signed. */
static void verify_what_is_not_installed(void)
{
    static uint8_t package[1024], body[16];
    const struct fake_image image = {IMAGE_TYPE_APPLICATIONS, 0x44, 0, &fake.application, span_of(body, 16), 0};
    const uint32_t len = (uint32_t)fake_package(&image, package, sizeof package);
    boot();
    memcpy(fake.flash + FLASH_APPLICATIONS_AT + 4096, package, len);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, NULL, WINDOW + 4096, len), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(holds(), 0);
}

/* So many verifications, so many releases, and no more; the count has an end. */
static void release_image(void)
{
    static uint8_t body[64];
    const struct fake_image image = {IMAGE_TYPE_APPLICATIONS, 0x44, 0, &fake.application, span_of(body, 64), 0};
    const uint32_t len = (uint32_t)application(&image);
    boot();
    CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW, len), MONITOR_INVALID_PARAMETER);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, NULL, WINDOW, len), MONITOR_OK);
    CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW, len + 1), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW + 4, len), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW + 4096, len), MONITOR_INVALID_PARAMETER);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW, len), MONITOR_OK);
    CHECK_INT(CALL(SMC_RELEASE_IMAGE, 0, NULL, WINDOW, len), MONITOR_INVALID_PARAMETER);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, NULL, WINDOW, len), MONITOR_OK);
    monitor.engine.hold[MONITOR_COMPONENTS_MAX - 1].count = UINT16_MAX;
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, NULL, WINDOW, len), MONITOR_NO_FREE_SPACE);
    CHECK_INT(monitor.engine.hold[MONITOR_COMPONENTS_MAX - 1].count, UINT16_MAX);
}

static void find_image(void)
{
    static const uint8_t body[64];
    uint8_t uid[16];
    struct span reply;
    const struct fake_image image = {IMAGE_TYPE_APPLICATIONS, 0x44, 0, &fake.application, span_of(body, 64), 0};
    fake_system(FLASH_SYSTEM_B_AT, 3, 0xBB);
    fake.flash[FLASH_SYSTEM_A_AT] ^= 1; /* B runs: addresses are those of the window all the same */
    const uint32_t len = (uint32_t)application(&image);
    boot();
    memset(uid, 0x73, sizeof uid);
    CHECK_INT(fake_call(SMC_FIND_IMAGE, uid, 16, 12, &reply), MONITOR_OK);
    CHECK_INT(word(reply, 0), 0x90100000 + FLASH_SYSTEM_SERVICES);
    CHECK_INT(word(reply, 2), IMAGE_TYPE_SERVICES);
    const uint32_t at = word(reply, 0), bytes = word(reply, 1);
    CHECK_INT(CALL(SMC_VERIFY_IMAGE, 72, &reply, at, bytes), MONITOR_OK);
    CHECK_INT(component_range(&monitor.image[3].is).at, FLASH_SYSTEM_B_AT + FLASH_SYSTEM_SERVICES);
    memset(uid, 0x44, sizeof uid);
    CHECK_INT(fake_call(SMC_FIND_IMAGE, uid, 16, 12, &reply), MONITOR_OK);
    CHECK_INT(word(reply, 0), WINDOW);
    CHECK_INT(word(reply, 1), len);
    memset(uid, 0x45, sizeof uid);
    CHECK_INT(fake_call(SMC_FIND_IMAGE, uid, 16, 12, &reply), MONITOR_IMAGE_NOT_FOUND);
    fake.flash[FLASH_SYSTEM_A_AT] ^= 1;
}

static void derive_key(void)
{
    uint8_t request[20] = {1, 2, 3};
    struct span reply;
    boot();
    CHECK_INT(fake_call(SMC_DERIVE_KEY, request, 20, 40, &reply), MONITOR_OK);
    CHECK_INT(reply.len, 40);
    CHECK_INT(reply.at[1], 2 ^ 1);
    CHECK_INT(word(reply, 8), 0);
    CHECK_INT(word(reply, 9), 0);
    for (unsigned i = 0; i < 40; i++)
        CHECK_INT(monitor.reply[i], 0); /* no copy is kept */
    CHECK_INT(fake_call(SMC_DERIVE_KEY, request, 20, 39, &reply), MONITOR_INVALID_PARAMETER);
    request[16] = 1;
    CHECK_INT(fake_call(SMC_DERIVE_KEY, request, 20, 40, &reply), MONITOR_INVALID_PARAMETER);
    request[16] = 0;
    fake.pluton_fails = PLUTON_DERIVE;
    CHECK_INT(fake_call(SMC_DERIVE_KEY, request, 20, 40, &reply), MONITOR_VERIFICATION_FAILED);
    CHECK_INT(reply.len, 0);
    fake.pluton_fails = 0;
}

static void clock_fields(uint32_t base, const uint32_t want[6])
{
    static const uint32_t fields[6] = {RTC_YEAR, RTC_MONTH, RTC_DAY, RTC_HOUR, RTC_MINUTE, RTC_SECOND};
    unsigned count;
    for (unsigned i = 0; i < 6; i++) {
        CHECK_INT(fake_written(MT3620_RTC + base + fields[i], &count), want[i]);
        CHECK_INT(count, 1);
    }
}

static void clock_set(void)
{
    static const struct {
        uint32_t seconds;
        uint32_t want[6];
    } rows[] = {
        {946684800, {0, 1, 1, 0, 0, 0}},           {951782399, {0, 2, 28, 23, 59, 59}},
        {951782400, {0, 2, 29, 0, 0, 0}},          {951868800, {0, 3, 1, 0, 0, 0}},
        {978307199, {0, 12, 31, 23, 59, 59}},      {978307200, {1, 1, 1, 0, 0, 0}},
        {1078012799, {4, 2, 28, 23, 59, 59}},      {1709164800, {24, 2, 29, 0, 0, 0}},
        {1795228800, {26, 11, 21, 2, 40, 0}},      {4102444799u, {99, 12, 31, 23, 59, 59}},
    };
    unsigned count;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        boot();
        CHECK_INT(CALL(SMC_SET_RTC_TIME, 0, NULL, rows[i].seconds, 0), MONITOR_OK);
        clock_fields(RTC_TIME, rows[i].want);
        CHECK_INT(fake.write[fake.writes - 1].address, MT3620_RTC + RTC_TIME + RTC_SECOND);
        fake.writes = 0;
        CHECK_INT(CALL(SMC_SET_RTC_ALARM, 0, NULL, rows[i].seconds, 0), MONITOR_OK);
        clock_fields(RTC_ALARM, rows[i].want);
        CHECK_INT(fake_written(MT3620_RTC + RTC_CONTROL, &count), RTC_CONTROL_ALARM);
    }
    boot();
    CHECK_INT(CALL(SMC_SET_RTC_ALARM, 0, NULL, 0, 0), MONITOR_OK);
    CHECK_INT(fake_written(MT3620_RTC + RTC_CONTROL, &count), 0);
    CHECK_INT(fake.writes, 1);
    boot();
    const uint32_t bad[][2] = {{946684799, 0}, {4102444800u, 0}, {1, 0}, {1, 1}, {0xFFFFFFFF, 0xFFFFFFFF}};
    for (unsigned i = 0; i < 5; i++) {
        CHECK_INT(CALL(SMC_SET_RTC_TIME, 0, NULL, bad[i][0], bad[i][1]), MONITOR_INVALID_PARAMETER);
        CHECK_INT(CALL(SMC_SET_RTC_ALARM, 0, NULL, bad[i][0], bad[i][1]), MONITOR_INVALID_PARAMETER);
    }
    CHECK_INT(CALL(SMC_SET_RTC_TIME, 0, NULL, 0, 0), MONITOR_INVALID_PARAMETER);
    CHECK_INT(fake.writes, 0);
}

/* What the normal world gets at start, register by register. */
static void firewall(void)
{
    unsigned count;
    fake_power_on();
    fake.secure_base = 0;
    CHECK_INT(firewall_close(), 0);
    CHECK_INT(fake.secure_base, MT3620_SECURE_RAM);
    const uint32_t row = MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL;
    CHECK_INT(fake_written(row + FIREWALL_PERIPHERALS, &count),
              1 << FIREWALL_RTC | 1 << FIREWALL_MAILBOX_NORMAL | 1 << FIREWALL_MAILBOX_IO0 |
                  1 << FIREWALL_MAILBOX_IO1 | 1 << FIREWALL_A7_GPT | 1 << FIREWALL_UART0 | 1 << FIREWALL_VIRTIO);
    CHECK_INT(fake_written(row + FIREWALL_PERIPHERALS_LOCK, &count), UINT32_MAX);
    const uint32_t ram = MT3620_FIREWALL + FIREWALL_RAM;
    CHECK_INT(fake_written(ram + FIREWALL_BASE, &count), MT3620_RAM);
    CHECK_INT(fake_written(ram + FIREWALL_LIMIT, &count), MT3620_SECURE_RAM);
    CHECK_INT(fake_written(ram + FIREWALL_CONTROL, &count),
              MT3620_A7_NORMAL | FIREWALL_CONTROL_WRITE | FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_LOCKED);
    const uint32_t flash = MT3620_FIREWALL + FIREWALL_FLASH;
    CHECK_INT(fake_written(flash + FIREWALL_BASE, &count), 0x100000);
    CHECK_INT(fake_written(flash + FIREWALL_LIMIT, &count), 0x780000);
    CHECK_INT(fake_written(flash + 16 + FIREWALL_BASE, &count), FLASH_APPLICATIONS_AT);
    CHECK_INT(fake_written(flash + 16 + FIREWALL_LIMIT, &count), FLASH_NW_CONFIG_AT);
    for (unsigned i = 5; i < FIREWALL_RAM_WINDOWS; i++)
        CHECK_INT(fake_written(ram + i * 16 + FIREWALL_CONTROL, &count), FIREWALL_CONTROL_LOCKED);
    for (unsigned i = 4; i < FIREWALL_FLASH_REGIONS; i++)
        CHECK_INT(fake_written(flash + i * 16 + FIREWALL_CONTROL, &count), FIREWALL_CONTROL_LOCKED);
    /* a firewall that does not take a setting is no firewall */
    fake.firewall_sticky = true;
    CHECK_INT(firewall_close(), E_IO);
    fake_power_on();
    fake.secure_base = 0x80200000;
    CHECK_INT(firewall_close(), E_IO);
}

int main(void)
{
    fake_init();
    simple_calls();
    reset();
    watchdog();
    query_flash();
    config_flash();
    row_Trapa_flash_ranges();
    row_TALOS_2021_1310_reply_room();
    verify_image();
    verify_what_is_not_installed();
    release_image();
    find_image();
    derive_key();
    clock_set();
    firewall();
    fake_release();
    return check_done();
}
