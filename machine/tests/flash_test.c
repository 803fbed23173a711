/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi/mt3620_flash.h as promised: registers, commands, remap, locks, lost power. */
#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_flash.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static struct bus b;

static uint32_t reg(uint32_t offset)
{
    return bus_get(&b, "a7s", MT3620_FLASH_CONTROLLER + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "a7s", MT3620_FLASH_CONTROLLER + offset, value);
}

static uint32_t word(const char *who, uint32_t offset)
{
    return bus_get(&b, who, MT3620_FLASH + offset);
}

/* A command's outcome: STATUS is 0 on success. */
static uint32_t run(uint32_t command, uint32_t address, uint32_t length)
{
    set(FLASH_ADDRESS, address);
    set(FLASH_LENGTH, length);
    set(FLASH_COMMAND, command);
    return reg(FLASH_STATUS);
}

static void reset_values(void)
{
    CHECK_INT(reg(FLASH_ID), FLASH_ID_VALUE);
    CHECK_INT(reg(FLASH_STATUS), 0);
    CHECK_INT(reg(FLASH_ADDRESS), 0);
    CHECK_INT(reg(FLASH_LENGTH), 0);
    CHECK_INT(reg(FLASH_COMMAND), 0);
    CHECK_INT(reg(FLASH_REMAP_OFFSET), FLASH_SYSTEM_A_AT);
    CHECK_INT(reg(FLASH_LOCK), 0);
    CHECK_INT(reg(FLASH_PROTECT), 0);
    CHECK_INT(reg(FLASH_OPERATIONS), 0);
    CHECK_INT(reg(FLASH_BUFFER), 0);
    CHECK_INT(reg(FLASH_BUFFER + 63 * 4), 0);
    CHECK_INT(word("a7s", 0), 0xFFFFFFFF); /* a blank chip */
    CHECK_INT(word("pluton", MT3620_FLASH_BYTES - 4), 0xFFFFFFFF);
}

static void widths(void)
{
    static const uint32_t offsets[] = { FLASH_ID, FLASH_STATUS, FLASH_ADDRESS, FLASH_LENGTH,
        FLASH_COMMAND, FLASH_REMAP_OFFSET, FLASH_LOCK, FLASH_PROTECT, FLASH_OPERATIONS, FLASH_BUFFER };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK(bus_words_only(&b, "a7s", MT3620_FLASH_CONTROLLER + offsets[i]));
    }
}

/* Registers for the secure world alone; the array read-only for all who see it. */
static void initiators(void)
{
    static const char *const others[] = { "a7n", "io0", "io1", "pluton" };

    for (unsigned i = 0; i < 4; i++) {
        CHECK(bus_refused(&b, others[i], MT3620_FLASH_CONTROLLER + FLASH_COMMAND));
        CHECK(bus_refused(&b, others[i], MT3620_FLASH_CONTROLLER + FLASH_BUFFER));
    }
    for (unsigned width = 1; width <= 4; width *= 2) {
        uint32_t value;

        CHECK(!bus_write(&b, "a7s", width, MT3620_FLASH, 0));
        CHECK(!bus_write(&b, "pluton", width, MT3620_FLASH, 0));
        CHECK(bus_read(&b, "pluton", width, MT3620_FLASH + 4 - width, &value)); /* any width reads */
    }
    CHECK(bus_refused(&b, "a7n", MT3620_FLASH)); /* nothing granted */
    CHECK(bus_refused(&b, "io0", MT3620_FLASH)); /* no such window */
    CHECK_INT(word("a7s", 0), 0xFFFFFFFF);
}

