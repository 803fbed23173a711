/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key of crash dumps out of a service's answer: who holds another CA's key below the same root has nothing sealed to a
 * key of his, whatever he names himself and whatever else he puts into the answer.
 */
#include "os/azured/dump_key.h"

#include <openssl/x509v3.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "lib/cbor.h"
#include "lib/guid.h"
#include "os/azured/device_time.h"
#include "tests/check.h"
#include "tests/tls_server.h"

enum { DAY_S = 86400 };

#define OS CRASH_DUMP_SIGNER_NAME
#define SERVERS "Perisphere servers"
#define CA_LAST "critical,CA:TRUE,pathlen:0"
#define CERTS "critical,keyCertSign,cRLSign"

static const uint8_t catalog[16] = {0xCA, 1}, none[HPKE_PUBLIC_BYTES];
static uint8_t public[HPKE_PUBLIC_BYTES];
static char leaf_name[80], anchor[] = "/tmp/peri-dump-key-XXXXXX";

/* What differs from a key of dumps by a CA that named it right. */
struct shape {
    const char *name, *organisation;    /* name NULL: the catalog's */
    const char *issuer;                 /* said; NULL: the name of who signs */
    const char *constraints, *usage;    /* usage NULL: keyAgreement */
    long begin_s, end_s;                /* from now; 0: since yesterday, until tomorrow */
    bool no_key_ids;
};

static void extend(X509 *x, X509 *above, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, above, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    REQUIRE(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void name_put(X509_NAME *name, const char *field, const char *text)
{
    REQUIRE(!text || X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) == 1);
}

static X509 *sign(const struct shape *shape, EVP_PKEY *key, const struct test_ca *above)
{
    static long serial;
    X509 *x = X509_new();
    REQUIRE(x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial));
    name_put(X509_get_subject_name(x), "CN", shape->name ? shape->name : leaf_name);
    name_put(X509_get_subject_name(x), "O", shape->organisation);
    if (shape->issuer)
        name_put(X509_get_issuer_name(x), "CN", shape->issuer);
    else
        REQUIRE(X509_set_issuer_name(x, X509_get_subject_name(above->certificate)) == 1);
    X509_gmtime_adj(X509_getm_notBefore(x), shape->begin_s ? shape->begin_s : -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x), shape->end_s ? shape->end_s : DAY_S);
    REQUIRE(X509_set_pubkey(x, key) == 1);
    if (shape->constraints)
        extend(x, above->certificate, NID_basic_constraints, shape->constraints);
    extend(x, above->certificate, NID_key_usage, shape->usage ? shape->usage : "critical,keyAgreement");
    if (!shape->no_key_ids) {
        extend(x, above->certificate, NID_subject_key_identifier, "hash");
        extend(x, above->certificate, NID_authority_key_identifier, "keyid:always");
    }
    REQUIRE(X509_sign(x, above->key, EVP_sha256()) > 0);
    return x;
}

static struct test_ca below(const struct test_ca *above, struct shape shape)
{
    struct test_ca ca = {.key = EVP_EC_gen("P-256")};
    shape.constraints = shape.constraints ? shape.constraints : CA_LAST;
    shape.usage = shape.usage ? shape.usage : CERTS;
    REQUIRE(ca.key);
    ca.certificate = sign(&shape, ca.key, above);
    return ca;
}

static X509 *leaf(const struct test_ca *above, struct shape shape)
{
    EVP_PKEY *key = test_public_key(public + 1);
    X509 *x = sign(&shape, key, above);
    EVP_PKEY_free(key);
    return x;
}

/* Leaf first; frees the leaf. */
static struct span answer_write(X509 *first, X509 *const *others, size_t count)
{
    static uint8_t room[2 * DUMP_KEY_ANSWER_MAX];
    struct writer w = writer_of(room, sizeof room);
    cbor_put_map(&w, 1);
    cbor_put_uint(&w, 1);
    cbor_put_array(&w, 1 + count);
    for (size_t i = 0; i <= count; i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(i ? others[i - 1] : first, &der);
        REQUIRE(len > 0);
        cbor_put_bytes(&w, der, (size_t)len);
        OPENSSL_free(der);
    }
    X509_free(first);
    REQUIRE(!w.err);
    return writer_view(&w);
}

static int take(struct span answer)
{
    uint8_t got[HPKE_PUBLIC_BYTES];
    memset(got, 0xA5, sizeof got);
    int err = dump_key_take(answer, catalog, anchor, got);
    CHECK_MEM(got, err ? none : public, sizeof got);
    return err;
}

#define TAKE(first, ...)                                                                       \
    take(answer_write(first, (X509 *const[]){__VA_ARGS__}, sizeof((X509 *const[]){__VA_ARGS__}) / sizeof(X509 *)))

/* -- what is taken --------------------------------------------------------------------------- */

static struct test_ca root, os, servers;

