/* SPDX-License-Identifier: BSD-2-Clause */
/* peri show-sdk-version: the version as an answer, so that --output and --query work. */
#include "cli/management/scope.h"
#include "cli/verbs.h"

static int show(struct peri *peri)
{
    json_t *version = json_string(PERI_VERSION);
    int code = output_print(peri, version);
    json_decref(version);
    return code;
}

const struct verb version_verbs[] = {
    {"show-sdk-version", "", show, NULL, "show the version of peri", NULL, NULL, true},
    VERBS_END,
};
