/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/tokens.md: a good token of each algorithm is taken; every wrong claim,
 * header, key and signature, and every cut and flipped bit is refused.
 */
#include "service/oidc/token.h"

#include <cjose/cjose.h>
#include <jansson.h>

#include "tests/check.h"

#define ISSUER "https://login.test/tenant"
#define AUDIENCE "perisphere"
#define NOW 2000000000ull
#define CLAIMS "\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"42\",\"exp\":2000000300"

static cjose_jwk_t *rsa, *ec, *other_ec, *secret;
static struct keys *keys;
static const struct token_rules rules = {ISSUER, AUDIENCE, NOW, 60};

/* Without a kid when it is NULL; extra: a further header and its text, or a list. */
static char *token_make(cjose_jwk_t *key, const char *alg, const char *kid, const char *extra, const char *value,
                        const char *claims)
{
    cjose_err error;
    const char *text;
    cjose_header_t *header = cjose_header_new(&error);
    REQUIRE(header && cjose_header_set(header, "alg", alg, &error));
    if (kid)
        REQUIRE(cjose_header_set(header, "kid", kid, &error));
    if (extra)
        REQUIRE(value[0] == '[' ? cjose_header_set_raw(header, extra, value, &error)
                                : cjose_header_set(header, extra, value, &error));
    cjose_jws_t *jws = cjose_jws_sign(key, header, (const uint8_t *)claims, strlen(claims), &error);
    REQUIRE(jws && cjose_jws_export(jws, &text, &error));
    char *copy = strdup(text);
    REQUIRE(copy != NULL);
    cjose_jws_release(jws);
    cjose_header_release(header);
    return copy;
}

static struct oidc_identity identity;

static int verify(const char *token) { return token_verify(span_of(token, strlen(token)), keys, &rules, &identity); }

static int claims(const char *text)
{
    char *token = token_make(ec, "ES256", "ec-1", NULL, NULL, text);
    int err = verify(token);
    free(token);
    return err;
}

/* The public half of a key, with members of the JWK around it. */
static char *public_of(cjose_jwk_t *key, const char *kid, const char *more)
{
    cjose_err error;
    char *text = cjose_jwk_to_json(key, false, &error), *out = NULL;
    REQUIRE(text && text[0] == '{');
    REQUIRE(asprintf(&out, "{%s%s%s%s%s%s", kid ? "\"kid\":\"" : "", kid ? kid : "", kid ? "\"," : "", more,
                     *more ? "," : "", text + 1) > 0);
    cjose_get_dealloc()(text);
    return out;
}

static void test_good(void)
{
    char *token = token_make(ec, "ES256", "ec-1", NULL, NULL, "{" CLAIMS "}");
    CHECK_INT(verify(token), 0);
    CHECK_STR(identity.name, ISSUER "#42");
    CHECK_INT(identity.not_after_s, NOW + 300);
    free(token);
    token = token_make(rsa, "RS256", "rsa-1", NULL, NULL, "{" CLAIMS "}");
    CHECK_INT(verify(token), 0);
    free(token);
    token = token_make(rsa, "RS256", NULL, NULL, NULL, "{" CLAIMS "}"); /* the only RSA key */
    CHECK_INT(verify(token), 0);
    free(token);
    token = token_make(ec, "ES256", "ec-1", "typ", "at+jwt", "{" CLAIMS "}");
    CHECK_INT(verify(token), 0);
    free(token);
    /* A key that the token brings along changes nothing. */
    token = token_make(ec, "ES256", "ec-1", "jku", "https://evil.test/keys", "{" CLAIMS "}");
    CHECK_INT(verify(token), 0);
    free(token);
}

