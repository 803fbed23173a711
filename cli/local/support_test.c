/* SPDX-License-Identifier: BSD-2-Clause */
/* peri get-support-data: what is in the archive, what is not, and that a broken system has one too. */
#include <zip.h>

#include "cli/client/server_fixture_test.h"

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RUN(...) PERI("get-support-data", "--profile", run_folder, __VA_ARGS__)

static struct server service, device;

static const struct answer service_rows[] = {
    {"GET /subscriptions/s/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c?", "200 OK", "{\"name\":\"c\"}", 0, 0, false},
    {"GET /subscriptions/s/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c/images?", "403 Forbidden",
     "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no right\"}}", 0, 0, false},
    {"", "200 OK", "{\"value\":[]}", 0, 0, false},
    {NULL, NULL, NULL, 0, 0, false},
};
static const struct answer device_rows[] = {
    {"GET /device/security_state ", "200 OK", "{\"deviceIdentifier\":\"" ID "\"}", 0, 0, false},
    {"GET /log ", "200 OK", "boot\npsk=hunter22 \nHostName=h;SharedAccessKey=c2VjcmV0;x\n", 0, 0, false},
    {"GET /net/status ", "200 OK", "{\"passwords\":[\"never\",\"never again\"],\"said\":\"{\\\"psk\\\":\\\"never\\\"}\"}", 0, 0, false},
    {"", "404 Not Found", "{\"error\":15728642}", 0, 0, false},
    {NULL, NULL, NULL, 0, 0, false},
};

/* Text of an entry, "" without one. */
static const char *entry(const char *file, const char *name)
{
    static char text[65536];
    int err;
    zip_t *zip = zip_open(file, ZIP_RDONLY, &err);
    REQUIRE(zip != NULL);
    zip_file_t *from = zip_fopen(zip, name, 0);
    zip_int64_t n = from ? zip_fread(from, text, sizeof text - 1) : 0;
    text[n > 0 ? n : 0] = 0;
    if (from)
        zip_fclose(from);
    zip_discard(zip);
    return text;
}

static void whole(void)
{
    struct stat st;
    const char *file = at("a.zip");
    put_text(file, "an older one"); /* open to all: the new one is not */
    REQUIRE(chmod(file, 0666) == 0);
    server_expect(&service, service_rows);
    server_expect(&device, device_rows);
    CHECK_INT(RUN("-of", file, "--query", "outputFile", "-o", "tsv"), 0);
    CHECK_HAS(run_out, "a.zip\n");
    CHECK(!strstr(run_err, "AuthorizationFailed")); /* that is for errors.txt */
    CHECK(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600);
    CHECK_HAS(entry(file, "README.txt"), "look at device-N/log.txt");
    CHECK_HAS(entry(file, "system.json"), "\"peri\": \"");
    CHECK_HAS(entry(file, "profile.json"), "\"endpoint\": \"https://127.0.0.1:");
    CHECK(!strstr(entry(file, "profile.json"), "hidden"));
    CHECK_HAS(entry(file, "certificates/operator.txt"), "Subject: CN=client");
    CHECK_HAS(entry(file, "certificates/service-root.txt"), "Subject: CN=ca");
    CHECK_HAS(entry(file, "service/catalog.json"), "\"name\": \"c\"");
    CHECK_HAS(entry(file, "service/products.json"), "[]");
    CHECK_STR(entry(file, "service/images.json"), "");
    CHECK_HAS(entry(file, "errors.txt"), "service/images.json:\nperi: (AuthorizationFailed) no right");
    CHECK_HAS(entry(file, "attached-devices.json"), ID);
    CHECK_HAS(entry(file, "device-1/security-state.json"), ID);
    CHECK_HAS(entry(file, "device-1/log.txt"), "boot\npsk=(left out) \nHostName=h;SharedAccessKey=(left out);x\n");
    CHECK_HAS(entry(file, "device-1/network-status.json"), "(left out)");
    CHECK_HAS(entry(file, "errors.txt"), "device-1/images.json:\nperi: this device's OS does not know /images");

    /* No secret of any entry, the operator's key above all. */
    int err;
    char key[4096];
    read_back(at("key.pem"), key, sizeof key);
    char *line = strchr(key, '\n');
    REQUIRE(line && strlen(line) > 60);
    line[50] = 0;
    zip_t *zip = zip_open(file, ZIP_RDONLY, &err);
    REQUIRE(zip != NULL);
    zip_int64_t count = zip_get_num_entries(zip, 0);
    CHECK(count >= 14);
    for (zip_int64_t i = 0; i < count; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s", zip_get_name(zip, (zip_uint64_t)i, 0));
        const char *text = entry(file, name);
        CHECK(!strstr(text, line + 1) && !strstr(text, "PRIVATE KEY") && !strstr(text, "hunter22") && !strstr(text, "c2VjcmV0") &&
              !strstr(text, "never"));
    }
    zip_discard(zip);
}

/* Nobody answers: an archive that says so. */
static void broken(void)
{
    server_stop(&service);
    server_stop(&device);
    CHECK_INT(RUN("--output-file", at("b.zip")), 0);
    CHECK_HAS(entry(at("b.zip"), "errors.txt"), "service/catalog.json:\nperi: GET https://127.0.0.1:");
    CHECK_HAS(entry(at("b.zip"), "errors.txt"), "is the service running");
    CHECK_HAS(entry(at("b.zip"), "attached-devices.json"), "[]");
    CHECK_STR(entry(at("b.zip"), "service/products.json"), ""); /* not asked again and again */
}

static void refused(void)
{
    CHECK_INT(RUN("-of", at("c.txt")), 2);
    CHECK_HAS(run_err, "ends with .zip");
    CHECK_INT(RUN("-of", at("none/c.zip")), 1);
    CHECK_HAS(run_err, "cannot write");
    CHECK(!exists(at("c.txt")));
}

int main(void)
{
    char text[512];
    run_begin();
    struct identity ca = identity_make("ca", NULL, NULL), server = identity_make("server", &ca, "IP:127.0.0.1"),
                    client = identity_make("client", &ca, NULL), own = identity_make("device", NULL, NULL);
    identity_save(&ca, at("root.pem"), NULL);
    identity_save(&client, at("cert.pem"), at("key.pem"));
    server_start(&service, &server, &ca);
    server_start(&device, &own, NULL);
    snprintf(text, sizeof text, "{\"endpoint\":\"https://127.0.0.1:%u\",\"subscription\":\"s\",\"resourceGroup\":\"g\",\"catalog\":\"c\","
             "\"ca\":\"root.pem\",\"certificate\":\"cert.pem\",\"key\":\"key.pem\",\"note\":\"hidden\"}", service.port);
    put_text(at("profile.json"), text);
    snprintf(text, sizeof text, "127.0.0.1:%u", device.port);
    setenv("PERI_DEVICE", text, 1);
    whole();
    refused();
    broken();
    identity_release(&ca);
    identity_release(&server);
    identity_release(&client);
    identity_release(&own);
    free(caught);
    return check_done();
}
