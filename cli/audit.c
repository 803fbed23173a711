/* SPDX-License-Identifier: BSD-2-Clause */
/* peri audit ...: what was changed on the service, by whom, and what was refused. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_check.h"
#include "cli/client.h"
#include "cli/file.h"
#include "cli/profile.h"
#include "cli/scope.h"
#include "cli/verbs.h"
#include "lib/hex.h"

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_our_path(path, "auditLog", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

/* -- verify ------------------------------------------------------------------------ */

/* What the last run verified, in the profile's folder: the service cannot take it back. */
static void seen_path(struct peri *peri, char path[static PATH_MAX_BYTES])
{
    snprintf(path, PATH_MAX_BYTES, "%.3000s/audit-seen.json", peri->profile->folder);
}

static int seen_load(struct peri *peri, struct audit_seal *seen)
{
    char path[PATH_MAX_BYTES];
    json_error_t error;
    *seen = (struct audit_seal){0};
    seen_path(peri, path);
    if (access(path, F_OK) != 0)
        return PERI_EXIT_OK;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    json_t *digest = json_object_get(json, "digest");
    json_int_t sequence = json_integer_value(json_object_get(json, "sequence"));
    bool good = sequence > 0 && hex_decode(span_of(json_string_value(digest), json_string_length(digest)),
                                           seen->digest, sizeof seen->digest) == 0;
    seen->sequence = good ? (uint64_t)sequence : 0;
    json_decref(json);
    return good ? PERI_EXIT_OK
                : fail(PERI_EXIT_ERROR, "'%s' is damaged: remove it to begin anew, which forgets what was seen", path);
}

static int seen_save(struct peri *peri, const struct audit_check *check)
{
    char path[PATH_MAX_BYTES], digest[65], text[128];
    if (check->sequence == 0)
        return PERI_EXIT_OK;
    seen_path(peri, path);
    hex_encode(check->digest, sizeof check->digest, digest);
    int len = snprintf(text, sizeof text, "{\"sequence\": %llu, \"digest\": \"%s\"}\n",
                       (unsigned long long)check->sequence, digest);
    return file_write(path, span_of(text, (size_t)len), 0600);
}

static int root_load(struct peri *peri, X509 **root)
{
    FILE *f = fopen(peri->profile->ca, "re");
    *root = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    return *root ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "'%s' holds no certificate", peri->profile->ca);
}

static int record_take(void *context, json_t *record)
{
    struct audit_check *check = context;
    return audit_check_add(check, record) == 0 ? PERI_EXIT_OK : fail(PERI_EXIT_REFUSED, "%s", check->why);
}

static int report(struct peri *peri, const struct audit_check *check)
{
    const struct audit_seal *last = check->seal_count ? &check->seal[check->seal_count - 1] : NULL;
    json_t *json = json_pack("{s:I,s:I,s:I,s:I}", "records", (json_int_t)check->sequence, "seals",
                             (json_int_t)check->seal_count, "sealedUpTo", (json_int_t)(last ? last->sequence : 0),
                             "seenBeforeUpTo", (json_int_t)check->seen.sequence);
    int code = output_print(peri, json);
    json_decref(json);
    return code;
}

static int verify(struct peri *peri)
{
    char seals_path[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
    struct audit_check check = {0};
    struct audit_seal seen;
    json_t *seals = NULL;
    X509 *root = NULL;
    int code = seen_load(peri, &seen);
    if (!code)
        code = root_load(peri, &root);
    if (!code)
        code = client_our_path(path, "auditLog", NULL);
    if (!code)
        code = client_our_path(seals_path, "auditLog", "seals", NULL);
    /* Seals first: what is written meanwhile lies behind them. */
    if (!code)
        code = client_list(peri, "GET", seals_path, NULL, &seals);
    if (!code && audit_check_init(&check, root, seals, &seen) != 0)
        code = fail(PERI_EXIT_REFUSED, "%s", check.why);
    if (!code)
        code = client_each(peri, path, record_take, &check);
    if (!code && audit_check_end(&check) != 0)
        code = fail(PERI_EXIT_REFUSED, "%s", check.why);
    if (!code)
        code = seen_save(peri, &check);
    if (!code)
        code = report(peri, &check);
    audit_check_release(&check);
    json_decref(seals);
    X509_free(root);
    return code;
}

static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct column columns[] = {
    {"No", "sequence"}, {"Time", "time"}, {"Principal", "principal"}, {"Action", "action"},
    {"Outcome", "outcome"}, {"Scope", "scope"}, {"Detail", "detail"}, COLUMNS_END};
static const struct column verify_columns[] = {
    {"Records", "records"}, {"Seals", "seals"}, {"Sealed up to", "sealedUpTo"},
    {"Seen before up to", "seenBeforeUpTo"}, COLUMNS_END};

const struct verb audit_verbs[] = {
    {"audit", "list", list, NULL, "list all changes and refused changes, oldest first", list_options, columns, false},
    {"audit", "verify", verify, NULL, "verify the audit log: chain, seals of the issuer, what was seen before", NULL,
     verify_columns, false, "Exit code 5: a record was changed, removed, added or moved; the message says which."},
    VERBS_END,
};
