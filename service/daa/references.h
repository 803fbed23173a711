/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reference values: what software is known, and how it stands.
 * The store owns them; this is a sorted copy, asked for again at most
 * REFERENCES_FRESH_MS after it was last known to be current, so that a
 * revocation takes effect within that time.
 * Invariant: rows are sorted by type, component, digest, worst state first; two
 * rows about the same software therefore answer with the worse one.
 */
#ifndef PERI_SERVICE_DAA_REFERENCES_H
#define PERI_SERVICE_DAA_REFERENCES_H

#include "lib/evidence.h"
#include "service/ipc/store_ops.h"

enum { REFERENCES_FRESH_MS = 1000 };

/* Takes what the store sent: an unchanged generation without rows keeps the
 * rows there are.  E_MALFORMED (an unknown state, generation 0): nothing changed. */
int references_take(struct store_references *references, const struct store_references *sent) MUST_CHECK;
/* The row of the software, which lives until the next references_take(); NULL: not known. */
const struct store_reference *references_find(const struct store_references *references,
                                              const struct measurement *measured);

#endif
