/* SPDX-License-Identifier: BSD-2-Clause */
/* peri audit ...: what was changed on the service, by whom, and what was refused. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client/client.h"
#include "cli/client/profile.h"
#include "cli/file.h"
#include "cli/management/audit_check.h"
#include "cli/management/audit_file.h"
#include "cli/management/scope.h"
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

/* While another root follows, the file has both (docs/operate.md, "Another key for the root"). */
static int roots_load(struct peri *peri, STACK_OF(X509) **roots)
{
    FILE *f = fopen(peri->profile->ca, "re");
    *roots = sk_X509_new_null();
    for (X509 *x; f && *roots && (x = PEM_read_X509(f, NULL, NULL, NULL)) != NULL;)
        if (sk_X509_push(*roots, x) <= 0)
            X509_free(x);
    if (f)
        fclose(f);
    return sk_X509_num(*roots) > 0 ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "'%s' holds no certificate", peri->profile->ca);
}

static void roots_free(STACK_OF(X509) *roots) { sk_X509_pop_free(roots, X509_free); }

static int record_take(void *context, json_t *record)
{
    struct audit_check *check = context;
    return audit_check_add(check, record) == 0 ? PERI_EXIT_OK : fail(PERI_EXIT_REFUSED, "%s", check->why);
}

/* What the service has, and what a walk of it begins with. */
struct log {
    STACK_OF(X509) *roots;
    json_t *seals, *checkpoints;
    struct audit_seal seen;
    struct audit_check check;
    struct audit_seal first; /* the record before the first one of the files */
    char records[PATH_MAX_BYTES];
};

static void log_release(struct log *log)
{
    audit_check_release(&log->check);
    json_decref(log->seals);
    json_decref(log->checkpoints);
    roots_free(log->roots);
}

/* Seals first: what is written meanwhile lies behind them. */
static int log_open(struct peri *peri, struct log *log)
{
    char path[PATH_MAX_BYTES];
    int code = seen_load(peri, &log->seen);
    if (!code)
        code = roots_load(peri, &log->roots);
    if (!code)
        code = client_our_path(log->records, "auditLog", NULL);
    if (!code)
        code = client_our_path(path, "auditLog", "seals", NULL);
    if (!code)
        code = client_list(peri, "GET", path, NULL, &log->seals);
    if (!code)
        code = client_our_path(path, "auditLog", "checkpoints", NULL);
    if (!code)
        code = client_list(peri, "GET", path, NULL, &log->checkpoints);
    if (!code && audit_check_init(&log->check, log->roots, log->seals, &log->seen) != 0)
        code = fail(PERI_EXIT_REFUSED, "%s", log->check.why);
    return code;
}

/* Where the records begin that the service has still. */
static int log_begin(struct log *log)
{
    json_t *last = json_array_get(log->checkpoints, json_array_size(log->checkpoints) - 1);
    const struct audit_seal *seen = &log->seen, *first = &log->first;
    if (last && audit_check_begin(&log->check, last) != 0)
        return fail(PERI_EXIT_REFUSED, "%s", log->check.why);
    bool before = seen->sequence && seen->sequence < log->check.begins && log->check.exported.sequence &&
                  seen->sequence <= first->sequence;
    if (before && (seen->sequence < first->sequence || memcmp(seen->digest, first->digest, sizeof seen->digest) != 0))
        return fail(PERI_EXIT_REFUSED, "record %llu was seen here before, and the first file begins behind record %llu",
                    (unsigned long long)seen->sequence, (unsigned long long)first->sequence);
    return PERI_EXIT_OK;
}

/* One after the other: each goes on where the last one ended, and the first one at a record that was sealed. */
static int files_take(struct peri *peri, struct log *log)
{
    const char *path;
    struct audit_seal after, end = {0};
    for (size_t i = 0; (path = arg_at(peri, "file", i)) != NULL; i++) {
        struct audit_seal before = end;
        int code = audit_file_check(path, log->roots, &log->seen, &after, &end);
        if (code)
            return code;
        if (i == 0 && after.sequence && !audit_check_sealed(&log->check, after.sequence, after.digest))
            return fail(PERI_EXIT_REFUSED, "'%s' begins behind record %llu, which was not sealed so", path,
                        (unsigned long long)after.sequence);
        if (i && (after.sequence != before.sequence || memcmp(after.digest, before.digest, sizeof after.digest) != 0))
            return fail(PERI_EXIT_REFUSED, "'%s' begins behind record %llu, and the file before it ends at record %llu", path,
                        (unsigned long long)after.sequence, (unsigned long long)before.sequence);
        if (i == 0)
            log->first = after;
        if (!audit_check_sealed(&log->check, end.sequence, end.digest))
            return fail(PERI_EXIT_REFUSED, "'%s' ends at record %llu, which this service has not sealed so", path,
                        (unsigned long long)end.sequence);
    }
    log->check.exported = end;
    return PERI_EXIT_OK;
}

