/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IO_CORE_CONTROL: real-time applications on the two I/O cores.
 * A core runs only what lies in an application package that VERIFY_IMAGE passed;
 * everything is checked before the core is touched.
 */
#include "abi/mt3620_reset.h"
#include "monitor/svc/elf.h"
#include "monitor/svc/firewall.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

enum {
    ACTION_START = 0,
    ACTION_STOP = 1,
    ACTION_BUFFER = 3,
    BUFFER_FROM_CORE = 0,
    BUFFER_TO_CORE = 1, /* the core only reads it */
    BUFFER_TYPES = 2,
    BUFFER_BYTES = 4096,
    VECTORS_ALIGN = 128, /* least that a Cortex-M takes */
    STOP_PATIENCE = 1000000,
};

/* Flash that the core executes in place; bytes 0: none. */
struct xip {
    uint32_t shown; /* flash offset at the window's first byte */
    uint32_t at, bytes;
};

static void infra_set(uint32_t offset, uint32_t value)
{
    plat_write(MT3620_INFRA + offset, value);
}

static uint32_t control_of(unsigned core)
{
    return core ? RESET_IO1_CONTROL : RESET_IO0_CONTROL;
}

static bool in_memory(uint32_t base, uint32_t size, uint32_t at, uint32_t bytes)
{
    return flash_within((struct flash_range){base, size}, at, bytes);
}

static bool core_memory(uint32_t at, uint32_t bytes)
{
    return in_memory(MT3620_TCM, MT3620_IO_TCM_BYTES, at, bytes) ||
           in_memory(MT3620_IO_SYSRAM, MT3620_IO_SYSRAM_BYTES, at, bytes);
}

/* The application package that VERIFY_IMAGE passed, and that is held, around the range. */
static struct engine_hold *held_around(struct monitor *m, struct flash_range file)
{
    for (unsigned i = 0; i < MONITOR_COMPONENTS_MAX; i++) {
        struct engine_hold *h = &m->engine.hold[i];
        if (h->count && h->is.type == IMAGE_TYPE_APPLICATIONS &&
            flash_within(component_range(&h->is), file.at, file.bytes))
            return h;
    }
    return NULL;
}

/* Each segment has a place in the core; at most one is executed in place, in pages that
 * lie in the package as a whole: what is behind it was verified by nobody. */
static bool segments_place(struct monitor *m, const struct elf *elf, struct flash_range file,
                           struct xip *xip)
{
    const uint32_t granule = FIREWALL_GRANULE;
    *xip = (struct xip){0};
    for (uint32_t i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->at[i];
        if (core_memory(s->address, s->memory_bytes)) {
            if (s->address % 4 != 0)
                return false;
            continue;
        }
        const uint32_t at = file.at + s->file_at;
        if (xip->bytes || s->address != MT3620_IO_XIP || s->file_bytes != s->memory_bytes ||
            s->memory_bytes > MT3620_IO_XIP_BYTES || at % granule != 0)
            return false;
        xip->shown = xip->at = at;
        xip->bytes = (s->memory_bytes + granule - 1) / granule * granule;
        if (!held_around(m, (struct flash_range){xip->at, xip->bytes}))
            return false;
    }
    if (elf->entry % VECTORS_ALIGN != 0)
        return false;
    return core_memory(elf->entry, 8) || in_memory(MT3620_IO_XIP, xip->bytes, elf->entry, 8);
}

static enum monitor_status core_stop(struct monitor *m, unsigned core)
{
    infra_set(control_of(core), 0);
    /* until it stands, it could write over what is loaded next, or use what it is shown */
    unsigned tries = 0;
    while (plat_read(MT3620_INFRA + control_of(core)) & RESET_CONTROL_RUN)
        if (++tries == STOP_PATIENCE)
            return MONITOR_WRITE_FAILED;
    if (m->core_runs[core])
        m->core_runs[core]->cores--;
    m->core_runs[core] = NULL;
    int err = firewall_io_flash(core, 0, 0, 0);
    for (unsigned type = 0; type < BUFFER_TYPES; type++) {
        const int failed = firewall_io_ram(core, type, 0, 0, false);
        err = err ? err : failed;
    }
    return err ? MONITOR_WRITE_FAILED : MONITOR_OK;
}

