/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/p256_exchange.h"

#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <threads.h>

enum { COORDINATE = 32, ENCODED = 1 + 2 * COORDINATE, BITS = 256, SECURITY_BITS = 128, UNCOMPRESSED = 4 };

static once_flag once = ONCE_FLAG_INIT;
static EC_GROUP *group; /* stays until the process ends; NULL: no memory */

static void group_make(void) { group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1); }

struct key {
    EC_POINT *point;         /* NULL: none yet */
    BIGNUM *scalar;          /* NULL: the peer's */
    uint8_t encoded[ENCODED]; /* of point */
};

/* -- keys ---------------------------------------------------------------------- */

static void *key_new(void *provider)
{
    (void)provider;
    call_once(&once, group_make);
    return group ? OPENSSL_zalloc(sizeof(struct key)) : NULL;
}

static void key_free(void *data)
{
    struct key *key = data;
    if (!key)
        return;
    EC_POINT_free(key->point);
    BN_clear_free(key->scalar);
    OPENSSL_free(key);
}

/* On the curve, coordinates below the prime, not infinity: EC_POINT_oct2point() sees to the
 * first two, the form of the encoding to the last.  The key is as it was on failure. */
static bool point_take(struct key *key, const uint8_t *encoded, size_t len)
{
    EC_POINT *point = NULL;
    if (key->point || len != ENCODED || encoded[0] != UNCOMPRESSED)
        return false;
    point = EC_POINT_new(group);
    if (!point || EC_POINT_oct2point(group, point, encoded, len, NULL) != 1) {
        EC_POINT_free(point);
        return false;
    }
    memcpy(key->encoded, encoded, ENCODED);
    key->point = point;
    return true;
}

/* 1 <= scalar < order, and the point to it. */
static bool pair_make(struct key *key)
{
    key->scalar = BN_secure_new();
    key->point = EC_POINT_new(group);
    if (!key->scalar || !key->point)
        return false;
    BN_set_flags(key->scalar, BN_FLG_CONSTTIME);
    do {
        if (BN_priv_rand_range(key->scalar, EC_GROUP_get0_order(group)) != 1)
            return false;
    } while (BN_is_zero(key->scalar));
    return EC_POINT_mul(group, key->point, key->scalar, NULL, NULL, NULL) == 1 &&
           EC_POINT_point2oct(group, key->point, POINT_CONVERSION_UNCOMPRESSED, key->encoded, ENCODED, NULL) ==
               ENCODED;
}

static int key_has(const void *data, int selection)
{
    const struct key *key = data;
    return key && (!(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) || key->point) &&
           (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || key->scalar);
}

/* Whatever point a key has was checked when it was taken. */
static int key_validate(const void *data, int selection, int how)
{
    (void)how;
    return key_has(data, selection);
}

static int key_get_params(void *data, OSSL_PARAM params[])
{
    struct key *key = data;
    OSSL_PARAM *p;
    if ((p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_BITS)) && !OSSL_PARAM_set_int(p, BITS))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_SECURITY_BITS)) && !OSSL_PARAM_set_int(p, SECURITY_BITS))
        return 0;
    if ((p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_MAX_SIZE)) && !OSSL_PARAM_set_int(p, COORDINATE))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
    return !p || (key->point && OSSL_PARAM_set_octet_string(p, key->encoded, ENCODED));
}

static int key_set_params(void *data, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
    return !p || (p->data_type == OSSL_PARAM_OCTET_STRING && p->data && point_take(data, p->data, p->data_size));
}

static const OSSL_PARAM *key_gettable(void *provider)
{
    static const OSSL_PARAM list[] = {OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
                                      OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
                                      OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
                                      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
                                      OSSL_PARAM_END};
    (void)provider;
    return list;
}

static const OSSL_PARAM *key_settable(void *provider)
{
    static const OSSL_PARAM list[] = {OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
                                      OSSL_PARAM_END};
    (void)provider;
    return list;
}

/* -- making keys ----------------------------------------------------------------- */

struct generation {
    int selection;
};

static int generation_set_params(void *data, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    (void)data;
    /* As the default provider's list of groups calls it. */
    return !p || (p->data_type == OSSL_PARAM_UTF8_STRING && p->data && strcasecmp(p->data, "prime256v1") == 0);
}

static void *generation_new(void *provider, int selection, const OSSL_PARAM params[])
{
    struct generation *g = OPENSSL_zalloc(sizeof *g);
    (void)provider;
    if (!g)
        return NULL;
    g->selection = selection;
    if (params && !generation_set_params(g, params)) {
        OPENSSL_free(g);
        return NULL;
    }
    return g;
}

