/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CAs that sign the service's others: the root, or the issuing CA in its place, and issuing CAs that were there before another key
 * followed.  What one of these signed is of this service, and is shown with the one that did.
 * Source: docs/spec/certificates.md, "Another key for the issuing CA".
 * Files of former ones: <data>/issuer/issuing-until-N.pem, which stay when their keys are gone: a catalog's CA that has run out still
 * stands in its list.
 */
#ifndef PERI_SERVICE_ISSUER_ABOVE_H
#define PERI_SERVICE_ISSUER_ABOVE_H

#include <openssl/x509.h>

#include "service/issuer/authority.h"

enum { ABOVE_FORMER_MAX = 16 };

struct above_former {
    X509 *x;
    uint8_t certificate[AUTHORITY_CERTIFICATE_MAX];
    size_t certificate_bytes;
};

struct above {
    const struct authority *now;
    unsigned count;
    struct above_former former[ABOVE_FORMER_MAX];
};

/* Former ones of the issuer's folder that root, in DER, or one before it (root-until-N.pem there) signed.  One that cannot be had, or is another root's, is left out: a line on
 * stderr. */
void above_load(struct above *above, const char *folder, struct span root);
/* Did one of them sign ca?  ca->above views its certificate, unless it is the present one. */
bool above_signed(const struct above *above, struct authority *ca) MUST_CHECK;
void above_release(struct above *above);

#endif
