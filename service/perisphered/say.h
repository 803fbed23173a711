/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of a command on stderr, "perisphered: " before it; always 1, an exit code. */
#ifndef PERI_SERVICE_PERISPHERED_SAY_H
#define PERI_SERVICE_PERISPHERED_SAY_H

__attribute__((format(printf, 1, 2))) int say(const char *format, ...);

#endif
