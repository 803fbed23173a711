/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands to an attached device, against one that says what the test wants: what is asked
 * of it, what is printed (as az prints it: testdata/az-sphere/surface.json), how it is found.
 * The real gatewayd is in os/gatewayd/gatewayd_test.c.
 */
#include "cli/client/server_fixture_test.h"
#include "cli/surface_fixture_test.h"

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define APP "25025d2c-66da-4448-bae1-ac26fcdd3627"
#define NETWORK "{\"id\":0,\"ssid\":\"s\",\"configState\":\"enabled\",\"connectionState\":\"connected\",\"securityState\":\"psk\"}"
#define PROXY "{\"enabled\":false,\"address\":\"p\",\"port\":8080,\"noProxyAddresses\":[],\"authenticationType\":\"anonymous\"}"
#define INTERFACE "{\"interfaceName\":\"eth0\",\"interfaceUp\":true,\"connectedToNetwork\":true,\"ipAcquired\":true," \
                  "\"ipAddresses\":[],\"hardwareAddress\":\"02:00:00:00:00:01\"}"

static struct server device, other;
static struct identity own, another;

#define OTHERWISE {"", "404 Not Found", "{\"error\":15728642}"} /* 15.2: no such path */
static const struct answer routes[] = {
    {"GET /device/security_state ", "200 OK", "{\"securityState\":\"SECURE\",\"deviceIdentifier\":\"" ID "\"}"},
    {"GET /device/manufacturing_state ", "200 OK", "{\"manufacturingState\":\"DeviceComplete\"}"},
    {"PUT /device/manufacturing_state ", "200 OK", "{\"manufacturingState\":\"DeviceComplete\"}"},
    {"GET /device/capabilities ", "200 OK", "{\"device_capabilities\":[11,13,77]}"},
    {"PUT /device/capabilities", "200 OK", "{\"device_capabilities\":[11]}"},
    {"DELETE /device/capabilities", "200 OK", "{\"device_capabilities\":[]}"},
    {"GET /osversion ", "200 OK", "{\"osversion\":\"" APP "\"}"},
    {"GET /status ", "200 OK", "{\"uptime\":5}"},
    {"GET /app/status ", "200 OK", "{\"apps\":[{\"componentId\":\"" APP "\",\"state\":\"running\"}]}"},
    {"GET /app/status/" APP " ", "200 OK", "{\"state\":\"running\"}"},
    {"PATCH /app/status/" APP " ", "200 OK", "{\"state\":\"stopped\"}"},
    {"GET /app/quota/" APP " ", "200 OK", "{\"UsageKB\":1,\"LimitKB\":8}"},
    {"GET /stats/memory/groups/applications ", "200 OK",
     "{\"memoryStats\":{\"currentMemoryUsageInBytes\":1,\"userModeMemoryUsageInBytes\":1,\"peakUserModeMemoryUsageInBytes\":1},\"apps\":[]}"},
    {"GET /images ", "200 OK",
     "{\"components\":[{\"uid\":\"" APP "\",\"image_type\":10,\"under_development\":true,\"images\":[{\"uid\":\"" APP "\",\"length_in_bytes\":5}]}]}"},
    {"DELETE /app/image/" APP " ", "200 OK", "{\"restartingSystem\":false}"},
    {"GET /net/interfaces ", "200 OK", "{\"interfaces\":[" INTERFACE "]}"},
    {"PATCH /net/interfaces/eth0 ", "200 OK", INTERFACE},
    {"GET /net/status ", "200 OK", "{\"deviceAuthenticationIsReady\":true,\"networkTimeSync\":\"complete\",\"proxy\":\"disabled\"}"},
    {"GET /net/firewall/rulesets ", "200 OK", "{\"rulesets\":[{\"hook\":\"INPUT\",\"isValid\":true,\"rules\":[]}]}"},
    {"GET /net/proxy ", "200 OK", PROXY},
    {"POST /net/proxy ", "200 OK", "{\"enabled\":true,\"address\":\"p\",\"port\":8080,\"noProxyAddresses\":[],\"authenticationType\":\"basic\",\"password\":\"x\"}"},
    {"DELETE /net/proxy ", "200 OK", "{}"},
    {"GET /certstore/certs ", "200 OK", "{\"identifiers\":[\"a\"]}"},
    {"GET /certstore/certs/a ", "200 OK", "{\"id\":\"a\",\"notBefore\":\"1\",\"notAfter\":\"2\",\"subjectName\":\"s\",\"issuerName\":\"i\"}"},
    {"POST /certstore/certs/a ", "200 OK", "{}"},
    {"DELETE /certstore/certs/a ", "200 OK", "{}"},
    {"GET /certstore/space ", "200 OK", "{\"AvailableSpace\":9}"},
    {"GET /wifi/config/networks ", "200 OK", "{\"values\":[" NETWORK "]}"},
    {"POST /wifi/config/networks ", "201 Created", NETWORK},
    {"GET /wifi/config/networks/0 ", "200 OK", NETWORK},
    {"PATCH /wifi/config/networks/0 ", "200 OK", NETWORK},
    {"DELETE /wifi/config/networks/0 ", "200 OK", "{}"},
    {"GET /wifi/scan ", "200 OK", "{\"values\":[{\"bssid\":\"b\",\"freq\":1,\"securityState\":\"psk\",\"signal_level\":1,\"ssid\":\"s\"}]}"},
    {"GET /wifi/interface ", "200 OK", "{\"ssid\":\"s\",\"configState\":\"enabled\",\"connectionState\":\"connected\",\"ip_address\":\"1\"}"},
    {"PATCH /wifi/interface ", "200 OK", "{}"},
    {"GET /wifi/diagnostics/networks ", "200 OK",
     "{\"values\":[{\"networkId\":0,\"ssid\":\"s\",\"configState\":\"enabled\",\"connectionState\":\"disconnected\",\"error\":\"WrongKey\"}]}"},
    {"GET /wifi/diagnostics/networks/0 ", "200 OK", "{\"networkId\":0}"},
    {"POST /restart ", "200 OK", "{}"},
    OTHERWISE,
    {NULL, NULL, NULL, 0, 0, false},
};

