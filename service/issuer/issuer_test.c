/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer: a data folder from nothing, each profile field by field as other
 * software reads it, each refusal, and the process with its channels.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "lib/capability.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/image.h"
#include "lib/manifest.h"
#include "service/ipc/audit_ops.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/process.h"
#include "service/ipc/service_init.h"
#include "service/issuer/certificate.h"
#include "service/issuer/issue.h"
#include "service/issuer/state.h"
#include "service/issuer/memory_store_test.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

static char top[64], data[80];
static uint64_t now;
static const uint8_t catalog[16] = {1, 2, 3}, other_catalog[16] = {9};
static uint8_t point[64]; /* a device's client key */

static const char *at(const char *name)
{
    static char path[4][300];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", data, name);
    return p;
}

static int run(const char *command)
{
    char text[1200];
    snprintf(text, sizeof text, "%s >/dev/null 2>&1", command);
    return system(text);
}

/* -- requests ------------------------------------------------------------ */

static uint8_t reply_bytes[ISSUER_REPLY_MAX];
static struct writer reply;

static int call(struct issuer *issuer, issuer_operation *operation, const struct writer *request)
{
    reply = writer_of(reply_bytes, sizeof reply_bytes);
    return memory_run(issuer, operation, writer_view(request), now, &reply);
}

static struct issuer_issue_request device_request(uint16_t kind)
{
    struct issuer_issue_request r = {.kind = kind, .not_before_s = now - 300, .not_after_s = now + 86400,
                                     .measurements = span_of("\x81\x41\x07", 3)};
    if (kind == ISSUER_KIND_CATALOG)
        memcpy(r.catalog, catalog, 16);
    for (size_t i = 0; i < sizeof r.device_id; i++)
        r.device_id[i] = (uint8_t)(i * 5 + 1);
    memcpy(r.key, point, sizeof r.key);
    return r;
}

static int issue(struct issuer *issuer, const struct issuer_issue_request *r, struct issuer_certificates *out)
{
    uint8_t bytes[8192];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_issue_request_write(r, &w) == 0);
    int err = call(issuer, issuer_issue_device, &w);
    if (!err)
        REQUIRE(issuer_certificates_parse(writer_view(&reply), out) == 0);
    return err;
}

static struct issuer_authorities cas; /* of the last reply */

static int on_catalog(struct issuer *issuer, issuer_operation *operation, const uint8_t id[16])
{
    uint8_t bytes[64];
    struct issuer_catalog_request r;
    struct writer w = writer_of(bytes, sizeof bytes);
    memcpy(r.catalog, id, 16);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0);
    int err = call(issuer, operation, &w);
    if (!err)
        REQUIRE(record_parse(&issuer_authorities_type, writer_view(&reply), &cas) == 0);
    return err;
}

static X509 *x509_of(struct span der)
{
    const uint8_t *from = der.at;
    X509 *x = d2i_X509(NULL, &from, (long)der.len);
    REQUIRE(x != NULL && from == der.at + der.len);
    return x;
}

static X509 *x509_file(const char *path)
{
    FILE *f = fopen(path, "r");
    REQUIRE(f != NULL);
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    REQUIRE(x != NULL);
    return x;
}

static void pem_write(const char *path, X509 *x)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
}

/* -- the data folder ----------------------------------------------------- */

static void mode_check(const char *name, mode_t want)
{
    struct stat st;
    if (lstat(at(name), &st) != 0)
        perror(name);
    CHECK_INT(lstat(at(name), &st), 0);
    CHECK_INT(st.st_mode & 07777, want);
}

