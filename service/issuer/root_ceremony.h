/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service takes from the folder of its issuing CA, and the names that a ceremony gives. */
#ifndef PERI_SERVICE_ISSUER_ROOT_CEREMONY_H
#define PERI_SERVICE_ISSUER_ROOT_CEREMONY_H

#include "service/issuer/authority.h"

#define ROOT_NAME "Perisphere root"
#define ISSUING_NAME "Perisphere issuing CA"
#define ROOT_NEXT "root-next.pem" /* there, and in DATA: another root that is to follow */
#define ISSUING_NEXT "issuing-next.key" /* in the issuer's folder, until it follows */

/* Is the root of the service at data off line, and an issuing CA signs in its place? */
bool root_is_above(const char *data);

/* The CA of folder/issuing.key and issuing.pem, which folder/root.pem signed; root_text: malloc'd PEM of that.
 * One line on stderr: E_NOT_FOUND, E_CORRUPT, E_SIGNATURE (another root's), a token's codes, those of
 * text_file_read(). */
int issuing_load(const char *folder, struct token *token, struct authority *ca, char **root_text) MUST_CHECK;

/* Did the root of this file sign it, for CAs below it?  E_SIGNATURE, the codes of text_file_read(). */
int issuing_check(const char *root_path, const struct authority *ca) MUST_CHECK;

#endif
