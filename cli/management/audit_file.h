/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the audit log in files, as they were exported before the service let them go.
 * Source: docs/spec/audit.md, "Retention".
 *
 * Lines of JSON.  The first:
 *   {"perisphereAuditExport":1,"after":{"sequence":N,"digest":HEX},"seal":{...}}
 * N: the record before the first one (0, and zeros: there is none); the seal, as the service lists it, is that
 * of the last record.  Then the records, as the service lists them.
 */
#ifndef PERI_CLI_MANAGEMENT_AUDIT_FILE_H
#define PERI_CLI_MANAGEMENT_AUDIT_FILE_H

#include "cli/command.h"
#include "cli/management/audit_check.h"

/* The first line, on the heap; free() it. */
char *audit_file_head(const struct audit_seal *after, json_t *seal);
/* All of a file: its seal, its chain, its end, against seen (sequence 0: nothing).  *after: the record before its first;
 * *end: its last.  An exit code after a message. */
int audit_file_check(const char *path, const STACK_OF(X509) *roots, const struct audit_seal *seen, struct audit_seal *after,
                     struct audit_seal *end);

#endif
