/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ct.h"
#include "service/pkcs11/session.h"

enum { ID_BYTES = 16, POINT_DER_MAX = TOKEN_POINT_MAX + 8, PARAMS_MAX = 16 };

struct token_key {
    struct token *token;
    struct token_uri uri; /* as found: with the token's serial and the key's id */
    char text[URI_TEXT_MAX + 1];
    enum token_key_kind kind;
    struct session *session;
    unsigned epoch; /* of the session in which the handle was found */
    CK_OBJECT_HANDLE handle;
    bool quiet; /* that it is not there is no failure */
    uint8_t point[TOKEN_POINT_MAX];
    size_t point_bytes;
};

static const struct curve_row {
    enum token_key_kind kind;
    uint8_t params[10]; /* namedCurve, DER */
    CK_ULONG params_bytes;
    size_t point_bytes, digest_bytes, signature_bytes;
} curves[] = {
    {TOKEN_KEY_P256, {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, 10, 65, 32, 64},
    {TOKEN_KEY_P384, {6, 5, 0x2b, 0x81, 4, 0, 0x22}, 7, 97, 48, 96},
};

static const struct curve_row *curve_of(enum token_key_kind kind)
{
    return kind == TOKEN_KEY_AES ? NULL : &curves[kind == TOKEN_KEY_P384];
}

static int fail_rv(const struct token_key *k, const char *doing, CK_RV rv)
{
    char what[128];
    snprintf(what, sizeof what, "%s: %s", doing, module_word(rv));
    return session_fail(k->token, &k->uri, what, module_err(rv));
}

/* -- finding ------------------------------------------------------------------------ */

static CK_OBJECT_CLASS class_of(bool aes) { return aes ? CKO_SECRET_KEY : CKO_PRIVATE_KEY; }

/* Handles of what has this class and the URI's label and id: how many, two at most. */
static CK_RV objects_find(const struct token_key *k, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE found[2], CK_ULONG *count)
{
    CK_FUNCTION_LIST *f = k->token->calls;
    struct token_uri name = k->uri;
    CK_ATTRIBUTE want[3] = {{CKA_CLASS, &class, sizeof class}};
    CK_ULONG wants = 1;
    *count = 0;
    if (name.id.len) /* where there is one it says enough: public halves may have another label */
        want[wants++] = (CK_ATTRIBUTE){CKA_ID, name.id.bytes, name.id.len};
    if (name.object.len && (!name.id.len || class != CKO_PUBLIC_KEY))
        want[wants++] = (CK_ATTRIBUTE){CKA_LABEL, name.object.bytes, name.object.len};
    CK_RV rv = f->C_FindObjectsInit(k->session->handle, want, wants);
    if (rv != CKR_OK)
        return rv;
    rv = f->C_FindObjects(k->session->handle, found, 2, count);
    CK_RV end = f->C_FindObjectsFinal(k->session->handle);
    return rv != CKR_OK ? rv : end;
}

/* Only the token and who has its PIN know this key.  An object that is not private can be put there,
 * and read by whoever has the token's files, without a PIN: an answer that is missing is a no. */
static int guard_check(struct token_key *k)
{
    CK_BBOOL private = CK_FALSE, sensitive = CK_FALSE, extractable = CK_TRUE;
    CK_ATTRIBUTE parts[] = {{CKA_PRIVATE, &private, sizeof private}, {CKA_SENSITIVE, &sensitive, sizeof sensitive},
                            {CKA_EXTRACTABLE, &extractable, sizeof extractable}};
    CK_RV rv = k->token->calls->C_GetAttributeValue(k->session->handle, k->handle, parts, 3);
    if (rv != CKR_OK)
        return fail_rv(k, "reading what the key is", rv);
    if (private == CK_TRUE && sensitive == CK_TRUE && extractable == CK_FALSE)
        return 0;
    return session_fail(k->token, &k->uri, "the key is not kept inside the token, or could be put there without a PIN: make one "
                                           "that is private, sensitive and not extractable", E_UNSUPPORTED);
}

/* Each time that a session begins: what has the name may be another key by then. */
static int handle_find(struct token_key *k)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    int err = session_get(k->token, &k->uri, &k->session);
    if (err)
        return err;
    CK_RV rv = objects_find(k, class_of(k->kind == TOKEN_KEY_AES), found, &count);
    if (rv != CKR_OK)
        return fail_rv(k, "looking for the key", rv);
    if (count == 0)
        return k->quiet ? E_NOT_FOUND : session_fail(k->token, &k->uri, "the token has no such key", E_NOT_FOUND);
    if (count > 1)
        return session_fail(k->token, &k->uri, "the token has more than one such key: name its id too", E_CONFLICT);
    k->handle = found[0];
    err = guard_check(k);
    if (!err)
        k->epoch = k->session->epoch;
    return err;
}