/* command of az sphere; its options; the last request, and a part of its body */
static const struct {
    const char *command, *options, *request, *body;
} rows[] = {
    {"device list-attached", "", "GET /device/security_state ", ""},
    {"device rescan-attached", "", "GET /device/security_state ", ""},
    {"device show-attached", "", "GET /status ", ""},
    {"device show-os-version", "", "GET /osversion ", ""},
    {"device restart", "", "POST /restart ", ""},
    {"device app show-status", "", "GET /app/status ", ""},
    {"device app start", "", "PATCH /app/status/" APP " ", "{\"trigger\":\"start\"}"},
    {"device app stop", "", "PATCH /app/status/" APP " ", "{\"trigger\":\"stop\"}"},
    {"device app show-quota", "", "GET /app/quota/" APP " ", ""},
    {"device app show-memory-stats", "", "GET /stats/memory/groups/applications ", ""},
    {"device image list-installed", "", "GET /images ", ""},
    {"device sideload delete", "", "DELETE /app/image/" APP " ", ""},
    {"device capability show-attached", "", "GET /device/capabilities ", ""},
    {"device capability update", "--capability-file FILE", "PUT /device/capabilities ", "-----BEGIN"},
    {"device capability apply", "--none", "DELETE /device/capabilities/session ", ""},
    {"device manufacturing-state show", "", "GET /device/manufacturing_state ", ""},
    {"device manufacturing-state update", "-s DeviceComplete", "PUT /device/manufacturing_state ", "{\"manufacturingState\":\"DeviceComplete\"}"},
    {"device network list-interfaces", "", "GET /net/interfaces ", ""},
    {"device network show-status", "", "GET /net/status ", ""},
    {"device network enable", "--interface eth0", "PATCH /net/interfaces/eth0 ", "{\"interfaceUp\":true}"},
    {"device network disable", "--interface eth0", "PATCH /net/interfaces/eth0 ", "{\"interfaceUp\":false}"},
    {"device network update-interface", "--interface eth0 --hardware-address 02:00:00:00:00:01", "PATCH /net/interfaces/eth0 ",
     "{\"hardwareAddress\":\"02:00:00:00:00:01\"}"},
    {"device network list-firewall-rules", "", "GET /net/firewall/rulesets ", ""},
    {"device network show-diagnostics", "", "GET /wifi/diagnostics/networks ", ""},
    {"device network proxy show", "", "GET /net/proxy ", ""},
    {"device network proxy apply", "-a p -r 8080 -t anonymous --enable -n a b", "POST /net/proxy ",
     "{\"enabled\":true,\"address\":\"p\",\"port\":8080,\"noProxyAddresses\":[\"a\",\"b\"],\"authenticationType\":\"anonymous\"}"},
    {"device network proxy apply", "-a p -r 8080 -t basic -u me -p you", "POST /net/proxy ",
     "\"enabled\":false,\"address\":\"p\",\"port\":8080,\"noProxyAddresses\":[],\"authenticationType\":\"basic\",\"username\":\"me\",\"password\":\"you\"}"},
    {"device network proxy enable", "", "POST /net/proxy ", "{\"enabled\":true,\"address\":\"p\""},
    {"device network proxy disable", "", "POST /net/proxy ", "{\"enabled\":false,\"address\":\"p\""},
    {"device network proxy delete", "", "DELETE /net/proxy ", ""},
    {"device certificate list", "", "GET /certstore/certs ", ""},
    {"device certificate show", "-c a", "GET /certstore/certs/a ", ""},
    {"device certificate show-quota", "", "GET /certstore/space ", ""},
    {"device certificate add", "-c a -t rootca -p FILE", "POST /certstore/certs/a ", "{\"certType\":\"rootca\",\"publicCert\":\"-----BEGIN"},
    {"device certificate add", "-c a -t Client -p FILE --private-key-file FILE -w geheim", "POST /certstore/certs/a ", "\"password\":\"geheim\"}"},
    {"device certificate delete", "-c a", "DELETE /certstore/certs/a ", ""},
    {"device wifi list", "", "GET /wifi/config/networks ", ""},
    {"device wifi add", "-s s -p 12345678 --config-name n", "POST /wifi/config/networks ",
     "{\"ssid\":\"s\",\"securityState\":\"psk\",\"configState\":\"enabled\",\"targetedScan\":false,\"psk\":\"12345678\",\"configName\":\"n\"}"},
    {"device wifi add", "-s s --targeted-scan", "POST /wifi/config/networks ", "\"securityState\":\"open\",\"configState\":\"enabled\",\"targetedScan\":true}"},
    {"device wifi add", "-s s --client-cert-id c --client-id u@d --root-ca-cert-id r", "POST /wifi/config/networks ",
     "\"securityState\":\"eaptls\""},
    {"device wifi show", "-i 0", "GET /wifi/config/networks/0 ", ""},
    {"device wifi enable", "--id 0", "PATCH /wifi/config/networks/0 ", "{\"configState\":\"enabled\"}"},
    {"device wifi disable", "--id 0", "PATCH /wifi/config/networks/0 ", "{\"configState\":\"disabled\"}"},
    {"device wifi forget", "--id 0", "DELETE /wifi/config/networks/0 ", ""},
    {"device wifi scan", "", "GET /wifi/scan ", ""},
    {"device wifi show-status", "", "GET /wifi/interface ", ""},
    {"device wifi reload-config", "", "PATCH /wifi/interface ", "{\"reloadConfig\":true}"},
    {"device sideload show-deployment-timeout", "", NULL, NULL},
    {"show-sdk-version", "", NULL, NULL},
};

