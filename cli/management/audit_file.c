/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/management/audit_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"

enum { FORMAT = 1 };

char *audit_file_head(const struct audit_seal *after, json_t *seal)
{
    char digest[65];
    hex_encode(after->digest, sizeof after->digest, digest);
    json_t *json = json_pack("{s:i,s:{s:I,s:s},s:O}", "perisphereAuditExport", FORMAT, "after", "sequence",
                             (json_int_t)after->sequence, "digest", digest, "seal", seal);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

/* The next line as JSON; NULL at the end, or when it is none. */
static json_t *line_read(FILE *f, char **line, size_t *cap, bool *end)
{
    ssize_t len = getline(line, cap, f);
    *end = len < 0;
    return *end ? NULL : json_loadb(*line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
}

static int head_take(const char *path, json_t *head, struct audit_check *check, const STACK_OF(X509) *roots, const struct audit_seal *seen,
                     struct audit_seal *after)
{
    json_t *at = json_object_get(head, "after"), *digest = json_object_get(at, "digest");
    json_int_t sequence = json_integer_value(json_object_get(at, "sequence"));
    if (json_integer_value(json_object_get(head, "perisphereAuditExport")) != FORMAT || sequence < 0 ||
        hex_decode(span_of(json_string_value(digest), json_string_length(digest)), after->digest, sizeof after->digest) != 0)
        return fail(PERI_EXIT_REFUSED, "'%s' is no export of an audit log", path);
    after->sequence = (uint64_t)sequence;
    json_t *seals = json_pack("[O]", json_object_get(head, "seal"));
    int err = audit_check_init(check, roots, seals, seen);
    json_decref(seals);
    check->begins = check->sequence = after->sequence;
    memcpy(check->digest, after->digest, sizeof check->digest);
    return err ? fail(PERI_EXIT_REFUSED, "'%s': %s", path, check->why) : PERI_EXIT_OK;
}

static int records_take(const char *path, FILE *f, struct audit_check *check, char **line, size_t *cap)
{
    bool end;
    for (json_t *row; (row = line_read(f, line, cap, &end)) != NULL;) {
        int err = audit_check_add(check, row);
        json_decref(row);
        if (err)
            return fail(PERI_EXIT_REFUSED, "'%s': %s", path, check->why);
    }
    if (!end)
        return fail(PERI_EXIT_REFUSED, "'%s': behind record %llu is a line that is no record", path,
                    (unsigned long long)check->sequence);
    if (check->sequence != check->seal[0].sequence)
        return fail(PERI_EXIT_REFUSED, "'%s' ends at record %llu, and was exported up to record %llu", path,
                    (unsigned long long)check->sequence, (unsigned long long)check->seal[0].sequence);
    return PERI_EXIT_OK;
}

int audit_file_check(const char *path, const STACK_OF(X509) *roots, const struct audit_seal *seen, struct audit_seal *after,
                     struct audit_seal *end)
{
    struct audit_check check = {0};
    char *line = NULL;
    size_t cap = 0;
    bool none;
    *after = *end = (struct audit_seal){0};
    FILE *f = fopen(path, "re");
    if (!f)
        return fail(PERI_EXIT_ERROR, "cannot read '%s': %s", path, strerror(errno));
    json_t *head = line_read(f, &line, &cap, &none);
    int code = head_take(path, head, &check, roots, seen, after);
    if (!code)
        code = records_take(path, f, &check, &line, &cap);
    if (!code)
        *end = check.seal[0];
    json_decref(head);
    audit_check_release(&check);
    free(line);
    fclose(f);
    return code;
}