/* The handle is good in the session that is open now. */
static int key_ready(struct token_key *k)
{
    return k->session && k->session->open && k->epoch == k->session->epoch ? 0 : handle_find(k);
}

/* -- what it is --------------------------------------------------------------------- */

static int point_take(struct token_key *k, const uint8_t *params, CK_ULONG params_bytes, const uint8_t *der,
                      CK_ULONG der_bytes)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        const struct curve_row *c = &curves[i];
        if (params_bytes != c->params_bytes || memcmp(params, c->params, params_bytes) != 0)
            continue;
        /* An octet string around it by the standard; some tokens leave it out. */
        if (der_bytes == c->point_bytes + 2 && der[0] == 4 && der[1] == c->point_bytes) {
            der += 2;
            der_bytes -= 2;
        }
        if (der_bytes != c->point_bytes || der[0] != 4)
            break;
        k->kind = c->kind;
        memcpy(k->point, der, der_bytes);
        k->point_bytes = der_bytes;
        return 0;
    }
    return session_fail(k->token, &k->uri, "not an elliptic key on P-256 or P-384", E_UNSUPPORTED);
}

static int public_read(struct token_key *k)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    uint8_t params[PARAMS_MAX], point[POINT_DER_MAX];
    CK_ATTRIBUTE parts[] = {{CKA_EC_PARAMS, params, sizeof params}, {CKA_EC_POINT, point, sizeof point}};
    CK_RV rv = objects_find(k, CKO_PUBLIC_KEY, found, &count);
    if (rv == CKR_OK && count != 1)
        return session_fail(k->token, &k->uri, count ? "the token has more than one public key of its id or label"
                                                     : "the token has no public key of its id or label", E_NOT_FOUND);
    if (rv == CKR_OK)
        rv = k->token->calls->C_GetAttributeValue(k->session->handle, found[0], parts, 2);
    if (rv != CKR_OK)
        return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL
                   ? session_fail(k->token, &k->uri, "not an elliptic key on P-256 or P-384", E_UNSUPPORTED)
                   : fail_rv(k, "reading the public key", rv);
    return point_take(k, params, parts[0].ulValueLen, point, parts[1].ulValueLen);
}

static int secret_check(struct token_key *k)
{
    CK_KEY_TYPE type = 0;
    CK_ULONG bytes = 0;
    CK_ATTRIBUTE parts[] = {{CKA_KEY_TYPE, &type, sizeof type}, {CKA_VALUE_LEN, &bytes, sizeof bytes}};
    CK_RV rv = k->token->calls->C_GetAttributeValue(k->session->handle, k->handle, parts, 2);
    if (rv != CKR_OK)
        return fail_rv(k, "reading what the key is", rv);
    return type == CKK_AES && bytes == 32 ? 0 : session_fail(k->token, &k->uri, "not an AES key of 256 bits", E_UNSUPPORTED);
}

