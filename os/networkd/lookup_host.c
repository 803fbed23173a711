/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

int lookup_open(const char *names)
{
    (void)names;
    return -1;
}

void lookup_name(int names_fd, const char *name,
                 void (*add)(void *context, uint8_t family, const void *bytes), void *context)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    (void)names_fd;
    if (getaddrinfo(name, NULL, &hints, &list))
        return;
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        if (a->ai_family == AF_INET)
            add(context, 4, &((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr);
        else if (a->ai_family == AF_INET6)
            add(context, 6, &((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_addr);
    }
    freeaddrinfo(list);
}
