/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/chip.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/mcu_boot.h"
#include "abi/mt3620_firewall.h"
#include "pluton/mcu/reg.h"
#include "pluton/mcu/start.h"
#include "pluton/testing/stages.h"

struct chip chip;

static jmp_buf stage_end;
static EVP_MD_CTX *sha;
static uint32_t sha_reg[16], sha_status, aes_reg[64], aes_status, ecc_reg[64], ecc_status, fuse_status;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "chip: %s\n", what);
    abort();
}

/* -- memory --------------------------------------------------------------------- */

/* Pointers of the host that firmware handed to an engine (its stack and data
 * have no address on the chip) get one of these for a while. */
enum { WINDOWS = 64 };
#define WINDOW_BASE 0xC0000000u
#define WINDOW_BYTES 0x00800000u
static const uint8_t *window[WINDOWS];
static unsigned window_next;

static uint8_t *memory(uint32_t address)
{
    if (address - MT3620_TCM < MT3620_PLUTON_TCM_BYTES)
        return chip.tcm + (address - MT3620_TCM);
    if (address - MT3620_RAM <= MT3620_RAM_BYTES)
        return chip.ram + (address - MT3620_RAM);
    if (address - MT3620_FLASH <= MT3620_FLASH_BYTES)
        return chip.flash + (address - MT3620_FLASH);
    if (address >= WINDOW_BASE && address - WINDOW_BASE < WINDOWS * WINDOW_BYTES) {
        const uint8_t *base = window[(address - WINDOW_BASE) / WINDOW_BYTES];
        return (uint8_t *)(uintptr_t)base + (address - WINDOW_BASE) % WINDOW_BYTES;
    }
    fprintf(stderr, "chip: no memory at %#x\n", address);
    abort();
}

void *reg_memory(uint32_t address)
{
    return memory(address);
}

uint32_t reg_load(uint32_t address)
{
    uint32_t value;
    memcpy(&value, memory(address), sizeof value);
    if (chip.race.armed && chip.race.at == address) {
        memcpy(memory(address), &chip.race.value, sizeof value);
        chip.race.armed = false;
    }
    return value;
}

static bool inside(const uint8_t *p, const uint8_t *base, size_t bytes)
{
    return p >= base && p < base + bytes;
}

uint32_t reg_address(const void *at)
{
    const uint8_t *p = at;
    if (inside(p, chip.tcm, MT3620_PLUTON_TCM_BYTES))
        return MT3620_TCM + (uint32_t)(p - chip.tcm);
    if (inside(p, chip.ram, MT3620_RAM_BYTES))
        return MT3620_RAM + (uint32_t)(p - chip.ram);
    if (inside(p, chip.flash, MT3620_FLASH_BYTES))
        return MT3620_FLASH + (uint32_t)(p - chip.flash);
    window[window_next] = p;
    const uint32_t address = WINDOW_BASE + window_next * WINDOW_BYTES;
    window_next = (window_next + 1) % WINDOWS;
    return address;
}

/* -- engines ---------------------------------------------------------------------- */

static void string_out(uint32_t *reg, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 4)
        reg[i / 4] = bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
                     (uint32_t)bytes[i + 3] << 24;
}

static void string_in(const uint32_t *reg, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(reg[i / 4] >> 8 * (i % 4));
}

static void sha_command(uint32_t command)
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    sha_status = HSP_OK;
    switch (command) {
    case HSP_SHA_START: must(EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1, "digest"); return;
    case HSP_SHA_START_SHA1: must(EVP_DigestInit_ex(sha, EVP_sha1(), NULL) == 1, "digest"); return;
    case HSP_SHA_UPDATE:
        must(EVP_DigestUpdate(sha, memory(sha_reg[HSP_SHA_SOURCE / 4]), sha_reg[HSP_SHA_LENGTH / 4]) == 1,
             "digest");
        return;
    case HSP_SHA_FINISH:
        must(EVP_DigestFinal_ex(sha, digest, NULL) == 1, "digest");
        string_out(&sha_reg[HSP_SHA_DIGEST / 4], digest, SHA256_BYTES);
        return;
    default: sha_status = HSP_BAD_COMMAND;
    }
}