/* peri with these words; FILE stands for a PEM file. */
static int say(const char *words)
{
    static char copy[1024];
    const char *argv[32] = {run_program()};
    size_t n = 1;
    char *next;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &next); word && n < 31; word = strtok_r(NULL, " ", &next))
        argv[n++] = strcmp(word, "FILE") == 0 ? at("file.pem") : word;
    argv[n] = NULL;
    return run_argv(argv, NULL);
}

static void commands(void)
{
    char words[512];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server_expect(&device, routes);
        snprintf(words, sizeof words, "%s %s", rows[i].command, rows[i].options);
        CHECK_INT(say(words), 0);
        if (run_err[0] && !strstr(run_err, "restarts"))
            fprintf(stderr, "  %s: %s", words, run_err);
        surface_check(rows[i].command, run_out);
        if (!rows[i].request) {
            CHECK_INT((int)device.seen_count, 0);
            continue;
        }
        REQUIRE(device.seen_count > 0);
        const char *last = device.seen[device.seen_count - 1];
        CHECK(strncmp(last, rows[i].request, strlen(rows[i].request)) == 0);
        CHECK_HAS(last, rows[i].body);
        CHECK(!strstr(run_out, "password")); /* of the proxy: not even if a device says it */
    }
    server_expect(&device, routes);
    CHECK_INT(say("device capability show-attached"), 0);
    CHECK_HAS(run_out, "\"EnableAppDevelopment\",\n  \"EnableFieldServicing\",\n  77\n");
    CHECK_INT(say("device app show-status -i " APP " --query state -o tsv"), 0);
    CHECK_STR(run_out, "running\n");
    CHECK_INT(say("device network show-diagnostics -n 0"), 0);
    CHECK_INT(say("device wifi list --verbose"), 0);
    CHECK_HAS(run_err, "/wifi/config/networks: 200, ");
}

