/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time that TLS goes by, whatever the device's clock says.
 * Source: docs/spec/azured.md, "Time".
 *
 * A device may wake up in 1970, or be told a wrong time by anybody who answers on
 * its network.  Time is believed from one place: a certificate that the service's CA
 * has just issued for a key that this device has just made, which nobody can have
 * kept from earlier.  Until then the device's clock is used, and for the exchange
 * that fetches the first certificate the date that the server's own certificate names.
 *
 * wolfSSL has one clock for the whole process: these functions are the worker's,
 * and no other thread uses TLS.
 */
#ifndef PERI_OS_AZURED_DEVICE_TIME_H
#define PERI_OS_AZURED_DEVICE_TIME_H

#include <stdbool.h>

#include "os/azured/attestation.h"

enum {
    DEVICE_TIME_LATE_S = 600, /* how long after its "not before" a new certificate may arrive */
};

/* wolfSSL uses this clock from now on. */
void device_time_init(void);
/* Forgets what was learned; tests begin anew with it. */
void device_time_forget(void);
/* Learned time going on with the boot clock, which nobody can set; until then the
 * device's clock.  Unix seconds. */
uint64_t device_time_s(void);
bool device_time_known(void);
/* The chain of answer ends at the trust anchor (path of a PEM file), is valid at the
 * answer's time, and its leaf, which attestation_parse() found to be for the key of this
 * attestation, begins at most DEVICE_TIME_LATE_S before it: the time is taken.
 * 0; E_DENIED, E_STALE, E_MALFORMED, E_NOMEM: what was known stays. */
int device_time_learn(const struct attestation *answer, const char *anchor) MUST_CHECK;
/* A chain of count > 0 certificates, leaf first, ends at the trust anchor and is valid now; none of its CAs has the name of who
 * signed it.  0; E_DENIED, E_NOMEM. */
int device_time_chain_verify(const struct span *der, size_t count, const char *anchor) MUST_CHECK;
/* Between these two it is when_s for wolfSSL: the exchange that ends the doubt. */
void device_time_suppose(uint64_t when_s);
void device_time_suppose_end(void);

#endif
