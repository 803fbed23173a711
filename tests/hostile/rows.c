/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/hostile/rows.h"

#include <stddef.h>

/* Letters of the tables. */
enum { N = HOSTILE_REFUSED, Y = HOSTILE_ALLOWED, _ = HOSTILE_WRONG };

struct place {
    const char *name;
    uint32_t address, value;
    uint8_t want[3]; /* read, write, execute */
    uint8_t counted;
};

static const struct place places[] = {
#define X(name, address, value, r, w, x) {#name, address, value, {r, w, x}, 0},
    HOSTILE_PLACES(X)
#undef X
#define X(name, r, w) [FIREWALL_##name] = {#name, 0, 0, {r, w, _}, 1},
};
static const struct place peripherals[] = {
    HOSTILE_PERIPHERALS(X)
#undef X
};
_Static_assert(sizeof peripherals / sizeof peripherals[0] == FIREWALL_PERIPHERAL_COUNT,
               "every peripheral has its row");
static const struct {
    uint32_t base;
} peripheral_bases[] = {
#define X(number, name, base, bytes, shared) [number] = {base},
    FIREWALL_PERIPHERAL_TABLE(X)
#undef X
};

static const struct partition {
    const char *name;
    uint32_t offset, bytes;
    uint8_t want;
} partitions[] = {
#define X(name, want) {#name, FLASH_##name##_AT, FLASH_##name##_BYTES, want},
    HOSTILE_PARTITIONS(X)
#undef X
};
#define X(name, offset, bytes, type, partition) +1
_Static_assert(sizeof partitions / sizeof partitions[0] == 0 FLASH_PARTITION_TABLE(X),
               "every partition has its row");
#undef X

/* Rows whose name, wish and two arguments are all there is. */
struct plain {
    const char *name;
    uint8_t want;
    uint32_t a, b;
};
static const struct plain mapped[] = {
#define X(name, address, want) {#name, want, address, 0},
    HOSTILE_MAPPED(X)
#undef X
};
static const struct plain across[] = {
#define X(name, want) {#name, want, HOSTILE_ACROSS_##name, 0},
    HOSTILE_ACROSS_TABLE(X)
#undef X
};
static const struct plain cpu[] = {
#define X(name, want) {#name, want, HOSTILE_CPU_##name, 0},
    HOSTILE_CPU_TABLE(X)
#undef X
};
static const struct plain gic[] = {
#define X(name, want) {#name, want, HOSTILE_GIC_##name, 0},
    HOSTILE_GIC_TABLE(X)
#undef X
};
static const struct plain smc_ids[] = {
#define X(name, id, answer) {#name, N, id, answer},
    HOSTILE_SMC_IDS(X)
#undef X
};
static const struct plain ranges[] = {
#define X(name, address, bytes, want) {#name, want, address, bytes},
    HOSTILE_RANGES(X)
#undef X
};
static const struct plain smc_tricks[] = {
#define X(name, want) {#name, want, HOSTILE_SMC_##name, 0},
    HOSTILE_SMC_TRICKS(X)
#undef X
};
static const struct plain blocks[] = {
#define X(name, address) {#name, N, address, 0},
    HOSTILE_BLOCKS(X)
#undef X
};
static const struct plain pluton_tricks[] = {
#define X(name, want) {#name, want, HOSTILE_PLUTON_##name, 0},
    HOSTILE_PLUTON_TRICKS(X)
#undef X
};

static const struct hostile_payload payloads[] = {
#define X(name, number, status, bytes, w0, w1, w2, w3) {number, bytes, {w0, w1, w2, w3}},
    HOSTILE_PAYLOADS(X)
#undef X
};
static const struct plain payload_rows[] = {
#define X(name, number, status, bytes, w0, w1, w2, w3) {#name, N, 0, status},
    HOSTILE_PAYLOADS(X)
#undef X
};

enum { NW_CONFIG_NUMBER = 6, PARTITION_NUMBERS = 24 };
enum { COUNT_SECURE_PAGES = MT3620_RAM_BYTES / 4096 - (MT3620_SECURE_RAM - MT3620_RAM) / 4096 };

