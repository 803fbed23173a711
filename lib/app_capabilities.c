/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/app_capabilities.h"

#include <string.h>

#include "lib/guid.h"
#include "lib/host_name.h"
#include "lib/text.h"

enum { CORE_HIGH_LEVEL = 1, CORE_REAL_TIME = 2, CORE_ANY = 3 };
enum { WORD_BYTES = 32, TENANT_TEXT_BYTES = 64 };

/* read() grants nothing (false) for [] and false, which equal absence. */
struct capability {
    const char *key;
    int (*read)(struct app_reader *a, const struct capability *row, bool *granted);
    int bad;           /* error when the value is of the wrong shape */
    uint32_t argument; /* flag, peripheral kind or second error, as read() takes it */
    uint8_t cores;     /* where it may be granted */
};

/* Steps into an array; false when the value is something else. */
static bool array_enter(struct app_reader *a)
{
    if (json_peek(&a->r) != JSON_ARRAY)
        return false;
    json_enter(&a->r, JSON_ARRAY);
    return true;
}

/* -- booleans and power controls ------------------------------------------- */

static int flag_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    enum json_type type = json_peek(&a->r);
    if (type != JSON_TRUE && type != JSON_FALSE)
        return row->bad;
    *granted = json_get_bool(&a->r);
    if (*granted)
        a->m->flags |= row->argument;
    return 0;
}

static uint32_t power_control_find(struct span word)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } rows[] = {
        {"ForceReboot", APP_FLAG_FORCE_REBOOT},
        {"ForcePowerDown", APP_FLAG_FORCE_POWER_DOWN},
        {"SetPowerProfile", APP_FLAG_SET_POWER_PROFILE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_equal(word, rows[i].name))
            return rows[i].flag;
    return 0;
}

static int power_controls_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    char room[WORD_BYTES];
    struct span word;
    if (!array_enter(a))
        return row->bad;
    while (json_next(&a->r)) {
        uint32_t flag = 0;
        if (app_reader_word(a, room, sizeof room, &word) == 0)
            flag = power_control_find(word);
        if (!flag)
            return APP_MANIFEST_BAD_POWER_CONTROL;
        if (a->m->flags & flag)
            return row->bad;
        a->m->flags |= flag;
        *granted = true;
    }
    return *granted ? 0 : APP_MANIFEST_EMPTY_POWER_CONTROLS;
}

/* -- network --------------------------------------------------------------- */

static void lower(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] | 0x20);
}

static int connections_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    struct app_manifest *m = a->m;
    struct span name;
    if (!array_enter(a))
        return row->bad;
    while (json_next(&a->r)) {
        if (m->connection_count == APP_MANIFEST_CONNECTIONS_MAX)
            return APP_MANIFEST_TOO_LARGE;
        uint16_t *at = &m->connection[m->connection_count++];
        int err = app_reader_text(a, row->bad, at, &name);
        if (err)
            return err;
        if (!host_name_valid(name))
            return row->bad;
        lower(m->text + *at, name.len);
        *granted = true;
    }
    return 0;
}

static int ports_read(struct app_reader *a, const struct capability *row, uint16_t *port,
                      uint8_t *count)
{
    if (!array_enter(a))
        return row->bad;
    while (json_next(&a->r)) {
        if (*count == APP_MANIFEST_PORTS_MAX)
            return APP_MANIFEST_TOO_LARGE;
        uint64_t v = json_get_uint(&a->r, UINT16_MAX);
        if (v == 0) /* also what an error reads as */
            return (int)row->argument;
        port[(*count)++] = (uint16_t)v;
    }
    return 0;
}

static int tcp_ports_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    int err = ports_read(a, row, a->m->tcp_port, &a->m->tcp_port_count);
    *granted = a->m->tcp_port_count > 0;
    return err;
}

static int udp_ports_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    int err = ports_read(a, row, a->m->udp_port, &a->m->udp_port_count);
    *granted = a->m->udp_port_count > 0;
    return err;
}

/* -- identities and storage ------------------------------------------------ */

