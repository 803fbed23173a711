/* SPDX-License-Identifier: BSD-2-Clause */
/* The package as the monitor hands it out: a sealed file, unpacked into the compartment. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/image.h"
#include "os/appman/manager.h"

void package_forget(struct app *app)
{
    package_drop(app);
}

void package_drop(struct app *app)
{
    if (app->package)
        munmap(app->package, app->package_bytes);
    app->package = NULL;
    app->package_bytes = 0;
    memset(&app->fs, 0, sizeof app->fs);
}

/* Package as the monitor verified it just now; the size is the descriptor's,
 * the seals make sure that it stays so. */
static int open_file(struct manager *m, struct app *app)
{
    int fd = -1;
    uint32_t file_bytes;
    uint8_t image[16];
    int e = monitor_open_application(&m->monitor, app->component, image, &file_bytes, &fd);
    if (e) {
        app_say(app, "the monitor does not hand out its image", err_text(e));
        return e;
    }
    struct stat s;
    int seals = fcntl(fd, F_GET_SEALS);
    if (fstat(fd, &s) || s.st_size <= 0 || (uint64_t)s.st_size != file_bytes || seals < 0 ||
        (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) != (F_SEAL_WRITE | F_SEAL_SHRINK)) {
        close(fd);
        return E_MALFORMED;
    }
    void *map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return E_NOMEM;
    app->package = map;
    app->package_bytes = (size_t)s.st_size;
    memcpy(app->image, image, sizeof app->image);
    return 0;
}

/* Everything about the package that must hold before a process exists. */
static int check(struct app *app)
{
    struct image image;
    static struct asxipfs_entry entry;
    int e = image_parse(span_of(app->package, app->package_bytes), &image);
    if (e)
        return e;
    if (!guid_equal(image.meta.component, app->component) ||
        !guid_equal(image.meta.id, app->image) || image.meta.type != IMAGE_TYPE_APPLICATIONS)
        return E_CONFLICT;
    e = asxipfs_open(image.body, &app->fs);
    if (e)
        return e;
    if (asxipfs_find(&app->fs, "/app_manifest.json", &entry) || entry.directory)
        return package_manifest(app, span_of(NULL, 0), false);
    struct span manifest = entry.data;
    int number = app_manifest_parse(manifest, &app->manifest);
    bool is_file = !number && asxipfs_find(&app->fs, app_manifest_text(&app->manifest, app->manifest.entry_point),
                                           &entry) == 0 && !entry.directory;
    return package_manifest(app, manifest, is_file);
}

int package_open(struct manager *m, struct app *app)
{
    int e = open_file(m, app);
    return e ? e : check(app);
}
