/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/app_manifest.h"

#include <dirent.h>
#include <stdarg.h>

#include "lib/guid.h"
#include "tests/check.h"

#define FOLDER "testdata/app-manifest"

enum { DESCRIPTION_BYTES = 4096 };

static int parse_file(const char *name, struct app_manifest *m)
{
    char path[512];
    size_t len;
    snprintf(path, sizeof path, FOLDER "/%s", name);
    uint8_t *bytes = check_read_file(path, &len);
    int err = app_manifest_parse(span_of(bytes, len), m);
    free(bytes);
    return err;
}

/* -- what a manifest says, as one line ------------------------------------- */

static void say(char *line, const char *format, ...)
{
    va_list args;
    size_t len = strlen(line);
    va_start(args, format);
    vsnprintf(line + len, DESCRIPTION_BYTES - len, format, args);
    va_end(args);
}

static void describe(const struct app_manifest *m, char line[static DESCRIPTION_BYTES])
{
    static const char *const kinds[] = {"gpio", "uart", "i2c", "spi", "i2s", "pwm", "adc"};
    static const char *const types[] = {"", "real-time ", "debugger "};
    char guid[GUID_TEXT_BYTES];
    line[0] = 0;
    say(line, "%s", types[m->type]);
    for (size_t i = 0; i < m->arg_count; i++)
        say(line, "arg '%s' ", app_manifest_text(m, m->arg[i]));
    if (m->runtime_version)
        say(line, "runtime %u ", m->runtime_version);
    if (m->flags)
        say(line, "flags %x ", m->flags);
    for (size_t i = 0; i < m->connection_count; i++)
        say(line, "host %s ", app_manifest_text(m, m->connection[i]));
    for (size_t i = 0; i < m->tcp_port_count; i++)
        say(line, "tcp %u ", m->tcp_port[i]);
    for (size_t i = 0; i < m->udp_port_count; i++)
        say(line, "udp %u ", m->udp_port[i]);
    for (size_t i = 0; i < m->peer_count; i++) {
        guid_format(m->peer[i], guid);
        say(line, "peer %s ", guid);
    }
    for (size_t i = 0; i < m->peripheral_count; i++)
        say(line, "%s %u ", kinds[m->peripheral[i].kind], m->peripheral[i].number);
    if (m->storage_kb)
        say(line, "storage %u ", m->storage_kb);
    if (m->has_device_authentication) {
        guid_format(m->device_authentication, guid);
        say(line, "tenant %s ", guid);
    }
}

/* Every capability by itself, then the quirks of real manifests. */
static const struct good {
    const char *file;
    const char *says;
} goods[] = {
    {"good-minimal.json", ""},
    {"good-AllowedConnections.json",
     "host example.com host _http._tcp.local host 192.168.1.10 host 255.255.255.255 "},
    {"good-AllowedTcpServerPorts.json", "tcp 1 tcp 80 tcp 65535 "},
    {"good-AllowedUdpServerPorts.json",
     "udp 1 udp 2 udp 3 udp 4 udp 5 udp 6 udp 7 udp 8 udp 9 udp 10 "},
    {"good-AllowedApplicationConnections.json",
     "peer 005180bc-402f-4cb3-a662-72937dbcde47 peer 1689d8b2-c835-2e27-27ad-e894d6d15fa9 "},
    {"good-Gpio.json", "gpio 8 gpio 12 "},
    {"good-Uart.json", "uart 0 uart 4 "},
    {"good-I2cMaster.json", "i2c 2 "},
    {"good-SpiMaster.json", "spi 1 "},
    {"good-I2sSubordinate.json", "real-time i2s 3 "},
    {"good-Pwm.json", "pwm 0 pwm 2 "},
    {"good-Adc.json", "adc 0 "},
    {"good-MutableStorage.json", "storage 64 "},
    {"good-DeviceAuthentication.json", "tenant 005180bc-402f-4cb3-a662-72937dbcde47 "},
    {"good-NetworkConfig.json", "flags 1 "},
    {"good-ReadNetworkProxyConfig.json", "flags 2 "},
    {"good-WifiConfig.json", "flags 4 "},
    {"good-EnterpriseWifiConfig.json", "flags 8 "},
    {"good-CertStore.json", "flags 10 "},
    {"good-HardwareAddressConfig.json", "flags 20 "},
    {"good-SystemTime.json", "flags 40 "},
    {"good-TimeSyncConfig.json", "flags 80 "},
    {"good-SntpService.json", "flags 100 "},
    {"good-DhcpService.json", "flags 200 "},
    {"good-SystemEventNotifications.json", "flags 400 "},
    {"good-SoftwareUpdateDeferral.json", "flags 800 "},
    {"good-PowerControls.json", "flags 7000 "},
    {"good-real-time.json",
     "real-time peer 005180bc-402f-4cb3-a662-72937dbcde47 gpio 0 gpio 1 uart 0 i2c 1 spi 2 i2s 3 "
     "pwm 1 adc 0 "},
    {"good-real-time-false.json", "real-time "},
    {"good-any-order.json", "real-time i2s 0 "},
    {"good-debugger.json", "debugger "},
    {"good-type-default.json", ""},
    {"good-type-linux.json", ""},
    {"good-malloc-version.json", "runtime 12 "},
    {"good-no-cmd-args.json", ""},
    {"good-cmd-args.json", "arg '-v' arg '' arg 'a b' "},
    {"good-upper-case-guid.json", ""},
    {"good-false-and-empty.json", ""},
    {"good-byte-order-mark.json", ""},
    {"good-zero-tenant.json", ""}, /* and not the OS's own key */
    {"good-raw-numbers.json", "gpio 56 uart 0 uart 4 i2c 1 spi 2 pwm 1 adc 0 "},
    {"good-unknown-keys.json", ""},
    {"good-escapes.json", ""},
    {"good-long-name.json", ""},
};