/* The rest of its name. */
static int key_describe(struct token_key *k)
{
    uint8_t id[URI_ID_MAX], label[URI_LABEL_MAX];
    CK_ATTRIBUTE parts[] = {{CKA_ID, id, sizeof id}, {CKA_LABEL, label, sizeof label}};
    CK_RV rv = k->token->calls->C_GetAttributeValue(k->session->handle, k->handle, parts, 2);
    if (rv != CKR_OK)
        return fail_rv(k, "reading what the key is", rv);
    k->uri.id.len = parts[0].ulValueLen;
    memcpy(k->uri.id.bytes, id, k->uri.id.len);
    k->uri.object.len = parts[1].ulValueLen;
    memcpy(k->uri.object.bytes, label, k->uri.object.len);
    k->uri.type = k->kind == TOKEN_KEY_AES ? URI_TYPE_SECRET : URI_TYPE_PRIVATE;
    const CK_TOKEN_INFO *info = &k->session->info;
    size_t serial = sizeof info->serialNumber;
    while (serial && info->serialNumber[serial - 1] == ' ')
        serial--;
    k->uri.serial.len = serial;
    memcpy(k->uri.serial.bytes, info->serialNumber, serial);
    return uri_format(&k->uri, k->text, sizeof k->text);
}

static int uri_take(struct token *token, struct span text, bool aes, struct token_key *k)
{
    char why[URI_WHY_BYTES];
    enum uri_type right = aes ? URI_TYPE_SECRET : URI_TYPE_PRIVATE;
    k->token = token;
    k->kind = aes ? TOKEN_KEY_AES : TOKEN_KEY_P256;
    int err = uri_parse(text, &k->uri, why);
    if (!err && k->uri.type != URI_TYPE_ANY && k->uri.type != right) {
        snprintf(why, sizeof why, "type must be %s", aes ? "secret-key" : "private");
        err = E_UNSUPPORTED;
    }
    if (!err && ((!k->uri.token.len && !k->uri.serial.len) || (!k->uri.object.len && !k->uri.id.len))) {
        snprintf(why, sizeof why, "it must name the token (token or serial) and the key in it (object or id)");
        err = E_MALFORMED;
    }
    if (err)
        fprintf(stderr, "token: %.*s: %s\n", (int)(text.len > URI_TEXT_MAX ? URI_TEXT_MAX : text.len),
                (const char *)text.at, why);
    return err;
}

static int key_open(struct token *token, struct span text, bool aes, bool quiet, struct token_key **out)
{
    *out = NULL;
    struct token_key *k = calloc(1, sizeof *k);
    int err = k ? uri_take(token, text, aes, k) : E_NOMEM;
    token->failing = false;
    if (!err) {
        k->quiet = quiet;
        err = handle_find(k);
        k->quiet = false;
    }
    if (!err)
        err = key_describe(k);
    if (!err)
        err = aes ? secret_check(k) : public_read(k);
    if (err) {
        token_key_free(k);
        return err;
    }
    *out = k;
    return 0;
}

int token_key_open(struct token *token, struct span text, bool aes, struct token_key **key)
{
    return key_open(token, text, aes, false, key);
}

int token_key_find(struct token *token, struct span text, bool aes, struct token_key **key)
{
    return key_open(token, text, aes, true, key);
}

void token_key_free(struct token_key *key) { free(key); }

/* -- making ------------------------------------------------------------------------- */

static CK_RV pair_make(struct token_key *k, const struct curve_row *curve)
{
    CK_MECHANISM how = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_KEY_TYPE type = CKK_EC;
    CK_OBJECT_HANDLE public;
    uint8_t params[sizeof curve->params];
    memcpy(params, curve->params, sizeof params);
    CK_ATTRIBUTE open[] = {
        {CKA_TOKEN, &yes, sizeof yes},       {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_VERIFY, &yes, sizeof yes},      {CKA_EC_PARAMS, params, curve->params_bytes},
        {CKA_PRIVATE, &no, sizeof no},       {CKA_LABEL, k->uri.object.bytes, k->uri.object.len},
        {CKA_ID, k->uri.id.bytes, k->uri.id.len},
    };
    CK_ATTRIBUTE hidden[] = {
        {CKA_TOKEN, &yes, sizeof yes},       {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_PRIVATE, &yes, sizeof yes},     {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no},   {CKA_SIGN, &yes, sizeof yes},
        {CKA_DERIVE, &no, sizeof no},        {CKA_LABEL, k->uri.object.bytes, k->uri.object.len},
        {CKA_ID, k->uri.id.bytes, k->uri.id.len},
    };
    return k->token->calls->C_GenerateKeyPair(k->session->handle, &how, open, sizeof open / sizeof open[0], hidden,
                                              sizeof hidden / sizeof hidden[0], &public, &k->handle);
}