struct hostile_payload hostile_payload(unsigned index)
{
    return payloads[index < sizeof payloads / sizeof payloads[0] ? index : 0];
}

static const uint8_t access_deed[3] = {HOSTILE_READ, HOSTILE_WRITE, HOSTILE_EXECUTE};

static struct hostile_row access_row(const char *item, unsigned verb, uint8_t want,
                                     uint32_t address, uint32_t value)
{
    return (struct hostile_row){.deed = access_deed[verb], .want = want, .item = item,
                                .a = address, .b = value};
}

static struct hostile_row place_row(unsigned n)
{
    const struct place *place = &places[n / 3];
    return access_row(place->name, n % 3, place->want[n % 3], place->address, place->value);
}

static struct hostile_row peripheral_row(unsigned n)
{
    const struct place *place = &peripherals[n / 2];
    struct hostile_row row =
        access_row(place->name, n % 2, place->want[n % 2], peripheral_bases[n / 2].base, 0xFFFFFFFF);
    row.counted = 1;
    return row;
}

/* First, middle and last word of each page of secure RAM, three verbs each. */
static struct hostile_row secure_row(unsigned n)
{
    static const uint16_t where[3] = {0, 0x800, 0xFFC};
    static const char *const names[3] = {"first", "middle", "last"};
    const unsigned at = n / 3 % 3;
    struct hostile_row row = access_row(names[at], n % 3, N,
                                        MT3620_SECURE_RAM + n / 9 * 4096 + where[at], 0xE12FFF1E);
    row.counted = 1;
    return row;
}

/* First and last word of each partition, three verbs each. */
static struct hostile_row partition_row(unsigned n)
{
    const struct partition *part = &partitions[n / 6];
    const unsigned verb = n % 3, last = n / 3 % 2;
    uint8_t want = verb == 1 ? N : part->want;
    if (verb == 2 && want == Y)
        want = _; /* this program runs there */
    struct hostile_row row = access_row(
        part->name, verb, want, MT3620_FLASH + part->offset + (last ? part->bytes - 4 : 0), 0);
    row.counted = 1;
    return row;
}

static struct hostile_row plain_row(const struct plain *plain, uint8_t deed)
{
    return (struct hostile_row){
        .deed = deed, .want = plain->want, .item = plain->name, .a = plain->a, .b = plain->b};
}

static struct hostile_row mapped_row(unsigned n)
{
    return plain_row(&mapped[n], HOSTILE_READ_MAPPED);
}

static struct hostile_row across_row(unsigned n)
{
    return plain_row(&across[n], HOSTILE_ACROSS);
}

static struct hostile_row cpu_row(unsigned n)
{
    return plain_row(&cpu[n], HOSTILE_CPU);
}

static struct hostile_row gic_row(unsigned n)
{
    return plain_row(&gic[n], HOSTILE_GIC);
}

static const struct call {
    const char *name;
    uint8_t number;
    uint8_t idle; /* what the update engine says when nothing is staged or tried; 0: not asked */
    uint16_t min, reply;
} calls[] = {
#define X(name, number, min, max, reply) {#name, number, 0, min, reply},
    SMC_CALL_TABLE(X)
#undef X
    {"GET_VERSION", MONITOR_CALL_GET_VERSION, 0, 0, 4},
    {"PING", MONITOR_CALL_PING, 0, 0, 0},
    {"RESET", MONITOR_CALL_RESET, 0, 4, 0},
#define ENGINE(name, min, reply) {#name, MONITOR_CALL_##name, MONITOR_INVALID_PARAMETER, min, reply}
#define IDLE(name, reply) {#name, MONITOR_CALL_##name, MONITOR_NO_UPDATE_IN_PROGRESS, 0, reply}
    ENGINE(OPEN_STAGING, 16, 4),   ENGINE(WRITE_BLOCK, 9, 0),     ENGINE(COMMIT_STAGING, 4, 0),
    ENGINE(ABORT_STAGING, 4, 0),   ENGINE(INSTALL, 0, 4),         ENGINE(GET_COMPONENTS, 0, 1),
    ENGINE(STAGE_MANIFESTS, 1, 4), IDLE(GET_MISSING, 1),          ENGINE(GET_ABI, 0, 1),
    ENGINE(GET_ROLLBACK, 0, 21),   ENGINE(NEW_UPDATE_NONCE, 0, 32), ENGINE(OPEN_APPLICATION, 16, 1),
    ENGINE(SIDELOAD_OPEN, 4, 4),   ENGINE(SIDELOAD_WRITE, 9, 0),  ENGINE(SIDELOAD_COMMIT, 4, 32),
    ENGINE(SIDELOAD_INSTALL, 4, 0), ENGINE(SIDELOAD_REMOVE, 16, 0), ENGINE(CONFIRM, 0, 0),
#undef ENGINE
#undef IDLE
};

