/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The issuer: a data folder from nothing, damage to it, images that it signs, and the process with its
 * channels.  What certificates are like: profiles_test.c.
 */
#include "service/issuer/issuer_fixture_test.h"

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
    struct service_init init = fixture_init();
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
    fixture_begin();
    test_init();
    test_server_and_operator();
    struct issuer *issuer = fixture_open();
    REQUIRE(on_catalog(issuer, issuer_catalog_create, catalog) == 0);
    test_images(issuer);
    issuer_close(issuer);
    test_ends();
    test_update_keys();
    test_damage();
    test_process();
    fixture_end();
    return check_done();
}
