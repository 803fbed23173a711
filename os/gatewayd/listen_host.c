/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/config/device_conf.h"

enum { DEFAULT_PORT = 443 };

static _Noreturn void fail(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "gatewayd: %s \"%s\": %s\n", what, subject, why);
    _exit(1);
}

static void conf_read(const char *path, struct device_conf *conf)
{
    static uint8_t bytes[DEVICE_CONF_BYTES_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("cannot open", path, strerror(errno));
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    int err = n < 0                           ? E_IO
              : (size_t)n == sizeof bytes ? E_LIMIT
                                          : device_conf_parse(span_of(bytes, (size_t)n), conf);
    if (err)
        fail("cannot use", path, err_text(err));
    if (!conf->service_interface[0])
        fail("cannot use", path, "service_interface is needed");
}

/* "A.B.C.D", "A.B.C.D:PORT", "V6", "[V6]:PORT". */
static int address_parse(const char *where, struct sockaddr_storage *to, socklen_t *len)
{
    char host[64];
    unsigned long port = DEFAULT_PORT;
    const char *colon = strrchr(where, ':'), *open = where, *close = where + strlen(where);
    if (*where == '[') {
        open++;
        close = strchr(where, ']');
        if (!close || (close[1] && close[1] != ':'))
            return E_MALFORMED;
        colon = close[1] ? close + 1 : NULL;
    } else if (colon && colon == strchr(where, ':'))
        close = colon;
    else
        colon = NULL; /* several: an IPv6 address alone */
    if ((size_t)(close - open) >= sizeof host)
        return E_MALFORMED;
    memcpy(host, open, (size_t)(close - open));
    host[close - open] = '\0';
    if (colon) {
        char *end;
        port = strtoul(colon + 1, &end, 10);
        if (colon[1] < '0' || colon[1] > '9' || *end || port == 0 || port > 65535)
            return E_MALFORMED;
    }
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    memset(to, 0, sizeof *to);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(to, &v4, sizeof v4);
        *len = sizeof v4;
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(to, &v6, sizeof v6);
        *len = sizeof v6;
    } else
        return E_MALFORMED;
    return 0;
}

int listen_address(const char *where, int *fd)
{
    struct sockaddr_storage at;
    socklen_t len;
    int one = 1;
    *fd = -1;
    int err = address_parse(where, &at, &len);
    if (err)
        return err;
    int s = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return E_IO;
    /* The interface may come later than this process: the address need not exist yet. */
    (void)setsockopt(s, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
    (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (const struct sockaddr *)&at, len) != 0 || listen(s, LISTEN_BACKLOG) != 0) {
        int why = errno;
        close(s);
        errno = why;
        return E_IO;
    }
    *fd = s;
    return 0;
}

void listen_open(const char *conf_path, struct listen *to)
{
    static struct device_conf conf;
    conf_read(conf_path, &conf);
    *to = (struct listen){.fd = -1, .idle_ms = -1, .allow_missing = conf.allow_missing};
    int err = listen_address(conf.service_interface, &to->fd);
    if (err)
        fail("cannot listen on", conf.service_interface, err == E_IO ? strerror(errno) : err_text(err));
    fprintf(stderr, "gatewayd: local interface on %s\n", conf.service_interface);
}
