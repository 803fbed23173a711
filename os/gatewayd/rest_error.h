/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors of the local REST interface: {"error": category * 2^20 + code}, with the
 * categories and codes that tools of the original know.
 * Source: docs/spec/local-rest.md.  Category 7 is not in the table: its code is the
 * monitor's own status (abi/monitor_call.h), see rest_of_monitor().
 */
#ifndef PERI_OS_GATEWAYD_REST_ERROR_H
#define PERI_OS_GATEWAYD_REST_ERROR_H

#include <stdint.h>

/* name, category, code, HTTP status */
#define REST_ERROR_TABLE(X)                         \
    X(INVALID_JSON, 10, 1, 400)                     \
    X(INVALID_JSON_DATA, 10, 2, 400)                \
    X(DATA_EXPECTED, 10, 3, 400)                    \
    X(LENGTH_EXPECTED, 10, 4, 411)                  \
    X(INTERNAL, 10, 6, 500)                         \
    X(TOO_LARGE, 10, 17, 413)                       \
    X(NOT_AUTHORIZED, 10, 18, 403)                  \
    X(ENABLED_NOT_A_BOOLEAN, 10, 19, 400)           \
    X(PROXY_NOT_VALID, 10, 20, 400)                 \
    X(PROXY_PASSWORD_MISSING, 10, 21, 400)          \
    X(NO_PROXY, 10, 22, 404)                        \
    X(CANNOT_START_APP, 14, 6, 500)                 \
    X(CANNOT_STOP_APP, 14, 7, 500)                  \
    X(CANNOT_REMOVE_APP, 14, 8, 409)                \
    X(NO_SUCH_TRIGGER, 14, 9, 400)                  \
    X(CANNOT_START_DEBUG, 14, 11, 409)              \
    X(APP_NOT_PRESENT, 14, 12, 404)                 \
    X(BAD_COMPONENT_ID, 14, 15, 400)                \
    X(INVALID_METHOD, 15, 1, 400)                   \
    X(INVALID_URI, 15, 2, 404)                      \
    X(INVALID_REQUEST, 15, 3, 400)                  \
    X(HEADER_TOO_LARGE, 15, 7, 400)                 \
    X(NOT_IMPLEMENTED, 16, 1, 501)                  \
    X(NOTHING_STAGED, 16, 6, 409)                   \
    X(INVALID_CAPABILITY, 16, 3, 400)               \
    X(NO_SUCH_INTERFACE, 11, 2, 404)                \
    X(CERTIFICATE_NOT_FOUND, 37, 7, 404)            \
    X(CERTIFICATE_NO_SPACE, 37, 11, 409)            \
    X(STATE_IS_FINAL, 46, 6, 409)

enum rest_error {
    REST_OK = 0,
#define REST_ERROR_ENUM(name, category, code, status) REST_##name = (category) << 20 | (code),
    REST_ERROR_TABLE(REST_ERROR_ENUM)
#undef REST_ERROR_ENUM
};

enum { REST_CATEGORY_MONITOR = 7, REST_CATEGORY_CERTIFICATES = 37 }; /* 37: abi/cert_store.h has all of them */

/* HTTP status of an error; 400 for one that is not in the table. */
static inline int rest_status(uint32_t error)
{
    static const struct {
        uint32_t error;
        int status;
    } rows[] = {
#define REST_ERROR_ROW(name, category, code, status) {REST_##name, status},
        REST_ERROR_TABLE(REST_ERROR_ROW)
#undef REST_ERROR_ROW
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return rows[i].status;
    return 400;
}

#endif