/*
 * Each number with nothing in r1..r4: outside the tables it is denied; inside, a
 * request that is too short, or a reply that does not fit, is an invalid parameter.
 */
static struct hostile_row smc_number_row(unsigned n)
{
    struct hostile_row row = {.deed = HOSTILE_SMC_NUMBER, .want = N, .item = "unlisted", .a = n,
                              .b = MONITOR_PERMISSION_DENIED, .c = MONITOR_PERMISSION_DENIED};
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].number != n)
            continue;
        row.item = calls[i].name;
        row.b = row.c = MONITOR_INVALID_PARAMETER;
        if (calls[i].idle)
            row.c = calls[i].idle;
        if (!calls[i].idle && calls[i].min == 0 && calls[i].reply == 0)
            row.want = Y;
        if (n == SMC_GET_MEASURED)
            row.c = MONITOR_NOT_IMPLEMENTED;
    }
    return row;
}

static struct hostile_row smc_id_row(unsigned n)
{
    return plain_row(&smc_ids[n], HOSTILE_SMC_ID);
}

static struct hostile_row range_row(unsigned n)
{
    return plain_row(&ranges[n / 2], n % 2 ? HOSTILE_SMC_REPLY : HOSTILE_SMC_REQUEST);
}

static struct hostile_row payload_row(unsigned n)
{
    struct hostile_row row = plain_row(&payload_rows[n], HOSTILE_SMC_PAYLOAD);
    row.a = n;
    return row;
}

/* Four calls for each partition number but NW_CONFIG's, which is open to all of them. */
static struct hostile_row flash_call_row(unsigned n)
{
    static const uint8_t call[4] = {SMC_QUERY_FLASH, SMC_ERASE_FLASH, SMC_WRITE_FLASH,
                                    SMC_READ_FLASH};
    static const char *const name[4] = {"query", "erase", "write", "read"};
    const unsigned partition = n / 4, queried = 1u << 4 | 1u << 5 | 1u << 15;
    struct hostile_row row = {.deed = HOSTILE_SMC_PARTITION, .want = N, .item = name[n % 4],
                              .a = partition, .b = call[n % 4]};
    if (partition == NW_CONFIG_NUMBER)
        row.want = n % 4 == 0 ? Y : _;
    else if (n % 4 == 0 && partition < 16 && (queried >> partition & 1))
        row.want = Y;
    return row;
}

static struct hostile_row smc_trick_row(unsigned n)
{
    return plain_row(&smc_tricks[n], HOSTILE_SMC_TRICK);
}

static struct hostile_row block_row(unsigned n)
{
    return plain_row(&blocks[n], HOSTILE_PLUTON_BLOCK);
}

static const struct pluton_call {
    const char *name;
    uint8_t number, rights;
    uint16_t min, max;
} pluton_calls[] = {
#define X(name, number, rights, states, min, max) {#name, number, rights, min, max},
    PLUTON_CALL_TABLE(X) PLUTON_MCU_CALL_TABLE(X)
#undef X
};
enum { PLUTON_CALLS = sizeof pluton_calls / sizeof pluton_calls[0] };

