/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names to addresses (lookup.h), in a process of its own for each policy, because
 * it waits, has no time limit that we set, and reads what the network sends.
 * The child gives up all capabilities before the first name is asked for; it is
 * killed when RESOLVE_MS have passed.
 */
#ifndef PERI_OS_NETWORKD_RESOLVE_H
#define PERI_OS_NETWORKD_RESOLVE_H

#include <sys/types.h>

#include "os/ipc/os_channel.h"

enum { RESOLVE_MS = 10000 };

struct resolve {
    pid_t pid;  /* 0 = none under way */
    int answer; /* pipe, -1 = none */
    int64_t until_ms;
};

/* Before confinement; names as in lookup.h. */
void resolve_init(const char *names);
int resolve_start(struct resolve *r, const struct os_policy *policy, int64_t now_ms) MUST_CHECK;
/* When answer is readable: 0 with the addresses, or E_TIMEOUT / E_NETWORK; ends it. */
int resolve_finish(struct resolve *r, struct os_addresses *addresses) MUST_CHECK;
void resolve_abort(struct resolve *r);

#endif
