/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in a server's certificate: localhost, 127.0.0.1, ::1 and those asked for. */
#ifndef PERI_SERVICE_ISSUER_SERVER_NAMES_H
#define PERI_SERVICE_ISSUER_SERVER_NAMES_H

#include <stdbool.h>

#include "lib/cursor.h"
#include "service/ipc/service_init.h"

enum {
    SERVER_NAME_MAX = 253, /* RFC 1035, as text */
    SERVER_NAMES_MAX_BYTES = SERVICE_INIT_NAMES_MAX * (SERVER_NAME_MAX + 4) + 64,
};

bool server_name_good(const char *name);
/* GeneralNames in DER, at the end of buffer; at most SERVICE_INIT_NAMES_MAX good names. */
struct span server_names_write(const char *const *names, size_t count, uint8_t *buffer, size_t cap);

#endif
