/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/azured.md: stored reports and power.  `schedules` random losses: first argument. */
#include <fcntl.h>
#include <unistd.h>

#include "os/azured/reports.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 1000 };

static struct reports reports;

static int save(const char *folder, unsigned value)
{
    memset(&reports, 0, sizeof reports);
    reports.dropped = value;
    for (uint32_t i = 0; i < value % 40; i++) {
        struct os_event event = {.category = EVENT_APP_CRASH, .exit_code = i};
        memset(event.component, (int)value, sizeof event.component);
        CHECK(reports_add(&reports, &event));
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = reports_save(fd, &reports);
    close(fd);
    return err;
}

static int load(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    const int err = reports_load(fd, &reports);
    close(fd);
    if (err == E_NOT_FOUND)
        return 0;
    const unsigned value = (unsigned)reports.dropped;
    if (err || reports.waiting != value % 40)
        return -1;
    for (size_t i = 0; i < reports.waiting; i++)
        if (reports.at[i].event.component[0] != value || reports.at[i].event.exit_code != i)
            return -1;
    return (int)value;
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"error reports (azured)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
