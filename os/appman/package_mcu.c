/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The package where it lies in flash: mounted by its component id.  The kernel asks the monitor,
 * which verifies the whole package and sets its range apart; code runs in place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/appman/manager.h"

enum { PATH_BYTES = 64, MANIFEST_MAX = 16384 };

static void path_of(const struct app *app, char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/mnt/apps/%u", (unsigned)app->uid);
}

void package_drop(struct app *app)
{
    (void)app; /* stays mounted while the application is known: package_forget() */
}

void package_forget(struct app *app)
{
    char path[PATH_BYTES];
    path_of(app, path);
    if (app->uid && umount2(path, MNT_DETACH) == 0)
        (void)rmdir(path);
}

static int mount_error(int number)
{
    switch (number) {
    case ENOENT:
        return E_NOT_FOUND;
    case EKEYREJECTED:
        return E_SIGNATURE;
    case EUCLEAN:
        return E_MALFORMED;
    default:
        return E_IO;
    }
}

static int read_manifest(const char *folder, uint8_t text[static MANIFEST_MAX], size_t *len)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/app_manifest.json", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? 0 : read(fd, text, MANIFEST_MAX);
    if (fd >= 0)
        close(fd);
    *len = n > 0 ? (size_t)n : 0;
    return n == MANIFEST_MAX ? E_LIMIT : 0;
}

int package_open(struct manager *m, struct app *app)
{
    char path[PATH_BYTES], options[64], entry[PATH_MAX];
    static uint8_t text[MANIFEST_MAX];
    struct stat s;
    size_t len;
    (void)m;
    package_forget(app); /* another image may lie there now */
    path_of(app, path);
    snprintf(options, sizeof options, "uid=%u,gid=%u", (unsigned)app->uid, (unsigned)app->uid);
    if (mkdir(path, 0755) && errno != EEXIST)
        return E_IO;
    if (mount(app->id, path, "asxipfs", MS_RDONLY | MS_NOSUID | MS_NODEV, options))
        return mount_error(errno);
    int e = read_manifest(path, text, &len);
    if (e)
        return e;
    bool is_file = false;
    if (len && app_manifest_parse(span_of(text, len), &app->manifest) == 0) {
        snprintf(entry, sizeof entry, "%s%s", path, app_manifest_text(&app->manifest, app->manifest.entry_point));
        is_file = lstat(entry, &s) == 0 && S_ISREG(s.st_mode);
    }
    return package_manifest(app, span_of(text, len), is_file);
}
