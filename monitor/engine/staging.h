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
/* image_check() against the counter that the root of trust has now. */
enum monitor_status engine_check(struct engine *e, struct span file, bool development,
                                 struct image *image, uint8_t digest[static SHA256_BYTES]);
/* The installed bytes are still the image that was installed. */
enum monitor_status engine_installed_check(struct engine *e, const struct component *component,
                                           struct span file, bool development,
                                           struct image *image);

void busy_collect(const struct engine *e, struct busy_areas *busy);

/* What update and sideload share of writing an image. */
/* Erases the place of `is` and begins there; answers with the handle. */
enum monitor_status image_open(struct engine *e, struct staging *s, const struct component *is,
                               struct writer *out);
/* The next block: u32 offset, bytes.  WRITE_FAILED ends it. */
enum monitor_status image_write(struct engine *e, struct staging *s, struct cursor *in);
/* All bytes are there: a view of them, else IDENTITY_INCONSISTENT. */
enum monitor_status image_written(struct engine *e, const struct staging *s, struct span *file);

/* A keystore image that is wanted: may it come into force at the next start. */
enum monitor_status keystore_judge(struct engine *e, struct span file, struct image *image,
                                   uint8_t digest[static SHA256_BYTES]);

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
