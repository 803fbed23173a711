/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/crash.h"

#include <string.h>

#include "lib/guid.h"
#include "os/azcore/core_head.h"

enum { UID_UNKNOWN = -1 };

/* A cursor at an offset of a note; E_MORE in it when that lies outside. */
static struct cursor at(struct span note, size_t offset)
{
    struct cursor c = cursor_of(note);
    cursor_skip(&c, offset);
    return c;
}

static int prstatus(const struct core_layout *layout, struct span note, struct crash *crash)
{
    struct cursor c = cursor_of(note), pid = at(note, layout->pid), pc = at(note, layout->pc),
                  lr = at(note, layout->lr), sp = at(note, layout->sp);
    uint32_t signal = cursor_u32le(&c);
    crash->code = (int32_t)cursor_u32le(&c);
    crash->error = (int32_t)cursor_u32le(&c);
    uint16_t current = cursor_u16le(&c);
    crash->signal = signal && signal <= 64 ? (uint16_t)signal : current;
    crash->pid = cursor_u32le(&pid);
    crash->pc = core_word(&pc, layout);
    crash->sp = core_word(&sp, layout);
    crash->lr = layout->lr ? core_word(&lr, layout) : 0;
    return c.err || pid.err || pc.err || sp.err || lr.err ? E_MALFORMED : 0;
}

static int prpsinfo(const struct core_layout *layout, struct span note, struct crash *crash)
{
    struct cursor uid = at(note, layout->uid), name = at(note, layout->name);
    crash->uid = layout->uid_bytes == 2 ? cursor_u16le(&uid) : cursor_u32le(&uid);
    cursor_copy(&name, crash->name, sizeof crash->name);
    return uid.err || name.err ? E_MALFORMED : 0;
}

static int siginfo(const struct core_layout *layout, struct span note, struct crash *crash)
{
    struct cursor c = cursor_of(note), address = at(note, layout->address);
    uint32_t signal = cursor_u32le(&c);
    crash->error = (int32_t)cursor_u32le(&c);
    crash->code = (int32_t)cursor_u32le(&c);
    crash->address = core_word(&address, layout);
    if (signal && signal <= 64)
        crash->signal = (uint16_t)signal;
    return c.err || address.err ? E_MALFORMED : 0;
}

/* Letters, digits and ._+- of a base name, the rest is _. */
static void file_name(struct span path, char name[static CRASH_NAME_BYTES])
{
    static const char plain[] = CRASH_FILE_CHARACTERS;
    size_t begin = 0;
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/')
            begin = i + 1;
    for (size_t i = 0; i < CRASH_NAME_BYTES && begin + i < path.len; i++)
        name[i] = memchr(plain, path.at[begin + i], sizeof plain - 1) ? (char)path.at[begin + i] : '_';
}

/* The place of pc in the file that is mapped there. */
static int place_find(const struct core_layout *layout, struct span note, struct crash *crash)
{
    struct core_file file;
    int err = core_file_find(layout, note, crash->pc, &file);
    if (err == E_NOT_FOUND || (!err && file.name.len == 0))
        return 0;
    if (err)
        return err;
    crash->place = crash->pc - file.begin + file.offset;
    file_name(file.name, crash->file);
    return 0;
}

struct found {
    bool registers;
    struct span files; /* looked at when pc is known */
};

static int notes_read(const struct core_layout *layout, struct span bytes, struct crash *crash, struct found *found)
{
    struct cursor c = cursor_of(bytes);
    for (unsigned n = 0;; n++) {
        struct core_note note;
        int err = core_note_next(&c, &note);
        if (err)
            return err == E_NOT_FOUND ? 0 : err;
        if (n == CORE_NOTES_MAX)
            return E_LIMIT;
        if (!note.core)
            continue;
        if (note.type == CORE_NOTE_PRSTATUS && !found->registers) {
            err = prstatus(layout, note.contents, crash);
            found->registers = true;
        } else if (note.type == CORE_NOTE_FILE && !found->files.at)
            found->files = note.contents;
        else if (note.type == CORE_NOTE_PRPSINFO)
            err = prpsinfo(layout, note.contents, crash);
        else if (note.type == CORE_NOTE_SIGINFO)
            err = siginfo(layout, note.contents, crash);
        if (err)
            return err;
    }
}

static int segments_read(struct span bytes, const struct core_head *head, struct crash *crash, struct found *found)
{
    for (uint16_t i = 0; i < head->count; i++) {
        struct core_segment segment;
        struct span notes;
        int err = core_segment_read(bytes, head, i, &segment);
        if (err)
            return err;
        if (segment.type != CORE_SEGMENT_NOTE)
            continue;
        err = core_segment_bytes(bytes, &segment, &notes);
        if (!err)
            err = notes_read(head->layout, notes, crash, found);
        if (err)
            return err;
    }
    return 0;
}

int crash_parse(struct span bytes, struct crash *crash)
{
    struct core_head head;
    struct found found = {0};
    memset(crash, 0, sizeof *crash);
    int err = core_head_read(bytes, &head);
    if (!err) {
        crash->machine = head.layout->machine;
        crash->uid = (uint32_t)UID_UNKNOWN;
        err = segments_read(bytes, &head, crash, &found);
    }
    if (!err && !found.registers)
        err = E_MISSING;
    if (!err) {
        crash->place = crash->pc;
        err = found.files.at ? place_find(head.layout, found.files, crash) : 0;
    }
    if (err)
        memset(crash, 0, sizeof *crash);
    return err;
}

void crash_component(struct span text, uint8_t component[static 16])
{
    static const char label[] = "CID: ";
    const size_t skip = sizeof label - 1, whole = skip + GUID_TEXT_BYTES - 1;
    memset(component, 0, 16);
    if (text.len < whole || memcmp(text.at, label, skip) != 0 || (text.len > whole && text.at[whole] != '\n'))
        return;
    if (guid_parse(span_of(text.at + skip, GUID_TEXT_BYTES - 1), component))
        memset(component, 0, 16);
}
