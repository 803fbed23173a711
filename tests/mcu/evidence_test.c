/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence from end to end: a process of the normal world asks Pluton through the
 * kernel (kernel/testing/evidence_checks.c), and what comes out is appraised here as a
 * verifier would: signature by the device ID, nonce, the new key, and measurements
 * equal to those computed from the images alone.
 * Clauses: docs/spec/evidence.md; docs/spec/pluton.md, "Boot of the MCU".
 */
#include "cli/mcu/verify.h"
#include "lib/cose.h"
#include "lib/evidence.h"
#include "lib/hex.h"
#include "tests/mcu/chip.h"

enum { NONCE_BYTES = 32, COSE_MAX = 4096 };

/* The bytes behind a word at the start of a line; waits for the line's end. */
static size_t line_bytes(struct chip_run *run, const char *word, uint8_t *to, size_t cap)
{
    REQUIRE(chip_line(run, word) >= 0);
    while (!strchr(run->log + run->seen, '\n') && chip_read(run))
        ;
    const char *text = run->log + run->seen;
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    REQUIRE(digits % 2 == 0 && digits / 2 <= cap);
    REQUIRE(hex_decode((struct span){(const uint8_t *)text, digits}, to, digits / 2) == 0);
    return digits / 2;
}

int main(void)
{
    static struct chip_run run;
    static struct evidence evidence;
    uint8_t id[P256_PUBLIC_BYTES], cose_bytes[COSE_MAX], signature[P256_SIGNATURE_BYTES];
    uint8_t digest[SHA256_BYTES], other[P256_PUBLIC_BYTES] = {0};
    struct mcu_measurement computed[MCU_MEASUREMENTS_MAX];
    struct cose_sign1 cose;
    struct mcu_fuses fuses;
    struct mcu_trust trust;
    enum mcu_slot missing;
    size_t count;

    chip_begin();
    struct mcu_flash flash = chip_flash_read();
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &fuses) == 0);
    mcu_trust_init(&trust, &flash, &fuses);
    REQUIRE(mcu_measure_boot(&trust, &flash, computed, &count, &missing) == 0);

    chip_start(&run, "--end-at-reset");
    REQUIRE(line_bytes(&run, "D=", id, sizeof id) == sizeof id);
    size_t len = line_bytes(&run, "\nevidence ", cose_bytes, sizeof cose_bytes);
    REQUIRE(line_bytes(&run, "\nsignature ", signature, sizeof signature) == sizeof signature);
    CHECK_INT(chip_end(&run, false), MT3620_END_POWER_OFF);

    /* signed by the key that is the device ID, and by no other */
    REQUIRE(cose_sign1_parse(span_of(cose_bytes, len), &cose) == 0);
    CHECK_INT(cose_sign1_verify(&cose, id), 0);
    memcpy(other, computed[0].digest, SHA256_BYTES);
    CHECK(cose_sign1_verify(&cose, other) != 0);

    REQUIRE(evidence_parse(cose.payload, &evidence) == 0);
    CHECK_INT(evidence.nonce_bytes, NONCE_BYTES);
    for (unsigned i = 0; i < NONCE_BYTES; i++)
        CHECK_INT(evidence.nonce[i], i);
    CHECK_MEM(evidence.device_id, id, sizeof id);
    CHECK_INT(evidence.lifecycle, 0);
    CHECK_INT(evidence.boot_count >> 32, fuses.starts + 1); /* power-ons, this one included */

    /* the key in the evidence is the one that signs now */
    memset(digest, 0xA5, sizeof digest);
    CHECK_INT(crypto_p256_verify(evidence.client_key, digest, signature), 0);
    digest[0] ^= 1;
    CHECK(crypto_p256_verify(evidence.client_key, digest, signature) != 0);

    CHECK_INT(evidence.measurement_count, count);
    for (size_t i = 0; i < count && i < evidence.measurement_count; i++) {
        const struct measurement *m = &evidence.measurement[i];
        CHECK_INT(m->type, computed[i].type);
        CHECK_INT(m->security_version, computed[i].security_version);
        CHECK_MEM(m->component, computed[i].component, sizeof m->component);
        CHECK_MEM(m->digest, computed[i].digest, sizeof m->digest);
    }
    mcu_flash_free(&flash);
    mcu_fuses_wipe(&fuses);
    return check_done();
}
