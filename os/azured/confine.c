/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

void confine(const struct confine_spec *spec)
{
    (void)spec;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        fprintf(stderr, "azured: cannot give up new privileges\n");
        exit(1);
    }
}
