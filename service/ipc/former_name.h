/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of files of a CA that was there before another key followed: NAME-until-N.pem, its certificate, and NAME-until-N.key, its
 * key and certificate.  N: Unix s, without zeros in front, when what it signed has ended.
 * Source: docs/spec/certificates.md, "Another key for a CA".
 * Written by the commands that give a CA another key; read by front (whom it signed) and by the issuer (its list).
 */
#ifndef PERI_SERVICE_IPC_FORMER_NAME_H
#define PERI_SERVICE_IPC_FORMER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* N of a file of that CA with that ending (".pem", ".key"); 0: it is another file. */
int64_t former_name_until(const char *file, const char *ca, const char *ending);
/* The name, terminated; false: there is no room for it. */
bool former_name_make(char *to, size_t cap, const char *ca, uint64_t until_s, const char *ending);

#endif
