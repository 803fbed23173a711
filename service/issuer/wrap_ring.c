/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/wrap_ring.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/key_file.h"
#include "service/pkcs11/name_file.h"

enum { KEY_FILE_MAX = 4095 };

static const char prefix[] = "wrap-until-", suffix[] = ".key", now_name[] = "wrap.key", next_name[] = "wrap-next.key",
                  mark_name[] = "wrap.reseal";

static int path_of(const char *folder, const char *name, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : E_RANGE;
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

uint64_t wrap_until(const char *name)
{
    char *end;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0 || name[sizeof prefix - 1] < '1' || name[sizeof prefix - 1] > '9')
        return 0;
    errno = 0;
    const unsigned long long value = strtoull(name + sizeof prefix - 1, &end, 10);
    return errno || value > INT64_MAX || strcmp(end, suffix) != 0 ? 0 : value;
}

bool wrap_ring_file(const char *name)
{
    return wrap_until(name) || strcmp(name, next_name) == 0 || strcmp(name, mark_name) == 0;
}

/* -- what is there ------------------------------------------------------------------ */

static void left_out(struct wrap_ring *ring, const char *path, int err)
{
    fprintf(stderr, "issuer: %s: %s: what it alone opens stays closed\n", path, err_text(err));
    ring->left_out = true;
}

static void former_load(struct wrap_ring *ring, const char *folder, const char *name, struct token *token)
{
    char path[PATH_MAX];
    struct wrap_former *to = &ring->former[ring->former_count];
    int err = path_of(folder, name, path);
    if (!err)
        err = ring->former_count < WRAP_FORMER_MAX ? wrap_load(path, token, &to->wrap) : E_LIMIT;
    if (err) {
        left_out(ring, name, err);
        return;
    }
    to->until_s = wrap_until(name);
    ring->former_count++;
}

static int others_load(struct wrap_ring *ring, const char *folder, struct token *token)
{
    char path[PATH_MAX];
    int err = path_of(folder, next_name, path);
    if (err)
        return err;
    if (is_there(path)) {
        err = wrap_load(path, token, &ring->next);
        ring->has_next = !err;
        if (err)
            left_out(ring, path, err);
    }
    DIR *dir = opendir(folder);
    if (!dir)
        return E_IO;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (wrap_until(e->d_name))
            former_load(ring, folder, e->d_name, token);
    closedir(dir);
    return 0;
}

int wrap_ring_load(const char *folder, struct token *token, struct wrap_ring *ring)
{
    char path[PATH_MAX], mark[PATH_MAX];
    *ring = (struct wrap_ring){0};
    int err = path_of(folder, now_name, path);
    if (err || (err = path_of(folder, mark_name, mark)) != 0)
        return err;
    err = is_there(path) || errno != ENOENT ? wrap_load(path, token, &ring->now) : key_text_make(path, ring->now.key);
    if (!err)
        err = others_load(ring, folder, token);
    ring->pending = !err && is_there(mark);
    if (err)
        wrap_ring_release(ring);
    return err;
}

void wrap_ring_release(struct wrap_ring *ring)
{
    wrap_release(&ring->now);
    wrap_release(&ring->next);
    for (size_t i = 0; i < ring->former_count; i++)
        wrap_release(&ring->former[i].wrap);
    ct_wipe(ring, sizeof *ring);
}

const struct wrap *wrap_ring_at(const struct wrap_ring *ring, size_t i)
{
    if (i == 0)
        return &ring->now;
    if (ring->has_next && --i == 0)
        return &ring->next;
    return i - 1 < ring->former_count ? &ring->former[i - 1].wrap : NULL;
}

int wrap_ring_open(struct wrap_ring *ring, const uint8_t nonce[static GCM_NONCE_BYTES], struct span bound,
                   struct span in, uint8_t *out, const uint8_t tag[static GCM_TAG_BYTES], const struct wrap **by)
{
    const size_t count = 1 + ring->has_next + ring->former_count, last = ring->opened_last < count ? ring->opened_last : 0;
    int err = E_KEY_UNKNOWN, worst = E_KEY_UNKNOWN;
    if (by)
        *by = NULL;
    /* One in a token that is away keeps nobody from what the rest open. */
    for (size_t i = 0; err && i < count; i++) {
        const size_t at = i == 0 ? last : i <= last ? i - 1 : i; /* the last one, then the others in their order */
        const struct wrap *wrap = wrap_ring_at(ring, at);
        err = wrap_open(wrap, nonce, bound, in, out, tag);
        if (!err)
            ring->opened_last = at;
        else if (err != E_KEY_UNKNOWN)
            worst = err;
        if (!err && by)
            *by = wrap;
    }
    return err ? worst : 0;
}

/* -- one follows the other ------------------------------------------------------------ */

/* Does second open what first seals? */
static int pair_try(const struct wrap *first, const struct wrap *second)
{
    static const uint8_t text[16] = "perisphere wrap";
    const struct span bound = span_of(text, sizeof text);
    uint8_t nonce[GCM_NONCE_BYTES], sealed[sizeof text], clear[sizeof text], tag[GCM_TAG_BYTES];
    int err = wrap_seal(first, bound, bound, nonce, sealed, tag);
    if (!err)
        err = wrap_open(second, nonce, bound, span_of(sealed, sizeof sealed), clear, tag);
    return err ? err : memcmp(clear, text, sizeof text) == 0 ? 0 : E_KEY_UNKNOWN;
}

