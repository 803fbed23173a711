/* SPDX-License-Identifier: BSD-2-Clause */
/* What gatewayd keeps, and power: its key and certificate, a capability.  `schedules`
 * random losses: first argument. */
#include <fcntl.h>
#include <unistd.h>

#include "os/gatewayd/store.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 1000, BYTES = 9100 };

static uint8_t bytes[BYTES];

static int save(const char *folder, unsigned value)
{
    memset(bytes, (int)value, sizeof bytes);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = store_write(fd, "capability", span_of(bytes, 100 * value));
    close(fd);
    return err;
}

static int load(const char *folder)
{
    size_t len;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = store_read(fd, "capability", bytes, sizeof bytes, &len);
    close(fd);
    if (err == E_NOT_FOUND)
        return 0;
    if (err || len % 100 || len == 0)
        return -1;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != len / 100)
            return -1;
    return (int)(len / 100);
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"configuration (gatewayd)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
