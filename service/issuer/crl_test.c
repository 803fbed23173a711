/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Revocation lists as others read them: field by field by OpenSSL; a revoked device refused
 * and another admitted by openssl verify, certtool, nginx and mosquitto, each with the
 * anchor and the list as a service gives them.
 */
#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/crl.h"
#include "service/issuer/memory_store_test.h"
#include "service/issuer/state.h"

enum { DAY = 86400, START_MS = 10000 };

static char top[64], data[80];
static const uint8_t catalog[16] = {0x42, 7};
static uint64_t now;
static uint8_t reply_bytes[ISSUER_REPLY_MAX];
static struct issuer *issuer;

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
    char command[2000], whole[2100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof whole, "cd %s && (%s) >>log 2>&1", top, command);
    return system(whole);
}

static int ask(issuer_operation *operation, const struct writer *request, struct writer *reply)
{
    *reply = writer_of(reply_bytes, sizeof reply_bytes);
    return memory_run(issuer, operation, writer_view(request), now, reply);
}

static void pem_write(const char *name, const char *kind, struct span der, EVP_PKEY *key)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    if (der.len)
        REQUIRE(PEM_write(f, kind, "", der.at, (long)der.len) > 0);
    if (key)
        REQUIRE(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
    REQUIRE(fclose(f) == 0);
}

/* A device's certificate, its key and its chain, as NAME.pem, NAME.key, NAME-chain.pem. */
static void device_make(const char *name, uint8_t first, uint8_t serial[static 16])
{
    static uint8_t request[1024];
    char file[100], command[300];
    struct authority key;
    struct issuer_issue_request r = {.kind = ISSUER_KIND_CATALOG, .not_before_s = now - 60, .not_after_s = now + DAY,
                                     .device_id = {first}};
    struct issuer_certificates got;
    struct writer w = writer_of(request, sizeof request), reply;
    REQUIRE(authority_generate(&key, false) == 0);
    memcpy(r.catalog, catalog, 16);
    memcpy(r.key, key.point + 1, sizeof r.key);
    REQUIRE(issuer_issue_request_write(&r, &w) == 0 && ask(issuer_issue_device, &w, &reply) == 0);
    REQUIRE(issuer_certificates_parse(writer_view(&reply), &got) == 0);
    memcpy(serial, got.serial, 16);
    snprintf(file, sizeof file, "%s.key", name);
    pem_write(file, NULL, span_of(NULL, 0), key.key);
    snprintf(file, sizeof file, "%s.pem", name);
    pem_write(file, "CERTIFICATE", got.der[0], NULL);
    pem_write("ca.pem", "CERTIFICATE", got.der[1], NULL);
    snprintf(command, sizeof command, "cat %s.pem ca.pem >%s-chain.pem", name, name);
    REQUIRE(run("%s", command) == 0);
    authority_release(&key);
}

static void serial_revoke(const uint8_t serial[static 16], uint16_t reason)
{
    struct store_crl_entry *entry = &memory_store.revoked.at[memory_store.revoked.count++];
    memcpy(entry->serial, serial, 16);
    entry->revoked_s = now - 10;
    entry->reason = reason;
    memory_store.revoked.revision++;
}

static int list_of(const struct store_crl *of, const char *name)
{
    uint8_t request[512];
    char file[100];
    struct writer w = writer_of(request, sizeof request), reply;
    REQUIRE(record_write(&store_crl_type, of, &w) == 0);
    int err = ask(issuer_crl, &w, &reply);
    if (err)
        return err;
    CHECK_INT(reply.len, 0); /* the store has it */
    snprintf(file, sizeof file, "%s.pem", name);
    pem_write(file, "X509 CRL", memory_store.list.der, NULL);
    return 0;
}

static int list_make(enum store_authority authority, const char *name)
{
    struct store_crl of = {.authority = (uint16_t)authority};
    if (authority == STORE_AUTHORITY_CATALOG) {
        memcpy(of.tenant, catalog, 16);
        memcpy(of.ca, memory_ca(catalog, 1)->serial, 16);
    }
    return list_of(&of, name);
}

