/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abi/pluton_call.h "Transport of the MCU" and the calls that the MCU alone has,
 * through the mailboxes of an emulated chip that has booted.
 */
#include <openssl/hmac.h>

#include "abi/mcu_boot.h"
#include "pluton/mcu/calls.h"
#include "pluton/mcu/transport.h"
#include "pluton/testing/call.h"
#include "pluton/testing/chip.h"
#include "pluton/testing/mcu_flash.h"
#include "pluton/testing/stages.h"
#include "tests/check.h"

enum port { NORMAL, SECURE };
enum { AT = MT3620_RAM + 0x10000, CAPACITY = PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX };

static struct fixture f;
static uint8_t image[MCU_IMAGE_MAX];
static uint32_t sequence;

static void slot(uint32_t at, uint32_t bytes, const struct writer *w)
{
    mcu_slot_put(chip.flash, at, bytes, writer_view(w));
}

static void boot(void)
{
    const struct span none = {NULL, 0};
    fixture_init(&f);
    chip_new();
    struct writer w = writer_of(image, sizeof image);
    mcu_loader(&f, FIXTURE_ROOT, FIXTURE_ROOT, 4, none, 0, &w);
    slot(FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES, &w);
    w = writer_of(image, sizeof image);
    fixture_keystore(&f, FIXTURE_ROOT, 1, &w);
    slot(FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, &w);
    w = writer_of(image, sizeof image);
    mcu_runtime(&f, FIXTURE_OS, FIXTURE_OS, 3, none, 0, &w);
    slot(FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BYTES, &w);
    w = writer_of(image, sizeof image);
    mcu_monitor(&f, FIXTURE_OS, FIXTURE_OS, 1, none, 0, &w);
    slot(FLASH_MONITOR_AT, FLASH_MONITOR_BYTES, &w);
    REQUIRE(chip_boot(RESET_CAUSE_POWER_ON) == CHIP_RUNNING);
    pluton_runtime_serve_start();
}

static uint8_t *ram(uint32_t address)
{
    return chip.ram + (address - MT3620_RAM);
}

static uint32_t word(uint32_t address)
{
    struct cursor c = cursor_of(span_of(ram(address), 4));
    return cursor_u32le(&c);
}

static void word_put(uint32_t address, uint32_t value)
{
    struct writer w = writer_of(ram(address), 4);
    writer_u32le(&w, value);
}

static void push(enum port port, uint32_t block, uint32_t data)
{
    struct chip_port *p = &chip.port[port];
    REQUIRE(p->in_count < MAILBOX_DEPTH);
    p->in[p->in_count][0] = block;
    p->in[p->in_count++][1] = data;
}

/* DATA of the answer to one word. */
static uint32_t word_answer(enum port port, uint32_t block, uint32_t data)
{
    push(port, block, data);
    pluton_runtime_serve();
    struct chip_port *p = &chip.port[port];
    REQUIRE(p->out_count == 1 && p->out[0][0] == block);
    p->out_count = 0;
    return p->out[0][1];
}

static void block_put(uint32_t at, uint32_t capacity, uint16_t command, const void *payload, size_t len)
{
    struct writer w = writer_of(ram(at), 2 * CAPACITY);
    writer_u32le(&w, 0);
    writer_u32le(&w, capacity);
    call_write(&w, command, span_of(payload, len));
    REQUIRE(w.err == 0);
}

static int call_with(enum port port, uint32_t capacity, uint16_t command, const void *payload, size_t len,
                     struct span *answer)
{
    struct span ignored;
    block_put(AT, capacity, command, payload, len);
    sequence++;
    if (word_answer(port, AT, sequence) != sequence || word(AT) != 1)
        return -1;
    const uint32_t length = word(AT + 12);
    REQUIRE(length <= PLUTON_PAYLOAD_MAX && length + PLUTON_HEADER_BYTES <= capacity);
    return call_read(span_of(ram(AT + 8), PLUTON_HEADER_BYTES + length), command, answer ? answer : &ignored);
}

