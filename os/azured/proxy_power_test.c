/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/proxy.md: the stored network proxy and power.  `schedules` random losses: first argument. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/azured/proxy_settings.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 500 };

static struct proxy_settings settings;

static int save(const char *folder, unsigned value)
{
    struct network_proxy proxy = {.enabled = true, .has_password = true, .authentication = NETWORK_PROXY_BASIC,
                                  .port = (uint16_t)value, .address = "proxy", .username = "user"};
    memset(proxy.password, 'a' + (int)(value % 26), NETWORK_PROXY_CREDENTIAL_MAX);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    settings = (struct proxy_settings){.lock = PTHREAD_MUTEX_INITIALIZER, .folder = fd};
    const int err = proxy_settings_set(&settings, &proxy);
    close(fd);
    return err;
}

static int load(const char *folder)
{
    struct network_proxy proxy;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    proxy_settings_init(&settings, fd);
    close(fd);
    if (!proxy_settings_get(&settings, &proxy, NULL))
        return faccessat(AT_FDCWD, folder, F_OK, 0) ? -1 : 0;
    return proxy.password[0] == 'a' + proxy.port % 26 && strlen(proxy.password) == NETWORK_PROXY_CREDENTIAL_MAX ? proxy.port : -1;
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"network proxy (azured)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
