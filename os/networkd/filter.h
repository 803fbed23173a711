/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network filter: which addresses the processes of one uid may send to.
 * Source: docs/decisions/network-filter.md.  nftables by the owner of the
 * socket, in a table of our own, `inet perisphere_<uid base>`:
 *
 *   output hook: owner in the range of applications -> chain of that uid
 *   chain of a uid: listed addresses accept; replies from declared server
 *   ports accept; else drop.  An owner in the range without a chain: drop
 *
 * The rule text is built by a pure function; filter_run() hands it to the
 * kernel in one transaction: all of it or nothing.
 */
#ifndef PERI_OS_NETWORKD_FILTER_H
#define PERI_OS_NETWORKD_FILTER_H

#include "lib/cursor.h"
#include "os/ipc/os_channel.h"

enum { FILTER_TEXT_MAX = 65536 };

/* The table with nothing allowed; replaces a left-over of the same name. */
void filter_text_table(struct writer *w, uint32_t uid_base, uint32_t uid_count);
/* Replaces the chain of policy->uid. */
void filter_text_policy(struct writer *w, uint32_t uid_base, const struct os_policy *policy,
                        const struct os_addresses *addresses);
/* The uid may send nothing again. */
void filter_text_remove(struct writer *w, uint32_t uid_base, uint32_t uid);
void filter_text_end(struct writer *w, uint32_t uid_base);

struct filter; /* one connection to the kernel's nftables */
struct filter *filter_new(void);
void filter_free(struct filter *filter);
/* 0, E_UNSUPPORTED (kernel or rights lack nftables), w's own error. */
int filter_run(struct filter *filter, struct writer *w) MUST_CHECK;

#endif
