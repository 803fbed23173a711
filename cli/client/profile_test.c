/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/client/profile.h and cli/client/origin.h: which service, as whom, and nowhere else. */
#include "cli/client/profile.h"

#include "cli/client/origin.h"
#include "cli/run_fixture_test.h"

#define FILES "\"ca\":\"root.pem\",\"certificate\":\"cert.pem\",\"key\":\"key.pem\""
#define GOOD "{\"endpoint\":\"https://localhost:8443\",\"subscription\":\"s\",\"resourceGroup\":\"g\"," FILES "}"

static struct profile profile;

static int load(const char *folder)
{
    struct peri peri = {.profile_folder = folder};
    profile_release(&profile);
    return CAUGHT(profile_load(&peri, &profile));
}

static int load_text(const char *text)
{
    put_text(at("profile.json"), text);
    return load(run_folder);
}

static void good(void)
{
    CHECK_INT(load_text(GOOD), 0);
    CHECK_STR(profile.endpoint, "https://localhost:8443");
    CHECK(profile.catalog == NULL);
    CHECK_STR(profile.key, at("key.pem"));
    char text[512];
    snprintf(text, sizeof text, "{\"endpoint\":\"https://h\",\"subscription\":\"s\",\"resourceGroup\":\"g\","
             "\"ca\":\"%s\",\"certificate\":\"cert.pem\",\"key\":\"key.pem\",\"catalog\":\"c\"}", at("root.pem"));
    CHECK_INT(load_text(text), 0); /* a file elsewhere, by its full path */
    CHECK_STR(profile.catalog, "c");
    setenv("PERI_PROFILE", run_folder, 1);
    CHECK_INT(load(NULL), 0);
    unsetenv("PERI_PROFILE");
}

static void refused(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "line 1"},
        {"{\"endpoint\":", "line 1"},
        {"{\"endpoint\":\"https://h\",\"endpoint\":\"https://i\"}", "duplicate"},
        {"[]", "not a JSON object"},
        {"{}", "has no \"endpoint\""},
        {"{\"endpoint\":5}", "no text in \"endpoint\""},
        {"{\"endpoint\":null}", "no text in \"endpoint\""},
        {"{\"endpoint\":\"http://localhost:8443\"}", "https://HOST:PORT is expected"},
        {"{\"endpoint\":\"https://user@h\"}", "https://HOST:PORT is expected"},
        {"{\"endpoint\":\"https://h/?x\"}", "https://HOST:PORT is expected"},
        {"{\"endpoint\":\"https://\"}", "https://HOST:PORT is expected"},
        {"{\"endpoint\":\"file:///etc/passwd\"}", "https://HOST:PORT is expected"},
        {"{\"endpoint\":\"https://h\"}", "has no \"subscription\""},
        {"{\"endpoint\":\"https://h\",\"subscription\":\"s\",\"resourceGroup\":\"g\",\"catalog\":1," FILES "}",
         "no text in \"catalog\""},
        {"{\"endpoint\":\"https://h\",\"subscription\":\"s\",\"resourceGroup\":\"g\"}", "has no \"ca\""},
        {"{\"endpoint\":\"https://h\",\"subscription\":\"s\",\"resourceGroup\":\"g\",\"ca\":\"gone.pem\"}",
         "gone.pem', the \"ca\""},
        {"{\"endpoint\":\"https://h\",\"subscription\":\"s\",\"resourceGroup\":\"g\",\"ca\":\".\"}",
         "is not a file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(load_text(rows[i].text), 1);
        CHECK_HAS(caught, rows[i].says);
    }
    REQUIRE(chmod(at("key.pem"), 0640) == 0);
    CHECK_INT(load_text(GOOD), 1);
    CHECK_HAS(caught, "is open to others: chmod 600");
    REQUIRE(chmod(at("key.pem"), 0600) == 0);

    CHECK_INT(load(at("no-such-folder")), 1);
    CHECK_HAS(caught, "no profile");
    CHECK_HAS(caught, "No such file");
    static char far[5000];
    memset(far, 'x', sizeof far - 1);
    CHECK_INT(load(far), 1);
    CHECK_HAS(caught, "too long");
}

