/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application manager's configuration, and power: the map of uids above all.  A uid
 * that was given to a component owns its storage; were the map forgotten after the storage
 * was made, another component could get it.  `schedules` random losses: first argument.
 */
#include <fcntl.h>
#include <unistd.h>

#include "os/appman/manager.h"
#include "os/appman/uid_map.h"
#include "tests/check.h"
#include "tests/power_files.h"

enum { SCHEDULES = 1000, COMPONENTS = 30 };

static struct uid_map map;
static uint8_t text[UID_MAP_BYTES_MAX];

static void component_of(uint8_t *component, unsigned value, unsigned i)
{
    memset(component, (int)value, 16);
    component[1] = (uint8_t)i;
}

static int save(const char *folder, unsigned value)
{
    char path[256];
    uint8_t component[16];
    uint32_t uid;
    struct writer w = writer_of(text, sizeof text);
    memset(&map, 0, sizeof map);
    map.base = UID_MAP_BASE_MIN;
    for (unsigned i = 0; i < 1 + value % COMPONENTS; i++) {
        component_of(component, value, i);
        CHECK_INT(uid_map_assign(&map, component, &uid), 0);
    }
    CHECK_INT(uid_map_write(&map, &w), 0);
    snprintf(path, sizeof path, "%s/uid-map", folder);
    return manager_write_file(path, writer_view(&w), 0600);
}

static int load(const char *folder)
{
    char path[256];
    uint8_t component[16];
    snprintf(path, sizeof path, "%s/uid-map", folder);
    const int fd = open(path, O_RDONLY);
    if (fd < 0)
        return 0;
    const ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n <= 0 || uid_map_parse(span_of(text, (size_t)n), UID_MAP_BASE_MIN, &map) != 0)
        return -1;
    const unsigned value = map.at[0].component[0];
    for (unsigned i = 0; i < map.count; i++) {
        component_of(component, value, i);
        if (memcmp(component, map.at[i].component, sizeof component) != 0)
            return -1;
    }
    return map.count == 1 + value % COMPONENTS ? (int)value : -1;
}

int main(int argc, char **argv)
{
    static const struct power_files_store store = {"map of uids (application manager)", save, load};
    CHECK_INT(power_files_prove(&store, argc > 1 ? strtoul(argv[1], NULL, 10) : SCHEDULES), 0);
    return check_done();
}