/* Two looks at the same bytes are the rule here: the last answers are kept. */
static uint32_t verify(const uint8_t *key, const uint8_t *digest, const uint8_t *signature)
{
    enum { KEPT = 8, ASKED = P256_PUBLIC_BYTES + SHA256_BYTES + P256_SIGNATURE_BYTES };
    static uint8_t asked[KEPT][ASKED];
    static uint32_t answer[KEPT];
    static unsigned next;
    uint8_t now[ASKED];
    memcpy(now, key, P256_PUBLIC_BYTES);
    memcpy(now + P256_PUBLIC_BYTES, digest, SHA256_BYTES);
    memcpy(now + P256_PUBLIC_BYTES + SHA256_BYTES, signature, P256_SIGNATURE_BYTES);
    chip.verifications++;
    for (unsigned i = 0; i < KEPT; i++)
        if (answer[i] != 0 && memcmp(asked[i], now, ASKED) == 0)
            return answer[i];
    const int err = crypto_p256_verify(key, digest, signature);
    const uint32_t status = err == 0 ? HSP_OK : err == E_MALFORMED ? HSP_NOT_A_POINT : HSP_BAD_SIGNATURE;
    memcpy(asked[next], now, ASKED);
    answer[next] = status;
    next = (next + 1) % KEPT;
    return status;
}

static void fuse_both(unsigned word, uint32_t bit)
{
    chip.fuse[word] |= bit;
    chip.fuse[word + 1] |= bit;
}

static uint32_t generate(uint32_t slot)
{
    if (chip.trng_failed)
        return HSP_NO_ENTROPY;
    if (slot < 2 && (chip.fuse[FUSE_LOCKS] & (FUSE_LOCK_ATTESTATION << slot)))
        return HSP_DENIED;
    must(key_generate(&chip.key[slot]) == 0, "key");
    if (slot < 2)
        fuse_both(FUSE_LOCKS, FUSE_LOCK_ATTESTATION << slot);
    return HSP_OK;
}

static uint32_t ecc_command(uint32_t command)
{
    uint8_t key[64], digest[32], signature[64];
    const uint32_t slot = ecc_reg[HSP_ECC_SLOT / 4];
    uint32_t status = slot < HSP_ECC_SLOTS ? HSP_OK : HSP_DENIED;
    string_in(&ecc_reg[HSP_ECC_PUBLIC / 4], key, 64);
    string_in(&ecc_reg[HSP_ECC_DIGEST / 4], digest, 32);
    string_in(&ecc_reg[HSP_ECC_SIGNATURE / 4], signature, 64);
    if (command == HSP_ECC_VERIFY)
        return verify(key, digest, signature);
    if (status == HSP_OK && command == HSP_ECC_GENERATE)
        status = generate(slot);
    if (status != HSP_OK)
        return status;
    if (command == HSP_ECC_ERASE) {
        if (slot >= 2)
            key_release(&chip.key[slot]);
        return slot >= 2 ? HSP_OK : HSP_DENIED;
    }
    if (!chip.key[slot].pair)
        return HSP_EMPTY_SLOT;
    if (command == HSP_ECC_SIGN) {
        if (chip.trng_failed)
            return HSP_NO_ENTROPY;
        must(key_sign(&chip.key[slot], digest, signature) == 0, "sign");
        string_out(&ecc_reg[HSP_ECC_SIGNATURE / 4], signature, 64);
        return HSP_OK;
    }
    if (command != HSP_ECC_GENERATE && command != HSP_ECC_PUBLIC_OF)
        return HSP_BAD_COMMAND;
    string_out(&ecc_reg[HSP_ECC_PUBLIC / 4], chip.key[slot].public_key, 64);
    return HSP_OK;
}