/* -- field by field ---------------------------------------------------------------- */

static void test_fields(void)
{
    uint8_t serials[3][16];
    for (size_t i = 0; i < 3; i++)
        REQUIRE(certificate_serial(serials[i]) == 0);
    memory_store.revoked.count = 0;
    serial_revoke(serials[0], STORE_REASON_KEY_COMPROMISE);
    serial_revoke(serials[1], STORE_REASON_UNSPECIFIED);
    serial_revoke(serials[2], STORE_REASON_PRIVILEGE_WITHDRAWN);
    for (int authority = STORE_AUTHORITY_ROOT; authority <= STORE_AUTHORITY_CATALOG; authority++) {
        static const char *const files[] = {NULL, "root", "operator", "os", "update-only"};
        char path[200];
        uint64_t number = memory_store.list.number;
        REQUIRE(list_make((enum store_authority)authority, "fields") == 0);
        CHECK(memory_store.list.number > number);
        const uint8_t *at = memory_store.list.der.at;
        X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)memory_store.list.der.len);
        REQUIRE(crl != NULL && at == memory_store.list.der.at + memory_store.list.der.len);
        snprintf(path, sizeof path, authority == STORE_AUTHORITY_CATALOG ? "%s/ca.pem" : "%s/issuer/%s.pem",
                 authority == STORE_AUTHORITY_CATALOG ? top : data, files[authority % 5]);
        FILE *f = fopen(path, "r");
        REQUIRE(f != NULL);
        X509 *ca = PEM_read_X509(f, NULL, NULL, NULL);
        fclose(f);
        REQUIRE(ca != NULL);
        CHECK_INT(X509_CRL_get_version(crl), 1);
        CHECK_INT(X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ca)), 0);
        CHECK_INT(X509_CRL_verify(crl, X509_get0_pubkey(ca)), 1);
        CHECK_INT(X509_CRL_get_signature_nid(crl),
                  authority == STORE_AUTHORITY_ROOT ? NID_ecdsa_with_SHA384 : NID_ecdsa_with_SHA256);
        int days, seconds;
        REQUIRE(ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl)) == 1);
        CHECK_INT(days * DAY + seconds, CRL_LIFE_S + CRL_BACKDATE_S);
        ASN1_INTEGER *own = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
        AUTHORITY_KEYID *akid = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
        REQUIRE(own && akid);
        CHECK_INT(ASN1_INTEGER_get(own), memory_store.list.number);
        CHECK_INT(ASN1_OCTET_STRING_cmp(akid->keyid, X509_get0_subject_key_id(ca)), 0);
        CHECK_INT(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
        static const int want[] = {1, -1, 9};
        for (int i = 0; i < 3; i++) {
            X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), i);
            ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
            CHECK_MEM(ASN1_STRING_get0_data(X509_REVOKED_get0_serialNumber(entry)), serials[i], 16);
            CHECK_INT(reason ? ASN1_ENUMERATED_get(reason) : -1, want[i]);
            ASN1_ENUMERATED_free(reason);
        }
        ASN1_INTEGER_free(own);
        AUTHORITY_KEYID_free(akid);
        X509_free(ca);
        X509_CRL_free(crl);
    }
    /* One that is long: lengths of three bytes. */
    memory_store.revoked.count = 0;
    for (size_t i = 0; i < 30000; i++) {
        REQUIRE(certificate_serial(serials[0]) == 0);
        serial_revoke(serials[0], (uint16_t)(i % 2));
    }
    CHECK_INT(list_make(STORE_AUTHORITY_OS, "long"), 0);
    CHECK_INT(run("openssl crl -in long.pem -CAfile %s/issuer/os.pem -noout -verify 2>&1 | grep -q 'verify OK'", data), 0);
    CHECK_INT(run("test $(openssl crl -in long.pem -noout -text | grep -c 'Serial Number') = 30000"), 0);
    memory_store.revoked.count = 0;
}