static int peers_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    struct app_manifest *m = a->m;
    if (!array_enter(a))
        return row->bad;
    while (json_next(&a->r)) {
        if (m->peer_count == APP_MANIFEST_PEERS_MAX)
            return APP_MANIFEST_TOO_LARGE;
        if (app_reader_guid(a, m->peer[m->peer_count++]) != 0)
            return row->bad;
        *granted = true;
    }
    return 0;
}

/* Published samples carry an all-zero id for the developer to replace.  It
 * grants nothing: zero names the OS's own key, which no application may use. */
static int device_authentication_read(struct app_reader *a, const struct capability *row,
                                      bool *granted)
{
    char room[TENANT_TEXT_BYTES]; /* the field's size on the device */
    struct span text;
    int err = app_reader_word(a, room, sizeof room, &text);
    if (err == E_LIMIT)
        return (int)row->argument;
    if (err || guid_parse(text, a->m->device_authentication) != 0)
        return row->bad;
    *granted = a->m->has_device_authentication = !guid_is_zero(a->m->device_authentication);
    return 0;
}

static int storage_size_read(struct app_reader *a)
{
    if (json_peek(&a->r) != JSON_NUMBER)
        return APP_MANIFEST_BAD_MUTABLE_STORAGE_SIZE;
    a->m->storage_kb = (uint32_t)json_get_uint(&a->r, APP_MANIFEST_STORAGE_KB_MAX);
    if (a->r.c.err == E_LIMIT)
        return APP_MANIFEST_MUTABLE_STORAGE_TOO_LARGE;
    return a->r.c.err ? APP_MANIFEST_BAD_MUTABLE_STORAGE_SIZE : 0;
}

static int storage_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    bool seen = false;
    if (json_peek(&a->r) != JSON_OBJECT)
        return row->bad;
    json_enter(&a->r, JSON_OBJECT);
    while (json_next(&a->r)) {
        uint8_t room[WORD_BYTES];
        struct writer key = writer_of(room, sizeof room);
        json_get_key(&a->r, &key);
        if (!text_equal(writer_view(&key), "SizeKB"))
            return row->bad;
        if (seen)
            return APP_MANIFEST_NOT_JSON;
        seen = true;
        int err = storage_size_read(a);
        if (err)
            return err;
    }
    *granted = a->m->storage_kb > 0;
    return seen ? 0 : APP_MANIFEST_NO_MUTABLE_STORAGE_SIZE;
}

/* -- peripherals ----------------------------------------------------------- */

/* Names "<prefix>0".."<prefix>count-1"; a raw number is the one of the
 * hardware header, which for UARTs starts at 4.  number in the manifest is the
 * block's, 0..count-1, however it was written. */
static const struct peripheral_row {
    const char *prefix; /* NULL: raw numbers only */
    uint16_t count;
    uint16_t raw_first;
    int unavailable; /* error for a number that does not exist */
} peripheral_rows[] = {
    [APP_PERIPHERAL_GPIO] = {NULL, UINT16_MAX, 0, APP_MANIFEST_BAD_GPIO},
    [APP_PERIPHERAL_UART] = {"ISU", 5, 4, APP_MANIFEST_UART_NOT_AVAILABLE},
    [APP_PERIPHERAL_I2C_MASTER] = {"ISU", 5, 0, APP_MANIFEST_BAD_PERIPHERAL},
    [APP_PERIPHERAL_SPI_MASTER] = {"ISU", 5, 0, APP_MANIFEST_BAD_PERIPHERAL},
    [APP_PERIPHERAL_I2S_SUBORDINATE] = {"ISU", 5, 0, APP_MANIFEST_BAD_PERIPHERAL},
    [APP_PERIPHERAL_PWM] = {"PWM-CONTROLLER-", 3, 0, APP_MANIFEST_BAD_PERIPHERAL},
    [APP_PERIPHERAL_ADC] = {"ADC-CONTROLLER-", 1, 0, APP_MANIFEST_BAD_PERIPHERAL},
};

struct pins {
    uint16_t first, last;
};

