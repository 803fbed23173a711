/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Application manifest, app_manifest.json: what an application is and what it
 * may do.
 * Source: docs/spec/app-manifest.md.  Writer: a developer, minified and with
 * $NAMEs replaced by peri image-package.  Reader: packer, service, application
 * manager.  Trust: hostile JSON (RFC 8259, UTF-8, an optional BOM) until
 * app_manifest_parse() returned 0.
 *
 * Numbered errors: the same 32-bit codes that Azure Sphere reports,
 * (subsystem << 20) | error; app_manifest_error_text() explains each.
 * Unknown top-level keys are tolerated, unknown capabilities are refused.
 * Strings live in text[], terminated; offsets index it; 0 is the empty string.
 */
#ifndef PERI_LIB_APP_MANIFEST_H
#define PERI_LIB_APP_MANIFEST_H

#include <stdbool.h>

#include "lib/cursor.h"

enum {
    APP_MANIFEST_BYTES_MAX = 65536,
    APP_MANIFEST_TEXT_BYTES = 8192,
    APP_MANIFEST_ARGS_MAX = 32,
    APP_MANIFEST_CONNECTIONS_MAX = 32,
    APP_MANIFEST_PORTS_MAX = 10,
    APP_MANIFEST_PEERS_MAX = 8,
    APP_MANIFEST_PERIPHERALS_MAX = 96,
    APP_MANIFEST_STORAGE_KB_MAX = 64,
};

/* What app_manifest_parse() reports: the reference's numbers. */
#define APP_MANIFEST_ERROR_TABLE(X)                                            \
    X(NOT_JSON, 2097153, "manifest is not JSON")                               \
    X(NO_ENTRY_POINT, 2097155, "no EntryPoint")                                \
    X(NO_SCHEMA_VERSION, 2097156, "no SchemaVersion")                          \
    X(BAD_CMD_ARGS, 2097157, "CmdArgs is not an array of strings")             \
    X(NO_CAPABILITIES, 2097158, "no Capabilities object")                      \
    X(CAPABILITY_NOT_ALLOWED, 2097159, "capability is unknown or not allowed for applications") \
    X(BAD_ALLOWED_CONNECTIONS, 2097161, "AllowedConnections is not an array of host names") \
    X(BAD_GPIO, 2097162, "Gpio is not an array of pins")                       \
    X(BAD_PERIPHERAL, 2097165, "peripheral list is malformed")                 \
    X(BAD_WIFI_CONFIG, 2097167, "WifiConfig or a network capability is not a boolean") \
    X(BAD_ENTRY_POINT, 2097168, "EntryPoint is not an absolute path")          \
    X(BAD_SCHEMA_VERSION, 2097169, "SchemaVersion is not 1")                   \
    X(UART_NOT_AVAILABLE, 2097170, "Uart names no UART of the device")         \
    X(POLICY_PRESENT, 2097173, "policy field is present")                      \
    X(ENTRY_POINT_MISSING, 2097174, "EntryPoint is not in the image")          \
    X(ENTRY_POINT_NOT_FILE, 2097175, "EntryPoint is not a file")               \
    X(BAD_DEVICE_AUTHENTICATION, 2097176, "DeviceAuthentication is not a catalog id") \
    X(MANIFEST_MISSING, 2097177, "app_manifest.json is not in the image")      \
    X(BAD_APPLICATION_TYPE, 2097178, "ApplicationType is unknown")             \
    X(DEVICE_AUTHENTICATION_UNAVAILABLE, 2097180, "DeviceAuthentication is not available") \
    X(DEVICE_AUTHENTICATION_TOO_LONG, 2097181, "DeviceAuthentication is too long") \
    X(BAD_SYSTEM_TIME, 2097182, "SystemTime is not a boolean")                 \
    X(BAD_MUTABLE_STORAGE, 2097183, "MutableStorage is not an object")         \
    X(NO_MUTABLE_STORAGE_SIZE, 2097184, "MutableStorage has no SizeKB")        \
    X(BAD_MUTABLE_STORAGE_SIZE, 2097185, "MutableStorage.SizeKB is not a number") \
    X(MUTABLE_STORAGE_TOO_LARGE, 2097186, "MutableStorage.SizeKB is above 64") \
    X(PIN_TWICE, 2097187, "two peripherals use the same pin")                  \
    X(BAD_TCP_PORTS, 2097188, "AllowedTcpServerPorts is not an array")         \
    X(BAD_UDP_PORTS, 2097189, "AllowedUdpServerPorts is not an array")         \
    X(BAD_TCP_PORT, 2097190, "AllowedTcpServerPorts has an invalid port")      \
    X(BAD_UDP_PORT, 2097191, "AllowedUdpServerPorts has an invalid port")      \
    X(BAD_TIME_SYNC_CONFIG, 2097192, "TimeSyncConfig is not a boolean")        \
    X(BAD_DHCP_SERVICE, 2097193, "DhcpService is not a boolean")               \
    X(BAD_SNTP_SERVICE, 2097194, "SntpService is not a boolean")               \
    X(BAD_APP_CONNECTIONS, 2097195, "AllowedApplicationConnections is not an array of component ids") \
    X(BAD_CERT_STORE, 2097196, "CertStore is not a boolean")                   \
    X(BAD_ENTERPRISE_WIFI, 2097197, "EnterpriseWifiConfig is not a boolean")   \
    X(BAD_SYSTEM_EVENTS, 2097198, "SystemEventNotifications is not a boolean") \
    X(BAD_UPDATE_DEFERRAL, 2097199, "SoftwareUpdateDeferral is not a boolean") \
    X(BAD_POWER_CONTROLS, 2097200, "PowerControls is not an array, or has a duplicate") \
    X(EMPTY_POWER_CONTROLS, 2097201, "PowerControls is empty")                 \
    X(BAD_POWER_CONTROL, 2097202, "PowerControls has an unknown value")        \
    X(BAD_COMPONENT_ID, 7340079, "ComponentId is missing or not a GUID")       \
    X(BAD_RUNTIME_VERSION, 2097408, "TargetApplicationRuntimeVersion is not a number") \
    X(BAD_NAME, 2097154, "Name is missing, empty or not text")                 \
    X(TOO_LARGE, 2097152, "manifest is beyond a limit of this implementation")

