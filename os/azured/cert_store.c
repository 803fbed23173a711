/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/cert_store.h"

#include <stdio.h>
#include <string.h>

#include "lib/ct.h"
#include "lib/text.h"
#include "os/azured/cert_check.h"
#include "os/dumps/kept_file.h"

#define FILE_NAME "certificates"
#define FRESH_NAME "certificates.new"
enum { VERSION = 1 };

struct entry {
    uint8_t type;
    struct span id, cert, key, password; /* into the store's file */
};

struct cert_store {
    int folder;
    uint32_t count, used;
    struct entry at[CERT_COUNT_MAX];
    size_t len;
    uint8_t file[CERT_FILE_BYTES + 1], fresh[CERT_FILE_BYTES];
    uint8_t owner[CERT_OWNER_BYTES];
    size_t staged_len;
    uint8_t staged[CERT_STAGE_BYTES];
};

static struct cert_store the_store;

static uint32_t bytes_of(const struct entry *e) { return (uint32_t)(e->cert.len + e->key.len + e->password.len); }

/* What the file says, into count, used and at: views into it. */
static int entries_read(struct cert_store *s)
{
    struct cursor c = cursor_of(span_of(s->file, s->len));
    s->count = s->used = 0;
    if (cursor_u8(&c) != VERSION)
        cursor_fail(&c, E_MALFORMED);
    uint8_t count = cursor_u8(&c);
    if (count > CERT_COUNT_MAX)
        cursor_fail(&c, E_LIMIT);
    while (!c.err && s->count < count) {
        struct entry *e = &s->at[s->count++];
        e->type = cursor_u8(&c);
        e->id = cursor_bytes(&c, cursor_u8(&c));
        e->cert = cursor_bytes(&c, cursor_u16le(&c));
        e->key = cursor_bytes(&c, cursor_u16le(&c));
        e->password = cursor_bytes(&c, cursor_u16le(&c));
        s->used += c.err ? 0 : bytes_of(e);
        if (e->id.len == 0 || e->id.len > CERT_ID_MAX || s->used > CERT_STORE_BYTES)
            cursor_fail(&c, E_MALFORMED);
    }
    int err = cursor_end(&c);
    if (err)
        s->count = s->used = 0;
    return err;
}

struct cert_store *cert_store_open(int folder)
{
    struct cert_store *s = &the_store;
    memset(s, 0, sizeof *s);
    s->folder = folder;
    int err = kept_file_read(folder, FILE_NAME, s->file, sizeof s->file, &s->len);
    if (err == E_NOT_FOUND)
        return s;
    if (!err)
        err = entries_read(s);
    if (err) {
        s->len = 0;
        fprintf(stderr, "azured: stored certificates: %s: going on without any\n", err_text(err));
    }
    return s;
}

int cert_store_stage(struct cert_store *s, const uint8_t owner[static CERT_OWNER_BYTES], uint32_t offset, struct span bytes)
{
    if (offset == 0) {
        ct_wipe(s->staged, s->staged_len);
        s->staged_len = 0;
        memcpy(s->owner, owner, sizeof s->owner);
    }
    if (offset != s->staged_len || memcmp(s->owner, owner, sizeof s->owner) != 0)
        return E_STATE;
    if (bytes.len > sizeof s->staged - s->staged_len)
        return E_LIMIT;
    if (bytes.len)
        memcpy(s->staged + s->staged_len, bytes.at, bytes.len);
    s->staged_len += bytes.len;
    return 0;
}

/* -- changes: written anew as a whole ------------------------------------------------ */

static const struct entry *find(const struct cert_store *s, const char *id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (text_equal(s->at[i].id, id))
            return &s->at[i];
    return NULL;
}

static void part_write(struct writer *w, struct span part)
{
    writer_u16le(w, (uint16_t)part.len);
    writer_bytes(w, part.at, part.len);
}

static void entry_write(struct writer *w, const struct entry *e, struct span id)
{
    writer_u8(w, e->type);
    writer_u8(w, (uint8_t)id.len);
    writer_bytes(w, id.at, id.len);
    part_write(w, e->cert);
    part_write(w, e->key);
    part_write(w, e->password);
}

