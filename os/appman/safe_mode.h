/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts in a row that did not come to a good run, kept over restarts; too many of them
 * lead to a start without applications, so that a device whose application brings it down can
 * still be updated.
 * File: <configuration>/starts, text: a decimal number and a line feed.  Written before anything else is
 * started, and again with 0 after SAFE_MODE_GOOD_MS of a healthy run with applications.
 *
 *   start that is safe --- SAFE_MODE_END_MS of good work ---> applications start ---+
 *   start that is not  -------------------------------------------------------------+--- SAFE_MODE_GOOD_MS ---> count is 0
 *
 * Why a start ended nobody can tell here (docs/boot.md): power that was cut counts like an application that brings the device
 * down.  So safe mode is for a time: long enough for an update, and then the device does its work again without anybody's help.
 */
#ifndef PERI_OS_APPMAN_SAFE_MODE_H
#define PERI_OS_APPMAN_SAFE_MODE_H

#include <stdbool.h>

#include "lib/cursor.h"

enum {
    SAFE_MODE_STARTS = 4,           /* this start is the fourth after three that failed: safe */
    SAFE_MODE_GOOD_MS = 120 * 1000, /* twice the watchdog's time */
    SAFE_MODE_END_MS = 900 * 1000,  /* an update check comes with the start, and the largest set takes minutes */
    SAFE_MODE_TEXT_MAX = 16,
};

/* Count of this start after the text of before.  What is no number counts as none: a damaged file must
 * not keep applications from running for ever. */
unsigned safe_mode_next(struct span text);
/* This start runs without applications.  Every second such start tries them again. */
bool safe_mode_is(unsigned starts);
void safe_mode_write(unsigned starts, struct writer *w);
/* What is due after good_ms of good work on end: without applications (safe), or with them.  After SAFE_MODE_LEAVE the work
 * with them begins at 0. */
enum safe_mode_step { SAFE_MODE_GO_ON, SAFE_MODE_LEAVE, SAFE_MODE_FORGET };
enum safe_mode_step safe_mode_step(bool safe, int64_t good_ms);

#endif