static void test_refused(void)
{
    uint8_t request[512];
    struct store_crl of = {.authority = STORE_AUTHORITY_CATALOG};
    struct writer reply, w = writer_of(request, sizeof request);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    CHECK_INT(ask(issuer_crl, &w, &reply), E_RANGE); /* no catalog named */
    of.tenant[0] = 9;
    w = writer_of(request, sizeof request);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    CHECK_INT(ask(issuer_crl, &w, &reply), E_NOT_FOUND); /* no such catalog */
    memcpy(of.tenant, catalog, 16);
    w = writer_of(request, sizeof request);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    CHECK_INT(ask(issuer_crl, &w, &reply), E_NOT_FOUND); /* no such CA of it */
    of.authority = STORE_AUTHORITY_OS;
    w = writer_of(request, sizeof request);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    CHECK_INT(ask(issuer_crl, &w, &reply), E_RANGE); /* a catalog where there is none */
    of = (struct store_crl){.authority = 0};
    w = writer_of(request, sizeof request);
    REQUIRE(record_write(&store_crl_type, &of, &w) == 0);
    CHECK_INT(ask(issuer_crl, &w, &reply), E_RANGE);
}

/* -- relying parties ---------------------------------------------------------------- */

static uint16_t port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
            getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool connects(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return there;
}

static void file_write(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static pid_t server_start(char *const argv[], uint16_t port)
{
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        if (chdir(top) != 0 || !freopen("server.log", "a", stdout) || !freopen("server.log", "a", stderr))
            _exit(126);
        execvp(argv[0], argv);
        _exit(127);
    }
    for (int waited = 0; !connects(port) && waited < START_MS; waited += 20)
        usleep(20000);
    REQUIRE(connects(port));
    return pid;
}

static void server_stop(pid_t pid)
{
    int status;
    kill(pid, SIGTERM);
    REQUIRE(waitpid(pid, &status, 0) == pid);
}

/* The anchor alone and the CA's own list: what peri ca-certificate downloads. */
static void test_nginx(void)
{
    char text[1600], config[] = "nginx.conf", program[] = "nginx", here[200], dash_p[] = "-p", dash_c[] = "-c",
        dash_e[] = "-e", log[] = "nginx.log";
    uint16_t port = port_free();
    snprintf(here, sizeof here, "%s/", top);
    snprintf(text, sizeof text,
             "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log nginx.log;\nevents {}\n"
             "http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n"
             "server { listen 127.0.0.1:%u ssl; ssl_certificate server.pem; ssl_certificate_key server.key;\n"
             "ssl_client_certificate anchor.pem; ssl_verify_client on; ssl_verify_depth 2; ssl_crl list.pem;\n"
             "location / { return 200 \"admitted\\n\"; } } }\n", port);
    file_write(config, text);
    char *const argv[] = {program, dash_p, here, dash_e, log, dash_c, config, NULL};
    pid_t pid = server_start(argv, port);
#define GET "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet -ign_eof -connect 127.0.0.1:%u -cert %s.pem -key %s.key -cert_chain ca.pem | grep -q admitted"
    CHECK_INT(run(GET, port, "good", "good"), 0);
    CHECK(run(GET, port, "bad", "bad") != 0);
#undef GET
    server_stop(pid);
}

static void test_mosquitto(void)
{
    char text[600], config[] = "mosquitto.conf", program[] = "mosquitto", dash_c[] = "-c";
    uint16_t port = port_free();
    snprintf(text, sizeof text,
             "user root\nlistener %u 127.0.0.1\ncafile anchor.pem\ncertfile server.pem\nkeyfile server.key\ncrlfile list.pem\n"
             "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n", port);
    file_write(config, text);
    char *const argv[] = {program, dash_c, config, NULL};
    pid_t pid = server_start(argv, port);
#define PUBLISH "timeout 10 mosquitto_pub -h 127.0.0.1 -p %u --insecure --cafile server.pem --cert %s-chain.pem --key %s.key -t x -m y -q 1"
    CHECK_INT(run(PUBLISH, port, "good", "good"), 0);
    CHECK(run(PUBLISH, port, "bad", "bad") != 0);
#undef PUBLISH
    server_stop(pid);
}

