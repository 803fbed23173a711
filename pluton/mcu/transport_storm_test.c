/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many random calls through the target of transport_fuzz.c, without libFuzzer:
 * any compiler, any sanitizer, the same calls again from the same seed.
 *
 *   pluton_transport_storm [CALLS [SEED]]     default: 20,000, 1
 *
 * Half of the words name blocks that are well made but for a detail; the rest
 * are addresses at the edges of what there is, and memory that changes.
 */
#include "abi/pluton_call.h"
#include "pluton/testing/chip.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13; /* xorshift64 */
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

static const struct {
    uint16_t number, min, max;
} rows[] = {
#define STORM_ROW(name, number, rights, states, min, max) {number, min, max},
    PLUTON_CALL_TABLE(STORM_ROW) PLUTON_MCU_CALL_TABLE(STORM_ROW)
#undef STORM_ROW
};

static uint32_t edge(void)
{
    static const uint32_t edges[] = {
        0, MT3620_TCM, MT3620_TCM + MT3620_PLUTON_TCM_BYTES, MT3620_HSP_FUSE, MT3620_RAM,
        MT3620_RAM + 0x2000, MT3620_RAM + 0x3000, MT3620_SECURE_RAM, MT3620_RAM + MT3620_RAM_BYTES,
        MT3620_FLASH, MT3620_FLASH + MT3620_FLASH_BYTES, 0xFFFFFFFF, 8, PLUTON_PAYLOAD_MAX,
    };
    return edges[draw(sizeof edges / sizeof edges[0])] + draw(65) - 32;
}

static void block(struct writer *w, uint8_t step)
{
    const unsigned row = draw(sizeof rows / sizeof rows[0]);
    uint32_t length = rows[row].min + draw((uint32_t)(rows[row].max - rows[row].min) + 1);
    if (draw(8) == 0)
        length = edge();
    writer_u8(w, step);
    writer_u16le(w, draw(16) ? rows[row].number : (uint16_t)draw(256));
    writer_u16le(w, (uint16_t)length);
    writer_u8(w, (uint8_t)draw(draw(4) ? 64 : 256));
    const uint32_t given = length < 64 ? length : 64;
    for (uint32_t i = 0; i < given; i++)
        writer_u8(w, (uint8_t)draw(draw(2) ? 4 : 256));
}

static void input(struct writer *w)
{
    while (w->len < 1024 - 128) {
        switch (draw(8)) {
        case 0: /* push */
            writer_u8(w, 1);
            writer_u32le(w, edge());
            writer_u32le(w, draw(4));
            break;
        case 1: /* poke, then race */
            writer_u8(w, 0);
            writer_u32le(w, edge());
            writer_u8(w, 4);
            writer_u32le(w, edge());
            writer_u8(w, 3);
            writer_u32le(w, MT3620_RAM + 0x1000u * (1 + draw(8)) + 4 * draw(5));
            writer_u32le(w, edge());
            break;
        case 2: block(w, 4); break;
        case 3:
            if (draw(3) == 0)
                writer_u8(w, 5 + (uint8_t)draw(2));
            break;
        default: block(w, 2); break;
        }
    }
}

int main(int argc, char **argv)
{
    const unsigned long calls = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
    uint8_t room[1024];
    unsigned long inputs = 0;
    state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    REQUIRE(state != 0);
    for (; chip.served < calls; inputs++) {
        struct writer w = writer_of(room, sizeof room);
        input(&w);
        REQUIRE(w.err == 0);
        (void)LLVMFuzzerTestOneInput(room, w.len);
    }
    printf("%lu calls in %lu inputs, %lu of them answered in a block\n", chip.served, inputs, chip.answered);
    CHECK(chip.answered > calls / 2);
    return check_done();
}
