/* SPDX-License-Identifier: BSD-2-Clause */
/* Networking_Proxy_*: what is sent and read is the record of abi/network_proxy.h; limits and errno as the original has them. */
#include <applibs/networking.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/app_channel.h"
#include "lib/network_proxy.h"
#include "tests/check.h"

static int os_end;

/* The OS's answer, put into the socket before the question is asked. */
static void answer(uint16_t number, int32_t error, struct span payload)
{
    uint8_t out[APP_CHANNEL_REPLY_MAX];
    struct writer w = writer_of(out, sizeof out);
    writer_u16le(&w, number);
    writer_u16le(&w, (uint16_t)payload.len);
    writer_u32le(&w, (uint32_t)error);
    writer_bytes(&w, payload.at, payload.len);
    REQUIRE(w.err == 0 && send(os_end, out, w.len, 0) == (ssize_t)w.len);
}

/* The question that was asked; its payload. */
static struct span asked(uint16_t number)
{
    static uint8_t in[APP_CHANNEL_REQUEST_MAX];
    ssize_t n = recv(os_end, in, sizeof in, MSG_DONTWAIT);
    struct cursor c = cursor_of(span_of(in, n > 0 ? (size_t)n : 0));
    CHECK_INT(cursor_u16le(&c), number);
    CHECK_INT(cursor_u16le(&c), c.left);
    return span_of(c.at, c.left);
}

static void applied(void)
{
    Networking_ProxyConfig *config = Networking_Proxy_Create();
    struct network_proxy got;
    REQUIRE(config != NULL);
    CHECK(Networking_Proxy_Apply(config) == -1 && errno == EINVAL); /* no address yet: nobody is asked */
    CHECK_INT(Networking_Proxy_SetProxyAddress(config, "proxy.contoso.example", 3128), 0);
    CHECK_INT(Networking_Proxy_SetBasicAuthentication(config, "user", "pass"), 0);
    CHECK_INT(Networking_Proxy_SetProxyNoProxyAddresses(config, "localhost,.contoso.example"), 0);
    answer(APP_CALL_PROXY_APPLY, 0, span_of(NULL, 0));
    CHECK_INT(Networking_Proxy_Apply(config), 0);
    struct cursor c = cursor_of(asked(APP_CALL_PROXY_APPLY));
    CHECK(network_proxy_read(&c, &got) == 0 && cursor_end(&c) == 0 && got.enabled && got.port == 3128);
    CHECK_STR(got.username, "user");
    CHECK_STR(got.password, "pass");
    CHECK_INT(Networking_Proxy_SetAnonymousAuthentication(config), 0);
    CHECK_INT(Networking_Proxy_SetProxyOptions(config, Networking_ProxyOptions_None), 0);
    answer(APP_CALL_PROXY_APPLY, EACCES, span_of(NULL, 0));
    CHECK(Networking_Proxy_Apply(config) == -1 && errno == EACCES);
    c = cursor_of(asked(APP_CALL_PROXY_APPLY));
    CHECK(network_proxy_read(&c, &got) == 0 && !got.enabled && got.username[0] == '\0' && got.password[0] == '\0');
    Networking_Proxy_Destroy(config);
    Networking_Proxy_Destroy(NULL);
}