static CK_RV secret_make(struct token_key *k)
{
    CK_MECHANISM how = {CKM_AES_KEY_GEN, NULL, 0};
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG bytes = 32;
    CK_ATTRIBUTE parts[] = {
        {CKA_TOKEN, &yes, sizeof yes},     {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_VALUE_LEN, &bytes, sizeof bytes}, {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_ENCRYPT, &yes, sizeof yes},   {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_WRAP, &no, sizeof no},        {CKA_UNWRAP, &no, sizeof no},
        {CKA_LABEL, k->uri.object.bytes, k->uri.object.len}, {CKA_ID, k->uri.id.bytes, k->uri.id.len},
    };
    return k->token->calls->C_GenerateKey(k->session->handle, &how, parts, sizeof parts / sizeof parts[0], &k->handle);
}

static int key_make(struct token_key *k)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    bool aes = k->kind == TOKEN_KEY_AES;
    int err = session_get(k->token, &k->uri, &k->session);
    if (err)
        return err;
    k->uri.id.len = 0;
    CK_RV rv = objects_find(k, class_of(aes), found, &count);
    if (rv != CKR_OK)
        return fail_rv(k, "looking for a key of this name", rv);
    if (count)
        return session_fail(k->token, &k->uri, "the token has a key of this name already: give another \"object\"", E_EXISTS);
    k->uri.id.len = ID_BYTES;
    if (RAND_bytes(k->uri.id.bytes, ID_BYTES) != 1)
        return E_ENTROPY;
    rv = aes ? secret_make(k) : pair_make(k, curve_of(k->kind));
    if (rv != CKR_OK)
        return fail_rv(k, "making the key", rv);
    k->epoch = k->session->epoch;
    err = guard_check(k);
    if (!err)
        err = key_describe(k);
    if (!err)
        err = aes ? secret_check(k) : public_read(k);
    if (err)
        (void)!token_key_destroy(k);
    return err;
}

int token_key_generate(struct token *token, struct span text, enum token_key_kind kind, struct token_key **out)
{
    *out = NULL;
    struct token_key *k = calloc(1, sizeof *k);
    int err = k ? uri_take(token, text, kind == TOKEN_KEY_AES, k) : E_NOMEM;
    token->failing = false;
    if (!err && !k->uri.object.len)
        err = session_fail(token, &k->uri, "a label (\"object\") is needed for a new key", E_MALFORMED);
    if (!err) {
        k->kind = kind;
        err = key_make(k);
    }
    if (err) {
        token_key_free(k);
        return err;
    }
    *out = k;
    return 0;
}

/* -- taking in ---------------------------------------------------------------------- */

static CK_RV public_create(struct token_key *k, const struct curve_row *curve, struct span point)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_OBJECT_HANDLE made;
    uint8_t params[sizeof curve->params], der[POINT_DER_MAX] = {4, (uint8_t)point.len};
    memcpy(params, curve->params, sizeof params);
    memcpy(der + 2, point.at, point.len);
    CK_ATTRIBUTE parts[] = {
        {CKA_CLASS, &class, sizeof class},   {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_TOKEN, &yes, sizeof yes},       {CKA_PRIVATE, &no, sizeof no},
        {CKA_VERIFY, &yes, sizeof yes},      {CKA_EC_PARAMS, params, curve->params_bytes},
        {CKA_EC_POINT, der, point.len + 2},  {CKA_LABEL, k->uri.object.bytes, k->uri.object.len},
        {CKA_ID, k->uri.id.bytes, k->uri.id.len},
    };
    return k->token->calls->C_CreateObject(k->session->handle, parts, sizeof parts / sizeof parts[0], &made);
}

