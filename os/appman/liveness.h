/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a service that runs also works: each is asked every LIVENESS_EVERY_MS (PING of os/ipc/os_channel.h) and must
 * have answered by the LIVENESS_MISSED_MAX-th time after; else it is killed, and started again as one that ended.
 * One that does not even die keeps the watchdog from being tended (health.h).
 *
 * Times count only as rounds of the manager's own loop: a machine that stood still has not missed anything.
 * An answer says that the service's main loop goes round; of what its threads do it says nothing.
 * gatewayd is not asked: it serves one client at a time, within limits of its own, and is not vital.
 */
#ifndef PERI_OS_APPMAN_LIVENESS_H
#define PERI_OS_APPMAN_LIVENESS_H

#include "os/appman/manager.h"

enum { LIVENESS_EVERY_MS = 10000, LIVENESS_MISSED_MAX = 3 };

/* Of a service that is being started. */
void liveness_begin(struct manager *m, enum service_name which);
/* Asks who is to be asked, ends who did not answer; when to be called next. */
int64_t liveness_run(struct manager *m) MUST_CHECK;
/* An answer came.  E_MALFORMED: nothing was asked, or something else. */
int liveness_answer(struct service *s, uint32_t number) MUST_CHECK;

#endif
