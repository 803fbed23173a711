/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows the installed set: which applications exist, and what is theirs. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/image.h"
#include "os/appman/manager.h"

int installed_load(struct manager *m)
{
    static const struct {
        const char *name;
        unsigned mode;
        bool gatewayd_reads;
    } folders[] = {{"", 0711}, {"run", 0711}, {"run/root", 0700}, {"log", 0700, true}, {"storage", 0700}};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int e = manager_path(m, path, "%s", folders[i].name);
        if (!e)
            e = manager_folder(path, folders[i].mode);
        /* Files made in it from now on have its group; where there are no uids, gatewayd is we. */
        if (!e && folders[i].gatewayd_reads && chown(path, (uid_t)-1, service_uid(SERVICE_GATEWAYD)) == 0 &&
            chmod(path, 02750) != 0)
            e = E_IO;
        if (e) {
            fprintf(stderr, "application-manager: \"%s\" cannot be used: %s\n", path, err_text(e));
            return e;
        }
    }
    uint8_t text[UID_MAP_BYTES_MAX + 1];
    m->uids.base = m->conf.uid_base;
    m->uids.count = 0;
    int e = manager_path(m, path, "uid-map");
    if (e)
        return e;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0; /* first start */
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    e = n < 0 || (size_t)n == sizeof text ? E_LIMIT
                                          : uid_map_parse(span_of(text, (size_t)n), m->conf.uid_base,
                                                          &m->uids);
    if (e) /* built anew from the installed set; storage changes hands at each start */
        fprintf(stderr, "application-manager: uid-map refused and built anew: %s\n", err_text(e));
    return 0;
}

int installed_save(struct manager *m)
{
    char path[PATH_MAX];
    uint8_t text[UID_MAP_BYTES_MAX];
    struct writer w = writer_of(text, sizeof text);
    int e = uid_map_write(&m->uids, &w);
    if (!e)
        e = manager_path(m, path, "uid-map");
    return e ? e : manager_write_file(path, writer_view(&w), 0600);
}

struct app *installed_find(struct manager *m, const uint8_t component[static 16])
{
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && guid_equal(m->app[i].component, component))
            return &m->app[i];
    return NULL;
}

/* True when nothing is left of the files of a component. */
static bool remove_files(const struct manager *m, const char *id)
{
    static const char *const files[] = {
        "storage/%s/file", "storage/%s", "log/%s.log", "log/%s.log.1", "run/%s/etc/hosts",
        "run/%s/etc/resolv.conf", "run/%s/etc/nsswitch.conf", "run/%s/etc",
        "run/%s/perisphere/device-auth.pem", "run/%s/perisphere", "run/%s",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_MAX], name[64];
        /* the table's names are literals of this file */
        const char *at = strstr(files[i], "%s");
        snprintf(name, sizeof name, "%.*s%s%s", (int)(at - files[i]), files[i], id, at + 2);
        if (manager_path(m, path, "%s", name) == 0)
            (void)remove(path);
    }
    char path[PATH_MAX];
    struct stat s;
    return manager_path(m, path, "storage/%s", id) == 0 && lstat(path, &s) != 0;
}

/*
 * Removes what belongs to no application any more.  A uid becomes free only when
 * the storage of its former owner is gone (TALOS-2020-1137).  Storage that no
 * line of the uid map names, after the map was built anew, goes as well.
 */
void installed_tidy(struct manager *m)
{
    char path[PATH_MAX];
    if (manager_path(m, path, "storage") == 0) {
        DIR *folder = opendir(path);
        for (struct dirent *d; folder && (d = readdir(folder));) {
            uint8_t component[16];
            if (guid_parse(span_of(d->d_name, strlen(d->d_name)), component) == 0 &&
                !installed_find(m, component))
                (void)remove_files(m, d->d_name);
        }
        if (folder)
            closedir(folder);
    }
    bool changed = false;
    for (size_t i = m->uids.count; i-- > 0;) {
        char id[GUID_TEXT_BYTES];
        if (installed_find(m, m->uids.at[i].component))
            continue;
        guid_format(m->uids.at[i].component, id);
        if (remove_files(m, id)) {
            uid_map_remove(&m->uids, m->uids.at[i].component);
            changed = true;
        }
    }
    if (changed && installed_save(m))
        fprintf(stderr, "application-manager: uid-map cannot be written\n");
}

static struct app *add(struct manager *m, const struct monitor_component *component)
{
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++) {
        struct app *app = &m->app[i];
        if (app->used)
            continue;
        memset(app, 0, sizeof *app);
        app->used = true;
        memcpy(app->component, component->component, 16);
        memcpy(app->image, component->image, 16);
        guid_format(app->component, app->id);
        app->back_off.base_ms = m->conf.restart_delay_ms;
        app->outcome = app->service_channel = app->service_events = app->core = app->log.from = app->log.file = -1;
        app->due_ms = INT64_MAX;
        return app;
    }
    return NULL;
}

int installed_follow(struct manager *m)
{
    static struct monitor_components set;
    int e = monitor_get_components(&m->monitor, &set);
    if (e == E_UNSUPPORTED) { /* a monitor without the update engine keeps no set: services alone run */
        fprintf(stderr, "application-manager: this monitor has no installed set: no application is started\n");
        set.count = 0;
        e = 0;
    }
    if (e) {
        fprintf(stderr, "application-manager: installed set: %s\n", err_text(e));
        return e;
    }
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        m->app[i].wanted = false;
    for (size_t i = 0; i < set.count; i++) {
        if (set.at[i].type != IMAGE_TYPE_APPLICATIONS)
            continue;
        struct app *app = installed_find(m, set.at[i].component);
        if (!app)
            app = add(m, &set.at[i]);
        if (!app)
            break; /* cannot happen: the monitor's limit is ours */
        app->wanted = true;
        if (!guid_equal(app->image, set.at[i].image)) {
            memcpy(app->image, set.at[i].image, 16);
            app->back_off.next_ms = 0; /* another image, another chance */
            app_handle(m, app, APP_EVENT_STOP);
        }
    }
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && !m->app[i].wanted) {
            if (m->app[i].state == APP_STOPPED) {
                m->app[i].used = false;
                local_tell(m, &m->app[i]);
            } else
                app_handle(m, &m->app[i], APP_EVENT_STOP);
        }
    installed_tidy(m);
    return 0;
}
