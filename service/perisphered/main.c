/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "service/perisphered/maintain.h"
#include "service/perisphered/supervisor.h"

static process_run *const runs[PROCESS_COUNT] = {
#define PROCESS_ROW(name, text, run) run,
    PROCESS_TABLE(PROCESS_ROW)
#undef PROCESS_ROW
};

/* The next steps are the same for everybody who is new here. */
static int init_run(const struct service_init *init)
{
    if (service_init(init) != 0)
        return 1;
    printf("made \"%s\": start it with  peri service run --data %s\n"
           "the first operator's profile:  export PERI_PROFILE=%s/operator\n",
           init->data, init->data, init->data);
    return 0;
}

static int renew_run(const struct options *o)
{
    if (service_renew(o->data, o->make.dns, o->make.dns_count) != 0)
        return 1;
    puts("the server has a new certificate: restart the service to use it");
    return 0;
}

static int join_run(const struct options *options)
{
    if (service_join(options->join, options->data, options->make.dns, options->make.dns_count) != 0)
        return 1;
    printf("made \"%s\": a further service on the database of \"%s\"; start it with  peri service run --data %s\n",
           options->data, options->join, options->data);
    return 0;
}

static int update_key_run(const struct options *o)
{
    if (service_update_key_rotate(o->data, o->update_key) != 0)
        return 1;
    printf("the update key is new: put %s/update-key.pub into keystore version %u, publish it with a release, "
           "and restart the service\n", o->data, (unsigned)o->update_key);
    return 0;
}

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
        return init_run(&options.make);
    if (options.join)
        return join_run(&options);
    if (options.out)
        return service_operator(options.data, options.make.operator_name, options.out) ? 1 : 0;
    if (options.backup)
        return maintain_backup(options.data, options.backup);
    if (options.restore)
        return maintain_restore(options.data, options.restore, options.key, options.make.database);
    if (options.rotate)
        return maintain_rotate(options.data, options.key);
    if (options.update_key)
        return update_key_run(&options);
    if (options.renew)
        return renew_run(&options);
    return supervisor_run(&options, runs);
}
