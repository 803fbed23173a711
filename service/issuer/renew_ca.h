/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a CA of the service, and of the one before it, in the order in which nobody has one without the other. */
#ifndef PERI_SERVICE_ISSUER_RENEW_CA_H
#define PERI_SERVICE_ISSUER_RENEW_CA_H

#include "service/issuer/authority.h"

struct ca_files {
    const char *name;       /* issuer/NAME.key, issuer/NAME.pem */
    const char *anchor;     /* front/anchors/ANCHOR.pem; NULL: front does not know it */
    bool key_stays;         /* of the former one, for its list */
    bool certificate_stays; /* in the issuer's folder */
    uint64_t former_s;      /* for how long the former one is known, if it lives so long */
};

/* Front leaves out one more than it takes, and with it whom that one signed.  E_LIMIT: one line on stderr. */
int ca_formers_room(const char *data) MUST_CHECK;
/* Who trusts has both before the first certificate comes from the new one; the issuer has what the former one is for still, until
 * *until_s.  Front knows the former one for longer, until its own end: cut off before the key follows, it is the present one. */
int ca_former_write(const char *data, const struct ca_files *files, const struct authority *old, const struct authority *fresh,
                    uint64_t *until_s) MUST_CHECK;
/* The key has followed: front knows the former one until until_s. */
int ca_former_end(const char *data, const struct ca_files *files, const struct authority *old, uint64_t until_s) MUST_CHECK;
/* issuer/NAME.key: key and certificate by one rename, from which on the issuer's next start takes them. */
int ca_pair_write(const char *data, const char *name, const struct authority *a) MUST_CHECK;
/* The certificate in the folders of those that trust it, before the issuer shows it; top: in DATA too. */
int ca_everywhere_write(const char *data, const char *name, const char *anchor, bool top, const struct authority *ca) MUST_CHECK;

#endif
