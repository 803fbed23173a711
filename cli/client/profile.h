/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profile: which service, as whom.  A folder with profile.json
 *   {"endpoint", "subscription", "resourceGroup", "catalog"?, "ca", "certificate", "key"}
 * where the last three are files in the folder, the key's open to its owner alone;
 * or, instead of the last two, "tokenFile" or "tokenCommand" (cli/client/token.h).
 * Writer: `peri service init`, `peri operator create`; `peri config set`
 * changes settings, all of a command or none.
 */
#ifndef PERI_CLI_CLIENT_PROFILE_H
#define PERI_CLI_CLIENT_PROFILE_H

#include "cli/command.h"

struct profile {
    json_t *json;
    char folder[4096];
    const char *endpoint, *subscription, *resource_group, *catalog; /* views into json */
    char ca[4352], certificate[4352], key[4352];
    char *token; /* instead of certificate and key: cli/client/token.h */
};

/* From peri->profile_folder, $PERI_PROFILE, or ~/.config/perisphere. */
int profile_load(struct peri *peri, struct profile *profile);
void profile_release(struct profile *profile);

/* Puts a setting into the profile and writes it. */
int profile_set(struct profile *profile, const char *key, const char *value);

#endif
