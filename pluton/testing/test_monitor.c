/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for the monitor that looks at what Pluton gives it: runs on the A7
 * in the secure world, makes each kind of call, prints "ok" or "FAILED" lines on
 * UART0, and powers the chip down (or resets it, the first time after power-on).
 */
#include <stdint.h>
#include <string.h>

#include "abi/mt3620.h"
#include "abi/mt3620_mailbox.h"
#include "abi/mt3620_reset.h"
#include "abi/pluton_call.h"

extern uint32_t stack_top[];
void start(void);
void test_monitor_main(void);
uintptr_t __stack_chk_guard = 0x0A0B0C0D;
void __stack_chk_fail(void);

__attribute__((section(".header"), used)) static const struct {
    uint32_t load, bytes; /* bytes: by who packs the image */
    void (*entry)(void);
} header = {MT3620_SECURE_RAM, 0, start};

__attribute__((naked)) void start(void)
{
    __asm__ volatile("cpsid if\n\tldr r0, =stack_top\n\tmov sp, r0\n\tbl test_monitor_main\n\t1: b 1b");
}

void __stack_chk_fail(void)
{
    for (;;)
        ;
}

static volatile uint32_t *reg(uint32_t at)
{
    return (volatile uint32_t *)at;
}

static void print(const char *text)
{
    for (; *text; text++)
        *reg(MT3620_A7_UART0) = (uint8_t)*text;
}

static struct {
    uint32_t processed, capacity;
    uint16_t command, status;
    uint32_t length;
    uint8_t payload[512];
} block;

/* The status, or -1 when the answer is none; the answer stays in the block. */
static int call_at(uint32_t mailbox, uint16_t command, const void *payload, uint32_t len)
{
    static uint32_t sequence;
    const uint32_t word = (uint32_t)&block;
    block.processed = 0;
    block.capacity = sizeof block - 8;
    block.command = command;
    block.status = 0;
    block.length = len;
    if (len)
        memcpy(block.payload, payload, len);
    __asm__ volatile("dsb" ::: "memory");
    *reg(mailbox + MAILBOX_DATA_PUSH) = ++sequence;
    *reg(mailbox + MAILBOX_CMD_PUSH) = word;
    for (uint32_t i = 0; *reg(mailbox + MAILBOX_POP_CNT) == 0; i++)
        if (i > 2000000000)
            return -2;
    const uint32_t data = *reg(mailbox + MAILBOX_DATA_POP), back = *reg(mailbox + MAILBOX_CMD_POP);
    __asm__ volatile("dsb" ::: "memory");
    if (data == 0 && back == word)
        return -1;
    return data == sequence && back == word && block.processed == 1 && block.command == command
               ? block.status : -3;
}

static int call(uint16_t command, const void *payload, uint32_t len)
{
    return call_at(MT3620_A7_MAILBOX_SECURE, command, payload, len);
}

static void expect(const char *what, int ok)
{
    print(ok ? "ok " : "FAILED ");
    print(what);
    print("\r\n");
}

static uint32_t word_at(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void test_monitor_main(void)
{
    uint8_t first[32], request[64] = {0};
    print("test monitor\r\n");
    expect("random 5", call(PLUTON_READ_RNG, "\5\0", 2) == PLUTON_OK && block.length == 5);
    expect("security state", call(PLUTON_GET_SECURITY_STATE, 0, 0) == PLUTON_OK && block.length == 132);
    expect("sign denied", call(PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, 48) == PLUTON_DENIED);
    /* SHA-256 of nothing */
    const uint32_t nothing[2] = {MT3620_RAM, 0};
    expect("digest", call(PLUTON_DIGEST, nothing, 8) == PLUTON_OK && block.length == 32 &&
                         word_at(block.payload) == 0x42c4b0e3);
    const uint32_t outside[2] = {MT3620_TCM, 4};
    expect("digest of another core's memory", call(PLUTON_DIGEST, outside, 8) == PLUTON_BAD_ARGUMENT);
    expect("derive", call(PLUTON_DERIVE, request, 20) == PLUTON_OK && block.length == 32);
    memcpy(first, block.payload, 32);
    request[19] = 1;
    expect("derive another", call(PLUTON_DERIVE, request, 20) == PLUTON_OK &&
                                 memcmp(first, block.payload, 32) != 0);
    request[19] = 0;
    expect("derive again", call(PLUTON_DERIVE, request, 20) == PLUTON_OK &&
                               memcmp(first, block.payload, 32) == 0);
    expect("counter", call(PLUTON_READ_COUNTER, "\3", 1) == PLUTON_OK);
    const uint32_t counter = word_at(block.payload);
    expect("counter above what runs", call(PLUTON_RAISE_COUNTER, "\3\t\0\0\0", 5) == PLUTON_BAD_ARGUMENT);
    expect("counter rises", call(PLUTON_RAISE_COUNTER, "\3\1\0\0\0", 5) == PLUTON_OK);
    expect("a block of the secure world from the normal world",
           call_at(MT3620_A7_MAILBOX_NORMAL, PLUTON_READ_RNG, "\5\0", 2) == -1);
    expect("close", call(PLUTON_CLOSE_MEASUREMENTS, 0, 0) == PLUTON_OK);
    if (*reg(MT3620_INFRA + RESET_CAUSE) == RESET_CAUSE_POWER_ON && counter == 0) {
        print("reset\r\n");
        *reg(MT3620_INFRA + RESET_CHIP_RESET) = RESET_KEY_CHIP_RESET;
    }
    print("power off\r\n");
    *reg(MT3620_INFRA + RESET_POWER) = RESET_KEY_POWER;
    for (;;)
        ;
}
