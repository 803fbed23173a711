/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/network_proxy.h"

#include "lib/ct.h"
#include "lib/host_name.h"
#include "lib/text.h"
#include "lib/text_record.h"
#include "lib/utf8.h"

static bool text_clean(struct span text, bool colon)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7f || (text.at[i] == ':' && !colon))
            return false;
    return utf8_valid(text);
}

/* Hosts, with nothing that is no part of one; empty entries do no harm. */
static bool no_proxy_clean(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= 0x20 || text.at[i] >= 0x7f || text.at[i] == '"' || text.at[i] == '\\')
            return false;
    return true;
}

bool network_proxy_valid(const struct network_proxy *p)
{
    struct span username = text_span(p->username), password = text_span(p->password);
    bool basic = p->authentication == NETWORK_PROXY_BASIC;
    if (p->authentication > NETWORK_PROXY_BASIC || p->port == 0 || !host_name_valid(text_span(p->address)))
        return false;
    if (!no_proxy_clean(text_span(p->no_proxy)) || !text_clean(username, false) || !text_clean(password, true))
        return false;
    return (username.len != 0) == basic && (password.len != 0) == p->has_password && (basic || !p->has_password);
}

int network_proxy_read(struct cursor *c, struct network_proxy *proxy)
{
    ct_wipe(proxy, sizeof *proxy);
    uint8_t flags = cursor_u8(c);
    proxy->authentication = cursor_u8(c);
    proxy->port = cursor_u16le(c);
    text_take(c, cursor_u8(c), proxy->address, sizeof proxy->address);
    text_take(c, cursor_u8(c), proxy->no_proxy, sizeof proxy->no_proxy);
    text_take(c, cursor_u8(c), proxy->username, sizeof proxy->username);
    text_take(c, cursor_u8(c), proxy->password, sizeof proxy->password);
    proxy->enabled = flags & NETWORK_PROXY_ENABLED;
    proxy->has_password = flags & NETWORK_PROXY_HAS_PASSWORD;
    if (!c->err && (flags & ~(unsigned)NETWORK_PROXY_FLAGS || !network_proxy_valid(proxy)))
        cursor_fail(c, E_MALFORMED);
    if (c->err)
        ct_wipe(proxy, sizeof *proxy);
    return c->err;
}

int network_proxy_write(const struct network_proxy *p, struct writer *w)
{
    if (!network_proxy_valid(p))
        return E_MALFORMED;
    writer_u8(w, (uint8_t)((p->enabled ? NETWORK_PROXY_ENABLED : 0) | (p->has_password ? NETWORK_PROXY_HAS_PASSWORD : 0)));
    writer_u8(w, p->authentication);
    writer_u16le(w, p->port);
    text_put(w, p->address);
    text_put(w, p->no_proxy);
    text_put(w, p->username);
    text_put(w, p->password);
    return w->err;
}

void network_proxy_hide(struct network_proxy *proxy)
{
    ct_wipe(proxy->password, sizeof proxy->password);
    proxy->has_password = false;
}

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

static bool equal_without_case(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool network_proxy_same_login(const struct network_proxy *a, const struct network_proxy *b)
{
    return a->authentication == b->authentication && a->port == b->port &&
           equal_without_case(text_span(a->address), text_span(b->address)) &&
           text_equal(text_span(a->username), b->username);
}

/* Of a name its domains too; an address has none, and "1.1.1.1" is no host of "1.1". */
static bool entry_matches(struct span entry, struct span host)
{
    if (text_equal(entry, "*"))
        return true;
    if (entry.len && entry.at[0] == '.')
        entry = span_of(entry.at + 1, entry.len - 1);
    if (entry.len == 0 || entry.len > host.len)
        return false;
    struct span end = span_of(host.at + (host.len - entry.len), entry.len);
    if (!equal_without_case(entry, end))
        return false;
    uint8_t last = host.at[host.len - 1];
    bool address = last >= '0' && last <= '9';
    return entry.len == host.len || (!address && host.at[host.len - entry.len - 1] == '.');
}

bool network_proxy_bypasses(const struct network_proxy *proxy, const char *host)
{
    struct span all = text_span(proxy->no_proxy), name = text_span(host);
    for (size_t at = 0; at <= all.len;) {
        size_t end = at;
        while (end < all.len && all.at[end] != ',')
            end++;
        if (entry_matches(span_of(all.at + at, end - at), name))
            return true;
        at = end + 1;
    }
    return false;
}
