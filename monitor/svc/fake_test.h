/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chip in memory for tests of monitor/svc: flash with its controller and power
 * cuts, RAM of the normal world, registers that note what is written, a Pluton,
 * and images signed by keys made here.
 */
#ifndef PERI_MONITOR_SVC_FAKE_TEST_H
#define PERI_MONITOR_SVC_FAKE_TEST_H

#include "abi/mt3620.h"
#include "abi/mt3620_flash.h"
#include "abi/pluton_call.h"
#include "lib/image.h"
#include "monitor/svc/boot.h"
#include "tests/check.h"
#include "tests/soft_key.h"

enum {
    FAKE_NW_BYTES = MT3620_SECURE_RAM - MT3620_RAM,
    FAKE_WRITES_MAX = 1 << 16,
    FAKE_NEVER = -1,
    FAKE_DEVICE = 0xD1, /* 64 of it are the device's id */
    FAKE_SECTORS = MT3620_FLASH_BYTES / FLASH_SECTOR_BYTES,
};

/* How the operation that loses power leaves its bytes. */
enum fake_cut {
    FAKE_CUT_BEFORE,
    FAKE_CUT_FIRST_HALF,
    FAKE_CUT_LAST_HALF,
    FAKE_CUT_EVERY_OTHER,
    FAKE_CUT_NOISE, /* each bit that was to change did, or did not */
    FAKE_CUT_AFTER,
    FAKE_CUTS,
};

struct fake_write {
    uint32_t address, value;
};

struct fake {
    uint8_t *flash; /* MT3620_FLASH_BYTES */
    uint8_t *ram;   /* FAKE_NW_BYTES, exactly: one byte more is caught */
    uint32_t flash_address, flash_length, flash_lock, flash_protect, flash_remap, flash_status;
    uint8_t flash_buffer[FLASH_PAGE_BYTES];
    long operations, cut_at; /* of flash and counters; cut_at: the one that loses power, or FAKE_NEVER */
    enum fake_cut cut;
    uint32_t fence;       /* no command may touch the flash below, */
    bool records;         /* but for the state records */
    uint32_t noise;
    bool touched[FAKE_SECTORS]; /* erased or programmed; nobody here clears it */
    bool blank[FAKE_SECTORS];   /* a test's note, dropped by a command */
    bool guarded[FAKE_SECTORS]; /* to touch one is counted */
    unsigned violations;
    bool dead;            /* no power */
    unsigned io_stops_after; /* reads of a core's control, UINT_MAX: never */
    uint32_t ticks;       /* what plat_ticks() says; */
    bool ticks_stand;     /* and whether it is much more each time */
    bool stopped;         /* plat_stop() was reached */
    bool firewall_sticky; /* the firewall refuses the next setting */
    uint32_t secure_base;
    unsigned writes;
    struct fake_write write[FAKE_WRITES_MAX];

    struct soft_key root, os, application, development;
    uint32_t os_counter, keystore_counter;
    uint32_t lifecycle;
    uint16_t capability[2]; /* numbers that are enabled, 0: none */
    unsigned raises;
    unsigned measured;
    uint8_t measurement[PLUTON_MEASUREMENTS_MAX][PLUTON_MEASUREMENT_BYTES];
    bool closed;
    uint32_t failed_stage, failed_reason;
    unsigned pluton_calls;
    int pluton_fails; /* command that answers E_CRYPTO, or 0 */
    char said[4096];
};

extern struct fake fake;
extern struct monitor monitor; /* what the tests boot and call */

/* Keys, blank flash, system A and the keystore filled, nothing booted. */
void fake_init(void);
void fake_release(void);
/* Power off and on: registers lost, flash kept. */
void fake_power_on(void);
int fake_boot(struct boot_failure *failure);
/* The value last written to a register; 0 and *count = 0 when never. */
uint32_t fake_written(uint32_t address, unsigned *count);

struct fake_image {
    uint16_t type;
    uint8_t component; /* repeated 16 times */
    uint32_t security_version;
    struct soft_key *key;
    struct span body;
    uint32_t temporary; /* 0: no such section */
};
/* A signed package of that description; its length. */
size_t fake_package(const struct fake_image *image, uint8_t *to, size_t cap);
/* The package into a slot, with its trailer; erases the slot first. */
void fake_slot(uint32_t at, uint32_t bytes, const uint8_t *package, size_t len);
/* A bootable system whose bodies and versions carry `mark`. */
void fake_system(uint32_t system_at, uint32_t security_version, uint8_t mark);
/* The package alone; its length. */
size_t fake_keystore_package(uint32_t security_version, struct soft_key *root, uint8_t *to, size_t cap);
void fake_keystore(uint32_t at, uint32_t security_version, struct soft_key *root);

/* One call: request copied to RAM at FAKE_IN, reply expected at FAKE_OUT. */
enum { FAKE_IN = 0x80100000, FAKE_OUT = 0x80200000 };
uint32_t fake_call(uint32_t number, const void *request, uint32_t bytes, uint32_t room,
                   struct span *reply);
/* The same with chosen registers; nothing is copied. */
struct smc_result fake_smc(uint32_t id, uint32_t in, uint32_t bytes, uint32_t out, uint32_t room);
/* Request of little-endian words. */
struct span fake_words(unsigned count, const uint32_t *words);

#endif