static void good_vectors(void)
{
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        struct app_manifest m;
        char line[DESCRIPTION_BYTES], guid[GUID_TEXT_BYTES];
        int err = parse_file(goods[i].file, &m);
        if (err)
            fprintf(stderr, "%s: %s\n", goods[i].file, app_manifest_error_text(err));
        CHECK_INT(err, 0);
        describe(&m, line);
        CHECK_STR(line, goods[i].says);
        CHECK_STR(app_manifest_text(&m, m.entry_point), "/bin/app");
        guid_format(m.component, guid);
        CHECK_STR(guid, "25025d2c-66da-4448-bae1-ac26fcdd3627");
        CHECK_STR(app_manifest_text(&m, 0), "");
    }
}

static void everything_at_once(void)
{
    struct app_manifest m;
    CHECK_INT(parse_file("good-all.json", &m), 0);
    CHECK_INT(m.flags, 0x7fff);
    CHECK_INT(m.peripheral_count, 8);
    CHECK_INT(m.connection_count, 4);
    CHECK_INT(m.storage_kb, 64);
    CHECK(m.has_device_authentication);
    CHECK_INT(parse_file("good-escapes.json", &m), 0);
    CHECK_STR(app_manifest_text(&m, m.name), "App \xf0\x9f\x98\x80");
    /* each limit of the header, just met */
    CHECK_INT(parse_file("good-limits.json", &m), 0);
    CHECK_INT(m.arg_count, APP_MANIFEST_ARGS_MAX);
    CHECK_INT(m.connection_count, APP_MANIFEST_CONNECTIONS_MAX);
    CHECK_INT(m.tcp_port_count, APP_MANIFEST_PORTS_MAX);
    CHECK_INT(m.peer_count, APP_MANIFEST_PEERS_MAX);
    CHECK_INT(m.peripheral_count, APP_MANIFEST_PERIPHERALS_MAX);
}

/* -- a bad vector for each error ------------------------------------------- */

static const struct error {
    const char *name;
    int number;
} errors[] = {
#define ERROR_ROW(name, number, text) {#name, number},
    APP_MANIFEST_ERROR_TABLE(ERROR_ROW)
#undef ERROR_ROW
};

enum { ERROR_COUNT = sizeof errors / sizeof errors[0] };

/* Not to be seen in the text alone: they need the image or the device. */
static bool needs_more_than_text(int number)
{
    return number == APP_MANIFEST_ENTRY_POINT_MISSING ||
           number == APP_MANIFEST_ENTRY_POINT_NOT_FILE ||
           number == APP_MANIFEST_MANIFEST_MISSING ||
           number == APP_MANIFEST_DEVICE_AUTHENTICATION_UNAVAILABLE;
}

/* "bad-BAD_GPIO.negative.json": the row whose name stands before the dot. */
static size_t error_find(const char *file)
{
    const char *name = file + strlen("bad-");
    size_t len = strcspn(name, "."), i = 0;
    while (i < ERROR_COUNT &&
           (strlen(errors[i].name) != len || memcmp(errors[i].name, name, len) != 0))
        i++;
    return i;
}

static void bad_vectors(void)
{
    static const struct app_manifest zero;
    unsigned seen[ERROR_COUNT] = {0};
    DIR *dir = opendir(FOLDER);
    REQUIRE(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct app_manifest m;
        if (strncmp(e->d_name, "bad-", 4) != 0)
            continue;
        size_t row = error_find(e->d_name);
        REQUIRE(row < ERROR_COUNT);
        int err = parse_file(e->d_name, &m);
        if (err != errors[row].number)
            fprintf(stderr, "%s: %s\n", e->d_name, app_manifest_error_text(err));
        CHECK_INT(err, errors[row].number);
        CHECK(memcmp(&m, &zero, sizeof m) == 0);
        seen[row]++;
    }
    closedir(dir);
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        if ((seen[i] == 0) != needs_more_than_text(errors[i].number))
            fprintf(stderr, "%s: %u vectors\n", errors[i].name, seen[i]);
        CHECK_INT(seen[i] == 0, needs_more_than_text(errors[i].number));
    }
}

/* -- cut and flip ---------------------------------------------------------- */

/* A prefix is no JSON.  A flipped bit may make another good manifest (a letter
 * of the name), but never one that says more than it says. */
static void cut_and_flip(void)
{
    size_t len;
    uint8_t *bytes = check_read_file(FOLDER "/good-cmd-args.json", &len);
    struct app_manifest m;
    REQUIRE(bytes[len - 1] == '\n' && bytes[len - 2] == '}');
    for (size_t cut = 0; cut < len - 1; cut++)
        CHECK_INT(app_manifest_parse(span_of(bytes, cut), &m), APP_MANIFEST_NOT_JSON);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (app_manifest_parse(span_of(bytes, len), &m) == 0)
            CHECK(m.flags == 0 && m.peripheral_count == 0 && m.connection_count == 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_INT(app_manifest_parse(span_of(bytes, len), &m), 0);
    free(bytes);
}

static void error_texts(void)
{
    CHECK_STR(app_manifest_error_text(2097174), "EntryPoint is not in the image");
    CHECK_STR(app_manifest_error_text(0), "unknown error");
    CHECK_STR(app_manifest_error_text(-1), "unknown error");
    for (size_t i = 0; i < ERROR_COUNT; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(errors[i].number != errors[k].number);
}

int main(void)
{
    good_vectors();
    everything_at_once();
    bad_vectors();
    cut_and_flip();
    error_texts();
    return check_done();
}
