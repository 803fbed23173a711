/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of a crash: bytes (abi/crash_report.h) and words. */
#include <stdio.h>
#include <string.h>

#include "lib/guid.h"
#include "os/ipc/crash_report.h"

int crash_report_write(const struct crash *crash, struct writer *w)
{
    writer_u8(w, CRASH_REPORT_VERSION);
    writer_u8(w, (uint8_t)crash->machine);
    writer_u16le(w, crash->signal);
    writer_u32le(w, (uint32_t)crash->code);
    writer_u32le(w, (uint32_t)crash->error);
    writer_u32le(w, crash->pid);
    writer_u32le(w, crash->uid);
    writer_bytes(w, crash->component, sizeof crash->component);
    writer_u64le(w, crash->pc);
    writer_u64le(w, crash->lr);
    writer_u64le(w, crash->sp);
    writer_u64le(w, crash->address);
    writer_bytes(w, crash->name, sizeof crash->name);
    writer_u64le(w, crash->place);
    writer_bytes(w, crash->file, sizeof crash->file);
    return w->err;
}

int crash_report_parse(struct span bytes, struct crash *crash)
{
    struct cursor c = cursor_of(bytes);
    memset(crash, 0, sizeof *crash);
    uint8_t version = cursor_u8(&c), machine = cursor_u8(&c);
    crash->machine = (enum crash_machine)machine;
    crash->signal = cursor_u16le(&c);
    crash->code = (int32_t)cursor_u32le(&c);
    crash->error = (int32_t)cursor_u32le(&c);
    crash->pid = cursor_u32le(&c);
    crash->uid = cursor_u32le(&c);
    cursor_copy(&c, crash->component, sizeof crash->component);
    crash->pc = cursor_u64le(&c);
    crash->lr = cursor_u64le(&c);
    crash->sp = cursor_u64le(&c);
    crash->address = cursor_u64le(&c);
    cursor_copy(&c, crash->name, sizeof crash->name);
    crash->place = crash->pc;
    if (version == CRASH_REPORT_VERSION) {
        crash->place = cursor_u64le(&c);
        cursor_copy(&c, crash->file, sizeof crash->file);
    }
    int err = c.err ? c.err : version < 1 || version > CRASH_REPORT_VERSION ? E_VERSION : cursor_end(&c);
    if (!err && (machine < CRASH_MACHINE_ARM || machine > CRASH_MACHINE_AARCH64))
        err = E_MALFORMED;
    if (err)
        memset(crash, 0, sizeof *crash);
    return err;
}

void crash_text(const struct crash *crash, char *text, size_t cap)
{
    char id[GUID_TEXT_BYTES];
    guid_format(crash->component, id);
    snprintf(text, cap, "AppCrash (pc=%llx; lr=%llx; sp=%llx; signo=%u; errno=%d; code=%d; component_id=%s)",
             (unsigned long long)crash->pc, (unsigned long long)crash->lr, (unsigned long long)crash->sp,
             crash->signal, (int)crash->error, (int)crash->code, id);
}

bool crash_file_plain(const struct crash *crash)
{
    static const char plain[] = CRASH_FILE_CHARACTERS;
    size_t len = strnlen(crash->file, sizeof crash->file);
    for (size_t i = 0; i < sizeof crash->file; i++)
        if (i < len ? !memchr(plain, crash->file[i], sizeof plain - 1) : crash->file[i] != 0)
            return false;
    return true;
}
