/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pluton_call() with whatever a hostile caller sends.  An input is a list of
 * {u8 rights, u16le length, datagram}; the last datagram may be cut short.
 * device_datagram() checks the rules that hold for every call.
 *
 * The words CAPFILE and KEYSTORE in a datagram stand for a signed capability
 * file and a signed keystore, which differ from run to run.
 */
#include <stdlib.h>
#include <string.h>

#include "pluton/testing/device.h"

enum { CALLS_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct device d;
static struct pluton start_state;
static uint8_t start_row[FUSE_ROW_BYTES], capability[FIXTURE_IMAGE_MAX], keystore[FIXTURE_IMAGE_MAX];
static struct span capability_file, keystore_file;

static void device_start(void)
{
    static const uint16_t list[] = {3, 11};
    device_init(&d, LIFECYCLE_BLANK);
    struct writer w = writer_of(capability, sizeof capability);
    fixture_capability(&d.fixture, FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, d.pluton.device_id, list, 2, &w);
    capability_file = writer_view(&w);
    w = writer_of(keystore, sizeof keystore);
    fixture_keystore(&d.fixture, FIXTURE_ROOT, DEVICE_VERSION, &w);
    keystore_file = writer_view(&w);
    start_state = d.pluton;
    memcpy(start_row, d.hal.row, sizeof start_row);
}

/* Back to the start without the cost of a new device.  A commit empties a slot
 * that the start refers to: it gets another key. */
static void device_restore(void)
{
    d.pluton = start_state;
    memcpy(d.hal.row, start_row, sizeof start_row);
    for (unsigned slot = HAL_SLOT_CLIENT; slot < HAL_SLOT_CLIENT + 2; slot++)
        if (!d.hal.key[slot].pair && hal_key_generate(&d.hal, slot))
            abort();
}

/* Where the input says so, the bytes that it cannot know. */
static struct span expand(struct span in, uint8_t *room, size_t cap)
{
    static const struct {
        const char *word;
        const struct span *file;
    } words[] = {{"CAPFILE", &capability_file}, {"KEYSTORE", &keystore_file}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t len = strlen(words[i].word);
        const uint8_t *at = in.len >= len ? memmem(in.at, in.len, words[i].word, len) : NULL;
        if (!at)
            continue;
        const size_t before = (size_t)(at - in.at);
        struct writer w = writer_of(room, cap);
        writer_bytes(&w, in.at, before);
        writer_bytes(&w, words[i].file->at, words[i].file->len);
        writer_bytes(&w, at + len, in.len - before - len);
        if (!w.err)
            return writer_view(&w);
    }
    return in;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[2 * PLUTON_DATAGRAM_MAX];
    if (d.hal.noise_state == 0)
        device_start();
    device_restore();
    const uint32_t before = d.pluton.fuses.lifecycle;
    struct cursor c = cursor_of(span_of(data, size));
    for (unsigned i = 0; i < CALLS_MAX && c.left > 3; i++) {
        const uint8_t rights = cursor_u8(&c);
        const uint16_t length = cursor_u16le(&c);
        const struct span request = cursor_bytes(&c, length < c.left ? length : c.left);
        (void)device_datagram(&d, rights, expand(request, room, sizeof room));
        if (d.pluton.fuses.lifecycle < before)
            abort();
    }
    return 0;
}