static CK_RV private_create(struct token_key *k, const struct curve_row *curve, struct span scalar)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC;
    uint8_t params[sizeof curve->params], value[TOKEN_SIGNATURE_MAX / 2];
    memcpy(params, curve->params, sizeof params);
    memcpy(value, scalar.at, scalar.len);
    CK_ATTRIBUTE parts[] = {
        {CKA_CLASS, &class, sizeof class},   {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_TOKEN, &yes, sizeof yes},       {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},   {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_SIGN, &yes, sizeof yes},        {CKA_DERIVE, &no, sizeof no},
        {CKA_EC_PARAMS, params, curve->params_bytes}, {CKA_VALUE, value, scalar.len},
        {CKA_LABEL, k->uri.object.bytes, k->uri.object.len}, {CKA_ID, k->uri.id.bytes, k->uri.id.len},
    };
    CK_RV rv = k->token->calls->C_CreateObject(k->session->handle, parts, sizeof parts / sizeof parts[0], &k->handle);
    ct_wipe(value, sizeof value);
    return rv;
}

/* The public half first: without the private one it is nothing.  One that an import left which was cut off is taken, with its
 * id; that of another key is not. */
static int public_bring(struct token_key *k, const struct curve_row *curve, struct span point)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    k->uri.id.len = 0;
    CK_RV rv = objects_find(k, CKO_PUBLIC_KEY, found, &count);
    if (rv != CKR_OK)
        return fail_rv(k, "looking for a key of this name", rv);
    if (count) {
        CK_ATTRIBUTE id = {CKA_ID, k->uri.id.bytes, sizeof k->uri.id.bytes};
        int err = public_read(k);
        if (!err && (k->kind != curve->kind || !span_equal(span_of(k->point, k->point_bytes), point)))
            err = session_fail(k->token, &k->uri, "the token has another key's public half of this name: give another \"object\"", E_EXISTS);
        if (err)
            return err;
        rv = k->token->calls->C_GetAttributeValue(k->session->handle, found[0], &id, 1);
        k->uri.id.len = rv == CKR_OK && id.ulValueLen <= sizeof k->uri.id.bytes ? id.ulValueLen : 0;
        return rv == CKR_OK ? 0 : fail_rv(k, "reading the public key", rv);
    }
    k->uri.id.len = ID_BYTES;
    if (RAND_bytes(k->uri.id.bytes, ID_BYTES) != 1)
        return E_ENTROPY;
    rv = public_create(k, curve, point);
    return rv == CKR_OK ? 0 : fail_rv(k, "taking the public key in", rv);
}

static int key_import(struct token_key *k, struct span scalar, struct span point)
{
    const struct curve_row *curve = curve_of(k->kind);
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count;
    int err = session_get(k->token, &k->uri, &k->session);
    if (err)
        return err;
    k->uri.id.len = 0;
    CK_RV rv = objects_find(k, CKO_PRIVATE_KEY, found, &count);
    if (rv != CKR_OK)
        return fail_rv(k, "looking for a key of this name", rv);
    if (count)
        return session_fail(k->token, &k->uri, "the token has a key of this name already: give another \"object\"", E_EXISTS);
    if ((err = public_bring(k, curve, point)) != 0)
        return err;
    rv = private_create(k, curve, scalar);
    if (rv != CKR_OK)
        return fail_rv(k, "taking the key in", rv);
    k->epoch = k->session->epoch;
    err = guard_check(k);
    if (!err)
        err = key_describe(k);
    if (!err)
        err = public_read(k);
    if (err)
        (void)!token_key_destroy(k);
    return err;
}

