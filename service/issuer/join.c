/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data folder of a further service on a database that another one uses already: the
 * same CAs, keys and settings, a server's key and certificate of its own.
 * Source: docs/spec/certificates.md, "Several services".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/ipc/former_name.h"
#include "service/ipc/service_init.h"
#include "service/issuer/folder_part.h"
#include "service/issuer/key_file.h"
#include "service/issuer/renew.h"
#include "service/issuer/root_ceremony.h"
#include "service/issuer/server_names.h"
#include "service/issuer/state.h"

enum { FILE_MAX = 65536, COMMON_NAME_MAX = 64 };

/* What all services on one database must have in common; the rest is each one's own. */
static const struct shared_row {
    const char *folder, *name;
    mode_t mode;
    bool may_lack; /* the service that is copied never started, keeps it elsewhere, or has no use for it */
} shared[] = {
    {"issuer", "root.key", 0600, true},         {"issuer", "root.pem", 0644, false},
    {"issuer", "issuing.key", 0600, true},      {"issuer", "issuing.pem", 0644, true},
    {"issuer", ROOT_NEXT, 0644, true},          {".", ROOT_NEXT, 0644, true},
    {"issuer", "operator.key", 0600, false},    {"issuer", "operator.pem", 0644, false},
    {"issuer", "os.key", 0600, false},          {"issuer", "os.pem", 0644, false},
    {"issuer", "update-only.key", 0600, false}, {"issuer", "update-only.pem", 0644, false},
    {"issuer", "server.key", 0600, false},      {"issuer", "server.pem", 0644, false},
    {"issuer", "update.key", 0600, false},      {"issuer", "capability.key", 0600, false},
    {"issuer", "wrap.key", 0600, false},        {"front/anchors", "root.pem", 0644, false},
    {"front/anchors", "operator.pem", 0644, false}, {"front/anchors", "os.pem", 0644, false},
    {"front/anchors", "update-only.pem", 0644, false},
    {"daa", "challenge.key", 0600, false}, /* a device may bring here what it was asked there */
    {"store", "data.key", 0600, true},
    {".", "root.pem", 0644, false},             {".", "update-key.pub", 0644, false},
    {".", "capability-key.pub", 0644, false},   {".", "service.json", 0600, false},
    {"operator", "profile.json", 0600, false},  {"operator", "ca.pem", 0644, false},
};

static int fail(const char *subject, int err)
{
    fprintf(stderr, "perisphered: cannot join with \"%s\": %s\n", subject, err_text(err));
    return err;
}

/* In a folder of a process of the service, which may have been taken over, a link leads nowhere: E_DENIED. */
static int plain_open(const char *path, bool of_process, FILE **f)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (of_process ? O_NOFOLLOW : 0));
    *f = NULL;
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : errno == ELOOP ? E_DENIED : E_IO;
    int err = fstat(fd, &st) != 0 ? E_IO : S_ISREG(st.st_mode) ? 0 : E_DENIED;
    if (!err && (*f = fdopen(fd, "r")) == NULL)
        err = E_NOMEM;
    if (err)
        close(fd);
    return err;
}

static int file_copy(const char *from, const char *to, const struct shared_row *row)
{
    char path[PATH_MAX], folder[PATH_MAX];
    static uint8_t bytes[FILE_MAX];
    if (snprintf(path, sizeof path, "%s/%s/%s", from, row->folder, row->name) >= (int)sizeof path ||
        snprintf(folder, sizeof folder, "%s/%s", to, row->folder) >= (int)sizeof folder)
        return E_RANGE;
    FILE *f;
    int err = plain_open(path, strcmp(row->folder, ".") != 0, &f);
    if (err)
        return err == E_NOT_FOUND && row->may_lack ? 0 : fail(path, err);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    err = ferror(f) ? E_IO : len == sizeof bytes ? E_LIMIT : 0;
    fclose(f);
    if (!err)
        err = key_file_write(folder, row->name, span_of(bytes, len), row->mode);
    ct_wipe(bytes, sizeof bytes);
    return err ? fail(path, err) : 0;
}

static int first_start_missing(const char *from, const char *data_key)
{
    fprintf(stderr, "perisphered: \"%s\" is missing: start that service once (peri service run --data %s), which makes "
                    "it; where it did run, put the key back\n", data_key, from);
    return E_NOT_FOUND;
}

/* On SQLite a second service would find another database; and without the key of the data it would
 * start only until somebody has written to them. */
