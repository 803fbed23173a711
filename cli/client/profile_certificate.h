/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a service may not take the profile's certificate: looked at when a connection failed. */
#ifndef PERI_CLI_CLIENT_PROFILE_CERTIFICATE_H
#define PERI_CLI_CLIENT_PROFILE_CERTIFICATE_H

#include "cli/client/profile.h"

enum { PROFILE_HINT_BYTES = 256 };

/* "; your certificate ran out on ..." and what to do, or "" when it is in force, or a token
 * is used instead. */
void profile_certificate_hint(const struct profile *profile, char hint[static PROFILE_HINT_BYTES]);

#endif
