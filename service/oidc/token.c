/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/oidc/token.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BITS = 256, SECONDS_MAX = 253402300799 };

struct keys {
    size_t count;
    struct key {
        cjose_jwk_t *jwk;
        const char *algorithm; /* "RS256" or "ES256": what it may verify */
        char *kid;             /* NULL: none */
    } at[KEYS_MAX];
};

/* cjose's decoder asserts that a last group has more than one letter, so nothing
 * reaches it that has not: an assertion would be the end of the process. */
static bool base64url_good(struct span text)
{
    if (text.len == 0 || text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* -- key sets --------------------------------------------------------------------- */

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* A number of the key, where it has one of that name. */
static bool number_good(const json_t *key, const char *name)
{
    const json_t *value = json_object_get(key, name);
    return !value || base64url_good(span_of(json_string_value(value), json_string_length(value)));
}

/* The one algorithm that a key of this shape verifies here; NULL: none. */
static const char *algorithm_of(const json_t *key)
{
    static const struct {
        const char *kty, *crv, *algorithm;
    } rows[] = {{"RSA", "", "RS256"}, {"EC", "P-256", "ES256"}};
    const char *use = text_in(key, "use"), *alg = text_in(key, "alg");
    if (*use && strcmp(use, "sig") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(text_in(key, "kty"), rows[i].kty) == 0 && strcmp(text_in(key, "crv"), rows[i].crv) == 0 &&
            (!*alg || strcmp(alg, rows[i].algorithm) == 0))
            return rows[i].algorithm;
    return NULL;
}

/* False for lack of memory; a key that is no use is left out. */
static bool key_add(struct keys *keys, json_t *json)
{
    cjose_err error;
    const char *algorithm = json_is_object(json) ? algorithm_of(json) : NULL;
    if (!algorithm || keys->count == KEYS_MAX || json_object_get(json, "d") || !number_good(json, "n") ||
        !number_good(json, "e") || !number_good(json, "x") || !number_good(json, "y"))
        return true;
    struct key key = {.algorithm = algorithm, .jwk = cjose_jwk_import_json((cjose_header_t *)json, &error)};
    if (!key.jwk)
        return true;
    size_t bits = cjose_jwk_get_keysize(key.jwk, &error);
    bool good = strcmp(algorithm, "RS256") == 0 ? bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX : bits == P256_BITS;
    if (!good) {
        cjose_jwk_release(key.jwk);
        return true;
    }
    if (*text_in(json, "kid") && !(key.kid = strdup(text_in(json, "kid")))) {
        cjose_jwk_release(key.jwk);
        return false;
    }
    keys->at[keys->count++] = key;
    return true;
}

int keys_parse(struct span text, struct keys **out)
{
    json_error_t error;
    size_t index;
    json_t *key;
    *out = NULL;
    if (text.len > KEY_SET_BYTES_MAX)
        return E_LIMIT;
    json_t *json = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    json_t *list = json_object_get(json, "keys");
    struct keys *keys = json_is_array(list) ? calloc(1, sizeof *keys) : NULL;
    int err = keys ? 0 : json_is_array(list) ? E_NOMEM : E_MALFORMED;
    json_array_foreach(list, index, key) {
        if (!err && !key_add(keys, key))
            err = E_NOMEM;
    }
    json_decref(json);
    if (!err && keys->count == 0)
        err = E_MISSING;
    if (err)
        keys_free(keys);
    else
        *out = keys;
    return err;
}

void keys_free(struct keys *keys)
{
    for (size_t i = 0; keys && i < keys->count; i++) {
        cjose_jwk_release(keys->at[i].jwk);
        free(keys->at[i].kid);
    }
    free(keys);
}

size_t keys_count(const struct keys *keys) { return keys ? keys->count : 0; }

/* By its name; without one, the only key that fits. */
static const struct key *key_find(const struct keys *keys, const char *algorithm, const char *kid)
{
    const struct key *found = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->at[i];
        if (strcmp(key->algorithm, algorithm) != 0)
            continue;
        if (kid && key->kid && strcmp(key->kid, kid) == 0)
            return key;
        if (kid)
            continue;
        if (found)
            return NULL;
        found = key;
    }
    return found;
}

/* -- tokens ------------------------------------------------------------------------ */

/* Three parts of base64url: no more than that reaches the library. */
static bool shape_good(struct span token)
{
    unsigned parts = 0;
    if (token.len > OIDC_TOKEN_MAX)
        return false;
    while (parts < 3) {
        const uint8_t *dot = token.len ? memchr(token.at, '.', token.len) : NULL;
        struct span part = span_of(token.at, dot ? (size_t)(dot - token.at) : token.len);
        if (!base64url_good(part) || (parts == 2) != (dot == NULL))
            return false;
        parts++;
        if (dot)
            token = span_of(dot + 1, token.len - part.len - 1);
    }
    return true;
}

static int signature_verify(cjose_jws_t *jws, const struct keys *keys)
{
    cjose_err error;
    cjose_header_t *header = cjose_jws_get_protected(jws);
    json_t *members = (json_t *)header; /* as cjose/header.h documents it */
    const char *algorithm = text_in(members, "alg");
    json_t *kid = json_object_get(members, "kid");
    if (strcmp(algorithm, "RS256") != 0 && strcmp(algorithm, "ES256") != 0)
        return E_UNSUPPORTED;
    if (json_object_get(members, "crit"))
        return E_UNSUPPORTED;
    if (kid && !json_is_string(kid))
        return E_MALFORMED;
    const struct key *key = keys ? key_find(keys, algorithm, json_string_value(kid)) : NULL;
    if (!key)
        return E_KEY_UNKNOWN;
    return cjose_jws_verify(jws, key->jwk, &error) ? 0 : E_SIGNATURE;
}

/* 1: there and good; 0: not there; or E_MALFORMED.  Fractions of a second are cut. */
static int seconds_in(const json_t *claims, const char *name, uint64_t *seconds)
{
    const json_t *value = json_object_get(claims, name);
    double number = json_number_value(value);
    *seconds = 0;
    if (!value)
        return 0;
    if (!json_is_number(value) || !(number >= 0) || number > (double)SECONDS_MAX)
        return E_MALFORMED;
    *seconds = (uint64_t)number;
    return 1;
}

static int times_check(const json_t *claims, const struct token_rules *rules, uint64_t *not_after_s)
{
    static const char *const begins[] = {"nbf", "iat"};
    uint64_t begin;
    int got = seconds_in(claims, "exp", not_after_s);
    if (got <= 0)
        return got ? got : E_MISSING;
    if (rules->now_s >= *not_after_s + rules->skew_s)
        return E_STALE;
    for (size_t i = 0; i < 2; i++) {
        got = seconds_in(claims, begins[i], &begin);
        if (got < 0)
            return got;
        if (got && begin > rules->now_s + rules->skew_s)
            return E_STALE;
    }
    return 0;
}

static int audience_check(const json_t *claims, const char *audience)
{
    const json_t *aud = json_object_get(claims, "aud"), *one;
    size_t index;
    if (!aud)
        return E_MISSING;
    if (json_is_string(aud))
        return strcmp(json_string_value(aud), audience) == 0 ? 0 : E_BINDING;
    if (!json_is_array(aud))
        return E_MALFORMED;
    int err = E_BINDING;
    json_array_foreach(aud, index, one) {
        if (!json_is_string(one))
            return E_MALFORMED;
        if (strcmp(json_string_value(one), audience) == 0)
            err = 0;
    }
    return err;
}

static int name_take(const json_t *claims, const char *issuer, struct oidc_identity *identity)
{
    const json_t *sub = json_object_get(claims, "sub");
    if (!sub)
        return E_MISSING;
    size_t len = json_string_length(sub);
    const char *text = json_string_value(sub);
    if (!text || len == 0)
        return E_MALFORMED;
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return E_MALFORMED;
    if (strlen(issuer) + 1 + len > OIDC_NAME_MAX)
        return E_LIMIT;
    identity->name_len = (uint16_t)snprintf(identity->name, sizeof identity->name, "%s#%s", issuer, text);
    return 0;
}

static int claims_check(struct span payload, const struct token_rules *rules, struct oidc_identity *identity)
{
    json_error_t error;
    int err = 0;
    json_t *claims = json_loadb((const char *)payload.at, payload.len, JSON_REJECT_DUPLICATES, &error);
    const json_t *iss = json_object_get(claims, "iss");
    if (!json_is_object(claims) || (iss && !json_is_string(iss)))
        err = E_MALFORMED;
    else if (!iss)
        err = E_MISSING;
    else if (strcmp(json_string_value(iss), rules->issuer) != 0)
        err = E_BINDING;
    if (!err)
        err = audience_check(claims, rules->audience);
    if (!err)
        err = times_check(claims, rules, &identity->not_after_s);
    if (!err)
        err = name_take(claims, rules->issuer, identity);
    json_decref(claims);
    return err;
}

int token_verify(struct span token, const struct keys *keys, const struct token_rules *rules,
                 struct oidc_identity *identity)
{
    cjose_err error;
    uint8_t *payload;
    size_t len;
    struct oidc_identity found = {0};
    *identity = found;
    if (!shape_good(token))
        return E_MALFORMED;
    cjose_jws_t *jws = cjose_jws_import((const char *)token.at, token.len, &error);
    if (!jws)
        return error.code == CJOSE_ERR_NO_MEMORY ? E_NOMEM : E_MALFORMED;
    int err = signature_verify(jws, keys);
    if (!err && !cjose_jws_get_plaintext(jws, &payload, &len, &error))
        err = E_MALFORMED;
    if (!err)
        err = claims_check(span_of(payload, len), rules, &found);
    cjose_jws_release(jws);
    if (!err)
        *identity = found;
    return err;
}
