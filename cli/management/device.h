/* SPDX-License-Identifier: BSD-2-Clause */
/* A device as the service knows it, for the verbs that need more than one step. */
#ifndef PERI_CLI_MANAGEMENT_DEVICE_H
#define PERI_CLI_MANAGEMENT_DEVICE_H

#include "cli/command.h"

/* The row of device id (as text) in the catalog: a new reference.  Exit codes, after a message. */
int device_find(struct peri *peri, const char *id, json_t **device);
/* The names of the product and the device group that it is in. */
enum { DEVICE_NAME_BYTES = 128 };
struct device_place {
    char product[DEVICE_NAME_BYTES], group[DEVICE_NAME_BYTES];
};
int device_place(struct peri *peri, const char *id, struct device_place *place);
/* Moves it; *answer may be NULL, for a service that says nothing: a new reference. */
int device_move(struct peri *peri, const char *id, const char *product, const char *group, json_t **answer);
/* A capability file of these types (a JSON array, kept), in base64: *text is malloc'd. */
int device_capability(struct peri *peri, const char *id, const char *product, const char *group, json_t *types, char **text);

#endif
