/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/dns_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void line_read(struct span line, struct dns_servers *servers)
{
    static const char key[] = "nameserver ";
    char text[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    size_t skip = sizeof key - 1;
    if (line.len <= skip || line.len - skip >= sizeof text || memcmp(line.at, key, skip) != 0)
        return;
    memcpy(text, line.at + skip, line.len - skip);
    if (inet_pton(AF_INET, text, &address) == 1 && servers->count < DNS_SERVERS_MAX)
        servers->at[servers->count++] = ntohl(address.s_addr);
}

void dns_servers_parse(struct span text, struct dns_servers *servers)
{
    memset(servers, 0, sizeof *servers);
    for (size_t start = 0; start < text.len;) {
        size_t end = start;
        while (end < text.len && text.at[end] != '\n')
            end++;
        line_read(span_of(text.at + start, end - start), servers);
        start = end + 1;
    }
}

static int ask(uint32_t server, uint16_t port, const char *name, struct dns_answer *answer)
{
    uint8_t bytes[DNS_MESSAGE_MAX];
    uint16_t id;
    struct writer w = writer_of(bytes, sizeof bytes);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(server)};
    if (getrandom(&id, sizeof id, 0) != sizeof id)
        return E_ENTROPY;
    int e = dns_query_write(id, name, &w);
    if (e)
        return e;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return E_IO;
    e = E_TIMEOUT;
    if (connect(fd, (void *)&to, sizeof to) == 0 && send(fd, bytes, w.len, 0) == (ssize_t)w.len) {
        int64_t until = now_ms() + DNS_CLIENT_WAIT_MS, left;
        while (e == E_TIMEOUT && (left = until - now_ms()) > 0) {
            struct pollfd p = {.fd = fd, .events = POLLIN};
            if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
                break;
            ssize_t n = recv(fd, bytes, sizeof bytes, MSG_TRUNC);
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                break; /* nobody there: said by ICMP */
            if (n < 0 || (size_t)n > sizeof bytes)
                continue;
            int r = dns_answer_parse(span_of(bytes, (size_t)n), id, name, answer);
            if (r == 0 || r == E_NOT_FOUND || r == E_NETWORK)
                e = r; /* anything else: not an answer to us, the right one may still come */
        }
    }
    close(fd);
    return e;
}

int dns_client_ask(const struct dns_servers *servers, const char *name, struct dns_answer *answer)
{
    int e = E_TIMEOUT;
    memset(answer, 0, sizeof *answer);
    for (unsigned round = 0; round < DNS_CLIENT_ROUNDS; round++)
        for (size_t i = 0; i < servers->count; i++) {
            e = ask(servers->at[i], servers->port ? servers->port : DNS_PORT, name, answer);
            if (e == 0 || e == E_NOT_FOUND || e == E_RANGE)
                return e;
        }
    return e;
}
