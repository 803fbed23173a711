/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network device as an accomplice of the normal world: nothing of the secure
 * world, of Pluton or of closed flash leaves by a frame, and no frame lands there.
 */
#include "tests/check.h"
#include "tests/hostile/chip.h"
#include "tests/hostile/dma_rows.h"

enum { WORDS = DMA_BYTES / 4, PCAP_HEADER = 24, PACKET_HEADER = 16 };

static void memory_read(struct chip *chip, uint32_t address, uint32_t words[WORDS])
{
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = chip_peek(chip, address + 4 * i);
}

/* What the wire saw of a row; false when no frame of it left. */
static bool frame_of(const uint8_t *wire, size_t len, unsigned row, uint8_t payload[DMA_BYTES])
{
    uint32_t bytes;
    for (size_t at = PCAP_HEADER; at + PACKET_HEADER <= len; at += PACKET_HEADER + bytes) {
        const uint8_t *frame = wire + at + PACKET_HEADER;
        memcpy(&bytes, wire + at + 8, sizeof bytes);
        REQUIRE(bytes <= len - at - PACKET_HEADER);
        if (bytes < DMA_HEADER_BYTES + DMA_BYTES || (frame[12] << 8 | frame[13]) != DMA_FRAME_TYPE ||
            frame[DMA_ROW_AT] != row)
            continue;
        memcpy(payload, frame + DMA_HEADER_BYTES, DMA_BYTES);
        return true;
    }
    return false;
}

/* Any 16 bytes in a row of the memory that are not all the same, at their place. */
static bool shows(const uint8_t payload[DMA_BYTES], const uint32_t memory[WORDS], size_t first)
{
    const uint8_t *bytes = (const uint8_t *)memory;
    for (size_t at = first; at + 16 <= DMA_BYTES; at += 16) {
        bool same = true;
        for (size_t i = 1; i < 16; i++)
            same = same && bytes[at + i] == bytes[at];
        if (!same && memcmp(payload + at, bytes + at, 16) == 0)
            return true;
    }
    return false;
}

int main(void)
{
    static struct chip chip;
    static uint32_t reads[DMA_READS][WORDS], writes[DMA_WRITES][WORDS];
    char line[512] = "", wire_path[128], *const file = wire_path;
    uint8_t payload[DMA_BYTES];
    size_t len;
    chip_create(&chip, "hostile_dma");
    snprintf(file, sizeof wire_path, "%s/wire", chip.folder);
    chip_network(&chip, wire_path);
    chip_start(&chip, "");
    while (strncmp(line, "dma ", 4) != 0)
        REQUIRE(chip_line(&chip, CHIP_A7, line, sizeof line, 120));
    CHECK_STR(line, "dma ready");
    for (unsigned n = 0; n < DMA_READS; n++)
        memory_read(&chip, dma_reads[n].address, reads[n]);
    for (unsigned n = 0; n < DMA_WRITES; n++)
        memory_read(&chip, dma_writes[n].address, writes[n]);
    chip_send(&chip, CHIP_A7, "\n");
    unsigned rows = 0;
    while (chip_line(&chip, CHIP_A7, line, sizeof line, 60) && strcmp(line, "dma done") != 0)
        rows++;
    CHECK_INT(rows, DMA_READS + DMA_WRITES);

    for (unsigned n = 0; n < DMA_WRITES; n++) {
        uint32_t after[WORDS];
        memory_read(&chip, dma_writes[n].address, after);
        const bool changed = memcmp(after, writes[n], sizeof after) != 0;
        if (changed != dma_writes[n].allowed)
            fprintf(stderr, "write %s: memory %s\n", dma_writes[n].name,
                    changed ? "changed" : "did not change");
        CHECK_INT(changed, dma_writes[n].allowed);
    }
    chip_send(&chip, CHIP_A7, "\n");
    CHECK_INT(chip_end(&chip, 60), MT3620_END_POWER_OFF);

    uint8_t *wire = check_read_file(wire_path, &len);
    for (unsigned n = 0; n < DMA_READS; n++) {
        /* Of what lies across the border, the second half is secret. */
        const bool across = dma_reads[n].address < MT3620_SECURE_RAM &&
                            dma_reads[n].address + DMA_BYTES > MT3620_SECURE_RAM;
        const bool seen = frame_of(wire, len, n, payload) &&
                          shows(payload, reads[n], across ? DMA_BYTES / 2 : 0);
        if (seen != dma_reads[n].allowed)
            fprintf(stderr, "read %s: %s\n", dma_reads[n].name, seen ? "it left" : "it did not leave");
        CHECK_INT(seen, dma_reads[n].allowed);
    }
    free(wire);
    printf("%u rows\n", rows);
    chip_release(&chip);
    return check_done();
}
