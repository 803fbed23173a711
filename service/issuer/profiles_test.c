/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates as the issuer makes them: each profile field by field as other software reads it, what it refuses to
 * sign, and the proof that a catalog's owner has the CA (docs/spec/certificates.md).
 */
#include "service/issuer/issuer_fixture_test.h"

static void name_check(const X509_NAME *name, const char *want)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~XN_FLAG_DN_REV);
    long len = BIO_get_mem_data(bio, &text);
    CHECK(len == (long)strlen(want) && memcmp(text, want, (size_t)len) == 0);
    if (len != (long)strlen(want))
        fprintf(stderr, "name: %.*s\n", (int)len, text);
    BIO_free(bio);
}

static long long seconds(const ASN1_TIME *t)
{
    struct tm tm;
    REQUIRE(ASN1_TIME_to_tm(t, &tm) == 1);
    return timegm(&tm);
}

struct want {
    bool ca;
    long path_length;
    uint32_t key_usage, extended; /* as OpenSSL reads them; UINT32_MAX: none */
    bool signed_by_p384;
    long long life_s;
};

static void fields_check(X509 *x, X509 *issuer, const struct want *want)
{
    int critical;
    CHECK_INT(X509_get_version(x), 2);
    CHECK_INT(X509_check_ca(x), want->ca);
    CHECK_INT(X509_get_pathlen(x), want->path_length);
    CHECK_INT(X509_get_key_usage(x), want->key_usage);
    CHECK_INT(X509_get_extended_key_usage(x), want->extended);
    CHECK_INT(X509_get_signature_nid(x), want->signed_by_p384 ? NID_ecdsa_with_SHA384 : NID_ecdsa_with_SHA256);
    CHECK_INT(seconds(X509_get0_notAfter(x)) - seconds(X509_get0_notBefore(x)), want->life_s);
    CHECK_INT(X509_get_ext_by_NID(x, NID_key_usage, -1) >= 0, 1);
    CHECK_INT(X509_EXTENSION_get_critical(X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1))), 1);
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x, NID_basic_constraints, &critical, NULL);
    CHECK_INT(constraints != NULL, want->ca);
    CHECK(!constraints || critical == 1);
    BASIC_CONSTRAINTS_free(constraints);
    /* 16 bytes, positive */
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    CHECK_INT(ASN1_STRING_length(serial), 16);
    CHECK_INT(ASN1_STRING_type(serial), V_ASN1_INTEGER);
    CHECK(X509_get0_subject_key_id(x) != NULL);
    CHECK_INT(X509_check_issued(issuer, x), X509_V_OK); /* names and key ids */
    if (issuer != x)
        CHECK(X509_get0_authority_key_id(x) != NULL);
    EVP_PKEY *key = X509_get_pubkey(issuer);
    CHECK_INT(X509_verify(x, key), 1);
    EVP_PKEY_free(key);
    /* DER that others make of it is the same, so it was DER */
    uint8_t *again = NULL;
    X509 *copy = X509_dup(x);
    CHECK(i2d_re_X509_tbs(copy, &again) > 0);
    OPENSSL_free(again);
    X509_free(copy);
}

static const long long year = 365LL * 86400;

