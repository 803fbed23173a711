/* SPDX-License-Identifier: BSD-2-Clause */
/* peri mcu run: options to a machine, and its end to an exit code. */
#include "cli/mcu/run.h"

#include <stdlib.h>
#include <string.h>

#include "cli/management/scope.h"
#include "cli/mcu/machine.h"

static const struct {
    int end;
    const char *text;
} ends[] = {
    {MT3620_END_POWER_OFF, "powered down"},
    {MT3620_END_USAGE, "the emulator could not start"},
    {MT3620_END_RECOVERY, "the boot stopped in recovery"},
    {MT3620_END_POWER_LOST, "power lost by a fault control"},
    {MT3620_END_RESET, "chip reset"},
    {MT3620_END_WATCHDOG, "reset by a watchdog"},
    {MCU_EXIT_TIMEOUT, "no end in time"},
};

const char *mcu_end_text(int end)
{
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends[i].end == end)
            return ends[i].text;
    return "ended";
}

/* Decimal digits up to max; false for anything else. */
static bool number_of(const char *text, size_t len, unsigned long max, unsigned long *value)
{
    *value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || (*value = *value * 10 + (unsigned long)(text[i] - '0')) > max)
            return false;
    }
    return len > 0;
}

/* N or N:torn */
static int flash_fault_check(const char *text)
{
    unsigned long n;
    size_t digits = strcspn(text, ":");
    if (number_of(text, digits, UINT32_MAX, &n) && (!text[digits] || strcmp(text + digits, ":torn") == 0))
        return PERI_EXIT_OK;
    return fail(PERI_EXIT_USAGE, "--fault-flash is '%s': N or N:torn is expected, N counts operations from 0", text);
}

/* flash|fuse|ram:BYTE:BIT */
static int flip_fault_check(const char *text)
{
    static const struct {
        const char *where;
        unsigned long bytes;
    } places[] = {{"flash:", MT3620_FLASH_BYTES}, {"fuse:", 512}, {"ram:", MT3620_RAM_BYTES}};
    unsigned long byte, bit;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t len = strlen(places[i].where);
        if (strncmp(text, places[i].where, len) != 0)
            continue;
        const char *at = text + len;
        size_t digits = strcspn(at, ":");
        if (number_of(at, digits, places[i].bytes - 1, &byte) && at[digits] == ':' &&
            number_of(at + digits + 1, strlen(at + digits + 1), 7, &bit))
            return PERI_EXIT_OK;
    }
    return fail(PERI_EXIT_USAGE, "--fault-flip is '%s': WHERE:BYTE:BIT is expected, WHERE one of flash, fuse and ram, "
                "BYTE inside it, BIT 0 to 7", text);
}

/* HOST:GUEST */
static int forwards_read(struct peri *peri, struct mcu_run *run)
{
    for (size_t i = 0; arg_at(peri, "forward", i); i++) {
        const char *text = arg_at(peri, "forward", i);
        unsigned long host, guest;
        size_t digits = strcspn(text, ":");
        if (i == MCU_FORWARDS_MAX)
            return fail(PERI_EXIT_USAGE, "at most %d ports are forwarded", MCU_FORWARDS_MAX);
        if (!number_of(text, digits, 65535, &host) || !text[digits] ||
            !number_of(text + digits + 1, strlen(text + digits + 1), 65535, &guest) || !host || !guest)
            return fail(PERI_EXIT_USAGE, "--forward is '%s': HOSTPORT:PORT is expected", text);
        run->forward[i].host = (uint16_t)host;
        run->forward[i].guest = (uint16_t)guest;
        run->forwards = i + 1;
    }
    if (run->forwards && !run->net_user)
        return fail(PERI_EXIT_USAGE, "--forward needs --net user");
    return PERI_EXIT_OK;
}

static const char *const uart_names[MCU_UARTS + 1] = {"pluton", "a7", "io0", "io1", NULL};

static void console_read(struct peri *peri, struct mcu_console *console)
{
    console->show = 1u << MCU_UART_PLUTON | 1u << MCU_UART_A7;
    console->keyboard = MCU_UART_A7;
    for (size_t i = 0; arg_at(peri, "console", i); i++) {
        int uart = 0;
        while (uart + 1 < MCU_UARTS && strcmp(uart_names[uart], arg_at(peri, "console", i)) != 0)
            uart++; /* it is one of them: its row's choices */
        if (i == 0)
            console->show = 0;
        if (i == 0)
            console->keyboard = uart;
        console->show |= 1u << uart;
    }
}

