/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/hostile/io_rows.h"

#include <stddef.h>

enum { N = HOSTILE_REFUSED, Y = HOSTILE_ALLOWED, _ = HOSTILE_WRONG };

static const struct place {
    const char *name;
    uint32_t address, value;
    uint8_t want[3];
} places[] = {
#define X(name, address, value, r, w, x) {#name, address, value, {r, w, x}},
    HOSTILE_IO_PLACES(X)
#undef X
};

static const struct buffer {
    const char *name;
    uint8_t direction;
    int16_t offset;
    uint8_t want[2];
} buffers[] = {
#define X(name, direction, offset, r, w) {#name, direction, offset, {r, w}},
    HOSTILE_IO_BUFFERS(X)
#undef X
};

static const struct {
    const char *name;
    uint32_t base;
} peripherals[] = {
#define X(number, name, base, bytes, shared) [number] = {#name, base},
    FIREWALL_PERIPHERAL_TABLE(X)
#undef X
};

static const char *const owns[HOSTILE_IO_OWNS] = {"tcm_unshared", "sysram_unshared",
                                                  "others_pages"};
static const uint8_t deeds[3] = {HOSTILE_READ, HOSTILE_WRITE, HOSTILE_EXECUTE};

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))
enum {
    SECURE_PAGES = MT3620_RAM_BYTES / 4096 - (MT3620_SECURE_RAM - MT3620_RAM) / 4096,
    PLACE_ROWS = SIZE(places) * 3,
    SECURE_ROWS = SECURE_PAGES * 3 * 2,
    BUFFER_ROWS = SIZE(buffers) * 2,
    PERIPHERAL_ROWS = SIZE(peripherals) * 2,
};

unsigned hostile_io_rows(void)
{
    return PLACE_ROWS + SECURE_ROWS + BUFFER_ROWS + PERIPHERAL_ROWS + HOSTILE_IO_OWNS;
}

static struct hostile_row access_row(const char *set, const char *item, unsigned verb, uint8_t want,
                                     uint32_t address, uint32_t value)
{
    return (struct hostile_row){.deed = deeds[verb], .want = want, .counted = 1, .set = set,
                                .item = item, .a = address, .b = value};
}

struct hostile_row hostile_io_row(unsigned n, unsigned core)
{
    if (n < PLACE_ROWS) {
        const struct place *place = &places[n / 3];
        return access_row("place", place->name, n % 3, place->want[n % 3], place->address,
                          place->value);
    }
    n -= PLACE_ROWS;
    if (n < SECURE_ROWS) {
        static const uint16_t where[3] = {0, 0x800, 0xFFC};
        static const char *const names[3] = {"first", "middle", "last"};
        return access_row("secure_ram", names[n / 2 % 3], n % 2, N,
                          MT3620_SECURE_RAM + n / 6 * 4096 + where[n / 2 % 3], 0);
    }
    n -= SECURE_ROWS;
    if (n < BUFFER_ROWS) {
        const struct buffer *buffer = &buffers[n / 2];
        return access_row("buffer", buffer->name, n % 2, buffer->want[n % 2],
                          IO_BUFFER(core, buffer->direction) + (uint32_t)buffer->offset, 0);
    }
    n -= BUFFER_ROWS;
    if (n < PERIPHERAL_ROWS)
        return access_row("peripheral", peripherals[n / 2].name, n % 2, N, peripherals[n / 2].base,
                          0xFFFFFFFF);
    n -= PERIPHERAL_ROWS;
    return (struct hostile_row){.deed = HOSTILE_CPU, .want = N, .set = "own",
                                .item = n < HOSTILE_IO_OWNS ? owns[n] : "", .a = n};
}

static const char *const races[] = {
#define X(name) #name,
    HOSTILE_RACES(X)
#undef X
};

unsigned hostile_race_rows(void)
{
    return SIZE(races);
}

struct hostile_row hostile_race_row(unsigned n, unsigned core)
{
    (void)core;
    return (struct hostile_row){.deed = HOSTILE_SMC_TRICK, .want = N, .set = "race",
                                .item = n < SIZE(races) ? races[n] : "", .a = n};
}
