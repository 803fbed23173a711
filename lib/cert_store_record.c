/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cert_store_record.h"

#include "lib/ct.h"
#include "lib/text.h"
#include "lib/text_record.h"

bool cert_id_valid(const char *id)
{
    size_t len = 0;
    for (; id[len]; len++) {
        char c = id[len];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (!good || len == CERT_ID_MAX)
            return false;
    }
    return len != 0;
}

int cert_ask_read(struct cursor *c, struct cert_ask *ask)
{
    ct_wipe(ask, sizeof *ask);
    ask->action = cursor_u8(c);
    ask->type = cursor_u8(c);
    ask->cert_bytes = cursor_u16le(c);
    ask->key_bytes = cursor_u16le(c);
    ask->password_bytes = cursor_u16le(c);
    ask->index = cursor_u32le(c);
    text_take(c, cursor_u8(c), ask->id, sizeof ask->id);
    text_take(c, cursor_u8(c), ask->new_id, sizeof ask->new_id);
    if (!c->err && ask->action >= CERT_ACTIONS)
        cursor_fail(c, E_MALFORMED);
    if (c->err)
        ct_wipe(ask, sizeof *ask);
    return c->err;
}

int cert_ask_write(const struct cert_ask *ask, struct writer *w)
{
    writer_u8(w, ask->action);
    writer_u8(w, ask->type);
    writer_u16le(w, ask->cert_bytes);
    writer_u16le(w, ask->key_bytes);
    writer_u16le(w, ask->password_bytes);
    writer_u32le(w, ask->index);
    text_put(w, ask->id);
    text_put(w, ask->new_id);
    return w->err;
}

int cert_answer_read(struct cursor *c, struct cert_answer *answer)
{
    ct_wipe(answer, sizeof *answer);
    answer->error = cursor_u32le(c);
    answer->available = cursor_u32le(c);
    answer->count = cursor_u32le(c);
    text_take(c, cursor_u8(c), answer->id, sizeof answer->id);
    answer->not_before_s = cursor_u64le(c);
    answer->not_after_s = cursor_u64le(c);
    text_take(c, cursor_u16le(c), answer->subject, sizeof answer->subject);
    text_take(c, cursor_u16le(c), answer->issuer, sizeof answer->issuer);
    if (!c->err && (answer->available > CERT_STORE_BYTES || answer->count > CERT_COUNT_MAX))
        cursor_fail(c, E_LIMIT);
    if (c->err)
        ct_wipe(answer, sizeof *answer);
    return c->err;
}

static void name_put(struct writer *w, const char *text)
{
    struct span bytes = text_span(text);
    writer_u16le(w, (uint16_t)bytes.len);
    writer_bytes(w, bytes.at, bytes.len);
}

int cert_answer_write(const struct cert_answer *answer, struct writer *w)
{
    writer_u32le(w, answer->error);
    writer_u32le(w, answer->available);
    writer_u32le(w, answer->count);
    text_put(w, answer->id);
    writer_u64le(w, answer->not_before_s);
    writer_u64le(w, answer->not_after_s);
    name_put(w, answer->subject);
    name_put(w, answer->issuer);
    return w->err;
}
