/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One handler per call of abi/pluton_call.h.
 *
 * Called by dispatch.c after right, life-cycle and length were checked: in
 * holds a payload of a permitted length.  A handler checks the contents first
 * and acts last; on an error it has changed nothing, and what it wrote to reply
 * is dropped.  Errors are lib/err.h codes; dispatch.c maps them.
 */
#ifndef PERI_PLUTON_RUNTIME_CMD_H
#define PERI_PLUTON_RUNTIME_CMD_H

#include "pluton/runtime/pluton.h"

#define CMD_DECLARE(name, number, rights, states, min, max) \
    int cmd_##name(struct pluton *p, struct cursor *in, struct writer *reply) MUST_CHECK;
PLUTON_CALL_TABLE(CMD_DECLARE)
#undef CMD_DECLARE

struct call_row {
    uint16_t number;
    uint16_t min, max; /* payload bytes */
    uint32_t rights;   /* all of them are needed */
    uint32_t states;   /* bit per life-cycle state */
    int (*handle)(struct pluton *p, struct cursor *in, struct writer *reply);
};

/* Programs new fuse contents and only then takes them over.  A failure makes
 * the runtime refuse everything secret until reset, because they may be the
 * old or the new one by then. */
int fuses_replace(struct pluton *p, const struct fuses *next) MUST_CHECK;

/* NULL when no such tenant is in use. */
struct pluton_tenant *tenant_find(struct pluton *p, const uint8_t id[static PLUTON_TENANT_BYTES]);

#endif
