/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/core_cut.h"

#include <string.h>

enum { ALIGNMENT = 8, STACK_ALIGNMENT = 16, CORE_WRITE = 2 /* p_flags */ };

/* While a plan is made. */
struct plan {
    struct core_head from;
    struct core_segment segment[CORE_CUT_SEGMENTS_MAX]; /* with memory */
    uint32_t skip[CORE_CUT_SEGMENTS_MAX], keep[CORE_CUT_SEGMENTS_MAX]; /* of its bytes in the file */
    size_t count;
    struct span notes, files;
    uint64_t sp[CORE_CUT_THREADS_MAX]; /* of the thread that crashed first */
    size_t threads;
    uint32_t room; /* bytes of memory that may still be kept */
};

/* -- what there is --------------------------------------------------------------------- */

static int notes_look(struct plan *p, struct span notes)
{
    struct cursor c = cursor_of(notes);
    size_t whole = 0;
    for (unsigned n = 0; n < CORE_NOTES_MAX; n++) {
        struct core_note note;
        int err = core_note_next(&c, &note);
        if (err == E_NOT_FOUND)
            break;
        if (err)
            return err;
        if (notes.len - c.left > CORE_CUT_NOTES_MAX)
            break;
        whole = notes.len - c.left;
        if (note.core && note.type == CORE_NOTE_FILE && !p->files.at)
            p->files = note.contents;
        if (!note.core || note.type != CORE_NOTE_PRSTATUS || p->threads == CORE_CUT_THREADS_MAX)
            continue;
        err = core_stack_pointer(p->from.layout, note.contents, &p->sp[p->threads]);
        if (err)
            return err;
        p->threads++;
    }
    p->notes = span_of(notes.at, whole);
    return 0;
}

/* The memory of a segment is behind that of the one before it, and its addresses do not wrap. */
static bool in_order(const struct plan *p, const struct core_segment *s)
{
    const struct core_segment *before = p->count ? &p->segment[p->count - 1] : NULL;
    if (s->address + s->memory < s->address || s->bytes > s->memory || s->offset + s->bytes < s->offset)
        return false;
    return !before || s->offset >= before->offset + before->bytes;
}

static int segments_look(struct plan *p, struct span bytes)
{
    for (uint16_t i = 0; i < p->from.count; i++) {
        struct core_segment s;
        struct span notes;
        int err = core_segment_read(bytes, &p->from, i, &s);
        if (err)
            return err;
        if (s.type == CORE_SEGMENT_NOTE && !p->notes.at) {
            err = core_segment_bytes(bytes, &s, &notes);
            if (!err)
                err = notes_look(p, notes);
            if (err)
                return err;
        }
        if (s.type != CORE_SEGMENT_LOAD || p->count == CORE_CUT_SEGMENTS_MAX)
            continue;
        if (!in_order(p, &s))
            return E_MALFORMED;
        p->segment[p->count++] = s;
    }
    return p->threads ? 0 : E_MISSING;
}

/* -- what is kept ------------------------------------------------------------------------- */

static void keep(struct plan *p, size_t i, uint64_t skip, uint64_t len)
{
    const struct core_segment *s = &p->segment[i];
    if (p->keep[i] || skip >= s->bytes || skip > UINT32_MAX)
        return;
    if (len > s->bytes - skip)
        len = s->bytes - skip;
    if (len > p->room)
        len = p->room;
    p->skip[i] = (uint32_t)skip;
    p->keep[i] = (uint32_t)len;
    p->room -= (uint32_t)len;
}

static void stack_keep(struct plan *p, uint64_t sp, uint32_t len)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct core_segment *s = &p->segment[i];
        if (sp < s->address || sp - s->address >= s->bytes)
            continue;
        uint64_t skip = sp - s->address > CORE_CUT_BELOW ? sp - s->address - CORE_CUT_BELOW : 0;
        keep(p, i, skip - skip % STACK_ALIGNMENT, len);
        return;
    }
}

static void data_keep(struct plan *p)
{
    bool before = false; /* a file is mapped right up to `end`: behind it stand variables that begin as 0 */
    uint64_t end = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct core_segment *s = &p->segment[i];
        struct core_file file;
        bool mapped = p->files.at && core_file_find(p->from.layout, p->files, s->address, &file) == 0;
        if (s->flags & CORE_WRITE && (mapped || (before && s->address == end)))
            keep(p, i, 0, CORE_CUT_DATA_MAX);
        before = mapped;
        end = s->address + s->memory;
    }
}

