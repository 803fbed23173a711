/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole device of the `linux` target under attack: root of trust, monitor and
 * OS services as they are built, in a folder of the test.  Needs root.
 */
#ifndef PERI_TESTS_ATTACKS_VICTIM_H
#define PERI_TESTS_ATTACKS_VICTIM_H

#include <stdbool.h>
#include <sys/types.h>

struct victim {
    char folder[256], log[256];
    pid_t pid;
};

/* Made already by `peri device create` in folder; its log goes to log. */
void victim_start(struct victim *v, const char *folder, const char *log);
/* SIGTERM; the exit code. */
int victim_stop(struct victim *v);
/* How often text stands in the log. */
unsigned victim_said(const struct victim *v, const char *text);
/* Waits until it stands there more often than `before` times. */
bool victim_wait(const struct victim *v, const char *text, unsigned before, unsigned seconds);

#endif
