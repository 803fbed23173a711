/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ask and answer of abi/cert_store.h, taken apart and put together.
 * Trust: hostile until read has returned success; then lengths and numbers are within their limits, and texts are terminated and
 * without U+0000.  Whether an id is one is cert_id_valid()'s to say: asking for one that is none has its own answer.
 */
#ifndef PERI_LIB_CERT_STORE_RECORD_H
#define PERI_LIB_CERT_STORE_RECORD_H

#include <stdbool.h>

#include "abi/cert_store.h"
#include "lib/cursor.h"

struct cert_ask {
    uint8_t action, type;
    uint16_t cert_bytes, key_bytes, password_bytes; /* of what was staged, in this order */
    uint32_t index;
    char id[CERT_ID_MAX + 1], new_id[CERT_ID_MAX + 1];
};

struct cert_answer {
    uint32_t error, available, count;
    char id[CERT_ID_MAX + 1];
    uint64_t not_before_s, not_after_s;
    char subject[CERT_NAME_MAX + 1], issuer[CERT_NAME_MAX + 1];
};

/* Read one record; what follows is left.  E_MORE, E_MALFORMED, E_LIMIT; the struct is zero then. */
int cert_ask_read(struct cursor *c, struct cert_ask *ask) MUST_CHECK;
int cert_answer_read(struct cursor *c, struct cert_answer *answer) MUST_CHECK;
int cert_ask_write(const struct cert_ask *ask, struct writer *w) MUST_CHECK;
int cert_answer_write(const struct cert_answer *answer, struct writer *w) MUST_CHECK;
/* 1 to 16 of A-Z a-z 0-9 . - _ */
bool cert_id_valid(const char *id);

#endif