/* The store without gone and other, and with added under the name id (NULL: none of these). */
static enum cert_error rewrite(struct cert_store *s, const struct entry *gone, const struct entry *other, const struct entry *added,
                               struct span id)
{
    struct writer w = writer_of(s->fresh, sizeof s->fresh);
    uint32_t count = s->count - (gone != NULL) - (other != NULL && other != gone) + (added != NULL);
    uint32_t used = s->used - (gone ? bytes_of(gone) : 0) - (other && other != gone ? bytes_of(other) : 0) + (added ? bytes_of(added) : 0);
    if (count > CERT_COUNT_MAX || used > CERT_STORE_BYTES)
        return CERT_OUT_OF_SPACE;
    writer_u8(&w, VERSION);
    writer_u8(&w, (uint8_t)count);
    for (uint32_t i = 0; i < s->count; i++)
        if (&s->at[i] != gone && &s->at[i] != other)
            entry_write(&w, &s->at[i], s->at[i].id);
    if (added)
        entry_write(&w, added, id);
    enum cert_error error = w.err || kept_file_write(s->folder, FILE_NAME, FRESH_NAME, 0600, writer_view(&w)) ? CERT_NOT_STORED : CERT_OK;
    if (!error) {
        ct_wipe(s->file, s->len);
        memcpy(s->file, s->fresh, w.len);
        s->len = w.len;
        if (entries_read(s)) /* what we wrote ourselves */
            error = CERT_NOT_STORED;
    }
    ct_wipe(s->fresh, w.len);
    return error;
}

static enum cert_error install(struct cert_store *s, const uint8_t owner[static CERT_OWNER_BYTES], const struct cert_ask *ask)
{
    struct cursor c = cursor_of(span_of(s->staged, s->staged_len));
    struct entry added = {.type = ask->type, .cert = cursor_bytes(&c, ask->cert_bytes), .key = cursor_bytes(&c, ask->key_bytes),
                          .password = cursor_bytes(&c, ask->password_bytes)};
    if (cursor_end(&c) != 0 || memcmp(s->owner, owner, sizeof s->owner) != 0)
        return CERT_NOT_STAGED;
    enum cert_error error = cert_check(added.type, added.cert, added.key, added.password);
    return error ? error : rewrite(s, find(s, ask->id), NULL, &added, text_span(ask->id));
}

static enum cert_error show(const struct cert_store *s, const char *id, struct cert_answer *answer)
{
    const struct entry *e = find(s, id);
    if (!e)
        return CERT_NOT_FOUND;
    memcpy(answer->id, id, sizeof answer->id);
    return cert_describe(e->cert, answer) ? CERT_OK : CERT_NOT_STORED;
}

static enum cert_error move(struct cert_store *s, const struct cert_ask *ask)
{
    const struct entry *from = find(s, ask->id);
    if (!from)
        return CERT_NOT_FOUND;
    const struct entry moved = *from;
    return rewrite(s, from, find(s, ask->new_id), &moved, text_span(ask->new_id));
}

static enum cert_error act(struct cert_store *s, const uint8_t owner[static CERT_OWNER_BYTES], const struct cert_ask *ask,
                           struct cert_answer *answer)
{
    bool named = ask->action != CERT_SPACE && ask->action != CERT_AT;
    if ((named && !cert_id_valid(ask->id)) || (ask->action == CERT_MOVE && !cert_id_valid(ask->new_id)))
        return CERT_ID_INVALID;
    switch (ask->action) {
    case CERT_SPACE:
        return CERT_OK;
    case CERT_AT:
        if (ask->index >= s->count)
            return CERT_INDEX_OUT_OF_RANGE;
        memcpy(answer->id, s->at[ask->index].id.at, s->at[ask->index].id.len);
        return CERT_OK;
    case CERT_SHOW:
        return show(s, ask->id, answer);
    case CERT_INSTALL:
        return install(s, owner, ask);
    case CERT_DELETE:
        return find(s, ask->id) ? rewrite(s, find(s, ask->id), NULL, NULL, span_of(NULL, 0)) : CERT_NOT_FOUND;
    case CERT_MOVE:
        return move(s, ask);
    default:
        return CERT_NOT_HERE;
    }
}

void cert_store_ask(struct cert_store *s, const uint8_t owner[static CERT_OWNER_BYTES], const struct cert_ask *ask,
                    struct cert_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    enum cert_error error = act(s, owner, ask, answer);
    if (error)
        memset(answer, 0, sizeof *answer);
    answer->error = error;
    answer->count = s->count;
    answer->available = CERT_STORE_BYTES - s->used;
    if (ask->action == CERT_INSTALL && memcmp(s->owner, owner, sizeof s->owner) == 0) {
        ct_wipe(s->staged, s->staged_len);
        s->staged_len = 0;
    }
}
