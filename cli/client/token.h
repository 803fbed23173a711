/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bearer token in place of a certificate: from a file that somebody keeps fresh,
 * or from a command that prints one.
 * Source: docs/spec/tokens.md, "profile".  Members of profile.json:
 *   "tokenFile"     a file, in the profile's folder or by its full path, open to its owner alone
 *   "tokenCommand"  ["program", "argument", ...]: run as it stands, without a shell
 * Trust: whoever may write the profile may run commands as its owner anyway.
 */
#ifndef PERI_CLI_CLIENT_TOKEN_H
#define PERI_CLI_CLIENT_TOKEN_H

#include "cli/client/profile.h"

enum { TOKEN_MAX_BYTES = 8192 };

bool token_wanted(const struct profile *profile);
/* profile->token, malloc'd; an enum peri_exit after a message. */
int token_load(struct profile *profile);
void token_release(struct profile *profile);

#endif
