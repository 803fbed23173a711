/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* value, ours, would a new session help */
#define ANSWER_TABLE(X)                           \
    X(CKR_HOST_MEMORY, E_NOMEM, 0)                \
    X(CKR_SLOT_ID_INVALID, E_NOT_FOUND, 1)        \
    X(CKR_GENERAL_ERROR, E_CRYPTO, 1)             \
    X(CKR_FUNCTION_FAILED, E_CRYPTO, 1)           \
    X(CKR_ARGUMENTS_BAD, E_CRYPTO, 0)             \
    X(CKR_NEED_TO_CREATE_THREADS, E_UNSUPPORTED, 0) \
    X(CKR_CANT_LOCK, E_UNSUPPORTED, 0)            \
    X(CKR_ATTRIBUTE_VALUE_INVALID, E_UNSUPPORTED, 0) \
    X(CKR_DATA_INVALID, E_CRYPTO, 0)              \
    X(CKR_DATA_LEN_RANGE, E_CRYPTO, 0)            \
    X(CKR_DEVICE_ERROR, E_CRYPTO, 1)              \
    X(CKR_DEVICE_MEMORY, E_FULL, 0)               \
    X(CKR_DEVICE_REMOVED, E_NOT_FOUND, 1)         \
    X(CKR_ENCRYPTED_DATA_INVALID, E_KEY_UNKNOWN, 0) \
    X(CKR_ENCRYPTED_DATA_LEN_RANGE, E_KEY_UNKNOWN, 0) \
    X(CKR_FUNCTION_NOT_SUPPORTED, E_UNSUPPORTED, 0) \
    X(CKR_KEY_HANDLE_INVALID, E_NOT_FOUND, 1)     \
    X(CKR_KEY_SIZE_RANGE, E_UNSUPPORTED, 0)       \
    X(CKR_KEY_TYPE_INCONSISTENT, E_UNSUPPORTED, 0) \
    X(CKR_KEY_FUNCTION_NOT_PERMITTED, E_DENIED, 0) \
    X(CKR_MECHANISM_INVALID, E_UNSUPPORTED, 0)    \
    X(CKR_MECHANISM_PARAM_INVALID, E_UNSUPPORTED, 0) \
    X(CKR_OBJECT_HANDLE_INVALID, E_NOT_FOUND, 1)  \
    X(CKR_OPERATION_ACTIVE, E_CRYPTO, 1)          \
    X(CKR_OPERATION_NOT_INITIALIZED, E_CRYPTO, 1) \
    X(CKR_PIN_INCORRECT, E_DENIED, 0)             \
    X(CKR_PIN_INVALID, E_DENIED, 0)               \
    X(CKR_PIN_LEN_RANGE, E_DENIED, 0)             \
    X(CKR_PIN_EXPIRED, E_DENIED, 0)               \
    X(CKR_PIN_LOCKED, E_DENIED, 0)                \
    X(CKR_SESSION_CLOSED, E_STATE, 1)             \
    X(CKR_SESSION_COUNT, E_FULL, 0)               \
    X(CKR_SESSION_HANDLE_INVALID, E_STATE, 1)     \
    X(CKR_TEMPLATE_INCOMPLETE, E_UNSUPPORTED, 0)  \
    X(CKR_TEMPLATE_INCONSISTENT, E_UNSUPPORTED, 0) \
    X(CKR_TOKEN_NOT_PRESENT, E_NOT_FOUND, 1)      \
    X(CKR_TOKEN_NOT_RECOGNIZED, E_NOT_FOUND, 1)   \
    X(CKR_TOKEN_WRITE_PROTECTED, E_DENIED, 0)     \
    X(CKR_USER_NOT_LOGGED_IN, E_STATE, 1)         \
    X(CKR_USER_PIN_NOT_INITIALIZED, E_STATE, 0)   \
    X(CKR_CRYPTOKI_NOT_INITIALIZED, E_STATE, 0)

static const struct answer_row {
    CK_RV rv;
    const char *word;
    int err, lost;
} answers[] = {
#define ANSWER_ROW(rv, err, lost) {rv, #rv, err, lost},
    ANSWER_TABLE(ANSWER_ROW)
#undef ANSWER_ROW
};