static void test_init(void)
{
    static const char *const secret[] = {
        "issuer/root.key", "issuer/operator.key", "issuer/os.key", "issuer/update-only.key",
        "issuer/server.key", "issuer/update.key", "issuer/capability.key", "front/key.pem",
        "operator/key.pem", "service.json", "operator/profile.json"};
    static const char *const open[] = {"root.pem", "update-key.pub", "capability-key.pub",
                                       "front/cert.pem", "front/anchors/root.pem",
                                       "front/anchors/operator.pem", "front/anchors/os.pem",
                                       "front/anchors/update-only.pem", "operator/cert.pem",
                                       "operator/ca.pem"};
    struct service_init init = {.data = data, .organisation = "Probe & Sons", .operator_name = "ada",
                                .dns_count = 1, .dns = {"sphere.example"}};
    REQUIRE(service_init(&init) == 0);
    mode_check("", 0700);
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        mode_check(secret[i], 0600);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        mode_check(open[i], 0644);
    /* public keys are of the keys that sign */
    size_t len;
    char *hex = (char *)check_read_file(at("update-key.pub"), &len);
    uint8_t key[64];
    struct authority update;
    CHECK_INT(len, 129);
    CHECK_INT(hex_decode(span_of(hex, 128), key, 64), 0);
    REQUIRE(authority_load(&update, NULL, at("issuer/update.key"), NULL) == 0);
    CHECK_MEM(update.point + 1, key, 64);
    authority_release(&update);
    free(hex);

    /* An existing folder is refused and not touched; nothing else is left. */
    fprintf(stderr, "expected messages follow\n");
    CHECK_INT(service_init(&init), E_EXISTS);
    static const struct service_init bad[] = {
        {.organisation = ""}, {.organisation = "a\nb"},
        {.organisation = "0123456789012345678901234567890123456789012345678901234567890123x"},
        {.operator_name = "caf\xc3\xa9"}, {.operator_name = ""},
        {.dns_count = 1, .dns = {"bad name"}}, {.dns_count = 1, .dns = {"a/b"}}};
    char fresh[100];
    snprintf(fresh, sizeof fresh, "%s/fresh", top);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct service_init one = bad[i];
        one.data = fresh;
        CHECK_INT(service_init(&one), E_RANGE);
        CHECK(access(fresh, F_OK) != 0);
    }
    struct service_init nowhere = {.data = "/nonexistent/folder/data"};
    CHECK_INT(service_init(&nowhere), E_IO);

    /* A further operator. */
    char out[100], command[400];
    snprintf(out, sizeof out, "%s/grace", top);
    CHECK_INT(service_operator(data, NULL, "grace", out), 0);
    CHECK_INT(service_operator(data, NULL, "grace", out), E_EXISTS);
    snprintf(command, sizeof command, "cmp %s/profile.json %s/operator/profile.json", out, data);
    CHECK_INT(run(command), 0); /* same endpoint and subscription */
    snprintf(command, sizeof command, "openssl verify -purpose sslclient -CAfile %s/ca.pem -untrusted %s/cert.pem %s/cert.pem", out, out, out);
    CHECK_INT(run(command), 0);
    snprintf(command, sizeof command, "ls -d %s/*part* %s/.??*", top, top);
    CHECK(run(command) != 0); /* no remains */
}

static void test_server_and_operator(void)
{
    char command[600];
    snprintf(command, sizeof command, "openssl verify -purpose sslserver -verify_hostname sphere.example "
             "-CAfile %s/root.pem -untrusted %s/front/cert.pem %s/front/cert.pem", data, data, data);
    CHECK_INT(run(command), 0);
    snprintf(command, sizeof command, "openssl verify -purpose sslserver -verify_ip ::1 -CAfile %s/root.pem "
             "-untrusted %s/front/cert.pem %s/front/cert.pem", data, data, data);
    CHECK_INT(run(command), 0);
    snprintf(command, sizeof command, "openssl verify -purpose sslclient -CAfile %s/root.pem "
             "-untrusted %s/front/cert.pem %s/front/cert.pem", data, data, data);
    CHECK(run(command) != 0);
    X509 *server = x509_file(at("front/cert.pem")), *operator_ = x509_file(at("operator/cert.pem"));
    CHECK_INT(X509_check_host(server, "localhost", 0, 0, NULL), 1);
    CHECK_INT(X509_check_ip_asc(server, "127.0.0.1", 0), 1);
    CHECK_INT(X509_check_host(server, "other.example", 0, 0, NULL), 0);
    CHECK_INT(X509_check_purpose(operator_, X509_PURPOSE_SSL_CLIENT, 0), 1);
    CHECK_INT(X509_check_purpose(operator_, X509_PURPOSE_SSL_SERVER, 0), 0);
    CHECK_INT(X509_check_ca(operator_), 0);
    X509_free(server);
    X509_free(operator_);
}

