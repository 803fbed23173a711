/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "examples/dw100/mqtt.h"

#include <applibs/log.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <tlsutils/deviceauth_curl.h>
#include <unistd.h>

enum { PACKET_MAX = 512, ANSWER_TIMEOUT_S = 10 };

static int say(const char *what, int code)
{
    Log_Debug("dw100: %s failed (%d)\n", what, code);
    return -1;
}

static int tcp_connect(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list, *at;
    int fd = -1, code = getaddrinfo(host, port, &hints, &list);
    if (code != 0)
        return say("resolving the broker", code);
    for (at = list; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            code = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        return say("reaching the broker", code);
    struct timeval limit = {.tv_sec = ANSWER_TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static int tls_connect(struct mqtt *mqtt, const char *host, const char *anchor)
{
    mqtt->context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (!mqtt->context)
        return say("making a TLS context", 0);
    wolfSSL_CTX_set_verify(mqtt->context, WOLFSSL_VERIFY_PEER, NULL);
    if (wolfSSL_CTX_load_verify_locations(mqtt->context, anchor, NULL) != WOLFSSL_SUCCESS)
        return say("reading the broker's trust anchor", 0);
    DeviceAuthSslResult result = DeviceAuth_SslCtxFunc(mqtt->context);
    if (result != DeviceAuthSslResult_Success)
        return say("using the device certificate", (int)result);
    mqtt->session = wolfSSL_new(mqtt->context);
    if (!mqtt->session || wolfSSL_check_domain_name(mqtt->session, host) != WOLFSSL_SUCCESS ||
        wolfSSL_set_fd(mqtt->session, mqtt->fd) != WOLFSSL_SUCCESS)
        return say("making a TLS session", 0);
    int code = wolfSSL_connect(mqtt->session);
    return code == WOLFSSL_SUCCESS ? 0
                                   : say("TLS to the broker", wolfSSL_get_error(mqtt->session, code));
}

struct packet {
    uint8_t at[PACKET_MAX];
    size_t len;
};

static void put(struct packet *packet, const void *bytes, size_t len)
{
    if (len > PACKET_MAX - packet->len)
        len = 0; /* topics and payloads here are far smaller */
    memcpy(packet->at + packet->len, bytes, len);
    packet->len += len;
}

static void put_text(struct packet *packet, const char *text)
{
    size_t len = strlen(text);
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    put(packet, head, sizeof head);
    put(packet, text, len);
}

/* Fixed header, then the rest. */
static int send_packet(struct mqtt *mqtt, uint8_t type, const struct packet *packet)
{
    uint8_t out[PACKET_MAX + 3];
    size_t n = 0;
    out[n++] = type;
    if (packet->len < 128) {
        out[n++] = (uint8_t)packet->len;
    } else {
        out[n++] = (uint8_t)(packet->len % 128 | 0x80);
        out[n++] = (uint8_t)(packet->len / 128);
    }
    memcpy(out + n, packet->at, packet->len);
    n += packet->len;
    return wolfSSL_write(mqtt->session, out, (int)n) == (int)n ? 0 : say("sending to the broker", 0);
}

/* Every answer we wait for is four bytes: type, 2, two bytes. */
static int receive(struct mqtt *mqtt, uint8_t type, uint8_t body[static 2])
{
    uint8_t in[4];
    size_t got = 0;
    while (got < sizeof in) {
        int n = wolfSSL_read(mqtt->session, in + got, (int)(sizeof in - got));
        if (n <= 0)
            return say("waiting for the broker", wolfSSL_get_error(mqtt->session, n));
        got += (size_t)n;
    }
    if (in[0] != type || in[1] != 2)
        return say("understanding the broker", in[0]);
    memcpy(body, in + 2, 2);
    return 0;
}

int mqtt_connect(struct mqtt *mqtt, const char *host, const char *port, const char *anchor,
                 const char *client_id)
{
    static const uint8_t clean_session_keep_alive_60_s[] = {0x02, 0, 60};
    static const uint8_t level_3_1_1 = 4;
    struct packet packet = {.len = 0};
    uint8_t body[2];
    *mqtt = (struct mqtt){.fd = -1, .next_id = 1};
    mqtt->fd = tcp_connect(host, port);
    if (mqtt->fd < 0 || tls_connect(mqtt, host, anchor) != 0)
        return -1;
    put_text(&packet, "MQTT");
    put(&packet, &level_3_1_1, 1);
    put(&packet, clean_session_keep_alive_60_s, sizeof clean_session_keep_alive_60_s);
    put_text(&packet, client_id);
    if (send_packet(mqtt, 0x10, &packet) != 0 || receive(mqtt, 0x20, body) != 0)
        return -1;
    return body[1] == 0 ? 0 : say("signing in to the broker", body[1]);
}

int mqtt_publish(struct mqtt *mqtt, const char *topic, const char *payload)
{
    struct packet packet = {.len = 0};
    uint8_t id[2] = {(uint8_t)(mqtt->next_id >> 8), (uint8_t)mqtt->next_id}, body[2];
    put_text(&packet, topic);
    put(&packet, id, sizeof id);
    put(&packet, payload, strlen(payload));
    if (send_packet(mqtt, 0x32, &packet) != 0 || receive(mqtt, 0x40, body) != 0)
        return -1;
    if (memcmp(body, id, sizeof id) != 0)
        return say("matching the broker's acknowledgement", body[1]);
    mqtt->next_id = mqtt->next_id == UINT16_MAX ? 1 : (uint16_t)(mqtt->next_id + 1);
    return 0;
}

void mqtt_close(struct mqtt *mqtt)
{
    if (mqtt->session)
        wolfSSL_free(mqtt->session);
    if (mqtt->context)
        wolfSSL_CTX_free(mqtt->context);
    if (mqtt->fd >= 0)
        close(mqtt->fd);
    *mqtt = (struct mqtt){.fd = -1};
}
