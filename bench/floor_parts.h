/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the parts of the floor: floor.c starts the processes and plays the clients,
 * floor_processes.c serves, floor_store.c is the database's part of it.
 */
#ifndef PERI_BENCH_FLOOR_PARTS_H
#define PERI_BENCH_FLOOR_PARTS_H

#include "bench/floor.h"

enum floor_process { FLOOR_FRONT, FLOOR_DAA, FLOOR_ISSUER, FLOOR_STORE, FLOOR_PROCESSES };

/* What crosses the client's socket, in turns; the client closes after the last one. */
struct floor_turn {
    unsigned in;  /* bytes from the client before front goes on */
    unsigned ask; /* for daa, before the answer: enum floor_message, 0: nothing */
    unsigned out; /* bytes to the client; after the last turn front closes */
};
enum { FLOOR_TURNS = 4, FLOOR_BYTES_MAX = 2048 };
extern const struct floor_turn floor_turns[][FLOOR_TURNS]; /* by what */

struct floor_ends {
    enum floor_process self;
    enum floor_what what;
    const char *folder;
    int listener;               /* of front */
    int peer[FLOOR_PROCESSES];  /* stream sockets, -1: has no business with it */
};
/* In a process of its own: serves until it is killed. */
_Noreturn void floor_serve(const struct floor_ends *ends);

/* -- what the store's process does; all end the process on failure ------------------ */

void floor_store_open(const char *folder);
void floor_store_look(unsigned device);
void floor_store_record(unsigned device); /* durable after the next commit */
void floor_store_commit(void);            /* of what was recorded, if anything */
/* Where the files are that floor_measure() removes. */
void floor_store_remove(const char *folder);

#endif
