/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service takes from the folder of its issuing CA and refuses there, and the names that keys and certificates
 * get.  The ceremony by its commands: service/perisphered/offline_root_test.sh.
 */
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/issue.h"
#include "service/issuer/root_ceremony.h"
#include "service/issuer/state.h"
#include "tests/check.h"

static char top[64], issuing[96], data[96];

static int entry_remove(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(name);
}

/* What is said on stderr meanwhile. */
static int stderr_kept = -1;
static void listen_begin(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/said", top);
    fflush(stderr);
    stderr_kept = dup(STDERR_FILENO);
    REQUIRE(stderr_kept >= 0 && freopen(path, "we", stderr) != NULL);
}

/* In how many lines words were said; all of it goes to where it would have gone. */
static unsigned listen_end(const char *words)
{
    char path[128], line[512];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/said", top);
    fflush(stderr);
    REQUIRE(dup2(stderr_kept, STDERR_FILENO) >= 0);
    close(stderr_kept);
    FILE *said = fopen(path, "re");
    REQUIRE(said != NULL);
    while (fgets(line, sizeof line, said)) {
        fprintf(stderr, "expected: %s", line);
        count += strstr(line, words) != NULL;
    }
    fclose(said);
    return count;
}

/* A root, and below it an issuing CA with this organisation: the folder that init is given. */
static void issuing_make(const char *organisation)
{
    struct authority root = {0}, ca = {0};
    REQUIRE(mkdir(issuing, 0700) == 0);
    REQUIRE(authority_generate(&root, true) == 0 && authority_generate(&ca, true) == 0);
    REQUIRE(authority_certify(issuing, &root, NULL, PROFILE_ROOT_ABOVE, ROOT_NAME, "Contoso") == 0);
    REQUIRE(authority_certify(issuing, &ca, &root, PROFILE_ISSUING, ISSUING_NAME, organisation) == 0);
    REQUIRE(authority_file_write(issuing, "root.pem", &root, false) == 0);
    REQUIRE(authority_file_write(issuing, "issuing.pem", &ca, false) == 0);
    REQUIRE(authority_file_write(issuing, "issuing.key", &ca, true) == 0);
    authority_release(&root);
    authority_release(&ca);
}

static void issuing_remove(void) { REQUIRE(nftw(issuing, entry_remove, 16, FTW_DEPTH | FTW_PHYS) == 0); }

/* Names all certificates below: one that is no text is refused, and not passed over in silence. */
static void test_organisation_of_issuing(void)
{
    static const char *const bad[] = {"", "a\nb", "\x7f"};
    const struct service_init init = {.data = data, .issuing = issuing};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        issuing_make(bad[i]);
        listen_begin();
        CHECK_INT(service_init(&init), E_CORRUPT);
        CHECK_INT(listen_end("names no organisation of 1 to 64 bytes"), 1);
        CHECK(access(data, F_OK) != 0);
        issuing_remove();
    }
    issuing_make("Caf\xc3\xa9 & Sons");
    CHECK_INT(service_init(&init), 0);
    issuing_remove();
    struct issuer *issuer;
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    CHECK_STR(issuer->organisation, "Caf\xc3\xa9 & Sons");
    struct authority operators;
    char key[PATH_MAX], certificate[PATH_MAX], common[AUTHORITY_NAME_TEXT_MAX + 1], organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    snprintf(key, sizeof key, "%s/issuer/operator.key", data);
    snprintf(certificate, sizeof certificate, "%s/issuer/operator.pem", data);
    REQUIRE(authority_load(&operators, NULL, key, certificate) == 0);
    CHECK_INT(authority_names(&operators, common, organisation), 0);
    CHECK_STR(common, "Perisphere operators");
    CHECK_STR(organisation, "Caf\xc3\xa9 & Sons");
    authority_release(&operators);
    issuer_close(issuer);
}

/* The start names the file whose subject has no organisation: that of the CA in the root's place, or the root's. */
static void test_organisation_at_start(void)
{
    struct authority ca;
    struct issuer *issuer;
    char folder[PATH_MAX], key[PATH_MAX], certificate[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/issuer", data);
    snprintf(key, sizeof key, "%s/issuer/root.key", data);
    snprintf(certificate, sizeof certificate, "%s/issuer/root.pem", data);
    const struct service_init init = {.data = data};
    REQUIRE(nftw(data, entry_remove, 16, FTW_DEPTH | FTW_PHYS) == 0 && service_init(&init) == 0);
    REQUIRE(authority_load(&ca, NULL, key, certificate) == 0);
    REQUIRE(authority_certify(folder, &ca, NULL, PROFILE_ROOT, ROOT_NAME, "") == 0);
    REQUIRE(authority_file_write(folder, "root.pem", &ca, false) == 0);
    listen_begin();
    CHECK_INT(issuer_open(data, NULL, &issuer), E_CORRUPT);
    CHECK_INT(listen_end("issuer/root.pem: its subject names no organisation"), 1);
    authority_release(&ca);
}

/* What the root's own ceremony takes as an organisation is what a service does. */
static void test_organisation_of_root(void)
{
    static const char *const bad[] = {"", "a\nb", "caf\xe9", "0123456789012345678901234567890123456789012345678901234567890123x"};
    const struct service_init_token none = {.token = NULL};
    char folder[96], key_id[SERVICE_KEY_ID_TEXT];
    snprintf(folder, sizeof folder, "%s/root", top);
    fprintf(stderr, "expected messages follow\n");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(service_root_create(folder, bad[i]), E_RANGE);
        CHECK_INT(service_root_request(folder, bad[i], &none, key_id), E_RANGE);
        CHECK(!key_id[0]);
        CHECK(access(folder, F_OK) != 0);
    }
    CHECK_INT(service_root_create(folder, "Contoso"), 0);
}

