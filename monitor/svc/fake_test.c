/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/fake_test.h"

#include "abi/evidence.h"
#include "abi/mcu_boot.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "monitor/svc/plat.h"

struct fake fake;
struct monitor monitor;

/* ---- flash controller ---- */

/* New value of byte i of n under a command that may lose power. */
static uint8_t flash_byte(uint32_t command, uint8_t old, uint8_t data, size_t i, size_t n, bool cut)
{
    const uint8_t new = command == FLASH_COMMAND_ERASE ? 0xFF : (uint8_t)(old & data);
    if (!cut)
        return new;
    switch (fake.cut) {
    case FAKE_CUT_BEFORE: return old;
    case FAKE_CUT_FIRST_HALF: return i < n / 2 ? new : old;
    case FAKE_CUT_LAST_HALF: return i < n / 2 ? old : new;
    case FAKE_CUT_EVERY_OTHER: return i % 2 ? old : new;
    case FAKE_CUT_NOISE:
        fake.noise = fake.noise * 1664525 + 1013904223;
        return (uint8_t)(old ^ ((old ^ new) & (fake.noise >> 24)));
    case FAKE_CUT_AFTER:
    case FAKE_CUTS: break;
    }
    return new;
}

static void flash_command(uint32_t command)
{
    const uint32_t at = fake.flash_address;
    const size_t n = command == FLASH_COMMAND_ERASE ? FLASH_SECTOR_BYTES : fake.flash_length;
    if (fake.dead)
        return;
    const bool valid = (command == FLASH_COMMAND_ERASE && at % FLASH_SECTOR_BYTES == 0) ||
                       (command == FLASH_COMMAND_PROGRAM && n != 0 &&
                        n <= FLASH_PAGE_BYTES - at % FLASH_PAGE_BYTES);
    const bool locked = fake.flash_lock & FLASH_LOCK_PROTECT && at < fake.flash_protect;
    if (!valid || locked || at >= MT3620_FLASH_BYTES || n > MT3620_FLASH_BYTES - at) {
        fake.flash_status = FLASH_STATUS_FAILED;
        return;
    }
    REQUIRE(at >= fake.fence || (fake.records && (at & ~0xFFFu) == FLASH_STATE_A_AT) ||
            (fake.records && (at & ~0xFFFu) == FLASH_STATE_B_AT));
    const bool cut = fake.operations == fake.cut_at;
    for (size_t i = 0; i < n; i++)
        fake.flash[at + i] = flash_byte(command, fake.flash[at + i],
                                        fake.flash_buffer[i % FLASH_PAGE_BYTES], i, n, cut);
    fake.flash_status = 0;
    fake.operations++;
    fake.dead = cut;
    fake.touched[at / FLASH_SECTOR_BYTES] = true;
    fake.blank[at / FLASH_SECTOR_BYTES] = false;
    fake.violations += fake.guarded[at / FLASH_SECTOR_BYTES];
}

static void flash_set(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case FLASH_ADDRESS: fake.flash_address = value; return;
    case FLASH_LENGTH: fake.flash_length = value; return;
    case FLASH_COMMAND: flash_command(value); return;
    case FLASH_REMAP_OFFSET:
        if (!(fake.flash_lock & FLASH_LOCK_REMAP))
            fake.flash_remap = value;
        return;
    case FLASH_PROTECT: fake.flash_protect = value; return;
    case FLASH_LOCK: fake.flash_lock |= value; return;
    default: break;
    }
    REQUIRE(offset >= FLASH_BUFFER && offset < FLASH_BUFFER + FLASH_PAGE_BYTES && offset % 4 == 0);
    for (unsigned k = 0; k < 4; k++)
        fake.flash_buffer[offset - FLASH_BUFFER + k] = (uint8_t)(value >> (8 * k));
}

/* ---- plat.h ---- */

uint32_t plat_read(uint32_t address)
{
    switch (address) {
    case MT3620_FLASH_CONTROLLER + FLASH_STATUS: return fake.flash_status;
    case MT3620_FLASH_CONTROLLER + FLASH_REMAP_OFFSET: return fake.flash_remap;
    case MT3620_FLASH_CONTROLLER + FLASH_PROTECT: return fake.flash_protect;
    case MT3620_INFRA + RESET_IO0_CONTROL:
    case MT3620_INFRA + RESET_IO1_CONTROL:
        if (fake.io_stops_after && fake.io_stops_after != UINT_MAX)
            fake.io_stops_after--;
        return fake.io_stops_after ? RESET_CONTROL_RUN : 0;
    case MT3620_FIREWALL + FIREWALL_STATUS: return fake.firewall_sticky;
    case MT3620_FIREWALL + FIREWALL_SECURE_BASE: return fake.secure_base;
    default: break;
    }
    fprintf(stderr, "read of register %08x\n", address);
    exit(1);
}

