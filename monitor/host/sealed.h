/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sealed copy of an image in memory: nobody, the receiver included, can
 * change, grow or shrink it, so what was verified is what will run.
 */
#ifndef PERI_MONITOR_HOST_SEALED_H
#define PERI_MONITOR_HOST_SEALED_H

#include "lib/cursor.h"

struct sealed {
    int fd; /* -1 = none */
    struct span view;
};

/* Copies file, seals the copy, maps it read-only.  E_IO. */
int sealed_init(struct sealed *s, struct span file) MUST_CHECK;
/* Unmaps and closes. */
void sealed_release(struct sealed *s);
/* Unmaps; the caller owns the descriptor returned. */
int sealed_take_fd(struct sealed *s);

#endif
