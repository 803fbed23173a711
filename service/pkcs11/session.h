/* SPDX-License-Identifier: BSD-2-Clause */
/* A token's session, for token_key.c: found by the token's name, opened, logged in once. */
#ifndef PERI_SERVICE_PKCS11_SESSION_H
#define PERI_SERVICE_PKCS11_SESSION_H

#include "service/pkcs11/module.h"
#include "service/pkcs11/token.h"

enum { SESSIONS_MAX = 4, SLOTS_MAX = 64 };

struct session {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE handle;
    bool open;
    unsigned epoch; /* rises with each opening: handles of objects from before are nothing */
    CK_TOKEN_INFO info;
};

struct token {
    CK_FUNCTION_LIST *calls;
    char pin[TOKEN_PIN_MAX + 1];
    bool pin_refused;
    bool pin_at_stake; /* refused, or not tried because it could be the last time */
    bool failing; /* a line has said so */
    struct session session[SESSIONS_MAX];
    unsigned session_count;
};

/* The open session of the one token that uri names.  E_NOT_FOUND, E_CONFLICT, E_DENIED, ... */
int session_get(struct token *token, const struct token_uri *uri, struct session **session) MUST_CHECK;
/* What was found in it is nothing any more; the next session_get() opens another. */
void session_forget(struct token *token, struct session *session);
/* One line: what, about whom, and what to do; err comes back.  Silent while failing. */
int session_fail(struct token *token, const struct token_uri *uri, const char *what, int err);

#endif
