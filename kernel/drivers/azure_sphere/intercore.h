/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I/O cores: control of them, and messages to and from their applications.
 * Source: docs/spec/intercore.md, abi/intercore.h.
 * Callers: monitor_device.c (control), socket.c (messages).
 */
#ifndef _INTERCORE_H
#define _INTERCORE_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "abi/intercore.h"

struct azure_sphere_io_core;

/*
 * What abi/azure_sphere.h says of AZURE_SPHERE_IO_CORE, for a caller whose right was
 * checked: 0, -EINVAL, -EBADF, -EBUSY, -EACCES, -ENOEXEC, -ENODEV, -ENOMEM, -EIO.
 * May sleep.
 */
int io_core_control(const struct azure_sphere_io_core *request);

/* One message to the core that runs `to`.  0; -EAGAIN: no room now; -ECONNRESET: no core
 * runs it, or it broke the protocol.  May sleep for the lock. */
int intercore_send(const u8 from[INTERCORE_COMPONENT_BYTES], const u8 to[INTERCORE_COMPONENT_BYTES],
		   const u8 *payload, size_t bytes);
/* Whether a message of any length would not get -EAGAIN. */
bool intercore_ready(const u8 to[INTERCORE_COMPONENT_BYTES]);
/* A receiver has room again. */
void intercore_resume(void);

/* Woken, and counted, whenever the answer of intercore_send() may have changed. */
extern wait_queue_head_t intercore_changed;
extern atomic_t intercore_changes;

/*
 * From the core that runs `from`, by its own account for `to`.  0: taken, or nobody wants
 * it; -EAGAIN: the receiver is full, intercore_resume() will follow.  In socket.c.
 */
int intercore_deliver(const u8 from[INTERCORE_COMPONENT_BYTES],
		      const u8 to[INTERCORE_COMPONENT_BYTES], const u8 *payload, size_t bytes);

#endif
