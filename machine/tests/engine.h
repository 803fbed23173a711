/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of Pluton's engines do alike: byte strings in registers, commands,
 * and who must not get there.
 * Source: abi/mt3620_hsp.h.
 */
#ifndef PERI_MACHINE_TESTS_ENGINE_H
#define PERI_MACHINE_TESTS_ENGINE_H

#include "abi/mt3620_hsp.h"
#include "machine/tests/bus.h"
#include "machine/tests/bytes.h"

enum { ENGINE_STRING_MAX = 256 };

/* Bytes that a text stands for; a test with a longer one ends here. */
static inline unsigned engine_text(const char *text, uint8_t bytes[ENGINE_STRING_MAX])
{
    size_t count = strlen(text) / 2;

    if (count > ENGINE_STRING_MAX) {
        abort();
    }
    bytes_from(text, bytes, count);
    return (unsigned)count;
}

static inline void engine_put(struct bus *b, uint32_t at, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i += 4) {
        bus_set(b, "pluton", at + i, (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
                                         (uint32_t)bytes[i + 2] << 16 |
                                         (uint32_t)bytes[i + 3] << 24);
    }
}

static inline void engine_put_text(struct bus *b, uint32_t at, const char *text)
{
    uint8_t bytes[ENGINE_STRING_MAX];
    unsigned count = engine_text(text, bytes);

    engine_put(b, at, bytes, count);
}

static inline void engine_get(struct bus *b, uint32_t at, uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(bus_get(b, "pluton", at + (i & ~3u)) >> (8 * (i % 4)));
    }
}

static inline bool engine_holds(struct bus *b, uint32_t at, const char *text)
{
    uint8_t want[ENGINE_STRING_MAX], got[ENGINE_STRING_MAX];
    unsigned count = engine_text(text, want);

    engine_get(b, at, got, count);
    return memcmp(got, want, count) == 0;
}

static inline bool engine_all_zero(struct bus *b, uint32_t at, unsigned count)
{
    for (unsigned i = 0; i < count; i += 4) {
        if (bus_get(b, "pluton", at + i) != 0) {
            return false;
        }
    }
    return true;
}

/* Runs a command: enum hsp_status. */
static inline uint32_t engine_run(struct bus *b, uint32_t engine, uint32_t command)
{
    bus_set(b, "pluton", engine + HSP_COMMAND, command);
    return bus_get(b, "pluton", engine + HSP_STATUS);
}

/* No register of the engine is there for another core or world. */
static inline bool engine_hidden(struct bus *b, uint32_t engine)
{
    static const char *const others[] = { "a7s", "a7n", "io0", "io1" };

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        for (uint32_t offset = 0; offset < 0x40; offset += 4) {
            if (!bus_refused(b, others[i], engine + offset)) {
                return false;
            }
        }
    }
    return true;
}

/* Is an input line of an M4's NVIC up now?  (Forgets that it was up before.) */
static inline bool m4_line_up(struct bus *b, const char *who, unsigned line)
{
    bus_set(b, who, 0xE000E280 + 4 * (line / 32), 1u << line % 32);
    return bus_get(b, who, 0xE000E200 + 4 * (line / 32)) >> (line % 32) & 1;
}

#endif