static void refused_here(void)
{
    static const char *const lines[] = {
        "device wifi add -s", "device wifi add -s s -p short", "device wifi add -s s -p 12345678 --client-cert-id c",
        "device wifi add -s s --client-id u@d", "device wifi add -s s --config-name 12345678901234567", "device wifi show -i ../x",
        "device wifi show -i .", "device wifi forget -i 0/1", "device certificate show -c 12345678901234567",
        "device certificate add -c a -t other -p FILE", "device certificate add -c a -t client -p FILE",
        "device certificate add -c a -t rootca -p FILE --private-key-file FILE", "device certificate add -c a -t rootca -p FILE -w x",
        "device network proxy apply -a p -r 0 -t anonymous", "device network proxy apply -a p -r 1 -t basic",
        "device network proxy apply -a p -r 1 -t basic -u me", "device network proxy apply -a p -r 1 -t anonymous -u me -p x",
        "device network proxy apply -a p -r 1 -t digest", "device network update-interface --interface eth0 --hardware-address 02:00",
        "device network enable --interface a/b", "device network enable", "device app start --debug-mode", "device app start -i x",
        "device sideload set-deployment-timeout -v 0", "device sideload set-deployment-timeout -v x", "device show-attached -d a_b",
        "device show-attached -d 192.168.35.2/x", "device manufacturing-state update -s Blank", "device app show-status --debug-mode",
    };
    server_expect(&device, routes);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_INT(say(lines[i]), 2);
        CHECK(run_err[0]);
    }
    put_text(at("file.pem"), "no PEM");
    CHECK_INT(say("device certificate add -c a -t rootca -p FILE"), 1);
    CHECK_HAS(run_err, "is no PEM file");
    put_text(at("file.pem"), "-----BEGIN CERTIFICATE-----\n");
    CHECK_INT((int)device.connections, 0); /* nothing was asked of the device */
}

