/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in paths: the patterns of service-api.md §1.2 as one table.
 * Letters are ASCII; a space is the only white space that front lets through.
 */
#ifndef PERI_SERVICE_API_NAMES_H
#define PERI_SERVICE_API_NAMES_H

#include "lib/cursor.h"

enum name_rule {
    NAME_NONE,
    NAME_SUBSCRIPTION,   /* GUID */
    NAME_RESOURCE_GROUP, /* 1-90 of [-\w._()], not ending in a dot */
    NAME_CATALOG,        /* [A-Za-z0-9_-]{1,50} */
    NAME_PRODUCT,        /* \w[\w ]{1,48}\w, or .default, .unassigned */
    NAME_GROUP,          /* [A-Za-z0-9]{1,2} or alnum[alnum ]{1,48}alnum, or .default, .unassigned */
    NAME_DEVICE,         /* 128 hex digits */
    NAME_IMAGE,          /* GUID */
    NAME_DEPLOYMENT,     /* GUID or .default */
    NAME_CRASH_GROUP,    /* GUID */
    NAME_CRASH_DUMP,     /* GUID */
    NAME_SERIAL,         /* 1-40 hex digits, or .default, default, active */
    NAME_VERSION,        /* 2-4 numbers of 1-5 digits with dots between */
    NAME_OPERATION,      /* GUID */
    NAME_ASSIGNMENT,     /* GUID */
    NAME_ROLLOUT,        /* GUID */
    NAME_PROVIDER,       /* namespace of a resource provider */
    NAME_RULES
};

bool name_valid(enum name_rule rule, struct span name);
/* What the rule is, for messages. */
const char *name_rule_text(enum name_rule rule);

#endif