/* -- profiles ------------------------------------------------------------ */

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
        const char *list; /* NULL: serial of the CA */
    } rows[] = {{ISSUER_KIND_OS, "os"}, {ISSUER_KIND_UPDATE_ONLY, "update-only"}, {ISSUER_KIND_CATALOG, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct issuer_issue_request r = device_request(rows[i].kind);
        struct issuer_certificates got;
        char want[128], serial[33];
        issuer_lists_at(issuer, "http://crl.contoso.example");
        REQUIRE(issue(issuer, &r, &got) == 0);
        X509 *leaf = x509_of(got.der[0]), *ca = x509_of(got.der[1]), *anchor = NULL;
        hex_encode(ASN1_STRING_get0_data(X509_get0_serialNumber(ca)), 16, serial);
        snprintf(want, sizeof want, "http://crl.contoso.example/crl/%s.crl", rows[i].list ? rows[i].list : serial);
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

/* -- images -------------------------------------------------------------- */

static void image_check(const char *key_file, uint16_t type, const char *name)
{
    struct image image;
    uint8_t key[64], thumbprint[20];
    size_t len;
    char *hex = (char *)check_read_file(at(key_file), &len);
    REQUIRE(hex_decode(span_of(hex, 128), key, 64) == 0);
    free(hex);
    REQUIRE(image_parse(writer_view(&reply), &image) == 0);
    CHECK_INT(image_verify(&image, key), 0);
    REQUIRE(image_thumbprint(key, thumbprint) == 0);
    CHECK_MEM(image.meta.thumbprint, thumbprint, 20);
    CHECK_INT(image.meta.type, type);
    CHECK_STR(image.meta.name, name);
    CHECK_INT(image.meta.built_s, now);
    CHECK(!guid_is_zero(image.meta.id) && !guid_is_zero(image.meta.component));
}

static uint32_t for_keystore = UINT32_MAX; /* of the device that asks */

static int manifest_sign(struct issuer *issuer, uint16_t type, struct span body)
{
    static uint8_t bytes[40000];
    struct issuer_manifest_request r = {for_keystore, type, body};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_manifest_request_write(&r, &w) == 0);
    return call(issuer, issuer_sign_manifest, &w);
}

static int capability_sign(struct issuer *issuer, uint16_t count, uint16_t a, uint16_t b)
{
    uint8_t bytes[256];
    struct issuer_capability_request r = {.device_id = {7}, .count = count, .capability = {a, b}};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_capability_request_write(&r, &w) == 0);
    return call(issuer, issuer_sign_capability, &w);
}

static void test_images(struct issuer *issuer)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    static struct manifest manifest = {.built_s = 5, .count = 1,
                                       .at = {{.image = {1}, .component = {2}, .type = 10, .partition = 4,
                                               .file_bytes = 100, .uncompressed_bytes = 100}}};
    static struct manifest_set set = {.device_id = {1}, .sequence = 1, .issued_s = 1, .not_after_s = 2};
    struct writer w = writer_of(body, sizeof body);
    REQUIRE(manifest_write(&manifest, &w) == 0);
    struct span view = writer_view(&w);
    for (uint16_t type = 23; type <= 25; type++) {
        CHECK_INT(manifest_sign(issuer, type, view), 0);
        image_check("update-key.pub", type, "manifest");
    }
    /* Neither other types, nor bodies that are not manifests: no code is signed here. */
    static const uint16_t denied[] = {0, 1, 2, 4, 7, 8, 9, 10, 13, 19, 22, 26, 28, 65535};
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
        CHECK_INT(manifest_sign(issuer, denied[i], view), E_DENIED);
    CHECK(manifest_sign(issuer, 23, span_of(body, w.len - 1)) != 0);
    CHECK(manifest_sign(issuer, 23, span_of("", 0)) != 0);
    CHECK(manifest_sign(issuer, 27, view) != 0);
    w = writer_of(body, sizeof body);
    REQUIRE(manifest_set_write(&set, &w) == 0);
    CHECK_INT(manifest_sign(issuer, 27, writer_view(&w)), 0);
    image_check("update-key.pub", 27, "manifest set");
    CHECK(manifest_sign(issuer, 25, writer_view(&w)) != 0);

    CHECK_INT(capability_sign(issuer, 2, 13, 11), 0);
    image_check("capability-key.pub", 13, "fw_config");
    CHECK_INT(reply.len, CAPABILITY_FILE_BYTES);
    struct image image;
    struct capability_body parsed;
    REQUIRE(image_parse(writer_view(&reply), &image) == 0 && capability_parse(image.body, &parsed) == 0);
    CHECK(parsed.count == 2 && parsed.capability[0] == 11 && parsed.capability[1] == 13 &&
          parsed.device_id[0] == 7);
    CHECK_INT(capability_sign(issuer, 0, 0, 0), 0);
    CHECK_INT(capability_sign(issuer, 2, 11, 11), E_DUPLICATE);
    for (uint16_t i = 0; i <= 20; i++)
        if (i != 11 && i != 13)
            CHECK_INT(capability_sign(issuer, 1, i, 0), E_DENIED);
}