/* A device that has none of it says so, and the user reads what it is. */
static void not_there(void)
{
    static const struct answer nothing[] = {OTHERWISE, {NULL, NULL, NULL, 0, 0, false}};
    static const struct {
        const char *line, *text;
    } lines[] = {
        {"device wifi list", "has no Wi-Fi"}, {"device wifi show-status", "has no Wi-Fi"},
        {"device network show-diagnostics", "has no Wi-Fi"}, {"device certificate list", "keeps no certificates"},
        {"device network proxy show", "takes no network proxy"}, {"device network list-firewall-rules", "packet filter"},
        {"device network disable --interface eth0", "does not change interfaces"},
        {"device app show-memory-stats", "counts no memory"}, {"device show-os-version", "does not know /osversion"},
    };
    server_expect(&device, nothing);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_INT(say(lines[i].line), 1);
        CHECK_HAS(run_err, lines[i].text);
        CHECK_STR(run_out, "");
    }
    static const struct answer stranger[] = {{"", "404 Not Found", "<html>"}, {NULL, NULL, NULL, 0, 0, false}};
    server_expect(&device, stranger); /* somebody else's server at the address */
    CHECK_INT(say("device network proxy show"), 1);
    CHECK_HAS(run_err, "what answers there is no device");
}

/* By its id, by one address of several, and as the device that a command of the service means. */
static void found(void)
{
    char words[512], names[256];
    static const struct answer stranger[] = {
        {"GET /device/security_state ", "200 OK", "{\"deviceIdentifier\":\"x\"}"}, OTHERWISE, {NULL, NULL, NULL, 0, 0, false}};
    server_expect(&device, routes);
    server_expect(&other, stranger);
    snprintf(names, sizeof names, "127.0.0.1:%u 127.0.0.1:%u", other.port, device.port);
    setenv("PERI_DEVICE", names, 1);
    CHECK_INT(say("device list-attached --query [].ipAddress -o tsv"), 0);
    snprintf(words, sizeof words, "127.0.0.1:%u\n", device.port); /* who says no id is no device */
    CHECK_STR(run_out, words);
    CHECK_INT(say("device rescan-attached"), 0);
    CHECK_STR(run_out, "1\n");
    CHECK_INT(say("device show-os-version -d " ID), 0);
    CHECK_INT(say("device show-os-version -d 00" ID), 2);
    CHECK_INT(say("device show-os-version"), 1); /* the first of the list */
    /* A profile, for commands that go to the service afterwards: to none, and they do not come so far. */
    identity_save(&own, at("root.pem"), at("key.pem"));
    put_text(at("profile.json"), "{\"endpoint\":\"https://127.0.0.1:1\",\"subscription\":\"s\",\"resourceGroup\":\"g\","
                                 "\"catalog\":\"c\",\"ca\":\"root.pem\",\"certificate\":\"root.pem\",\"key\":\"key.pem\"}");
    /* Whoever needs to know who it is asks in one way, and changes nothing for a device without a name. */
    static const char *const askers[] = {"device enable-development", "device enable-cloud-test", "device show"};
    for (size_t i = 0; i < sizeof askers / sizeof askers[0]; i++) {
        CHECK_INT(say(askers[i]), 1);
        CHECK_HAS(run_err, "the device does not say who it is");
    }
    setenv("PERI_DEVICE", "127.0.0.1:1", 1);
    CHECK_INT(say("device list-attached"), 0); /* found again: it was met before */
    CHECK_HAS(run_out, "\"connectionPath\": \"known-devices\"");
    CHECK_INT(say("device show-os-version -d " ID), 0);
    server_stop(&device);
    CHECK_INT(say("device list-attached"), 0);
    CHECK_STR(run_out, "[]\n");
    CHECK_INT(say("device show-os-version -d " ID), 4);
    CHECK_HAS(run_err, "is not attached");
    CHECK_INT(say("device show-os-version"), 4);
    CHECK_HAS(run_err, "no device answers at 127.0.0.1:1");
    CHECK_INT(say("device show"), 4);
    CHECK_HAS(run_err, "without an attached device, --device names one by its id");
    CHECK_INT(say("device enable-development"), 4);
    CHECK_HAS(run_err, "no device answers at 127.0.0.1:1");
    CHECK_INT(say("device sideload set-deployment-timeout --value 12"), 0);
    CHECK_INT(say("device sideload show-deployment-timeout"), 0);
    CHECK_STR(run_out, "12\n");
    put_text(at("deployment-timeout"), "x\n");
    CHECK_INT(say("device sideload show-deployment-timeout"), 1);
    CHECK_HAS(run_err, "holds no number of seconds");
}