void plat_write(uint32_t address, uint32_t value)
{
    REQUIRE(address % 4 == 0);
    if (fake.writes < FAKE_WRITES_MAX)
        fake.write[fake.writes++] = (struct fake_write){address, value};
    if (address - MT3620_FLASH_CONTROLLER < FLASH_BUFFER + FLASH_PAGE_BYTES)
        flash_set(address - MT3620_FLASH_CONTROLLER, value);
    if (address == MT3620_FIREWALL + FIREWALL_SECURE_BASE) {
        if (fake.secure_base)
            fake.firewall_sticky = true;
        else
            fake.secure_base = value;
    }
}

uint8_t *plat_ram(uint32_t address)
{
    REQUIRE(address >= MT3620_RAM && address < MT3620_SECURE_RAM);
    return fake.ram + (address - MT3620_RAM);
}

const uint8_t *plat_flash(uint32_t offset)
{
    REQUIRE(offset <= MT3620_FLASH_BYTES);
    return fake.flash + offset;
}

void plat_say(const char *text)
{
    const size_t len = strlen(fake.said), more = strlen(text);
    if (len + more < sizeof fake.said)
        memcpy(fake.said + len, text, more + 1);
}

/* Time enough passes between calls for any of them, unless a test says otherwise. */
uint32_t plat_ticks(void)
{
    if (!fake.ticks_stand)
        fake.ticks += BUDGET_BYTES / BUDGET_PER_TICK;
    return fake.ticks;
}

void plat_stop(void)
{
    fake.stopped = true;
}

/* ---- Pluton ---- */

static int keystore_trust(struct span file)
{
    struct image image;
    int err = image_parse(file, &image);
    if (!err)
        err = image.meta.type == IMAGE_TYPE_TRUSTED_KEYSTORE ? image_verify(&image, fake.root.public)
                                                             : E_MALFORMED;
    return err;
}

int plat_pluton(uint16_t command, struct span request, struct writer *reply)
{
    struct cursor c = cursor_of(request);
    fake.pluton_calls++;
    if (command == fake.pluton_fails)
        return E_CRYPTO;
    switch (command) {
    case PLUTON_TRUST_KEYSTORE:
    case PLUTON_CHECK_KEYSTORE: return keystore_trust(request);
    case PLUTON_READ_COUNTER:
        REQUIRE(request.len == 1);
        writer_u32le(reply, cursor_u8(&c) == PLUTON_COUNTER_OS ? fake.os_counter : fake.keystore_counter);
        return reply->err;
    case PLUTON_RAISE_COUNTER: {
        uint32_t *counter = cursor_u8(&c) == PLUTON_COUNTER_OS ? &fake.os_counter : &fake.keystore_counter;
        const uint32_t value = cursor_u32le(&c);
        REQUIRE(fake.closed && request.len == 5 && value > *counter);
        if (fake.dead)
            return E_CRYPTO;
        fake.dead = fake.operations++ == fake.cut_at;
        if (fake.dead && fake.cut == FAKE_CUT_BEFORE)
            return E_CRYPTO;
        *counter = value;
        fake.raises++;
        return fake.dead ? E_CRYPTO : 0;
    }
    case PLUTON_IS_CAPABILITY_ENABLED: {
        const uint16_t number = cursor_u16le(&c);
        REQUIRE(request.len == 2);
        writer_u8(reply, number == fake.capability[0] || number == fake.capability[1]);
        return reply->err;
    }
    case PLUTON_GET_MANUFACTURING_STATE:
        REQUIRE(request.len == 0);
        writer_u32le(reply, fake.lifecycle);
        return reply->err;
    case PLUTON_GET_SECURITY_STATE:
        REQUIRE(request.len == 0);
        writer_zero(reply, 4 + 64);
        for (unsigned i = 0; i < 64; i++)
            writer_u8(reply, FAKE_DEVICE);
        return reply->err;
    case PLUTON_READ_RNG:
        for (uint16_t i = 0, n = cursor_u16le(&c); i < n; i++)
            writer_u8(reply, (uint8_t)(0xA0 + i));
        return reply->err;
    case PLUTON_MEASURE:
        REQUIRE(!fake.closed && request.len == PLUTON_MEASUREMENT_BYTES);
        REQUIRE(fake.measured < PLUTON_MEASUREMENTS_MAX);
        memcpy(fake.measurement[fake.measured++], request.at, request.len);
        return 0;
    case PLUTON_CLOSE_MEASUREMENTS: fake.closed = true; return 0;
    case PLUTON_DERIVE:
        REQUIRE(request.len == 20);
        for (unsigned i = 0; i < 32; i++)
            writer_u8(reply, (uint8_t)(request.at[i % 16] ^ i ^ request.at[16]));
        return reply->err;
    case PLUTON_BOOT_FAILED:
        REQUIRE(!fake.closed && request.len == 8);
        fake.failed_stage = cursor_u32le(&c);
        fake.failed_reason = cursor_u32le(&c);
        return 0;
    default: break;
    }
    fprintf(stderr, "Pluton command %02x\n", command);
    exit(1);
}

