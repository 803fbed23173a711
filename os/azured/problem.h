/* SPDX-License-Identifier: BSD-2-Clause */
/* The service's error bodies: RFC 9290 problem details, for the log. */
#ifndef PERI_OS_AZURED_PROBLEM_H
#define PERI_OS_AZURED_PROBLEM_H

#include "lib/cursor.h"

enum { PROBLEM_TEXT_MAX = 160 };

/* Title, printable ASCII only and cut to fit; "no reason given" when body is not such
 * an object.  Never fails: it only feeds a log line. */
void problem_title(struct span body, char title[static PROBLEM_TEXT_MAX]);

#endif
