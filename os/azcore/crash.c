/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/crash.h"

#include <string.h>

#include "lib/guid.h"

enum {
    IDENT_BYTES = 16, CLASS_32 = 1, CLASS_64 = 2, DATA_LITTLE = 1, TYPE_CORE = 4, SEGMENT_NOTE = 4,
    NOTE_PRSTATUS = 1, NOTE_PRPSINFO = 3, NOTE_SIGINFO = 0x53494749, NOTE_FILE = 0x46494c45,
    REGISTER_NONE = 0,
    UID_UNKNOWN = -1,
};

/* Where the notes of each machine have what; register offsets are of elf_prstatus. */
static const struct layout {
    uint16_t elf_machine;
    uint8_t elf_class;
    enum crash_machine machine;
    uint16_t pid, pc, lr, sp;      /* prstatus; lr 0: none */
    uint16_t uid, uid_bytes, name; /* prpsinfo */
    uint16_t address;              /* siginfo */
} layouts[] = {
    {40, CLASS_32, CRASH_MACHINE_ARM, 24, 132, 128, 124, 8, 2, 28, 12},
    {62, CLASS_64, CRASH_MACHINE_X86_64, 32, 240, REGISTER_NONE, 264, 16, 4, 40, 16},
    {183, CLASS_64, CRASH_MACHINE_AARCH64, 32, 368, 352, 360, 16, 4, 40, 16},
};

/* A word of the machine. */
static uint64_t word(struct cursor *c, const struct layout *layout)
{
    return layout->elf_class == CLASS_64 ? cursor_u64le(c) : cursor_u32le(c);
}

/* A cursor at an offset of a note; E_MORE in it when that lies outside. */
static struct cursor at(struct span note, size_t offset)
{
    struct cursor c = cursor_of(note);
    cursor_skip(&c, offset);
    return c;
}

static int prstatus(const struct layout *layout, struct span note, struct crash *crash)
{
    struct cursor c = cursor_of(note), pid = at(note, layout->pid), pc = at(note, layout->pc),
                  lr = at(note, layout->lr), sp = at(note, layout->sp);
    uint32_t signal = cursor_u32le(&c);
    crash->code = (int32_t)cursor_u32le(&c);
    crash->error = (int32_t)cursor_u32le(&c);
    uint16_t current = cursor_u16le(&c);
    crash->signal = signal && signal <= 64 ? (uint16_t)signal : current;
    crash->pid = cursor_u32le(&pid);
    crash->pc = word(&pc, layout);
    crash->sp = word(&sp, layout);
    crash->lr = layout->lr ? word(&lr, layout) : 0;
    return c.err || pid.err || pc.err || sp.err || lr.err ? E_MALFORMED : 0;
}

static int prpsinfo(const struct layout *layout, struct span note, struct crash *crash)
{
    struct cursor uid = at(note, layout->uid), name = at(note, layout->name);
    crash->uid = layout->uid_bytes == 2 ? cursor_u16le(&uid) : cursor_u32le(&uid);
    cursor_copy(&name, crash->name, sizeof crash->name);
    return uid.err || name.err ? E_MALFORMED : 0;
}

static int siginfo(const struct layout *layout, struct span note, struct crash *crash)
{
    struct cursor c = cursor_of(note), address = at(note, layout->address);
    uint32_t signal = cursor_u32le(&c);
    crash->error = (int32_t)cursor_u32le(&c);
    crash->code = (int32_t)cursor_u32le(&c);
    crash->address = word(&address, layout);
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

/* The next terminated name of a list. */
static struct span name_next(struct cursor *c)
{
    const uint8_t *begin = c->at;
    size_t len = 0;
    while (len < c->left && begin[len])
        len++;
    struct span name = cursor_bytes(c, len);
    cursor_skip(c, 1);
    return name;
}

/*
 * Mapped files: count, page size, {begin, end, offset in pages} each, then their names in the
 * same order.  The place of pc in the file that is mapped there.
 */
static int files_read(const struct layout *layout, struct span note, struct crash *crash)
{
    struct cursor c = cursor_of(note);
    uint64_t count = word(&c, layout), page = word(&c, layout), found = 0;
    size_t row = layout->elf_class == CLASS_64 ? 24 : 12;
    if (c.err || count > c.left / row)
        return E_MALFORMED;
    if (count > CRASH_FILES_MAX)
        return E_LIMIT;
    bool has = false;
    uint64_t place = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t begin = word(&c, layout), end = word(&c, layout), offset = word(&c, layout);
        if (has || crash->pc < begin || crash->pc >= end)
            continue;
        has = true;
        found = i;
        place = crash->pc - begin + offset * page;
    }
    struct span name = {NULL, 0};
    for (uint64_t i = 0; has && i <= found; i++)
        name = name_next(&c);
    if (c.err)
        return E_MALFORMED;
    if (!has || name.len == 0)
        return 0;
    crash->place = place;
    file_name(name, crash->file);
    return 0;
}