static const struct answer_row *answer_find(CK_RV rv)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].rv == rv)
            return &answers[i];
    return NULL;
}

const char *module_word(CK_RV rv)
{
    static char number[24]; /* a process asks its token from one thread */
    const struct answer_row *row = answer_find(rv);
    if (row)
        return row->word;
    snprintf(number, sizeof number, "0x%lx", (unsigned long)rv);
    return number;
}

int module_err(CK_RV rv)
{
    const struct answer_row *row = answer_find(rv);
    return rv == CKR_OK ? 0 : row ? row->err : E_CRYPTO;
}

int module_session_lost(CK_RV rv)
{
    const struct answer_row *row = answer_find(rv);
    return row ? row->lost : rv != CKR_OK; /* a vendor's own: it may be */
}

static int fail(const char *path, const char *what, int err)
{
    fprintf(stderr, "token: PKCS#11 module \"%s\": %s\n", path, what);
    return err;
}

/* Where SoftHSM looks for its configuration; "" of other modules. */
static void place_put(const char *path, char *place, size_t cap)
{
    const char *name = strrchr(path, '/'), *file = getenv("SOFTHSM2_CONF");
    place[0] = '\0';
    if (!name || !strstr(name, "softhsm"))
        return;
    if (!file)
        snprintf(place, cap, " SOFTHSM2_CONF is not set: it takes ~/.config/softhsm2/softhsm2.conf or /etc/softhsm/softhsm2.conf");
    else
        snprintf(place, cap, " SOFTHSM2_CONF is \"%s\", which %s", file, access(file, R_OK) == 0
                 ? "can be read: see its directories.tokendir" : "cannot be read");
}

/* A module says a number, and no more: nearly always it is its configuration. */
static int start_fail(const char *path, CK_RV rv)
{
    char place[PATH_MAX + 64], what[PATH_MAX + 320];
    place_put(path, place, sizeof place);
    snprintf(what, sizeof what, "does not start (%s): does it find its configuration, and may this user read that and open the place "
                                "of its tokens?%s", module_word(rv), place);
    return fail(path, what, E_CRYPTO);
}

static CK_RV start(CK_FUNCTION_LIST *calls)
{
    CK_C_INITIALIZE_ARGS how = {.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS};
    return calls->C_Initialize(&how);
}

CK_RV module_restart(CK_FUNCTION_LIST *calls)
{
    (void)calls->C_Finalize(NULL); /* where it did not start the last time it has nothing to end */
    return start(calls);
}

int module_load(const char *path, CK_FUNCTION_LIST **calls)
{
    CK_C_GetFunctionList list;
    char what[256];
    *calls = NULL;
    if (path[0] != '/')
        return fail(path, "must be an absolute path", E_RANGE);
    if (access(path, R_OK) != 0)
        return fail(path, "no such file, or not readable here", E_NOT_FOUND);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        const char *why = dlerror();
        snprintf(what, sizeof what, "cannot be loaded: %s", why ? why : "no reason given");
        return fail(path, what, E_UNSUPPORTED);
    }
    void *symbol = dlsym(library, "C_GetFunctionList");
    if (!symbol)
        return fail(path, "is not a PKCS#11 module: it has no C_GetFunctionList", E_UNSUPPORTED);
    memcpy(&list, &symbol, sizeof list); /* an object pointer is no function pointer in C */
    CK_RV rv = list(calls);
    if (rv == CKR_OK && (!*calls || (*calls)->version.major != 2))
        return fail(path, "is not of PKCS#11 version 2", E_UNSUPPORTED);
    if (rv == CKR_OK)
        rv = start(*calls);
    if (rv == CKR_NEED_TO_CREATE_THREADS)
        return fail(path, "needs threads of its own, which the issuer's confinement does not reach: take one that "
                          "does without", E_UNSUPPORTED);
    if (rv == CKR_OK)
        return 0;
    *calls = NULL;
    return start_fail(path, rv);
}

void module_unload(CK_FUNCTION_LIST *calls)
{
    if (calls)
        (void)calls->C_Finalize(NULL);
}