static void program_and_erase(void)
{
    for (unsigned i = 0; i < 64; i++) {
        set(FLASH_BUFFER + 4 * i, 0x01010101 * i);
    }
    CHECK_INT(reg(FLASH_BUFFER + 4 * 63), 0x3F3F3F3F);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x2100, 256), 0);
    CHECK_INT(word("a7s", 0x2100 + 4 * 5), 0x05050505);
    CHECK_INT(word("a7s", 0x20FC), 0xFFFFFFFF);
    CHECK_INT(word("a7s", 0x2200), 0xFFFFFFFF);
    CHECK_INT(reg(FLASH_OPERATIONS), 1);

    /* a program only clears bits */
    set(FLASH_BUFFER, 0xF0F0F0F0);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x2104, 4), 0);
    CHECK_INT(word("a7s", 0x2104), 0x00000000); /* 0x01.. & 0xF0.. */

    /* length is in bytes */
    set(FLASH_BUFFER, 0);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x2FFF, 1), 0);
    CHECK_INT(word("a7s", 0x2FFC), 0x00FFFFFF);

    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x2000, 0), 0);
    CHECK_INT(word("a7s", 0x2104), 0xFFFFFFFF);
    CHECK_INT(word("a7s", 0x2FFC), 0xFFFFFFFF);
    CHECK_INT(reg(FLASH_OPERATIONS), 4);
}

static void bad_commands(void)
{
    static const struct {
        uint32_t command, address, length;
    } bad[] = {
        { 0, 0, 4 }, { 3, 0, 4 }, { 0xFFFFFFFF, 0, 4 },
        { FLASH_COMMAND_PROGRAM, 0, 0 }, { FLASH_COMMAND_PROGRAM, 0, 257 },
        { FLASH_COMMAND_PROGRAM, 0xFF, 2 }, /* over a page border */
        { FLASH_COMMAND_PROGRAM, 1, 256 },
        { FLASH_COMMAND_PROGRAM, MT3620_FLASH_BYTES, 1 },
        { FLASH_COMMAND_PROGRAM, 0xFFFFFFFF, 1 },
        { FLASH_COMMAND_PROGRAM, 0, 0xFFFFFFFF },
        { FLASH_COMMAND_ERASE, 1, 0 }, { FLASH_COMMAND_ERASE, 0x800, 0 },
        { FLASH_COMMAND_ERASE, MT3620_FLASH_BYTES, 0 },
        { FLASH_COMMAND_ERASE, 0xFFFFF000, 0 },
    };
    uint32_t operations = reg(FLASH_OPERATIONS);

    set(FLASH_BUFFER, 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(run(bad[i].command, bad[i].address, bad[i].length), FLASH_STATUS_FAILED);
        CHECK_INT(reg(FLASH_OPERATIONS), operations);
        CHECK_INT(word("a7s", 0), 0xFFFFFFFF);
    }
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0, 0), 0); /* the next good one clears the bit */
}

static void protect(void)
{
    set(FLASH_PROTECT, 0x801); /* not a multiple of the sector */
    CHECK_INT(reg(FLASH_PROTECT), 0);
    set(FLASH_PROTECT, MT3620_FLASH_BYTES + 0x1000);
    CHECK_INT(reg(FLASH_PROTECT), 0);
    set(FLASH_PROTECT, 0x4000);
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x3000, 0), 0); /* not locked yet */
    set(FLASH_LOCK, FLASH_LOCK_PROTECT);
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x3000, 0), FLASH_STATUS_FAILED);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x3FFF, 1), FLASH_STATUS_FAILED);
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x4000, 0), 0);
    set(FLASH_PROTECT, 0);
    CHECK_INT(reg(FLASH_PROTECT), 0x4000);
    set(FLASH_LOCK, 0);
    CHECK_INT(reg(FLASH_LOCK), FLASH_LOCK_PROTECT); /* bits are only set */
    set(FLASH_LOCK, 0xFFFFFFFC);
    CHECK_INT(reg(FLASH_LOCK), FLASH_LOCK_PROTECT); /* and there are but two */
}