int token_key_import(struct token *token, struct span text, enum token_key_kind kind, struct span scalar, struct span point,
                     struct token_key **out)
{
    *out = NULL;
    const struct curve_row *curve = curve_of(kind);
    if (!curve || scalar.len != curve->digest_bytes || point.len != curve->point_bytes)
        return E_RANGE;
    struct token_key *k = calloc(1, sizeof *k);
    int err = k ? uri_take(token, text, false, k) : E_NOMEM;
    token->failing = false;
    if (!err && !k->uri.object.len)
        err = session_fail(token, &k->uri, "a label (\"object\") is needed for a key that comes in", E_MALFORMED);
    if (!err) {
        k->kind = kind;
        err = key_import(k, scalar, point);
    }
    if (err) {
        token_key_free(k);
        return err;
    }
    *out = k;
    return 0;
}

/* ----------------------------------------------------------------------------------- */

int token_key_destroy(struct token_key *k)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;
    int err = key_ready(k);
    if (err)
        return err;
    if (k->kind != TOKEN_KEY_AES && objects_find(k, CKO_PUBLIC_KEY, found, &count) == CKR_OK && count == 1)
        (void)k->token->calls->C_DestroyObject(k->session->handle, found[0]);
    CK_RV rv = k->token->calls->C_DestroyObject(k->session->handle, k->handle);
    return rv == CKR_OK ? 0 : fail_rv(k, "removing the key", rv);
}

/* -- use ---------------------------------------------------------------------------- */

enum token_key_kind token_key_kind(const struct token_key *k) { return k->kind; }
struct span token_key_point(const struct token_key *k) { return span_of(k->point, k->point_bytes); }
const char *token_key_uri(const struct token_key *k) { return k->text; }

struct work {
    const char *doing;
    CK_RV (*run)(struct token_key *k, struct work *work);
    struct span in, bound;
    uint8_t *nonce, *out, *tag;
    CK_ULONG out_bytes; /* room, then what was written */
    bool may_fail;      /* E_KEY_UNKNOWN is an answer: nothing is said */
};

/* Twice at most: the second time in a session of its own. */
static int work_do(struct token_key *k, struct work *work)
{
    CK_ULONG room = work->out_bytes;
    CK_RV rv = CKR_OK;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        int err = key_ready(k);
        if (err)
            return err;
        work->out_bytes = room;
        rv = work->run(k, work);
        if (rv == CKR_OK) {
            k->token->failing = false;
            return 0;
        }
        if (!module_session_lost(rv))
            break;
        session_forget(k->token, k->session);
    }
    return work->may_fail && module_err(rv) == E_KEY_UNKNOWN ? E_KEY_UNKNOWN : fail_rv(k, work->doing, rv);
}

static CK_RV sign_run(struct token_key *k, struct work *work)
{
    CK_MECHANISM how = {CKM_ECDSA, NULL, 0};
    uint8_t digest[EVP_MAX_MD_SIZE];
    memcpy(digest, work->in.at, work->in.len);
    CK_RV rv = k->token->calls->C_SignInit(k->session->handle, &how, k->handle);
    return rv != CKR_OK ? rv : k->token->calls->C_Sign(k->session->handle, digest, work->in.len, work->out, &work->out_bytes);
}

int token_key_sign(struct token_key *k, struct span digest, uint8_t signature[static TOKEN_SIGNATURE_MAX], size_t *len)
{
    const struct curve_row *curve = curve_of(k->kind);
    struct work work = {.doing = "signing", .run = sign_run, .in = digest, .out = signature, .out_bytes = TOKEN_SIGNATURE_MAX};
    *len = 0;
    if (!curve || digest.len != curve->digest_bytes)
        return E_RANGE;
    int err = work_do(k, &work);
    if (!err && work.out_bytes != curve->signature_bytes)
        err = session_fail(k->token, &k->uri, "signing: the signature has a wrong length", E_CRYPTO);
    *len = err ? 0 : work.out_bytes;
    return err;
}

static CK_GCM_PARAMS gcm_of(const struct work *work, uint8_t *bound)
{
    if (work->bound.len)
        memcpy(bound, work->bound.at, work->bound.len);
    return (CK_GCM_PARAMS){.pIv = work->nonce, .ulIvLen = TOKEN_NONCE_BYTES, .ulIvBits = 8 * TOKEN_NONCE_BYTES,
                           .pAAD = bound, .ulAADLen = work->bound.len, .ulTagBits = 8 * TOKEN_TAG_BYTES};
}

