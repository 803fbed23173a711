/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chip whose normal world is the test's own: made by `peri mcu create` from the
 * built firmware and a kernel given here, and run by the emulator.
 * All in a temporary folder; every failure of the set-up ends the test.
 */
#ifndef PERI_TESTS_HOSTILE_CHIP_H
#define PERI_TESTS_HOSTILE_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CHIP_UARTS = 4 };
enum chip_uart { CHIP_PLUTON = 0, CHIP_A7 = 1, CHIP_IO0 = 2, CHIP_IO1 = 3 };

struct chip {
    char folder[64];
    pid_t pid;
    int uart[CHIP_UARTS], probe;
    const char *wire; /* file for frames, or NULL: no network */
    struct {
        char bytes[131072];
        size_t len;
    } pending[CHIP_UARTS];
};

/* kernel: name of a peri_firmware, without .bin, with a device tree and a root of no
 * use; NULL: kernel, tree and root as tools/mcu_images has put them there. */
void chip_create(struct chip *chip, const char *kernel);
/* Files in the chip's folder, by their path in it. */
void chip_file_put(struct chip *chip, const char *name, const void *bytes, size_t len);
void chip_firmware_copy(struct chip *chip, const char *firmware, const char *name);
/* Runs peri with these words after its name; it must succeed. */
void chip_peri(struct chip *chip, const char *const words[]);
/* Makes an application package of that component whose program is a file of the firmware
 * folder, signs it with the chip's own application key, and puts it into the flash. */
void chip_application_put(struct chip *chip, const char *component, const char *firmware);
/* Puts a file into the flash at an offset, before the chip starts; trailer of a slot
 * of slot_bytes behind it if that is not 0. */
void chip_flash_put(struct chip *chip, uint32_t offset, const void *bytes, size_t len,
                    uint32_t slot_bytes);
/* Before the start: a network, and a file that gets every frame as it passes (pcap). */
void chip_network(struct chip *chip, const char *wire);
/* extra: further options of the machine, "" for none. */
void chip_start(struct chip *chip, const char *extra);
/* The next whole line, without its end; false after seconds without one, or at the
 * end of the run. */
bool chip_line(struct chip *chip, enum chip_uart uart, char *line, size_t room, unsigned seconds);
void chip_send(struct chip *chip, enum chip_uart uart, const char *text);
/* A register as Pluton sees it, by the machine's probe: no core notices. */
uint32_t chip_peek(struct chip *chip, uint32_t address);
/* Exit code of the run (enum mt3620_end), or -1: it had to be stopped after seconds. */
int chip_end(struct chip *chip, unsigned seconds);
/* What the other lines and the emulator itself said; for failures. */
void chip_tell(struct chip *chip);
void chip_release(struct chip *chip);

#endif
