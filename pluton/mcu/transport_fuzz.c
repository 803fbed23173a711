/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox of the normal world in the hands of a hostile kernel: words that
 * name blocks anywhere, blocks of any content, memory that changes under the
 * reader, answers that nobody fetches; and now and then the secure world's own.
 *
 * An input is a list of steps, one byte what, then its arguments:
 *   poke   u32le address, u8 n, n bytes into RAM
 *   push   u32le block, u32le sequence into the normal world's FIFO
 *   block  u16le command, u16le payload bytes (or more is claimed), u8 fill: a block well made, and pushed
 *   turn   the loop turns once
 *   race   u32le address, u32le value: written when the reader has read once
 *   secure as block, by the secure world
 *
 * After each turn: RAM that the normal world may not use is as it was; fuses and
 * life-cycle did not fall; calls that only the secure world has did nothing.
 *
 *   pluton_transport_fuzz -runs=... (fuzz preset); see docs/spec/pluton.md
 */
#include <stdlib.h>
#include <string.h>

#include "abi/mcu_boot.h"
#include "abi/mt3620_mailbox.h"
#include "pluton/mcu/calls.h"
#include "pluton/mcu/transport.h"
#include "pluton/testing/chip.h"
#include "pluton/testing/mcu_flash.h"
#include "pluton/testing/stages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, SECURE_BYTES = MT3620_RAM_BYTES - (MT3620_SECURE_RAM - MT3620_RAM) };

static uint8_t *secure, *secure_before;
static uint32_t fuse_start[FUSE_WORDS];
static uint8_t image[MCU_IMAGE_MAX];

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void power_on(void)
{
    mcu_boot_failed = (struct boot_failed){0};
    must(chip_boot(0) == CHIP_RUNNING);
    memcpy(fuse_start, chip.fuse, sizeof fuse_start);
    secure = chip.ram + (MT3620_SECURE_RAM - MT3620_RAM);
    memcpy(secure_before, secure, SECURE_BYTES);
    pluton_runtime_serve_start();
}

static void start(void)
{
    static struct fixture f;
    struct writer w;
    fixture_init(&f);
    chip_new();
    const struct span none = {NULL, 0};
    w = writer_of(image, sizeof image);
    mcu_loader(&f, FIXTURE_ROOT, FIXTURE_ROOT, 1, none, 0, &w);
    mcu_slot_put(chip.flash, FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES, writer_view(&w));
    w = writer_of(image, sizeof image);
    fixture_keystore(&f, FIXTURE_ROOT, 1, &w);
    mcu_slot_put(chip.flash, FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, writer_view(&w));
    w = writer_of(image, sizeof image);
    mcu_runtime(&f, FIXTURE_OS, FIXTURE_OS, 1, none, 0, &w);
    mcu_slot_put(chip.flash, FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES, writer_view(&w));
    w = writer_of(image, sizeof image);
    mcu_monitor(&f, FIXTURE_OS, FIXTURE_OS, 1, none, 0, &w);
    mcu_slot_put(chip.flash, FLASH_MONITOR_AT, FLASH_MONITOR_BYTES, writer_view(&w));
    secure_before = malloc(SECURE_BYTES);
    must(secure_before != NULL);
    power_on();
}

/* Only the secure world may stop the chip, by saying that it cannot go on. */
static void turn(void)
{
    if (!chip_serve()) {
        must(mcu_boot_failed.said);
        power_on();
        return;
    }
    must(!chip.chip_reset && !mcu_boot_failed.said);
    for (unsigned i = 0; i < FUSE_WORDS; i++)
        must((fuse_start[i] & ~chip.fuse[i]) == 0);
    /* nobody there asked for anything: not a byte of it is written */
    must(memcmp(secure, secure_before, SECURE_BYTES) == 0);
}

static void push(unsigned port, uint32_t block, uint32_t sequence)
{
    struct chip_port *p = &chip.port[port];
    if (p->in_count == MAILBOX_DEPTH)
        return;
    p->in[p->in_count][0] = block;
    p->in[p->in_count++][1] = sequence;
}

/* Where the input may write: the normal world's RAM. */
static void poke(uint32_t address, struct span bytes)
{
    if (address < MT3620_RAM || address > MT3620_SECURE_RAM ||
        bytes.len > MT3620_SECURE_RAM - address || bytes.len == 0)
        return;
    memcpy(chip.ram + (address - MT3620_RAM), bytes.at, bytes.len);
}

static void block_make(struct cursor *c, unsigned port)
{
    static uint8_t payload[PLUTON_PAYLOAD_MAX + 16];
    const uint16_t command = cursor_u16le(c), length = cursor_u16le(c);
    const uint8_t fill = cursor_u8(c);
    const uint32_t at = MT3620_RAM + 0x1000u * (1 + fill % 8);
    const size_t stored = length < sizeof payload ? length : sizeof payload;
    const size_t taken = stored < c->left ? stored : c->left;
    struct writer w = writer_of(chip.ram + (at - MT3620_RAM), 0x2000);
    memset(payload, fill, sizeof payload);
    cursor_copy(c, payload, taken);
    writer_u32le(&w, 0);
    writer_u32le(&w, PLUTON_HEADER_BYTES + (fill & 0x40 ? (uint32_t)stored : 4096u));
    writer_u16le(&w, command);
    writer_u16le(&w, fill & 0x80 ? fill : 0);
    writer_u32le(&w, length);
    writer_bytes(&w, payload, stored);
    push(port, at, fill | 1u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!chip.ram)
        start();
    chip.race.armed = false;
    memset(chip.port, 0, sizeof chip.port);
    memcpy(chip.fuse, fuse_start, sizeof chip.fuse);
    struct cursor c = cursor_of(span_of(data, size));
    for (unsigned i = 0; i < STEPS_MAX && c.left > 0; i++) {
        uint32_t address;
        switch (cursor_u8(&c) % 8) {
        case 0:
            address = cursor_u32le(&c);
            poke(address, cursor_bytes(&c, cursor_u8(&c)));
            break;
        case 1:
            address = cursor_u32le(&c);
            push(0, address, cursor_u32le(&c));
            break;
        case 2: block_make(&c, 0); break;
        case 3:
            chip.race.at = cursor_u32le(&c);
            chip.race.value = cursor_u32le(&c);
            chip.race.armed = chip.race.at >= MT3620_RAM && chip.race.at <= MT3620_SECURE_RAM - 4;
            break;
        case 4: block_make(&c, 1); break;
        case 5: chip.port[0].out_count = chip.port[1].out_count = 0; break;
        default: turn(); break;
        }
    }
    turn();
    return 0;
}
