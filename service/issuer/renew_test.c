/* SPDX-License-Identifier: BSD-2-Clause */
/* A server's new certificate: what stays, what is new, and that a refusal changes nothing; how many former CAs there are. */
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "tests/check.h"

static char top[64], data[96], path[160];

static X509 *read_certificate(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", data, name);
    FILE *file = fopen(path, "re");
    REQUIRE(file != NULL);
    X509 *x = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    REQUIRE(x != NULL);
    return x;
}

static bool has_name(X509 *x, const char *name)
{
    return X509_check_host(x, name, 0, 0, NULL) == 1;
}

static int entry_remove(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(name);
}

static void set_up(void)
{
    strcpy(top, "/tmp/peri-renew-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    const struct service_init init = {.data = data, .dns_count = 1, .dns = {"security.contoso.example"}};
    REQUIRE(service_init(&init) == 0);
}

static void tear_down(void)
{
    CHECK_INT(nftw(top, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_names_and_key_stay(void)
{
    set_up();
    X509 *old = read_certificate("front/cert.pem"), *ca = read_certificate("issuer/server.pem");
    CHECK_INT(service_renew(data, NULL, NULL, 0), 0);
    X509 *new = read_certificate("front/cert.pem");
    CHECK_INT(X509_verify(new, X509_get0_pubkey(ca)), 1);
    CHECK_INT(EVP_PKEY_eq(X509_get0_pubkey(new), X509_get0_pubkey(old)), 1);
    CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(new), X509_get0_serialNumber(old)) != 0);
    CHECK_INT(X509_NAME_cmp(X509_get_subject_name(new), X509_get_subject_name(old)), 0);
    CHECK(has_name(new, "security.contoso.example"));
    CHECK(has_name(new, "localhost"));
    CHECK_INT(X509_check_ip_asc(new, "127.0.0.1", 0), 1);
    int days = 0, seconds = 0;
    CHECK_INT(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(new), X509_get0_notAfter(new)), 1);
    CHECK(days > 700);
    X509_free(old);
    X509_free(new);
    X509_free(ca);
    tear_down();
}

static void test_other_names(void)
{
    set_up();
    const char *const names[] = {"fleet.example", "fleet-2.example"};
    CHECK_INT(service_renew(data, NULL, names, 2), 0);
    X509 *new = read_certificate("front/cert.pem");
    CHECK(has_name(new, "fleet.example"));
    CHECK(has_name(new, "fleet-2.example"));
    CHECK(has_name(new, "localhost"));
    CHECK(!has_name(new, "security.contoso.example"));
    X509_free(new);
    tear_down();
}

/* Each refusal, and the certificate that is there afterwards: the same one. */
static void test_refused(void)
{
    set_up();
    X509 *old = read_certificate("front/cert.pem");
    char other[160], there[160];
    const char *const bad[] = {"not a name"};
    CHECK_INT(service_renew(data, NULL, bad, 1), E_RANGE);
    CHECK_INT(service_renew("/nonexistent", NULL, NULL, 0), E_NOT_FOUND);
    snprintf(there, sizeof there, "%s/front/key.pem", data);
    snprintf(other, sizeof other, "%s/front/key.away", data);
    REQUIRE(rename(there, other) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), E_NOT_FOUND);
    snprintf(path, sizeof path, "%s/issuer/update.key", data); /* a key, but another one */
    REQUIRE(link(path, there) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), E_CORRUPT);
    X509 *after = read_certificate("front/cert.pem");
    CHECK_INT(X509_cmp(old, after), 0);
    X509_free(old);
    X509_free(after);
    tear_down();
}