/* With its capability goes the right to have a complete device restarted at its cable: that is said, and no failure. */
static void given_back(void)
{
#define GROUP_PATH "/subscriptions/s/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c/products/p/deviceGroups/"
    static const struct answer complete[] = {
        {"GET /device/security_state ", "200 OK", "{\"deviceIdentifier\":\"" ID "\"}"},
        {"GET /images ", "200 OK", "{\"components\":[]}"},
        {"DELETE /device/capabilities ", "200 OK", "{\"device_capabilities\":[]}"},
        {"GET /device/manufacturing_state ", "200 OK", "{\"manufacturingState\":\"DeviceComplete\"}"},
        {"POST /restart ", "403 Forbidden", "{\"error\":10485778}"}, /* 10.18 */
        {NULL, NULL, NULL, 0, 0, false}};
    static const struct answer service[] = {
        {"POST ", "200 OK", "{\"value\":[{\"id\":\"" GROUP_PATH "Development/devices/" ID "\",\"name\":\"" ID "\"}]}"},
        {"PATCH ", "200 OK", "{\"id\":\"" GROUP_PATH "Field Test/devices/" ID "\",\"name\":\"" ID "\"}"},
        {NULL, NULL, NULL, 0, 0, false}};
    struct identity named = identity_make("service", &own, "IP:127.0.0.1");
    static struct server its;
    char text[512];
    server_start(&its, &named, NULL);
    server_expect(&its, service);
    server_expect(&device, complete);
    identity_save(&own, at("root.pem"), at("key.pem"));
    snprintf(text, sizeof text, "{\"endpoint\":\"https://127.0.0.1:%u\",\"subscription\":\"s\",\"resourceGroup\":\"g\","
             "\"catalog\":\"c\",\"ca\":\"root.pem\",\"certificate\":\"root.pem\",\"key\":\"key.pem\"}", its.port);
    put_text(at("profile.json"), text);
    CHECK_INT(say("device enable-cloud-test --query deviceGroup -o tsv"), 0);
    CHECK_STR(run_out, "Field Test\n");
    CHECK_HAS(run_err, "restarts for nobody at its cable");
    server_stop(&its);
    identity_release(&named);
}

int main(void)
{
    char address[64];
    run_begin();
    setenv("PERI_PROFILE", run_folder, 1);
    own = identity_make("device", NULL, NULL);
    another = identity_make("other", NULL, NULL);
    server_start(&device, &own, NULL);
    server_start(&other, &another, NULL);
    snprintf(address, sizeof address, "127.0.0.1:%u", device.port);
    setenv("PERI_DEVICE", address, 1);
    put_text(at("file.pem"), "-----BEGIN CERTIFICATE-----\n");
    server_expect(&device, routes);
    CHECK_INT(say("device show-os-version"), 0);
    CHECK_HAS(run_err, "is new here");
    commands();
    refused_here();
    not_there();
    given_back();
    found();
    server_stop(&other);
    identity_release(&own);
    identity_release(&another);
    free(caught);
    return check_done();
}
