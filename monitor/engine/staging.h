/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that change something: update nonce, manifest set, image blocks,
 * install.  Rows of the call table in engine.c lead here; the state gate above
 * them has let the call through.
 * Each reads its request, checks all of it, then acts.
 */
#ifndef PERI_MONITOR_ENGINE_STAGING_H
#define PERI_MONITOR_ENGINE_STAGING_H

#include "monitor/engine/engine.h"

enum update_state {
    UPDATE_IDLE,        /* no manifest set */
    UPDATE_STAGED,      /* a set, images missing */
    UPDATE_DOWNLOADING, /* a set, one image being written */
    UPDATE_READY,       /* a set, nothing missing */
    UPDATE_TRIAL,       /* a set is installed that is not confirmed; it runs now or after the restart */
    UPDATE_STATES,
};

enum update_state update_state_of(const struct engine *e);
/* What image_check() needs; counter read from the root of trust now. */
int engine_checker(struct engine *e, struct image_checker *checker) MUST_CHECK;

/* The installed bytes are still the image that was installed. */
enum monitor_status engine_installed_check(struct engine *e, const struct component *component,
                                           struct span file, bool development,
                                           struct image *image);

/* A place of the pool that neither the installed sets nor the staged one name; BLOCK_NONE. */
uint16_t staging_place(const struct engine *e, uint32_t bytes);

enum monitor_status staging_new_nonce(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_manifests(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_missing(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_open(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_write(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_commit(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_abort(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status staging_install(struct engine *e, struct cursor *in, struct writer *out);
/* engine/trial.c: at the start, when a record was loaded; and the call. */
void trial_start(struct engine *e);
enum monitor_status trial_confirm(struct engine *e, struct cursor *in, struct writer *out);

/* Makes the scratch record the live one.  E_IO: updates are halted until the next start. */
int engine_commit(struct engine *e) MUST_CHECK;

#endif
