/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/filter_nft_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof text)
        writer_fail(w, E_LIMIT);
    else
        writer_bytes(w, text, (size_t)n);
}

void filter_text_table(struct writer *w, uint32_t uid_base, uint32_t uid_count)
{
    unsigned base = (unsigned)uid_base;
    put(w, "add table inet perisphere_%u\n", base); /* so that delete cannot fail */
    put(w, "delete table inet perisphere_%u\n", base);
    put(w, "add table inet perisphere_%u\n", base);
    put(w, "add map inet perisphere_%u owner { type uid : verdict; }\n", base);
    put(w, "add chain inet perisphere_%u output { type filter hook output priority 0; policy accept; }\n",
        base);
    put(w, "add rule inet perisphere_%u output meta skuid vmap @owner\n", base);
    put(w, "add rule inet perisphere_%u output meta skuid %u-%u drop\n", base, base,
        (unsigned)(uid_base + uid_count - 1));
}

static void put_addresses(struct writer *w, unsigned base, unsigned uid,
                          const struct os_addresses *addresses, uint8_t family)
{
    const char *version = family == 4 ? "ip" : "ip6";
    for (size_t h = 0; h < addresses->host_count; h++)
        for (size_t i = 0; i < addresses->host[h].count; i++) {
            const struct os_address *a = &addresses->host[h].at[i];
            char text[INET6_ADDRSTRLEN];
            if (a->family != family)
                continue;
            if (!inet_ntop(family == 4 ? AF_INET : AF_INET6, a->bytes, text, sizeof text))
                writer_fail(w, E_MALFORMED);
            else
                put(w, "add rule inet perisphere_%u u%u %s daddr %s meta l4proto { tcp, udp } accept\n",
                    base, uid, version, text);
        }
}

static void put_ports(struct writer *w, unsigned base, unsigned uid, const char *protocol,
                      const uint16_t *port, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(w, "add rule inet perisphere_%u u%u %s sport %u ct direction reply accept\n", base, uid,
            protocol, port[i]);
}

void filter_text_remove(struct writer *w, uint32_t uid_base, uint32_t uid)
{
    unsigned base = (unsigned)uid_base, u = (unsigned)uid;
    /* Adding first makes each removal succeed, there or not. */
    put(w, "add chain inet perisphere_%u u%u\n", base, u);
    put(w, "add element inet perisphere_%u owner { %u : jump u%u }\n", base, u, u);
    put(w, "delete element inet perisphere_%u owner { %u }\n", base, u);
    put(w, "delete chain inet perisphere_%u u%u\n", base, u);
}

void filter_text_policy(struct writer *w, uint32_t uid_base, const struct os_policy *policy,
                        const struct os_addresses *addresses)
{
    unsigned base = (unsigned)uid_base, uid = (unsigned)policy->uid;
    put(w, "add chain inet perisphere_%u u%u\n", base, uid);
    put(w, "flush chain inet perisphere_%u u%u\n", base, uid);
    put_addresses(w, base, uid, addresses, 4);
    put_addresses(w, base, uid, addresses, 6);
    put_ports(w, base, uid, "tcp", policy->tcp, policy->tcp_count);
    put_ports(w, base, uid, "udp", policy->udp, policy->udp_count);
    /* A datagram's sender sees EPERM from a drop; a connection would wait for an
     * answer that never comes, so it is told. */
    put(w, "add rule inet perisphere_%u u%u meta l4proto tcp reject with icmpx type admin-prohibited\n",
        base, uid);
    put(w, "add rule inet perisphere_%u u%u drop\n", base, uid);
    put(w, "add element inet perisphere_%u owner { %u : jump u%u }\n", base, uid, uid);
}

void filter_text_end(struct writer *w, uint32_t uid_base)
{
    put(w, "add table inet perisphere_%u\n", (unsigned)uid_base);
    put(w, "delete table inet perisphere_%u\n", (unsigned)uid_base);
}
