/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CAs of the service that were there before another key followed: what they signed is good until it ends, can be revoked until
 * then, and is on a list that the CA which signed it signs.  They sign nothing else.
 * Source: docs/spec/certificates.md, "Another key for a CA".
 * Files of <data>/issuer: NAME-until-N.key (service/ipc/former_name.h), key, or its name in a token, and certificate, of operator, OS,
 * update-only and issuing CA.  Written by the commands, read at the start of the issuer, which removes one whose time has been over
 * for some hours: a clock may be ahead.
 */
#ifndef PERI_SERVICE_ISSUER_FORMER_CA_H
#define PERI_SERVICE_ISSUER_FORMER_CA_H

#include "service/issuer/authority.h"

enum {
    FORMER_CAS_MAX = 16, /* as many as front knows, and some that are over */
    FORMER_OVER_LOOKS = 7, /* one an hour */
    FORMER_KEY_BYTES = 16, /* so much of a key's identifier tells CAs of one name apart */
};

struct former_ca {
    uint16_t authority; /* enum store_authority */
    uint64_t until_s;
    unsigned over_looks;
    struct authority ca;
};

struct former_cas {
    unsigned count;
    struct former_ca at[FORMER_CAS_MAX];
};

/* One that cannot be had, or is one more than are taken, has no list: a line on stderr, and no reason not to start. */
void former_cas_load(struct former_cas *formers, struct token *token, const char *folder);
/* The one of this kind and key; NULL. */
struct authority *former_ca_find(struct former_cas *formers, uint16_t authority, const uint8_t key[static FORMER_KEY_BYTES]);
/* Once an hour. */
void former_cas_expire(struct former_cas *formers, const char *folder, uint64_t now_s);
void former_cas_release(struct former_cas *formers);

/* Is it a file of a former CA, key or certificate, in the issuer's folder? */
bool former_ca_file(const char *file, bool *is_key);
/* For commands: ca's file; and no file of ca any more, how many there were in *gone.  The codes of key_file_write(); E_IO. */
int former_ca_keep(const char *folder, const char *name, const struct authority *ca, uint64_t until_s) MUST_CHECK;
int former_ca_forget(const char *folder, const char *name, unsigned *gone) MUST_CHECK;

#endif
