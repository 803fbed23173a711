/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/mcu_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/mcu_boot.h"

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "mcu_flash: %s\n", what);
    exit(1);
}

/* A body of the caller, or fill; padded with fill to bytes (0: as it is). */
static struct span body_make(struct span body, uint8_t fill, size_t bytes, uint8_t *room)
{
    must(body.len <= MCU_IMAGE_MAX && (bytes == 0 || body.len <= bytes), "the body is too long");
    memset(room, fill, MCU_IMAGE_MAX);
    if (body.len)
        memcpy(room, body.at, body.len);
    return span_of(room, bytes ? bytes : body.len);
}

static void word_put(uint8_t *at, uint32_t value)
{
    struct writer w = writer_of(at, 4);
    writer_u32le(&w, value);
}

void mcu_loader(const struct fixture *f, enum fixture_key signer, enum fixture_key header_key,
                uint32_t version, struct span given, uint8_t fill, struct writer *w)
{
    static uint8_t room[MCU_IMAGE_MAX];
    const struct span body = body_make(given, fill, BOOT_1BL_BYTES - MCU_OVERHEAD_BYTES, room);
    if (given.len == 0) {
        word_put(room, BOOT_1BL_STACK);
        word_put(room + 4, BOOT_1BL_AT + 0x101);
        word_put(room + BOOT_1BL_HEADER_AT, BOOT_1BL_MAGIC);
        word_put(room + BOOT_1BL_HEADER_AT + 4, BOOT_1BL_VERSION);
    }
    memcpy(room + BOOT_1BL_HEADER_AT + 8, f->key[header_key].public_key, P256_PUBLIC_BYTES);
    fixture_image(f, signer, signer, IMAGE_TYPE_ONE_BL, version, body, w);
    must(w->err == 0 && w->len == BOOT_1BL_BYTES, "the loader has its exact size");
}

void mcu_runtime(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                 uint32_t version, struct span given, uint8_t fill, struct writer *w)
{
    static uint8_t room[MCU_IMAGE_MAX];
    const struct span body = body_make(given, fill, given.len ? 0 : 1024, room);
    if (given.len == 0) {
        word_put(room, BOOT_RUNTIME_STACK);
        word_put(room + 4, BOOT_RUNTIME_AT + 0x101);
    }
    fixture_image(f, signer, as, IMAGE_TYPE_PLUTON_RUNTIME, version, body, w);
    must(w->err == 0, "the runtime fits");
}

void mcu_monitor(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                 uint32_t version, struct span given, uint8_t fill, struct writer *w)
{
    static uint8_t room[MCU_IMAGE_MAX];
    const struct span body = body_make(given, fill, given.len ? 0 : 1024, room);
    if (given.len == 0) {
        word_put(room, MT3620_SECURE_RAM);
        word_put(room + 8, MT3620_SECURE_RAM + 0x11);
    }
    word_put(room + 4, (uint32_t)body.len + MCU_OVERHEAD_BYTES);
    fixture_image(f, signer, as, IMAGE_TYPE_SECURITY_MONITOR, version, body, w);
    must(w->err == 0 && w->len == body.len + MCU_OVERHEAD_BYTES, "the monitor fits");
}

void mcu_slot_put(uint8_t *flash, uint32_t at, uint32_t bytes, struct span file)
{
    memset(flash + at, 0xFF, bytes);
    if (file.len == 0)
        return;
    must(file.len <= bytes - FLASH_SLOT_TRAILER_BYTES, "the file fits the slot");
    memcpy(flash + at, file.at, file.len);
    struct writer w = writer_of(flash + at + bytes - FLASH_SLOT_TRAILER_BYTES, FLASH_SLOT_TRAILER_BYTES);
    writer_u32le(&w, FLASH_SLOT_MAGIC);
    writer_u32le(&w, (uint32_t)file.len);
    writer_u32le(&w, ~(uint32_t)file.len);
    writer_u32le(&w, 0);
}
