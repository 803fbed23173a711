/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/http_connect.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/azured/proxy_connect.h"

int64_t http_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int http_fd_wait(int fd, short events, int limit_ms, int64_t deadline)
{
    int64_t left = deadline - http_now_ms();
    if (left <= 0)
        return E_TIMEOUT;
    if (left > limit_ms)
        left = limit_ms;
    struct pollfd wait = {.fd = fd, .events = events};
    for (;;) {
        int n = poll(&wait, 1, (int)left);
        if (n > 0)
            return 0;
        if (n == 0)
            return E_TIMEOUT;
        if (errno != EINTR)
            return E_NETWORK;
    }
}

static int address_connect(const struct addrinfo *at, int *fd, int64_t deadline)
{
    int error = 0, s = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
    socklen_t len = sizeof error;
    if (s < 0)
        return E_NETWORK;
    int err = 0;
    if (connect(s, at->ai_addr, at->ai_addrlen) != 0) {
        err = errno == EINPROGRESS ? http_fd_wait(s, POLLOUT, HTTP_CLIENT_CONNECT_MS, deadline) : E_NETWORK;
        if (!err && (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0))
            err = E_NETWORK;
    }
    if (err) {
        close(s);
        return err;
    }
    *fd = s;
    return 0;
}

/* E_NOT_FOUND: the name has no address. */
static int tcp_connect(struct http_client *client, const char *host, const char *port, int64_t deadline)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int err = E_NETWORK;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return E_NOT_FOUND;
    for (const struct addrinfo *at = list; at && err; at = at->ai_next)
        err = address_connect(at, &client->fd, deadline);
    freeaddrinfo(list);
    return err;
}

/* -- by way of a proxy ------------------------------------------------------------ */

static int plain_write(const struct http_client *client, struct span bytes, int64_t deadline)
{
    while (bytes.len) {
        ssize_t n = send(client->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n > 0) {
            bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return E_NETWORK;
        int err = http_fd_wait(client->fd, POLLOUT, client->silence_ms, deadline);
        if (err)
            return err;
    }
    return 0;
}

/* The head of the proxy's answer, and not a byte of what follows: that is the service's.  E_LIMIT: it has no end. */
static int proxy_answer_read(const struct http_client *client, struct writer *head, int64_t deadline)
{
    while (!proxy_answer_ends(writer_view(head))) {
        uint8_t byte;
        ssize_t n = recv(client->fd, &byte, 1, 0);
        if (n == 1) {
            writer_u8(head, byte);
            if (head->err)
                return E_LIMIT;
            continue;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return E_NETWORK;
        int err = http_fd_wait(client->fd, POLLIN, client->silence_ms, deadline);
        if (err)
            return err;
    }
    return 0;
}

static enum proxy_outcome proxy_ask(struct http_client *client, const struct network_proxy *proxy, int64_t deadline,
                                    int *status)
{
    uint8_t request[PROXY_REQUEST_MAX], answer[PROXY_ANSWER_MAX];
    char port[6];
    struct writer w = writer_of(request, sizeof request), head = writer_of(answer, sizeof answer);
    snprintf(port, sizeof port, "%u", (unsigned)proxy->port);
    int err = tcp_connect(client, proxy->address, port, deadline);
    if (err == E_NOT_FOUND)
        return PROXY_UNRESOLVED;
    if (!err)
        err = proxy_request_write(proxy, client->host, client->port, &w);
    if (!err)
        err = plain_write(client, writer_view(&w), deadline);
    ct_wipe(request, sizeof request);
    if (!err)
        err = proxy_answer_read(client, &head, deadline);
    if (err)
        return err == E_TIMEOUT ? PROXY_SLOW : err == E_LIMIT ? PROXY_NO_PROXY : PROXY_UNREACHABLE;
    int answered = proxy_answer_status(writer_view(&head));
    if (answered < 0)
        return PROXY_NO_PROXY;
    *status = answered;
    return answered >= 200 && answered < 300 ? PROXY_LET_THROUGH : PROXY_REFUSED;
}

int http_connect(struct http_client *client, int64_t deadline)
{
    struct network_proxy proxy;
    int status = 0;
    bool by_way = client->proxy && proxy_settings_get(client->proxy, &proxy, &client->proxy_generation) &&
                  proxy.enabled && !network_proxy_bypasses(&proxy, client->host);
    if (!by_way) {
        int err = tcp_connect(client, client->host, client->port, deadline);
        return err == E_NOT_FOUND ? E_NETWORK : err;
    }
    enum proxy_outcome outcome = proxy_ask(client, &proxy, deadline, &status);
    ct_wipe(&proxy, sizeof proxy);
    proxy_settings_report(client->proxy, client->proxy_generation, outcome, status);
    return outcome == PROXY_LET_THROUGH ? 0 : outcome == PROXY_SLOW ? E_TIMEOUT : E_NETWORK;
}
