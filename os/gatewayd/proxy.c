/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes about the network proxy: shown, set, forgotten.
 * Source: docs/spec/proxy.md.  azured keeps it; its password goes there and never comes back.
 */
#include <stdio.h>
#include <string.h>

#include "lib/ct.h"
#include "os/gatewayd/body.h"
#include "os/gatewayd/json_write.h"

uint32_t proxy_ask(struct gateway *g, enum os_proxy_action action, const struct network_proxy *proxy, int wait_ms)
{
    struct os_message message; /* of which no more is touched than is needed */
    memset(&message.u.proxy_set, 0, sizeof message.u.proxy_set);
    message.kind = OS_PROXY_SET;
    message.fd = -1;
    message.u.proxy_set.number = ++g->proxy_number;
    message.u.proxy_set.action = action;
    if (proxy)
        message.u.proxy_set.proxy = *proxy;
    int err = gateway_send(g, &message);
    ct_wipe(&message.u.proxy_set, sizeof message.u.proxy_set);
    if (err)
        return REST_INTERNAL;
    uint64_t until = gateway_now_ms() + (uint64_t)wait_ms;
    while (g->proxy.number != g->proxy_number) {
        uint64_t now = gateway_now_ms();
        if (now >= until || !gateway_listen(g, (int)(until - now)))
            return REST_INTERNAL;
    }
    return 0;
}

static uint32_t refused(const struct gateway *g)
{
    switch (g->proxy.error) {
    case 0: return 0;
    case E_MISSING: return REST_PROXY_PASSWORD_MISSING;
    case E_MALFORMED: return REST_PROXY_NOT_VALID;
    case E_UNSUPPORTED: return REST_NOT_IMPLEMENTED;
    default: return REST_INTERNAL;
    }
}

static void no_proxy_write(struct json_writer *j, const char *list)
{
    json_name(j, "noProxyAddresses");
    json_open(j, '[');
    while (*list) {
        char entry[NETWORK_PROXY_NO_PROXY_MAX + 1];
        size_t len = strcspn(list, ",");
        snprintf(entry, sizeof entry, "%.*s", (int)len, list);
        if (len)
            json_text(j, entry);
        list += len + (list[len] == ',');
    }
    json_close(j);
}

static uint32_t answer_write(const struct gateway *g, struct answer *a)
{
    const struct network_proxy *p = &g->proxy.proxy;
    if (!g->proxy.present)
        return REST_NO_PROXY;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_bool(&j, "enabled", p->enabled);
    json_member_text(&j, "address", p->address);
    json_member_uint(&j, "port", p->port);
    no_proxy_write(&j, p->no_proxy);
    json_member_text(&j, "authenticationType", p->authentication == NETWORK_PROXY_BASIC ? "basic" : "anonymous");
    if (p->authentication == NETWORK_PROXY_BASIC)
        json_member_text(&j, "username", p->username);
    json_close(&j);
    return 0;
}

uint32_t proxy_show(struct gateway *g, struct answer *a)
{
    uint32_t error = proxy_ask(g, OS_PROXY_TELL, NULL, GATEWAY_PROXY_WAIT_MS);
    return error ? error : answer_write(g, a);
}

uint32_t proxy_delete(struct gateway *g, struct answer *a)
{
    uint32_t error = proxy_ask(g, OS_PROXY_DELETE, NULL, GATEWAY_PROXY_WAIT_MS);
    if (!error)
        error = refused(g);
    if (!error)
        writer_bytes(&a->body, "{}", 2);
    return error;
}

/* -- what somebody sets ------------------------------------------------------------ */

/* The next value, a text of less than cap bytes without U+0000. */
static bool text_get(struct json_reader *r, char *text, size_t cap)
{
    struct writer w = writer_of(text, cap - 1);
    if (json_peek(r) != JSON_STRING)
        return false;
    json_get_string(r, &w);
    bool good = !w.err && !r->c.err && (w.len == 0 || !memchr(text, 0, w.len));
    text[good ? w.len : 0] = '\0';
    return good;
}

