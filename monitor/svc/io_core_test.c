/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/smc.md "I/O cores": what is loaded where, what is refused, and that a
 * refused start leaves a core that runs alone. */
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "monitor/engine/staging.h"
#include "monitor/svc/elf.h"
#include "monitor/svc/fake_test.h"
#include "monitor/svc/plat.h"

enum {
    WINDOW = 0x90E00000,
    ELF_AT = 0x1000, /* in the package */
    XIP_AT = 0x1000, /* in the ELF: on a granule in flash as well */
    ELF_BYTES = 0x3000,
    TCM = MT3620_TCM,
};

static uint8_t body[0x8000], package[0x9000];
static uint32_t package_bytes;

struct seg {
    uint32_t type, at, address, file_bytes, memory_bytes;
};

static void elf_build(uint32_t entry, unsigned count, const struct seg *seg)
{
    struct writer w = writer_of(body + ELF_AT, ELF_BYTES);
    memset(body, 0, sizeof body);
    writer_bytes(&w, "\x7f" "ELF\1\1\1\0\0\0\0\0\0\0\0\0", 16);
    writer_u16le(&w, 2);
    writer_u16le(&w, 40);
    writer_u32le(&w, 1);
    writer_u32le(&w, entry);
    writer_u32le(&w, 52);
    writer_zero(&w, 8);
    writer_u16le(&w, 52);
    writer_u16le(&w, 32);
    writer_u16le(&w, (uint16_t)count);
    writer_zero(&w, 6);
    for (unsigned i = 0; i < count; i++) {
        writer_u32le(&w, seg[i].type);
        writer_u32le(&w, seg[i].at);
        writer_u32le(&w, seg[i].address);
        writer_u32le(&w, 0);
        writer_u32le(&w, seg[i].file_bytes);
        writer_u32le(&w, seg[i].memory_bytes);
        writer_zero(&w, 8);
    }
    for (unsigned i = 0x200; i < ELF_BYTES; i++)
        body[ELF_AT + i] = (uint8_t)(i * 3 + 1);
}

static void install_as(uint16_t type, struct soft_key *key)
{
    struct span reply;
    const struct fake_image image = {type, 0x44, 3, key, span_of(body, sizeof body), 0};
    package_bytes = (uint32_t)fake_package(&image, package, sizeof package);
    fake_slot(FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, package, package_bytes);
    fake_power_on();
    REQUIRE(fake_boot(NULL) == 0);
    if (type != IMAGE_TYPE_APPLICATIONS) { /* as if a record had it there */
        struct image parsed;
        uint8_t digest[SHA256_BYTES];
        REQUIRE(image_parse(span_of(package, package_bytes), &parsed) == 0 && image_digest(&parsed, digest) == 0);
        monitor.engine.live.kept.at[monitor.engine.live.kept.count++] =
            image_component(&parsed, digest, FLASH_APPLICATIONS_AT / FLASH_SECTOR_BYTES);
    }
    const uint32_t words[2] = {WINDOW, package_bytes};
    REQUIRE(fake_call(SMC_VERIFY_IMAGE, fake_words(2, words).at, 8, 72, &reply) == MONITOR_OK);
    fake.writes = 0;
}

static void install(void)
{
    install_as(IMAGE_TYPE_APPLICATIONS, &fake.application);
}

static uint32_t control(uint32_t action, uint32_t core, unsigned count, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t words[4] = {action | core << 16, a, b, c};
    return fake_call(SMC_IO_CORE_CONTROL, fake_words(4, words).at, 4 + 4 * count, 0, NULL);
}

static uint32_t start(uint32_t core)
{
    return control(0, core, 3, WINDOW + ELF_AT, ELF_BYTES, 0);
}

