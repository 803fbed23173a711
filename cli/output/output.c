/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command answers, in the form asked for: JSON, stable for scripts (keys in
 * the service's order), and others for people and shells.
 */
#include "cli/output/output.h"

#include <string.h>
#include <unistd.h>

#include "cli/output/jmespath.h"
#include "cli/output/terminal.h"

static const struct {
    const char *name;
    enum output output;
} forms[] = {
    {"json", OUTPUT_JSON}, {"jsonc", OUTPUT_JSONC}, {"none", OUTPUT_NONE}, {"table", OUTPUT_TABLE},
    {"tsv", OUTPUT_TSV}, {"yaml", OUTPUT_YAML}, {"yamlc", OUTPUT_YAML},
};

int output_choose(struct peri *peri)
{
    char error[JMES_ERROR_MAX];
    static struct jmes jmes;
    const char *form = arg_text(peri, "output"), *query = arg_text(peri, "query");
    for (size_t i = 0; form && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, form) == 0) /* no other is let through */
            peri->output = forms[i].output;
    if (!query)
        return PERI_EXIT_OK;
    /* Refused here, before anything is done, and not when the work is over. */
    int err = jmes_parse(&jmes, query, error);
    jmes_release(&jmes);
    return err ? fail(PERI_EXIT_USAGE, "--query '%s': %s", query, error) : PERI_EXIT_OK;
}

bool output_to_person(const struct peri *peri)
{
    return !arg_text(peri, "output") && !arg_text(peri, "query") && isatty(STDOUT_FILENO);
}

/* New reference to what --query makes of value. */
static int query_run(const char *query, json_t *value, json_t **result)
{
    char error[JMES_ERROR_MAX];
    static struct jmes jmes;
    *result = jmes_parse(&jmes, query, error) == 0 ? jmes_search(&jmes, value, error) : NULL;
    jmes_release(&jmes);
    return *result ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "--query '%s': %s", query, error);
}

static int print(const struct peri *peri, json_t *value, bool queried)
{
    switch (peri->output) {
    case OUTPUT_NONE: return PERI_EXIT_OK;
    case OUTPUT_TABLE:
        if (json_is_array(value) || json_is_object(value))
            return output_table(queried ? NULL : peri->verb->columns, value);
        return output_tsv(value);
    case OUTPUT_TSV: return output_tsv(value);
    case OUTPUT_YAML: return output_yaml(value);
    case OUTPUT_JSON:
    case OUTPUT_JSONC: break;
    }
    return output_json(value, peri->output == OUTPUT_JSONC && terminal_has_colour(STDOUT_FILENO));
}

int output_print(const struct peri *peri, json_t *value)
{
    const char *query = arg_text(peri, "query");
    json_t *result = NULL;
    int code = PERI_EXIT_OK;
    if (!value)
        return PERI_EXIT_OK;
    if (query)
        code = query_run(query, value, &result);
    /* As az: a query that finds nothing prints nothing. */
    if (!code && !json_is_null(result))
        code = print(peri, query ? result : value, query != NULL);
    json_decref(result);
    if (code)
        return code;
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail(PERI_EXIT_ERROR, "cannot write the answer to standard output");
    return PERI_EXIT_OK;
}