static void segment_load(struct span file, const struct elf_segment *s)
{
    struct cursor c = cursor_of(file);
    cursor_skip(&c, s->file_at);
    c = cursor_of(cursor_bytes(&c, s->file_bytes));
    infra_set(RESET_IO_ADDRESS, s->address);
    for (uint32_t done = 0; done < s->memory_bytes; done += 4) {
        uint32_t word = 0;
        for (unsigned k = 0; k < 4 && c.left; k++)
            word |= (uint32_t)cursor_u8(&c) << (8 * k);
        infra_set(RESET_IO_DATA, word);
    }
}

static enum monitor_status start(struct monitor *m, unsigned core, struct cursor *in)
{
    const uint32_t address = cursor_u32le(in), bytes = cursor_u32le(in), flags = cursor_u32le(in);
    struct flash_range range;
    struct elf elf;
    struct xip xip;

    if (cursor_end(in) != 0 || window_range(m, address, bytes, &range) != 0)
        return MONITOR_INVALID_PARAMETER;
    struct engine_hold *package = held_around(m, range);
    if (flags != 0 || !package)
        return MONITOR_PERMISSION_DENIED; /* debugging needs a capability: later */
    const struct span file = flash_view(range.at, range.bytes);
    if (elf_parse(file, &elf) != 0 || !segments_place(m, &elf, range, &xip))
        return MONITOR_VERIFICATION_FAILED;

    package->cores++; /* before the core lets go of what it ran: that may be the same */
    const enum monitor_status status = core_stop(m, core);
    if (status != MONITOR_OK) {
        package->cores--;
        return status;
    }
    m->core_runs[core] = package;
    infra_set(RESET_IO_SELECT, core);
    for (uint32_t i = 0; i < elf.count; i++)
        if (elf.at[i].address != MT3620_IO_XIP)
            segment_load(file, &elf.at[i]);
    if (xip.bytes && firewall_io_flash(core, xip.shown, xip.at, xip.bytes) != 0)
        return MONITOR_WRITE_FAILED;
    infra_set(core ? RESET_IO1_VECTORS : RESET_IO0_VECTORS, elf.entry);
    infra_set(control_of(core), RESET_CONTROL_RUN);
    return MONITOR_OK;
}

static enum monitor_status buffer(unsigned core, struct cursor *in)
{
    const uint32_t type = cursor_u32le(in), at = cursor_u32le(in), bytes = cursor_u32le(in);
    if (cursor_end(in) != 0 || type >= BUFFER_TYPES || bytes != BUFFER_BYTES ||
        at % FIREWALL_GRANULE != 0 ||
        !in_memory(MT3620_RAM, MT3620_SECURE_RAM - MT3620_RAM, at, bytes))
        return MONITOR_INVALID_PARAMETER;
    return firewall_io_ram(core, type, at, bytes, type == BUFFER_FROM_CORE) ? MONITOR_WRITE_FAILED
                                                                            : MONITOR_OK;
}

enum monitor_status svc_IO_CORE_CONTROL(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint16_t action = cursor_u16le(in), core = cursor_u16le(in);
    (void)reply;
    if (core >= MONITOR_IO_CORES)
        return MONITOR_INVALID_PARAMETER;
    switch (action) {
    case ACTION_START: return start(m, core, in);
    case ACTION_STOP: return in->left ? MONITOR_INVALID_PARAMETER : core_stop(m, core);
    case ACTION_BUFFER: return buffer(core, in);
    default: return MONITOR_INVALID_PARAMETER;
    }
}
