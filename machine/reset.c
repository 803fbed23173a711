/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/reset.h"

#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/arm/armv7m.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/end.h"
#include "qemu/log.h"
#include "sysemu/runstate.h"

enum {
    REGISTERS_BYTES = 0x1000,
    SCRATCH_WORDS = 4,
    IO_CORES = 2,
    VECTORS_ALIGN = 128,
    THUMB = 1,
};

typedef struct IoCore {
    ARMv7MState *core;
    MemoryRegion *memory;
    AddressSpace bus;
    uint32_t vectors;
    bool run;    /* ordered */
    bool halted; /* it has come to a stop: not one instruction more */
} IoCore;

typedef struct ResetView {
    MemoryRegion registers;
    ResetBlockState *block;
    bool pluton;
} ResetView;

struct ResetBlockState {
    SysBusDevice parent_obj;

    ResetView view[2];
    ARMCPU *a7;
    IoCore io[IO_CORES];
    bool recovery_exit;
    bool reset_exit;

    enum reset_cause cause;
    enum reset_cause next_cause;
    uint32_t scratch[SCRATCH_WORDS];
    uint32_t a7_start;
    bool a7_run;
    uint32_t load_core;
    uint32_t load_address;
};

bool reset_ends_at_recovery(ResetBlockState *s)
{
    return s->recovery_exit;
}

/* ---- the chip ---- */

static void chip_reset(ResetBlockState *s, enum reset_cause cause)
{
    if (mt3620_ended()) {
        return;
    }
    if (s->reset_exit) {
        mt3620_end(cause == RESET_CAUSE_SOFTWARE ? MT3620_END_RESET : MT3620_END_WATCHDOG);
        return;
    }
    s->next_cause = cause;
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    mt3620_stop_core();
}

/* ---- cores; each runs in the thread of the core it is about ---- */

/* A chip reset may have come between the order and its execution: then run is false again. */
static void a7_begin(CPUState *cs, run_on_cpu_data data)
{
    ResetBlockState *s = data.host_ptr;
    ARMCPU *cpu = ARM_CPU(cs);

    if (!s->a7_run) {
        return;
    }
    cpu_reset(cs);
    cpu_set_pc(cs, s->a7_start & ~(uint32_t)THUMB);
    cpu->env.thumb = s->a7_start & THUMB;
    arm_rebuild_hflags(&cpu->env);
    cs->halted = 0;
    cpu->power_state = PSCI_ON;
}

static void io_begin(CPUState *cs, run_on_cpu_data data)
{
    IoCore *io = data.host_ptr;

    if (!io->run) {
        return;
    }
    device_cold_reset(DEVICE(&io->core->nvic));
    device_cold_reset(DEVICE(&io->core->systick[M_REG_NS]));
    io->core->cpu->init_nsvtor = io->vectors;
    cpu_reset(cs); /* fetches stack pointer and entry from there */
    arm_rebuild_hflags(&io->core->cpu->env);
    cs->halted = 0;
    io->core->cpu->power_state = PSCI_ON;
}

static void io_halt(CPUState *cs, run_on_cpu_data data)
{
    IoCore *io = data.host_ptr;

    if (io->run) {
        return;
    }
    io->core->cpu->power_state = PSCI_OFF;
    cs->halted = 1;
    cs->exception_index = EXCP_HLT;
    io->halted = true;
}

static bool vectors_fit(uint32_t at)
{
    return at % VECTORS_ALIGN == 0 &&
           ((at >= MT3620_TCM && at < MT3620_TCM + MT3620_IO_TCM_BYTES) ||
            (at >= MT3620_IO_XIP && at < MT3620_IO_XIP + MT3620_IO_XIP_BYTES));
}

static void io_order(IoCore *io, bool run)
{
    CPUState *cs = CPU(io->core->cpu);

    io->run = run;
    if (run) {
        io->halted = false;
    }
    async_run_on_cpu(cs, run ? io_begin : io_halt, RUN_ON_CPU_HOST_PTR(io));
}

static bool io_control_set(IoCore *io, uint32_t value)
{
    bool run = value & RESET_CONTROL_RUN;

    if (run && !io->run && (!io->halted || !vectors_fit(io->vectors))) {
        return false;
    }
    if (run != io->run) {
        io_order(io, run);
    }
    return true;
}