/* Damaged files are named, not worked around. */
static void test_damage(void)
{
    struct issuer *issuer;
    char command[400];
    fprintf(stderr, "expected messages follow\n");
    snprintf(command, sizeof command, "cp %s %s && cp %s %s", at("issuer/os.key"), at("issuer/keep"),
             at("issuer/update-only.key"), at("issuer/os.key"));
    REQUIRE(run(command) == 0);
    CHECK_INT(issuer_open(data, NULL, &issuer), E_CORRUPT); /* key of another CA */
    CHECK(issuer == NULL);
    REQUIRE(truncate(at("issuer/os.key"), 40) == 0);
    CHECK_INT(issuer_open(data, NULL, &issuer), E_CORRUPT);
    REQUIRE(unlink(at("issuer/os.key")) == 0);
    CHECK_INT(issuer_open(data, NULL, &issuer), E_NOT_FOUND);
    REQUIRE(rename(at("issuer/keep"), at("issuer/os.key")) == 0);
    REQUIRE(truncate(at("issuer/wrap.key"), 20) == 0);
    CHECK_INT(issuer_open(data, NULL, &issuer), E_MALFORMED);
    REQUIRE(unlink(at("issuer/wrap.key")) == 0); /* a new one is made: it opens no CA of before */
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    CHECK_INT(on_catalog(issuer, issuer_catalog_list, catalog), E_KEY_UNKNOWN);
    issuer_close(issuer);
}

/* A year ahead of its end a CA is spoken of, once. */
static void test_ends(void)
{
    struct issuer *one;
    FILE *to = tmpfile();
    REQUIRE(to != NULL && issuer_open(data, NULL, &one) == 0);
    const uint64_t ca = one->os.not_after_s, root = one->root.not_after_s;
    CHECK_INT(issuer_ends_say(one, ca - ISSUER_WARN_S - 60, to), 0);
    CHECK_INT(ftell(to), 0);
    CHECK_INT(issuer_ends_say(one, ca - 100 * 86400, to), 4); /* operator, OS, update-only, server: made at one time */
    CHECK_INT(issuer_ends_say(one, root + 1, to), 5);
    static const char *const said[] = {"operator", "os", "update-only", "server", "root"};
    rewind(to);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char text[256] = "", want[64];
        snprintf(want, sizeof want, "issuer/%s.pem ends in ", said[i]);
        CHECK(fgets(text, sizeof text, to) && strstr(text, want) && strstr(text, "renew-ca"));
    }
    fclose(to);
    issuer_close(one);
    /* Of the server CA the certificate is read alone.  Without it there is nothing to say; damaged, it is named. */
    char command[400];
    snprintf(command, sizeof command, "cd %s/issuer && mv server.key server.away && mv server.pem server.kept", data);
    REQUIRE(run(command) == 0);
    to = tmpfile();
    REQUIRE(to != NULL && issuer_open(data, NULL, &one) == 0);
    CHECK_INT(issuer_ends_say(one, ca - 100 * 86400, to), 3);
    issuer_close(one);
    fprintf(stderr, "an expected message follows\n");
    snprintf(command, sizeof command, "cp %s %s", at("issuer/update-only.key"), at("issuer/server.pem"));
    REQUIRE(run(command) == 0);
    CHECK_INT(issuer_open(data, NULL, &one), E_CORRUPT);
    snprintf(command, sizeof command, "cd %s/issuer && mv server.kept server.pem", data);
    REQUIRE(run(command) == 0 && issuer_open(data, NULL, &one) == 0);
    CHECK_INT(issuer_ends_say(one, ca - 100 * 86400, to), 4);
    issuer_close(one);
    fclose(to);
    snprintf(command, sizeof command, "cd %s/issuer && mv server.away server.key", data);
    REQUIRE(run(command) == 0);
}

/* -- the process --------------------------------------------------------- */