static void test_relying_parties(void)
{
    uint8_t good[16], bad[16];
    device_make("good", 1, good);
    device_make("bad", 2, bad);
    serial_revoke(bad, STORE_REASON_KEY_COMPROMISE);
    CHECK_INT(list_make(STORE_AUTHORITY_CATALOG, "list"), 0);
    memory_store.revoked.count = 0;
    CHECK_INT(list_make(STORE_AUTHORITY_ROOT, "root-list"), 0);
    struct catalog *at_hand = catalogs_find(&issuer->catalogs, catalog);
    REQUIRE(at_hand != NULL);
    pem_write("anchor.pem", "CERTIFICATE", span_of(at_hand->ca[0]->anchor, at_hand->ca[0]->anchor_bytes), NULL);
    REQUIRE(run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 "
                "-keyout server.key -out server.pem") == 0);

    /* With the anchor alone, and with the whole chain to the root. */
    CHECK_INT(run("openssl verify -crl_check_all -CAfile anchor.pem -CRLfile list.pem good.pem"), 0);
    CHECK_INT(run("openssl verify -crl_check_all -CAfile anchor.pem -CRLfile list.pem bad.pem 2>&1 | grep -q revoked"), 0);
    CHECK_INT(run("cat list.pem root-list.pem >lists.pem; openssl verify -x509_strict -crl_check_all -CAfile %s/root.pem "
                  "-untrusted ca.pem -CRLfile lists.pem good.pem", data), 0);
    CHECK(run("openssl verify -crl_check_all -CAfile %s/root.pem -untrusted ca.pem -CRLfile lists.pem bad.pem", data) != 0);
    CHECK_INT(run("openssl verify -crl_check -CAfile anchor.pem good.pem 2>&1 | grep -q 'unable to get certificate CRL'"), 0);
    CHECK_INT(run("certtool --verify-crl --load-ca-certificate anchor.pem --infile list.pem"), 0);
    CHECK_INT(run("certtool --verify --load-ca-certificate anchor.pem --load-crl list.pem --infile good.pem"), 0);
    CHECK_INT(run("certtool --verify --load-ca-certificate anchor.pem --load-crl list.pem --infile bad.pem 2>&1 | grep -qi revoked"), 0);
    test_nginx();
    test_mosquitto();

    /* A revoked CA: its own list has its anchor, so that who looks at the whole chain refuses everything. */
    serial_revoke(at_hand->ca[0]->anchor_serial, STORE_REASON_CA_COMPROMISE);
    CHECK_INT(list_make(STORE_AUTHORITY_CATALOG, "list"), 0);
    CHECK(run("openssl verify -crl_check_all -CAfile anchor.pem -CRLfile list.pem good.pem") != 0);
    memory_store.revoked.count = 0;
}