/* A word into a stopped core's own memory, by that core's way. */
static bool io_load(ResetBlockState *s, uint32_t word)
{
    IoCore *io = &s->io[s->load_core];
    uint32_t at = s->load_address;
    bool tcm = at >= MT3620_TCM && at < MT3620_TCM + MT3620_IO_TCM_BYTES;
    bool sysram = at >= MT3620_IO_SYSRAM && at < MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES;
    MemTxAttrs attrs = { .requester_id = (uint16_t)(MT3620_IO0 + s->load_core + 1) };

    if (!io->halted || (!tcm && !sysram)) {
        return false;
    }
    address_space_stl_le(&io->bus, at, word, attrs, NULL);
    s->load_address = at + 4;
    return true;
}

static void watchdog_line(void *opaque, int line, int level)
{
    ResetBlockState *s = opaque;
    enum mt3620_core core = line / RESET_LINES_EACH;
    bool bite = line % RESET_LINES_EACH == RESET_LINE_BITE;

    if (!level) {
        return;
    }
    switch (core) {
    case CORE_A7:
        chip_reset(s, bite ? RESET_CAUSE_A7_WATCHDOG : RESET_CAUSE_SOFTWARE);
        break;
    case CORE_PLUTON:
        chip_reset(s, bite ? RESET_CAUSE_PLUTON_WATCHDOG : RESET_CAUSE_SOFTWARE);
        break;
    case CORE_IO0:
    case CORE_IO1:
        if (s->io[core - CORE_IO0].run) {
            io_order(&s->io[core - CORE_IO0], true);
        }
        break;
    default: break;
    }
}

/* ---- registers ---- */