static uint32_t derive(void)
{
    uint8_t label[32], out[32];
    unsigned len = sizeof out;
    string_in(&aes_reg[HSP_AES_LABEL / 4], label, 32);
    must(HMAC(EVP_sha256(), &chip.fuse[FUSE_SECRET], 32, label, 32, out, &len) != NULL, "hmac");
    string_out(&aes_reg[HSP_AES_OUT32 / 4], out, 32);
    return HSP_OK;
}

static uint32_t noise_word(void)
{
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++) { /* xorshift64* */
        chip.noise ^= chip.noise >> 12;
        chip.noise ^= chip.noise << 25;
        chip.noise ^= chip.noise >> 27;
        word = word << 8 | (uint32_t)((chip.noise * 0x2545F4914F6CDD1Du) >> 56);
    }
    return word;
}

/* -- fuses ------------------------------------------------------------------------- */

static bool readable(unsigned word)
{
    return word < FUSE_SECRET || (word >= FUSE_SECRET + 8 && word < FUSE_ATTESTATION) ||
           word >= FUSE_GENERAL + 8;
}

static uint32_t burn(void)
{
    const bool final = (chip.fuse[FUSE_LOCKS] | chip.fuse[FUSE_LOCKS + 1]) & FUSE_LOCK_ROOT;
    bool refused = chip.fuses_fail;
    for (unsigned i = 0; i < FUSE_WORDS; i++)
        refused |= chip.shadow[i] != 0 && (!readable(i) || (final && i < FUSE_ROOT_WORDS));
    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        if (!refused)
            chip.fuse[i] |= chip.shadow[i];
        chip.shadow[i] = 0;
    }
    return refused ? HSP_FUSE_FAILED : HSP_OK;
}

/* -- registers ---------------------------------------------------------------------- */

static struct chip_port *port_at(uint32_t address, uint32_t *offset)
{
    if (address - MT3620_M4_MAILBOX_A7 >= 0x20000)
        return NULL;
    *offset = address & 0xFFFF;
    return &chip.port[address >= MT3620_M4_MAILBOX_PEER];
}

static uint32_t pop(struct chip_port *port)
{
    const uint32_t command = port->in_count ? port->in[0][0] : 0;
    if (port->in_count) {
        chip.served++;
        port->in_count--;
        memmove(port->in, port->in + 1, port->in_count * sizeof port->in[0]);
    }
    return command;
}

uint32_t reg_read(uint32_t address)
{
    uint32_t offset = 0;
    struct chip_port *port = port_at(address, &offset);
    if (port)
        return offset == MAILBOX_POP_CNT   ? port->in_count
               : offset == MAILBOX_DATA_POP ? (port->in_count ? port->in[0][1] : 0)
               : offset == MAILBOX_CMD_POP  ? pop(port) : 0;
    const uint32_t word = (address & 0xFFF) / 4;
    switch (address & ~0xFFFu) {
    case MT3620_HSP_SHA: return word == 1 ? sha_status : sha_reg[word & 15];
    case MT3620_HSP_AES: return word == 1 ? aes_status : aes_reg[word & 63];
    case MT3620_HSP_ECC: return word == 1 ? ecc_status : ecc_reg[word & 63];
    case MT3620_HSP_FUSE:
        if (word == 1)
            return fuse_status;
        must(word >= FUSE_ARRAY / 4 && word < FUSE_ARRAY / 4 + FUSE_WORDS, "fuse register");
        return readable(word - FUSE_ARRAY / 4) ? chip.fuse[word - FUSE_ARRAY / 4] : 0;
    default: break;
    }
    switch (address) {
    case MT3620_HSP_TRNG + HSP_TRNG_STATUS: return chip.trng_failed ? 3 : 1;
    case MT3620_HSP_TRNG + HSP_TRNG_DATA: return noise_word();
    case MT3620_HSP_TRNG + HSP_TRNG_STARTS: return chip.starts;
    case MT3620_M4_UART + 0x14: return 0x60;
    case MT3620_PLUTON_RESET + RESET_CAUSE: return chip.cause;
    case MT3620_PLUTON_RESET + RESET_SCRATCH: return chip.scratch[0];
    case MT3620_PLUTON_RESET + RESET_A7_START: return chip.a7_start;
    case MT3620_FIREWALL + FIREWALL_SECURE_BASE: return chip.secure_base;
    default: fprintf(stderr, "chip: no register at %#x\n", address); abort();
    }
}

