/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/options.h"

#include "abi/mt3620.h"
#include "abi/mt3620_fuse.h"
#include "machine/fault.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

enum { VECTORS_BYTES = 8 }; /* stack pointer and entry: less is no ROM */

/* name, field, text, the only value it may have or NULL */
#define OPTIONS(X)                                                                    \
    X("rom", rom, "Pluton ROM, at most 64 KiB", NULL)                                 \
    X("fuses", fuses, "fuse file", NULL)                                              \
    X("flash", flash, "flash file, 16 MiB", NULL)                                     \
    X("recovery", recovery, "exit: end the run when the boot has stopped", "exit")    \
    X("reset", reset, "exit: end the run at a chip reset", "exit")                    \
    X("fault-flash", fault_flash, "N[:torn]: lose power at flash command N", NULL)    \
    X("fault-flip", fault_flip, "WHERE:BYTE:BIT: flip a bit of flash, fuse or ram at start", NULL) \
    X("fault-trng", fault_trng, "on: the noise source is stuck", "on")                \
    X("probe", probe, "character device of the bus probe, for tests", NULL)

#define OPTION_FUNCTIONS(name, field, text, only)                                \
    static char *option_get_##field(Object *obj, Error **errp)                   \
    {                                                                            \
        return g_strdup(mt3620_options(obj)->field);                             \
    }                                                                            \
    static void option_set_##field(Object *obj, const char *value, Error **errp) \
    {                                                                            \
        const char *word = (only);                                               \
                                                                                 \
        if (word && strcmp(value, word) != 0) {                                  \
            error_setg(errp, name " can be \"%s\", not \"%s\"", word, value);     \
            return;                                                              \
        }                                                                        \
        g_free(mt3620_options(obj)->field);                                      \
        mt3620_options(obj)->field = g_strdup(value);                            \
    }
OPTIONS(OPTION_FUNCTIONS)

void options_declare(ObjectClass *machine_class)
{
#define OPTION_PROPERTY(name, field, text, only)                                                \
    object_class_property_add_str(machine_class, name, option_get_##field, option_set_##field); \
    object_class_property_set_description(machine_class, name, text);
    OPTIONS(OPTION_PROPERTY)
}

const char *options_flip(const Options *o, const char *part)
{
    size_t length = strlen(part);

    return o->fault_flip && strncmp(o->fault_flip, part, length) == 0 && o->fault_flip[length] == ':'
               ? o->fault_flip + length + 1
               : NULL;
}

void options_check(const Options *o)
{
    FaultFlip flip;

    if (!o->rom && !o->probe) {
        error_report("mt3620: no rom: say -M mt3620,rom=FILE");
        exit(MT3620_END_USAGE);
    }
    /* flash.c and ram_flip() look at theirs */
    fault_flip_parse(options_flip(o, "fuse"), FUSE_WORDS * 4, &flip, &error_fatal);
    if (o->fault_flip && !options_flip(o, "flash") && !options_flip(o, "fuse") &&
        !options_flip(o, "ram")) {
        error_report("mt3620: fault-flip \"%s\" is not in flash, fuse or ram", o->fault_flip);
        exit(MT3620_END_USAGE);
    }
}

void options_load_rom(const Options *o, uint8_t *rom)
{
    g_autofree char *bytes = NULL;
    g_autoptr(GError) problem = NULL;
    gsize length;

    if (!o->rom) {
        return;
    }
    if (!g_file_get_contents(o->rom, &bytes, &length, &problem)) {
        error_report("rom file \"%s\" cannot be read: %s", o->rom, problem->message);
        exit(MT3620_END_USAGE);
    }
    if (length < VECTORS_BYTES || length > MT3620_PLUTON_ROM_BYTES) {
        error_report("rom file \"%s\" has %zu bytes, not %d to %u", o->rom, (size_t)length,
                     VECTORS_BYTES, MT3620_PLUTON_ROM_BYTES);
        exit(MT3620_END_USAGE);
    }
    memcpy(rom, bytes, length);
}
