/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/lookup.h"

#include <fcntl.h>
#include <unistd.h>

#include "os/networkd/dns_client.h"

int lookup_open(const char *names)
{
    return open(names, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

void lookup_name(int names_fd, const char *name,
                 void (*add)(void *context, uint8_t family, const void *bytes), void *context)
{
    uint8_t text[DNS_NAMES_FILE_MAX];
    struct dns_servers servers;
    struct dns_answer answer;
    ssize_t n = pread(names_fd, text, sizeof text, 0);
    if (n <= 0)
        return; /* no network yet */
    dns_servers_parse(span_of(text, (size_t)n), &servers);
    if (dns_client_ask(&servers, name, &answer))
        return;
    for (size_t i = 0; i < answer.count; i++) {
        uint8_t bytes[4] = {(uint8_t)(answer.address[i] >> 24), (uint8_t)(answer.address[i] >> 16),
                            (uint8_t)(answer.address[i] >> 8), (uint8_t)answer.address[i]};
        add(context, 4, bytes);
    }
}