static void port_write(struct chip_port *port, uint32_t offset, uint32_t value)
{
    if (offset == MAILBOX_DATA_PUSH)
        port->data_push = value;
    if (offset != MAILBOX_CMD_PUSH)
        return;
    chip.answered += port->data_push != 0;
    if (port->out_count < MAILBOX_DEPTH) { /* else dropped */
        port->out[port->out_count][0] = value;
        port->out[port->out_count++][1] = port->data_push;
    }
    port->data_push = 0;
}

static bool engine_write(uint32_t address, uint32_t value)
{
    const uint32_t word = (address & 0xFFF) / 4;
    switch (address & ~0xFFFu) {
    case MT3620_HSP_SHA:
        if (word == 0)
            sha_command(value);
        else
            sha_reg[word & 15] = value;
        return true;
    case MT3620_HSP_AES:
        if (word == 0)
            aes_status = value == HSP_AES_DERIVE ? derive() : HSP_BAD_COMMAND;
        else
            aes_reg[word & 63] = value;
        return true;
    case MT3620_HSP_ECC:
        if (word == 0)
            ecc_status = ecc_command(value);
        else
            ecc_reg[word & 63] = value;
        return true;
    case MT3620_HSP_FUSE:
        if (word == 0)
            fuse_status = value == FUSE_BURN ? burn() : HSP_BAD_COMMAND;
        else
            chip.shadow[(word - FUSE_SHADOW / 4) & 127] = value;
        return true;
    case MT3620_HSP_TRNG: return true;
    default: return false;
    }
}

void reg_write(uint32_t address, uint32_t value)
{
    uint32_t offset = 0;
    struct chip_port *port = port_at(address, &offset);
    if (port) {
        port_write(port, offset, value);
        return;
    }
    if (engine_write(address, value))
        return;
    if (address == MT3620_M4_UART) {
        if (value != 1 && chip.uart_len < sizeof chip.uart - 1) /* 1: the divisor */
            chip.uart[chip.uart_len++] = (char)value;
        return;
    }
    if ((address & ~0xFFFFu) == MT3620_M4_UART || (address & ~0xFFFFu) == MT3620_M4_GPT ||
        (address & ~0xFFFu) == 0xE000E000u)
        return;
    if ((address & ~0xFFFFu) == MT3620_M4_WDT) {
        chip.watchdog++;
        return;
    }
    switch (address) {
    case MT3620_PLUTON_RESET + RESET_RECOVERY: chip.recovery = value == RESET_KEY_RECOVERY; return;
    case MT3620_PLUTON_RESET + RESET_CHIP_RESET: chip.chip_reset = true; return;
    case MT3620_PLUTON_RESET + RESET_SCRATCH: chip.scratch[0] = value; return;
    case MT3620_PLUTON_RESET + RESET_A7_START: chip.a7_start = value; return;
    case MT3620_PLUTON_RESET + RESET_A7_CONTROL: chip.a7_runs = value & RESET_CONTROL_RUN; return;
    case MT3620_FIREWALL + FIREWALL_SECURE_BASE: chip.secure_base = value; return;
    default: fprintf(stderr, "chip: no register at %#x\n", address); abort();
    }
}

void reg_barrier(void)
{
}

void reg_wait(void)
{
    must(false, "the tests turn the loop themselves");
}

/* -- stages -------------------------------------------------------------------------- */

void start_stage(uint32_t vectors, uint32_t stack, uint32_t entry)
{
    chip.next_vectors = vectors;
    chip.next_stack = stack;
    chip.next_entry = entry;
    longjmp(stage_end, CHIP_NEXT);
}