/* A certificate of the right key, with a name that somebody chose, signed by that key itself. */
static void test_names_of_nobody(void)
{
    set_up();
    snprintf(path, sizeof path, "%s/front/key.pem", data);
    FILE *file = fopen(path, "re");
    REQUIRE(file != NULL);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    X509 *x = read_certificate("front/cert.pem");
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:bank.example");
    int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1);
    REQUIRE(key != NULL && names != NULL && at >= 0);
    X509_EXTENSION_free(X509_delete_ext(x, at));
    REQUIRE(X509_add_ext(x, names, -1) == 1 && X509_sign(x, key, EVP_sha256()) > 0);
    snprintf(path, sizeof path, "%s/front/cert.pem", data);
    file = fopen(path, "we");
    REQUIRE(file != NULL && PEM_write_X509(file, x) == 1 && fclose(file) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), E_CORRUPT);
    X509 *after = read_certificate("front/cert.pem");
    CHECK_INT(X509_cmp(x, after), 0);
    X509_free(after);
    X509_free(x);
    X509_EXTENSION_free(names);
    EVP_PKEY_free(key);
    tear_down();
}

/* A CA above the server's that cannot be read is not one that is not there: its chain would end in nothing. */
static void test_issuing(void)
{
    set_up();
    X509 *old = read_certificate("front/cert.pem"), *issuing = read_certificate("issuer/root.pem");
    char there[160];
    snprintf(there, sizeof there, "%s/issuer/issuing.pem", data);
    fprintf(stderr, "expected messages follow\n");
    REQUIRE(mkdir(there, 0700) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), E_IO);
    REQUIRE(rmdir(there) == 0);
    FILE *file = fopen(there, "we");
    REQUIRE(file != NULL && fputs("-----BEGIN CERTIFICATE-----\nMIIB", file) > 0 && fclose(file) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), E_CORRUPT);
    X509 *after = read_certificate("front/cert.pem");
    CHECK_INT(X509_cmp(old, after), 0);
    X509_free(after);
    file = fopen(there, "we");
    REQUIRE(file != NULL && PEM_write_X509(file, issuing) == 1 && fclose(file) == 0);
    CHECK_INT(service_renew(data, NULL, NULL, 0), 0);
    snprintf(path, sizeof path, "%s/front/cert.pem", data);
    file = fopen(path, "re");
    REQUIRE(file != NULL);
    for (int i = 0; i < 3; i++) {
        X509 *x = PEM_read_X509(file, NULL, NULL, NULL);
        CHECK(x != NULL && (i < 2 || X509_cmp(x, issuing) == 0));
        X509_free(x);
    }
    fclose(file);
    X509_free(old);
    X509_free(issuing);
    tear_down();
}

static unsigned formers(void)
{
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/front/anchors", data);
    DIR *dir = opendir(path);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += strncmp(e->d_name, "operator-until-", 15) == 0;
    closedir(dir);
    return count;
}

/* Some of them within one second: none takes the name of another.  One more than front takes would be left out there. */
static void test_formers(void)
{
    unsigned gone;
    set_up();
    for (unsigned i = 0; i < SERVICE_FORMER_CAS; i++) {
        CHECK_INT(service_replace_ca(data, NULL, "operator"), 0);
        CHECK_INT(formers(), i + 1);
    }
    X509 *before = read_certificate("issuer/operator.pem");
    CHECK_INT(service_replace_ca(data, NULL, "operator"), E_LIMIT);
    CHECK_INT(service_replace_ca(data, NULL, "os"), E_LIMIT);
    CHECK_INT(service_replace_ca(data, NULL, "server"), 0); /* front does not know it */
    X509 *after = read_certificate("issuer/operator.pem");
    CHECK_INT(X509_cmp(before, after), 0);
    CHECK_INT(formers(), SERVICE_FORMER_CAS);
    CHECK_INT(service_forget_ca(data, "operator", &gone), 0);
    CHECK_INT(gone, SERVICE_FORMER_CAS);
    CHECK_INT(formers(), 0);
    CHECK_INT(service_replace_ca(data, NULL, "operator"), 0);
    X509_free(before);
    X509_free(after);
    tear_down();
}

int main(void)
{
    test_names_and_key_stay();
    test_other_names();
    test_refused();
    test_names_of_nobody();
    test_issuing();
    test_formers();
    return check_done();
}