static int call(enum port port, uint16_t command, const void *payload, size_t len, struct span *answer)
{
    return call_with(port, CAPACITY, command, payload, len, answer);
}

/* -- blocks ------------------------------------------------------------------------ */

/* "a word that names no such block is answered with {word, 0}", and nothing is
 * touched. */
static void no_block(void)
{
    static const struct { enum port port; uint32_t at, capacity; } bad[] = {
        {NORMAL, 0, 8}, {NORMAL, 0xFFFFFFFC, 8}, {NORMAL, MT3620_TCM, 8}, {NORMAL, BOOT_RUNTIME_AT, 8},
        {NORMAL, MT3620_FLASH, 8}, {NORMAL, MT3620_HSP_FUSE, 8}, {NORMAL, MT3620_RAM - 4, 8},
        {NORMAL, AT + 1, 8}, {NORMAL, AT + 2, 8}, {NORMAL, AT, 7}, {NORMAL, AT, 0},
        {NORMAL, AT, 0xFFFFFFFF}, {NORMAL, AT, MT3620_SECURE_RAM - AT - 7},
        {NORMAL, MT3620_SECURE_RAM, 8}, {NORMAL, MT3620_SECURE_RAM - 4, 8}, {NORMAL, MT3620_SECURE_RAM - 8, 8},
        {NORMAL, MT3620_SECURE_RAM - 12, 8}, {NORMAL, MT3620_SECURE_RAM - 16, 9},
        {SECURE, MT3620_RAM + MT3620_RAM_BYTES, 8}, {SECURE, MT3620_RAM + MT3620_RAM_BYTES - 4, 8},
        {SECURE, MT3620_RAM + MT3620_RAM_BYTES - 8, 8}, {SECURE, MT3620_RAM + MT3620_RAM_BYTES - 16, 9},
    };
    uint8_t *before = malloc(MT3620_RAM_BYTES);
    REQUIRE(before != NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint32_t at = bad[i].at;
        if (at >= MT3620_RAM && at - MT3620_RAM <= MT3620_RAM_BYTES - 8)
            word_put(at + 4, bad[i].capacity);
        memcpy(before, chip.ram, MT3620_RAM_BYTES);
        if (word_answer(bad[i].port, at, 7) != 0)
            fprintf(stderr, "row %zu\n", i);
        CHECK_INT(word_answer(bad[i].port, at, 7), 0);
        CHECK_MEM(chip.ram, before, MT3620_RAM_BYTES);
    }
    free(before);
    /* a sequence number of 0 */
    block_put(AT, CAPACITY, PLUTON_GET_MANUFACTURING_STATE, NULL, 0);
    CHECK_INT(word_answer(NORMAL, AT, 0), 0);
    CHECK_INT(word(AT), 0);
    /* the smallest and the last that there are */
    block_put(MT3620_SECURE_RAM - 16, 8, PLUTON_CLOSE_MEASUREMENTS, NULL, 0);
    CHECK_INT(word_answer(NORMAL, MT3620_SECURE_RAM - 16, 9), 9);
    CHECK_INT(word(MT3620_SECURE_RAM - 16), 1);
    CHECK_INT(word(MT3620_SECURE_RAM - 8) >> 16, PLUTON_DENIED);
}

