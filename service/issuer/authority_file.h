/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and certificates of authorities as files, and the certificate of a CA that has its key. */
#ifndef PERI_SERVICE_ISSUER_AUTHORITY_FILE_H
#define PERI_SERVICE_ISSUER_AUTHORITY_FILE_H

#include <sys/stat.h>

#include "service/issuer/certificate.h"

/* A whole file of text, malloc'd and terminated, for authority_text_free(); NULL on failure: E_NOT_FOUND, E_IO, E_NOMEM,
 * E_LIMIT (longer than max bytes: nothing is cut off), E_MALFORMED (a zero byte: it is no text). */
int text_file_read(const char *path, size_t max, char **text) MUST_CHECK;
/* The URI of the key for what, in the token that uri names: text, terminated.  "object" of uri, "perisphere" where it
 * has none, is what the key's name begins with.  One line on stderr: the codes of uri_parse(), E_UNSUPPORTED (uri names a
 * key, by id or type), E_LIMIT. */
int service_token_name(const char *uri, const char *what, char text[static URI_TEXT_MAX + 1]) MUST_CHECK;
int text_file_write(const char *folder, const char *name, const char *text, mode_t mode) MUST_CHECK;
/* The private key (or its name in a token), 0600; else the certificate, 0644. */
int authority_file_write(const char *folder, const char *name, const struct authority *a, bool key) MUST_CHECK;
/* A certificate for ca's key by issuer, NULL: by itself; from now on for as long as the profile
 * has it, and issuer's own lasts.  Logged in folder/serials as signed by no running service. */
int authority_certify(const char *folder, struct authority *ca, struct authority *issuer, enum profile_id profile,
                      const char *common_name, const char *organisation) MUST_CHECK;

#endif