static int options_read(struct peri *peri, struct mcu_run *run, struct mcu_console *console)
{
    const char *net = arg_text(peri, "net");
    *run = (struct mcu_run){
        .folder = peri->positional[0],
        .qemu = arg_text(peri, "qemu"),
        .fault_flash = arg_text(peri, "fault-flash"),
        .fault_flip = arg_text(peri, "fault-flip"),
        .fault_trng = arg_has(peri, "fault-trng"),
        .end_at_reset = arg_has(peri, "end-at-reset"),
        .debug = arg_text(peri, "debug"),
        .net_user = net && strcmp(net, "user") == 0,
    };
    *console = (struct mcu_console){0};
    int code = PERI_EXIT_OK;
    if (run->fault_flash)
        code = flash_fault_check(run->fault_flash);
    if (!code && run->fault_flip)
        code = flip_fault_check(run->fault_flip);
    if (!code)
        code = forwards_read(peri, run);
    if (!code)
        console_read(peri, console);
    uint32_t port = 0;
    if (!code)
        code = arg_number(peri, "service-interface", 0, UINT16_MAX, &port);
    if (!code && arg_has(peri, "service-interface") && !run->net_user) /* without a network networkd ends, and the cable has no address */
        code = fail(PERI_EXIT_USAGE, "--service-interface needs --net user");
    if (!code && arg_has(peri, "service-interface"))
        code = mcu_port_choose(port, &run->service_port);
    return code ? code : arg_number(peri, "timeout", 1, 86400, &console->timeout_s);
}

int mcu_run(struct peri *peri)
{
    struct mcu_run run;
    struct mcu_console console;
    struct mcu_folder held = {NULL, -1};
    struct mcu_machine machine;
    int code = options_read(peri, &run, &console);
    if (!code)
        code = mcu_folder_hold(run.folder, &held);
    if (code)
        return code;
    mcu_signals_catch();
    code = mcu_machine_start(&run, &machine);
    if (!code && run.service_port)
        fprintf(stderr, "peri: service interface on 127.0.0.1:%u: peri device show-attached --device 127.0.0.1:%u\n",
                run.service_port, run.service_port);
    if (!code)
        code = mcu_console_run(&console, &machine);
    mcu_folder_release(&held);
    if (code == MCU_EXIT_TIMEOUT || code >= MT3620_END_RECOVERY)
        fprintf(stderr, "peri: %s\n", mcu_end_text(code));
    return code;
}

const char mcu_run_notes[] =
    "exit codes of a run:\n"
    "    0  powered down, or the power was cut by Ctrl-A X\n"
    "    1  it could not start: the message says why\n"
    "   20  the boot stopped in recovery: the last line names stage and reason\n"
    "   21  power lost by --fault-flash\n"
    "   22  chip reset, with --end-at-reset\n"
    "   23  reset by a watchdog, with --end-at-reset\n"
    "  124  --timeout passed\n"
    "  128  and a signal's number: ended by that signal";

const struct option_row mcu_run_options[] = {
    {"net", NULL, OPTION_VALUE, "user: a network through this machine's; none (default)", CHOICES("none", "user")},
    {"forward", NULL, OPTION_LIST, "HOSTPORT:PORT: 127.0.0.1:HOSTPORT reaches the chip's PORT (TCP)"},
    {"service-interface", NULL, OPTION_VALUE, "PORT: plug in the service cable, with --net user; 127.0.0.1:PORT reaches the device's local interface (peri device ... --device); 0: one that is free, printed"},
    {"console", NULL, OPTION_LIST, "lines to show of pluton, a7, io0, io1; the first gets the keyboard (default: a7 and pluton). Ctrl-A X cuts the power",
     uart_names},
    {"timeout", NULL, OPTION_VALUE, "cut the power after this many seconds; exit code 124"},
    {"end-at-reset", NULL, OPTION_SWITCH, "end at a chip reset (exit code 22, by a watchdog 23) instead of starting again"},
    {"fault-flash", NULL, OPTION_VALUE, "N or N:torn: lose power at the N-th flash operation, clean or torn (exit code 21)"},
    {"fault-flip", NULL, OPTION_VALUE, "WHERE:BYTE:BIT: flip a bit of flash, fuse or ram at the start"},
    {"fault-trng", NULL, OPTION_SWITCH, "the noise source is stuck"},
    {"debug", NULL, OPTION_VALUE, "tcp:127.0.0.1:PORT or unix:FILE: wait there for a debugger before the first instruction"},
    {"qemu", NULL, OPTION_VALUE, "emulator (default: $PERI_QEMU, else machine/build's)"},
    SCOPE_END};
