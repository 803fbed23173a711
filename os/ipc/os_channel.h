/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between the processes of the OS.
 * Source: docs/spec/os-channel.md (ours).  One SOCK_SEQPACKET pair between the
 * application manager and azured, one between it and networkd, one between it and gatewayd; the manager makes
 * both and knows by the socket who speaks.
 * Trust: both ends check every message; the manager assumes that azured and
 * networkd may be compromised, so nothing here names a path or a process to the manager; gatewayd may
 * ask that an installed application is stopped or started, and change network proxy and certificates, and no more.
 *
 *   u16 kind, u16 payload length, payload           little-endian
 *
 *   EVENT             manager -> azured, gatewayd -> manager
 *                                          u32 category (abi/device_api.h), component 16,
 *                     image 16, u32 exit code, u32 signal, u64 time (Unix s)
 *   APP_CHANNEL       manager -> azured    component 16, tenant 16 (zero: no
 *                     DeviceAuthentication), u32 rights (enum os_app_right, from its
 *                     manifest), and one end of a new app channel.
 *                     A second one for the same component replaces the first
 *   APP_EVENTS        manager -> azured    component 16, and one end of the socket for its system
 *                     events.  After APP_CHANNEL, where it has the right
 *   CHANGED           azured, gatewayd -> manager  nothing: the installed set is new
 *   RESTART           azured, gatewayd -> manager  nothing: restart the device
 *   CERTIFICATE       azured -> manager    tenant 16, PEM text 1..OS_PEM_MAX: leaf and chain.
 *                     Tenant zero: the OS itself is attested
 *   READY             networkd -> manager  i32 0 or a code of lib/err.h: the filter is in force
 *   POLICY_SET        manager -> networkd  u32 uid, u8 hosts, u8 tcp ports, u8 udp ports, u8 0,
 *                     u16 tcp port..., u16 udp port..., {u8 length, text}...
 *                     Replaces an earlier policy of the uid
 *   POLICY_REMOVE     manager -> networkd  u32 uid: everything of it is refused again
 *   ADDRESSES         networkd -> manager  u32 uid, i32 0 or a code of lib/err.h, u8 hosts,
 *                     {u8 count, {u8 4 or 6, address 4 or 16}...}...  in the order of
 *                     POLICY_SET.  Sent after POLICY_SET and whenever an address changes
 *   TIME              azured -> manager    u64 Unix s, now: from a certificate that the service has
 *                     just issued for a key that the device has just made.  Sent after each
 *                     attestation whose chain verifies
 *   APP_CONTROL       gatewayd -> manager  component 16, u32 action (enum os_app_action), after
 *                     the installed set was followed
 *   APP_STATE         manager -> gatewayd  component 16, u32 state (enum os_app_state), u32 KiB
 *                     of storage used, u32 KiB allowed, u32 KiB of memory its processes hold, u32 KiB
 *                     they held at most (these two after APP_CONTROL alone, zero otherwise).
 *                     Whenever the state changes, after APP_CONTROL, and of all to a gatewayd that was
 *                     started
 *   ATTESTED          manager -> gatewayd  nothing: the service has attested the OS since the device was started.
 *                     When it is so, and to a gatewayd that is started later
 *   PROXY_SET         gatewayd -> manager -> azured  u32 number, u32 action (enum os_proxy_action), with SET the record
 *                     of abi/network_proxy.h
 *   PROXY_STATE       azured -> manager -> gatewayd  u32 number of the PROXY_SET, i32 0 or a code of lib/err.h, u32
 *                     status (enum network_proxy_status), and the record when a proxy is set: without its password
 *   CERT_STAGE        gatewayd -> manager -> azured  u32 offset, bytes 1..OS_CERT_PIECE_MAX: abi/cert_store.h
 *   CERT_ASK          gatewayd -> manager -> azured  u32 number, and the ask of abi/cert_store.h
 *   CERT_ANSWER       azured -> manager -> gatewayd  u32 number of the CERT_ASK, and the answer
 *
 *   NETWORK_TIME      networkd -> manager  u64 Unix ms, u32 error ms: the time now, as a time server
 *                     of the network says; nobody vouches for it.  From a networkd that has an
 *                     interface of its own
 *   CRASH_DUMP        manager -> azured    component 16, image 16, u32 signal, u32 bytes, u64 time (Unix s), and a
 *                     memory file that begins with so many bytes of core.  Only where azured keeps the key for it
 *
 *   PING              manager -> networkd, azured  u32 number
 *   PONG              networkd, azured -> manager  u32 that number: its main loop goes round
 *
 * There are no replies but PONG, PROXY_STATE and CERT_ANSWER: each message stands for itself and may be repeated.
 * Malformed, or a kind that this direction does not have: the receiver drops
 * the channel, which for a service means exit and restart.
 */
