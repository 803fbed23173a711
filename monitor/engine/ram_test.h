/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A medium in memory that loses power: struct medium for the engine's tests, in
 * the two shapes that there are.
 */
#ifndef PERI_MONITOR_ENGINE_RAM_TEST_H
#define PERI_MONITOR_ENGINE_RAM_TEST_H

#include "monitor/engine/record.h"

/* `seen` is what reads return, `durable` what survives. */
enum {
    RAM_UNIT = 4096,
    RAM_UNITS = 42,
    RAM_BYTES = RAM_UNITS * RAM_UNIT,
    RAM_OPS = 256,
    /* As on the host: slots of one size. */
    RAM_SLOTS = 6,
    RAM_SLOT_BYTES = 20480,
    RAM_TRAILER_BYTES = 16,
};
enum ram_shape { RAM_AS_HOST, RAM_AS_MCU };

enum ram_cut {
    CUT_CLEAN,     /* the operation did not happen, all before did */
    CUT_TORN,      /* half of it happened, all before did */
    CUT_DROPPED,   /* everything since the last sync is gone */
    CUT_LAST_ONLY, /* of everything since the last sync only this one happened */
    CUT_LAST_TORN, /* ... and half of it only */
    CUT_ALTERNATE, /* ... every second one happened */
    CUTS,
};
struct ram_image {
    uint8_t bytes[RAM_BYTES];
    uint8_t state[MEDIUM_STATES][RECORD_BYTES];
};
struct ram {
    struct medium medium;
    struct ram_image seen, durable;
    struct ram_op {
        enum { RAM_ERASE, RAM_WRITE, RAM_STATE } kind;
        unsigned index; /* of the record */
        uint32_t at;
        size_t len;
        uint8_t bytes[RAM_UNIT]; /* a record is smaller */
    } pending[RAM_OPS];
    unsigned pending_count;
    unsigned ops;    /* operations since the start, syncs too */
    unsigned cut_at; /* lose power at this operation, 1..; 0 = never */
    enum ram_cut cut;
    bool dead;
    bool forbidden[RAM_UNITS]; /* what the live sets name: touching it is counted */
    unsigned violations;
};

void ram_init(struct ram *ram, enum ram_shape shape);
/* Power is back: what is durable is what is seen. */
void ram_restart(struct ram *ram);
/* A reset: what was not synced is lost, operations go on being counted. */
void ram_reset(struct ram *ram);
/* An operation beside the medium, such as the raise of a counter: true if power goes in it. */
bool ram_op_elsewhere(struct ram *ram);
/* The areas of both sets of a record, and no others. */
void ram_forbid(struct ram *ram, const struct record *live);
/* What is seen of a component's area. */
uint8_t *ram_component(struct ram *ram, const struct component *c);

#endif
