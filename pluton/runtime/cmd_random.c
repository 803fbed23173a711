/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers: raw noise through the health tests, then SHA-256 as the
 * conditioner (SP 800-90B section 3.1.5.1.1), 64 samples for 16 bytes out.
 */
#include <string.h>

#include "lib/ct.h"
#include "pluton/runtime/cmd.h"

enum {
    SAMPLES_PER_BLOCK = 64, /* H = 2 bits a sample: 128 bits */
    BLOCK_BYTES = 16,       /* so each output bit has one bit behind it */
};

static int block_make(struct pluton *p, uint8_t digest[static SHA256_BYTES])
{
    uint8_t noise[SAMPLES_PER_BLOCK];
    int err = hal_noise(p->hal, noise, sizeof noise);
    for (unsigned i = 0; !err && i < sizeof noise; i++)
        if (!health_sample(&p->health, noise[i]))
            err = E_ENTROPY;
    const struct span part = span_of(noise, sizeof noise);
    if (!err)
        err = crypto_sha256(&part, 1, digest);
    ct_wipe(noise, sizeof noise);
    return err;
}

int pluton_random(struct pluton *p, uint8_t *at, size_t len)
{
    uint8_t digest[SHA256_BYTES];
    int err = p->hardware_failed ? E_ENTROPY : 0;
    for (size_t done = 0; !err && done < len;) {
        /* The last block gives what is left, whatever that is: "Trail of Bits
         * GetRandom" filled only multiples of 4. */
        const size_t take = len - done < BLOCK_BYTES ? len - done : BLOCK_BYTES;
        err = block_make(p, digest);
        if (!err)
            memcpy(at + done, digest, take);
        done += take;
    }
    ct_wipe(digest, sizeof digest);
    if (err) {
        ct_wipe(at, len);
        p->hardware_failed = true;
    }
    return err;
}

int cmd_READ_RNG(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t bytes[PLUTON_RANDOM_MAX];
    const uint16_t count = cursor_u16le(in);
    if (count == 0 || count > PLUTON_RANDOM_MAX)
        return E_RANGE;
    int err = pluton_random(p, bytes, count);
    if (!err)
        writer_bytes(reply, bytes, count);
    ct_wipe(bytes, sizeof bytes);
    return err;
}