void start_halt(void)
{
    longjmp(stage_end, chip.recovery ? CHIP_RECOVERY : CHIP_HALTED);
}

/* On its own, because setjmp() and locals do not mix. */
static enum chip_end stage_run(void (*stage)(void))
{
    const int end = setjmp(stage_end);
    if (end == 0) {
        stage();
        return CHIP_HALTED;
    }
    return (enum chip_end)end;
}

bool chip_serve(void)
{
    (void)stage_run(pluton_runtime_serve);
    return !chip.recovery;
}

static void runtime_stage(void)
{
    if (pluton_runtime_boot())
        longjmp(stage_end, CHIP_RUNNING + 100);
}

static void reset(uint32_t cause)
{
    chip.cause = cause;
    chip.recovery = chip.chip_reset = chip.a7_runs = false;
    chip.secure_base = chip.a7_start = 0;
    chip.uart_len = 0;
    memset(chip.uart, 0, sizeof chip.uart);
    memset(chip.port, 0, sizeof chip.port);
    for (unsigned i = 2; i < HSP_ECC_SLOTS; i++)
        key_release(&chip.key[i]);
    if (cause == RESET_CAUSE_POWER_ON) {
        chip.starts++;
        memset(chip.scratch, 0, sizeof chip.scratch);
        memset(chip.tcm, 0, MT3620_PLUTON_TCM_BYTES);
        memset(chip.ram, 0, MT3620_RAM_BYTES);
    }
}

enum chip_end chip_boot_rom(uint32_t cause)
{
    reset(cause);
    const enum chip_end end = stage_run(rom_stage_main);
    if (end == CHIP_NEXT)
        must(chip.next_vectors == BOOT_1BL_AT, "the ROM starts the loader and nothing else");
    return end;
}

enum chip_end chip_boot(uint32_t cause)
{
    enum chip_end end = chip_boot_rom(cause);
    if (end != CHIP_NEXT)
        return end;
    end = stage_run(bl1_stage_main);
    if (end != CHIP_NEXT)
        return end;
    must(chip.next_vectors == BOOT_RUNTIME_AT, "the loader starts the runtime and nothing else");
    end = stage_run(runtime_stage);
    return (int)end == CHIP_RUNNING + 100 ? CHIP_RUNNING : end;
}

void chip_new(void)
{
    chip_release();
    memset(&chip, 0, sizeof chip);
    chip.noise = 1;
    chip.tcm = malloc(MT3620_PLUTON_TCM_BYTES);
    chip.ram = malloc(MT3620_RAM_BYTES);
    chip.flash = malloc(MT3620_FLASH_BYTES);
    sha = EVP_MD_CTX_new();
    must(chip.tcm && chip.ram && chip.flash && sha, "memory");
    memset(chip.flash, 0xFF, MT3620_FLASH_BYTES);
    for (unsigned i = 0; i < 8; i++)
        chip.fuse[FUSE_SECRET + i] = 0x01010101 * i;
}

void chip_release(void)
{
    for (unsigned i = 0; i < HSP_ECC_SLOTS; i++)
        key_release(&chip.key[i]);
    EVP_MD_CTX_free(sha);
    sha = NULL;
    free(chip.tcm);
    free(chip.ram);
    free(chip.flash);
    memset(&chip, 0, sizeof chip);
}

const char *chip_last_line(void)
{
    static char line[256];
    size_t end = chip.uart_len;
    while (end > 0 && (chip.uart[end - 1] == '\n' || chip.uart[end - 1] == '\r'))
        end--;
    size_t start = end;
    while (start > 0 && chip.uart[start - 1] != '\n')
        start--;
    const size_t len = end - start < sizeof line - 1 ? end - start : sizeof line - 1;
    memcpy(line, chip.uart + start, len);
    line[len] = '\0';
    return line;
}

bool chip_said(const char *text)
{
    return strstr(chip.uart, text) != NULL;
}
