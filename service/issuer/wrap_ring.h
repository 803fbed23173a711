/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys that seal the catalogs' CAs: one that seals, and others that still open, or open already, while one follows
 * the other.
 * Source: docs/spec/certificates.md, "Where a catalog's CA is kept".  Files in <data>/issuer, each with a key or the name of
 * one in a token:
 *
 *   wrap.key          seals, and opens
 *   wrap-next.key     opens; follows when it is asked for
 *   wrap-until-N.key  sealed before; opens what was sealed by it, crash dumps above all, until N (Unix s), and goes then
 *   wrap.reseal       empty: there may be CAs in the store that wrap.key has not sealed
 *
 * Every file is made whole before the rename of wrap-next.key to wrap.key, which is the one step that changes what seals.
 * So a folder that is cut off anywhere opens all that this issuer sealed before and afterwards.
 */
#ifndef PERI_SERVICE_ISSUER_WRAP_RING_H
#define PERI_SERVICE_ISSUER_WRAP_RING_H

#include "service/issuer/wrap.h"

enum {
    WRAP_FORMER_MAX = 8,
    WRAP_OVER_LOOKS = 6 * 3600, /* with one a second: a clock that is ahead for less takes no key along */
};

struct wrap_former {
    struct wrap wrap;
    uint64_t until_s;
    unsigned over_looks; /* one after the other that found its time over */
};

struct wrap_ring {
    struct wrap now;
    bool has_next;
    struct wrap next;
    size_t former_count;
    struct wrap_former former[WRAP_FORMER_MAX];
    bool left_out; /* a key of the folder could not be had: what no other opens may be that one's */
    bool pending; /* wrap.reseal is there */
    size_t opened_last; /* by wrap_ring_at(): tried first, for a token asked in vain opens a session anew */
};

/* N of a file's name wrap-until-N.key; 0: it is another file. */
uint64_t wrap_until(const char *name);
/* Is the file of the issuer's folder one of the above, wrap.key aside? */
bool wrap_ring_file(const char *name);

/* What the folder has; wrap.key is made where it is missing.  Without wrap.key's key there is none: E_NOT_FOUND and the
 * codes of wrap_load(), after one line on stderr.  One of the others that cannot be had is left out, after a line. */
int wrap_ring_load(const char *folder, struct token *token, struct wrap_ring *ring) MUST_CHECK;
void wrap_ring_release(struct wrap_ring *ring);

/* wrap_open() by one of them that can.  by: which it was, NULL on failure; may be NULL.  E_KEY_UNKNOWN: all were asked; a token's
 * own codes: one that could not be, and it may be that one's. */
int wrap_ring_open(struct wrap_ring *ring, const uint8_t nonce[static GCM_NONCE_BYTES], struct span bound,
                   struct span in, uint8_t *out, const uint8_t tag[static GCM_TAG_BYTES], const struct wrap **by) MUST_CHECK;
/* All that open, the one that seals first; NULL behind the last. */
const struct wrap *wrap_ring_at(const struct wrap_ring *ring, size_t i);

/* wrap-next.key is read and opens from now on; a key that it names and the token lacks is made there.  E_NOT_FOUND (no such
 * file: then there is no next any more), E_EXISTS (it is the one that seals), E_KEY_UNKNOWN (does not open what it sealed),
 * a token's codes, E_MISSING for a token that is not there.  After another error the ring is as it was. */
int wrap_ring_prepare(struct wrap_ring *ring, const char *folder, struct token *token) MUST_CHECK;
/* The next key seals from now on, the one before opens until until_s.  E_STATE: there is no next; E_LIMIT: as many former
 * ones as are kept; E_IO, E_FULL: then the ring is as it was. */
int wrap_ring_switch(struct wrap_ring *ring, const char *folder, uint64_t until_s) MUST_CHECK;
/* All that the store has is sealed by the key that seals. */
int wrap_ring_settle(struct wrap_ring *ring, const char *folder) MUST_CHECK;
/* A look, once a second.  Former keys whose time has been over for WRAP_OVER_LOOKS of them go, files first; of those in a token the name alone.  None while CAs wait for the new one. */
void wrap_ring_expire(struct wrap_ring *ring, const char *folder, uint64_t now_s);

#endif