static void file_write(const char *folder, const char *name, const char *text, size_t len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    REQUIRE(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
}

/* A file that is longer than it may be is refused whole: what a reader cut off would be taken as all there is. */
static void test_text_files(void)
{
    static char text[16384];
    const struct service_init init = {.data = data, .issuing = issuing};
    char path[PATH_MAX], *read;
    snprintf(path, sizeof path, "%s/text", top);
    memset(text, '\n', sizeof text);
    CHECK_INT(text_file_read(path, 8, &read), E_NOT_FOUND);
    file_write(top, "text", "12345678", 8);
    CHECK_INT(text_file_read(path, 8, &read), 0);
    CHECK_STR(read, "12345678");
    authority_text_free(read);
    CHECK_INT(text_file_read(path, 7, &read), E_LIMIT);
    CHECK(read == NULL);
    file_write(top, "text", "123\0" "5678", 8);
    CHECK_INT(text_file_read(path, 8, &read), E_MALFORMED);
    CHECK_INT(text_file_read(top, 8, &read), E_IO);

    REQUIRE(nftw(data, entry_remove, 16, FTW_DEPTH | FTW_PHYS) == 0);
    issuing_make("Contoso");
    snprintf(path, sizeof path, "%s/root.pem", issuing);
    size_t len;
    uint8_t *root = check_read_file(path, &len);
    memcpy(text, root, len);
    free(root);
    fprintf(stderr, "expected messages follow\n");
    file_write(issuing, "root.pem", text, sizeof text);
    CHECK_INT(service_init(&init), E_LIMIT);
    file_write(issuing, "root.pem", text, sizeof text - 1);
    CHECK_INT(service_init(&init), 0);
    CHECK(root_is_above(data));
    /* An operator's folder gets the root's certificate, whole. */
    snprintf(path, sizeof path, "%s/grace", top);
    CHECK_INT(service_operator(data, NULL, "grace", path), E_LIMIT);
    CHECK(access(path, F_OK) != 0);
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/issuer", data);
    file_write(folder, "root.pem", text, 8191);
    CHECK_INT(service_operator(data, NULL, "grace", path), 0);
    REQUIRE(nftw(data, entry_remove, 16, FTW_DEPTH | FTW_PHYS) == 0);
    CHECK(!root_is_above(data));
}

/* Keys in a token: init and root request name them by one rule, and look at what they are given before they name one. */
static void test_token_names(void)
{
    static const struct {
        const char *uri, *what;
        int err;
        const char *text;
    } rows[] = {
        {"pkcs11:token=CA", "issuing", 0, "pkcs11:token=CA;object=perisphere-issuing"},
        {"pkcs11:token=CA;object=fleet", "issuing", 0, "pkcs11:token=CA;object=fleet-issuing"},
        {"pkcs11:token=CA;object=fleet", "update-only", 0, "pkcs11:token=CA;object=fleet-update-only"},
        {"pkcs11:token=CA;id=%01", "issuing", E_UNSUPPORTED, NULL},
        {"pkcs11:token=CA;type=private", "issuing", E_UNSUPPORTED, NULL},
        {"pkcs11:token=CA;object=00000000001111111111222222222233333333334444444444555555", "issuing", 0,
         "pkcs11:token=CA;object=00000000001111111111222222222233333333334444444444555555-issuing"},
        {"pkcs11:token=CA;object=000000000011111111112222222222333333333344444444445555555", "issuing", E_LIMIT, NULL},
        {"pkcs11:slot-id=1", "issuing", E_UNSUPPORTED, NULL},
        {"token=CA", "issuing", E_MALFORMED, NULL},
    };
    char text[URI_TEXT_MAX + 1];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        listen_begin();
        CHECK_INT(service_token_name(rows[i].uri, rows[i].what, text), rows[i].err);
        CHECK_INT(listen_end(rows[i].uri), rows[i].err ? 1 : 0);
        if (!rows[i].err)
            CHECK_STR(text, rows[i].text);
    }
}

int main(void)
{
    strcpy(top, "/tmp/peri-root-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(issuing, sizeof issuing, "%s/issuing", top);
    snprintf(data, sizeof data, "%s/data", top);
    test_organisation_of_issuing();
    test_organisation_at_start();
    test_organisation_of_root();
    test_text_files();
    test_token_names();
    CHECK_INT(nftw(top, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
    return check_done();
}