#ifndef PERI_OS_IPC_OS_CHANNEL_H
#define PERI_OS_IPC_OS_CHANNEL_H

#include "lib/cursor.h"
#include "lib/cert_store_record.h"
#include "lib/network_proxy.h"

/* In the folder of dumps while they are allowed: who could make one looks for it. */
#define OS_DUMP_KEY_FILE "dump-key"
/* In an application's folder of "run", while it is installed: its image, as text.  azcore asks there. */
#define OS_IMAGE_FILE "image"

enum {
    OS_MESSAGE_MAX = 16384,
    OS_PROXY_SET_BYTES_MAX = 12 + NETWORK_PROXY_BYTES_MAX, /* what may be wiped of a buffer: its other pages may never have been used */
    OS_CERT_STAGE_HEAD_BYTES = 8, /* in front of the piece */
    OS_PEM_MAX = 12288, /* four certificates of the service's profile fit */
    OS_CERT_PIECE_MAX = 8192,
    OS_HOSTS_MAX = 32,
    OS_PORTS_MAX = 10,
    OS_HOST_BYTES_MAX = 253,
    OS_ADDRESSES_MAX = 8, /* kept for one host */
};

enum os_kind {
    OS_EVENT = 1,
    OS_APP_CHANNEL = 2,
    OS_CHANGED = 3,
    OS_RESTART = 4,
    OS_CERTIFICATE = 5,
    OS_READY = 6,
    OS_POLICY_SET = 7,
    OS_POLICY_REMOVE = 8,
    OS_ADDRESSES = 9,
    OS_NETWORK_TIME = 12,
    OS_TIME = 10,
    OS_APP_CONTROL = 20,
    OS_APP_STATE = 21,
    OS_ATTESTED = 22,
    OS_APP_EVENTS = 30,
    OS_CRASH_DUMP = 31,
    OS_PROXY_SET = 35,
    OS_PROXY_STATE = 36,
    OS_CERT_STAGE = 37,
    OS_CERT_ASK = 38,
    OS_CERT_ANSWER = 39,
    OS_PING = 40,
    OS_PONG = 41,
};

/* A stop holds until a start, or the next start of the device. */
enum os_app_action { OS_APP_START = 1, OS_APP_STOP = 2, OS_APP_TELL = 3 };
enum os_app_state { OS_APP_NOT_PRESENT = 0, OS_APP_STOPPED = 1, OS_APP_RUNNING = 2 };

struct os_app_control {
    uint8_t component[16];
    uint32_t action;
};

struct os_app_status {
    uint8_t component[16];
    uint32_t state, used_kb, limit_kb;
    uint32_t memory_kb, memory_peak_kb; /* after APP_CONTROL */
};

struct os_event {
    uint32_t category; /* enum event_category */
    uint8_t component[16], image[16];
    uint32_t exit_code, signal;
    uint64_t time_s;
};

enum os_app_right {
    OS_APP_SYSTEM_EVENTS = 1 << 0,   /* SystemEventNotifications */
    OS_APP_UPDATE_DEFERRAL = 1 << 1, /* SoftwareUpdateDeferral */
    OS_APP_FORCE_REBOOT = 1 << 2,    /* PowerControls: ForceReboot */
    OS_APP_NETWORK_CONFIG = 1 << 3,  /* NetworkConfig: sets the proxy, and reads it */
    OS_APP_READ_PROXY = 1 << 4,      /* ReadNetworkProxyConfig */
    OS_APP_CERT_STORE = 1 << 5,      /* CertStore */
    OS_APP_RIGHTS = 63,
};