static const struct claim_row {
    const char *what, *claims;
    int err;
} claim_rows[] = {
    {"all", "{" CLAIMS "}", 0},
    {"audience in a list", "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"" AUDIENCE "\"],\"sub\":\"4\",\"exp\":2000000300}", 0},
    {"fractions", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300.5}", 0},
    {"expired within the skew", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":1999999941}", 0},
    {"begins within the skew", "{" CLAIMS ",\"nbf\":2000000060,\"iat\":2000000060}", 0},
    {"issuer of another", "{\"iss\":\"https://login.test/other\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"issuer with a slash", "{\"iss\":\"" ISSUER "/\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"issuer longer", "{\"iss\":\"" ISSUER "x\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"issuer of another case", "{\"iss\":\"https://LOGIN.test/tenant\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"issuer with a NUL", "{\"iss\":\"" ISSUER "\\u0000x\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_MALFORMED},
    {"issuer a number", "{\"iss\":1,\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_MALFORMED},
    {"no issuer", "{\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":2000000300}", E_MISSING},
    {"two issuers", "{" CLAIMS ",\"iss\":\"" ISSUER "\"}", E_MALFORMED},
    {"audience of another", "{\"iss\":\"" ISSUER "\",\"aud\":\"other\",\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"audiences of others", "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"y\"],\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"no audience in the list", "{\"iss\":\"" ISSUER "\",\"aud\":[],\"sub\":\"4\",\"exp\":2000000300}", E_BINDING},
    {"audience and a number", "{\"iss\":\"" ISSUER "\",\"aud\":[\"" AUDIENCE "\",1],\"sub\":\"4\",\"exp\":2000000300}", E_MALFORMED},
    {"audience an object", "{\"iss\":\"" ISSUER "\",\"aud\":{},\"sub\":\"4\",\"exp\":2000000300}", E_MALFORMED},
    {"no audience", "{\"iss\":\"" ISSUER "\",\"sub\":\"4\",\"exp\":2000000300}", E_MISSING},
    {"expired", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":1999999940}", E_STALE},
    {"expired at 0", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":0}", E_STALE},
    {"expires before 0", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":-1}", E_MALFORMED},
    {"expires never", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":1e300}", E_MALFORMED},
    {"expires in words", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\",\"exp\":\"2000000300\"}", E_MALFORMED},
    {"no expiry", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"4\"}", E_MISSING},
    {"not yet", "{" CLAIMS ",\"nbf\":2000000061}", E_STALE},
    {"not yet, in words", "{" CLAIMS ",\"nbf\":\"1\"}", E_MALFORMED},
    {"issued in the future", "{" CLAIMS ",\"iat\":2000000061}", E_STALE},
    {"no subject", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"exp\":2000000300}", E_MISSING},
    {"empty subject", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"\",\"exp\":2000000300}", E_MALFORMED},
    {"subject a number", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":4,\"exp\":2000000300}", E_MALFORMED},
    {"subject with a line feed", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"a\\nb\",\"exp\":2000000300}", E_MALFORMED},
    {"subject not ASCII", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"\\u00e9\",\"exp\":2000000300}", E_MALFORMED},
    {"no object", "[1]", E_MALFORMED},
    {"no JSON", "hello", E_MALFORMED},
    {"nothing", "", E_MALFORMED},
};

static void test_claims(void)
{
    for (size_t i = 0; i < sizeof claim_rows / sizeof claim_rows[0]; i++) {
        int err = claims(claim_rows[i].claims);
        CHECK_INT(err, claim_rows[i].err);
        if (err != claim_rows[i].err)
            fprintf(stderr, "  %s\n", claim_rows[i].what);
        CHECK(err == 0 || (identity.name[0] == '\0' && identity.not_after_s == 0));
    }
    char long_subject[400];
    memset(long_subject, 'x', sizeof long_subject);
    char text[1024];
    snprintf(text, sizeof text, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"%.300s\",\"exp\":2000000300}",
             long_subject);
    CHECK_INT(claims(text), E_LIMIT);
}

static void refused(char *token, int want)
{
    CHECK_INT(verify(token), want);
    free(token);
}

static void test_keys_and_headers(void)
{
    refused(token_make(ec, "ES256", "ec-2", NULL, NULL, "{" CLAIMS "}"), E_KEY_UNKNOWN);
    refused(token_make(ec, "ES256", "rsa-1", NULL, NULL, "{" CLAIMS "}"), E_KEY_UNKNOWN); /* a name of another kind of key */
    refused(token_make(other_ec, "ES256", "ec-1", NULL, NULL, "{" CLAIMS "}"), E_SIGNATURE);
    refused(token_make(ec, "ES256", "ec-1", "crit", "[\"exp\"]", "{" CLAIMS "}"), E_UNSUPPORTED);
    refused(token_make(rsa, "RS384", "rsa-1", NULL, NULL, "{" CLAIMS "}"), E_UNSUPPORTED);
    refused(token_make(rsa, "PS256", "rsa-1", NULL, NULL, "{" CLAIMS "}"), E_UNSUPPORTED);
    /* A public key taken for a secret, and no signature at all. */
    refused(token_make(secret, "HS256", "ec-1", NULL, NULL, "{" CLAIMS "}"), E_UNSUPPORTED);
    CHECK_INT(verify("eyJhbGciOiJub25lIn0.e30.AA"), E_UNSUPPORTED);
    CHECK_INT(verify("eyJhbGciOiJub25lIn0.e30."), E_MALFORMED);
    CHECK_INT(verify(""), E_MALFORMED);
    CHECK_INT(verify("a.b"), E_MALFORMED);
    CHECK_INT(verify("a.b.c.d"), E_MALFORMED);
    CHECK_INT(verify("a..c"), E_MALFORMED);
    CHECK_INT(verify("aaaaa.e30.AA"), E_MALFORMED);
    char *good = token_make(ec, "ES256", "ec-1", NULL, NULL, "{" CLAIMS "}");
    CHECK_INT(token_verify(span_of(good, strlen(good)), NULL, &rules, &identity), E_KEY_UNKNOWN);
    free(good);
}

static void test_cut_and_flip(void)
{
    char *good = token_make(ec, "ES256", "ec-1", NULL, NULL, "{" CLAIMS "}");
    size_t len = strlen(good);
    for (size_t cut = 0; cut < len; cut++)
        CHECK(token_verify(span_of(good, cut), keys, &rules, &identity) < 0);
    for (size_t at = 0; at < len; at++)
        for (int bit = 0; bit < 8; bit++) {
            char *bad = strdup(good);
            REQUIRE(bad != NULL);
            bad[at] = (char)(bad[at] ^ 1 << bit);
            int err = token_verify(span_of(bad, len), keys, &rules, &identity);
            /* The last letter carries bits that mean nothing. */
            CHECK(err < 0 || at == len - 1);
            free(bad);
        }
    free(good);
}

/* The set as parsed: what cannot verify is left out, what is wrong is refused. */
static void test_key_sets(void)
{
    static const struct {
        const char *json;
        int err;
    } rows[] = {
        {"", E_MALFORMED}, {"[]", E_MALFORMED}, {"{}", E_MALFORMED}, {"{\"keys\":{}}", E_MALFORMED},
        {"{\"keys\":[]}", E_MISSING}, {"{\"keys\":[7,null,{}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A\",\"y\":\"A\"}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AAAAA\",\"e\":\"AQAB\"}]}", E_MISSING},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"A+/=\",\"e\":\"AQAB\"}]}", E_MISSING},
    };
    struct keys *set;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(keys_parse(span_of(rows[i].json, strlen(rows[i].json)), &set), rows[i].err);
        CHECK(set == NULL);
    }
    cjose_err error;
    static const uint8_t e[] = {1, 0, 1};
    cjose_jwk_t *small = cjose_jwk_create_RSA_random(1024, e, sizeof e, &error);
    REQUIRE(small != NULL);
    char *weak = public_of(small, "s", ""), *encrypts = public_of(ec, "e", "\"use\":\"enc\""),
         *other_alg = public_of(ec, "a", "\"alg\":\"ES512\""), *fine = public_of(ec, "f", "\"use\":\"sig\",\"alg\":\"ES256\""),
         *private = cjose_jwk_to_json(ec, true, &error), *all = NULL;
    REQUIRE(asprintf(&all, "{\"keys\":[%s,%s,%s,%s,%s]}", weak, encrypts, other_alg, fine, private) > 0);
    CHECK_INT(keys_parse(span_of(all, strlen(all)), &set), 0);
    CHECK_INT(keys_count(set), 1);
    keys_free(set);
    cjose_get_dealloc()(private);
    free(weak);
    free(encrypts);
    free(other_alg);
    free(fine);
    free(all);
    cjose_jwk_release(small);
    static char big[KEY_SET_BYTES_MAX + 1];
    CHECK_INT(keys_parse(span_of(big, sizeof big), &set), E_LIMIT);
}

/* Two keys that fit, and a token that names none: no guessing. */
static void test_ambiguous(void)
{
    struct keys *set;
    char *first = public_of(ec, "one", ""), *second = public_of(other_ec, "two", ""), *all = NULL;
    REQUIRE(asprintf(&all, "{\"keys\":[%s,%s]}", first, second) > 0);
    REQUIRE(keys_parse(span_of(all, strlen(all)), &set) == 0);
    char *token = token_make(ec, "ES256", NULL, NULL, NULL, "{" CLAIMS "}");
    CHECK_INT(token_verify(span_of(token, strlen(token)), set, &rules, &identity), E_KEY_UNKNOWN);
    free(token);
    token = token_make(other_ec, "ES256", "two", NULL, NULL, "{" CLAIMS "}");
    CHECK_INT(token_verify(span_of(token, strlen(token)), set, &rules, &identity), 0);
    free(token);
    keys_free(set);
    free(first);
    free(second);
    free(all);
}

static void test_message(void)
{
    struct oidc_identity in = {.name = "https://a#b", .name_len = 11, .not_after_s = 7}, out;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(oidc_identity_write(&in, &w), 0);
    CHECK_INT(oidc_identity_parse(writer_view(&w), &out), 0);
    CHECK_STR(out.name, in.name);
    CHECK_INT(out.not_after_s, 7);
    for (size_t cut = 0; cut < w.len; cut++)
        CHECK(oidc_identity_parse(span_of(bytes, cut), &out) < 0 && out.name[0] == '\0');
    bytes[3] = '\n';
    CHECK_INT(oidc_identity_parse(writer_view(&w), &out), E_MALFORMED);
}

int main(void)
{
    cjose_err error;
    static const uint8_t e[] = {1, 0, 1};
    rsa = cjose_jwk_create_RSA_random(2048, e, sizeof e, &error);
    ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
    other_ec = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
    secret = cjose_jwk_create_oct_random(256, &error);
    REQUIRE(rsa && ec && other_ec && secret);
    char *a = public_of(rsa, "rsa-1", "\"use\":\"sig\""), *b = public_of(ec, "ec-1", ""), *all = NULL;
    REQUIRE(asprintf(&all, "{\"keys\":[%s,%s]}", a, b) > 0);
    REQUIRE(keys_parse(span_of(all, strlen(all)), &keys) == 0);
    CHECK_INT(keys_count(keys), 2);
    free(a);
    free(b);
    free(all);
    test_good();
    test_claims();
    test_keys_and_headers();
    test_cut_and_flip();
    test_key_sets();
    test_ambiguous();
    test_message();
    keys_free(keys);
    cjose_jwk_release(rsa);
    cjose_jwk_release(ec);
    cjose_jwk_release(other_ec);
    cjose_jwk_release(secret);
    return check_done();
}