static void test_hierarchy(struct issuer *issuer)
{
    static const char *const cas_files[] = {"operator", "os", "update-only", "server"};
    const struct want root_want = {true, 1, KU_KEY_CERT_SIGN | KU_CRL_SIGN, UINT32_MAX, true, 20 * year};
    const struct want ca_want = {true, 0, KU_KEY_CERT_SIGN | KU_CRL_SIGN, UINT32_MAX, true, 10 * year};
    const struct want catalog_want = {true, 0, KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                                      UINT32_MAX, true, 2 * year};
    X509 *root = x509_file(at("root.pem"));
    name_check(X509_get_subject_name(root), "CN=Perisphere root,O=Probe & Sons");
    fields_check(root, root, &root_want);
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "issuer/%s.pem", cas_files[i]);
        X509 *ca = x509_file(at(name));
        fields_check(ca, root, &ca_want);
        X509_free(ca);
    }
    CHECK_INT(on_catalog(issuer, issuer_catalog_list, catalog), E_NOT_FOUND);
    REQUIRE(on_catalog(issuer, issuer_catalog_create, catalog) == 0);
    CHECK_INT(cas.count, 1);
    CHECK_INT(cas.at[0].status, ISSUER_CA_ACTIVE);
    X509 *ca = x509_of(cas.at[0].certificate), *anchor = x509_of(cas.at[0].anchor), *above = x509_of(cas.root);
    name_check(X509_get_subject_name(ca), "CN=Perisphere 00030201-0000-0000-0000-000000000000,O=Probe & Sons");
    fields_check(ca, root, &catalog_want);
    CHECK_MEM(ASN1_STRING_get0_data(X509_get0_serialNumber(ca)), cas.at[0].serial, 16);
    CHECK_MEM(ASN1_STRING_get0_data(X509_get0_serialNumber(anchor)), cas.at[0].anchor_serial, 16);
    CHECK_INT(X509_cmp(above, root), 0);
    /* The anchor: the CA's key and name, signed by itself. */
    struct want anchor_want = catalog_want;
    anchor_want.signed_by_p384 = false; /* by the catalog's own key */
    fields_check(anchor, anchor, &anchor_want);
    CHECK_INT(X509_NAME_cmp(X509_get_subject_name(anchor), X509_get_subject_name(ca)), 0);
    CHECK_INT(EVP_PKEY_eq(X509_get0_pubkey(anchor), X509_get0_pubkey(ca)), 1);
    CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(anchor), X509_get0_serialNumber(ca)) != 0);
    /* Repeated, and listed: the existing one. */
    uint8_t first[16];
    memcpy(first, cas.at[0].serial, sizeof first);
    REQUIRE(on_catalog(issuer, issuer_catalog_create, catalog) == 0);
    CHECK_INT(cas.count, 1);
    CHECK_MEM(cas.at[0].serial, first, 16);
    REQUIRE(on_catalog(issuer, issuer_catalog_list, catalog) == 0);
    CHECK_MEM(cas.at[0].serial, first, 16);
    X509_free(above);
    X509_free(ca);
    X509_free(anchor);
    X509_free(root);
    CHECK_INT(on_catalog(issuer, issuer_catalog_list, other_catalog), E_NOT_FOUND);
    CHECK_INT(on_catalog(issuer, issuer_catalog_create, (const uint8_t[16]){0}), E_RANGE);
}

static void verify_with_tools(X509 *leaf, X509 *ca, X509 *anchor)
{
    char command[900], leaf_path[100], ca_path[100], anchor_path[100];
    snprintf(leaf_path, sizeof leaf_path, "%s/leaf.pem", top);
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", top);
    pem_write(leaf_path, leaf);
    pem_write(ca_path, ca);
    snprintf(command, sizeof command, "openssl verify -x509_strict -purpose sslclient -CAfile %s/root.pem -untrusted %s %s",
             data, ca_path, leaf_path);
    CHECK_INT(run(command), 0);
    /* A relying party that knows its catalog's CA alone. */
    snprintf(command, sizeof command, "openssl verify -x509_strict -purpose sslclient -partial_chain -CAfile %s %s", ca_path, leaf_path);
    CHECK_INT(run(command), 0);
    if (anchor) {
        /* One that knows the anchor alone and cannot stop at an intermediate CA; the
         * device sends the CA that the root signed. */
        snprintf(anchor_path, sizeof anchor_path, "%s/anchor.pem", top);
        pem_write(anchor_path, anchor);
        snprintf(command, sizeof command, "openssl verify -purpose sslclient -CAfile %s -untrusted %s %s",
                 anchor_path, ca_path, leaf_path);
        CHECK_INT(run(command), 0);
    }
    if (run("certtool --version") != 0)
        return;
    snprintf(command, sizeof command, "cat %s %s | certtool --verify --load-ca-certificate %s/root.pem",
             leaf_path, ca_path, data);
    CHECK_INT(run(command), 0);
}

