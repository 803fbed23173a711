/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first boot loader: says who the chip is, then decides about the keystore
 * and the Pluton runtime, and runs the latter.
 * Source: docs/spec/pluton.md "Boot of the MCU"; abi/mcu_boot.h.
 */
#include <string.h>

#include "lib/keystore.h"
#include "pluton/hal.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/postcode.h"
#include "pluton/mcu/slot.h"
#include "pluton/mcu/stage.h"
#include "pluton/mcu/uart.h"

const char stage_name[] = "1BL";

/* Behind the vectors; the factory's tools write the root key. */
__attribute__((section(".header"), used)) static const struct {
    uint32_t magic, version;
    uint8_t root_key[P256_PUBLIC_BYTES];
} header = {BOOT_1BL_MAGIC, BOOT_1BL_VERSION, {0}};

enum {
    COPIES = 2,
    KEYSTORE_FILE_MAX = 4096,
    RUNTIME_FILE_MAX = 0x17000, /* below the post code record, with room for a stack */
};

static const struct slot keystore_slots[COPIES] = {
    {FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES},
    {FLASH_KEYSTORE_BACKUP_AT, FLASH_KEYSTORE_BACKUP_BYTES},
};
static const struct slot runtime_slots[COPIES] = {
    {FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES},
    {FLASH_PLUTON_RUNTIME_BACKUP_AT, FLASH_PLUTON_RUNTIME_BACKUP_BYTES},
};
static const struct claim keystore_claim = {
    .type = IMAGE_TYPE_TRUSTED_KEYSTORE,
    .counter = PLUTON_COUNTER_KEYSTORE,
    .stranger = "root key is not the one in the fuses",
};
static const struct claim runtime_claim = {
    .type = IMAGE_TYPE_PLUTON_RUNTIME,
    .counter = PLUTON_COUNTER_PLUTON,
    .stranger = "signing key is not trusted for this use",
};
static const struct mpu_row rows[] = {
    {MT3620_TCM, MPU_DATA | MPU_SIZE(17)},
    {BOOT_1BL_AT, MPU_CODE | MPU_SIZE(14)},
    {0x20000000u, MPU_DEVICE | MPU_SIZE(29)},
    {MT3620_FLASH, MPU_CONST | MPU_SIZE(24)},
};

/* Two looks at the keystore, two at the runtime; all four are asked before the
 * jump. */
enum { KEYSTORE = 0, RUNTIME = 2, LOOKS = 4 };
volatile struct verdict stage_seen[LOOKS];
const unsigned stage_seen_count = LOOKS;
const uint32_t stage_next = BOOT_RUNTIME_AT;
static struct image image; /* hostile: not on the stack */
static struct keystore keystore;
static _Alignas(4) uint8_t keystore_file[KEYSTORE_FILE_MAX];

/* -- the lines of the original ------------------------------------------------ */

static void post_code_line(void)
{
    struct postcode last;
    uart_text("[1BL] BOOT: ");
    if (postcode_read(&last)) {
        uart_word(last.code);
        uart_text("/");
        uart_word(last.boots);
        uart_text("/");
        uart_word(last.reached);
    } else {
        uart_text("INIT");
    }
    uart_text("\r\n");
}

static int identity_lines(void)
{
    uint8_t key[P256_PUBLIC_BYTES], noise[128], nonce[SHA256_BYTES];
    if (hsp_key(HSP_ECC_PUBLIC_OF, HAL_SLOT_GENERAL, key) != HSP_OK)
        return E_CRYPTO;
    uart_text("G=");
    uart_hex(key, sizeof key);
    if (hsp_key(HSP_ECC_PUBLIC_OF, HAL_SLOT_ATTESTATION, key) != HSP_OK)
        return E_CRYPTO;
    uart_text("\r\nD=");
    uart_hex(key, sizeof key);
    if (hsp_noise(noise, sizeof noise) != HSP_OK)
        return E_ENTROPY;
    const struct span part = span_of(noise, sizeof noise);
    const int err = crypto_sha256(&part, 1, nonce);
    uart_text(",N=");
    uart_hex(nonce, sizeof nonce);
    uart_text("\r\n");
    return err;
}

