/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS of the front door: version 1.3 alone, a client certificate asked for and
 * not demanded, tickets for resumption by operators.  What it can do at all: algorithms.h.
 *
 * Who a client is follows from which CA signed its certificate; the CAs are the
 * files of data/front/anchors.  A certificate that does not verify ends the
 * handshake: a client with a wrong identity is not served as one without.
 *
 *   file              signed by it: identity
 *   operator.pem      OPERATOR, any common name
 *   os.pem            OS, common name = device id
 *   update-only.pem   UPDATE_ONLY, common name = device id
 *   operator-until-N.pem, os-until-N.pem, update-only-until-N.pem
 *                     the same, of a CA before another key followed, until N (Unix s)
 *   root.pem          trust anchor; any other CA below it: APPLICATION
 */
#ifndef PERI_SERVICE_FRONT_TLS_H
#define PERI_SERVICE_FRONT_TLS_H

#include <openssl/ssl.h>

#include "service/ipc/http_message.h"

enum { TLS_NAME_MAX = 128 };

struct tls_identity {
    uint16_t kind; /* enum http_identity_kind */
    char name[TLS_NAME_MAX + 1];
    uint8_t key[32]; /* SHA-256 of the certificate */
    uint8_t serial[16]; /* of the certificate; zero without one */
    int64_t not_after_s; /* its end: a connection may outlive it */
};

struct tls;
/* Reads <data>/front; one line on stderr when it fails: NULL. */
struct tls *tls_new(const char *data);
void tls_free(struct tls *tls);
/* A connection's side, or NULL.  The caller owns it. */
SSL *tls_accept(struct tls *tls);
/* After the handshake; also for a resumed session.  0, or E_DENIED. */
int tls_identity_get(SSL *ssl, struct tls_identity *identity) MUST_CHECK;

#endif