enum app_manifest_error {
#define APP_MANIFEST_ERROR_ENUM(name, number, text) APP_MANIFEST_##name = number,
    APP_MANIFEST_ERROR_TABLE(APP_MANIFEST_ERROR_ENUM)
#undef APP_MANIFEST_ERROR_ENUM
};

enum app_type { APP_TYPE_DEFAULT, APP_TYPE_REAL_TIME_CAPABLE, APP_TYPE_DEBUGGER };

/* boolean capabilities and PowerControls values, as one mask */
enum app_flag {
    APP_FLAG_NETWORK_CONFIG = 1 << 0,
    APP_FLAG_READ_NETWORK_PROXY_CONFIG = 1 << 1,
    APP_FLAG_WIFI_CONFIG = 1 << 2,
    APP_FLAG_ENTERPRISE_WIFI_CONFIG = 1 << 3,
    APP_FLAG_CERT_STORE = 1 << 4,
    APP_FLAG_HARDWARE_ADDRESS_CONFIG = 1 << 5,
    APP_FLAG_SYSTEM_TIME = 1 << 6,
    APP_FLAG_TIME_SYNC_CONFIG = 1 << 7,
    APP_FLAG_SNTP_SERVICE = 1 << 8,
    APP_FLAG_DHCP_SERVICE = 1 << 9,
    APP_FLAG_SYSTEM_EVENT_NOTIFICATIONS = 1 << 10,
    APP_FLAG_SOFTWARE_UPDATE_DEFERRAL = 1 << 11,
    APP_FLAG_FORCE_REBOOT = 1 << 12,
    APP_FLAG_FORCE_POWER_DOWN = 1 << 13,
    APP_FLAG_SET_POWER_PROFILE = 1 << 14,
};

enum app_peripheral {
    APP_PERIPHERAL_GPIO,
    APP_PERIPHERAL_UART,
    APP_PERIPHERAL_I2C_MASTER,
    APP_PERIPHERAL_SPI_MASTER,
    APP_PERIPHERAL_I2S_SUBORDINATE,
    APP_PERIPHERAL_PWM,
    APP_PERIPHERAL_ADC,
};

struct app_manifest {
    char text[APP_MANIFEST_TEXT_BYTES];
    uint16_t name, entry_point; /* offsets into text */
    uint8_t component[16];      /* mixed-endian GUID */
    enum app_type type;
    uint32_t runtime_version; /* TargetApplicationRuntimeVersion, 0 = absent */
    uint32_t flags;           /* enum app_flag */
    uint8_t arg_count, connection_count, tcp_port_count, udp_port_count, peer_count,
        peripheral_count;
    uint16_t arg[APP_MANIFEST_ARGS_MAX];
    uint16_t connection[APP_MANIFEST_CONNECTIONS_MAX]; /* host name or IPv4 literal, lower case */
    uint16_t tcp_port[APP_MANIFEST_PORTS_MAX];
    uint16_t udp_port[APP_MANIFEST_PORTS_MAX];
    uint8_t peer[APP_MANIFEST_PEERS_MAX][16];
    struct {
        uint8_t kind; /* enum app_peripheral */
        uint16_t number;
    } peripheral[APP_MANIFEST_PERIPHERALS_MAX];
    uint32_t storage_kb; /* 0 = none */
    bool has_device_authentication;
    uint8_t device_authentication[16]; /* catalog GUID */
};

/* 0, or one of enum app_manifest_error (positive); manifest is zeroed then. */
int app_manifest_parse(struct span json, struct app_manifest *manifest) MUST_CHECK;
/* "EntryPoint is not in the image"; "unknown error" for other numbers. */
const char *app_manifest_error_text(int error);
static inline const char *app_manifest_text(const struct app_manifest *m, uint16_t at)
{
    return m->text + at;
}

#endif
