/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log of every certificate that the issuer signs: what an auditor compares with what
 * is met in the world.  No certificate leaves without its line.
 * Source: docs/spec/certificates.md, "log of serials".
 *
 * Files: <data>/issuer/serials/YYYY-MM-DD.log (UTC), one a day, SERIAL_LOG_DAYS of them kept;
 * offline.log: what perisphered --init and --operator sign, which is kept.
 * A line: time, profile, serial in hex, end of validity, common name:
 *   2026-11-29T09:00:00Z device 0a1b…ff 2026-11-30T09:00:00Z 00aa…11
 *
 * Not synced line by line (a device a day each would be as many syncs): a power cut
 * may lose the lines of the last moments, a crash of the process none.
 */
#ifndef PERI_SERVICE_ISSUER_SERIAL_LOG_H
#define PERI_SERVICE_ISSUER_SERIAL_LOG_H

#include "service/issuer/certificate.h"

enum { SERIAL_LOG_DAYS = 400 };

struct serial_log {
    char folder[4096]; /* <data>/issuer/serials */
    int fd;            /* of the day's file, -1: none yet */
    uint64_t day;
};

/* Makes the folder where it is missing.  E_IO, E_RANGE. */
int serial_log_open(struct serial_log *log, const char *issuer_folder) MUST_CHECK;
void serial_log_close(struct serial_log *log);
/* Before the certificate is handed out.  0; E_FULL, E_IO: then it must not be. */
int serial_log_add(struct serial_log *log, const struct certificate_request *certificate, uint64_t now_s) MUST_CHECK;
/* The same into offline.log. */
int serial_log_offline(const char *issuer_folder, const struct certificate_request *certificate,
                       uint64_t now_s) MUST_CHECK;

#endif
