/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The query part of a request: api-version, and the options of lists.
 * Names are compared without case; unknown ones are ignored, as in ARM; a name
 * that is known and comes twice is refused.
 */
#ifndef PERI_SERVICE_API_QUERY_H
#define PERI_SERVICE_API_QUERY_H

#include "service/ipc/filter.h"

#define QUERY_API_VERSION "2024-04-01"

enum { QUERY_TEXT_MAX = 256 };

struct query {
    bool has_version, version_known;
    bool version_dated; /* YYYY-MM-DD, and perhaps -preview */
    bool has_top;
    uint32_t top, skip, page_size; /* page_size 0 = ours */
    uint64_t token;                /* $skipToken, made by us */
    char filter[FILTER_TEXT_MAX + 1]; /* empty: none */
    char version[QUERY_TEXT_MAX];
    char group_name[QUERY_TEXT_MAX]; /* deviceGroupName, in a nextLink of listDeviceGroups */
};

/* raw is percent-encoded, without '?'.  0; E_MALFORMED (escape, control character,
 * not a number), E_LIMIT, E_DUPLICATE. */
int query_parse(struct span raw, struct query *query) MUST_CHECK;

#endif
