/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sideloading: an application put on the device by whoever stands beside it,
 * without a manifest.  Rows of the call table in engine.c lead here.
 * Source: docs/spec/monitor.md, "sideloading".
 * Trust: the caller is hostile.  What it may bring is asked of the root of trust
 * at every call, never of the caller; no answer is a refusal.
 *
 *   permit       root of trust says                        images by
 *   DEVELOPMENT  AppDevelopment is enabled                 a development key
 *   PRODUCTION   AppDevelopment or FieldServicing, or the  an application key
 *                device is not DeviceComplete
 *
 * Invariants: only type 10 is ever written or removed; the slot being written is
 * named by nothing else; `verified` is set only for the bytes that stand there;
 * a record changes by one commit.  An update set that was staged is dropped when
 * the installed set changes here: it was judged against the old one.
 * An image under development neither runs nor is listed without the permit.
 */
#ifndef PERI_MONITOR_ENGINE_SIDELOAD_H
#define PERI_MONITOR_ENGINE_SIDELOAD_H

#include "monitor/engine/engine.h"

/* AppDevelopment is enabled now. */
bool sideload_development(const struct engine *e);
/* The installed image is flagged UnderDevelopment.  A damaged one is not. */
bool sideload_is_development(const struct engine *e, const struct component *component);
/* At the start: images flagged RemoveAtBoot leave the installed set. */
void sideload_boot(struct engine *e);

enum monitor_status sideload_open(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status sideload_write(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status sideload_commit(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status sideload_install(struct engine *e, struct cursor *in, struct writer *out);
enum monitor_status sideload_remove(struct engine *e, struct cursor *in, struct writer *out);

#endif