static int report(struct peri *peri, const struct audit_check *check)
{
    const struct audit_seal *last = check->seal_count ? &check->seal[check->seal_count - 1] : NULL;
    json_t *json = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "records", (json_int_t)check->sequence, "seals",
                             (json_int_t)check->seal_count, "sealedUpTo", (json_int_t)(last ? last->sequence : 0),
                             "seenBeforeUpTo", (json_int_t)check->seen.sequence, "prunedUpTo", (json_int_t)check->begins,
                             "exportedUpTo", (json_int_t)check->exported.sequence);
    int code = output_print(peri, json);
    json_decref(json);
    return code;
}

static int verify(struct peri *peri)
{
    struct log log = {0};
    int code = log_open(peri, &log);
    if (!code)
        code = files_take(peri, &log);
    if (!code)
        code = log_begin(&log);
    if (!code)
        code = client_each(peri, log.records, record_take, &log.check);
    if (!code && audit_check_end(&log.check) != 0)
        code = fail(PERI_EXIT_REFUSED, "%s", log.check.why);
    if (!code)
        code = seen_save(peri, &log.check);
    if (!code)
        code = report(peri, &log.check);
    log_release(&log);
    return code;
}

/* -- export and prune --------------------------------------------------------------- */

/* A day, which begins at midnight UTC, or a time of one. */
static int before_read(struct peri *peri, uint64_t *before_ms)
{
    const char *text = arg_text(peri, "before");
    struct tm day = {0};
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (end && *end == 'T')
        end = strptime(end, "T%H:%M:%SZ", &day);
    const int month_day = day.tm_mday; /* the 31st of February would be a day of March */
    time_t s = end && !*end ? timegm(&day) : -1;
    if (day.tm_mday != month_day)
        s = -1;
    *before_ms = s > 0 ? (uint64_t)s * 1000 : 0;
    return s > 0 ? PERI_EXIT_OK : fail(PERI_EXIT_USAGE, "--before takes 2027-01-31 or 2027-01-31T12:00:00Z, not '%s'", text);
}

struct exporting {
    struct audit_check *check;
    uint64_t end; /* the last record that goes to the file */
    FILE *to;
    const char *path;
};

static int record_export(void *context, json_t *record)
{
    struct exporting *e = context;
    int code = record_take(e->check, record);
    if (code || e->check->sequence > e->end)
        return code;
    bool good = json_dumpf(record, e->to, JSON_COMPACT) == 0 && fputc('\n', e->to) != EOF;
    return good ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot write '%s': %s", e->path, strerror(errno));
}

/* The seal of the last record that is old enough. */
static json_t *seal_before(const struct log *log, uint64_t before_ms, uint64_t *sequence)
{
    json_t *seal = NULL;
    for (size_t i = 0; i < log->check.seal_count && log->check.seal[i].time_ms < before_ms; i++)
        if (log->check.seal[i].sequence > log->check.begins) {
            seal = json_array_get(log->seals, i);
            *sequence = log->check.seal[i].sequence;
        }
    return seal;
}

