/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ct.h"

enum { WHAT_BYTES = 320 };

int token_open(const char *module, const char *pin, struct token **out)
{
    *out = NULL;
    if (!pin[0] || strlen(pin) > TOKEN_PIN_MAX) {
        fprintf(stderr, "token: the PIN must have 1 to %d bytes\n", TOKEN_PIN_MAX);
        return E_RANGE;
    }
    struct token *token = calloc(1, sizeof *token);
    if (!token)
        return E_NOMEM;
    int err = module_load(module, &token->calls);
    if (err) {
        free(token);
        return err;
    }
    memcpy(token->pin, pin, strlen(pin) + 1);
    *out = token;
    return 0;
}

void token_close(struct token *token)
{
    if (!token)
        return;
    for (unsigned i = 0; i < token->session_count; i++)
        session_forget(token, &token->session[i]);
    module_unload(token->calls);
    ct_wipe(token, sizeof *token);
    free(token);
}

bool token_pin_refused(const struct token *token) { return token->pin_at_stake; }

int session_fail(struct token *token, const struct token_uri *uri, const char *what, int err)
{
    char text[URI_TEXT_MAX + 1];
    if (!token->failing)
        fprintf(stderr, "token: %s: %s\n", uri_format(uri, text, sizeof text) == 0 ? text : "a key", what);
    token->failing = true;
    return err;
}

void session_forget(struct token *token, struct session *session)
{
    if (session->open)
        (void)token->calls->C_CloseSession(session->handle);
    session->open = false;
}

/* -- which token -------------------------------------------------------------------- */

static bool token_matches(const struct token_uri *uri, const CK_TOKEN_INFO *info)
{
    return (info->flags & CKF_TOKEN_INITIALIZED) && uri_value_matches(&uri->token, info->label, sizeof info->label) &&
           uri_value_matches(&uri->manufacturer, info->manufacturerID, sizeof info->manufacturerID) &&
           uri_value_matches(&uri->serial, info->serialNumber, sizeof info->serialNumber) &&
           uri_value_matches(&uri->model, info->model, sizeof info->model);
}

/* The labels of the tokens that there are, `"first", "second"`; what does not fit is left out.  They are the token's words: harmless
 * for a terminal.  How many there are. */
static unsigned labels_put(struct token *token, const CK_SLOT_ID *all, CK_ULONG count, char *text, size_t cap)
{
    CK_TOKEN_INFO one;
    unsigned found = 0;
    size_t at = 0;
    text[0] = '\0';
    for (CK_ULONG i = 0; i < count && i < SLOTS_MAX; i++) {
        char label[sizeof one.label + 1];
        if (token->calls->C_GetTokenInfo(all[i], &one) != CKR_OK || !(one.flags & CKF_TOKEN_INITIALIZED))
            continue;
        size_t len = sizeof one.label;
        while (len && one.label[len - 1] == ' ')
            len--;
        for (size_t k = 0; k < len; k++)
            label[k] = one.label[k] > ' ' && one.label[k] < 0x7f && one.label[k] != '"' ? (char)one.label[k] : one.label[k] == ' ' ? ' ' : '?';
        label[len] = '\0';
        int n = snprintf(text + at, cap - at, "%s\"%s\"", at ? ", " : "", label);
        if (n < 0 || (size_t)n >= cap - at)
            text[at] = '\0';
        else
            at += (size_t)n;
        found++;
    }
    return found;
}

/* what: set on failure. */
static int slot_find(struct token *token, const struct token_uri *uri, CK_SLOT_ID *slot, CK_TOKEN_INFO *info,
                     char what[static WHAT_BYTES])
{
    CK_SLOT_ID all[SLOTS_MAX];
    CK_ULONG count = 0;
    unsigned found = 0;
    /* The first form of the call lets a module look for what was plugged in since. */
    CK_RV rv = token->calls->C_GetSlotList(CK_TRUE, NULL, &count);
    if (rv == CKR_OK) {
        count = SLOTS_MAX;
        rv = token->calls->C_GetSlotList(CK_TRUE, all, &count);
    }
    if (rv != CKR_OK) {
        snprintf(what, WHAT_BYTES, "the module cannot say which tokens there are: %s", module_word(rv));
        return module_err(rv);
    }
    for (CK_ULONG i = 0; i < count && i < SLOTS_MAX; i++) {
        CK_TOKEN_INFO one;
        if (token->calls->C_GetTokenInfo(all[i], &one) != CKR_OK || !token_matches(uri, &one))
            continue;
        *slot = all[i];
        *info = one;
        found++;
    }
    what[0] = '\0';
    if (found > 1) {
        snprintf(what, WHAT_BYTES, "more than one token fits: name its serial too");
    } else if (found == 0) {
        char labels[WHAT_BYTES / 2];
        if (labels_put(token, all, count, labels, sizeof labels))
            snprintf(what, WHAT_BYTES, "no such token; its PKCS#11 module has %s", labels);
        else
            snprintf(what, WHAT_BYTES, "no such token; its PKCS#11 module has none: plug it in, make one with its maker's tool, or see "
                                       "whether its configuration, read as this user, names the right place");
    }
    return found == 1 ? 0 : found ? E_CONFLICT : E_NOT_FOUND;
}