/* Each sibling reaches exactly its own operations. */
static void test_process(void)
{
    static const struct {
        enum process_id who;
        uint16_t mine[8];
    } rows[] = {{PROCESS_DAA, {ISSUER_OP_ISSUE_DEVICE}},
                {PROCESS_OTA, {ISSUER_OP_SIGN_MANIFEST}},
                {PROCESS_API, {ISSUER_OP_CATALOG_CREATE, ISSUER_OP_CATALOG_LIST,
                               ISSUER_OP_CATALOG_RENEW, ISSUER_OP_CRL, ISSUER_OP_PROVE_POSSESSION, ISSUER_OP_SIGN_CAPABILITY,
                               ISSUER_OP_AUDIT_SEAL, ISSUER_OP_AUDIT_SEALS}}};
    int far[PROCESS_COUNT], stopping = 0, status;
    static const struct service_config config; /* without a token */
    struct process self = {.id = PROCESS_ISSUER, .data = data, .config = &config, .stopping = &stopping, .listen_fd = -1,
                           .allow_unconfined = geteuid() == 0 ? SANDBOX_PART_UID : 0};
    for (int i = 0; i < PROCESS_COUNT; i++) {
        int pair[2] = {-1, -1};
        if (i == PROCESS_DAA || i == PROCESS_OTA || i == PROCESS_API)
            REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        self.peer_fd[i] = pair[0];
        far[i] = pair[1];
    }
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        for (int i = 0; i < PROCESS_COUNT; i++)
            if (far[i] >= 0)
                close(far[i]);
        signal(SIGPIPE, SIG_IGN);
        self.base = event_base_new();
        int code = issuer_run(&self);
        event_base_free(self.base);
        _exit(code);
    }
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (self.peer_fd[i] >= 0)
            close(self.peer_fd[i]);
    for (size_t i = 0; i < 3; i++) {
        for (uint16_t op = 0; op <= 10; op++) {
            uint8_t *answer;
            size_t len;
            bool mine = false;
            for (size_t k = 0; k < 8; k++)
                mine |= op && rows[i].mine[k] == op;
            int err = channel_call_blocking(far[rows[i].who], op, span_of("\x80", 1), &answer, &len);
            CHECK_INT(err, mine ? E_MALFORMED : E_DENIED);
            free(answer);
        }
    }
    /* A catalog's CA is the store's to keep: without it there is none. */
    uint8_t bytes[64], *answer;
    size_t len;
    struct issuer_catalog_request r = {.catalog = {0x77}};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0);
    CHECK_INT(channel_call_blocking(far[PROCESS_API], ISSUER_OP_CATALOG_CREATE, writer_view(&w), &answer, &len), E_NETWORK);
    free(answer);
    /* A sibling that is gone ends it. */
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (far[i] >= 0)
            close(far[i]);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* After a rotation each device gets sets by a key that its keystore has. */
static void test_update_keys(void)
{
    static uint8_t body[MANIFEST_SET_BYTES_MAX];
    static const struct manifest manifest = {.count = 0};
    static const struct {
        uint32_t version;
        const char *key;
    } rows[] = {{0, "first.pub"}, {1, "first.pub"}, {2, "second.pub"}, {3, "second.pub"}, {4, "second.pub"},
                {5, "update-key.pub"}, {UINT32_MAX, "update-key.pub"}};
    struct writer w = writer_of(body, sizeof body);
    struct issuer *issuer;
    char command[256];
    REQUIRE(manifest_write(&manifest, &w) == 0);
    snprintf(command, sizeof command, "cp %s/update-key.pub %s/first.pub", data, data);
    REQUIRE(run(command) == 0);
    CHECK_INT(service_update_key_rotate(data, NULL, 1), E_RANGE);
    /* Cut off behind the copy: the same version goes on; no file has two names, or the service would not start. */
    snprintf(command, sizeof command, "cp -p %s/issuer/update.key %s/issuer/update-before-2.key", data, data);
    REQUIRE(run(command) == 0);
    CHECK_INT(service_update_key_rotate(data, NULL, 2), 0);
    snprintf(command, sizeof command, "test -z \"$(find %s/issuer -name 'update*.key' ! -links 1)\"", data);
    CHECK_INT(run(command), 0);
    snprintf(command, sizeof command, "cp %s/update-key.pub %s/second.pub", data, data);
    REQUIRE(run(command) == 0);
    CHECK_INT(service_update_key_rotate(data, NULL, 2), E_RANGE); /* versions rise */
    CHECK_INT(service_update_key_rotate(data, NULL, 5), 0);
    CHECK_INT(service_update_key_rotate("/nowhere", NULL, 9), E_NOT_FOUND);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for_keystore = rows[i].version;
        CHECK_INT(manifest_sign(issuer, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, writer_view(&w)), 0);
        image_check(rows[i].key, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, "manifest");
    }
    for_keystore = UINT32_MAX;
    issuer_close(issuer);
}

int main(void)
{
    struct issuer *issuer;
    struct authority device;
    char command[100];
    strcpy(top, "/tmp/peri-issuer-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    now = (uint64_t)time(NULL);
    REQUIRE(authority_generate(&device, false) == 0);
    memcpy(point, device.point + 1, 64);
    authority_release(&device);

    test_init();
    test_server_and_operator();
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    now = (uint64_t)time(NULL); /* not before its CAs */
    test_hierarchy(issuer);
    test_device(issuer);
    test_crl_address(issuer);
    test_device_refused(issuer);
    test_possession(issuer);
    test_images(issuer);
    issuer_close(issuer);
    test_ends();
    test_update_keys();
    test_damage();
    test_process();

    snprintf(command, sizeof command, "rm -rf %s", top);
    REQUIRE(run(command) == 0);
    return check_done();
}
