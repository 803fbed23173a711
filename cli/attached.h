/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps at an attached device, for the verbs that need more than one. */
#ifndef PERI_CLI_ATTACHED_H
#define PERI_CLI_ATTACHED_H

#include "cli/command.h"

/* Removes applications under development but those of --except-component-ids; their ids
 * are appended to gone. */
int attached_development_delete(struct peri *peri, json_t *gone);
int attached_restart(struct peri *peri);

#endif