enum { BOUND_MAX = 256, SEALED_MAX = 16384 };

static CK_RV seal_run(struct token_key *k, struct work *work)
{
    uint8_t bound[BOUND_MAX];
    CK_GCM_PARAMS gcm = gcm_of(work, bound);
    CK_MECHANISM how = {CKM_AES_GCM, &gcm, sizeof gcm};
    CK_RV rv = k->token->calls->C_EncryptInit(k->session->handle, &how, k->handle);
    return rv != CKR_OK ? rv : k->token->calls->C_Encrypt(k->session->handle, (CK_BYTE_PTR)(uintptr_t)work->in.at,
                                                          work->in.len, work->out, &work->out_bytes);
}

static CK_RV unseal_run(struct token_key *k, struct work *work)
{
    uint8_t bound[BOUND_MAX];
    CK_GCM_PARAMS gcm = gcm_of(work, bound);
    CK_MECHANISM how = {CKM_AES_GCM, &gcm, sizeof gcm};
    CK_RV rv = k->token->calls->C_DecryptInit(k->session->handle, &how, k->handle);
    return rv != CKR_OK ? rv : k->token->calls->C_Decrypt(k->session->handle, (CK_BYTE_PTR)(uintptr_t)work->in.at,
                                                          work->in.len, work->out, &work->out_bytes);
}

int token_key_seal(struct token_key *k, uint8_t nonce[static TOKEN_NONCE_BYTES], struct span bound, struct span in,
                   uint8_t *out, uint8_t tag[static TOKEN_TAG_BYTES])
{
    if (k->kind != TOKEN_KEY_AES || bound.len > BOUND_MAX || in.len == 0 || in.len > SEALED_MAX)
        return E_RANGE;
    size_t room = in.len + TOKEN_TAG_BYTES;
    uint8_t *both = malloc(room);
    struct work work = {.doing = "sealing", .run = seal_run, .in = in, .bound = bound, .nonce = nonce, .out = both,
                        .out_bytes = room};
    int err = both ? work_do(k, &work) : E_NOMEM;
    if (!err && work.out_bytes != room)
        err = session_fail(k->token, &k->uri, "sealing: the answer has a wrong length", E_CRYPTO);
    if (!err) {
        memcpy(out, both, in.len);
        memcpy(tag, both + in.len, TOKEN_TAG_BYTES);
    }
    free(both);
    return err;
}

int token_key_unseal(struct token_key *k, const uint8_t nonce[static TOKEN_NONCE_BYTES], struct span bound,
                     struct span in, uint8_t *out, const uint8_t tag[static TOKEN_TAG_BYTES])
{
    uint8_t iv[TOKEN_NONCE_BYTES];
    if (k->kind != TOKEN_KEY_AES || bound.len > BOUND_MAX || in.len == 0 || in.len > SEALED_MAX)
        return E_RANGE;
    size_t room = in.len + TOKEN_TAG_BYTES;
    uint8_t *both = malloc(room), *clear = calloc(1, room);
    memcpy(iv, nonce, sizeof iv);
    struct work work = {.doing = "opening what it sealed", .run = unseal_run, .in = span_of(both, room), .bound = bound,
                        .nonce = iv, .out = clear, .out_bytes = room, .may_fail = true};
    int err = E_NOMEM;
    if (both && clear) {
        memcpy(both, in.at, in.len);
        memcpy(both + in.len, tag, TOKEN_TAG_BYTES);
        err = work_do(k, &work);
    }
    if (err == E_CRYPTO || (!err && work.out_bytes != in.len))
        err = E_KEY_UNKNOWN; /* tokens have several words for it */
    if (!err)
        memcpy(out, clear, in.len);
    if (clear)
        ct_wipe(clear, room);
    free(both);
    free(clear);
    return err;
}
