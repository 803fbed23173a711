/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image packages (abi/image.h): read, check, build, sign.
 *
 * Trust: hostile until image_verify() returned 0; image_parse() alone says
 * only that the bytes have the right shape.
 * Invariants after image_parse(): body, metadata and signature partition the
 * file; ID and SG are present; no section appears twice; no section is empty
 * or reaches outside the metadata; the section count is the real one.
 * Lifetime: views into the file given to image_parse().
 * Not done here: which key may sign which type (lib/keystore.h); anti-rollback.
 */
#ifndef PERI_LIB_IMAGE_H
#define PERI_LIB_IMAGE_H

#include <stdbool.h>

#include "abi/image.h"
#include "lib/crypto.h"
#include "lib/cursor.h"

struct abi_identity {
    uint32_t version;
    uint32_t type; /* enum image_identity_type */
};

struct image_abi {
    uint32_t count;
    struct abi_identity at[IMAGE_ABI_MAX];
};

/* The metadata's meaning; the same struct is read and built. */
struct image_meta {
    uint16_t type; /* enum image_type */
    uint8_t component[IMAGE_UID_BYTES];
    uint8_t id[IMAGE_UID_BYTES];
    uint8_t thumbprint[IMAGE_THUMBPRINT_BYTES];
    uint32_t signing_type;
    bool has_debug;
    uint64_t built_s;
    char name[IMAGE_NAME_BYTES]; /* always terminated: at most 31 characters */
    bool has_temporary;
    uint32_t temporary; /* enum image_temporary_flags */
    bool has_depends, has_provides;
    struct image_abi depends, provides;
    bool has_security_version;
    uint32_t security_version; /* 0 when absent */
};

struct image {
    struct span file, body, metadata;
    struct span signed_bytes; /* body and metadata */
    const uint8_t *signature; /* 64 bytes */
    struct image_meta meta;
};

/* A view of each section, known or not, in file order: for display and for
 * the sections whose layout is not public. */
struct image_section_view {
    uint16_t id;
    struct span data;
};

/* 0, E_MORE (too short), E_MALFORMED, E_DUPLICATE, E_MISSING (ID or SG),
 * E_LIMIT; the image is emptied on failure. */
int image_parse(struct span file, struct image *image) MUST_CHECK;
/* The section that c stands at; an error of c past the end, or for an empty one. */
struct image_section_view image_section_next(struct cursor *c);
/* Section number index of a parsed image, or E_NOT_FOUND. */
int image_section_at(const struct image *image, unsigned index,
                     struct image_section_view *view) MUST_CHECK;
/* SHA-256 over the signed bytes: what is signed, and what boot measures. */
int image_digest(const struct image *image, uint8_t digest[static SHA256_BYTES]) MUST_CHECK;
/* 0, or E_SIGNATURE, E_UNSUPPORTED (signing type), E_CRYPTO. */
int image_verify(const struct image *image, const uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;

/* Terminated, zero padded, and without control characters: names reach terminals
 * and log lines. */
bool image_name_valid(const char name[static IMAGE_NAME_BYTES]);
/* Appends metadata after a body that stands in w from offset 0; sections in the
 * order ID SG DB TP ND NP RV, each only if its has_ flag is set. */
int image_meta_write(struct writer *w, const struct image_meta *meta) MUST_CHECK;
/* Appends the signature over everything in w. */
int image_sign(struct writer *w, const struct signer *signer) MUST_CHECK;
/* Key name that our keys carry: SHA-1 of 04 || X || Y. */
int image_thumbprint(const uint8_t key[static P256_PUBLIC_BYTES],
                     uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES]) MUST_CHECK;

/* "Applications"; "Unknown" for a number without a name.  And back: E_NOT_FOUND. */
const char *image_type_name(uint16_t type);
int image_type_of_name(struct span name, uint16_t *type) MUST_CHECK;

#endif