/* peri config set: all or nothing, and never into what it could not read again. */
static void config(void)
{
    char text[1024], again[1024];
    put_text(at("profile.json"), GOOD);
    REQUIRE(chmod(at("profile.json"), 0640) == 0);
    CHECK_INT(PERI("config", "set", "catalog=contoso", "resourceGroup=r", "--profile", run_folder), 0);
    CHECK_INT(PERI("config", "show", "--profile", run_folder), 0);
    CHECK_HAS(run_out, "\"catalog\": \"contoso\"");
    CHECK_HAS(run_out, "\"resourceGroup\": \"r\"");
    struct stat st;
    REQUIRE(stat(at("profile.json"), &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0640);
    read_back(at("profile.json"), text, sizeof text);
    CHECK_INT(PERI("config", "set", "defaults.group=r2", "defaults.sphere.catalog=c2", "--profile", run_folder), 0); /* as az names them */
    CHECK_INT(PERI("config", "show", "--query", "[resourceGroup, catalog]", "-o", "tsv", "--profile", run_folder), 0);
    CHECK_STR(run_out, "r2\nc2\n");
    CHECK_INT(PERI("config", "set", "catalog=contoso", "resourceGroup=r", "--profile", run_folder), 0);
    CHECK_INT(PERI("config", "set", "catalog=other", "color=red", "--profile", run_folder), 2);
    CHECK_INT(PERI("config", "set", "catalog=other", "endpoint=http://h", "--profile", run_folder), 2);
    CHECK_INT(PERI("config", "set", "catalog=", "--profile", run_folder), 2);
    CHECK_INT(PERI("config", "set", "catalog", "--profile", run_folder), 2);
    CHECK_INT(PERI("config", "set", "cat=x", "--profile", run_folder), 2);
    CHECK_INT(PERI("config", "set", "--profile", run_folder), 2);
    read_back(at("profile.json"), again, sizeof again);
    CHECK_STR(again, text);
    CHECK_INT((int)entries(run_folder), 4); /* nothing left beside */
}

/* As az config: one setting, what is not set, what a script for az begins with. */
static void config_as_az(void)
{
    char text[1024], again[1024];
    CHECK_INT(PERI("config", "get", "defaults.group", "--profile", run_folder), 0);
    CHECK_HAS(run_out, "\"name\": \"group\"");
    CHECK_HAS(run_out, "/profile.json\"");
    CHECK_INT(PERI("config", "get", "defaults.sphere.catalog", "--query", "[name, value]", "-o", "tsv", "--profile", run_folder), 0);
    CHECK_STR(run_out, "sphere.catalog\ncontoso\n");
    CHECK_INT(PERI("config", "get", "--query", "defaults[].value", "-o", "tsv", "--profile", run_folder), 0);
    CHECK_STR(run_out, "r\ncontoso\n");
    CHECK_INT(PERI("config", "get", "core.output", "--profile", run_folder), 1);
    CHECK_HAS(run_err, "'core.output' is not set");
    read_back(at("profile.json"), text, sizeof text);
    CHECK_INT(PERI("config", "set", "core.output=table", "extension.use_dynamic_install=yes_without_prompt", "--profile", run_folder), 0);
    CHECK_HAS(run_err, "'core.output' is of az, and does nothing here");
    CHECK_INT(PERI("config", "unset", "defaults.group", "--profile", run_folder), 2);
    CHECK_HAS(run_err, "cannot be unset");
    CHECK_INT(PERI("config", "unset", "catalog", "nonsense", "--profile", run_folder), 2);
    read_back(at("profile.json"), again, sizeof again);
    CHECK_STR(again, text);
    CHECK_INT(PERI("config", "unset", "defaults.sphere.catalog", "core.output", "--only-show-errors", "--profile", run_folder), 0);
    CHECK_STR(run_err, "");
    CHECK_INT(PERI("config", "get", "catalog", "--profile", run_folder), 1);
    CHECK_INT(PERI("config", "unset", "catalog", "--profile", run_folder), 0); /* twice is no error, as az */
}

static void origins(void)
{
    static const struct {
        const char *link, *url; /* NULL: refused */
    } rows[] = {
        {"https://h:8443/a?b=c", "https://h:8443/a?b=c"},
        {"https://H:8443/a", ""},
        {"/a/b?skip=1", "https://h:8443/a/b?skip=1"},
        {"https://h:8443/a%2e%2e*b", "https://h:8443/a%2e%2e*b"},
        {"https://h/a", NULL},
        {"https://h:443/a", NULL},
        {"https://h:84430/a", NULL},
        {"https://h.evil:8443/a", NULL},
        {"https://evil/https://h:8443/", NULL},
        {"https://h:8443@evil/a", NULL},
        {"https://h:8443:x@evil:8443/a", NULL},
        {"https://u:p@h:8443/a", NULL},
        {"https://h:8443\\@evil/", NULL},
        {"//evil:8443/a", NULL},
        {"///evil:8443/a", NULL},
        {"http://h:8443/a", NULL},
        {"ftp://h:8443/a", NULL},
        {"file:///etc/passwd", NULL},
        {"https://h:8443/a#b", NULL},
        {"https://h:8443/a b", NULL},
        {"https://h:8443/a\r\nX: y", NULL},
        {"https://[::1]:8443/", NULL},
        {"", NULL},
    };
    char url[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = origin_follow("https://h:8443/", rows[i].link, url, sizeof url);
        if (good != (rows[i].url != NULL))
            fprintf(stderr, "  link \"%s\" gave \"%s\"\n", rows[i].link, url);
        CHECK(good == (rows[i].url != NULL));
        CHECK_STR(rows[i].url && !*rows[i].url ? "" : url, rows[i].url ? rows[i].url : "");
    }
    CHECK(!origin_follow("https://h", "/0123456789012345678901234567890123456789012345678901234567890", url, sizeof url));
    CHECK_STR(url, "");
    CHECK(origin_follow("https://h", "https://h:443/a", url, sizeof url)); /* the default port */
    CHECK(origin_valid("https://127.0.0.1:8443"));
    CHECK(origin_valid("https://[::1]:8443/"));
    CHECK(!origin_valid("h:8443"));
    CHECK(!origin_valid("https://h:x"));
}

int main(void)
{
    run_begin();
    put_text(at("root.pem"), "x");
    put_text(at("cert.pem"), "x");
    put_text(at("key.pem"), "x");
    REQUIRE(chmod(at("key.pem"), 0600) == 0);
    good();
    refused();
    profile_release(&profile);
    config();
    config_as_az();
    origins();
    free(caught);
    return check_done();
}