static uint64_t reset_read(void *opaque, hwaddr offset, unsigned size)
{
    ResetView *view = opaque;
    ResetBlockState *s = view->block;

    switch (offset) {
    case RESET_CAUSE: return s->cause;
    case RESET_CHIP_RESET:
    case RESET_POWER: return 0;
    case RESET_SCRATCH ... RESET_SCRATCH + 4 * SCRATCH_WORDS - 1:
        return s->scratch[(offset - RESET_SCRATCH) / 4];
    case RESET_IO0_VECTORS: return s->io[0].vectors;
    case RESET_IO0_CONTROL: return s->io[0].halted ? 0 : RESET_CONTROL_RUN;
    case RESET_IO1_VECTORS: return s->io[1].vectors;
    case RESET_IO1_CONTROL: return s->io[1].halted ? 0 : RESET_CONTROL_RUN;
    default: break;
    }
    if (view->pluton) {
        switch (offset) {
        case RESET_RECOVERY: return 0;
        case RESET_A7_START: return s->a7_start;
        case RESET_A7_CONTROL: return s->a7_run ? RESET_CONTROL_RUN : 0;
        default: break;
        }
    } else {
        switch (offset) {
        case RESET_IO_SELECT: return s->load_core;
        case RESET_IO_ADDRESS: return s->load_address;
        case RESET_IO_DATA: return 0;
        default: break;
        }
    }
    qemu_log_mask(LOG_GUEST_ERROR, "reset: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static bool pluton_set(ResetBlockState *s, hwaddr offset, uint32_t value)
{
    switch (offset) {
    case RESET_RECOVERY:
        if (value != RESET_KEY_RECOVERY) {
            return false;
        }
        qemu_log_mask(LOG_GUEST_ERROR, "reset: the boot has stopped\n");
        if (s->recovery_exit) {
            mt3620_end(MT3620_END_RECOVERY);
        }
        return true;
    case RESET_A7_START:
        if (s->a7_run) {
            return false;
        }
        s->a7_start = value;
        return true;
    case RESET_A7_CONTROL:
        if ((value & RESET_CONTROL_RUN) && !s->a7_run) {
            s->a7_run = true;
            async_run_on_cpu(CPU(s->a7), a7_begin, RUN_ON_CPU_HOST_PTR(s));
        }
        return true;
    default: return false;
    }
}

static bool monitor_set(ResetBlockState *s, hwaddr offset, uint32_t value)
{
    switch (offset) {
    case RESET_IO_SELECT:
        if (value >= IO_CORES) {
            return false;
        }
        s->load_core = value;
        return true;
    case RESET_IO_ADDRESS:
        if (value % 4 != 0) {
            return false;
        }
        s->load_address = value;
        return true;
    case RESET_IO_DATA: return io_load(s, value);
    default: return false;
    }
}

static bool vectors_set(IoCore *io, uint32_t value)
{
    if (!io->halted) {
        return false;
    }
    io->vectors = value;
    return true;
}

static bool register_set(ResetView *view, hwaddr offset, uint32_t value)
{
    ResetBlockState *s = view->block;

    switch (offset) {
    case RESET_CHIP_RESET:
        if (value != RESET_KEY_CHIP_RESET) {
            return false;
        }
        chip_reset(s, RESET_CAUSE_SOFTWARE);
        return true;
    case RESET_POWER:
        if (value != RESET_KEY_POWER) {
            return false;
        }
        mt3620_end(MT3620_END_POWER_OFF);
        return true;
    case RESET_SCRATCH ... RESET_SCRATCH + 4 * SCRATCH_WORDS - 1:
        s->scratch[(offset - RESET_SCRATCH) / 4] = value;
        return true;
    case RESET_IO0_VECTORS: return vectors_set(&s->io[0], value);
    case RESET_IO0_CONTROL: return io_control_set(&s->io[0], value);
    case RESET_IO1_VECTORS: return vectors_set(&s->io[1], value);
    case RESET_IO1_CONTROL: return io_control_set(&s->io[1], value);
    default: return view->pluton ? pluton_set(s, offset, value) : monitor_set(s, offset, value);
    }
}

static void reset_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    if (!register_set(opaque, offset, (uint32_t)value)) {
        qemu_log_mask(LOG_GUEST_ERROR, "reset: write of 0x%08x to 0x%03x refused\n",
                      (uint32_t)value, (unsigned)offset);
    }
}

static const MemoryRegionOps register_ops = {
    .read = reset_read,
    .write = reset_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- device ---- */

static void reset_block_reset(DeviceState *dev)
{
    ResetBlockState *s = MT3620_RESET_DEVICE(dev);

    s->cause = s->next_cause;
    s->next_cause = RESET_CAUSE_EXTERNAL; /* unless a request says otherwise */
    s->a7_start = 0;
    s->a7_run = false;
    s->load_core = 0;
    s->load_address = 0;
    for (unsigned i = 0; i < IO_CORES; i++) {
        s->io[i].vectors = 0;
        s->io[i].run = false;
        s->io[i].halted = true; /* a chip is reset with all its cores standing */
    }
}

static void reset_realize(DeviceState *dev, Error **errp)
{
    ResetBlockState *s = MT3620_RESET_DEVICE(dev);

    for (unsigned i = 0; i < 2; i++) {
        s->view[i].block = s;
        s->view[i].pluton = i == 0;
        memory_region_init_io(&s->view[i].registers, OBJECT(dev), &register_ops, &s->view[i],
                              i == 0 ? "reset-pluton" : "reset-monitor", REGISTERS_BYTES);
        sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->view[i].registers);
    }
    for (unsigned i = 0; i < IO_CORES; i++) {
        address_space_init(&s->io[i].bus, s->io[i].memory, "io-load");
    }
    qdev_init_gpio_in_named(dev, watchdog_line, "watchdog", CORES * RESET_LINES_EACH);
    s->next_cause = RESET_CAUSE_POWER_ON;
}

static Property reset_properties[] = {
    DEFINE_PROP_LINK("a7", ResetBlockState, a7, TYPE_ARM_CPU, ARMCPU *),
    DEFINE_PROP_LINK("io0", ResetBlockState, io[0].core, TYPE_ARMV7M, ARMv7MState *),
    DEFINE_PROP_LINK("io1", ResetBlockState, io[1].core, TYPE_ARMV7M, ARMv7MState *),
    DEFINE_PROP_LINK("io0-memory", ResetBlockState, io[0].memory, TYPE_MEMORY_REGION,
                     MemoryRegion *),
    DEFINE_PROP_LINK("io1-memory", ResetBlockState, io[1].memory, TYPE_MEMORY_REGION,
                     MemoryRegion *),
    DEFINE_PROP_BOOL("recovery-exit", ResetBlockState, recovery_exit, false),
    DEFINE_PROP_BOOL("reset-exit", ResetBlockState, reset_exit, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void reset_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = reset_realize;
    dc->reset = reset_block_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, reset_properties);
}

static const TypeInfo reset_types[] = {
    {
        .name = TYPE_MT3620_RESET_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ResetBlockState),
        .class_init = reset_class_init,
    },
};

DEFINE_TYPES(reset_types)