/* "capacity respected": nothing behind it is read or written. */
static void capacity(void)
{
    struct span answer;
    const uint8_t tenant[16] = {1};
    memset(ram(AT), 0x77, 8192);
    CHECK_INT(call_with(NORMAL, 8 + 131, PLUTON_GET_SECURITY_STATE, NULL, 0, &answer), PLUTON_BAD_LENGTH);
    CHECK_INT(*ram(AT + 16), 0x77);
    CHECK_INT(call_with(NORMAL, 8 + 132, PLUTON_GET_SECURITY_STATE, NULL, 0, &answer), PLUTON_OK);
    CHECK_INT(*ram(AT + 16 + 132), 0x77);
    /* a request that says more than its block holds */
    block_put(AT, 8 + 3, PLUTON_SET_POSTCODE, "\1\2\3\4", 4);
    CHECK_INT(word_answer(NORMAL, AT, 5), 5);
    CHECK_INT(word(AT + 8) >> 16, PLUTON_BAD_LENGTH);
    /* "a refused call changes nothing": a key whose public half has no room is not made */
    CHECK_INT(call_with(NORMAL, 8 + 63, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant, 16, &answer), PLUTON_BAD_LENGTH);
    CHECK_INT(call(NORMAL, PLUTON_COMMIT_CLIENT_AUTH_KEY, tenant, 16, &answer), PLUTON_BAD_STATE);
    CHECK(chip.key[HAL_SLOT_CLIENT].pair == NULL);
    CHECK_INT(call_with(NORMAL, 8 + 64, PLUTON_GENERATE_CLIENT_AUTH_KEY, tenant, 16, &answer), PLUTON_OK);
    CHECK_INT(call(NORMAL, PLUTON_COMMIT_CLIENT_AUTH_KEY, tenant, 16, &answer), PLUTON_OK);
    /* lengths over the largest payload */
    for (uint32_t length = PLUTON_PAYLOAD_MAX + 1; length != 0; length = length * 2) {
        block_put(AT, CAPACITY, PLUTON_READ_RNG, "\1\0", 2);
        word_put(AT + 12, length);
        CHECK_INT(word_answer(NORMAL, AT, 5), 5);
        CHECK_INT(word(AT + 8) >> 16, PLUTON_BAD_LENGTH);
    }
}

/* "Calls of the two channels are served one after the other", TALOS-2021-1347:
 * full mailboxes on both sides, each word answered once, in order. */
static void both_full(void)
{
    for (unsigned i = 0; i < MAILBOX_DEPTH; i++) {
        const uint32_t at = AT + i * 0x2000;
        block_put(at, CAPACITY, PLUTON_READ_RNG, "\41\0", 2);
        block_put(at + 0x1000, CAPACITY, PLUTON_READ_RNG, "\41\0", 2);
        push(NORMAL, at, 100 + i);
        push(SECURE, at + 0x1000, 200 + i);
    }
    pluton_runtime_serve();
    for (unsigned i = 0; i < MAILBOX_DEPTH; i++) {
        CHECK_INT(chip.port[NORMAL].out[i][1], 100 + i);
        CHECK_INT(chip.port[SECURE].out[i][1], 200 + i);
        CHECK_INT(word(AT + i * 0x2000), 1);
        CHECK_INT(word(AT + i * 0x2000 + 12), 33); /* "Trail of Bits GetRandom": odd */
    }
    /* a caller that never reads its answers: the others are still served */
    CHECK_INT(chip.port[NORMAL].out_count, MAILBOX_DEPTH);
    chip.port[SECURE].out_count = 0;
    push(NORMAL, AT, 1);
    CHECK_INT(word_answer(SECURE, AT + 0x1000, 77), 77);
    CHECK_INT(chip.port[NORMAL].out_count, MAILBOX_DEPTH);
    chip.port[NORMAL].out_count = 0;
}

/* The length is read once: what it becomes afterwards is of no interest. */
static void changing_memory(void)
{
    for (uint32_t offset = 4; offset <= 16; offset += 4)
        for (unsigned k = 0; k < 2; k++) {
            block_put(AT, CAPACITY, PLUTON_READ_RNG, "\5\0\0\0", 2);
            chip.race.at = AT + offset;
            chip.race.value = k ? 0xFFFFFFFF : 0;
            chip.race.armed = true;
            CHECK_INT(word_answer(NORMAL, AT, 5), 5);
            const uint32_t status = word(AT + 8) >> 16;
            CHECK(status == PLUTON_OK || status == PLUTON_BAD_LENGTH || status == PLUTON_BAD_ARGUMENT ||
                  status == PLUTON_UNKNOWN_COMMAND);
        }
    chip.race.armed = false;
}

