/* SPDX-License-Identifier: BSD-2-Clause */
/* monitor/medium.h as promised, over files. */
#include "monitor/host/medium_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static char folder[64];
static int device;

static void opening(void)
{
    struct medium_files a, b;
    CHECK_INT(medium_files_open(&a, device, MEDIUM_FILES_READ), E_NOT_FOUND);
    CHECK_INT(medium_files_open(&a, device, MEDIUM_FILES_WRITE), E_NOT_FOUND);
    CHECK_INT(medium_files_open(&a, device, MEDIUM_FILES_CREATE), 0);
    /* One writer; a reader does not care. */
    CHECK_INT(medium_files_open(&b, device, MEDIUM_FILES_WRITE), E_BUSY);
    CHECK_INT(medium_files_open(&b, device, MEDIUM_FILES_READ), 0);
    medium_files_release(&b);
    CHECK_INT(medium_state_write(&a.medium, 1, span_of("state", 5)), 0);
    CHECK_INT(medium_sync(&a.medium), 0);
    medium_files_release(&a);
    medium_files_release(&a); /* twice is harmless */
    CHECK_INT(medium_files_open(&a, device, MEDIUM_FILES_CREATE), E_EXISTS);
    CHECK_INT(medium_files_open(&a, device, MEDIUM_FILES_WRITE), 0);
    medium_files_release(&a);
}

static void states(void)
{
    struct medium_files m;
    uint8_t bytes[8];
    REQUIRE(medium_files_open(&m, device, MEDIUM_FILES_WRITE) == 0);
    CHECK_INT(medium_state_read(&m.medium, 1, bytes, 5), 0);
    CHECK_MEM(bytes, "state", 5);
    CHECK_INT(medium_state_read(&m.medium, 1, bytes, 6), E_CORRUPT); /* shorter */
    CHECK_INT(medium_state_read(&m.medium, 0, bytes, 1), E_CORRUPT); /* never written */
    CHECK_INT(medium_state_read(&m.medium, 2, bytes, 1), E_RANGE);
    CHECK_INT(medium_state_write(&m.medium, 2, span_of("x", 1)), E_RANGE);
    CHECK_INT(medium_state_write(&m.medium, 1, span_of("STATE", 5)), 0);
    CHECK_INT(medium_state_read(&m.medium, 1, bytes, 5), 0);
    CHECK_MEM(bytes, "STATE", 5);
    medium_files_release(&m);
}

#define SLOT(i) ((struct medium_area){i, 1})

static void slots(void)
{
    struct medium_files m;
    struct span view;
    REQUIRE(medium_files_open(&m, device, MEDIUM_FILES_WRITE) == 0);
    CHECK_INT(medium_view(&m.medium, SLOT(3), 1, &view), E_CORRUPT); /* empty: would fault */
    CHECK_INT(medium_erase(&m.medium, SLOT(3)), 0);
    CHECK_INT(medium_write(&m.medium, SLOT(3), 0, span_of("abc", 3)), 0);
    CHECK_INT(medium_write(&m.medium, SLOT(3), 3, span_of("def", 3)), 0);
    CHECK_INT(medium_view(&m.medium, SLOT(3), 6, &view), 0);
    CHECK(span_equal(view, span_of("abcdef", 6)));
    CHECK_INT(medium_view(&m.medium, SLOT(3), 7, &view), E_CORRUPT);
    CHECK_INT(view.len, 0);
    CHECK_INT(medium_erase(&m.medium, SLOT(3)), 0);
    CHECK_INT(medium_view(&m.medium, SLOT(3), 1, &view), E_CORRUPT);
    /* Outside the medium: nothing is done. */
    CHECK_INT(medium_erase(&m.medium, SLOT(MEDIUM_FILES_SLOTS)), E_RANGE);
    CHECK_INT(medium_write(&m.medium, SLOT(MEDIUM_FILES_SLOTS), 0, span_of("x", 1)), E_RANGE);
    CHECK_INT(medium_write(&m.medium, SLOT(0), MEDIUM_FILES_SLOT_BYTES, span_of("x", 1)), E_RANGE);
    CHECK_INT(medium_write(&m.medium, SLOT(0), UINT32_MAX, span_of("xx", 2)), E_RANGE);
    CHECK_INT(medium_view(&m.medium, SLOT(0), MEDIUM_FILES_SLOT_BYTES + 1, &view), E_RANGE);
    CHECK_INT(medium_sync(&m.medium), 0);
    medium_files_release(&m);
}

/* A link in place of a file leads nowhere. */
static void links_are_refused(void)
{
    struct medium_files m;
    char path[128];
    snprintf(path, sizeof path, "%s/flash/slot-05", folder);
    REQUIRE(unlink(path) == 0 && symlink("slot-04", path) == 0);
    CHECK_INT(medium_files_open(&m, device, MEDIUM_FILES_WRITE), E_IO);
    CHECK_INT(m.folder, -1);
}

/* What the system refuses to write is E_IO, not a short image. */
static void read_only_medium(void)
{
    struct medium_files m;
    char path[128];
    snprintf(path, sizeof path, "%s/flash/slot-05", folder);
    REQUIRE(unlink(path) == 0);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    REQUIRE(fd >= 0);
    close(fd);
    REQUIRE(medium_files_open(&m, device, MEDIUM_FILES_READ) == 0);
    CHECK_INT(medium_write(&m.medium, SLOT(5), 0, span_of("x", 1)), E_IO);
    CHECK_INT(medium_erase(&m.medium, SLOT(5)), E_IO);
    CHECK_INT(medium_state_write(&m.medium, 0, span_of("x", 1)), E_IO);
    medium_files_release(&m);
}

int main(void)
{
    char line[128];
    strcpy(folder, "/tmp/medium-files-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    device = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(device >= 0);
    opening();
    states();
    slots();
    links_are_refused();
    read_only_medium();
    close(device);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    CHECK_INT(system(line), 0);
    return check_done();
}