static void remap(void)
{
    static const uint32_t region = MT3620_FIREWALL + FIREWALL_FLASH;

    /* all of it to the normal world */
    bus_set(&b, "a7s", region + FIREWALL_BASE, 0);
    bus_set(&b, "a7s", region + FIREWALL_LIMIT, MT3620_FLASH_BYTES);
    bus_set(&b, "a7s", region + FIREWALL_CONTROL, FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL);
    set(FLASH_BUFFER, 0xAAAAAAAA);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, FLASH_SYSTEM_A_AT, 4), 0);
    set(FLASH_BUFFER, 0xBBBBBBBB);
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, FLASH_SYSTEM_B_AT, 4), 0);

    CHECK_INT(word("a7n", FLASH_SYSTEM_A_AT), 0xAAAAAAAA);
    set(FLASH_REMAP_OFFSET, FLASH_SYSTEM_B_AT);
    CHECK_INT(word("a7n", FLASH_SYSTEM_A_AT), 0xBBBBBBBB);
    CHECK_INT(word("a7n", FLASH_SYSTEM_B_AT), 0xBBBBBBBB); /* other addresses as they are */
    CHECK_INT(word("a7s", FLASH_SYSTEM_A_AT), 0xAAAAAAAA); /* other initiators too */
    CHECK_INT(word("pluton", FLASH_SYSTEM_A_AT), 0xAAAAAAAA);
    CHECK_INT(word("a7n", FLASH_SYSTEM_A_AT + FLASH_SYSTEM_A_BYTES), word("a7s", FLASH_SYSTEM_B_AT));

    set(FLASH_REMAP_OFFSET, FLASH_SYSTEM_B_AT + 4);
    set(FLASH_REMAP_OFFSET, MT3620_FLASH_BYTES - FLASH_SECTOR_BYTES); /* would reach past the end */
    set(FLASH_REMAP_OFFSET, 0xFFFFF000);
    CHECK_INT(reg(FLASH_REMAP_OFFSET), FLASH_SYSTEM_B_AT);
    set(FLASH_LOCK, FLASH_LOCK_REMAP);
    set(FLASH_REMAP_OFFSET, FLASH_SYSTEM_A_AT);
    CHECK_INT(reg(FLASH_REMAP_OFFSET), FLASH_SYSTEM_B_AT);
    CHECK_INT(word("a7n", FLASH_SYSTEM_A_AT), 0xBBBBBBBB);
}

/* A chip reset keeps the array and the count, nothing else. */
static void after_reset(void)
{
    uint32_t operations = reg(FLASH_OPERATIONS);

    set(FLASH_BUFFER, 0x12345678);
    bus_reset(&b);
    CHECK_INT(reg(FLASH_OPERATIONS), operations);
    CHECK_INT(reg(FLASH_REMAP_OFFSET), FLASH_SYSTEM_A_AT);
    CHECK_INT(reg(FLASH_LOCK), 0);
    CHECK_INT(reg(FLASH_PROTECT), 0);
    CHECK_INT(reg(FLASH_BUFFER), 0);
    CHECK_INT(word("a7s", FLASH_SYSTEM_B_AT), 0xBBBBBBBB);
    CHECK(bus_refused(&b, "a7n", MT3620_FLASH)); /* the grant is gone */
}

/* ---- with a host file ---- */

static char path[64];

static void file_make(void)
{
    static uint8_t page[65536];
    int fd;

    strcpy(path, "/tmp/peri-flash.XXXXXX");
    fd = mkstemp(path);
    REQUIRE(fd >= 0);
    memset(page, 0xFF, sizeof(page));
    for (unsigned i = 0; i < MT3620_FLASH_BYTES / sizeof(page); i++) {
        REQUIRE(write(fd, page, sizeof(page)) == (ssize_t)sizeof(page));
    }
    close(fd);
}

static void file_bytes(uint32_t at, void *to, size_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    REQUIRE(fd >= 0 && pread(fd, to, bytes, at) == (ssize_t)bytes);
    close(fd);
}

static void start(const char *more)
{
    char options[160];

    snprintf(options, sizeof(options), ",flash=%s%s", path, more);
    bus_start(&b, BUS_STEPS, options, NULL);
}

static uint8_t buffer_byte(unsigned i)
{
    return (uint8_t)(i * 7 + 1);
}

