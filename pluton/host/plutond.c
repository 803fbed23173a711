/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plutond: the root of trust of a host device.
 * Source: docs/spec/pluton.md "Host".
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/hex.h"
#include "pluton/host/core.h"
#include "pluton/host/device.h"
#include "pluton/host/hal_host.h"
#include "pluton/host/power.h"

enum { UID_DEFAULT = 61101 };

static const char usage[] =
    "usage: plutond --device DIR [options] [-- monitor arguments]   power on\n"
    "       plutond --device DIR --manufacture --root-key FILE      make keys, print device id\n"
    "       plutond --device DIR --identity                         print device id\n"
    "options:\n"
    "  --uid N             user that serves and owns the fuses, when started as root (61101)\n"
    "  --without-landlock  run where the kernel lacks Landlock\n"
    "  --without-seccomp   run where the kernel lacks seccomp\n"
    "exit codes: 0 off, 1 set-up, 2 usage, 3 nothing that may boot, 4 failed\n";

struct options {
    const char *device, *root_key;
    bool manufacture, identity;
    struct sandbox sandbox;
    char **rest; /* after --, NULL at the end */
};

static bool uid_read(const char *text, uid_t *uid)
{
    char *end;
    const unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || n >= 0xffffffffUL)
        return false;
    *uid = (uid_t)n;
    return true;
}

static bool options_read(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"device", required_argument, NULL, 'd'},   {"root-key", required_argument, NULL, 'k'},
        {"uid", required_argument, NULL, 'u'},      {"manufacture", no_argument, NULL, 'm'},
        {"identity", no_argument, NULL, 'i'},       {"without-landlock", no_argument, NULL, 'L'},
        {"without-seccomp", no_argument, NULL, 'S'}, {0},
    };
    memset(o, 0, sizeof *o);
    o->sandbox.uid = UID_DEFAULT;
    for (int c; (c = getopt_long(argc, argv, "+", names, NULL)) != -1;) {
        switch (c) {
        case 'd': o->device = optarg; break;
        case 'k': o->root_key = optarg; break;
        case 'm': o->manufacture = true; break;
        case 'i': o->identity = true; break;
        case 'L': o->sandbox.without_landlock = true; break;
        case 'S': o->sandbox.without_seccomp = true; break;
        case 'u':
            if (!uid_read(optarg, &o->sandbox.uid))
                return false;
            break;
        default: return false;
        }
    }
    o->rest = argv + optind;
    const bool has_rest = optind < argc;
    if (has_rest && strcmp(argv[optind - 1], "--") != 0)
        return false;
    return o->device && !(o->manufacture && o->identity) &&
           o->manufacture == (o->root_key != NULL) &&
           !(has_rest && (o->manufacture || o->identity));
}

static int complain(const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "plutond: %s: \"%s\": %s\n", what, subject, why);
    return EXIT_SETUP;
}

static void identity_print(const uint8_t device_id[static P256_PUBLIC_BYTES])
{
    char hex[2 * P256_PUBLIC_BYTES + 1];
    hex_encode(device_id, P256_PUBLIC_BYTES, hex);
    printf("%s\n", hex);
}

static int manufacture(const struct options *o)
{
    uint8_t root[P256_PUBLIC_BYTES], device_id[P256_PUBLIC_BYTES];
    const uid_t owner = core_owner(&o->sandbox);
    int err = root_key_read(o->root_key, root);
    if (err)
        return complain("root key", o->root_key,
                        "must be 64 bytes or 128 hexadecimal digits, X then Y");
    const int folder = device_make(o->device, owner);
    if (folder < 0)
        return complain("device folder", o->device,
                        folder == E_DENIED ? "must not be writable by group or others"
                                           : err_text(folder));
    const int lock = device_lock(folder);
    if (lock < 0)
        return complain("device", o->device, lock == E_BUSY ? "is on already" : err_text(lock));
    err = hal_manufacture(folder, owner, root, device_id);
    if (err)
        return complain("device", o->device,
                        err == E_EXISTS ? "has fuses already; they are for life" : err_text(err));
    identity_print(device_id);
    return fflush(stdout) ? EXIT_SETUP : 0;
}

static int folder_complain(const struct options *o, int err)
{
    return complain("device folder", o->device,
                    err == E_DENIED
                        ? "must be owned by the serving user and writable by nobody else"
                        : err_text(err));
}

static int identity(const struct options *o)
{
    struct hal hal;
    const uid_t owner = core_owner(&o->sandbox);
    const int folder = device_open(o->device, owner);
    if (folder < 0)
        return folder_complain(o, folder);
    int err = hal_open(&hal, folder, owner);
    if (err)
        return complain("fuses", o->device,
                        err == E_DENIED
                            ? "must be a plain file of mode 0600 owned by the serving user"
                            : err_text(err));
    identity_print(hal.key[HAL_SLOT_ATTESTATION].public_key);
    hal_close(&hal);
    return fflush(stdout) ? EXIT_SETUP : 0;
}

static int power_on(const struct options *o, int argc)
{
    static char name[] = "monitord";
    const int folder = device_open(o->device, core_owner(&o->sandbox));
    if (folder < 0)
        return folder_complain(o, folder);
    const int lock = device_lock(folder);
    if (lock < 0)
        return complain("device", o->device, lock == E_BUSY ? "is on already" : err_text(lock));
    const int path = open(o->device, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char **argv = calloc((size_t)argc + 2, sizeof *argv);
    if (path < 0 || !argv) {
        free(argv);
        return complain("device folder", o->device, err_text(E_IO));
    }
    argv[0] = name;
    for (size_t i = 0; o->rest[i]; i++)
        argv[i + 1] = o->rest[i];
    const struct power power = {.folder = folder, .folder_path = path, .sandbox = o->sandbox,
                                .monitor_argv = argv};
    const int code = power_run(&power);
    free(argv);
    return code;
}

int main(int argc, char **argv)
{
    struct options o;
    umask(022);
    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (keys_init()) {
        fprintf(stderr, "plutond: %s\n", err_text(E_CRYPTO));
        return EXIT_FAILED;
    }
    if (o.manufacture)
        return manufacture(&o);
    if (o.identity)
        return identity(&o);
    return power_on(&o, argc);
}
