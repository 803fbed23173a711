/* SPDX-License-Identifier: BSD-2-Clause */
/* One JSON object a line on stderr for each request: no bodies, no query values,
 * no header values of the client. */
#ifndef PERI_SERVICE_FRONT_ACCESS_LOG_H
#define PERI_SERVICE_FRONT_ACCESS_LOG_H

#include <stdint.h>

enum { ACCESS_LOG_KEPT = 32768 };

struct access_entry {
    const char *request_id, *method, *route; /* route "-": none */
    int status; /* 0: the client went away before the answer */
    uint64_t bytes; /* of the answer's body */
    double ms;
    uint16_t identity;
    const char *name; /* printable ASCII */
};

/* Kept until access_log_flush(); a refusal or an error (400 and up) is written at once, with what is kept. */
void access_log(const struct access_entry *entry);
void access_log_flush(void);

#endif
