/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/issuer/key_file.h"
#include "service/issuer/state.h"
#include "service/issuer/wrap_pass.h"

enum {
    RETRY_S = 60,
    DEVICE_KEY_S = 3 * 86400,  /* a device asks for the key of its dumps each day, at an update check */
    DEVICE_DUMP_S = 7 * 86400, /* and keeps a dump that it could not deliver */
};

struct rotation {
    struct issuer *issuer;
    struct token *token;
    struct channel *store;
    struct event *look;
    char folder[PATH_MAX - 64];
    uint64_t dump_keep_s;
    bool running;  /* a pass */
    bool asked;    /* somebody waits for its end */
    uint64_t again_s; /* a pass that failed is not begun before */
    struct wrap_pass pass;
    struct wrap_pass_page page;
};

static struct wrap_ring *ring_of(const struct rotation *r) { return &r->issuer->catalogs.wrap; }
static uint64_t now_s(void) { return (uint64_t)time(NULL); }

/* -- who asked ------------------------------------------------------------------ */

static void answer(const struct rotation *r, const char *line)
{
    if (key_file_write(r->folder, "answer", span_of(line, strlen(line)), 0600) != 0)
        fprintf(stderr, "issuer: %s: cannot answer the request there\n", r->folder);
}

static void answer_failed(const struct rotation *r, const char *what, int err)
{
    char line[256];
    const char *why = err == E_EXISTS    ? "it holds the key that seals already"
                      : err == E_MISSING ? "no such token: is it there, and open to the issuer?"
                      : err == E_STATE   ? "the key is in a token, and service.json names no module"
                                         : err_text(err);
    snprintf(line, sizeof line, "failed: %s%s\n", what, why);
    answer(r, line);
}

/* -- the pass --------------------------------------------------------------------- */

static void pass_fail(struct rotation *r, int err)
{
    r->running = false;
    if (!r->store) /* the service ends: what is left is taken up at its next start */
        return;
    r->again_s = now_s() + RETRY_S;
    fprintf(stderr, "issuer: the catalogs' CAs are not all sealed by the new key yet: %s; the next attempt is in %d s\n",
            err_text(err), RETRY_S);
    if (r->asked)
        answer_failed(r, "the new key seals, and what was sealed before is not done; it goes on by itself in a minute: ", err);
    r->asked = false;
}

static int store_ask(struct rotation *r, uint16_t operation, const struct record_type *type, const void *record,
                     void (*then)(void *, int, struct span))
{
    size_t cap = record_bytes(type, record);
    uint8_t *bytes = malloc(cap);
    struct writer w = writer_of(bytes, bytes ? cap : 0);
    int err = bytes ? record_write(type, record, &w) : E_NOMEM;
    if (!err)
        err = r->store ? channel_call(r->store, operation, writer_view(&w), then, r) : E_NETWORK;
    free(bytes);
    return err;
}

static void on_page(void *context, int status, struct span payload);

static void page_ask(struct rotation *r)
{
    int err = store_ask(r, STORE_OP_CA_PAGE, &store_ca_after_type, &r->pass.after, on_page);
    if (err)
        pass_fail(r, err);
}

static void on_resealed(void *context, int status, struct span payload)
{
    struct rotation *r = context;
    (void)payload;
    if (status)
        pass_fail(r, status);
    else
        page_ask(r);
}

/* The record of the audit log first: cut off between the two, the pass is made again and finds nothing to do. */
static void on_recorded(void *context, int status, struct span payload)
{
    struct rotation *r = context;
    char line[96];
    (void)payload;
    int err = status ? status : wrap_ring_settle(ring_of(r), r->folder);
    if (err) {
        pass_fail(r, err);
        return;
    }
    r->running = false;
    fprintf(stderr, "issuer: CAs of catalogs sealed by the new key: %" PRIu64 ", that do not open: %" PRIu64 "\n", r->pass.resealed,
            r->pass.unopened);
    snprintf(line, sizeof line, "done %" PRIu64 " %" PRIu64 "\n", r->pass.resealed, r->pass.unopened);
    if (r->asked)
        answer(r, line);
    r->asked = false;
}

