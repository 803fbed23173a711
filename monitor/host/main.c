/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitord: Security Monitor of the `linux` target.
 *   monitord [--uid N] [--without-landlock] [--without-seccomp]   started by plutond
 *   monitord --factory DIR --keystore FILE --root-key FILE IMAGE...
 *   monitord --list DIR
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/host/boot.h"
#include "monitor/host/factory.h"
#include "monitor/host/log.h"

enum {
    OPT_UID = 1, OPT_WITHOUT_LANDLOCK, OPT_WITHOUT_SECCOMP, OPT_FACTORY, OPT_KEYSTORE, OPT_ROOT_KEY,
    OPT_LIST,
};
enum { EXIT_USAGE = 2 };

static const struct option options[] = {
    {"uid", required_argument, NULL, OPT_UID},
    {"without-landlock", no_argument, NULL, OPT_WITHOUT_LANDLOCK},
    {"without-seccomp", no_argument, NULL, OPT_WITHOUT_SECCOMP},
    {"factory", required_argument, NULL, OPT_FACTORY},
    {"keystore", required_argument, NULL, OPT_KEYSTORE},
    {"root-key", required_argument, NULL, OPT_ROOT_KEY},
    {"list", required_argument, NULL, OPT_LIST},
    {NULL, 0, NULL, 0},
};

static int usage(void)
{
    fputs("usage: monitord [--uid N] [--without-landlock] [--without-seccomp]\n"
          "       monitord --factory DIR --keystore FILE --root-key FILE IMAGE...\n"
          "       monitord --list DIR\n",
          stderr);
    return EXIT_USAGE;
}

static int factory(const char *device, const char *keystore_path, const char *key_path,
                   char *const *images, int count)
{
    static struct keystore keystore;
    uint8_t key[P256_PUBLIC_BYTES];
    if (factory_key(key_path, key) != 0 || factory_keystore(keystore_path, key, &keystore) != 0)
        return 1;
    return factory_fill(device, &keystore, images, count) != 0;
}

static int uid_parse(const char *text, uid_t *uid)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *uid = (uid_t)value;
    return *text == 0 || *end != 0 || value == 0 || value >= 65534 ? E_RANGE : 0;
}

int main(int argc, char **argv)
{
    const char *make = NULL, *keystore = NULL, *key = NULL, *list = NULL;
    struct boot_options boot = {.uid = BOOT_UID};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (option) {
        case OPT_UID:
            if (uid_parse(optarg, &boot.uid) != 0)
                return log_line("--uid \"%s\": 1 to 65533", optarg), EXIT_USAGE;
            break;
        case OPT_WITHOUT_LANDLOCK: boot.without_landlock = true; break;
        case OPT_WITHOUT_SECCOMP: boot.without_seccomp = true; break;
        case OPT_FACTORY: make = optarg; break;
        case OPT_KEYSTORE: keystore = optarg; break;
        case OPT_ROOT_KEY: key = optarg; break;
        case OPT_LIST: list = optarg; break;
        default: return usage();
        }
    if (make) {
        if (!keystore || !key || list || optind == argc)
            return usage();
        return factory(make, keystore, key, argv + optind, argc - optind);
    }
    if (keystore || key || optind != argc)
        return usage();
    if (list)
        return factory_list(list) != 0;
    /* No handlers, no leak report: both would meet the system-call filter. */
    _exit(boot_run(&boot));
}