/* Two CAs of one name, each with its list: both in one file, as a broker has them during a renewal. */
static void test_two_cas(void)
{
    uint8_t serial[16], old[16], request[64];
    struct issuer_catalog_request r;
    struct writer w = writer_of(request, sizeof request), reply;
    device_make("old", 3, old);
    REQUIRE(list_make(STORE_AUTHORITY_CATALOG, "old-list") == 0);
    REQUIRE(run("cp ca.pem old-ca.pem; cp anchor.pem old-anchor.pem") == 0);
    memcpy(r.catalog, catalog, 16);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0 && ask(issuer_catalog_renew, &w, &reply) == 0);
    memory_ca(catalog, 2)->active_s = now;
    now += CATALOG_FRESH_S;
    device_make("new", 4, serial);
    serial_revoke(serial, STORE_REASON_SUPERSEDED);
    uint8_t first[16];
    memcpy(first, memory_ca(catalog, 1)->serial, 16);
    memcpy(memory_ca(catalog, 1)->serial, memory_ca(catalog, 2)->serial, 16); /* list_make() names number 1 */
    CHECK_INT(list_make(STORE_AUTHORITY_CATALOG, "new-list"), 0);
    memcpy(memory_ca(catalog, 1)->serial, first, 16);
    struct catalog *at_hand = catalogs_find(&issuer->catalogs, catalog);
    pem_write("new-anchor.pem", "CERTIFICATE", span_of(at_hand->ca[0]->anchor, at_hand->ca[0]->anchor_bytes), NULL);
    REQUIRE(run("cat old-anchor.pem new-anchor.pem >anchors.pem; cat old-list.pem new-list.pem >lists.pem; "
                "! cmp -s old-anchor.pem new-anchor.pem") == 0);
    CHECK_INT(run("openssl verify -crl_check_all -CAfile anchors.pem -CRLfile lists.pem old.pem"), 0);
    CHECK_INT(run("openssl verify -crl_check_all -CAfile anchors.pem -CRLfile lists.pem new.pem 2>&1 | grep -q revoked"), 0);
    CHECK_INT(run("certtool --verify --load-ca-certificate anchors.pem --load-crl lists.pem --infile old.pem"), 0);

    /* What the former one signed is revoked after another took over: the list that its own CA signs has it. */
    memory_store.revoked.count = 0;
    serial_revoke(old, STORE_REASON_KEY_COMPROMISE);
    CHECK_INT(list_make(STORE_AUTHORITY_CATALOG, "old-list"), 0);
    CHECK_INT(run("openssl crl -in old-list.pem -CAfile old-ca.pem -noout -verify 2>&1 | grep -q 'verify OK'"), 0);
    CHECK_INT(run("openssl verify -crl_check -CAfile old-anchor.pem -CRLfile old-list.pem old.pem 2>&1 | grep -q 'certificate revoked'"), 0);
    memory_store.revoked.count = 0;
}