/* ["a.example", "b.example"] as "a.example,b.example"; an entry with a comma would be two. */
static bool no_proxy_get(struct json_reader *r, char list[static NETWORK_PROXY_NO_PROXY_MAX + 1])
{
    size_t len = 0;
    list[0] = '\0';
    if (json_peek(r) != JSON_ARRAY)
        return false;
    json_enter(r, JSON_ARRAY);
    while (json_next(r)) {
        char entry[NETWORK_PROXY_NO_PROXY_MAX + 1];
        if (!text_get(r, entry, sizeof entry) || !entry[0] || strchr(entry, ','))
            return false;
        int n = snprintf(list + len, NETWORK_PROXY_NO_PROXY_MAX + 1 - len, "%s%s", len ? "," : "", entry);
        if (n < 0 || (size_t)n > NETWORK_PROXY_NO_PROXY_MAX - len)
            return false;
        len += (size_t)n;
    }
    return !r->c.err;
}

static bool authentication_get(struct json_reader *r, uint8_t *authentication)
{
    char text[16];
    if (!text_get(r, text, sizeof text))
        return false;
    *authentication = strcmp(text, "basic") == 0 ? NETWORK_PROXY_BASIC : NETWORK_PROXY_ANONYMOUS;
    return *authentication == NETWORK_PROXY_BASIC || strcmp(text, "anonymous") == 0;
}

enum member { ENABLED, ADDRESS, PORT, NO_PROXY, AUTHENTICATION, USERNAME, PASSWORD, MEMBERS };
enum { NEEDED = 1 << ADDRESS | 1 << PORT | 1 << AUTHENTICATION };

static const char *const names[MEMBERS] = {
    [ENABLED] = "enabled", [ADDRESS] = "address", [PORT] = "port", [NO_PROXY] = "noProxyAddresses",
    [AUTHENTICATION] = "authenticationType", [USERNAME] = "username", [PASSWORD] = "password"};

/* One member's value.  0, or what is wrong with it. */
static uint32_t member_get(struct json_reader *r, unsigned which, void *to)
{
    struct network_proxy *p = to;
    enum json_type type = json_peek(r);
    bool good = true;
    switch ((enum member)which) {
    case ENABLED:
        if (type != JSON_TRUE && type != JSON_FALSE)
            return REST_ENABLED_NOT_A_BOOLEAN;
        p->enabled = json_get_bool(r);
        break;
    case ADDRESS: good = text_get(r, p->address, sizeof p->address); break;
    case PORT:
        good = type == JSON_NUMBER;
        p->port = good ? (uint16_t)json_get_uint(r, UINT16_MAX) : 0;
        break;
    case NO_PROXY: good = no_proxy_get(r, p->no_proxy); break;
    case AUTHENTICATION: good = authentication_get(r, &p->authentication); break;
    case USERNAME: good = text_get(r, p->username, sizeof p->username); break;
    case PASSWORD:
        good = text_get(r, p->password, sizeof p->password);
        p->has_password = p->password[0] != '\0';
        break;
    case MEMBERS: good = false; break;
    }
    return good && !r->c.err ? 0 : REST_PROXY_NOT_VALID;
}

uint32_t proxy_apply(struct gateway *g, struct answer *a)
{
    struct network_proxy proxy;
    memset(&proxy, 0, sizeof proxy);
    uint32_t error = body_read(g, names, MEMBERS, NEEDED, member_get, &proxy);
    ct_wipe(g->body, g->body_len);
    if (!error && !network_proxy_valid(&proxy))
        error = REST_PROXY_NOT_VALID;
    if (!error)
        error = proxy_ask(g, OS_PROXY_APPLY, &proxy, GATEWAY_PROXY_WAIT_MS);
    ct_wipe(&proxy, sizeof proxy);
    if (!error)
        error = refused(g);
    return error ? error : answer_write(g, a);
}