/* -- the new core ---------------------------------------------------------------------------- */

static void word(struct writer *w, const struct plan *p, uint64_t value)
{
    if (core_is_wide(p->from.layout))
        writer_u64le(w, value);
    else
        writer_u32le(w, (uint32_t)value);
}

static void segment_write(struct writer *w, const struct plan *p, const struct core_segment *s, uint32_t align)
{
    bool wide = core_is_wide(p->from.layout);
    writer_u32le(w, s->type);
    if (wide)
        writer_u32le(w, s->flags);
    word(w, p, s->offset);
    word(w, p, s->address);
    word(w, p, 0);
    word(w, p, s->bytes);
    word(w, p, s->memory);
    if (!wide)
        writer_u32le(w, s->flags);
    word(w, p, align);
}

/* The identification and the machine as they came; no sections. */
static void header_write(struct writer *w, const struct plan *p, struct span bytes, size_t segments)
{
    enum { AS_IT_CAME = 24, SECTION_BYTES_NONE = 0 };
    bool wide = core_is_wide(p->from.layout);
    const uint16_t size = wide ? 64 : 52, row = p->from.size;
    writer_bytes(w, bytes.at, AS_IT_CAME);
    word(w, p, 0); /* entry */
    word(w, p, size);
    word(w, p, 0);
    struct cursor flags = cursor_of(bytes);
    cursor_skip(&flags, wide ? 48 : 36);
    writer_u32le(w, cursor_u32le(&flags));
    writer_u16le(w, size);
    writer_u16le(w, row);
    writer_u16le(w, (uint16_t)segments);
    for (unsigned i = 0; i < 3; i++)
        writer_u16le(w, SECTION_BYTES_NONE);
}

static size_t head_bytes(const struct plan *p)
{
    size_t table = (core_is_wide(p->from.layout) ? 64 : 52) + (p->count + 1) * p->from.size;
    size_t all = table + p->notes.len;
    return all + (ALIGNMENT - all % ALIGNMENT) % ALIGNMENT;
}

static int cut_write(const struct plan *p, struct span bytes, struct core_cut *cut)
{
    struct writer w = writer_of(cut->head, sizeof cut->head);
    uint64_t at = head_bytes(p);
    header_write(&w, p, bytes, p->count + 1);
    const size_t table = w.len + (p->count + 1) * p->from.size;
    const struct core_segment notes = {.type = CORE_SEGMENT_NOTE, .offset = table, .bytes = p->notes.len};
    segment_write(&w, p, &notes, 4);
    for (size_t i = 0; i < p->count; i++) {
        struct core_segment s = p->segment[i];
        if (p->keep[i])
            cut->piece[cut->pieces++] = (struct core_piece){s.offset + p->skip[i], p->keep[i]};
        s.address += p->keep[i] ? p->skip[i] : 0;
        s.memory -= p->keep[i] ? p->skip[i] : 0;
        if (!p->keep[i] && !(s.flags & CORE_WRITE))
            s.memory = 0; /* else a debugger reads zeros where the program's own file says better */
        s.bytes = p->keep[i];
        s.offset = at;
        at += p->keep[i];
        segment_write(&w, p, &s, 1);
    }
    writer_bytes(&w, p->notes.at, p->notes.len);
    writer_zero(&w, w.err ? 0 : head_bytes(p) - w.len);
    cut->head_len = w.len;
    cut->bytes = (uint32_t)at;
    return w.err;
}

int core_cut_plan(struct span bytes, struct core_cut *cut)
{
    static struct plan p; /* one thread; too large for a stack */
    p = (struct plan){0};
    cut->head_len = cut->pieces = cut->bytes = 0;
    int err = core_head_read(bytes, &p.from);
    if (!err)
        err = segments_look(&p, bytes);
    if (!err && head_bytes(&p) > CORE_CUT_BYTES_MAX)
        err = E_LIMIT;
    if (err)
        return err;
    p.room = CORE_CUT_BYTES_MAX - (uint32_t)head_bytes(&p);
    stack_keep(&p, p.sp[0], CORE_CUT_STACK_MAX);
    data_keep(&p);
    for (size_t i = 1; i < p.threads; i++)
        stack_keep(&p, p.sp[i], CORE_CUT_OTHER_STACK_MAX);
    err = cut_write(&p, bytes, cut);
    if (err)
        cut->head_len = cut->pieces = cut->bytes = 0;
    return err;
}
