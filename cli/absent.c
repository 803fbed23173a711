/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/absent.h"

#include <string.h>

const struct absent absent_rows[] = {
    {"device recover", NULL, "recovery over the serial line is not built: `peri mcu create` makes a virtual MCU anew, "
                             "`peri device create` a device on Linux"},
    {"device enable-development", "enable-rt-core-debugging", "it installs a driver of Windows; real-time cores of the virtual MCU "
                                                              "are debugged by `peri mcu run --debug`"},
    {"*", "acquire-policy-token", "it is for Azure Policy, which is a part of Azure's own resource manager"},
    {"*", "change-reference", "it is for Azure Policy, which is a part of Azure's own resource manager"},
    {NULL, NULL, NULL},
};

const struct absent *absent_command(int count, char *const *words)
{
    for (const struct absent *row = absent_rows; row->command; row++) {
        const char *at = row->command;
        for (int i = 0; !row->option && i < count; i++) {
            size_t len = strlen(words[i]);
            if (len == 0 || strncmp(at, words[i], len) != 0)
                break;
            at += len;
            if (*at == 0)
                return row;
            if (*at++ != ' ')
                break;
        }
    }
    return NULL;
}
