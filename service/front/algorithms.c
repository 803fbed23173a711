/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/algorithms.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <threads.h>

#include "service/front/key_schedule.h"
#include "service/front/p256_exchange.h"

enum { NAMES_MAX = 6, GROUP_PARAMS_MAX = 16 };

/* By the first of its names in the default provider.  Of decoders only those of a
 * certificate's key: front reads its own key before, by OpenSSL's own context. */
static struct operation {
    int id;
    const OSSL_ALGORITHM *own; /* of front itself, or NULL */
    const char *name[NAMES_MAX];
    OSSL_ALGORITHM algorithm[NAMES_MAX + 2]; /* filled in once; the last one ends it */
} operations[] = {
    {.id = OSSL_OP_DIGEST, .name = {"SHA2-256", "SHA2-384", "SHA2-512", "SHA1" /* names certificates */}},
    {.id = OSSL_OP_CIPHER,
     .name = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-256-CBC" /* of tickets */}},
    {.id = OSSL_OP_MAC, .name = {"HMAC"}},
    {.id = OSSL_OP_KDF, .own = &key_schedule},
    {.id = OSSL_OP_RAND, .name = {"CTR-DRBG"}},
    {.id = OSSL_OP_KEYMGMT, .own = &p256_exchange_keys,
     .name = {"EC", "RSA", "RSA-PSS" /* without it libssl signs and verifies by no RSA key */, "X25519", "HMAC"}},
    {.id = OSSL_OP_KEYEXCH, .own = &p256_exchange_derive, .name = {"ECDH", "X25519"}},
    {.id = OSSL_OP_SIGNATURE, .name = {"ECDSA", "RSA", "HMAC"}},
    {.id = OSSL_OP_DECODER, .name = {"EC", "RSA"}},
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* The groups of a key exchange; algorithm NULL: the default provider's. */
static const struct group {
    unsigned id;
    const char *algorithm;
} groups[] = {
    {0x0017 /* P-256 */, P256_EXCHANGE},
    {0x0018 /* P-384 */, NULL},
    {0x001d /* X25519 */, NULL},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static once_flag once = ONCE_FLAG_INIT;
static OSSL_PROVIDER *whole; /* the default provider, in a context that nothing else uses; NULL: not to be had */

static bool names_begin_with(const char *names, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(names, name, len) == 0 && (names[len] == ':' || names[len] == '\0');
}

static bool property_has(const OSSL_ALGORITHM *algorithm, const char *property)
{
    const char *at = strstr(algorithm->property_definition, property);
    return at && (at[strlen(property)] == ',' || at[strlen(property)] == '\0');
}

static const OSSL_ALGORITHM *algorithm_find(const OSSL_ALGORITHM *all, int operation, const char *name)
{
    for (; all && all->algorithm_names; all++) {
        if (!names_begin_with(all->algorithm_names, name))
            continue;
        if (operation != OSSL_OP_DECODER ||
            (property_has(all, "input=der") && property_has(all, "structure=SubjectPublicKeyInfo")))
            return all;
    }
    return NULL;
}

static bool operation_fill(OSSL_PROVIDER *from, struct operation *o)
{
    int no_cache = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(from, o->id, &no_cache);
    OSSL_ALGORITHM *to = o->algorithm;
    for (size_t i = 0; i < NAMES_MAX && o->name[i]; i++) {
        const OSSL_ALGORITHM *found = algorithm_find(all, o->id, o->name[i]);
        if (!found)
            return false;
        *to++ = *found;
    }
    if (o->own)
        *to = *o->own;
    return true;
}

/* OpenSSL gives every context the names of all ciphers and digests that it ever had, and goes through them some
 * eight times in a handshake: 350 names, 75 without those.  Signatures of certificates are looked up by name
 * there, so those that a certificate may have are put in.  In a process that used OpenSSL for something else
 * before, this changes nothing. */
static bool names_leave_out(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS, NULL) == 1 &&
           EVP_add_digest(EVP_sha256()) == 1 && EVP_add_digest(EVP_sha384()) == 1 && EVP_add_digest(EVP_sha512()) == 1;
}

static void set_up(void)
{
    if (!names_leave_out())
        return;
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *provider = context ? OSSL_PROVIDER_load(context, "default") : NULL;
    for (size_t i = 0; provider && i < OPERATIONS; i++)
        if (!operation_fill(provider, &operations[i])) {
            OSSL_PROVIDER_unload(provider);
            provider = NULL;
        }
    if (!provider)
        OSSL_LIB_CTX_free(context);
    whole = provider;
}

/* -- the provider ---------------------------------------------------------- */

static const OSSL_ALGORITHM *query_operation(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        if (operations[i].id == operation)
            return operations[i].algorithm;
    return NULL;
}

struct capability_user {
    OSSL_CALLBACK *take;
    void *context;
};

static const struct group *group_find(const OSSL_PARAM params[])
{
    const OSSL_PARAM *id = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ID);
    unsigned number = 0;
    if (!id || OSSL_PARAM_get_uint(id, &number) != 1)
        return NULL;
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i].id == number)
            return &groups[i];
    return NULL;
}

/* What the default provider says of a group, but for the algorithm. */
static int group_pass(const OSSL_PARAM params[], void *context)
{
    const struct capability_user *user = context;
    const struct group *group = group_find(params);
    OSSL_PARAM copy[GROUP_PARAMS_MAX];
    size_t count = 0;
    if (!group)
        return 1; /* not ours: go on */
    do {
        copy[count] = params[count];
        if (group->algorithm && params[count].key && strcmp(params[count].key, OSSL_CAPABILITY_TLS_GROUP_ALG) == 0) {
            copy[count].data = (void *)(uintptr_t)group->algorithm; /* only read */
            copy[count].data_size = strlen(group->algorithm) + 1;
        }
    } while (params[count++].key && count < GROUP_PARAMS_MAX);
    return params[count - 1].key ? 0 : user->take(copy, user->context);
}

static int get_capabilities(void *context, const char *capability, OSSL_CALLBACK *take, void *take_context)
{
    struct capability_user user = {take, take_context};
    (void)context;
    if (strcasecmp(capability, "TLS-GROUP") != 0)
        return 0;
    return OSSL_PROVIDER_get_capabilities(whole, capability, group_pass, &user);
}

static const OSSL_DISPATCH provider_functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_operation},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
    {0, NULL},
};

/* The implementations are called with this provider's context: it is the one they know. */
static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **context)
{
    (void)handle;
    (void)in;
    *out = provider_functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(whole);
    return 1;
}

int algorithms_init(struct algorithms *algorithms)
{
    *algorithms = (struct algorithms){0};
    call_once(&once, set_up);
    algorithms->context = whole ? OSSL_LIB_CTX_new() : NULL;
    if (algorithms->context && OSSL_PROVIDER_add_builtin(algorithms->context, "front", provider_init) == 1)
        algorithms->provider = OSSL_PROVIDER_load(algorithms->context, "front");
    if (algorithms->provider)
        return 0;
    algorithms_release(algorithms);
    return E_CRYPTO;
}

void algorithms_release(struct algorithms *algorithms)
{
    if (algorithms->provider)
        OSSL_PROVIDER_unload(algorithms->provider);
    OSSL_LIB_CTX_free(algorithms->context);
    *algorithms = (struct algorithms){0};
}
