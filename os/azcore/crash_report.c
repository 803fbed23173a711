/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of a crash: bytes (abi/crash_report.h) and words. */
#include <stdio.h>
#include <string.h>

#include "lib/guid.h"
#include "os/azcore/crash.h"

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
    int err = cursor_end(&c);
    if (!err && version != CRASH_REPORT_VERSION)
        err = E_VERSION;
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