/* -- rights --------------------------------------------------------------------------- */

static void rights(void)
{
    static const uint16_t secure_only[] = {PLUTON_MEASURE, PLUTON_CLOSE_MEASUREMENTS, PLUTON_READ_COUNTER,
                                           PLUTON_RAISE_COUNTER, PLUTON_TRUST_KEYSTORE, PLUTON_DIGEST,
                                           PLUTON_VERIFY, PLUTON_DERIVE, PLUTON_BOOT_FAILED};
    static const uint16_t normal_only[] = {PLUTON_SET_POSTCODE, PLUTON_GENERATE_CLIENT_AUTH_KEY,
                                           PLUTON_PROCESS_ATTESTATION, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY,
                                           PLUTON_COMMIT_CLIENT_AUTH_KEY, PLUTON_SET_MANUFACTURING_STATE,
                                           PLUTON_APPLY_CAPABILITIES};
    uint8_t payload[512] = {0};
    for (size_t i = 0; i < sizeof secure_only / sizeof secure_only[0]; i++)
        CHECK_INT(call(NORMAL, secure_only[i], payload, 20, NULL), PLUTON_DENIED);
    for (size_t i = 0; i < sizeof normal_only / sizeof normal_only[0]; i++)
        CHECK_INT(call(SECURE, normal_only[i], payload, 20, NULL), PLUTON_DENIED);
}

/* -- DIGEST, VERIFY, DERIVE ------------------------------------------------------------ */

static int digest_of(const uint32_t *words, unsigned count, struct span *answer)
{
    uint8_t payload[128];
    struct writer w = writer_of(payload, sizeof payload);
    for (unsigned i = 0; i < count; i++)
        writer_u32le(&w, words[i]);
    return call(SECURE, PLUTON_DIGEST, payload, w.len, answer);
}

