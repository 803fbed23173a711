/* SPDX-License-Identifier: BSD-2-Clause */
/* peri audit ...: what was changed on the service, by whom, and what was refused. */
#include "cli/client.h"
#include "cli/scope.h"
#include "cli/verbs.h"

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "auditLog", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static const struct column columns[] = {
    {"No", "sequence"}, {"Time", "time"}, {"Principal", "principal"}, {"Action", "action"},
    {"Outcome", "outcome"}, {"Scope", "scope"}, {"Detail", "detail"}, COLUMNS_END};

const struct verb audit_verbs[] = {
    {"audit", "list", list, NULL, "list all changes and refused changes, oldest first", NULL, columns, false},
    VERBS_END,
};
