/* SPDX-License-Identifier: BSD-2-Clause */
/* Option rows that most service verbs share, with the names of `az sphere`. */
#ifndef PERI_CLI_MANAGEMENT_SCOPE_H
#define PERI_CLI_MANAGEMENT_SCOPE_H

#define SCOPE_CATALOG \
    {"catalog", "c", OPTION_VALUE, "catalog (default: the profile's)"}, \
    {"resource-group", "g", OPTION_VALUE, "resource group (default: the profile's)"}
#define SCOPE_PRODUCT {"product", "p", OPTION_REQUIRED, "product"}
#define SCOPE_GROUP {"device-group", "dg", OPTION_REQUIRED, "device group"}
#define SCOPE_DEVICE {"device", "d", OPTION_REQUIRED, "device id, 128 hex digits"}
/* As az: the attached device when none is named (cli/attached/find.h). */
#define SCOPE_DEVICE_OR_ATTACHED \
    {"device", "d", OPTION_VALUE, "device id, 128 hex digits, or the address of an attached device (default: the attached device)"}, \
    TRUST_OPTION
#define SCOPE_FILTER \
    {"filter", NULL, OPTION_VALUE, "only those that fit, as \"startswith(name,'a') and description ne ''\""}
#define SCOPE_YES {"yes", "y", OPTION_SWITCH, "do not ask first (asked on a terminal alone)"}
#define SCOPE_END {NULL, NULL, 0, NULL}
#define VERBS_END {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false}
#define COLUMNS_END {NULL, NULL}

#endif
