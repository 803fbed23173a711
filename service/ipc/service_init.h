/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making a service's data folder, and certificates of its operators.
 * Implemented beside the issuer, which owns the certificate profiles; called
 * by perisphered --init and --operator, before any process runs.
 * Layout of the folder: docs/spec/certificates.md.
 */
#ifndef PERI_SERVICE_IPC_SERVICE_INIT_H
#define PERI_SERVICE_IPC_SERVICE_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { SERVICE_INIT_NAMES_MAX = 16 };

struct token; /* service/pkcs11/token.h */

/* Where keys are made that shall not be in files.  The first four go to service.json too. */
struct service_init_token {
    const char *module, *pin, *paths, *connect; /* pin: where it is, not what it is; the last two may be NULL */
    const char *uri;     /* names the token; "object": what the names of the keys begin with ("perisphere") */
    const char *keys;    /* which of them, "root,update,wrap"; NULL: all.  The names: init.c, token_keys */
    struct token *token; /* opened; NULL: keys are in files */
};

struct service_init {
    const char *data;         /* must not exist */
    const char *organisation; /* NULL: "Perisphere" */
    const char *operator_name; /* NULL: "admin" */
    const char *database;     /* NULL: SQLite in the folder; else goes to service.json */
    size_t dns_count;
    const char *dns[SERVICE_INIT_NAMES_MAX]; /* besides localhost */
    struct service_init_token pkcs11;
    const char *issuing;      /* folder with issuing.key, issuing.pem and root.pem: the root is off line.  NULL: made here */
};

/* All or nothing: the folder appears whole by one rename.  0, E_EXISTS,
 * E_RANGE (a name), E_IO, E_CRYPTO, a token's codes; one line on stderr says what failed.
 * Keys that were made in the token go again. */
int service_init(const struct service_init *init) MUST_CHECK;
/* -- a root that is off line (docs/operate.md) --
 * All or nothing, one line on stderr, as above.  A folder that is made must not exist. */
/* key_id, below: identifier of the issuing CA's key in hexadecimal, for who compares the two machines. */
enum { SERVICE_KEY_ID_TEXT = 2 * 20 + 1 };
/* On the machine without a network: root.key and root.pem in folder. */
int service_root_create(const char *folder, const char *organisation) MUST_CHECK;
/* On the service's machine: issuing.key, in folder or in the token, and issuing.csr, which asks for a
 * certificate of it. */
int service_root_request(const char *folder, const char *organisation, const struct service_init_token *token,
                         char key_id[static SERVICE_KEY_ID_TEXT]) MUST_CHECK;
/* The same for the issuing CA of a service that is there, ahead of its end: issuing.csr alone. */
int service_root_request_again(const char *data, struct token *token, const char *folder, char key_id[static SERVICE_KEY_ID_TEXT])
    MUST_CHECK;
/* On the machine without a network: another certificate for the root's key, in the place of root.pem. */
int service_root_renew(const char *folder) MUST_CHECK;
/* Another key to follow that of the issuing CA, where that one is, and issuing.csr for it; asked again before it follows, the same one. */
int service_root_request_next(const char *data, struct token *token, const char *folder, char key_id[static SERVICE_KEY_ID_TEXT])
    MUST_CHECK;
/* On the machine without a network: the root's revocation list. */
struct service_root_list {
    const char *out;         /* DER; a list that is there is written over */
    const char *certificate; /* is on it from now on; NULL: as before */
    const char *reason;      /* RFC 5280's word; NULL: unspecified */
    unsigned days;           /* until the next one has to be there */
};
/* count: how many certificates were ever revoked.  E_EXISTS: out is there, and no list; E_SIGNATURE: this root did not sign the certificate; E_RANGE: no such
 * reason; E_CORRUPT: the folder's file of revoked ones is damaged; E_LIMIT. */
int service_root_list_make(const char *folder, const struct service_root_list *list, unsigned *count) MUST_CHECK;
/* Another root, of this certificate, is to sign the issuing CA: DATA/root-next.pem, which whoever trusts root.pem is given beside it.
 * E_SIGNATURE: it is none, or has the key of the present one. */
int service_root_prepare(const char *data, const char *certificate) MUST_CHECK;
/* A certificate of the issuing CA by the root that is prepared has that follow: from then on it is root.pem.
 * What came back: the issuing CA's certificate, in the place of issuing.pem; that of the root, in the places of root.pem; or one for the
 * key that is to follow, which does then: the former one stays known for what it signed, and the CAs below and the server get new
 * certificates.  Cut off, it is given again, and says what is left.  E_SIGNATURE: none of these, or one that ends before the one that
 * is there; E_LIMIT: front knows SERVICE_FORMER_CAS former ones. */
