/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder of a virtual MCU, and the emulator that runs it.
 *
 * Folder: fuses.bin (abi/mt3620_fuse.h), flash.bin, rom.bin, lock; keys/ when `peri mcu
 * create` made them.  It can be copied while the chip is off.  The lock is flock() on
 * `lock`, held as long as a machine runs; the emulator locks its files as well.
 *
 * The emulator: --qemu FILE, else $PERI_QEMU, else the one that `machine/build --print`
 * named when peri was built (file firmware/emulator beside the folder of peri).
 * Its four serial lines and its own messages are sockets of ours.
 *
 * Lifetime: mcu_machine_start() .. mcu_machine_wait(); the emulator dies with us.
 */
#ifndef PERI_CLI_MCU_MACHINE_H
#define PERI_CLI_MCU_MACHINE_H

#include <sys/types.h>

#include "abi/mt3620.h"
#include "cli/command.h"

enum {
    MCU_UARTS = 4,
    MCU_MESSAGES = MCU_UARTS, /* the emulator's own, behind the chip's lines */
    MCU_LINES,
    MCU_FORWARDS_MAX = 8,
    MCU_EXIT_TIMEOUT = 124, /* as timeout(1) */
    MCU_EXIT_SIGNAL = 128,  /* and the signal's number */
};

enum mcu_uart { MCU_UART_PLUTON, MCU_UART_A7, MCU_UART_IO0, MCU_UART_IO1 };

/* Held from mcu_folder_hold() to mcu_folder_release(). */
struct mcu_folder {
    const char *path;
    int lock_fd;
};

struct mcu_run {
    const char *folder;
    const char *qemu;                            /* NULL: as above */
    const char *fault_flash, *fault_flip;        /* as abi/mt3620.h has them; NULL: none */
    bool fault_trng;
    bool end_at_reset;
    const char *debug; /* where a debugger connects, as QEMU's -gdb takes it: the chip waits for it,
                        * and waits in recovery instead of ending */
    const char *trace; /* file for the address of every instruction, as QEMU's log has them: tests */
    bool net_user;
    struct {
        uint16_t host, guest;
    } forward[MCU_FORWARDS_MAX];                 /* 127.0.0.1:host to the chip's port */
    size_t forwards;
    uint16_t service_port;                       /* 127.0.0.1:this to the service interface; 0: no cable */
};

struct mcu_machine {
    pid_t pid;
    int line[MCU_LINES]; /* by enum mcu_uart, MCU_MESSAGES; -1 when closed */
    bool cut;            /* by us: what it says about that is not of interest */
};

/* folder/name; message when too long. */
int mcu_path(char path[static 4096], const char *folder, const char *name);
/* Is there a chip, complete and of this version?  Message that says what is wrong. */
int mcu_folder_check(const char *folder);
/* The same, writable, and nobody else runs it. */
int mcu_folder_hold(const char *folder, struct mcu_folder *held);
void mcu_folder_release(struct mcu_folder *held);
/* Does a machine run it now? */
bool mcu_folder_running(const char *folder);
/* Where the images of this build are. */
int mcu_images_default(char path[static 4096]);

/* wanted, or for 0 a port of 127.0.0.1 that nobody has at the moment. */
int mcu_port_choose(uint32_t wanted, uint16_t *port);

int mcu_machine_start(const struct mcu_run *run, struct mcu_machine *machine);
/* Asks the emulator to end: for the chip, its power is cut. */
void mcu_machine_cut(struct mcu_machine *machine);
/* Waits for it after that; by force when it does not. */
void mcu_machine_reap(struct mcu_machine *machine);
/* Its exit code (enum mt3620_end), or PERI_EXIT_ERROR after a message when it was
 * ended by a signal that was not ours. */
int mcu_machine_wait(struct mcu_machine *machine);

/* From here on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process, so that
 * it can clean up; the one that came, or 0. */
void mcu_signals_catch(void);
int mcu_signal_caught(void);

/* cli/mcu/console.c.  Lines of the chip until it ends; see there. */
struct mcu_console {
    unsigned show;         /* bit per enum mcu_uart */
    int keyboard;          /* enum mcu_uart, or -1 for none */
    uint32_t timeout_s;    /* 0: none */
    /* Called with each whole line of the Pluton's UART; true ends the run.  May be NULL. */
    bool (*on_line)(void *context, const char *line);
    void *context;
};
/* Returns how it ended: an enum mt3620_end, PERI_EXIT_*, MCU_EXIT_TIMEOUT or MCU_EXIT_SIGNAL + n. */
int mcu_console_run(const struct mcu_console *console, struct mcu_machine *machine);

#endif