static int settings_check(const char *from)
{
    char path[PATH_MAX], data_key[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/service.json", from) >= (int)sizeof path ||
        snprintf(data_key, sizeof data_key, "%s/store/data.key", from) >= (int)sizeof data_key)
        return E_RANGE;
    json_t *settings = json_load_file(path, 0, NULL);
    const char *database = json_string_value(json_object_get(settings, "database"));
    const char *key = json_string_value(json_object_get(settings, "key"));
    bool shared_one = database && *database, there = settings != NULL, elsewhere = key && *key;
    json_decref(settings);
    if (!there)
        return fail(path, E_NOT_FOUND);
    if (shared_one && (elsewhere || access(data_key, F_OK) == 0))
        return 0;
    if (shared_one)
        return first_start_missing(from, data_key); /* its store has not come so far yet */
    fprintf(stderr, "perisphered: \"%s\" is on SQLite, which one service alone can use:  peri service move-database --data %s "
                    "--to postgresql://…  first\n", from, from);
    return E_STATE;
}

static int server_make(const char *top, struct token *token, const char *const *dns, size_t dns_count)
{
    uint8_t names[SERVER_NAMES_MAX_BYTES];
    char key[PATH_MAX], certificate[PATH_MAX], folder[PATH_MAX], *text = NULL;
    struct authority ca = {0}, server = {0};
    const char *name = dns_count && strlen(dns[0]) <= COMMON_NAME_MAX ? dns[0] : "localhost";
    if (snprintf(key, sizeof key, "%s/issuer/server.key", top) >= (int)sizeof key ||
        snprintf(certificate, sizeof certificate, "%s/issuer/server.pem", top) >= (int)sizeof certificate ||
        snprintf(folder, sizeof folder, "%s/front", top) >= (int)sizeof folder)
        return E_RANGE;
    int err = authority_load(&ca, token, key, certificate);
    if (!err)
        err = authority_generate(&server, false);
    if (!err)
        err = authority_text(&server, true, false, span_of(NULL, 0), &text);
    if (!err)
        err = key_file_write(folder, "key.pem", span_of(text, strlen(text)), 0600);
    if (!err)
        err = server_certificate_write(top, &ca, &server, name, server_names_write(dns, dns_count, names, sizeof names));
    authority_text_free(text);
    authority_release(&ca);
    authority_release(&server);
    return err ? fail(key, err) : 0;
}

/* Former update keys: devices with an older keystore come here too (update_keys.c).  Wrap keys before and after the one that
 * seals: the database may have what they sealed (wrap_ring.h).  The capability key and the issuing CA's that are prepared.  Keys of former CAs: any service may be asked for their lists. */
static bool is_other_key(const char *name)
{
    bool is_key;
    return update_key_before(name) || wrap_ring_file(name) || strcmp(name, "capability-next.key") == 0 || strcmp(name, ISSUING_NEXT) == 0 ||
           (former_ca_file(name, &is_key) && is_key);
}

/* Former CAs: whom they signed comes here too (service/front/tls.c). */
static bool is_former_ca(const char *name)
{
    bool is_key;
    return former_name_until(name, "root", ".pem") > 0 || (former_ca_file(name, &is_key) && !is_key);
}

static int others_copy(const char *from, const char *to, const char *part, bool (*is_one)(const char *name), mode_t mode)
{
    char folder[PATH_MAX];
    int err = 0;
    if (snprintf(folder, sizeof folder, "%s/%s", from, part) >= (int)sizeof folder)
        return E_RANGE;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail(folder, E_NOT_FOUND);
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        const struct shared_row row = {part, e->d_name, mode, false};
        if (is_one(e->d_name))
            err = file_copy(from, to, &row);
    }
    closedir(dir);
    return err;
}

static int folder_fill(const char *from, const char *top, struct token *token, const char *const *dns, size_t dns_count)
{
    static const char *const folders[] = {"issuer", "front", "front/anchors", "daa", "store", "operator"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (snprintf(path, sizeof path, "%s/%s", top, folders[i]) >= (int)sizeof path || mkdir(path, 0700) != 0)
            return E_IO;
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        int err = file_copy(from, top, &shared[i]);
        if (err)
            return err;
    }
    int err = others_copy(from, top, "issuer", is_other_key, 0600);
    if (!err)
        err = others_copy(from, top, "issuer", is_former_ca, 0644);
    if (!err)
        err = others_copy(from, top, "front/anchors", is_former_ca, 0644);
    return err ? err : server_make(top, token, dns, dns_count);
}

int service_join(const char *from, const char *data, struct token *token, const char *const *dns, size_t dns_count)
{
    char part[PATH_MAX];
    if (dns_count > SERVICE_INIT_NAMES_MAX)
        return E_RANGE;
    for (size_t i = 0; i < dns_count; i++)
        if (!server_name_good(dns[i]))
            return fail(dns[i], E_RANGE);
    int err = settings_check(from);
    if (err)
        return err;
    err = folder_part_open(data, part);
    if (err)
        return folder_part_fail("cannot make the data folder", data, err);
    err = folder_part_close(part, data, folder_fill(from, part, token, dns, dns_count));
    return err;
}
