/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement of a service process: called once, after its own files are open
 * and before it reads a byte from outside.
 * In this order: drop supplementary groups, gid and uid (when root), no new
 * privileges, resource limits, Landlock to the one folder named (or to nothing),
 * seccomp allow-list.  What the kernel cannot enforce is an error unless its
 * name is in --allow-unconfined; it is never skipped silently.
 */
#ifndef PERI_SERVICE_SANDBOX_SANDBOX_H
#define PERI_SERVICE_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum sandbox_right {
    SANDBOX_FILES_READ = 1 << 0,  /* below folder */
    SANDBOX_FILES_WRITE = 1 << 1, /* create, rename, remove below folder */
    SANDBOX_ACCEPT = 1 << 2,      /* accept() on a listening socket made before */
    SANDBOX_CONNECT_UNIX = 1 << 3, /* unix sockets, no other kind */
    SANDBOX_CONNECT_TCP = 1 << 4,  /* TCP, to connect_port */
    SANDBOX_CONNECT_UDP = 1 << 5,  /* UDP, to wherever it likes: who asks a resolver */
};

struct sandbox {
    const char *name;   /* for messages */
    const char *folder; /* NULL: no file system at all */
    const char *paths;  /* more of them, between colons, to read and to write; NULL or "": none.  The
                         * rights to files are needed for it */
    unsigned rights;    /* enum sandbox_right */
    uint16_t connect_port; /* with SANDBOX_CONNECT_TCP: the one port; 0: none */
    bool any_port_may;  /* a kernel without Landlock's ports (before 6.7) leaves TCP open: said, and borne.
                         * false: that is a part of landlock that is missing */
    unsigned uid;       /* 0 = keep (not root) */
    unsigned allow_missing; /* enum sandbox_part bits that may be missing */
    unsigned landlock_most; /* use nothing later than this version of Landlock, as an older kernel; 0: all there is */
};

enum sandbox_part { SANDBOX_PART_UID = 1, SANDBOX_PART_LANDLOCK = 2, SANDBOX_PART_SECCOMP = 4 };

/* 0, or E_UNSUPPORTED after one line on stderr that names the part. */
int sandbox_enter(const struct sandbox *sandbox) MUST_CHECK;

#endif