/* Some modules look for tokens when they start, and only then. */
static int slot_find_anew(struct token *token, const struct token_uri *uri, CK_SLOT_ID *slot, CK_TOKEN_INFO *info,
                          char what[static WHAT_BYTES])
{
    CK_RV rv = module_restart(token->calls);
    for (unsigned i = 0; i < token->session_count; i++)
        token->session[i].open = false;
    if (rv == CKR_OK)
        return slot_find(token, uri, slot, info, what);
    snprintf(what, WHAT_BYTES, "no such token, and its PKCS#11 module does not start again to look anew (%s): see whether its "
                               "configuration and the place of its tokens are there, and open to this user", module_word(rv));
    return module_err(rv);
}

/* -- session ------------------------------------------------------------------------ */

static int login(struct token *token, struct session *session, const struct token_uri *uri)
{
    CK_UTF8CHAR pin[TOKEN_PIN_MAX];
    size_t len = strlen(token->pin);
    char what[WHAT_BYTES];
    token->pin_at_stake = true; /* until it is taken */
    if (token->pin_refused)
        return session_fail(token, uri, "the PIN was refused before; not tried again, so that the token does not lock", E_DENIED);
    if (session->info.flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED))
        return session_fail(token, uri, session->info.flags & CKF_USER_PIN_LOCKED
                                            ? "the token has locked its PIN"
                                            : "one try is left before the token locks its PIN: not taken; log in once by "
                                              "another tool, with the right PIN", E_DENIED);
    memcpy(pin, token->pin, len);
    CK_RV rv = token->calls->C_Login(session->handle, CKU_USER, pin, (CK_ULONG)len);
    ct_wipe(pin, sizeof pin);
    token->pin_refused = rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN && module_err(rv) == E_DENIED;
    token->pin_at_stake = token->pin_refused;
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return 0;
    snprintf(what, sizeof what, "%s: %s", token->pin_refused ? "the token refuses the PIN (service.json, \"pkcs11_pin\")"
                                                             : "cannot log in", module_word(rv));
    return session_fail(token, uri, what, module_err(rv));
}

static int session_open(struct token *token, const struct token_uri *uri, struct session *session)
{
    char what[WHAT_BYTES];
    CK_RV rv = token->calls->C_OpenSession(session->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                           &session->handle);
    if (rv == CKR_TOKEN_WRITE_PROTECTED)
        rv = token->calls->C_OpenSession(session->slot, CKF_SERIAL_SESSION, NULL, NULL, &session->handle);
    if (rv != CKR_OK) {
        snprintf(what, sizeof what, "no session: %s", module_word(rv));
        return session_fail(token, uri, what, module_err(rv));
    }
    session->open = true;
    session->epoch++;
    int err = session->info.flags & CKF_LOGIN_REQUIRED ? login(token, session, uri) : 0;
    if (err)
        session_forget(token, session);
    return err;
}

int session_get(struct token *token, const struct token_uri *uri, struct session **out)
{
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    char what[WHAT_BYTES];
    *out = NULL;
    for (unsigned i = 0; i < token->session_count; i++)
        if (token->session[i].open && token_matches(uri, &token->session[i].info)) {
            *out = &token->session[i];
            return 0;
        }
    int err = slot_find(token, uri, &slot, &info, what);
    if (err && err != E_CONFLICT && token->session_count)
        err = slot_find_anew(token, uri, &slot, &info, what);
    if (err)
        return session_fail(token, uri, what, err);
    struct session *session = NULL;
    for (unsigned i = 0; i < token->session_count; i++) /* the same token, back again */
        if (memcmp(token->session[i].info.serialNumber, info.serialNumber, sizeof info.serialNumber) == 0 &&
            memcmp(token->session[i].info.label, info.label, sizeof info.label) == 0)
            session = &token->session[i];
    if (!session && token->session_count == SESSIONS_MAX)
        return session_fail(token, uri, "keys in more tokens than this program takes", E_LIMIT);
    if (!session)
        session = &token->session[token->session_count++];
    session_forget(token, session);
    session->slot = slot;
    session->info = info;
    err = session_open(token, uri, session);
    *out = err ? NULL : session;
    return err;
}