struct os_app_channel {
    uint8_t component[16], tenant[16];
    uint32_t rights;
};

struct os_crash_dump {
    uint8_t component[16], image[16];
    uint32_t signal, bytes;
    uint64_t time_s;
};

struct os_certificate {
    uint8_t tenant[16];
    struct span pem; /* view into the message */
};

struct os_policy {
    uint32_t uid;
    uint8_t host_count, tcp_count, udp_count;
    uint16_t tcp[OS_PORTS_MAX], udp[OS_PORTS_MAX]; /* server ports */
    char host[OS_HOSTS_MAX][OS_HOST_BYTES_MAX + 1]; /* name or address, terminated */
};

struct os_address {
    uint8_t family; /* 4 or 6 */
    uint8_t bytes[16];
};

struct os_addresses {
    uint32_t uid;
    int32_t error;
    uint8_t host_count;
    struct {
        uint8_t count;
        struct os_address at[OS_ADDRESSES_MAX];
    } host[OS_HOSTS_MAX];
};

struct os_network_time {
    uint64_t unix_ms;
    uint32_t error_ms;
};

enum os_proxy_action { OS_PROXY_TELL = 0, OS_PROXY_APPLY = 1, OS_PROXY_DELETE = 2 };

struct os_proxy_set {
    uint32_t number, action;
    struct network_proxy proxy; /* of APPLY */
};

struct os_proxy_state {
    uint32_t number;
    int32_t error;
    uint32_t status;
    bool present;
    struct network_proxy proxy; /* when present; has_password false */
};

struct os_cert_stage {
    uint32_t offset;
    struct span bytes; /* view into the message */
};

struct os_cert_ask {
    uint32_t number;
    struct cert_ask ask;
};

struct os_cert_answer {
    uint32_t number;
    struct cert_answer answer;
};

/* A message taken apart; u holds what belongs to kind. */
struct os_message {
    enum os_kind kind;
    int fd; /* APP_CHANNEL, APP_EVENTS, CRASH_DUMP: the receiver's; else -1 */
    union {
        struct os_event event;
        struct os_app_channel app_channel;
        uint8_t app_events[16]; /* component */
        struct os_crash_dump crash_dump;
        struct os_certificate certificate;
        int32_t ready;
        struct os_policy policy;
        uint32_t policy_remove; /* uid */
        struct os_addresses addresses;
        struct os_network_time network_time;
        uint64_t time_s;
        struct os_app_control app_control;
        struct os_app_status app_state;
        struct os_proxy_set proxy_set;
        struct os_proxy_state proxy_state;
        struct os_cert_stage cert_stage;
        struct os_cert_ask cert_ask;
        struct os_cert_answer cert_answer;
        uint32_t ping; /* PING and PONG: the number */
    } u;
};

/* The pure half: no descriptors.  0, E_MALFORMED, E_MORE, E_TRAILING, E_LIMIT;
 * message is zeroed on failure. */
int os_message_parse(struct span bytes, struct os_message *message) MUST_CHECK;
int os_message_write(const struct os_message *message, struct writer *w) MUST_CHECK;

/* Sends; message->fd goes along with APP_CHANNEL and stays the caller's.  Nothing of the message is left on the stack. */
int os_channel_send(int fd, const struct os_message *message, int timeout_ms) MUST_CHECK;
/* Receives into buffer, which the views of message point into.  E_MALFORMED also
 * when a descriptor is missing or came with a kind that has none.  After an error nothing is left of what came. */
int os_channel_receive(int fd, uint8_t buffer[static OS_MESSAGE_MAX], struct os_message *message,
                       int timeout_ms) MUST_CHECK;
/* Of a kind that may bring a password or a key nothing is left in either; the others stay.  For who is done with one. */
void os_message_wipe(struct os_message *message, uint8_t buffer[static OS_MESSAGE_MAX]);

#endif