/* The token's key of the file's name, made where there is none; the file then has its name in full. */
static int named_bring(const char *folder, struct token *token, struct name_file *file, struct wrap *wrap)
{
    char text[NAME_FILE_TEXT_MAX];
    const struct span uri = span_of(file->uri, strlen(file->uri));
    if (!token)
        return E_STATE;
    if (file->sealed_bytes)
        return E_MALFORMED;
    int err = token_key_find(token, uri, true, &wrap->token_key);
    if (err == E_NOT_FOUND)
        err = token_key_generate(token, uri, TOKEN_KEY_AES, &wrap->token_key);
    if (err)
        return err;
    snprintf(file->uri, sizeof file->uri, "%s", token_key_uri(wrap->token_key));
    err = name_file_format(file, text, sizeof text);
    return err ? err : key_file_write(folder, next_name, span_of(text, strlen(text)), 0600);
}

int wrap_ring_prepare(struct wrap_ring *ring, const char *folder, struct token *token)
{
    struct name_file file;
    struct wrap next = {0};
    char path[PATH_MAX];
    int err = path_of(folder, next_name, path);
    if (!err)
        err = name_file_read(path, &file);
    if (err == E_NOT_FOUND) {
        wrap_release(&ring->next);
        ring->has_next = false;
        return err;
    }
    if (!err)
        err = file.uri[0] ? named_bring(folder, token, &file, &next) : key_text_read(path, next.key);
    if (!err)
        err = pair_try(&next, &next);
    if (!err) {
        err = pair_try(&ring->now, &next);
        err = err == E_KEY_UNKNOWN ? 0 : err ? err : E_EXISTS;
    }
    if (err == E_NOT_FOUND)
        err = E_MISSING; /* the token, not the file */
    if (err) {
        wrap_release(&next);
        return err;
    }
    wrap_release(&ring->next);
    ring->next = next;
    ring->has_next = true;
    return 0;
}

static bool is_former(const struct wrap_ring *ring)
{
    for (size_t i = 0; i < ring->former_count; i++)
        if (pair_try(&ring->now, &ring->former[i].wrap) == 0)
            return true;
    return false;
}

/* wrap.key once more, under the name by which it goes on. */
static int former_keep(const struct wrap_ring *ring, const char *folder, uint64_t *until_s)
{
    char path[PATH_MAX], name[64], *text;
    if (ring->former_count == WRAP_FORMER_MAX)
        return E_LIMIT;
    for (size_t i = 0; i < ring->former_count; i++)
        if (ring->former[i].until_s == *until_s) { /* two within a second: each has a name of its own */
            ++*until_s;
            i = SIZE_MAX;
        }
    snprintf(name, sizeof name, "%s%" PRIu64 "%s", prefix, *until_s, suffix);
    int err = path_of(folder, now_name, path);
    if (!err)
        err = text_file_read(path, KEY_FILE_MAX, &text);
    if (err)
        return err;
    err = key_file_write(folder, name, span_of(text, strlen(text)), 0600);
    authority_text_free(text);
    return err;
}

int wrap_ring_switch(struct wrap_ring *ring, const char *folder, uint64_t until_s)
{
    char path[PATH_MAX], next[PATH_MAX];
    if (!ring->has_next)
        return E_STATE;
    const bool kept = is_former(ring); /* cut off before its last step, a switch comes here again */
    const bool pending = ring->pending;
    int err = path_of(folder, now_name, path);
    if (err || (err = path_of(folder, next_name, next)) != 0 || (err = kept ? 0 : former_keep(ring, folder, &until_s)) != 0 ||
        (err = key_file_write(folder, mark_name, span_of(NULL, 0), 0600)) != 0)
        return err;
    ring->pending = true;
    if (rename(next, path) != 0) {
        err = errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
        if (!pending)
            (void)!wrap_ring_settle(ring, folder); /* nothing waits for a key that does not seal */
        return err;
    }
    if (kept)
        wrap_release(&ring->now);
    else
        ring->former[ring->former_count++] = (struct wrap_former){ring->now, until_s, 0};
    ring->now = ring->next;
    ring->has_next = false;
    ring->next = (struct wrap){0};
    /* Until the rename is on disk a power cut brings wrap-next.key back, which opens what is sealed from now on. */
    if (key_folder_sync(folder) != 0)
        fprintf(stderr, "issuer: %s: %s: the new key is in use, and its name may not be on disk\n", path, strerror(errno));
    return 0;
}

int wrap_ring_settle(struct wrap_ring *ring, const char *folder)
{
    char path[PATH_MAX];
    int err = path_of(folder, mark_name, path);
    if (!err && unlink(path) != 0 && errno != ENOENT)
        err = E_IO;
    if (!err)
        ring->pending = false;
    return err;
}

void wrap_ring_expire(struct wrap_ring *ring, const char *folder, uint64_t now_s)
{
    char path[PATH_MAX];
    for (size_t i = 0; !ring->pending && i < ring->former_count;) {
        struct wrap_former *former = &ring->former[i];
        char name[64];
        snprintf(name, sizeof name, "%s%" PRIu64 "%s", prefix, former->until_s, suffix);
        former->over_looks = former->until_s > now_s ? 0 : former->over_looks + 1;
        if (former->over_looks < WRAP_OVER_LOOKS || path_of(folder, name, path) != 0 || (unlink(path) != 0 && errno != ENOENT)) {
            i++;
            continue;
        }
        wrap_release(&former->wrap);
        memmove(former, former + 1, (--ring->former_count - i) * sizeof *former);
    }
}
