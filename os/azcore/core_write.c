/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/core_write.h"

#include <elf.h>
#include <link.h>
#include <string.h>

enum { NAME_FIELD = 8, PAGE = 4096, ALIGNMENT = 8 };

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#elif defined(__arm__)
enum { MACHINE = EM_ARM };
#else
#error "which machine is this?"
#endif
#define NATIVE_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

/* -- the memory map ------------------------------------------------------------------ */

static uint64_t hex_number(struct cursor *c)
{
    uint64_t value = 0;
    size_t digits = 0;
    for (; c->left && digits <= 16; digits++) {
        uint8_t b = *c->at;
        unsigned digit = b >= '0' && b <= '9' ? (unsigned)b - '0' : b >= 'a' && b <= 'f' ? b - 'a' + 10u : 16;
        if (digit == 16)
            break;
        value = value << 4 | digit;
        cursor_skip(c, 1);
    }
    if (digits == 0 || digits > 16)
        cursor_fail(c, E_MALFORMED);
    return value;
}

static void expect(struct cursor *c, char want)
{
    if (cursor_u8(c) != (uint8_t)want)
        cursor_fail(c, E_MALFORMED);
}

static void until_space(struct cursor *c)
{
    while (!c->err && c->left && *c->at != ' ')
        cursor_skip(c, 1);
}

/* "7f00-7f01 r-xp 00001000 fe:00 1234   /lib/libc.so" */
static int line_parse(struct span line, struct core_mapping *m)
{
    static const struct {
        char letter;
        unsigned right;
    } rights[] = {{'r', CORE_READ}, {'w', CORE_WRITE}, {'x', CORE_EXECUTE}};
    struct cursor c = cursor_of(line);
    *m = (struct core_mapping){0};
    m->begin = hex_number(&c);
    expect(&c, '-');
    m->end = hex_number(&c);
    expect(&c, ' ');
    for (size_t i = 0; i < 3; i++)
        if (cursor_u8(&c) == (uint8_t)rights[i].letter)
            m->rights |= rights[i].right;
    cursor_skip(&c, 1); /* private or shared */
    expect(&c, ' ');
    m->offset = hex_number(&c);
    expect(&c, ' ');
    until_space(&c); /* device */
    expect(&c, ' ');
    until_space(&c); /* inode */
    if (c.err)
        return E_MALFORMED;
    while (c.left && *c.at == ' ')
        cursor_skip(&c, 1);
    if (c.left && *c.at == '/')
        m->file = cursor_bytes(&c, c.left);
    return m->begin < m->end ? 0 : E_MALFORMED;
}

int core_maps_parse(struct span text, struct core_mapping mapping[static CORE_MAPPINGS_MAX], size_t *count)
{
    *count = 0;
    while (text.len && *count < CORE_MAPPINGS_MAX) {
        const uint8_t *end = memchr(text.at, '\n', text.len);
        if (!end)
            break; /* what was read ends within this line */
        size_t len = (size_t)(end - text.at);
        int err = line_parse(span_of(text.at, len), &mapping[*count]);
        if (err) {
            *count = 0;
            return err;
        }
        ++*count;
        text = span_of(end + 1, text.len - len - 1);
    }
    return *count ? 0 : E_MALFORMED;
}

struct core_mapping *core_stack(struct core_mapping *mapping, size_t count, uint64_t sp, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        struct core_mapping *m = &mapping[i];
        if (sp < m->begin || sp >= m->end || !(m->rights & CORE_READ))
            continue;
        m->from = sp - m->begin > CORE_STACK_BELOW ? sp - CORE_STACK_BELOW : m->begin;
        m->from -= m->from % 16;
        if (m->from < m->begin)
            m->from = m->begin;
        *len = m->end - m->from < CORE_STACK_MAX ? (size_t)(m->end - m->from) : (size_t)CORE_STACK_MAX;
        return m;
    }
    return NULL;
}

bool core_is_head(const struct core_mapping *mapping)
{
    return mapping->file.len && mapping->offset == 0 && mapping->rights & CORE_READ &&
           mapping->end - mapping->begin >= CORE_HEAD_BYTES;
}

/* -- the file --------------------------------------------------------------------------- */

static size_t padding(size_t len) { return (4 - len % 4) % 4; }

static void note(struct writer *w, const char *name, uint32_t type, struct span contents)
{
    size_t len = strlen(name) + 1;
    if (!contents.len)
        return;
    if (contents.len > CORE_NOTE_MAX) {
        writer_fail(w, E_LIMIT);
        return;
    }
    writer_u32le(w, (uint32_t)len);
    writer_u32le(w, (uint32_t)contents.len);
    writer_u32le(w, type);
    writer_bytes(w, name, len);
    writer_zero(w, padding(len));
    writer_bytes(w, contents.at, contents.len);
    writer_zero(w, padding(contents.len));
}

