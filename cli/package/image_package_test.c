/* SPDX-License-Identifier: BSD-2-Clause */
/* peri image-package, key and keystore, end to end as a developer calls them. */
#include "lib/app_manifest.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cli/run_fixture_test.h"
#include "tests/check.h"

#define COMPONENT "6d5a4b3c-0001-4000-8000-000000000001"
#define IMAGE "6d5a4b3c-0002-4000-8000-000000000002"

static void key_make(const char *name)
{
    char file[32];
    snprintf(file, sizeof file, "%s.pem", name);
    REQUIRE(PERI("key", "create", "--output-file", at("%s", file)) == 0);
}

static void keys(void)
{
    struct stat st;
    char text[1024], again[1024];
    key_make("dev");
    key_make("root");
    key_make("stranger");
    REQUIRE(stat(at("dev.pem"), &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(PERI("key", "show", at("dev.pem.pub")), 0);
    CHECK_HAS(run_out, "\"thumbprint\"");
    CHECK_INT(PERI("key", "show", at("dev.pem")), 1); /* a private key is not taken for a public one */
    CHECK_HAS(run_err, "128 hex digits expected");
    CHECK(strstr(run_err, "PRIVATE") == NULL);

    read_back(at("dev.pem"), text, sizeof text);
    CHECK_INT(PERI("key", "create", "-of", at("dev.pem")), 1);
    CHECK_HAS(run_err, "never overwritten");
    read_back(at("dev.pem"), again, sizeof again);
    CHECK_STR(again, text);
    REQUIRE(rename(at("dev.pem"), at("moved.pem")) == 0); /* only the public half is left */
    CHECK_INT(PERI("key", "create", "-of", at("dev.pem")), 1);
    CHECK(!exists(at("dev.pem")));
    REQUIRE(rename(at("moved.pem"), at("dev.pem")) == 0);
    REQUIRE(symlink("/no/where", at("dangling.pem")) == 0);
    CHECK_INT(PERI("key", "create", "-of", at("dangling.pem")), 1);
    CHECK_INT(PERI("key", "create", "-of", at("no/folder/k.pem")), 1);
    CHECK_HAS(run_err, "No such file");
}

static int pack(const char *key, const char *more, const char *value)
{
    return PERI("image-package", "create", "--package-directory", at("app"), "--key", key, "--output-file",
                at("app.image"), more, value);
}

static void key_refused(void)
{
    unlink(at("app.image"));
    CHECK_INT(pack(at("gone.pem"), "--image-id", IMAGE), 1);
    CHECK_HAS(run_err, "No such file");
    REQUIRE(chmod(at("dev.pem"), 0604) == 0);
    CHECK_INT(pack(at("dev.pem"), "--image-id", IMAGE), 1);
    CHECK_HAS(run_err, "open to others: chmod 600");
    REQUIRE(chmod(at("dev.pem"), 0600) == 0);
    CHECK_INT(pack(at("dev.pem.pub"), "--image-id", IMAGE), 1);
    CHECK_HAS(run_err, "is a public key: its private key");
    EVP_PKEY *other[] = {EVP_EC_gen("P-384"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    for (size_t i = 0; i < 2; i++) {
        FILE *f = fopen(at("other.pem"), "w");
        REQUIRE(f && other[i] && PEM_write_PrivateKey(f, other[i], NULL, NULL, 0, NULL, NULL) == 1);
        fclose(f);
        REQUIRE(chmod(at("other.pem"), 0600) == 0);
        CHECK_INT(pack(at("other.pem"), "--image-id", IMAGE), 1);
        CHECK_HAS(run_err, "no P-256 private key");
        EVP_PKEY_free(other[i]);
    }
    put_text(at("other.pem"), "garbage");
    CHECK_INT(pack(at("other.pem"), "--image-id", IMAGE), 1);
    CHECK(!exists(at("app.image")));
}

static void application(void)
{
    CHECK_INT(pack(at("dev.pem"), "--image-id", IMAGE), 0);
    CHECK_HAS(run_out, "\"imageId\": \"" IMAGE "\"");
    CHECK_HAS(run_out, "\"componentId\": \"" COMPONENT "\"");
    CHECK_INT(PERI("image-package", "show", at("app.image")), 0);
    CHECK_HAS(run_out, "\"imageType\": \"Applications\"");
    CHECK_HAS(run_out, "\"path\": \"/bin/app\"");
    CHECK_HAS(run_out, "\"path\": \"/app_manifest.json\"");
    CHECK_HAS(run_out, "\"underDevelopment\": false");
    CHECK_INT(PERI("image-package", "show", "--image-package", at("app.image"), "--query", "imageType"), 0);
    CHECK_HAS(run_out, "Applications");
    CHECK_INT(PERI("image-package", "show"), 2);
    CHECK_INT(PERI("image-package", "show", at("app.image"), "--image-package", at("app.image")), 2);
    CHECK_INT(PERI("image-package", "show", at("app.image"), "-o", "table"), 0);
    CHECK_HAS(run_out, "Component ID");
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--public-key", at("dev.pem.pub")), 0);
    CHECK_HAS(run_out, "\"verified\": true");
    CHECK_HAS(run_out, "\"publicKey\": \"");
    CHECK_HAS(run_out, "\"keystore\": null");
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--public-key", at("dev.pem.pub"), "--query", "verified", "-o", "tsv"), 0);
    CHECK_STR(run_out, "True\n");
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--public-key", at("stranger.pem.pub"), "-o", "json"), 5);
    CHECK_STR(run_out, "");
    CHECK_INT(PERI("image-package", "verify", at("app.image")), 2);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--public-key", at("dev.pem.pub"), "--root-key",
                   at("root.pem.pub")), 2);
    CHECK_INT(PERI("image-package", "verify", at("gone.image"), "--public-key", at("dev.pem.pub")), 1);

    CHECK_INT(pack(at("dev.pem"), "--security-version", "4294967295"), 0);
    CHECK_INT(PERI("image-package", "show", at("app.image")), 0);
    CHECK_HAS(run_out, "\"securityVersion\": 4294967295");
    CHECK_INT(pack(at("dev.pem"), "--runtime-version", "12"), 0);
    CHECK_INT(PERI("image-package", "show", at("app.image")), 0);
    CHECK_HAS(run_out, "\"version\": 12");
    CHECK_INT(PERI("image-package", "pack-application", "--package-directory", at("app"), "--key", at("dev.pem"),
                   "--development", "-of", at("dev.image")), 0);
    CHECK_INT(PERI("image-package", "show", at("dev.image")), 0);
    CHECK_HAS(run_out, "\"underDevelopment\": true");
}

/* A refused option leaves the file that was there. */
static void options_refused(void)
{
    static const char *const rows[][3] = {
        {"--security-version", "1x", "a whole number"},
        {"--security-version", "4294967296", "a whole number"},
        {"--security-version", "", "a whole number"},
        {"--runtime-version", "0", "a whole number from 1"},
        {"--runtime-version", "one", "a whole number"},
        {"--image-id", "x", "a GUID is expected"},
        {"--component-id", COMPONENT, "app_manifest.json"},
        {"--type", "Nonsense", "image-package.md"},
        {"--type", "Services", "--component-id is needed"},
        {"--body", "/etc/passwd", "either --package-directory or --body"},
        {"--name", "12345678901234567890123456789012", "has room for 31"},
    };
    put_text(at("app.image"), "old");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[8];
        CHECK(pack(at("dev.pem"), rows[i][0], rows[i][1]) != 0);
        CHECK_HAS(run_err, rows[i][2]);
        read_back(at("app.image"), text, sizeof text);
        CHECK_STR(text, "old");
    }
    CHECK_INT(PERI("image-package", "create", "--body", at("gone"), "--type", "Services", "-i", COMPONENT, "-k",
                   at("dev.pem"), "-of", at("x.image")), 1);
    CHECK_INT(PERI("image-package", "create", "--key", at("dev.pem"), "-of", at("x.image")), 2);
    CHECK_INT(PERI("image-package", "create", "--body", at("app/bin/app"), "-k", at("dev.pem"), "-of", at("x.image")), 2);
    CHECK(!exists(at("x.image")));
    REQUIRE(rename(at("app/app_manifest.json"), at("hidden.json")) == 0);
    CHECK_INT(pack(at("dev.pem"), "--image-id", IMAGE), 1);
    CHECK_HAS(run_err, "(2097177)");
    REQUIRE(rename(at("hidden.json"), at("app/app_manifest.json")) == 0);
}

static void broken(void)
{
    size_t len;
    REQUIRE(pack(at("dev.pem"), "--image-id", IMAGE) == 0);
    uint8_t *bytes = check_read_file(at("app.image"), &len);
    for (size_t i = 0; i < len; i += len / 12) { /* every bit: lib/image_test.c */
        bytes[i] ^= 1;
        put_bytes(at("bad.image"), bytes, len);
        CHECK_INT(PERI("image-package", "verify", at("bad.image"), "--public-key", at("dev.pem.pub")), 5);
        bytes[i] ^= 1;
    }
    put_bytes(at("bad.image"), bytes, len / 2);
    CHECK_INT(PERI("image-package", "show", at("bad.image")), 5);
    CHECK_INT(PERI("image-package", "verify", at("bad.image"), "--public-key", at("dev.pem.pub")), 5);
    put_text(at("bad.image"), "");
    CHECK_INT(PERI("image-package", "show", at("bad.image")), 5);
    CHECK_HAS(run_err, "is not an image package");
    CHECK_INT(PERI("image-package", "show", run_folder), 1);
    free(bytes);
}

static void keystores(void)
{
    char os[1100], application[1100], development[1100];
    snprintf(os, sizeof os, "os=%s", at("dev.pem.pub"));
    snprintf(application, sizeof application, "application=%s", at("dev.pem.pub"));
    snprintf(development, sizeof development, "development=%s", at("stranger.pem.pub"));
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "--key", os, application, development,
                   "-of", at("keys.image")), 0);
    CHECK_INT(PERI("keystore", "show", at("keys.image")), 0);
    CHECK_HAS(run_out, "\"os\",\n      \"application\"\n"); /* one key with two uses is one key */
    CHECK_HAS(run_out, "\"development\"");
    CHECK_INT(PERI("keystore", "show", at("app.image")), 5);

    REQUIRE(pack(at("dev.pem"), "--image-id", IMAGE) == 0);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("keys.image"), "--root-key",
                   at("root.pem.pub")), 0);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("keys.image"), "--root-key",
                   at("stranger.pem.pub")), 5);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("app.image")), 5);
    REQUIRE(pack(at("stranger.pem"), "--image-id", IMAGE) == 0); /* a development key, not a flagged image */
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("keys.image"), "--development"), 5);
    REQUIRE(pack(at("stranger.pem"), "--development", "--name=x") == 0);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("keys.image")), 5);
    CHECK_INT(PERI("image-package", "verify", at("app.image"), "--keystore", at("keys.image"), "--development"), 0);

    unlink(at("no.image"));
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "--key", "color=x", "-of", at("no.image")), 2);
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "--key", "os", "-of", at("no.image")), 2);
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "--key", "os=/no/key", "-of", at("no.image")), 1);
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "--key", os, "--security-version", "-1",
                   "-of", at("no.image")), 2);
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem.pub"), "--key", os, "-of", at("no.image")), 1);
    CHECK_INT(PERI("keystore", "create", "--signing-key", at("root.pem"), "-of", at("no.image")), 2);
    CHECK(!exists(at("no.image")));
}

int main(void)
{
    run_begin();
    umask(022);
    REQUIRE(mkdir(at("app"), 0755) == 0 && mkdir(at("app/bin"), 0755) == 0);
    put_text(at("app/bin/app"), "program");
    put_text(at("app/app_manifest.json"),
             "{\"SchemaVersion\":1,\"Name\":\"dish\",\"ComponentId\":\"" COMPONENT "\","
             "\"EntryPoint\":\"/bin/app\",\"Capabilities\":{}}");
    keys();
    key_refused();
    application();
    options_refused();
    broken();
    keystores();
    return check_done();
}