enum service_renewed { SERVICE_RENEWED_ISSUING, SERVICE_RENEWED_ROOT, SERVICE_FOLLOWED_ISSUING, SERVICE_FOLLOWED_ROOT };
int service_renew_issuing(const char *data, struct token *token, const char *certificate, enum service_renewed *what) MUST_CHECK;
/* On the machine without a network: the certificate that request asks for, by the root in folder root, in
 * out, a file that must not exist.  E_SIGNATURE, E_MALFORMED, E_DENIED: it asks for something else. */
int service_root_sign(const char *root, const char *request, const char *out, char key_id[static SERVICE_KEY_ID_TEXT]) MUST_CHECK;

/* token, here and below: where keys are that the data folder's files name; NULL where there is none. */
/* A further operator: writes profile.json, ca.pem, cert.pem, key.pem into out,
 * which must not exist.  Same errors. */
int service_operator(const char *data, struct token *token, const char *name, const char *out) MUST_CHECK;
/* A new certificate of the server for the key that it has, in DATA/front/cert.pem,
 * by one rename: the old file or the new.  Read at the service's next start.  Names:
 * localhost and dns; with none of these, the names of the certificate that is there.
 * Same errors, and E_CORRUPT when the two files do not belong together. */
int service_renew(const char *data, struct token *token, const char *const *dns, size_t dns_count) MUST_CHECK;
/* New certificates for the keys of "operator", "os", "update-only", "server", "root", or "all" of them but the
 * root; each by one rename.  Read at the next start.  E_RANGE: no such name; E_STATE: the root is off line. */
int service_renew_ca(const char *data, struct token *token, const char *name) MUST_CHECK;
/* Former CAs that front knows besides the present ones. */
enum { SERVICE_FORMER_CAS = 12 };
/* Another key for the CA "operator", "os", "update-only" or "server", where the present one is, and its certificate; front knows
 * the one before as well until what it signed has ended.  Read at the next start.  E_RANGE: no such name; E_LIMIT: front knows
 * SERVICE_FORMER_CAS former ones. */
int service_replace_ca(const char *data, struct token *token, const char *name) MUST_CHECK;
/* front knows no former one of "operator", "os" or "update-only" any more, from its next start on; gone: how many there were. */
int service_forget_ca(const char *data, const char *name, unsigned *gone) MUST_CHECK;
/* prepare: the next capability key, in DATA/capability-next-key.pub for a keystore; asked again, the same one.  Else it signs, and
 * the one before is gone; read at the next start.  E_STATE: none is prepared. */
int service_capability_key_rotate(const char *data, struct token *token, bool prepare) MUST_CHECK;
/* A new update key, for keystores from that version on; the one before stays for older ones.  The
 * issuer reads both at its next start.  E_RANGE: the version is not above 1 and the former ones. */
int service_update_key_rotate(const char *data, struct token *token, uint32_t keystore_version) MUST_CHECK;

struct service_keys_moved {
    void (*each)(void *context, const char *file); /* one is in the token, and its file has the name; borrowed */
    void *context;
    unsigned moved, there; /* how many were; and that were in the token before.  What was done before a failure is told too */
};
/* Keys of the issuer from their files into the token, under names that begin as uri's "object" has it; keys: which, between
 * commas, NULL: all that a token can take.  Nobody may run the service meanwhile.  Cut off, it is done again.  E_STATE: there
 * is no token; E_EXISTS: it has another key of a name; a token's codes. */
int service_keys_move(const char *data, struct token *token, const char *uri, const char *keys, struct service_keys_moved *told)
    MUST_CHECK;

/* The data folder of a further service on the database that the one at from uses: data must not
 * exist.  from: its data folder, or a copy of it, once started.  Same errors, and E_STATE: it is
 * on SQLite; E_NOT_FOUND: a file is missing. */
int service_join(const char *from, const char *data, struct token *token, const char *const *dns, size_t dns_count)
    MUST_CHECK;

/* Does the key in the file open the data in the store's folder or, url not being "", in that PostgreSQL?
 * 0 as well where they have no key yet.  One line on stderr otherwise: E_KEY_UNKNOWN, or what
 * reading the key or opening the database gives. */
int service_key_check(const char *folder, const char *url, const char *key) MUST_CHECK;

#endif
