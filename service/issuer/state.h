/* SPDX-License-Identifier: BSD-2-Clause */
/* What the issuer holds while it runs: for the files that carry out its operations. */
#ifndef PERI_SERVICE_ISSUER_STATE_H
#define PERI_SERVICE_ISSUER_STATE_H

#include <limits.h>
#include <openssl/ec.h>

#include "service/issuer/catalogs.h"
#include "service/issuer/certificate.h"
#include "service/issuer/former_ca.h"
#include "service/issuer/issue.h"
#include "service/issuer/seal.h"
#include "service/issuer/serial_log.h"

/* An update key that devices of keystores older than `before` trust (update_keys.c). */
struct former_update_key {
    uint32_t before;
    struct authority key;
};

enum {
    ISSUER_FORMER_KEYS_MAX = 16,
    ISSUER_CERTIFICATE_MAX = 6144,
    ISSUER_DUMP_LEAVES_MAX = 512, /* catalogs; with more that ask within the hour, the oldest leaf is made anew */
    ISSUER_DUMP_LEAF_S = 3600,
};

/* The last certificate of a catalog's key for crash dumps (dump_key.c): who asks again within ISSUER_DUMP_LEAF_S gets it. */
struct dump_leaf {
    uint8_t catalog[16], serial[ISSUER_SERIAL_BYTES];
    uint64_t made_s, not_before_s, not_after_s;
    uint8_t *der; /* malloc'd; NULL: the place is free */
    size_t der_bytes;
};

struct issuer {
    uint8_t anchor[AUTHORITY_CERTIFICATE_MAX]; /* the root's certificate, that of `root` or of one above it */
    size_t anchor_bytes;
    struct authority root, operator_, os, update_only, update, capability;
    uint64_t server_end_s; /* the server CA's, whose key is used off line alone; 0: its certificate is not here */
    unsigned former_count;
    struct former_update_key former[ISSUER_FORMER_KEYS_MAX];
    struct former_cas former_cas;
    struct above above; /* who signed catalogs' CAs: root, and those before it where that is an issuing CA */
    char organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    const char *crl_base; /* certificates of devices name their list below it; NULL or empty: none */
    char old_folder[PATH_MAX]; /* <data>/issuer/catalogs, where CAs once were */
    struct catalogs catalogs;
    struct issuer_want want;
    enum issuer_want_kind brought; /* the operation runs again, after this was met */
    uint8_t sealed[STORE_CA_SEALED_MAX]; /* what want.ca views */
    struct store_crl_entries *revoked; /* the last that was brought */
    uint8_t *list;                     /* what want.crl views */
    struct seals seals;
    struct serial_log serials;
    struct dump_leaf dump_leaves[ISSUER_DUMP_LEAVES_MAX];
    bool clock_behind; /* issuer_clock_check() said so last */
    EC_GROUP *p256;
    EC_POINT *point; /* scratch */
};

enum issuer_catalog_how {
    ISSUER_CATALOG_CREATE = 1, /* a first CA where there is none */
    ISSUER_CATALOG_NOW = 2,    /* as the store has it now, not a few seconds ago */
};

/* Certificate of the CA that signed ca (NULL: that signs now) in place of a root which is off line; empty: the root itself did. */
struct span issuer_issuing(const struct issuer *issuer, const struct authority *ca);
/* The catalog with its CAs.  E_BUSY: issuer->want says what the store is asked first;
 * E_NOT_FOUND: it has none. */
int issuer_catalog_get(struct issuer *issuer, const uint8_t id[static 16], uint64_t now_s, unsigned how,
                       struct catalog **catalog) MUST_CHECK;
void dump_leaves_release(struct issuer *issuer);
/* N of a file's name update-before-N.key; 0: it is another file. */
uint32_t update_key_before(const char *name);
/* The former update keys of <data>/issuer. */
int update_keys_load(struct issuer *issuer, struct token *token, const char *folder) MUST_CHECK;
void update_keys_release(struct issuer *issuer);
/* The one that a device with a keystore of that version trusts. */
struct authority *update_key_for(struct issuer *issuer, uint32_t keystore_version);
/* Reply of an operation that signs a leaf: it, ca (may be NULL: alone) and, where the root is off line, the
 * issuing CA. */
int issuer_leaf_reply(const struct issuer *issuer, const struct certificate_request *leaf, struct span der, const struct authority *ca,
                      struct writer *reply) MUST_CHECK;

#endif