/* Every command number with an empty payload. */
static struct hostile_row command_row(unsigned n)
{
    struct hostile_row row = {.deed = HOSTILE_PLUTON_CALL, .want = N, .item = "unknown", .a = n,
                              .c = PLUTON_UNKNOWN_COMMAND};
    for (unsigned i = 0; i < PLUTON_CALLS; i++) {
        if (pluton_calls[i].number != n)
            continue;
        row.item = pluton_calls[i].name;
        if (pluton_calls[i].rights & PLUTON_RIGHT_SECURE_WORLD)
            row.c = PLUTON_DENIED;
        else if (pluton_calls[i].min)
            row.c = n == PLUTON_SET_MANUFACTURING_STATE ? HOSTILE_NOT_OK : PLUTON_BAD_LENGTH;
        else
            row.want = Y;
    }
    return row;
}

/* Each command one byte too short, right, too long: what may not be called stays
 * denied, the others say that the length is wrong. */
static struct hostile_row length_row(unsigned n)
{
    static const char *const secure_name = "secure_world";
    const struct pluton_call *call = &pluton_calls[n / 3];
    const unsigned which = n % 3;
    struct hostile_row row = {.deed = HOSTILE_PLUTON_CALL, .want = N, .item = call->name,
                              .a = call->number};
    if (call->rights & PLUTON_RIGHT_SECURE_WORLD) {
        row.item = call->name;
        row.set = secure_name;
        row.b = which == 0 ? call->min : which == 1 ? call->max : (uint32_t)call->max + 1;
        row.c = PLUTON_DENIED;
        if (row.b > PLUTON_PAYLOAD_MAX)
            row.c = HOSTILE_NOT_OK;
        return row;
    }
    row.b = which == 0 ? (uint32_t)call->min - 1 : (uint32_t)call->max + (which == 1 ? 1 : 64);
    row.c = call->number == PLUTON_SET_MANUFACTURING_STATE ? HOSTILE_NOT_OK : PLUTON_BAD_LENGTH;
    if (which == 0 && call->min == 0)
        row.want = _;
    return row;
}

static struct hostile_row pluton_trick_row(unsigned n)
{
    return plain_row(&pluton_tricks[n], HOSTILE_PLUTON_TRICK);
}

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct set {
    const char *name;
    unsigned count;
    struct hostile_row (*row)(unsigned n);
} sets[] = {
    {"place", SIZE(places) * 3, place_row},
    {"secure_ram", COUNT_SECURE_PAGES * 9, secure_row},
    {"peripheral", SIZE(peripherals) * 2, peripheral_row},
    {"partition", SIZE(partitions) * 6, partition_row},
    {"mapped", SIZE(mapped), mapped_row},
    {"across", SIZE(across), across_row},
    {"cpu", SIZE(cpu), cpu_row},
    {"gic", SIZE(gic), gic_row},
    {"number", 256, smc_number_row},
    {"id", SIZE(smc_ids), smc_id_row},
    {"range", SIZE(ranges) * 2, range_row},
    {"payload", SIZE(payload_rows), payload_row},
    {"flash", PARTITION_NUMBERS * 4, flash_call_row},
    {"smc", SIZE(smc_tricks), smc_trick_row},
    {"block", SIZE(blocks), block_row},
    {"command", 256, command_row},
    {"length", PLUTON_CALLS * 3, length_row},
    {"pluton", SIZE(pluton_tricks), pluton_trick_row},
};

unsigned hostile_rows(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SIZE(sets); i++)
        count += sets[i].count;
    return count;
}

struct hostile_row hostile_row(unsigned n)
{
    for (unsigned i = 0; i < SIZE(sets); i++) {
        if (n < sets[i].count) {
            struct hostile_row row = sets[i].row(n);
            if (!row.set)
                row.set = sets[i].name;
            return row;
        }
        n -= sets[i].count;
    }
    return (struct hostile_row){.want = HOSTILE_WRONG, .set = "", .item = ""};
}
