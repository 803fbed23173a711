/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/oidc/server.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fetch_begin(struct oidc_server *s);

static uint64_t monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec + 1; /* never 0 */
}

/* -- tokens ------------------------------------------------------------------------ */

static void reply(struct channel_request *request, int err, const struct oidc_identity *identity)
{
    uint8_t bytes[OIDC_NAME_MAX + 32];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (!err)
        err = oidc_identity_write(identity, &w);
    if (err)
        fprintf(stderr, "oidc: a token was refused: %s\n", err_text(err));
    channel_reply(request, err, err ? span_of(NULL, 0) : writer_view(&w));
}

static int verify(struct oidc_server *s, struct span token, struct oidc_identity *identity)
{
    const struct token_rules rules = {s->config->oidc_issuer, s->config->oidc_audience, (uint64_t)time(NULL),
                                      s->config->oidc_skew_s};
    return token_verify(token, s->keys, &rules, identity);
}

/* A copy that the fetch will end; false: no room. */
static bool wait_add(struct oidc_server *s, struct channel_request *request, struct span token)
{
    if (s->waiting_count == OIDC_WAITING_MAX)
        return false;
    uint8_t *copy = malloc(token.len);
    if (!copy)
        return false;
    memcpy(copy, token.at, token.len);
    s->waiting[s->waiting_count++] = (struct oidc_waiting){request, copy, token.len};
    return true;
}

static void wait_end(struct oidc_server *s, int err)
{
    for (size_t i = 0; i < s->waiting_count; i++) {
        struct oidc_waiting *w = &s->waiting[i];
        struct oidc_identity identity;
        int result = err && !s->keys ? err : verify(s, span_of(w->token, w->len), &identity);
        reply(w->request, result, &identity);
        free(w->token);
    }
    s->waiting_count = 0;
}

static void handle_verify(void *context, struct channel_request *request, struct span payload)
{
    struct oidc_server *s = context;
    struct oidc_token ask;
    struct oidc_identity identity = {0};
    int err = record_parse(&oidc_token_type, payload, &ask);
    if (!err && !s->fetcher)
        err = E_UNSUPPORTED;
    if (!err)
        err = verify(s, ask.token, &identity);
    if (err == E_KEY_UNKNOWN) { /* perhaps the provider has new ones */
        if (!s->fetching && monotonic_s() - s->began_s >= s->config->oidc_retry_s)
            fetch_begin(s);
        if (s->fetching && wait_add(s, request, ask.token))
            return;
        if (!s->keys)
            err = E_NETWORK;
    }
    reply(request, err, &identity);
}

static const struct channel_operation operations[] = {
    {OIDC_OP_VERIFY, "VERIFY", OIDC_TOKEN_MAX + 16, handle_verify},
};

/* -- keys ---------------------------------------------------------------------------- */

static void fetch_end(struct oidc_server *s, int err, const char *what)
{
    s->fetching = false;
    if (err)
        fprintf(stderr, "oidc: %s of %s: %s\n", what, s->config->oidc_issuer, err_text(err));
    if (err && s->keys && monotonic_s() - s->fetched_s > OIDC_OLD_S) {
        fprintf(stderr, "oidc: the keys are a day old: no token is taken until new ones come\n");
        keys_free(s->keys);
        s->keys = NULL;
    }
    wait_end(s, err ? E_NETWORK : 0);
}

static void on_keys(void *context, int err, struct span body)
{
    struct oidc_server *s = context;
    struct keys *keys = NULL;
    if (!err)
        err = keys_parse(body, &keys);
    if (!err) {
        keys_free(s->keys);
        s->keys = keys;
        s->fetched_s = monotonic_s();
    }
    fetch_end(s, err, "key set");
}

/* OpenID Connect Discovery 1.0 section 4.3: the document must name the issuer asked. */
static void on_discovery(void *context, int err, struct span body)
{
    struct oidc_server *s = context;
    json_error_t error;
    json_t *json = err ? NULL : json_loadb((const char *)body.at, body.len, JSON_REJECT_DUPLICATES, &error);
    const char *issuer = json_string_value(json_object_get(json, "issuer"));
    const char *url = json_string_value(json_object_get(json, "jwks_uri"));
    if (!err && (!issuer || !url))
        err = E_MALFORMED;
    if (!err && strcmp(issuer, s->config->oidc_issuer) != 0)
        err = E_BINDING;
    if (!err)
        err = fetch(s->fetcher, url, on_keys, s);
    json_decref(json);
    if (err)
        fetch_end(s, err, "discovery document");
}

static void fetch_begin(struct oidc_server *s)
{
    char url[FETCH_URL_MAX];
    const char *issuer = s->config->oidc_issuer;
    size_t len = strlen(issuer);
    s->began_s = monotonic_s();
    s->fetching = true;
    /* Section 4: a slash at the end of the issuer is left out. */
    int n = snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration",
                     (int)(len && issuer[len - 1] == '/' ? len - 1 : len), issuer);
    int err = n < (int)sizeof url ? fetch(s->fetcher, url, on_discovery, s) : E_LIMIT;
    if (err)
        fetch_end(s, err, "discovery document");
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct oidc_server *s = context;
    uint64_t now = monotonic_s();
    (void)fd;
    (void)what;
    uint64_t pause = s->keys && s->fetched_s >= s->began_s ? s->config->oidc_refresh_s : s->config->oidc_retry_s;
    if (!s->fetching && now - s->began_s >= pause)
        fetch_begin(s);
}

/* -- life ------------------------------------------------------------------------------ */

int oidc_server_init(struct oidc_server *s, struct event_base *base, const struct service_config *config,
                     struct fetcher *fetcher, int front_fd,
                     void (*closed)(void *context, struct channel *channel))
{
    static const struct timeval second = {1, 0};
    *s = (struct oidc_server){.config = config, .base = base, .fetcher = fetcher};
    s->front = channel_new(base, front_fd, operations, 1, s, closed);
    if (!s->front)
        return E_NOMEM;
    if (!fetcher)
        return 0;
    s->timer = event_new(base, -1, EV_PERSIST, on_timer, s);
    if (!s->timer || event_add(s->timer, &second) != 0)
        return E_NOMEM;
    fetch_begin(s);
    return 0;
}

void oidc_server_release(struct oidc_server *s)
{
    if (s->timer)
        event_free(s->timer);
    for (size_t i = 0; i < s->waiting_count; i++)
        free(s->waiting[i].token); /* the channel answers for us */
    s->waiting_count = 0;
    channel_free(s->front);
    keys_free(s->keys);
    s->front = NULL;
    s->keys = NULL;
}
