/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another wrap key, in the process that runs: asked for through files in the issuer's folder, which nobody but the owner of
 * the service can write to, and carried out beside everything else.
 * Source: docs/spec/certificates.md, "Another wrap key".  Asked by perisphered --rotate-wrap-key
 * (service/perisphered/wrap_key.c).
 *
 *   request  one word and a newline, removed when taken: "prepare": wrap-next.key opens from now on;
 *            "rotate": it is prepared, seals from now on, and all that the store has is sealed by it
 *   answer   "at SEEN TOTAL" from when it was taken, while it goes on; then "done RESEALED UNOPENED", or "failed: " and why.  Whoever asked
 *            removes it
 * What was cut off (wrap.reseal is there) goes on at the next start without being asked.
 */
#ifndef PERI_SERVICE_ISSUER_ROTATION_H
#define PERI_SERVICE_ISSUER_ROTATION_H

#include <event2/event.h>

#include "service/ipc/channel.h"
#include "service/issuer/issue.h"
#include "service/pkcs11/token.h"

struct rotation;

/* folder: <data>/issuer; dump_keep_s: how long the store keeps crash dumps.  All stay until rotation_free(); token may be NULL. */
int rotation_new(struct event_base *base, struct issuer *issuer, struct token *token, const char *folder,
                 uint64_t dump_keep_s, struct channel *store, struct rotation **out) MUST_CHECK;
/* The store is gone, or will be: nothing is asked of it any more. */
void rotation_stop(struct rotation *rotation);
void rotation_free(struct rotation *rotation);

#endif