static int file_begin(struct exporting *e, const struct audit_check *check, json_t *seal)
{
    struct audit_seal after = {.sequence = check->sequence};
    memcpy(after.digest, check->digest, sizeof after.digest);
    char *head = audit_file_head(&after, seal);
    int fd = open(e->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    e->to = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = head && e->to && fprintf(e->to, "%s\n", head) > 0;
    free(head);
    return good ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot make '%s': %s", e->path, strerror(errno));
}

static int export_records(struct peri *peri, struct log *log, struct exporting *e, json_t *seal)
{
    uint64_t begins = log->check.sequence;
    int code = file_begin(e, &log->check, seal);
    if (!code)
        code = client_each(peri, log->records, record_export, e);
    if (!code && audit_check_end(&log->check) != 0)
        code = fail(PERI_EXIT_REFUSED, "%s", log->check.why);
    bool whole = e->to && fflush(e->to) == 0 && fsync(fileno(e->to)) == 0;
    if (e->to && fclose(e->to) != 0)
        whole = false;
    if (!code && !whole)
        code = fail(PERI_EXIT_ERROR, "cannot write '%s': %s", e->path, strerror(errno));
    if (code) {
        if (e->to)
            (void)unlink(e->path);
        return code;
    }
    json_t *json = json_pack("{s:s,s:I,s:I,s:I}", "file", e->path, "from", (json_int_t)begins + 1, "to", (json_int_t)e->end,
                             "records", (json_int_t)(e->end - begins));
    code = output_print(peri, json);
    json_decref(json);
    return code;
}

static int export(struct peri *peri)
{
    struct log log = {0};
    struct exporting e = {.check = &log.check, .path = arg_text(peri, "output-file")};
    uint64_t before_ms;
    int code = before_read(peri, &before_ms);
    if (!code)
        code = log_open(peri, &log);
    if (!code)
        code = log_begin(&log);
    json_t *seal = code ? NULL : seal_before(&log, before_ms, &e.end);
    if (!code && !seal)
        code = fail(PERI_EXIT_NOT_FOUND, "no record that is there was sealed before %s: nothing to export", arg_text(peri, "before"));
    if (!code)
        code = export_records(peri, &log, &e, seal);
    log_release(&log);
    return code;
}

/* Whoever asks has a file with what goes, which was just looked at. */
static int prune(struct peri *peri)
{
    struct audit_seal after, end;
    char path[PATH_MAX_BYTES], digest[65];
    STACK_OF(X509) *roots = NULL;
    const struct audit_seal none = {0};
    int code = roots_load(peri, &roots);
    if (!code)
        code = audit_file_check(arg_text(peri, "file"), roots, &none, &after, &end);
    if (!code)
        code = client_our_path(path, "auditLog", "prune", NULL);
    roots_free(roots);
    if (code)
        return code;
    hex_encode(end.digest, sizeof end.digest, digest);
    json_t *body = json_pack("{s:I,s:s}", "sequence", (json_int_t)end.sequence, "digest", digest);
    code = client_show(peri, PERI_EXIT_OK, "POST", path, body);
    json_decref(body);
    return code;
}

static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_END};
static const struct column columns[] = {
    {"No", "sequence"}, {"Time", "time"}, {"Principal", "principal"}, {"Action", "action"},
    {"Outcome", "outcome"}, {"Scope", "scope"}, {"Detail", "detail"}, COLUMNS_END};
static const struct column verify_columns[] = {
    {"Records", "records"}, {"Seals", "seals"}, {"Sealed up to", "sealedUpTo"},
    {"Seen before up to", "seenBeforeUpTo"}, {"Pruned up to", "prunedUpTo"}, {"Exported up to", "exportedUpTo"}, COLUMNS_END};
static const struct option_row verify_options[] = {
    {"file", NULL, OPTION_LIST, "files of audit export, oldest first, to be verified with what the service has still"},
    SCOPE_END};
static const struct option_row export_options[] = {
    {"before", NULL, OPTION_REQUIRED, "records that were sealed before this day, or time, in UTC: 2027-01-31"},
    {"output-file", "of", OPTION_REQUIRED, "file to make, which must not exist"},
    SCOPE_END};
static const struct column export_columns[] = {
    {"File", "file"}, {"From", "from"}, {"To", "to"}, {"Records", "records"}, COLUMNS_END};
static const struct option_row prune_options[] = {
    {"file", NULL, OPTION_REQUIRED, "file of audit export: its records go"}, SCOPE_YES, SCOPE_END};
static const struct column prune_columns[] = {{"Pruned up to", "sequence"}, {"Time", "time"}, {"Digest", "digest"}, COLUMNS_END};

const struct verb audit_verbs[] = {
    {"audit", "list", list, NULL, "list all changes and refused changes, oldest first", list_options, columns, false},
    {"audit", "verify", verify, NULL, "verify the audit log: chain, seals of the issuer, what was seen before", verify_options,
     verify_columns, false, "Exit code 5: a record was changed, removed, added or moved; the message says which."},
    {"audit", "export", export, NULL, "write the oldest records of the audit log to a file", export_options, export_columns, false,
     "They stay in the log. The file proves itself: its chain ends at a record that the service's issuer sealed."},
    {"audit", "prune", prune, NULL, "let the records of an exported file go from the audit log", prune_options, prune_columns, false,
     "For owners of the service. What is left is verified from the record behind which it begins, which the issuer signs; "
     "no record goes that was sealed less than audit_keep_days ago (365). Keep the file: audit verify --file needs it."},
    VERBS_END,
};
