/* SPDX-License-Identifier: BSD-2-Clause */
/* For children of root's programs: another user for good. */
#ifndef PERI_SERVICE_PERISPHERED_UID_H
#define PERI_SERVICE_PERISPHERED_UID_H

#include "lib/err.h"

/* This process is uid's, user and group, and no way leads back; 0: it stays whose it is.  E_DENIED: it may not, and must end. */
int uid_take(unsigned uid) MUST_CHECK;

#endif
