/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/dump.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/guid.h"
#include "os/azcore/spool.h"
#include "os/dumps/dump_files.h"
#include "os/ipc/os_channel.h"

/* Which image of the component runs, as the application manager says; what it did not start is no application. */
static bool image_find(const uint8_t component[static 16], uint8_t image[static 16])
{
    char id[GUID_TEXT_BYTES], path[96];
    uint8_t text[GUID_TEXT_BYTES];
    guid_format(component, id);
    snprintf(path, sizeof path, "/mnt/config/run/%s/" OS_IMAGE_FILE, id);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    return n == GUID_TEXT_BYTES - 1 && guid_parse(span_of(text, GUID_TEXT_BYTES - 1), image) == 0;
}

int dump_keep(const struct crash *crash, struct span begin, uint64_t time_s, size_t *bytes)
{
    static struct core_cut cut;
    struct spool spool;
    struct spool_crash what = {.signal = crash->signal, .time_s = time_s};
    *bytes = 0;
    memcpy(what.component, crash->component, sizeof what.component);
    if (!image_find(what.component, what.image))
        return 0;
    int err = spool_open(&spool, DUMP_FILES_FOLDER);
    if (err)
        return err == E_DENIED ? 0 : err;
    err = core_cut_plan(begin, &cut);
    if (!err)
        err = spool_take(&spool, &what, &cut, begin, STDIN_FILENO, bytes);
    spool_close(&spool);
    return err;
}