static void digest(void)
{
    struct span answer;
    uint8_t want[SHA256_BYTES];
    const uint32_t ram_end = MT3620_RAM + MT3620_RAM_BYTES, flash_end = MT3620_FLASH + MT3620_FLASH_BYTES;
    memset(ram(MT3620_RAM + 0x100), 0x42, 64);
    const uint32_t parts[] = {MT3620_RAM + 0x101, 5, MT3620_FLASH + 3, 1000, ram_end - 1, 1, ram_end, 0,
                              flash_end - 2, 2, MT3620_SECURE_RAM, 16, MT3620_RAM, 0, flash_end, 0};
    const struct span spans[] = {{ram(parts[0]), 5}, {chip.flash + 3, 1000}, {ram(ram_end - 1), 1},
                                 {chip.flash + MT3620_FLASH_BYTES - 2, 2}, {ram(MT3620_SECURE_RAM), 16}};
    REQUIRE(crypto_sha256(spans, 5, want) == 0);
    CHECK_INT(digest_of(parts, 16, &answer), PLUTON_OK);
    CHECK_INT(answer.len, 32);
    CHECK_MEM(answer.at, want, 32);
    static const uint32_t bad[][2] = {
        {0, 4}, {MT3620_TCM, 4}, {MT3620_HSP_FUSE + FUSE_ARRAY, 4}, {MT3620_RAM - 1, 4}, {MT3620_RAM, MT3620_RAM_BYTES + 1},
        {MT3620_RAM + MT3620_RAM_BYTES, 1}, {MT3620_RAM + 1, MT3620_RAM_BYTES}, {MT3620_RAM, 0xFFFFFFFF},
        {MT3620_FLASH - 1, 2}, {MT3620_FLASH + 1, MT3620_FLASH_BYTES}, {MT3620_FLASH + 16, 0xFFFFFFF0},
        {0xFFFFFFFF, 2}, {0xFFFFFFFF, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint32_t two[] = {MT3620_RAM, 4, bad[i][0], bad[i][1]};
        CHECK_INT(digest_of(two, 4, &answer), PLUTON_BAD_ARGUMENT);
    }
    CHECK_INT(digest_of(parts, 3, &answer), PLUTON_BAD_LENGTH);
    CHECK_INT(digest_of(parts, 0, &answer), PLUTON_BAD_LENGTH);
    CHECK_INT(call(SECURE, PLUTON_DIGEST, image, 72, &answer), PLUTON_BAD_LENGTH);
}

static void verify(void)
{
    uint8_t request[160];
    memcpy(request, f.key[FIXTURE_OS].public_key, 64);
    memset(request + 64, 0x5A, 32);
    REQUIRE(key_sign(&f.key[FIXTURE_OS], request + 64, request + 96) == 0);
    CHECK_INT(call(SECURE, PLUTON_VERIFY, request, 160, NULL), PLUTON_OK);
    for (unsigned i = 0; i < 160; i += 7) {
        request[i] ^= 1; /* in the key, the digest, the signature */
        CHECK_INT(call(SECURE, PLUTON_VERIFY, request, 160, NULL), PLUTON_BAD_SIGNATURE);
        request[i] ^= 1;
    }
    memset(request, 0, 64);
    CHECK_INT(call(SECURE, PLUTON_VERIFY, request, 160, NULL), PLUTON_BAD_SIGNATURE);
    CHECK_INT(call(SECURE, PLUTON_VERIFY, request, 159, NULL), PLUTON_BAD_LENGTH);
}

/* "32 bytes that no other chip, component or generation has" */
static void derive(void)
{
    struct span answer;
    uint8_t request[20] = {0}, first[32], label[32] = "storage key", want[32];
    unsigned len = sizeof want;
    CHECK_INT(call(SECURE, PLUTON_DERIVE, request, 20, &answer), PLUTON_OK);
    memcpy(first, answer.at, 32);
    REQUIRE(HMAC(EVP_sha256(), &chip.fuse[FUSE_SECRET], 32, label, 32, want, &len) != NULL);
    CHECK_MEM(first, want, 32);
    for (unsigned i = 0; i < 20; i++) {
        request[i] = 1;
        CHECK_INT(call(SECURE, PLUTON_DERIVE, request, 20, &answer), PLUTON_OK);
        CHECK(memcmp(first, answer.at, 32) != 0);
        request[i] = 0;
    }
    chip.fuse[FUSE_SECRET] ^= 1;
    CHECK_INT(call(SECURE, PLUTON_DERIVE, request, 20, &answer), PLUTON_OK);
    CHECK(memcmp(first, answer.at, 32) != 0);
    chip.fuse[FUSE_SECRET] ^= 1;
    /* after a debug capability was enabled: code that nobody signed may be asking */
    for (unsigned seen = 0; seen < 2; seen++) {
        static struct pluton p;
        uint8_t key[32];
        struct cursor in = cursor_of(span_of(request, sizeof request));
        struct writer reply = writer_of(key, sizeof key);
        unsigned row = 0;
        while (mcu_calls[row].number != PLUTON_DERIVE)
            row++;
        p.debug_seen = seen;
        CHECK_INT(mcu_calls[row].handle(&p, &in, &reply), 0);
        CHECK_INT(reply.len, 32);
        CHECK_INT(memcmp(key, first, 32) != 0, seen);
    }
}

/* -- fuses through the calls ------------------------------------------------------------ */

static void counters(void)
{
    struct span answer;
    /* the lower of loader (4) and runtime (3) bounds the counter of both */
    CHECK_INT(call(SECURE, PLUTON_RAISE_COUNTER, "\3\4\0\0\0", 5, NULL), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(SECURE, PLUTON_RAISE_COUNTER, "\3\2\0\0\0", 5, NULL), PLUTON_OK);
    CHECK_INT(call(SECURE, PLUTON_RAISE_COUNTER, "\3\1\0\0\0", 5, NULL), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(SECURE, PLUTON_RAISE_COUNTER, "\3\3\0\0\0", 5, NULL), PLUTON_OK);
    CHECK_INT(call(SECURE, PLUTON_READ_COUNTER, "\3", 1, &answer), PLUTON_OK);
    CHECK_MEM(answer.at, "\3\0\0\0", 4);
    CHECK_INT(chip.fuse[FUSE_COUNTERS + 24], 7); /* both copies, lowest bits */
    CHECK_INT(chip.fuse[FUSE_COUNTERS + 28], 7);
    const uint8_t complete[] = {0xAB, 0xC5, 0x04, 0x5F, 1, 0, 0, 0};
    CHECK_INT(call(NORMAL, PLUTON_SET_MANUFACTURING_STATE, complete, 8, NULL), PLUTON_OK);
    CHECK_INT(chip.fuse[FUSE_LIFECYCLE], 1);
    CHECK_INT(chip.fuse[FUSE_LIFECYCLE + 1], 1);
    CHECK_INT(call(NORMAL, PLUTON_GET_MANUFACTURING_STATE, NULL, 0, &answer), PLUTON_OK);
    CHECK_MEM(answer.at, "\1\0\0\0", 4);
    /* post code: the next boot prints it */
    CHECK_INT(call(NORMAL, PLUTON_SET_POSTCODE, "\0\0\x90\x70", 4, NULL), PLUTON_OK);
    REQUIRE(chip_boot(RESET_CAUSE_A7_WATCHDOG) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: 70900000/00000001/04000000"));
    CHECK_INT(call(NORMAL, PLUTON_GET_MANUFACTURING_STATE, NULL, 0, &answer), PLUTON_OK);
    CHECK_MEM(answer.at, "\1\0\0\0", 4);
    /* fuses that do not burn: until reset nothing secret any more */
    chip.fuses_fail = true;
    const uint8_t done[] = {0xAB, 0xC5, 0x04, 0x5F, 2, 0, 0, 0};
    CHECK_INT(call(NORMAL, PLUTON_SET_MANUFACTURING_STATE, done, 8, NULL), PLUTON_HARDWARE);
    CHECK_INT(call(SECURE, PLUTON_DERIVE, done, 8, NULL), PLUTON_BAD_LENGTH);
    const uint8_t zero[20] = {0};
    CHECK_INT(call(SECURE, PLUTON_DERIVE, zero, 20, NULL), PLUTON_HARDWARE);
    CHECK_INT(call(SECURE, PLUTON_DIGEST, zero, 8, NULL), PLUTON_BAD_ARGUMENT);
    chip.fuses_fail = false;
}

/* A report that comes too late, or says nothing, stops no chip.  (One that counts
 * does: tests/mcu.) */
static void boot_failed_refused(void)
{
    CHECK_INT(call(SECURE, PLUTON_BOOT_FAILED, "\7\0\0\0\10\0\0", 7, NULL), PLUTON_BAD_LENGTH);
    CHECK_INT(call(SECURE, PLUTON_BOOT_FAILED, "\7\0\0\0\0\0\0\0", 8, NULL), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(SECURE, PLUTON_BOOT_FAILED, "\7\0\0\0\0\0\1\0", 8, NULL), PLUTON_BAD_ARGUMENT);
    CHECK_INT(call(SECURE, PLUTON_CLOSE_MEASUREMENTS, NULL, 0, NULL), PLUTON_OK);
    CHECK_INT(call(SECURE, PLUTON_BOOT_FAILED, "\7\0\0\0\10\0\0\0", 8, NULL), PLUTON_BAD_STATE);
    CHECK(!chip.recovery);
}

int main(void)
{
    boot();
    no_block();
    capacity();
    both_full();
    changing_memory();
    rights();
    digest();
    verify();
    derive();
    counters();
    boot_failed_refused();
    chip_release();
    fixture_release(&f);
    return check_done();
}