static void on_page(void *context, int status, struct span payload)
{
    struct rotation *r = context;
    char line[96];
    bool done;
    int err = status ? status : wrap_pass_step(&r->pass, ring_of(r), payload, &r->page, &done);
    if (err) {
        pass_fail(r, err);
        return;
    }
    if (done && r->pass.unopened && ring_of(r)->left_out) {
        pass_fail(r, E_MISSING); /* not settled: a former key would go in its time, and take along what it alone opens */
    } else if (done) {
        const struct store_wrap_changed changed = {r->pass.resealed, r->pass.unopened};
        err = store_ask(r, STORE_OP_WRAP_CHANGED, &store_wrap_changed_type, &changed, on_recorded);
    } else if (r->page.cas.count) {
        snprintf(line, sizeof line, "at %" PRIu64 " %" PRIu64 "\n", r->pass.seen, r->pass.total);
        if (r->asked)
            answer(r, line);
        err = store_ask(r, STORE_OP_CA_RESEAL, &store_cas_type, &r->page.cas, on_resealed);
    } else {
        page_ask(r);
    }
    if (err)
        pass_fail(r, err);
}

static void pass_start(struct rotation *r)
{
    r->running = true;
    wrap_pass_begin(&r->pass);
    page_ask(r);
}

/* -- what is asked ----------------------------------------------------------------- */

static int rotate(struct rotation *r, const char **what)
{
    int err = wrap_ring_prepare(ring_of(r), r->folder, r->token);
    if (err == E_NOT_FOUND && ring_of(r)->pending)
        return 0; /* it seals already: the rest of the way */
    if (err)
        return err;
    *what = "issuer: ";
    err = wrap_ring_switch(ring_of(r), r->folder, now_s() + r->dump_keep_s + DEVICE_KEY_S + DEVICE_DUMP_S);
    if (!err)
        dump_leaves_release(r->issuer); /* devices are told the new key of their dumps */
    return err;
}

static void request_take(struct rotation *r)
{
    char path[PATH_MAX], word[16] = "";
    const char *what = "wrap-next.key: ";
    if (snprintf(path, sizeof path, "%s/request", r->folder) >= (int)sizeof path)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    ssize_t n = read(fd, word, sizeof word - 1);
    close(fd);
    /* From here to the end there is one of the two: who waits is answered, whatever ends this process in between. */
    answer(r, "at 0 0\n");
    (void)unlink(path);
    bool prepare = n > 0 && strcmp(word, "prepare\n") == 0, all = n > 0 && strcmp(word, "rotate\n") == 0;
    int err = prepare ? wrap_ring_prepare(ring_of(r), r->folder, r->token) : all ? rotate(r, &what) : E_UNSUPPORTED;
    if (err)
        answer_failed(r, what, err);
    else if (prepare)
        answer(r, "done 0 0\n");
    if (err || prepare)
        return;
    r->asked = true;
    pass_start(r);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
    static const struct timeval often = {1, 0};
    struct rotation *r = context;
    (void)fd;
    (void)what;
    (void)event_add(r->look, &often);
    if (r->running || !r->store)
        return;
    request_take(r);
    /* With wrap-next.key there still, the key of before seals: what the mark says is then no news of a new one. */
    if (r->asked && !r->running && (!ring_of(r)->pending || ring_of(r)->has_next)) {
        answer(r, "failed: the issuer was started anew before it was done: ask again\n");
        r->asked = false;
    }
    if (!r->running && ring_of(r)->pending && now_s() >= r->again_s)
        pass_start(r);
    wrap_ring_expire(ring_of(r), r->folder, now_s());
}

int rotation_new(struct event_base *base, struct issuer *issuer, struct token *token, const char *folder,
                 uint64_t dump_keep_s, struct channel *store, struct rotation **out)
{
    static const struct timeval first = {1, 0};
    struct rotation *r = calloc(1, sizeof *r);
    *out = r;
    if (!r)
        return E_NOMEM;
    r->issuer = issuer;
    r->token = token;
    r->store = store;
    r->dump_keep_s = dump_keep_s;
    if (snprintf(r->folder, sizeof r->folder, "%s", folder) >= (int)sizeof r->folder)
        return E_RANGE;
    char path[PATH_MAX];
    r->asked = snprintf(path, sizeof path, "%s/answer", r->folder) < (int)sizeof path && access(path, F_OK) == 0;
    r->look = event_new(base, -1, 0, on_look, r);
    return r->look && event_add(r->look, &first) == 0 ? 0 : E_NOMEM;
}

void rotation_stop(struct rotation *r)
{
    if (r)
        r->store = NULL;
}

void rotation_free(struct rotation *r)
{
    if (r && r->look)
        event_free(r->look);
    free(r);
}