/* There is one group: nothing to learn from another key. */
static int generation_set_template(void *data, void *key)
{
    (void)data;
    return key != NULL;
}

static const OSSL_PARAM *generation_settable(void *data, void *provider)
{
    static const OSSL_PARAM list[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0), OSSL_PARAM_END};
    (void)data;
    (void)provider;
    return list;
}

/* Without a key pair asked for: the room for the peer's point. */
static void *generation_run(void *data, OSSL_CALLBACK *progress, void *context)
{
    struct generation *g = data;
    struct key *key = key_new(NULL);
    (void)progress;
    (void)context;
    if (key && (g->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) && !pair_make(key)) {
        key_free(key);
        key = NULL;
    }
    return key;
}

static void generation_free(void *data) { OPENSSL_free(data); }

/* -- the exchange ------------------------------------------------------------------ */

/* Both keys are held by the EVP_PKEY_CTX around this. */
struct exchange {
    const struct key *own, *peer;
};

static void *exchange_new(void *provider)
{
    (void)provider;
    return OPENSSL_zalloc(sizeof(struct exchange));
}

static void exchange_free(void *data) { OPENSSL_free(data); }

static int exchange_init(void *data, void *key, const OSSL_PARAM params[])
{
    struct exchange *e = data;
    (void)params;
    if (!key_has(key, OSSL_KEYMGMT_SELECT_KEYPAIR))
        return 0;
    *e = (struct exchange){.own = key};
    return 1;
}

static int exchange_set_peer(void *data, void *key)
{
    struct exchange *e = data;
    if (!key_has(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
        return 0;
    e->peer = key;
    return 1;
}

/* The x coordinate of scalar * peer, as RFC 8446 section 7.4.2 has it; secret NULL: its length. */
static int exchange_derive(void *data, unsigned char *secret, size_t *len, size_t cap)
{
    struct exchange *e = data;
    *len = COORDINATE;
    if (!secret)
        return 1;
    if (!e->own || !e->peer || cap < COORDINATE)
        return 0;
    EC_POINT *shared = EC_POINT_new(group);
    BIGNUM *x = BN_secure_new();
    int good = shared && x && EC_POINT_mul(group, shared, NULL, e->peer->point, e->own->scalar, NULL) == 1 &&
               !EC_POINT_is_at_infinity(group, shared) &&
               EC_POINT_get_affine_coordinates(group, shared, x, NULL, NULL) == 1 &&
               BN_bn2binpad(x, secret, COORDINATE) == COORDINATE;
    EC_POINT_clear_free(shared);
    BN_clear_free(x);
    return good;
}

/* -- tables ------------------------------------------------------------------------ */

static const OSSL_DISPATCH key_functions[] = {
    {OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))key_new},
    {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free},
    {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))key_has},
    {OSSL_FUNC_KEYMGMT_VALIDATE, (void (*)(void))key_validate},
    {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))key_get_params},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))key_gettable},
    {OSSL_FUNC_KEYMGMT_SET_PARAMS, (void (*)(void))key_set_params},
    {OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, (void (*)(void))key_settable},
    {OSSL_FUNC_KEYMGMT_GEN_INIT, (void (*)(void))generation_new},
    {OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE, (void (*)(void))generation_set_template},
    {OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, (void (*)(void))generation_set_params},
    {OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, (void (*)(void))generation_settable},
    {OSSL_FUNC_KEYMGMT_GEN, (void (*)(void))generation_run},
    {OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (void (*)(void))generation_free},
    {0, NULL},
};

static const OSSL_DISPATCH exchange_functions[] = {
    {OSSL_FUNC_KEYEXCH_NEWCTX, (void (*)(void))exchange_new},
    {OSSL_FUNC_KEYEXCH_FREECTX, (void (*)(void))exchange_free},
    {OSSL_FUNC_KEYEXCH_INIT, (void (*)(void))exchange_init},
    {OSSL_FUNC_KEYEXCH_SET_PEER, (void (*)(void))exchange_set_peer},
    {OSSL_FUNC_KEYEXCH_DERIVE, (void (*)(void))exchange_derive},
    {0, NULL},
};

const OSSL_ALGORITHM p256_exchange_keys = {P256_EXCHANGE, "provider=front", key_functions, NULL};
const OSSL_ALGORITHM p256_exchange_derive = {P256_EXCHANGE, "provider=front", exchange_functions, NULL};