/* Pins of a block on the MT3620: a block takes one function as a whole. */
static struct pins pins_of(uint8_t kind, uint16_t number)
{
    static const struct pins isu[] = {{26, 30}, {31, 35}, {36, 40}, {66, 70}, {71, 75}};
    static const struct pins pwm[] = {{0, 3}, {4, 7}, {8, 11}};
    static const struct pins adc[] = {{41, 48}};
    switch (kind) {
    case APP_PERIPHERAL_GPIO: return (struct pins){number, number};
    case APP_PERIPHERAL_PWM: return pwm[number];
    case APP_PERIPHERAL_ADC: return adc[number];
    default: return isu[number];
    }
}

static int peripheral_add(struct app_manifest *m, uint8_t kind, uint16_t number)
{
    struct pins mine = pins_of(kind, number);
    if (m->peripheral_count == APP_MANIFEST_PERIPHERALS_MAX)
        return APP_MANIFEST_TOO_LARGE;
    for (size_t i = 0; i < m->peripheral_count; i++) {
        struct pins other = pins_of(m->peripheral[i].kind, m->peripheral[i].number);
        if (mine.first <= other.last && other.first <= mine.last)
            return APP_MANIFEST_PIN_TWICE;
    }
    m->peripheral[m->peripheral_count].kind = kind;
    m->peripheral[m->peripheral_count++].number = number;
    return 0;
}

/* The digits after the prefix: one to three, no leading zero. */
static int name_number(const char *prefix, struct span word, uint16_t *number)
{
    size_t skip = text_span(prefix).len, digits = word.len - skip;
    *number = 0;
    if (word.len <= skip || memcmp(word.at, prefix, skip) != 0 || digits > 3 ||
        (digits > 1 && word.at[skip] == '0'))
        return E_MALFORMED;
    for (size_t i = skip; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return E_MALFORMED;
        *number = (uint16_t)(*number * 10 + (word.at[i] - '0'));
    }
    return 0;
}

static int peripheral_read(struct app_reader *a, const struct capability *row, uint16_t *number)
{
    const struct peripheral_row *p = &peripheral_rows[row->argument];
    enum json_type type = json_peek(&a->r);
    char room[WORD_BYTES];
    struct span word;
    if (type == JSON_NUMBER) {
        uint64_t raw = json_get_uint(&a->r, UINT16_MAX);
        if (a->r.c.err == E_MALFORMED) /* negative or a fraction */
            return row->bad;
        if (a->r.c.err || raw < p->raw_first)
            return p->unavailable;
        *number = (uint16_t)(raw - p->raw_first);
    } else if (!p->prefix || app_reader_word(a, room, sizeof room, &word) != 0 ||
               name_number(p->prefix, word, number) != 0) {
        return row->bad;
    }
    return *number < p->count ? 0 : p->unavailable;
}

static int peripherals_read(struct app_reader *a, const struct capability *row, bool *granted)
{
    if (!array_enter(a))
        return row->bad;
    while (json_next(&a->r)) {
        uint16_t number = 0;
        int err = peripheral_read(a, row, &number);
        if (!err)
            err = peripheral_add(a->m, (uint8_t)row->argument, number);
        if (err)
            return err;
        *granted = true;
    }
    return 0;
}

/* -- the table ------------------------------------------------------------- */