static void fill_buffer(void)
{
    for (unsigned i = 0; i < 64; i++) {
        set(FLASH_BUFFER + 4 * i, (uint32_t)buffer_byte(4 * i) | (uint32_t)buffer_byte(4 * i + 1) << 8 |
                                      (uint32_t)buffer_byte(4 * i + 2) << 16 |
                                      (uint32_t)buffer_byte(4 * i + 3) << 24);
    }
}

/* What is done is in the file when the command returns, without any end in order. */
static void durable(void)
{
    uint8_t bytes[256];

    start("");
    fill_buffer();
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x5000, 256), 0);
    file_bytes(0x5000, bytes, 256);
    CHECK_INT(bytes[0], buffer_byte(0));
    CHECK_INT(bytes[255], buffer_byte(255));
    kill(b.pid, SIGKILL);
    CHECK_INT(bus_end(&b), 128 + SIGKILL);
    start("");
    CHECK_INT(word("a7s", 0x5000) & 0xFF, buffer_byte(0));
    bus_stop(&b);
}

/* Power lost at command n: 0..n-1 are there, n is not, or by half; nothing comes after. */
static void lost_power(bool torn, uint32_t command)
{
    uint8_t bytes[4096];
    unsigned half = command == FLASH_COMMAND_ERASE ? 2048 : 128;

    start("");
    fill_buffer();
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x8000, 0), 0);
    CHECK_INT(run(FLASH_COMMAND_ERASE, 0x9000, 0), 0);
    if (command == FLASH_COMMAND_ERASE) { /* something to lose */
        for (uint32_t at = 0x9000; at < 0xA000; at += 256) {
            CHECK_INT(run(FLASH_COMMAND_PROGRAM, at, 256), 0);
        }
    }
    bus_stop(&b);

    start(torn ? ",fault-flash=1:torn" : ",fault-flash=1");
    fill_buffer();
    CHECK_INT(run(FLASH_COMMAND_PROGRAM, 0x8000, 256), 0);
    set(FLASH_ADDRESS, 0x9000);
    set(FLASH_LENGTH, 256);
    set(FLASH_COMMAND, command);
    CHECK_INT(bus_end(&b), MT3620_END_POWER_LOST);

    file_bytes(0x8000, bytes, 4096);
    CHECK_INT(bytes[0], buffer_byte(0));
    CHECK_INT(bytes[255], buffer_byte(255));
    file_bytes(0x9000, bytes, 4096);
    if (command == FLASH_COMMAND_PROGRAM) {
        CHECK_INT(bytes[0], torn ? buffer_byte(0) : 0xFF);
        CHECK_INT(bytes[half - 1], torn ? buffer_byte(half - 1) : 0xFF);
        CHECK_INT(bytes[half], 0xFF);
    } else {
        CHECK_INT(bytes[0], torn ? 0xFF : buffer_byte(0));
        CHECK_INT(bytes[half - 1], torn ? 0xFF : buffer_byte(255));
        CHECK_INT(bytes[half], buffer_byte(0));
    }
}

/* A flipped bit is in the chip, not in the file. */
static void flipped(void)
{
    uint8_t before[4], after[4];

    file_bytes(0xB000, before, 4);
    start(",fault-flip=flash:0xB001:3");
    CHECK_INT(word("a7s", 0xB000), 0xFFFFF7FF);
    bus_stop(&b);
    file_bytes(0xB000, after, 4);
    CHECK_MEM(after, before, 4);
    start(",fault-flip=ram:0x100:0");
    CHECK_INT(bus_get(&b, "a7s", MT3620_RAM + 0x100), 1);
    bus_stop(&b);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    widths();
    initiators();
    program_and_erase();
    bad_commands();
    protect();
    remap();
    after_reset();
    bus_stop(&b);

    file_make();
    durable();
    lost_power(false, FLASH_COMMAND_PROGRAM);
    lost_power(true, FLASH_COMMAND_PROGRAM);
    lost_power(false, FLASH_COMMAND_ERASE);
    lost_power(true, FLASH_COMMAND_ERASE);
    flipped();
    unlink(path);
    return check_done();
}