/* Replays IO_ADDRESS / IO_DATA writes into an image of the core's memory. */
static uint32_t loaded(uint32_t core, uint32_t address)
{
    uint32_t at = 0, selected = 2, value = 0xDEAD;
    for (unsigned i = 0; i < fake.writes; i++) {
        const struct fake_write *w = &fake.write[i];
        if (w->address == MT3620_INFRA + RESET_IO_SELECT)
            selected = w->value;
        if (w->address == MT3620_INFRA + RESET_IO_ADDRESS)
            at = w->value;
        if (w->address != MT3620_INFRA + RESET_IO_DATA)
            continue;
        if (at == address && selected == core)
            value = w->value;
        at += 4;
    }
    return value;
}

static const struct seg good[] = {
    {1, 0x200, TCM + 0x100, 0x102, 0x110},       /* code and data, two odd bytes, then zeroes */
    {6, 0, 0, 0, 0},                             /* not loaded */
    {1, 0x400, MT3620_IO_SYSRAM, 0, 8},          /* zeroes alone */
    {1, XIP_AT, MT3620_IO_XIP, 0x1100, 0x1100},  /* in place */
};

static void starts(void)
{
    for (uint32_t core = 0; core < 2; core++) {
        unsigned count;
        elf_build(TCM + 0x100, 4, good);
        install();
        CHECK_INT(start(core), MONITOR_OK);
        const uint8_t *from = body + ELF_AT + 0x200;
        CHECK_INT(loaded(core, TCM + 0x100), from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24);
        CHECK_INT(loaded(core, TCM + 0x200), from[0x100] | from[0x101] << 8);
        CHECK_INT(loaded(core, TCM + 0x204), 0);
        CHECK_INT(loaded(core, TCM + 0x20C), 0);
        CHECK_INT(loaded(core, TCM + 0x210), 0xDEAD);
        CHECK_INT(loaded(core, MT3620_IO_SYSRAM + 4), 0);
        CHECK_INT(fake_written(MT3620_INFRA + (core ? RESET_IO1_VECTORS : RESET_IO0_VECTORS), &count), TCM + 0x100);
        CHECK_INT(fake.write[fake.writes - 1].address, MT3620_INFRA + (core ? RESET_IO1_CONTROL : RESET_IO0_CONTROL));
        CHECK_INT(fake.write[fake.writes - 1].value, RESET_CONTROL_RUN);
        const uint32_t region = MT3620_FIREWALL + FIREWALL_FLASH + (2 + core) * FIREWALL_WINDOW_STRIDE;
        CHECK_INT(fake_written(region + FIREWALL_BASE, &count), FLASH_APPLICATIONS_AT + ELF_AT + XIP_AT);
        CHECK_INT(fake_written(region + FIREWALL_LIMIT, &count), FLASH_APPLICATIONS_AT + ELF_AT + XIP_AT + 0x2000);
        CHECK_INT(fake_written(region + FIREWALL_CONTROL, &count), (MT3620_IO0 + core) | FIREWALL_CONTROL_ENABLED);
        CHECK_INT(fake_written(MT3620_FIREWALL + (core ? FIREWALL_IO1_XIP : FIREWALL_IO0_XIP), &count),
                  FLASH_APPLICATIONS_AT + ELF_AT + XIP_AT);
        /* stop: the core first, then its windows */
        fake.writes = 0;
        CHECK_INT(control(1, core, 0, 0, 0, 0), MONITOR_OK);
        CHECK_INT(fake.write[0].address, MT3620_INFRA + (core ? RESET_IO1_CONTROL : RESET_IO0_CONTROL));
        CHECK_INT(fake.write[0].value, 0);
        CHECK_INT(fake_written(region + FIREWALL_CONTROL, &count), 0);
        CHECK(count != 0);
        for (unsigned type = 0; type < 2; type++) {
            CHECK_INT(fake_written(MT3620_FIREWALL + FIREWALL_RAM + (1 + 2 * core + type) * 16 + FIREWALL_CONTROL, &count), 0);
            CHECK(count != 0);
        }
    }
}