/* -- decisions ------------------------------------------------------------------ */

static void keystore_look(volatile struct verdict *v, unsigned slot)
{
    const struct span file =
        span_of(keystore_file, slot_file_bytes(&keystore_slots[slot], KEYSTORE_FILE_MAX));
    if (!verdict_parse(v, &keystore_claim, file, &image))
        return;
    const uint8_t *key = handoff()->root_key;
    verdict_root(v, key);
    verdict_signature(v, file, key);
}

static const char *keystore_try(unsigned slot)
{
    struct boot_handoff *h = handoff();
    const struct span file =
        slot_copy(&keystore_slots[slot], reg_address(keystore_file), KEYSTORE_FILE_MAX);
    keystore_look(&stage_seen[KEYSTORE], slot);
    keystore_look(&stage_seen[KEYSTORE + 1], slot);
    if (verdict_wrong(&stage_seen[KEYSTORE], 2) != 0)
        return verdict_text(&stage_seen[KEYSTORE], 2, &keystore_claim);
    const int err = keystore_parse(image.body, &keystore);
    if (err)
        return err_text(err);
    h->keystore_at = keystore_slots[slot].at;
    h->keystore_bytes = (uint32_t)file.len;
    if (slot != 0)
        h->flags |= BOOT_BACKUP_KEYSTORE;
    return handoff_measure(h, &image) ? "measuring failed" : NULL;
}

static void runtime_look(volatile struct verdict *v, unsigned slot)
{
    const struct span file = span_of(reg_memory(BOOT_RUNTIME_AT),
                                     slot_file_bytes(&runtime_slots[slot], RUNTIME_FILE_MAX));
    if (!verdict_parse(v, &runtime_claim, file, &image))
        return;
    const struct keystore_key *key = keystore_find(&keystore, image.meta.thumbprint);
    if (!key)
        return;
    verdict_usage(v, key->usage, KEYSTORE_USE_OS); /* of the claim, not of what the image says it is */
    verdict_signature(v, file, key->key);
}

static const char *runtime_try(unsigned slot)
{
    struct boot_handoff *h = handoff();
    (void)slot_copy(&runtime_slots[slot], BOOT_RUNTIME_AT, RUNTIME_FILE_MAX);
    runtime_look(&stage_seen[RUNTIME], slot);
    runtime_look(&stage_seen[RUNTIME + 1], slot);
    if (verdict_wrong(stage_seen, LOOKS) != 0)
        return verdict_text(&stage_seen[RUNTIME], 2, &runtime_claim);
    if (slot != 0)
        h->flags |= BOOT_BACKUP_RUNTIME;
    if (handoff_measure(h, &image))
        return "measuring failed";
    stage_enter();
    return err_text(E_INTERNAL);
}

void stage_main(void)
{
    const struct boot_handoff *h = handoff();
    stage_watchdog_tend();
    stage_protect(rows, sizeof rows / sizeof rows[0]);
    uart_init();
    hsp_start();
    post_code_line();
    postcode_reached(POSTCODE_1BL, h->flags, h->cause);
    const int err = identity_lines();
    if (err) {
        uart_text("\r\n");
        stage_recovery("identity", err_text(err), NULL);
        return;
    }
    const char *primary = keystore_try(0);
    if (primary) {
        uart_text("[1BL] BACKUP KEYSTORE\r\n");
        const char *backup = keystore_try(1);
        if (backup) {
            stage_recovery("keystore", primary, backup);
            return;
        }
    }
    primary = runtime_try(0);
    uart_text("[1BL] BACKUP PLUTON-RT\r\n");
    const char *backup = runtime_try(1);
    stage_recovery("Pluton runtime", primary, backup);
}

void stage_fault(void)
{
    stage_recovery("1BL", "fault", NULL);
}
