/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Update check, the pure half: what is asked, and what an answer would change.
 * Source: abi/device_api.h, docs/spec/manifest-set.md.
 * Trust: the answer is hostile.  Its signatures are the monitor's business; what
 * is read here only decides when to ask again and what to tell, and is used only
 * after the monitor has accepted the same bytes.
 */
#ifndef PERI_OS_AZURED_UPDATE_SET_H
#define PERI_OS_AZURED_UPDATE_SET_H

#include "lib/manifest.h"
#include "os/azured/deferral.h"
#include "os/azured/dump_key.h"
#include "os/ipc/monitor_client.h"

/* Body of POST /update/v1/check. */
int update_check_write(const uint8_t nonce[static 32], const struct monitor_components *installed,
                       const struct monitor_rollback *rollback, struct writer *w) MUST_CHECK;

struct update_set {
    uint32_t check_interval_s;
    uint64_t sequence;
    bool differs; /* from what is installed */
    bool system;  /* and in more than applications: the device restarts */
    struct deferral_limits limits;
    struct dump_consent dumps;
};

/* 0 or the error of a parser. */
int update_set_parse(struct span package, const struct monitor_components *installed,
                     struct update_set *out) MUST_CHECK;

#endif
