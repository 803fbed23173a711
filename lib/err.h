/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error codes of every Perisphere component: one enum, one table.
 *
 * Convention: fallible functions return int, 0 or one of these negative codes
 * (a length >= 0 where the header says so); results leave through
 * out-parameters, which are set to empty on failure.  bool answers questions.
 * At a border (mailbox, SMC, IPC, HTTP) one function maps these to the
 * published codes of that border; the numbers here are internal and stable
 * only within one build.
 */
#ifndef PERI_LIB_ERR_H
#define PERI_LIB_ERR_H

#if defined(__GNUC__)
#define MUST_CHECK __attribute__((warn_unused_result))
#else
#define MUST_CHECK
#endif

/* Who has to do something about it. */
enum err_category {
    ERR_CAT_NONE,     /* success */
    ERR_CAT_CALLER,   /* the caller asked for something impossible */
    ERR_CAT_DATA,     /* outside bytes are wrong; final, nothing is repaired */
    ERR_CAT_DENIED,   /* understood and refused */
    ERR_CAT_STATE,    /* right request, wrong moment */
    ERR_CAT_RESOURCE, /* a limit or a shortage; may pass later */
    ERR_CAT_HARDWARE, /* disk, flash or engine failed */
    ERR_CAT_INTERNAL, /* our own bug */
};

/* name, number, category, one-line meaning */
#define ERR_TABLE(X)                                                          \
    X(E_OK, 0, NONE, "success")                                               \
    X(E_MORE, -1, DATA, "input ends too early")                               \
    X(E_MALFORMED, -2, DATA, "input is malformed")                            \
    X(E_TRAILING, -3, DATA, "bytes follow the end of the message")            \
    X(E_VERSION, -4, DATA, "format version is not supported")                 \
    X(E_LIMIT, -5, DATA, "a value in the input is beyond its limit")          \
    X(E_DUPLICATE, -6, DATA, "an element appears twice")                      \
    X(E_MISSING, -7, DATA, "a required element is missing")                   \
    X(E_SIGNATURE, -8, DENIED, "signature does not verify")                   \
    X(E_KEY_UNKNOWN, -9, DENIED, "signing key is not trusted for this use")   \
    X(E_DIGEST, -10, DENIED, "digest does not match")                         \
    X(E_BINDING, -11, DENIED, "bound to another device or request")           \
    X(E_STALE, -12, DENIED, "not fresh")                                      \
    X(E_ROLLBACK, -13, DENIED, "older than what was accepted before")         \
    X(E_DENIED, -14, DENIED, "caller has no right to this")                   \
    X(E_LIFECYCLE, -15, DENIED, "not allowed in this life-cycle state")       \
    X(E_LENGTH, -16, CALLER, "length of the request is wrong")                \
    X(E_RANGE, -17, CALLER, "argument is out of range")                       \
    X(E_NOT_FOUND, -18, CALLER, "no such object")                             \
    X(E_EXISTS, -19, CALLER, "object exists already")                         \
    X(E_UNSUPPORTED, -20, CALLER, "request is not supported")                 \
    X(E_STATE, -21, STATE, "not possible in the present state")               \
    X(E_BUSY, -22, STATE, "another operation is under way")                   \
    X(E_CONFLICT, -23, STATE, "contradicts the present contents")             \
    X(E_FULL, -24, RESOURCE, "no room left")                                  \
    X(E_NOMEM, -25, RESOURCE, "out of memory")                                \
    X(E_TIMEOUT, -26, RESOURCE, "no answer in time")                          \
    X(E_NETWORK, -27, RESOURCE, "peer cannot be reached")                     \
    X(E_IO, -28, HARDWARE, "reading or writing failed")                       \
    X(E_ENTROPY, -29, HARDWARE, "random number generator failed its test")    \
    X(E_CORRUPT, -30, HARDWARE, "stored data are damaged")                    \
    X(E_CRYPTO, -31, HARDWARE, "cryptographic engine failed")                 \
    X(E_INTERNAL, -32, INTERNAL, "internal error")

enum err {
#define ERR_ENUM(name, number, category, text) name = number,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

/* Upper-case name, meaning and category of a code; "E_UNKNOWN",
 * "unknown error" and ERR_CAT_INTERNAL for a number outside the table. */
const char *err_name(int code);
const char *err_text(int code);
enum err_category err_category(int code);

#endif
