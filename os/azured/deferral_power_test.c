/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/update.md: a stored deferral and power.  `schedules` random losses: first argument. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/azured/deferral.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 500 };

static int save(const char *folder, unsigned value)
{
    struct deferral_record record = {.app_known_s = value, .until_s = value + 60};
    memset(record.by, (int)value, sizeof record.by);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = deferral_record_save(fd, &record);
    close(fd);
    return err;
}

static int load(const char *folder)
{
    struct deferral_record record;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = deferral_record_load(fd, &record);
    close(fd);
    if (err == E_NOT_FOUND)
        return 0;
    return err || record.until_s != record.app_known_s + 60 ? -1 : (int)record.app_known_s;
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"deferral (azured)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
