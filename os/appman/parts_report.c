/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/parts.h"

#include <stdio.h>

unsigned parts_report(const struct device_conf *conf, unsigned missing)
{
    for (unsigned i = 0; i < PARTS; i++) {
        if (!(missing & 1u << i))
            continue;
        const char *name = part_name((enum part)i);
        if (conf->allow_missing & 1u << i)
            fprintf(stderr, "application-manager: this machine lacks \"%s\", allowed by allow_missing\n",
                    name);
        else if (i == PART_NAMESPACES)
            fprintf(stderr, "application-manager: no application is started: this machine lacks "
                            "\"%s\", which nothing replaces\n", name);
        else
            fprintf(stderr, "application-manager: no application is started: this machine lacks "
                            "\"%s\"; to run without it name it in allow_missing of device.conf\n",
                    name);
    }
    return missing & ~conf->allow_missing;
}
