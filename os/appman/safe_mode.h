/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts in a row that did not come to a good run, kept over restarts; too many of them
 * lead to a start without applications, so that a device whose application brings it down can
 * still be updated.
 * File: <configuration>/starts, text: a decimal number and a line feed.  Written before anything else is
 * started, and again with 0 after SAFE_MODE_GOOD_MS of a healthy run.
 */
#ifndef PERI_OS_APPMAN_SAFE_MODE_H
#define PERI_OS_APPMAN_SAFE_MODE_H

#include <stdbool.h>

#include "lib/cursor.h"

enum {
    SAFE_MODE_STARTS = 4,           /* this start is the fourth after three that failed: safe */
    SAFE_MODE_GOOD_MS = 120 * 1000, /* twice the watchdog's time */
    SAFE_MODE_TEXT_MAX = 16,
};

/* Count of this start after the text of before.  What is no number counts as none: a damaged file must
 * not keep applications from running for ever. */
unsigned safe_mode_next(struct span text);
/* This start runs without applications.  Every second such start tries them again. */
bool safe_mode_is(unsigned starts);
void safe_mode_write(unsigned starts, struct writer *w);

#endif
