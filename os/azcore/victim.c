/* SPDX-License-Identifier: BSD-2-Clause */
/* Dies as it is told: "segv" of a known address, "abort", "fpe", "ill". */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "segv") == 0)
        *(volatile int *)0x1230 = 1;
    if (strcmp(how, "fpe") == 0)
        raise(SIGFPE);
    if (strcmp(how, "ill") == 0)
        raise(SIGILL);
    abort();
}