static void good(void)
{
    struct test_ca issuing = below(&root, (struct shape){.name = "Perisphere issuing CA", .organisation = "Contoso",
                                                         .constraints = "critical,CA:TRUE,pathlen:1"});
    struct test_ca deep = below(&issuing, (struct shape){.name = OS, .organisation = "Contoso"});
    struct test_ca again = below(&root, (struct shape){.name = OS, .organisation = "Contoso"}); /* another key */
    CHECK_INT(TAKE(leaf(&os, (struct shape){0}), os.certificate), 0);
    CHECK_INT(TAKE(leaf(&deep, (struct shape){0}), deep.certificate, issuing.certificate), 0); /* root off line */
    CHECK_INT(TAKE(leaf(&again, (struct shape){0}), again.certificate), 0);
    CHECK_INT(TAKE(leaf(&again, (struct shape){0}), again.certificate, os.certificate), 0);
    /* more than is needed says nothing */
    CHECK_INT(TAKE(leaf(&os, (struct shape){0}), os.certificate, servers.certificate), 0);
    CHECK_INT(TAKE(leaf(&os, (struct shape){0}), servers.certificate, os.certificate), 0);
    test_ca_release(&issuing);
    test_ca_release(&deep);
    test_ca_release(&again);
}

/* -- other CAs ------------------------------------------------------------------------------------ */

/* Below the same root; whatever name but that one, and that one in whatever place but the common name. */
static void other_cas(void)
{
    static const struct shape rows[] = {
        {.name = SERVERS}, {.name = "Perisphere operators"}, {.name = "Perisphere update-only"},
        {.name = "Perisphere root", .organisation = "Contoso"},
        {.name = "Perisphere 01ca0000-0000-0000-0000-000000000000"}, /* a catalog's */
        {.name = SERVERS, .organisation = OS}, {.name = "Perisphere O"}, {.name = "Perisphere OS "}, {.name = "perisphere os"},
        {.name = "CN=" OS}, {.name = " " OS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_ca ca = below(&root, rows[i]);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){0}), ca.certificate), E_BINDING);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){.organisation = OS}), ca.certificate), E_BINDING);
        /* the right one is in the answer, and signed nothing */
        CHECK_INT(TAKE(leaf(&ca, (struct shape){0}), os.certificate, ca.certificate), E_BINDING);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){0}), ca.certificate, os.certificate), E_BINDING);
        /* and is said to have */
        CHECK_INT(TAKE(leaf(&ca, (struct shape){.issuer = OS}), os.certificate, ca.certificate), E_DENIED);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){.issuer = OS}), ca.certificate, os.certificate), E_DENIED);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){.issuer = OS, .no_key_ids = true}), os.certificate, ca.certificate), E_DENIED);
        CHECK_INT(TAKE(leaf(&ca, (struct shape){.issuer = OS, .no_key_ids = true}), ca.certificate, os.certificate), E_DENIED);
        test_ca_release(&ca);
    }
}

/* Of path length 0: whom the thief of another CA's key names as he likes signs nothing. */
static void sub_cas(void)
{
    static const char *const constraints[] = {CA_LAST, "critical,CA:TRUE", "critical,CA:TRUE,pathlen:5", "critical,CA:FALSE"};
    for (size_t i = 0; i < sizeof constraints / sizeof constraints[0]; i++) {
        struct test_ca sub = below(&servers, (struct shape){.name = OS, .constraints = constraints[i]});
        CHECK_INT(TAKE(leaf(&sub, (struct shape){0}), sub.certificate, servers.certificate), E_DENIED);
        CHECK_INT(TAKE(leaf(&sub, (struct shape){0}), sub.certificate, servers.certificate, os.certificate), E_DENIED);
        test_ca_release(&sub);
        /* A CA of the very name of who signed it in between: there wolfSSL begins to count anew. */
        struct test_ca self = below(&servers, (struct shape){.name = SERVERS, .organisation = "Contoso",
                                                             .constraints = constraints[i]});
        CHECK_INT(TAKE(leaf(&self, (struct shape){0}), self.certificate, servers.certificate), E_DENIED);
        sub = below(&self, (struct shape){.name = OS});
        CHECK_INT(TAKE(leaf(&sub, (struct shape){0}), sub.certificate, self.certificate, servers.certificate), E_DENIED);
        test_ca_release(&self);
        test_ca_release(&sub);
        /* likewise below the right one, whose key that would take */
        sub = below(&os, (struct shape){.name = OS, .constraints = constraints[i]});
        CHECK_INT(TAKE(leaf(&sub, (struct shape){0}), sub.certificate, os.certificate), E_DENIED);
        test_ca_release(&sub);
    }
    /* what a device, or front, has */
    struct test_ca end = below(&os, (struct shape){.name = OS, .constraints = "critical,CA:FALSE",
                                                   .usage = "critical,digitalSignature"});
    CHECK_INT(TAKE(leaf(&end, (struct shape){0}), end.certificate, os.certificate), E_DENIED);
    test_ca_release(&end);
    /* a CA that may sign lists alone */
    end = below(&root, (struct shape){.name = OS, .usage = "critical,cRLSign"});
    CHECK_INT(TAKE(leaf(&end, (struct shape){0}), end.certificate), E_DENIED);
    test_ca_release(&end);
}

