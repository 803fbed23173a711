/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "service/perisphered/supervisor.h"

static process_run *const runs[PROCESS_COUNT] = {
#define PROCESS_ROW(name, text, run) run,
    PROCESS_TABLE(PROCESS_ROW)
#undef PROCESS_ROW
};

int main(int argc, char **argv)
{
    struct options options;
    if (options_parse(argc, argv, &options) != 0)
        return 2;
    if (options.help) {
        fputs(options_usage, stdout);
        return 0;
    }
    if (options.version) {
        puts("perisphered 0.1.0");
        return 0;
    }
    if (options.init)
        return service_init(&options.make) ? 1 : 0;
    if (options.out)
        return service_operator(options.data, options.make.operator_name, options.out) ? 1 : 0;
    return supervisor_run(&options, runs);
}