static void test_device(struct issuer *issuer)
{
    static const uint16_t kinds[] = {ISSUER_KIND_OS, ISSUER_KIND_UPDATE_ONLY, ISSUER_KIND_CATALOG};
    static const char *const files[] = {"issuer/os.pem", "issuer/update-only.pem", NULL};
    const struct want want = {false, -1, KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT, false, 86700};
    for (size_t i = 0; i < 3; i++) {
        struct issuer_issue_request r = device_request(kinds[i]);
        struct issuer_certificates got;
        char cn[140], id[129];
        REQUIRE(issue(issuer, &r, &got) == 0);
        CHECK_INT(got.count, 2);
        CHECK_INT(got.not_after_s, r.not_after_s);
        X509 *leaf = x509_of(got.der[0]), *ca = x509_of(got.der[1]);
        fields_check(leaf, ca, &want);
        CHECK_MEM(ASN1_STRING_get0_data(X509_get0_serialNumber(leaf)), got.serial, 16);
        /* 128 digits, twice the bound of X.520 */
        hex_encode(r.device_id, 64, id);
        snprintf(cn, sizeof cn, "CN=%s", id);
        name_check(X509_get_subject_name(leaf), cn);
        EVP_PKEY *key = X509_get_pubkey(leaf);
        uint8_t raw[65];
        size_t raw_bytes;
        CHECK(EVP_PKEY_get_octet_string_param(key, "pub", raw, sizeof raw, &raw_bytes) == 1 &&
              raw_bytes == 65 && memcmp(raw + 1, point, 64) == 0);
        EVP_PKEY_free(key);
        ASN1_OBJECT *oid = OBJ_txt2obj(DEVICE_CERTIFICATE_MEASUREMENTS_OID, 1);
        X509_EXTENSION *e = X509_get_ext(leaf, X509_get_ext_by_OBJ(leaf, oid, -1));
        REQUIRE(e != NULL);
        /* extnValue holds an OCTET STRING of its own */
        static const uint8_t octets[] = {4, 3, 0x81, 0x41, 7};
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
        CHECK(ASN1_STRING_length(value) == sizeof octets &&
              memcmp(ASN1_STRING_get0_data(value), octets, sizeof octets) == 0);
        CHECK_INT(X509_EXTENSION_get_critical(e), 0);
        ASN1_OBJECT_free(oid);
        if (files[i]) {
            X509 *file = x509_file(at(files[i]));
            CHECK_INT(X509_cmp(file, ca), 0);
            X509_free(file);
        }
        X509 *anchor = NULL;
        if (kinds[i] == ISSUER_KIND_CATALOG) {
            REQUIRE(on_catalog(issuer, issuer_catalog_list, r.catalog) == 0);
            anchor = x509_of(cas.at[0].anchor);
        }
        verify_with_tools(leaf, ca, anchor);
        X509_free(anchor);
        X509_free(leaf);
        X509_free(ca);
    }
}

/* Where the operator says an address for them, certificates name their list; nothing else differs. */
static void test_crl_address(struct issuer *issuer)
{
    static const struct {
        uint16_t kind;
        const char *list; /* the CA's key behind it; NULL: serial of the CA */
    } rows[] = {{ISSUER_KIND_OS, "os"}, {ISSUER_KIND_UPDATE_ONLY, "update-only"}, {ISSUER_KIND_CATALOG, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct issuer_issue_request r = device_request(rows[i].kind);
        struct issuer_certificates got;
        char want[128], serial[33], key[41];
        issuer_lists_at(issuer, "http://crl.contoso.example");
        REQUIRE(issue(issuer, &r, &got) == 0);
        X509 *leaf = x509_of(got.der[0]), *ca = x509_of(got.der[1]), *anchor = NULL;
        hex_encode(ASN1_STRING_get0_data(X509_get0_serialNumber(ca)), 16, serial);
        hex_encode(ASN1_STRING_get0_data(X509_get0_subject_key_id(ca)), 20, key);
        snprintf(want, sizeof want, "http://crl.contoso.example/crl/%s%s%.32s.crl", rows[i].list ? rows[i].list : "",
                 rows[i].list ? "-" : "", rows[i].list ? key : serial);
        int critical = -1;
        STACK_OF(DIST_POINT) *points = X509_get_ext_d2i(leaf, NID_crl_distribution_points, &critical, NULL);
        REQUIRE(points != NULL && sk_DIST_POINT_num(points) == 1);
        CHECK_INT(critical, 0);
        const DIST_POINT *list = sk_DIST_POINT_value(points, 0);
        CHECK(!list->reasons && !list->CRLissuer && list->distpoint->type == 0);
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list->distpoint->name.fullname, 0);
        CHECK_INT(name->type, GEN_URI);
        CHECK_STR((const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier), want);
        CRL_DIST_POINTS_free(points);
        if (rows[i].kind == ISSUER_KIND_CATALOG) {
            REQUIRE(on_catalog(issuer, issuer_catalog_list, r.catalog) == 0);
            anchor = x509_of(cas.at[0].anchor);
        }
        verify_with_tools(leaf, ca, anchor);
        int with = X509_get_ext_count(leaf);
        X509_free(anchor);
        X509_free(leaf);
        X509_free(ca);
        issuer_lists_at(issuer, NULL);
        REQUIRE(issue(issuer, &r, &got) == 0);
        leaf = x509_of(got.der[0]);
        CHECK_INT(X509_get_ext_count(leaf), with - 1);
        CHECK_INT(X509_get_ext_by_NID(leaf, NID_crl_distribution_points, -1), -1);
        X509_free(leaf);
    }
}

