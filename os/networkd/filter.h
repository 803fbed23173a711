/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network filter: which addresses the processes of one uid may send to.
 * Source: docs/decisions/network-filter.md.  One implementation is chosen at link time:
 *   filter_nft.c   nftables: applications alone, on a machine that is not all ours
 *   filter_ipt.c   iptables: the whole device; what no rule names is dropped, in and out
 * Errors: E_UNSUPPORTED (kernel or rights lack it), E_LIMIT or E_FULL (too many rules), E_NOMEM.
 * After an error the rules of before are in force.
 */
#ifndef PERI_OS_NETWORKD_FILTER_H
#define PERI_OS_NETWORKD_FILTER_H

#include "os/ipc/os_channel.h"

struct filter_setup {
    uint32_t uid_base, uid_count; /* of applications */
    /* filter_ipt.c alone: */
    uint32_t networkd_uid;  /* may ask for address, names, time */
    uint32_t azured_uid;    /* may ask for names, and reach service_port anywhere */
    uint16_t service_port;
    const char *link; /* the service cable's interface; NULL: none */
    uint32_t link_address;
    uint16_t link_port; /* the one that is served there, to nobody but the cable */
};

struct filter;
/* NULL: the kernel has none, or memory is short. */
struct filter *filter_new(const struct filter_setup *setup);
void filter_free(struct filter *filter);

/* Applications may send nothing; replaces what was left over. */
int filter_begin(struct filter *filter) MUST_CHECK;
/* Replaces the policy of policy->uid.  Both must stay until it is replaced or removed. */
int filter_set(struct filter *filter, const struct os_policy *policy,
               const struct os_addresses *addresses) MUST_CHECK;
/* The uid may send nothing again. */
int filter_remove(struct filter *filter, uint32_t uid) MUST_CHECK;
/* No application runs any more. */
int filter_end(struct filter *filter) MUST_CHECK;

#endif
