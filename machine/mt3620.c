/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MT3620 as a QEMU machine. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "cpu.h"

static void mt3620_machine_init(MachineState *machine)
{
    memory_region_add_subregion(get_system_memory(), 0x80000000, machine->ram);
    object_property_set_bool(cpu_create(machine->cpu_type) ? OBJECT(first_cpu) : NULL,
                             "start-powered-off", true, &error_abort);
}

static void mt3620_machine_class_init(MachineClass *mc)
{
    mc->desc = "MT3620 (Perisphere)";
    mc->init = mt3620_machine_init;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("cortex-a7");
    mc->default_ram_size = 4 * 1024 * 1024;
    mc->default_ram_id = "mt3620.ram";
}

DEFINE_MACHINE("mt3620", mt3620_machine_class_init)