static void test_device_refused(struct issuer *issuer)
{
#define BAD(change, want)                                                    \
    do {                                                                     \
        struct issuer_issue_request r = device_request(ISSUER_KIND_CATALOG); \
        struct issuer_certificates got;                                      \
        change;                                                              \
        CHECK_INT(issue(issuer, &r, &got), want);                            \
        CHECK_INT(want ? (int)reply.len : 0, 0); /* nothing said */          \
    } while (0)
    BAD((void)0, 0);
    BAD(r.not_after_s = now + 86401, E_RANGE);
    BAD(r.not_after_s = UINT64_MAX, E_RANGE);
    BAD(r.not_after_s = now, E_RANGE);
    BAD(r.not_before_s = now - 301, E_RANGE);
    BAD(r.not_before_s = 0, E_RANGE);
    BAD(r.not_before_s = UINT64_MAX, E_RANGE);
    BAD(r.not_before_s = now + 61, E_RANGE);
    BAD(memcpy(r.catalog, other_catalog, 16), E_NOT_FOUND);
    BAD(r.kind = ISSUER_KIND_OS, E_MALFORMED); /* with a catalog */
    BAD(r.key[63] ^= 1, E_RANGE);
    BAD(memset(r.key, 0, 64), E_RANGE);
    BAD(memset(r.key, 0xff, 64), E_RANGE);
#undef BAD
    /* A CA at its end signs nothing that outlives it, and the root lends no more than it has. */
    struct issuer_issue_request r;
    struct issuer_certificates got;
    uint64_t real = now;
    now += 10 * (uint64_t)year - 86400;
    r = device_request(ISSUER_KIND_OS);
    CHECK_INT(issue(issuer, &r, &got), E_STALE);
    now += 10 * (uint64_t)year;
    r = device_request(ISSUER_KIND_CATALOG);
    CHECK_INT(issue(issuer, &r, &got), E_STALE);
    now = real;
    memory_store.count = 1; /* what was made there meanwhile */
    r = device_request(ISSUER_KIND_CATALOG);
    CHECK_INT(issue(issuer, &r, &got), 0);
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    CHECK_INT(issuer_issue_device(issuer, span_of("\x80", 1), now, &reply), E_MALFORMED);
}

static void test_possession(struct issuer *issuer)
{
    const struct want want = {false, -1, KU_DIGITAL_SIGNATURE, UINT32_MAX, false, 86400};
    uint8_t bytes[256];
    struct issuer_possession_request r = {.code = span_of("8D54AE0B90C1", 12)};
    struct issuer_certificates got;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(on_catalog(issuer, issuer_catalog_list, catalog) == 0);
    X509 *ca = x509_of(cas.at[0].certificate);
    memcpy(r.catalog, catalog, 16);
    memcpy(r.serial, cas.at[0].anchor_serial, 16);
    REQUIRE(issuer_possession_request_write(&r, &w) == 0);
    REQUIRE(call(issuer, issuer_prove_possession, &w) == 0);
    REQUIRE(issuer_certificates_parse(writer_view(&reply), &got) == 0);
    X509 *leaf = x509_of(got.der[0]);
    name_check(X509_get_subject_name(leaf), "CN=8D54AE0B90C1");
    fields_check(leaf, ca, &want);
    X509_free(leaf);
    X509_free(ca);
    r.serial[3] ^= 1;
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_possession_request_write(&r, &w) == 0);
    CHECK_INT(call(issuer, issuer_prove_possession, &w), E_NOT_FOUND);
    memcpy(r.catalog, other_catalog, 16);
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_possession_request_write(&r, &w) == 0);
    CHECK_INT(call(issuer, issuer_prove_possession, &w), E_NOT_FOUND);
}

int main(void)
{
    fixture_begin();
    struct service_init init = fixture_init();
    REQUIRE(service_init(&init) == 0);
    struct issuer *issuer = fixture_open();
    test_hierarchy(issuer);
    test_device(issuer);
    test_crl_address(issuer);
    test_device_refused(issuer);
    test_possession(issuer);
    issuer_close(issuer);
    fixture_end();
    return check_done();
}