static void word(struct writer *w, uint64_t value)
{
    if (NATIVE_CLASS == ELFCLASS64)
        writer_u64le(w, value);
    else
        writer_u32le(w, (uint32_t)value);
}

static bool has_name(const struct core_mapping *m, size_t *room)
{
    if (!m->file.len || m->file.len + 1 > *room)
        return false;
    *room -= m->file.len + 1;
    return true;
}

/* NT_FILE: count, page, {begin, end, page offset}..., then the names. */
static void files_note(struct writer *w, const struct core_parts *parts)
{
    size_t room = CORE_NAMES_MAX, count = 0, names = 0;
    for (size_t i = 0; i < parts->count; i++)
        if (has_name(&parts->mapping[i], &room)) {
            count++;
            names += parts->mapping[i].file.len + 1;
        }
    if (!count)
        return;
    size_t len = (2 + 3 * count) * sizeof(void *) + names;
    writer_u32le(w, 5);
    writer_u32le(w, (uint32_t)len);
    writer_u32le(w, NT_FILE);
    writer_bytes(w, "CORE\0\0\0", NAME_FIELD);
    word(w, count);
    word(w, PAGE);
    room = CORE_NAMES_MAX;
    for (size_t i = 0; i < parts->count; i++) {
        const struct core_mapping *m = &parts->mapping[i];
        if (!has_name(m, &room))
            continue;
        word(w, m->begin);
        word(w, m->end);
        word(w, m->offset / PAGE);
    }
    room = CORE_NAMES_MAX;
    for (size_t i = 0; i < parts->count; i++)
        if (has_name(&parts->mapping[i], &room)) {
            writer_bytes(w, parts->mapping[i].file.at, parts->mapping[i].file.len);
            writer_u8(w, 0);
        }
    writer_zero(w, padding(len));
}

/* crash_parse() looks at the first thread's registers before it looks where they point. */
static void notes_write(struct writer *w, const struct core_parts *parts)
{
    note(w, "CORE", NT_PRSTATUS, parts->status);
    note(w, "CORE", NT_PRPSINFO, parts->process);
    note(w, "CORE", NT_SIGINFO, parts->signal);
    note(w, "CORE", NT_AUXV, parts->auxiliary);
    note(w, "CORE", NT_FPREGSET, parts->floating);
    files_note(w, parts);
}

/* at: where its bytes are in the file. */
static void segment(struct writer *w, const struct core_mapping *m, size_t at)
{
    uint64_t from = m->bytes.len ? m->from : m->begin;
    const ElfW(Phdr) row = {
        .p_type = PT_LOAD,
        .p_flags = m->rights,
        .p_offset = (ElfW(Off))at,
        .p_vaddr = (ElfW(Addr))from,
        .p_filesz = m->bytes.len,
        .p_memsz = (ElfW(Addr))(m->end - from),
        .p_align = 1,
    };
    writer_bytes(w, &row, sizeof row);
}

static bool mappings_good(const struct core_parts *parts)
{
    for (size_t i = 0; i < parts->count && i < CORE_MAPPINGS_MAX; i++) {
        const struct core_mapping *m = &parts->mapping[i];
        if (m->bytes.len && (m->from < m->begin || m->from >= m->end || m->bytes.len > m->end - m->from))
            return false;
    }
    return parts->count <= CORE_MAPPINGS_MAX;
}

int core_write(const struct core_parts *parts, struct writer *w)
{
    const size_t segments = 1 + parts->count, table = sizeof(ElfW(Ehdr)) + segments * sizeof(ElfW(Phdr));
    ElfW(Ehdr) head = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, NATIVE_CLASS, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
        .e_machine = MACHINE,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof head,
        .e_ehsize = sizeof head,
        .e_phentsize = sizeof(ElfW(Phdr)),
        .e_phnum = (ElfW(Half))segments,
    };
    if (!mappings_good(parts) || w->len)
        return E_LIMIT;
    writer_bytes(w, &head, sizeof head);
    writer_zero(w, segments * sizeof(ElfW(Phdr))); /* written once it is known how long the notes are */
    notes_write(w, parts);
    size_t notes = w->len - table;
    if (!w->err)
        writer_zero(w, (ALIGNMENT - w->len % ALIGNMENT) % ALIGNMENT);
    size_t at = w->len;
    for (size_t i = 0; i < parts->count; i++)
        writer_bytes(w, parts->mapping[i].bytes.at, parts->mapping[i].bytes.len);
    if (w->err)
        return w->err;
    struct writer rows = writer_of(w->at + sizeof head, segments * sizeof(ElfW(Phdr)));
    const ElfW(Phdr) first = {.p_type = PT_NOTE, .p_offset = (ElfW(Off))table, .p_filesz = (ElfW(Addr))notes, .p_align = 4};
    writer_bytes(&rows, &first, sizeof first);
    for (size_t i = 0; i < parts->count; i++) {
        segment(&rows, &parts->mapping[i], at);
        at += parts->mapping[i].bytes.len;
    }
    return rows.err;
}
