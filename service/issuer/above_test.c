/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another key for the issuing CA, seen from inside the issuer: what it signs and shows with what was signed before and after, and what
 * it does not take for its own.  The ceremony by its commands: service/perisphered/new_issuing_key_test.sh.
 */
#include "service/issuer/issuer_fixture_test.h"
#include "service/issuer/root_ceremony.h"

static char root[96];

static void path_make(char path[static PATH_MAX], const char *name) { snprintf(path, PATH_MAX, "%s/%s", top, name); }

static void file_copy(const char *from, const char *to)
{
    size_t len;
    uint8_t *bytes = check_read_file(from, &len);
    FILE *f = fopen(to, "we");
    REQUIRE(f != NULL && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
    free(bytes);
}

/* A service whose root is off line, in the folder "root". */
static void service_make(void)
{
    const struct service_init_token none = {.token = NULL};
    char issuing[PATH_MAX], request[PATH_MAX], certificate[PATH_MAX], from[PATH_MAX], key_id[SERVICE_KEY_ID_TEXT];
    snprintf(root, sizeof root, "%s/root", top);
    path_make(issuing, "issuing");
    path_make(request, "issuing/issuing.csr");
    path_make(certificate, "issuing/issuing.pem");
    REQUIRE(service_root_create(root, "Contoso") == 0 && service_root_request(issuing, "Contoso", &none, key_id) == 0 &&
            service_root_sign(root, request, certificate, key_id) == 0);
    path_make(from, "root/root.pem");
    path_make(certificate, "issuing/root.pem");
    file_copy(from, certificate);
    const struct service_init init = {.data = data, .issuing = issuing};
    REQUIRE(service_init(&init) == 0);
}

static void key_follow(const char *folder)
{
    char to[PATH_MAX], request[PATH_MAX], certificate[PATH_MAX], key_id[SERVICE_KEY_ID_TEXT];
    enum service_renewed what;
    path_make(to, folder);
    REQUIRE(service_root_request_next(data, NULL, to, key_id) == 0);
    snprintf(request, sizeof request, "%s/%s/issuing.csr", top, folder);
    snprintf(certificate, sizeof certificate, "%s/%s/issuing.pem", top, folder);
    REQUIRE(service_root_sign(root, request, certificate, key_id) == 0);
    REQUIRE(service_renew_issuing(data, NULL, certificate, &what) == 0);
    CHECK_INT(what, SERVICE_FOLLOWED_ISSUING);
}

static struct issuer *open_again(struct issuer *issuer)
{
    issuer_close(issuer);
    memory_store.revoked.count = 0;
    return fixture_open();
}

/* Leaf, CA, issuing CA: each by the one behind it, the last by the root; is the last one this? */
static bool shown_by(const struct issuer_certificates *got, X509 *issuing)
{
    char path[PATH_MAX];
    path_make(path, "root/root.pem");
    X509 *anchor = x509_file(path), *chain[3];
    REQUIRE(got->count == 3);
    for (size_t i = 0; i < 3; i++)
        chain[i] = x509_of(got->der[i]);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(X509_verify(chain[i], X509_get0_pubkey(i < 2 ? chain[i + 1] : anchor)), 1);
    bool is = X509_cmp(chain[2], issuing) == 0;
    for (size_t i = 0; i < 3; i++)
        X509_free(chain[i]);
    X509_free(anchor);
    return is;
}

static int issue_now(struct issuer *issuer, uint16_t kind, struct issuer_certificates *got)
{
    const struct issuer_issue_request r = device_request(kind);
    return issue(issuer, &r, got);
}

static void test_shown_with_who_signed(void)
{
    struct issuer_certificates got;
    service_make();
    struct issuer *issuer = fixture_open();
    REQUIRE(on_catalog(issuer, issuer_catalog_create, catalog) == 0);
    X509 *first = x509_file(at("issuer/issuing.pem"));
    REQUIRE(issue_now(issuer, ISSUER_KIND_CATALOG, &got) == 0);
    CHECK(shown_by(&got, first));
    uint8_t seal_key[65];
    memcpy(seal_key, issuer->seals.key.point, sizeof seal_key);

    key_follow("second");
    X509 *second = x509_file(at("issuer/issuing.pem"));
    CHECK(X509_cmp(first, second) != 0 && EVP_PKEY_eq(X509_get0_pubkey(first), X509_get0_pubkey(second)) != 1);
    issuer = open_again(issuer);
    REQUIRE(issue_now(issuer, ISSUER_KIND_CATALOG, &got) == 0); /* the CA that the former one signed signs */
    CHECK(shown_by(&got, first));
    REQUIRE(issue_now(issuer, ISSUER_KIND_OS, &got) == 0);
    CHECK(shown_by(&got, second));
    /* What signs the audit log's head has the same key, and a certificate of the CA that is there now. */
    CHECK_MEM(issuer->seals.key.point, seal_key, sizeof seal_key);
    X509 *seal = x509_of(span_of(issuer->seals.key.certificate, issuer->seals.key.certificate_bytes));
    CHECK_INT(X509_verify(seal, X509_get0_pubkey(second)), 1);
    X509_free(seal);

    /* Two CAs of the catalog, one by each; then a third issuing CA. */
    REQUIRE(on_catalog(issuer, issuer_catalog_renew, catalog) == 0 && cas.count == 2);
    X509 *next = x509_of(cas.at[0].issuing), *before = x509_of(cas.at[1].issuing);
    CHECK(X509_cmp(next, second) == 0 && X509_cmp(before, first) == 0);
    X509_free(next);
    X509_free(before);
    memory_ca(catalog, 2)->active_s = now;
    now += CATALOG_FRESH_S;
    REQUIRE(issue_now(issuer, ISSUER_KIND_CATALOG, &got) == 0);
    CHECK(shown_by(&got, second));
    key_follow("third");
    issuer = open_again(issuer);
    REQUIRE(on_catalog(issuer, issuer_catalog_list, catalog) == 0 && cas.count == 2);
    next = x509_of(cas.at[0].issuing);
    before = x509_of(cas.at[1].issuing);
    CHECK(X509_cmp(next, second) == 0 && X509_cmp(before, first) == 0);
    X509_free(next);
    X509_free(before);
    CHECK_INT(issuer->above.count, 2);
    CHECK_INT(issuer->former_cas.count, 2);

    X509_free(first);
    X509_free(second);
    issuer_close(issuer);
}

/* What lies in the folder and was not signed by this root is no former one; without the one that signed it, a catalog's CA is foreign. */
static void test_not_taken(void)
{
    char command[400];
    struct issuer_certificates got;
    fprintf(stderr, "expected messages follow\n");
    snprintf(command, sizeof command, "cd %s/data/issuer && mkdir ../kept && mv issuing-until-*.pem ../kept && for f in ../kept/*; do cp os.pem $(basename $f); done", top);
    REQUIRE(run(command) == 0);
    struct issuer *issuer = fixture_open();
    CHECK_INT(issuer->above.count, 0);
    CHECK_INT(issue_now(issuer, ISSUER_KIND_CATALOG, &got), E_CORRUPT);
    REQUIRE(on_catalog(issuer, issuer_catalog_create, other_catalog) == 0);
    issuer_close(issuer);
    snprintf(command, sizeof command, "mv %s/data/kept/* %s/data/issuer/", top, top);
    REQUIRE(run(command) == 0);
    issuer = fixture_open();
    CHECK_INT(issuer->above.count, 2);
    CHECK_INT(issue_now(issuer, ISSUER_KIND_CATALOG, &got), 0);
    issuer_close(issuer);
}

int main(void)
{
    fixture_begin();
    test_shown_with_who_signed();
    test_not_taken();
    fixture_end();
    return check_done();
}