#define FLAG(key, flag, bad) {key, flag_read, APP_MANIFEST_##bad, APP_FLAG_##flag, CORE_HIGH_LEVEL}
#define PINS(key, kind, bad, cores) \
    {key, peripherals_read, APP_MANIFEST_##bad, APP_PERIPHERAL_##kind, cores}

static const struct capability rows[] = {
    {"AllowedConnections", connections_read, APP_MANIFEST_BAD_ALLOWED_CONNECTIONS, 0, CORE_HIGH_LEVEL},
    {"AllowedTcpServerPorts", tcp_ports_read, APP_MANIFEST_BAD_TCP_PORTS, APP_MANIFEST_BAD_TCP_PORT,
     CORE_HIGH_LEVEL},
    {"AllowedUdpServerPorts", udp_ports_read, APP_MANIFEST_BAD_UDP_PORTS, APP_MANIFEST_BAD_UDP_PORT,
     CORE_HIGH_LEVEL},
    {"AllowedApplicationConnections", peers_read, APP_MANIFEST_BAD_APP_CONNECTIONS, 0, CORE_ANY},
    PINS("Gpio", GPIO, BAD_GPIO, CORE_ANY),
    PINS("Uart", UART, BAD_PERIPHERAL, CORE_ANY),
    PINS("I2cMaster", I2C_MASTER, BAD_PERIPHERAL, CORE_ANY),
    PINS("SpiMaster", SPI_MASTER, BAD_PERIPHERAL, CORE_ANY),
    PINS("I2sSubordinate", I2S_SUBORDINATE, BAD_PERIPHERAL, CORE_REAL_TIME),
    PINS("Pwm", PWM, BAD_PERIPHERAL, CORE_ANY),
    PINS("Adc", ADC, BAD_PERIPHERAL, CORE_ANY),
    {"MutableStorage", storage_read, APP_MANIFEST_BAD_MUTABLE_STORAGE, 0, CORE_HIGH_LEVEL},
    {"DeviceAuthentication", device_authentication_read, APP_MANIFEST_BAD_DEVICE_AUTHENTICATION,
     APP_MANIFEST_DEVICE_AUTHENTICATION_TOO_LONG, CORE_HIGH_LEVEL},
    FLAG("NetworkConfig", NETWORK_CONFIG, BAD_WIFI_CONFIG),
    FLAG("ReadNetworkProxyConfig", READ_NETWORK_PROXY_CONFIG, BAD_WIFI_CONFIG),
    FLAG("WifiConfig", WIFI_CONFIG, BAD_WIFI_CONFIG),
    FLAG("EnterpriseWifiConfig", ENTERPRISE_WIFI_CONFIG, BAD_ENTERPRISE_WIFI),
    FLAG("CertStore", CERT_STORE, BAD_CERT_STORE),
    FLAG("HardwareAddressConfig", HARDWARE_ADDRESS_CONFIG, BAD_WIFI_CONFIG),
    FLAG("SystemTime", SYSTEM_TIME, BAD_SYSTEM_TIME),
    FLAG("TimeSyncConfig", TIME_SYNC_CONFIG, BAD_TIME_SYNC_CONFIG),
    FLAG("SntpService", SNTP_SERVICE, BAD_SNTP_SERVICE),
    FLAG("DhcpService", DHCP_SERVICE, BAD_DHCP_SERVICE),
    FLAG("SystemEventNotifications", SYSTEM_EVENT_NOTIFICATIONS, BAD_SYSTEM_EVENTS),
    FLAG("SoftwareUpdateDeferral", SOFTWARE_UPDATE_DEFERRAL, BAD_UPDATE_DEFERRAL),
    {"PowerControls", power_controls_read, APP_MANIFEST_BAD_POWER_CONTROLS, 0, CORE_HIGH_LEVEL},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
_Static_assert(ROW_COUNT <= 32, "one bit of a mask for each row");

static size_t row_find(struct span key)
{
    size_t i = 0;
    while (i < ROW_COUNT && !text_equal(key, rows[i].key))
        i++;
    return i;
}

int app_capabilities_read(struct app_reader *a)
{
    uint8_t core = a->m->type == APP_TYPE_REAL_TIME_CAPABLE ? CORE_REAL_TIME : CORE_HIGH_LEVEL;
    uint32_t seen = 0;
    if (json_peek(&a->r) != JSON_OBJECT)
        return APP_MANIFEST_NO_CAPABILITIES;
    json_enter(&a->r, JSON_OBJECT);
    while (json_next(&a->r)) {
        uint8_t room[WORD_BYTES];
        struct writer key = writer_of(room, sizeof room);
        bool granted = false;
        json_get_key(&a->r, &key);
        size_t i = row_find(writer_view(&key)); /* a key too long for room finds none */
        if (i == ROW_COUNT)
            return APP_MANIFEST_CAPABILITY_NOT_ALLOWED;
        if (seen >> i & 1)
            return APP_MANIFEST_NOT_JSON;
        seen |= (uint32_t)1 << i;
        int err = rows[i].read(a, &rows[i], &granted);
        if (err)
            return err;
        if (granted && !(rows[i].cores & core))
            return APP_MANIFEST_CAPABILITY_NOT_ALLOWED;
    }
    return 0;
}
