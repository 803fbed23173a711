/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of the network filter as text for nftables, by the owner of the socket, in
 * a table of our own, `inet perisphere_<uid base>`:
 *
 *   output hook: owner in the range of applications -> chain of that uid
 *   chain of a uid: listed addresses accept; replies from declared server
 *   ports accept; else drop.  An owner in the range without a chain: drop
 *
 * Pure.  Each text is one transaction: all of it or nothing.
 */
#ifndef PERI_OS_NETWORKD_FILTER_NFT_TEXT_H
#define PERI_OS_NETWORKD_FILTER_NFT_TEXT_H

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

#endif