/* A core that does not stand yet is not touched: it could write over what is loaded. */
static void stops_late(void)
{
    elf_build(TCM + 0x100, 4, good);
    install();
    fake.io_stops_after = 5;
    CHECK_INT(start(0), MONITOR_OK);
    CHECK_INT(fake.io_stops_after, 0);
    install();
    fake.io_stops_after = UINT_MAX;
    CHECK_INT(start(0), MONITOR_WRITE_FAILED);
    CHECK_INT(fake.writes, 1); /* the order to stop */
    CHECK_INT(control(1, 0, 0, 0, 0, 0), MONITOR_WRITE_FAILED);
    fake.io_stops_after = 0;
}

static void refused(uint32_t status, uint32_t want)
{
    CHECK_INT(status, want);
    CHECK_INT(fake.writes, 0);
}

static void bad_segments(void)
{
    static const struct seg rows[] = {
        {1, 0x200, TCM + 2, 8, 8},                        /* not a multiple of 4 */
        {1, 0x200, TCM - 4, 8, 8},                        /* before, */
        {1, 0x200, TCM + MT3620_IO_TCM_BYTES - 4, 8, 8},  /* over the end of, */
        {1, 0x200, TCM, 8, MT3620_IO_TCM_BYTES + 4},      /* larger than its memory */
        {1, 0x200, TCM, 8, 0xFFFFFFFF},
        {1, 0x200, TCM, 16, 8},                           /* more file than memory */
        {1, ELF_BYTES - 4, TCM, 8, 8},                    /* file bytes that are not there */
        {1, 0xFFFFFFF0, TCM, 0x20, 0x20},
        {1, 0x200, MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES, 4, 4},
        {1, 0x200, MT3620_RAM, 8, 8},                     /* no memory of that core */
        {1, 0x200, MT3620_SECURE_RAM, 8, 8},
        {1, 0x200, MT3620_FLASH_CONTROLLER, 8, 8},
        {1, 0x200, 0x21000000, 8, 8},
        {1, 0x200, 0xFFFFFFF8, 8, 16},                    /* wraps */
        {1, XIP_AT + 4, MT3620_IO_XIP, 8, 8},             /* in place: not on a granule, */
        {1, XIP_AT, MT3620_IO_XIP + 0x1000, 8, 8},        /* elsewhere in the window, */
        {1, XIP_AT, MT3620_IO_XIP, 8, 12},                /* or with zeroes behind */
        {2, 0x200, TCM, 8, 8},                            /* nothing to load */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        elf_build(TCM + 0x100, 1, &rows[i]);
        install();
        refused(start(0), MONITOR_VERIFICATION_FAILED);
    }
    static const uint32_t entries[] = {0, TCM + 4, TCM + MT3620_IO_TCM_BYTES, MT3620_IO_XIP + 0x2000, MT3620_RAM,
                                       0xFFFFFF80};
    for (unsigned i = 0; i < sizeof entries / 4; i++) {
        elf_build(entries[i], 4, good);
        install();
        refused(start(1), MONITOR_VERIFICATION_FAILED);
    }
    const struct seg twice[] = {good[3], good[3]};
    elf_build(TCM, 2, twice);
    install();
    refused(start(0), MONITOR_VERIFICATION_FAILED);
}

/* The last page in place is the package's last, and only a part of it: what lies behind
 * the package would be executable, and nobody has verified it. */
static void page_behind(void)
{
    static const struct seg rows[] = {
        {1, 0x200, TCM + 0x100, 0x100, 0x100},
        {1, 0x6000, MT3620_IO_XIP, 0x1000, 0x1000},  /* the body's last page */
        {1, 0x7000, MT3620_IO_XIP, 0x20, 0x20},      /* metadata and signature */
    };
    const struct seg good_pair[] = {rows[0], rows[1]}, bad_pair[] = {rows[0], rows[2]};
    elf_build(TCM + 0x100, 2, good_pair);
    install();
    CHECK_INT(control(0, 0, 3, WINDOW + ELF_AT, package_bytes - ELF_AT, 0), MONITOR_OK);
    elf_build(TCM + 0x100, 2, bad_pair);
    install();
    refused(control(0, 0, 3, WINDOW + ELF_AT, package_bytes - ELF_AT, 0), MONITOR_VERIFICATION_FAILED);
}

