/* SPDX-License-Identifier: BSD-2-Clause */
/* peri catalog ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

static int create(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *group = arg_text(peri, "resource-group"), *name = arg_text(peri, "name");
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    if (name[strspn(name, allowed)])
        return fail(PERI_EXIT_USAGE, "catalog name '%s': letters, digits, '-' and '_' only", name);
    int code = client_group_path(peri, group ? group : peri->profile->resource_group, path, "catalogs",
                                 name, NULL);
    if (code)
        return code;
    json_t *body = json_pack("{s:s}", "location", "global"), *answer;
    code = client_call(peri, "PUT", path, body, &answer);
    json_decref(body);
    if (!code)
        code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *group = arg_has(peri, "all") ? NULL : arg_text(peri, "resource-group");
    int code = client_group_path(peri, group, path, "catalogs", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int show(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, NULL);
    return client_show(peri, code, "GET", path, NULL);
}

static int delete(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, NULL);
    return code ? code : client_call(peri, "DELETE", path, NULL, NULL);
}

/* One CSV field: quoted when it must be. */
static void csv_put(FILE *out, json_t *value, const char *end)
{
    char number[32];
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        text = number;
    }
    if (text && strpbrk(text, ",\"\r\n")) {
        fputc('"', out);
        for (; *text; text++) {
            if (*text == '"')
                fputc('"', out);
            fputc(*text, out);
        }
        fputc('"', out);
    } else if (text) {
        fputs(text, out);
    }
    fputs(end, out);
}

/* Column order of the original's error report. */
static const struct column report_columns[] = {
    {"Device ID", "deviceId"},
    {"Event Type", "eventType"},
    {"Event Class", "eventClass"},
    {"Event Count", "eventCount"},
    {"Description", "description"},
    {"Start Time", "startTimestampUtc"},
    {"End Time", "endTimestampUtc"},
    {"Event Category", "eventCategory"},
    COLUMNS_END,
};

static int download_error_report(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    json_t *rows = NULL, *row;
    size_t index;
    int code = client_path(peri, path, "listDeviceInsights", NULL);
    if (!code)
        code = client_list(peri, "POST", path, NULL, &rows);
    const char *name = arg_text(peri, "output-file");
    if (code || !name) {
        if (!code)
            code = output_print(peri, rows);
        json_decref(rows);
        return code;
    }
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        json_decref(rows);
        return fail(PERI_EXIT_ERROR, "out of memory");
    }
    for (const struct column *c = report_columns; c->header; c++)
        fprintf(out, "%s%s", c->header, c[1].header ? "," : "\n");
    json_array_foreach(rows, index, row)
        for (const struct column *c = report_columns; c->header; c++)
            csv_put(out, json_object_get(row, c->path), c[1].header ? "," : "\n");
    code = fclose(out) == 0 ? file_write(name, span_of(text, len), 0644)
                            : fail(PERI_EXIT_ERROR, "out of memory");
    free(text);
    json_decref(rows);
    return code;
}

static const struct option_row create_options[] = {
    {"name", "n", OPTION_REQUIRED, "name of the new catalog"},
    {"resource-group", "g", OPTION_VALUE, "resource group (default: the profile's)"},
    SCOPE_END,
};
static const struct option_row list_options[] = {
    {"resource-group", "g", OPTION_VALUE, "only of this resource group"},
    {"all", NULL, OPTION_SWITCH, "of every resource group, as without --resource-group"}, SCOPE_FILTER, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, SCOPE_CATALOG, SCOPE_END};
static const struct option_row scope_options[] = {SCOPE_CATALOG, SCOPE_END};
static const struct option_row report_options[] = {
    {"output-file", "of", OPTION_VALUE, "write CSV to this file instead"}, SCOPE_CATALOG, SCOPE_END};
static const struct column catalog_columns[] = {
    {"Name", "name"}, {"Tenant ID", "properties.tenantId"}, {"State", "properties.provisioningState"}, COLUMNS_END};
static const struct column insight_columns[] = {
    {"Device ID", "deviceId"}, {"Class", "eventClass"}, {"Category", "eventCategory"},
    {"Count", "eventCount"}, {"Last", "endTimestampUtc"}, {"Description", "description"}, COLUMNS_END};

const struct verb catalog_verbs[] = {
    {"catalog", "create", create, NULL, "create a catalog with its own CA", create_options, catalog_columns, false},
    {"catalog", "list", list, NULL, "list catalogs", list_options, catalog_columns, false},
    {"catalog", "show", show, NULL, "show a catalog", scope_options, catalog_columns, false},
    {"catalog", "delete", delete, NULL, "delete a catalog without devices", delete_options, NULL, false},
    {"catalog", "download-error-report", download_error_report, NULL, "error reports of the last 14 days", report_options, insight_columns, false},
    VERBS_END,
};