static void other_roots(void)
{
    struct test_ca foreign, foreign_os;
    test_ca_make(&foreign, "Perisphere root");
    foreign_os = below(&foreign, (struct shape){.name = OS, .organisation = "Contoso"});
    CHECK_INT(TAKE(leaf(&foreign_os, (struct shape){0}), foreign_os.certificate), E_DENIED);
    CHECK_INT(TAKE(leaf(&foreign_os, (struct shape){0}), foreign_os.certificate, foreign.certificate), E_DENIED);
    CHECK_INT(TAKE(leaf(&foreign_os, (struct shape){0}), foreign_os.certificate, os.certificate), E_DENIED);
    CHECK_INT(TAKE(leaf(&os, (struct shape){0}), os.certificate, foreign_os.certificate), E_DENIED);
    CHECK_INT(take(answer_write(leaf(&os, (struct shape){0}), NULL, 0)), E_DENIED);
    test_ca_release(&foreign);
    test_ca_release(&foreign_os);
}

/* -- other certificates of the right CA -------------------------------------------------------------- */

static void other_leaves(void)
{
    const struct {
        struct shape shape;
        int err;
    } rows[] = {
        {{.name = "Perisphere crash dumps"}, E_BINDING},
        {{.name = "Perisphere crash dumps 000001cb-0000-0000-0000-000000000000"}, E_BINDING},
        {{.name = "0123456789abcdef", .usage = "critical,digitalSignature"}, E_BINDING}, /* a device's */
        {{.name = OS, .organisation = leaf_name}, E_BINDING},
        {{.usage = "critical,digitalSignature"}, E_BINDING},
        {{.usage = "critical,keyAgreement,digitalSignature"}, E_BINDING},
        {{.usage = "critical,keyEncipherment"}, E_BINDING},
        {{.constraints = CA_LAST}, E_DENIED},
        {{.begin_s = -2 * DAY_S, .end_s = -60}, E_DENIED},
        {{.begin_s = 3600}, E_DENIED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(TAKE(leaf(&os, rows[i].shape), os.certificate), rows[i].err);
    struct test_ca ended = below(&root, (struct shape){.name = OS, .begin_s = -2 * DAY_S, .end_s = -60});
    CHECK_INT(TAKE(leaf(&ended, (struct shape){0}), ended.certificate), E_DENIED);
    test_ca_release(&ended);
    /* the CA itself, and a key of another curve */
    CHECK_INT(take(answer_write(X509_dup(os.certificate), NULL, 0)), E_BINDING);
    EVP_PKEY *key = EVP_EC_gen("P-384");
    CHECK_INT(TAKE(sign(&(struct shape){0}, key, &os), os.certificate), E_RANGE);
    EVP_PKEY_free(key);
}

static void counts(void)
{
    X509 *four[] = {os.certificate, servers.certificate, os.certificate, servers.certificate};
    CHECK_INT(take(answer_write(leaf(&os, (struct shape){0}), four, 4)), E_LIMIT);
    CHECK_INT(take(answer_write(leaf(&os, (struct shape){0}), four, 3)), 0);
    CHECK_INT(take(span_of("\xa1\x01\x80", 3)), E_LIMIT);
    CHECK_INT(take(span_of("\xa1\x01\x81\x40", 4)), E_LIMIT);
}

/* Every prefix, and a bit of each byte: refused, or the same key. */
static void cut_and_flip(void)
{
    uint8_t bytes[DUMP_KEY_ANSWER_MAX];
    struct span whole = answer_write(leaf(&os, (struct shape){0}), &os.certificate, 1);
    REQUIRE(whole.len <= sizeof bytes);
    for (size_t i = 0; i < whole.len; i++)
        CHECK(take(span_of(whole.at, i)) != 0);
    memcpy(bytes, whole.at, whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        bytes[i] ^= (uint8_t)(1u << i % 8);
        (void)!take(span_of(bytes, whole.len)); /* looks at the key */
        bytes[i] ^= (uint8_t)(1u << i % 8);
    }
    CHECK_INT(take(span_of(bytes, whole.len)), 0);
}

int main(void)
{
    static const uint8_t seed[HPKE_SEED_BYTES] = {7};
    uint8_t private[HPKE_PRIVATE_BYTES];
    char guid[GUID_TEXT_BYTES];
    int fd = mkstemp(anchor);
    REQUIRE(fd >= 0 && close(fd) == 0 && hpke_pair(seed, private, public) == 0);
    guid_format(catalog, guid);
    snprintf(leaf_name, sizeof leaf_name, "Perisphere crash dumps %s", guid);
    test_ca_make(&root, "Perisphere root");
    test_write_pem(anchor, root.certificate);
    os = below(&root, (struct shape){.name = OS, .organisation = "Contoso"});
    servers = below(&root, (struct shape){.name = SERVERS, .organisation = "Contoso"});
    device_time_init();
    good();
    other_cas();
    sub_cas();
    other_roots();
    other_leaves();
    counts();
    cut_and_flip();
    test_ca_release(&root);
    test_ca_release(&os);
    test_ca_release(&servers);
    unlink(anchor);
    return check_done();
}