static void read_back(void)
{
    const struct network_proxy p = {.has_password = true, .authentication = NETWORK_PROXY_BASIC, .port = 8080, .address = "192.0.2.7",
                                    .no_proxy = "a,b", .username = "u", .password = "w"};
    Networking_ProxyConfig *config = Networking_Proxy_Create();
    Networking_ProxyOptions options;
    Networking_ProxyStatus status;
    uint8_t bytes[NETWORK_PROXY_BYTES_MAX];
    uint16_t port;
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(config && network_proxy_write(&p, &w) == 0);
    answer(APP_CALL_PROXY_GET, 0, writer_view(&w));
    CHECK_INT(Networking_Proxy_Get(config), 0);
    CHECK_INT(asked(APP_CALL_PROXY_GET).len, 0);
    CHECK(Networking_Proxy_GetProxyOptions(config, &options) == 0 && options == Networking_ProxyOptions_None);
    CHECK(Networking_Proxy_GetProxyPort(config, &port) == 0 && port == 8080);
    CHECK_STR(Networking_Proxy_GetProxyAddress(config), "192.0.2.7");
    CHECK_STR(Networking_Proxy_GetNoProxyAddresses(config), "a,b");
    CHECK_STR(Networking_Proxy_GetProxyUsername(config), "u");
    CHECK_STR(Networking_Proxy_GetProxyPassword(config), "w");
    CHECK_INT(Networking_Proxy_GetProxyType(config), Networking_ProxyType_HTTP);
    CHECK_INT(Networking_Proxy_GetAuthType(config), Networking_ProxyAuthType_Basic);
    /* refused, absent, cut, with something behind: nothing changes */
    static const int errors[] = {ENOENT, EACCES};
    for (size_t i = 0; i < 2; i++) {
        answer(APP_CALL_PROXY_GET, errors[i], span_of(NULL, 0));
        CHECK(Networking_Proxy_Get(config) == -1 && errno == errors[i]);
        (void)asked(APP_CALL_PROXY_GET);
    }
    bytes[w.len] = 0;
    const size_t lengths[] = {0, 1, w.len - 1, w.len + 1};
    for (size_t i = 0; i < 4; i++) {
        answer(APP_CALL_PROXY_GET, 0, span_of(bytes, lengths[i]));
        CHECK(Networking_Proxy_Get(config) == -1 && errno == EIO);
        (void)asked(APP_CALL_PROXY_GET);
    }
    CHECK_STR(Networking_Proxy_GetProxyPassword(config), "w");
    answer(APP_CALL_PROXY_STATUS, 0, span_of("\5\0\0\0", 4));
    CHECK_INT(Networking_Proxy_GetProxyStatus(&status), 0);
    CHECK_INT(status, Networking_ProxyStatus_Enabled | Networking_ProxyStatus_Ready);
    (void)asked(APP_CALL_PROXY_STATUS);
    Networking_Proxy_Destroy(config);
}

static void limits(void)
{
    Networking_ProxyConfig *config = Networking_Proxy_Create();
    static char longest[300];
    REQUIRE(config != NULL);
    memset(longest, 'a', sizeof longest - 1);
    longest[256] = '\0';
    CHECK(Networking_Proxy_SetProxyAddress(config, longest, 1) == -1 && errno == ERANGE);
    CHECK(Networking_Proxy_SetProxyNoProxyAddresses(config, longest) == -1 && errno == ERANGE);
    longest[255] = '\0';
    CHECK_INT(Networking_Proxy_SetProxyAddress(config, longest, 1), 0);
    CHECK_INT(Networking_Proxy_SetProxyNoProxyAddresses(config, longest), 0);
    longest[64] = '\0';
    CHECK(Networking_Proxy_SetBasicAuthentication(config, longest, "p") == -1 && errno == ERANGE);
    CHECK(Networking_Proxy_SetBasicAuthentication(config, "u", longest) == -1 && errno == ERANGE);
    CHECK_STR(Networking_Proxy_GetProxyUsername(config), "");
    CHECK(Networking_Proxy_SetBasicAuthentication(config, "", "p") == -1 && errno == EINVAL);
    CHECK(Networking_Proxy_SetProxyAddress(config, "p", 0) == -1 && errno == EINVAL);
    CHECK(Networking_Proxy_SetProxyOptions(config, 4) == -1 && errno == EINVAL);
    CHECK(Networking_Proxy_SetProxyAddress(NULL, "p", 1) == -1 && errno == EFAULT);
    CHECK(Networking_Proxy_SetProxyAddress(config, NULL, 1) == -1 && errno == EFAULT);
    CHECK(Networking_Proxy_GetProxyAddress(NULL) == NULL && errno == EFAULT);
    CHECK(Networking_Proxy_GetAuthType(NULL) == Networking_ProxyAuthType_Invalid);
    CHECK(Networking_Proxy_GetProxyType(NULL) == Networking_ProxyType_Invalid);
    CHECK(Networking_Proxy_Get(NULL) == -1 && errno == EFAULT);
    CHECK(Networking_Proxy_Apply(NULL) == -1 && errno == EFAULT);
    CHECK(Networking_Proxy_GetProxyStatus(NULL) == -1 && errno == EFAULT);
    Networking_Proxy_Destroy(config);
}

int main(void)
{
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    os_end = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
    REQUIRE(os_end >= 0);
    REQUIRE(dup2(pair[1], APP_CHANNEL_FD) == APP_CHANNEL_FD);
    applied();
    read_back();
    limits();
    return check_done();
}
