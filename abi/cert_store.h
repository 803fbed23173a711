/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate store of a device: limits, and how it is asked, by the local interface and by applications alike.
 * Source: docs/spec/cert-store.md (ours); limits, types and error numbers are the original's (category 37 of its local REST).
 * Writer and reader: lib/cert_store_record.h.
 *
 * What is installed comes in pieces first (STAGE: u32 offset, bytes; offset 0 begins anew), certificate, private key and
 * password behind one another, and then one ask says what of it is what.
 *
 *   ask     u8 action, u8 type, u16 certificate bytes, u16 key bytes, u16 password bytes, u32 index, {u8 length, id}, {u8 length, id}
 *   answer  u32 error, u32 available bytes, u32 count, {u8 length, id}, u64 not before, u64 not after (Unix s),
 *           {u16 length, subject}, {u16 length, issuer}
 *
 *   action    uses of ask                          of answer, besides error, available and count
 *   SPACE
 *   AT        index                                id
 *   SHOW      id                                   id, dates, names
 *   INSTALL   type, lengths, id
 *   DELETE    id
 *   MOVE      id, second id: its new one
 */
#ifndef PERI_ABI_CERT_STORE_H
#define PERI_ABI_CERT_STORE_H

enum {
    CERT_STORE_BYTES = 24576, /* certificates, keys and passwords together */
    CERT_PEM_MAX = 8192,
    CERT_PASSWORD_MAX = 256,
    CERT_STAGE_BYTES = 2 * CERT_PEM_MAX + CERT_PASSWORD_MAX,
    CERT_ID_MAX = 16,
    CERT_NAME_MAX = 300,
    CERT_COUNT_MAX = 32,
    CERT_ASK_BYTES_MAX = 12 + 2 * (1 + CERT_ID_MAX),
    CERT_ANSWER_BYTES_MAX = 12 + 1 + CERT_ID_MAX + 16 + 2 * (2 + CERT_NAME_MAX),
};

enum cert_type { CERT_NONE = 0, CERT_CLIENT = 1, CERT_ROOT_CA = 2 };

enum cert_action { CERT_SPACE, CERT_AT, CERT_SHOW, CERT_INSTALL, CERT_DELETE, CERT_MOVE, CERT_ACTIONS };

/* name, number: of category 37, but the last three, which are ours */
#define CERT_ERROR_TABLE(X)          \
    X(ID_INVALID, 2)                 \
    X(ID_TOO_LONG, 4)                \
    X(NOT_FOUND, 7)                  \
    X(INDEX_OUT_OF_RANGE, 10)        \
    X(OUT_OF_SPACE, 11)              \
    X(TYPE_INVALID, 12)              \
    X(PUBLIC_INVALID, 13)            \
    X(PUBLIC_TOO_LONG, 14)           \
    X(PRIVATE_INVALID, 15)           \
    X(PRIVATE_TOO_LONG, 16)          \
    X(PRIVATE_NOT_ALLOWED, 17)       \
    X(PASSWORD_TOO_LONG, 18)         \
    X(PASSWORD_NOT_ALLOWED, 19)      \
    X(MISMATCHED, 20)                \
    X(PASSWORD_NOT_REQUIRED, 21)     \
    X(NOT_STAGED, 100)               \
    X(NOT_STORED, 101)               \
    X(NOT_HERE, 102)

enum cert_error {
    CERT_OK = 0,
#define CERT_ERROR_ENUM(name, number) CERT_##name = number,
    CERT_ERROR_TABLE(CERT_ERROR_ENUM)
#undef CERT_ERROR_ENUM
};

#endif
