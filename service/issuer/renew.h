/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PERI_SERVICE_ISSUER_RENEW_H
#define PERI_SERVICE_ISSUER_RENEW_H

#include "service/issuer/authority.h"

/* DATA/front/cert.pem: a certificate for the server's key, and the CA's behind it, by one rename.
 * names: GeneralNames in DER.  The serial is in the log of serials.  E_IO, E_CORRUPT: the certificate of a CA above
 * the server's is there and cannot be read; nothing is made then. */
int server_certificate_write(const char *data, struct authority *ca, const struct authority *server,
                             const char *common_name, struct span names) MUST_CHECK;

#endif