static size_t padding(size_t len)
{
    return (4 - len % 4) % 4;
}

struct found {
    bool registers;
    struct span files; /* looked at when pc is known */
};

static int notes_read(const struct layout *layout, struct span bytes, struct crash *crash, struct found *found)
{
    struct cursor c = cursor_of(bytes);
    for (unsigned n = 0; c.left >= 12; n++) {
        if (n == CRASH_NOTES_MAX)
            return E_LIMIT;
        uint32_t name_len = cursor_u32le(&c), len = cursor_u32le(&c), type = cursor_u32le(&c);
        struct span name = cursor_bytes(&c, name_len);
        cursor_skip(&c, padding(name_len));
        struct span note = cursor_bytes(&c, len);
        if (c.err)
            return E_MALFORMED;
        size_t pad = padding(len);
        cursor_skip(&c, pad < c.left ? pad : c.left); /* the last one may end without */
        int err = 0;
        if (name.len != 5 || memcmp(name.at, "CORE", 5) != 0)
            continue;
        if (type == NOTE_PRSTATUS && !found->registers) {
            err = prstatus(layout, note, crash);
            found->registers = true;
        } else if (type == NOTE_FILE && !found->files.at)
            found->files = note;
        else if (type == NOTE_PRPSINFO)
            err = prpsinfo(layout, note, crash);
        else if (type == NOTE_SIGINFO)
            err = siginfo(layout, note, crash);
        if (err)
            return err;
    }
    return 0;
}

/* The layout for the header's machine, and the segment table's place. */
static int header_read(struct span head, const struct layout **layout, uint64_t *table, uint16_t *size, uint16_t *count)
{
    static const uint8_t magic[4] = {0x7F, 'E', 'L', 'F'};
    struct cursor c = cursor_of(head);
    struct span ident = cursor_bytes(&c, IDENT_BYTES);
    uint16_t type = cursor_u16le(&c), machine = cursor_u16le(&c);
    if (c.err)
        return E_MORE;
    if (memcmp(ident.at, magic, sizeof magic) != 0 || ident.at[5] != DATA_LITTLE || type != TYPE_CORE)
        return E_MALFORMED;
    *layout = NULL;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].elf_machine == machine && layouts[i].elf_class == ident.at[4])
            *layout = &layouts[i];
    if (!*layout)
        return E_UNSUPPORTED;
    cursor_skip(&c, 4);       /* version */
    (void)word(&c, *layout);  /* entry */
    *table = word(&c, *layout);
    (void)word(&c, *layout);  /* sections */
    cursor_skip(&c, 4 + 2);   /* flags, header size */
    *size = cursor_u16le(&c);
    *count = cursor_u16le(&c);
    return c.err ? E_MORE : 0;
}

static int segments_read(const struct layout *layout, struct span head, uint64_t table, uint16_t size, uint16_t count,
                         struct crash *crash, struct found *found)
{
    bool wide = layout->elf_class == CLASS_64;
    if (size != (wide ? 56 : 32))
        return E_MALFORMED;
    if (count > CRASH_SEGMENTS_MAX)
        return E_LIMIT;
    if (table > head.len || (uint64_t)size * count > head.len - table)
        return E_MORE;
    for (uint16_t i = 0; i < count; i++) {
        struct cursor c = cursor_of(span_of(head.at + table + (size_t)size * i, size));
        uint32_t type = cursor_u32le(&c);
        if (wide)
            cursor_skip(&c, 4); /* flags */
        uint64_t offset = word(&c, layout);
        (void)word(&c, layout); /* addresses */
        (void)word(&c, layout);
        uint64_t bytes = word(&c, layout);
        if (c.err)
            return E_MALFORMED;
        if (type != SEGMENT_NOTE)
            continue;
        if (offset > head.len || bytes > head.len - offset)
            return E_MORE;
        int err = notes_read(layout, span_of(head.at + offset, (size_t)bytes), crash, found);
        if (err)
            return err;
    }
    return 0;
}

int crash_parse(struct span head, struct crash *crash)
{
    const struct layout *layout;
    uint64_t table;
    uint16_t size, count;
    struct found found = {0};
    memset(crash, 0, sizeof *crash);
    int err = header_read(head, &layout, &table, &size, &count);
    if (!err) {
        crash->machine = layout->machine;
        crash->uid = (uint32_t)UID_UNKNOWN;
        err = segments_read(layout, head, table, size, count, crash, &found);
    }
    if (!err && !found.registers)
        err = E_MISSING;
    if (!err) {
        crash->place = crash->pc;
        err = found.files.at ? files_read(layout, found.files, crash) : 0;
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
