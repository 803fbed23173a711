/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tokens the files of a data folder, or of a backup of one, name keys in. */
#ifndef PERI_SERVICE_PERISPHERED_TOKEN_NEEDS_H
#define PERI_SERVICE_PERISPHERED_TOKEN_NEEDS_H

#include "service/perisphered/outcome.h"
#include "service/pkcs11/uri.h"

enum { TOKEN_NEEDS_MAX = 8 };

struct token_needs {
    size_t count;
    struct token_uri token[TOKEN_NEEDS_MAX]; /* no object, no id: the token alone */
};

/* E_NOT_FOUND: no such folder; E_MALFORMED, E_LIMIT (more tokens), E_IO after one line on stderr. */
int token_needs_read(const char *folder, struct token_needs *needs) MUST_CHECK;
/* In the list "tokens", and a sentence for each. */
void token_needs_tell(const struct token_needs *needs, struct outcome *outcome);

#endif