/* ---- images ---- */

size_t fake_package(const struct fake_image *image, uint8_t *to, size_t cap)
{
    struct writer w = writer_of(to, cap);
    struct image_meta meta = {.type = image->type,
                              .signing_type = IMAGE_SIGNING_ECDSA256,
                              .has_temporary = image->temporary != 0,
                              .temporary = image->temporary,
                              .has_provides = image->type == IMAGE_TYPE_NORMAL_WORLD_KERNEL,
                              .provides = {1, {{7, IMAGE_IDENTITY_OS_RUNTIME}}},
                              .has_security_version = true,
                              .security_version = image->security_version};
    struct signer signer = soft_key_signer(image->key);
    memset(meta.component, image->component, sizeof meta.component);
    memset(meta.id, image->component ^ 0xFF, sizeof meta.id);
    REQUIRE(image_thumbprint(image->key->public, meta.thumbprint) == 0);
    writer_bytes(&w, image->body.at, image->body.len);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    REQUIRE(image_sign(&w, &signer) == 0);
    return w.len;
}

void fake_slot(uint32_t at, uint32_t bytes, const uint8_t *package, size_t len)
{
    struct writer w = writer_of(fake.flash + at + bytes - FLASH_SLOT_TRAILER_BYTES, FLASH_SLOT_TRAILER_BYTES);
    REQUIRE(len <= bytes - FLASH_SLOT_TRAILER_BYTES);
    memset(fake.flash + at, 0xFF, bytes);
    memcpy(fake.flash + at, package, len);
    writer_u32le(&w, FLASH_SLOT_MAGIC);
    writer_u32le(&w, (uint32_t)len);
    writer_u32le(&w, ~(uint32_t)len);
    writer_u32le(&w, 0);
}

static void system_slot(uint32_t at, uint32_t bytes, const struct fake_image *image)
{
    static uint8_t package[8192];
    fake_slot(at, bytes, package, fake_package(image, package, sizeof package));
}

void fake_system(uint32_t system_at, uint32_t security_version, uint8_t mark)
{
    static uint8_t body[1024], tree[512];
    memset(body, mark, sizeof body);
    memset(tree, mark, sizeof tree);
    memcpy(tree + 101, BOOT_SEED_MARK, 32);
    struct fake_image image = {IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0x71, security_version, &fake.os,
                               span_of(body, sizeof body), 0};
    system_slot(system_at + FLASH_SYSTEM_KERNEL, FLASH_SYSTEM_KERNEL_BYTES, &image);
    image.type = IMAGE_TYPE_ROOT_FS;
    image.component = 0x72;
    system_slot(system_at + FLASH_SYSTEM_ROOT, FLASH_SYSTEM_ROOT_BYTES, &image);
    image.type = IMAGE_TYPE_SERVICES;
    image.component = 0x73;
    system_slot(system_at + FLASH_SYSTEM_SERVICES, FLASH_SYSTEM_SERVICES_BYTES, &image);
    image.type = IMAGE_TYPE_NORMAL_WORLD_DTB;
    image.component = 0x74;
    image.body = span_of(tree, sizeof tree);
    system_slot(system_at + FLASH_SYSTEM_DTB, FLASH_SYSTEM_DTB_BYTES, &image);
}

