/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name of a key in a PKCS#11 token: a URI of RFC 7512, read strictly.
 * Source: RFC 7512 section 2.3; which attributes are taken: docs/decisions/pkcs11.md.
 *
 *   pkcs11:token=LABEL;serial=…;manufacturer=…;model=…;object=LABEL;id=%01%02;type=private
 *
 * Writer: an operator, or our own init.  Reader: whoever opens a key file of the service.
 * Values may hold %XX; after it they are bytes.  Each attribute at most once.  slot-id and the
 * library-… attributes name a machine's wiring, not a key, and are refused like everything
 * that is not in the table of uri.c: what is left out silently would name another key.  So is
 * a query (pin-value, pin-source, module-path, …): module and PIN are service.json's.
 */
#ifndef PERI_SERVICE_PKCS11_URI_H
#define PERI_SERVICE_PKCS11_URI_H

#include <stdbool.h>

#include "lib/cursor.h"

enum {
    URI_TEXT_MAX = 768,   /* the URI itself; three characters for a byte at most */
    URI_LABEL_MAX = 64,   /* object's label; tokens take more, people do not */
    URI_ID_MAX = 64,
    URI_WHY_BYTES = 128,
};

enum uri_type { URI_TYPE_ANY, URI_TYPE_PRIVATE, URI_TYPE_PUBLIC, URI_TYPE_SECRET };

/* len 0: the URI does not say.  The first four are the fields of CK_TOKEN_INFO, which end in
 * blanks there and without them here. */
struct uri_value {
    size_t len;
    uint8_t bytes[URI_LABEL_MAX];
};

struct token_uri {
    struct uri_value token, manufacturer, serial, model; /* at most 32, 32, 16, 16 bytes */
    struct uri_value object, id;
    enum uri_type type;
};

/* Does the text begin as such a URI?  Nothing else is said of it. */
bool uri_is(struct span text);
/* E_MALFORMED, E_LIMIT (a value too long), E_DUPLICATE, E_UNSUPPORTED (an attribute that is not
 * taken); why says which, in words for the operator.  uri is empty then. */
int uri_parse(struct span text, struct token_uri *uri, char why[static URI_WHY_BYTES]) MUST_CHECK;
/* Terminated text that uri_parse() reads back; E_FULL. */
int uri_format(const struct token_uri *uri, char *text, size_t cap) MUST_CHECK;
/* field: one of CK_TOKEN_INFO, padded with blanks.  True when the URI does not say. */
bool uri_value_matches(const struct uri_value *value, const uint8_t *field, size_t len);

#endif