static void bad_headers(void)
{
    elf_build(TCM + 0x100, 4, good);
    for (unsigned at = 0; at < 52; at++) {
        struct elf elf;
        uint8_t file[ELF_BYTES];
        memcpy(file, body + ELF_AT, sizeof file);
        file[at] ^= 0xFF;
        const int err = elf_parse(span_of(file, sizeof file), &elf);
        /* version bytes 7.. of the ident, section table, flags and string index say nothing here */
        const bool said = at < 7 || (at >= 16 && at < 32 && !(at >= 24 && at < 28)) || (at >= 40 && at < 46);
        if (said)
            CHECK(err != 0);
        if (err)
            CHECK_INT(elf.count, 0);
    }
    for (size_t len = 0; len < 52 + 4 * 32; len++) {
        struct elf elf;
        uint8_t *exact = malloc(len + 1);
        memcpy(exact, body + ELF_AT, len);
        CHECK(elf_parse(span_of(exact, len), &elf) != 0);
        free(exact);
    }
}

static void what_may_run(void)
{
    elf_build(TCM + 0x100, 4, good);
    install();
    refused(control(0, 2, 3, WINDOW + ELF_AT, ELF_BYTES, 0), MONITOR_INVALID_PARAMETER);
    refused(control(2, 0, 3, WINDOW + ELF_AT, ELF_BYTES, 0), MONITOR_INVALID_PARAMETER);
    refused(control(0, 0, 2, WINDOW + ELF_AT, ELF_BYTES, 0), MONITOR_INVALID_PARAMETER);
    refused(control(0, 0, 3, WINDOW + ELF_AT, ELF_BYTES, 1), MONITOR_PERMISSION_DENIED); /* debugging */
    refused(control(0, 0, 3, FAKE_IN, ELF_BYTES, 0), MONITOR_INVALID_PARAMETER);         /* from RAM */
    refused(control(0, 0, 3, WINDOW + ELF_AT, 0xFFFFFFFF, 0), MONITOR_INVALID_PARAMETER);
    refused(control(0, 0, 3, WINDOW + package_bytes - 4, 8, 0), MONITOR_PERMISSION_DENIED);
    refused(control(1, 0, 1, 0, 0, 0), MONITOR_INVALID_PARAMETER);
    memset(monitor.engine.hold, 0, sizeof monitor.engine.hold); /* not verified in this session */
    refused(start(0), MONITOR_PERMISSION_DENIED);
    install_as(IMAGE_TYPE_ROOT_FS, &fake.os); /* verified, and no application */
    refused(start(0), MONITOR_PERMISSION_DENIED);
    install_as(IMAGE_TYPE_CUSTOMER_BOARD_CONFIG, &fake.application);
    refused(start(0), MONITOR_PERMISSION_DENIED);
}

/* Whether a new image may be written where the package stands, once it is not installed any more. */
static bool place_is_busy(void)
{
    struct busy_areas busy;
    bool found = false;
    memset(&monitor.engine.live.kept, 0, sizeof monitor.engine.live.kept);
    busy_collect(&monitor.engine, &busy);
    for (unsigned i = 0; i < busy.count; i++)
        found |= busy.at[i].first == FLASH_APPLICATIONS_AT / FLASH_SECTOR_BYTES;
    return found;
}

/* A core holds what it was loaded from until it stops, though nobody maps that any more, and
 * however often a kernel says so: the core would run in place what an update writes there. */
