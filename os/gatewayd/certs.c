/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes about the certificate store: what is in it, put there, taken out; how much room is left.
 * Source: docs/spec/cert-store.md.  azured keeps it; keys and passwords go there and never come back.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/ct.h"
#include "os/gatewayd/body.h"
#include "os/gatewayd/json_write.h"

/* Asks azured and waits for its answer, which is in g->certificates then. */
static uint32_t ask(struct gateway *g, const struct cert_ask *what)
{
    struct os_message message;
    message.kind = OS_CERT_ASK;
    message.fd = -1;
    message.u.cert_ask = (struct os_cert_ask){++g->certificate_number, *what};
    if (gateway_send(g, &message))
        return REST_INTERNAL;
    uint64_t until = gateway_now_ms() + GATEWAY_PROXY_WAIT_MS;
    while (g->certificates.number != g->certificate_number) {
        uint64_t now = gateway_now_ms();
        if (now >= until || !gateway_listen(g, (int)(until - now)))
            return REST_INTERNAL;
    }
    switch (g->certificates.answer.error) {
    case CERT_OK: return 0;
    case CERT_NOT_HERE: return REST_NOT_IMPLEMENTED;
    case CERT_NOT_STAGED:
    case CERT_NOT_STORED: return REST_INTERNAL;
    default: return (uint32_t)REST_CATEGORY_CERTIFICATES << 20 | g->certificates.answer.error;
    }
}

/* The id in the path. */
static uint32_t named(const struct gateway *g, enum cert_action action, struct cert_ask *what)
{
    *what = (struct cert_ask){.action = (uint8_t)action};
    if (strlen(g->argument) > CERT_ID_MAX)
        return (uint32_t)REST_CATEGORY_CERTIFICATES << 20 | CERT_ID_TOO_LONG;
    strcpy(what->id, g->argument);
    return 0;
}

uint32_t certs_list(struct gateway *g, struct answer *a)
{
    struct cert_ask what = {.action = CERT_SPACE};
    uint32_t error = ask(g, &what), count = g->certificates.answer.count;
    if (error)
        return error;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_name(&j, "identifiers");
    json_open(&j, '[');
    what.action = CERT_AT;
    for (; what.index < count; what.index++) {
        error = ask(g, &what);
        if (error == ((uint32_t)REST_CATEGORY_CERTIFICATES << 20 | CERT_INDEX_OUT_OF_RANGE))
            break; /* an application took one out meanwhile */
        if (error)
            return error;
        json_text(&j, g->certificates.answer.id);
    }
    json_close(&j);
    json_close(&j);
    return 0;
}

uint32_t certs_space(struct gateway *g, struct answer *a)
{
    const struct cert_ask what = {.action = CERT_SPACE};
    uint32_t error = ask(g, &what);
    if (error)
        return error;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_uint(&j, "AvailableSpace", g->certificates.answer.available);
    json_close(&j);
    return 0;
}

static void time_write(struct json_writer *j, const char *name, uint64_t s)
{
    char text[32] = "";
    struct tm tm;
    time_t t = (time_t)s;
    if (s <= INT64_MAX / 2 && gmtime_r(&t, &tm) && tm.tm_year < 8100)
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_member_text(j, name, text);
}

uint32_t certs_show(struct gateway *g, struct answer *a)
{
    struct cert_ask what;
    uint32_t error = named(g, CERT_SHOW, &what);
    if (!error)
        error = ask(g, &what);
    if (error)
        return error;
    const struct cert_answer *c = &g->certificates.answer;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "id", c->id);
    time_write(&j, "notBefore", c->not_before_s);
    time_write(&j, "notAfter", c->not_after_s);
    json_member_text(&j, "subjectName", c->subject);
    json_member_text(&j, "issuerName", c->issuer);
    json_close(&j);
    return 0;
}

uint32_t certs_delete(struct gateway *g, struct answer *a)
{
    struct cert_ask what;
    uint32_t error = named(g, CERT_DELETE, &what);
    if (!error)
        error = ask(g, &what);
    if (!error)
        writer_bytes(&a->body, "{}", 2);
    return error;
}

/* -- what is put there -------------------------------------------------------------- */