static void key_add(struct keystore *keystore, const struct soft_key *key, uint32_t usage)
{
    struct keystore_key *to = &keystore->at[keystore->count++];
    memcpy(to->key, key->public, sizeof to->key);
    REQUIRE(image_thumbprint(key->public, to->thumbprint) == 0);
    to->usage = usage;
}

size_t fake_keystore_package(uint32_t security_version, struct soft_key *root, uint8_t *to, size_t cap)
{
    static struct keystore keystore;
    uint8_t body[2048];
    struct writer w = writer_of(body, sizeof body);
    memset(&keystore, 0, sizeof keystore);
    key_add(&keystore, &fake.os, KEYSTORE_USE_OS);
    key_add(&keystore, &fake.application, KEYSTORE_USE_APPLICATION);
    key_add(&keystore, &fake.development, KEYSTORE_USE_DEVELOPMENT);
    REQUIRE(keystore_write(&keystore, &w) == 0);
    const struct fake_image image = {IMAGE_TYPE_TRUSTED_KEYSTORE, 0x19, security_version, root,
                                     writer_view(&w), 0};
    return fake_package(&image, to, cap);
}

void fake_keystore(uint32_t at, uint32_t security_version, struct soft_key *root)
{
    uint8_t package[2560];
    fake_slot(at, FLASH_KEYSTORE_BYTES, package,
              fake_keystore_package(security_version, root, package, sizeof package));
}

/* ---- life ---- */

void fake_power_on(void)
{
    fake.flash_lock = fake.flash_protect = fake.flash_status = 0;
    fake.flash_remap = FLASH_SYSTEM_A_AT;
    fake.dead = fake.stopped = fake.closed = fake.firewall_sticky = false;
    fake.operations = 0;
    fake.fence = 0;
    fake.cut_at = FAKE_NEVER;
    fake.secure_base = MT3620_SECURE_RAM;
    fake.writes = fake.measured = fake.pluton_calls = 0;
    fake.failed_stage = fake.failed_reason = 0;
    fake.said[0] = '\0';
    memset(&monitor, 0x5A, sizeof monitor);
}

void fake_init(void)
{
    memset(&fake, 0, sizeof fake);
    fake.flash = malloc(MT3620_FLASH_BYTES);
    fake.ram = calloc(1, FAKE_NW_BYTES);
    REQUIRE(fake.flash && fake.ram);
    memset(fake.flash, 0xFF, MT3620_FLASH_BYTES);
    soft_key_init(&fake.root);
    soft_key_init(&fake.os);
    soft_key_init(&fake.application);
    soft_key_init(&fake.development);
    fake.os_counter = 3;
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    fake_keystore(FLASH_KEYSTORE_AT, 1, &fake.root);
    fake_system(FLASH_SYSTEM_A_AT, 3, 0xAA);
    fake_power_on();
}

void fake_release(void)
{
    free(fake.flash);
    free(fake.ram);
    soft_key_release(&fake.root);
    soft_key_release(&fake.os);
    soft_key_release(&fake.application);
    soft_key_release(&fake.development);
}

int fake_boot(struct boot_failure *failure)
{
    struct boot_failure got = {0};
    const int err = boot_run(&monitor, &got);
    if (failure)
        *failure = got;
    return err;
}

uint32_t fake_written(uint32_t address, unsigned *count)
{
    uint32_t value = 0;
    *count = 0;
    for (unsigned i = 0; i < fake.writes; i++)
        if (fake.write[i].address == address) {
            value = fake.write[i].value;
            ++*count;
        }
    return value;
}

/* ---- calls ---- */

struct smc_result fake_smc(uint32_t id, uint32_t in, uint32_t bytes, uint32_t out, uint32_t room)
{
    const uint32_t r[5] = {id, in, bytes, out, room};
    return smc_call(&monitor, r);
}

uint32_t fake_call(uint32_t number, const void *request, uint32_t bytes, uint32_t room,
                   struct span *reply)
{
    if (bytes)
        memcpy(plat_ram(FAKE_IN), request, bytes);
    const struct smc_result result = fake_smc(SMC_FUNCTION(number), FAKE_IN, bytes, FAKE_OUT, room);
    REQUIRE(result.bytes <= room);
    if (reply)
        *reply = span_of(plat_ram(FAKE_OUT), result.bytes);
    return result.status;
}

struct span fake_words(unsigned count, const uint32_t *words)
{
    static uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    for (unsigned i = 0; i < count; i++)
        writer_u32le(&w, words[i]);
    return writer_view(&w);
}