static void holds(void)
{
    elf_build(TCM + 0x100, 4, good);
    install();
    struct engine_hold *hold = &monitor.engine.hold[MONITOR_COMPONENTS_MAX - 1];
    const uint32_t words[2] = {WINDOW, package_bytes};
    CHECK_INT(hold->count, 1);
    CHECK_INT(start(0), MONITOR_OK);
    CHECK_INT(start(1), MONITOR_OK);
    CHECK_INT(start(0), MONITOR_OK); /* again: one hold */
    CHECK_INT(hold->cores, 2);
    CHECK_INT(fake_call(SMC_RELEASE_IMAGE, fake_words(2, words).at, 8, 0, NULL), MONITOR_OK);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(fake_call(SMC_RELEASE_IMAGE, fake_words(2, words).at, 8, 0, NULL), MONITOR_INVALID_PARAMETER);
    CHECK_INT(hold->cores, 2);
    CHECK(place_is_busy());
    fake.io_stops_after = UINT_MAX; /* a core that does not stop holds on */
    CHECK_INT(control(1, 1, 0, 0, 0, 0), MONITOR_WRITE_FAILED);
    CHECK_INT(hold->cores, 2);
    fake.io_stops_after = 0;
    CHECK_INT(control(1, 1, 0, 0, 0, 0), MONITOR_OK);
    CHECK_INT(control(1, 1, 0, 0, 0, 0), MONITOR_OK);
    CHECK_INT(hold->cores, 1);
    CHECK(place_is_busy());
    CHECK_INT(control(1, 0, 0, 0, 0, 0), MONITOR_OK);
    CHECK_INT(hold->cores, 0);
    CHECK(!place_is_busy());
}

static void buffers(void)
{
    unsigned count;
    elf_build(TCM + 0x100, 4, good);
    install();
    for (uint32_t core = 0; core < 2; core++)
        for (uint32_t type = 0; type < 2; type++) {
            const uint32_t window = MT3620_FIREWALL + FIREWALL_RAM + (1 + 2 * core + type) * FIREWALL_WINDOW_STRIDE;
            const uint32_t at = 0x80300000 + core * 0x2000 + type * 0x1000;
            CHECK_INT(control(3, core, 3, type, at, 4096), MONITOR_OK);
            CHECK_INT(fake_written(window + FIREWALL_BASE, &count), at);
            CHECK_INT(fake_written(window + FIREWALL_LIMIT, &count), at + 4096);
            CHECK_INT(fake_written(window + FIREWALL_CONTROL, &count),
                      (MT3620_IO0 + core) | FIREWALL_CONTROL_ENABLED | (type ? 0 : FIREWALL_CONTROL_WRITE));
        }
    fake.writes = 0;
    static const uint32_t bad[][3] = {{2, 0x80300000, 4096}, {0, 0x80300004, 4096}, {0, 0x80300000, 4095},
                                      {0, 0x80300000, 8192}, {0, 0x80300000, 0},    {0, MT3620_SECURE_RAM, 4096},
                                      {0, 0x803FF000, 4096}, {0, 0x7FFFF000, 4096}, {0, 0xFFFFF000, 4096},
                                      {0, 0x90E00000, 4096}, {0, 0x00100000, 4096}, {1, 0x30000000, 4096}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(control(3, 0, 3, bad[i][0], bad[i][1], bad[i][2]), MONITOR_INVALID_PARAMETER);
    refused(control(3, 0, 2, 0, 0x80300000, 4096), MONITOR_INVALID_PARAMETER);
    CHECK_INT(control(3, 0, 3, 0, MT3620_SECURE_RAM - 4096, 4096), MONITOR_OK);
    CHECK_INT(control(3, 0, 3, 0, MT3620_RAM, 4096), MONITOR_OK);
}

int main(void)
{
    fake_init();
    starts();
    stops_late();
    bad_segments();
    page_behind();
    bad_headers();
    what_may_run();
    holds();
    buffers();
    fake_release();
    return check_done();
}