/* A CA of the service got another key: each of the two signs the list of what it signed, for as long as that lasts. */
static void test_former_ca(void)
{
    struct store_crl of = {.authority = STORE_AUTHORITY_OPERATOR};
    uint8_t serial[16], former[16];
    char file[200];
    memcpy(former, issuer->operator_.key_id, sizeof former);
    REQUIRE(run("cp %s/issuer/operator.pem former-ca.pem; cp %s/operator/cert.pem former.pem", data, data) == 0);
    REQUIRE(service_replace_ca(data, NULL, "operator") == 0);
    snprintf(file, sizeof file, "%s/late", top);
    REQUIRE(service_operator(data, NULL, "late", file) == 0);
    issuer_close(issuer);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    CHECK(memcmp(issuer->operator_.key_id, former, sizeof former) != 0);
    REQUIRE(run("openssl x509 -in former.pem -outform der -out former.der") == 0);
    X509 *x;
    snprintf(file, sizeof file, "%s/former.pem", top);
    REQUIRE(certificate_file_read(file, &x) == 0);
    memcpy(serial, ASN1_STRING_get0_data(X509_get0_serialNumber(x)), 16);
    X509_free(x);

    CHECK_INT(list_of(&of, "present-list"), 0);
    memcpy(of.ca, issuer->operator_.key_id, 16);
    CHECK_INT(list_of(&of, "present-list-by-key"), 0);
    memcpy(of.ca, former, 16);
    CHECK_INT(list_of(&of, "former-list"), 0);
    CHECK_INT(run("for list in present-list present-list-by-key; do openssl crl -in $list.pem -CAfile %s/issuer/operator.pem -noout -verify 2>&1 | "
                  "grep -q 'verify OK' || exit 1; done", data), 0);
    CHECK_INT(run("openssl crl -in former-list.pem -CAfile former-ca.pem -noout -verify 2>&1 | grep -q 'verify OK'"), 0);
    CHECK_INT(run("openssl verify -crl_check -CAfile %s/root.pem -untrusted former-ca.pem -CRLfile former-list.pem former.pem", data), 0);
    CHECK_INT(run("openssl verify -crl_check -CAfile %s/root.pem -untrusted %s/issuer/operator.pem -CRLfile present-list.pem late/cert.pem", data, data), 0);
    serial_revoke(serial, STORE_REASON_KEY_COMPROMISE);
    CHECK_INT(list_of(&of, "former-list"), 0);
    CHECK_INT(run("openssl verify -crl_check -CAfile %s/root.pem -untrusted former-ca.pem -CRLfile former-list.pem former.pem 2>&1 | "
                  "grep -q 'certificate revoked'", data), 0);
    CHECK_INT(run("certtool --verify --load-ca-certificate former-ca.pem --load-crl former-list.pem --infile former.pem 2>&1 | grep -qi revoked"), 0);
    memory_store.revoked.count = 0;

    /* A key that this CA never had, and that of another one. */
    of.ca[0] ^= 1;
    CHECK_INT(list_of(&of, "none"), E_NOT_FOUND);
    memcpy(of.ca, issuer->os.key_id, 16);
    CHECK_INT(list_of(&of, "none"), E_NOT_FOUND);

    /* A clock that is ahead for a few hours takes nothing along; when its time is over it goes, key and all. */
    memcpy(of.ca, former, 16);
    snprintf(file, sizeof file, "%s/issuer", data);
    const uint64_t until_s = issuer->former_cas.at[0].until_s;
    for (int i = 0; i < FORMER_OVER_LOOKS - 1; i++)
        former_cas_expire(&issuer->former_cas, file, until_s + 1);
    former_cas_expire(&issuer->former_cas, file, now);
    CHECK_INT(list_of(&of, "former-list"), 0);
    CHECK_INT(run("ls %s/issuer/operator-until-*.key", data), 0);
    for (int i = 0; i < FORMER_OVER_LOOKS; i++)
        former_cas_expire(&issuer->former_cas, file, until_s);
    CHECK_INT(list_of(&of, "none"), E_NOT_FOUND);
    CHECK(run("ls %s/issuer/operator-until-*.key", data) != 0);

    /* One that is damaged has no list, and keeps nobody from the rest. */
    REQUIRE(service_replace_ca(data, NULL, "os") == 0 && run("for f in %s/issuer/os-until-*.key; do echo no >$f; done", data) == 0);
    memcpy(former, issuer->os.key_id, 16);
    issuer_close(issuer);
    REQUIRE(issuer_open(data, NULL, &issuer) == 0);
    of = (struct store_crl){.authority = STORE_AUTHORITY_OS};
    CHECK_INT(list_of(&of, "os"), 0);
    memcpy(of.ca, former, 16);
    CHECK_INT(list_of(&of, "none"), E_NOT_FOUND);
    unsigned gone;
    CHECK_INT(service_forget_ca(data, "os", &gone), 0);
    CHECK_INT(gone, 1);
    CHECK(run("ls %s/issuer/os-until-* %s/front/anchors/os-until-*", data, data) != 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    uint8_t request[64];
    struct issuer_catalog_request r;
    struct writer w = writer_of(request, sizeof request), reply;
    strcpy(top, "/tmp/peri-crl-XXXXXX");
    REQUIRE(mkdtemp(top) != NULL);
    snprintf(data, sizeof data, "%s/data", top);
    const struct service_init init = {.data = data};
    REQUIRE(service_init(&init) == 0 && issuer_open(data, NULL, &issuer) == 0);
    now = (uint64_t)time(NULL); /* not before its CAs */
    memcpy(r.catalog, catalog, 16);
    REQUIRE(issuer_catalog_request_write(&r, &w) == 0 && ask(issuer_catalog_create, &w, &reply) == 0);
    uint8_t serial[16];
    device_make("any", 9, serial);
    test_fields();
    test_refused();
    test_relying_parties();
    test_two_cas();
    test_former_ca();
    issuer_close(issuer);
    if (check_failed)
        (void)run("cat log server.log nginx.log >&2 || :");
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return check_done();
}
