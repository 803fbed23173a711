/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps at an attached device, for the verbs that need more than one. */
#ifndef PERI_CLI_ATTACHED_ATTACHED_H
#define PERI_CLI_ATTACHED_ATTACHED_H

#include "cli/command.h"

/* Prints the answer, whose reference it takes, when code is PERI_EXIT_OK; returns the code. */
int attached_show(struct peri *peri, int code, json_t *answer);
/* Answer of one route, or what stands at a member of it (NULL: all of it), printed. */
int attached_get(struct peri *peri, const char *path, const char *member);
/* "<prefix><component id>", of --component-id, which is checked. */
int attached_component_path(struct peri *peri, const char *prefix, char path[static 128]);
/* "<prefix><name>" where name has letters, digits, '.', '_' and '-' alone, at most max of them. */
int attached_name_path(const char *prefix, const char *option, const char *name, size_t max, char path[static 128]);

/* Removes applications under development but those of --except-component-ids; their ids
 * are appended to gone. */
int attached_development_delete(struct peri *peri, json_t *gone);
int attached_restart(struct peri *peri);

#define COMPONENT_OPTION(flags, what) {"component-id", "i", flags, "component id of the application" what}

#endif