enum member { TYPE, CERTIFICATE, KEY, PASSWORD, MEMBERS };

static const char *const names[MEMBERS] = {[TYPE] = "certType", [CERTIFICATE] = "publicCert", [KEY] = "privateKey", [PASSWORD] = "password"};

static const struct {
    size_t max;
    enum cert_error too_long;
} limits[MEMBERS] = {
    [TYPE] = {16, CERT_TYPE_INVALID},
    [CERTIFICATE] = {CERT_PEM_MAX, CERT_PUBLIC_TOO_LONG},
    [KEY] = {CERT_PEM_MAX, CERT_PRIVATE_TOO_LONG},
    [PASSWORD] = {CERT_PASSWORD_MAX, CERT_PASSWORD_TOO_LONG},
};

/* Texts of the body, decoded; where each of them lies. */
struct texts {
    struct span at[MEMBERS];
    size_t len;
    uint8_t bytes[16 + CERT_STAGE_BYTES];
};

static uint32_t cert_error(enum cert_error error) { return (uint32_t)REST_CATEGORY_CERTIFICATES << 20 | error; }

static uint32_t text_get(struct json_reader *r, unsigned which, void *to)
{
    struct texts *t = to;
    struct writer w = writer_of(t->bytes + t->len, limits[which].max);
    if (json_peek(r) != JSON_STRING)
        return REST_INVALID_JSON_DATA;
    json_get_string(r, &w);
    if (w.err) {
        ct_wipe(t->bytes + t->len, w.len); /* of a key, perhaps: nobody counts these bytes */
        return cert_error(limits[which].too_long);
    }
    t->at[which] = span_of(t->bytes + t->len, w.len);
    t->len += w.len;
    return w.len && memchr(w.at, 0, w.len) ? REST_INVALID_JSON_DATA : 0;
}

static uint8_t type_of(struct span text)
{
    static const struct {
        const char *name;
        enum cert_type type;
    } rows[] = {{"client", CERT_CLIENT}, {"rootca", CERT_ROOT_CA}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text.len == strlen(rows[i].name) && strncasecmp((const char *)text.at, rows[i].name, text.len) == 0)
            return (uint8_t)rows[i].type;
    return CERT_NONE;
}

/* The parts behind one another, in pieces. */
static uint32_t stage(struct gateway *g, const struct texts *t)
{
    struct os_message message;
    uint32_t offset = 0;
    message.kind = OS_CERT_STAGE;
    message.fd = -1;
    for (unsigned which = CERTIFICATE; which < MEMBERS; which++)
        for (size_t at = 0; at < t->at[which].len;) {
            size_t len = t->at[which].len - at < OS_CERT_PIECE_MAX ? t->at[which].len - at : OS_CERT_PIECE_MAX;
            message.u.cert_stage = (struct os_cert_stage){offset, span_of(t->at[which].at + at, len)};
            if (gateway_send(g, &message))
                return REST_INTERNAL;
            at += len;
            offset += (uint32_t)len;
        }
    return 0;
}

uint32_t certs_add(struct gateway *g, struct answer *a)
{
    static struct texts texts;
    struct cert_ask what;
    uint32_t error = named(g, CERT_INSTALL, &what);
    memset(texts.at, 0, sizeof texts.at);
    texts.len = 0;
    if (!error)
        error = body_read(g, names, MEMBERS, 1u << TYPE | 1u << CERTIFICATE, text_get, &texts);
    ct_wipe(g->body, g->body_len);
    what.type = type_of(texts.at[TYPE]);
    what.cert_bytes = (uint16_t)texts.at[CERTIFICATE].len;
    what.key_bytes = (uint16_t)texts.at[KEY].len;
    what.password_bytes = (uint16_t)texts.at[PASSWORD].len;
    if (!error && !what.type)
        error = cert_error(CERT_TYPE_INVALID);
    if (!error && !what.cert_bytes)
        error = cert_error(CERT_PUBLIC_INVALID);
    if (!error)
        error = stage(g, &texts);
    ct_wipe(texts.bytes, texts.len);
    if (!error)
        error = ask(g, &what);
    if (!error)
        writer_bytes(&a->body, "{}", 2);
    return error;
}
