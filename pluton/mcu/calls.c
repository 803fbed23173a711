/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/calls.h"

#include "lib/ct.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/reg.h"

enum { DIGEST_PART_BYTES = 8, DIGEST_PARTS_MAX = 8 };

static bool within(uint32_t at, uint32_t len, uint32_t base, uint32_t bytes)
{
    return at >= base && at - base <= bytes && len <= bytes - (at - base);
}

static int cmd_DIGEST(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct span part[DIGEST_PARTS_MAX];
    uint8_t digest[SHA256_BYTES];
    size_t count = 0;
    (void)p;
    if (in->left % DIGEST_PART_BYTES != 0)
        return E_LENGTH;
    while (in->left > 0 && count < DIGEST_PARTS_MAX) {
        const uint32_t at = cursor_u32le(in), len = cursor_u32le(in);
        if (!within(at, len, MT3620_RAM, MT3620_RAM_BYTES) &&
            !within(at, len, MT3620_FLASH, MT3620_FLASH_BYTES))
            return E_RANGE;
        part[count++] = span_of(reg_memory(at), len);
    }
    const int err = crypto_sha256(part, count, digest);
    writer_bytes(reply, digest, sizeof digest);
    return err;
}

static int cmd_VERIFY(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t key[P256_PUBLIC_BYTES], digest[SHA256_BYTES], signature[P256_SIGNATURE_BYTES];
    (void)p;
    (void)reply;
    cursor_copy(in, key, sizeof key);
    cursor_copy(in, digest, sizeof digest);
    cursor_copy(in, signature, sizeof signature);
    const int err = crypto_p256_verify(key, digest, signature);
    return err == E_MALFORMED ? E_SIGNATURE : err; /* no point of the curve has signed anything */
}

/* The label is the call itself: what differs in a byte is another key.  Once a debug
 * capability was enabled, other code than the signed may be asking: it gets other keys,
 * until the chip starts anew. */
static int cmd_DERIVE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    static const char purpose[12] = "storage key", debugged[12] = "storage dbg";
    uint8_t label[32], key[32];
    struct writer w = writer_of(label, sizeof label);
    writer_bytes(&w, p->debug_seen ? debugged : purpose, sizeof purpose);
    const struct span asked = cursor_bytes(in, 20);
    writer_bytes(&w, asked.at, asked.len);
    const uint32_t status = hsp_derive(label, key);
    writer_bytes(reply, key, sizeof key);
    ct_wipe(key, sizeof key);
    return status == HSP_OK ? 0 : E_CRYPTO;
}

struct boot_failed mcu_boot_failed;

static int cmd_BOOT_FAILED(struct pluton *p, struct cursor *in, struct writer *reply)
{
    const uint32_t stage = cursor_u32le(in), reason = cursor_u32le(in);
    (void)reply;
    if (p->measurements_closed)
        return E_STATE; /* the normal world may be running: too late to stop the boot */
    if (reason == 0 || reason > INT16_MAX)
        return E_RANGE;
    mcu_boot_failed = (struct boot_failed){true, stage, -(int)reason};
    return 0;
}

const struct call_row mcu_calls[MCU_CALLS] = {
#define CALL_ROW(name, number, rights, states, min, max) \
    {number, min, max, rights, states, cmd_##name},
    PLUTON_MCU_CALL_TABLE(CALL_ROW)
#undef CALL_ROW
};
