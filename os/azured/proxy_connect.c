/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/proxy_connect.h"

#include <stdio.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/ct.h"

static void text_put(struct writer *w, const char *text) { writer_bytes(w, text, strlen(text)); }

static void authority_put(struct writer *w, const char *host, const char *port)
{
    bool literal = strchr(host, ':') != NULL; /* RFC 3986 section 3.2.2 */
    text_put(w, literal ? "[" : "");
    text_put(w, host);
    text_put(w, literal ? "]:" : ":");
    text_put(w, port);
}

int proxy_request_write(const struct network_proxy *proxy, const char *host, const char *port, struct writer *w)
{
    text_put(w, "CONNECT ");
    authority_put(w, host, port);
    text_put(w, " HTTP/1.1\r\nHost: ");
    authority_put(w, host, port);
    if (proxy->authentication == NETWORK_PROXY_BASIC) {
        char login[2 * NETWORK_PROXY_CREDENTIAL_MAX + 2];
        int n = snprintf(login, sizeof login, "%s:%s", proxy->username, proxy->password);
        text_put(w, "\r\nProxy-Authorization: Basic ");
        base64_encode(span_of(login, (size_t)n), w);
        ct_wipe(login, sizeof login);
    }
    text_put(w, "\r\n\r\n");
    return w->err;
}

int proxy_answer_status(struct span head)
{
    struct cursor c = cursor_of(head);
    struct span version = cursor_bytes(&c, 7);
    uint8_t minor = cursor_u8(&c), space = cursor_u8(&c);
    int status = 0;
    for (int i = 0; i < 3; i++) {
        uint8_t digit = cursor_u8(&c);
        if (digit < '0' || digit > '9')
            return E_MALFORMED;
        status = 10 * status + digit - '0';
    }
    uint8_t after = cursor_u8(&c);
    if (c.err || !span_equal(version, span_of("HTTP/1.", 7)) || (minor != '0' && minor != '1') || space != ' ' ||
        (after != ' ' && after != '\r') || status < 100 || status > 599 || memchr(head.at, 0, head.len))
        return E_MALFORMED;
    return status;
}

bool proxy_answer_ends(struct span head)
{
    return head.len >= 4 && memcmp(head.at + head.len - 4, "\r\n\r\n", 4) == 0;
}
