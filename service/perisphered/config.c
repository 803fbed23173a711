/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/config.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/manifest.h"

enum { FILE_MAX_BYTES = 65536 };

enum kind { TEXT, U16, U32 };

static const struct field {
    const char *key;
    enum kind kind;
    size_t offset, bytes;
    uint32_t least, most, value; /* value: the default */
    const char *text;
} fields[] = {
#define NUMBER(key, kind, least, most, value) \
    {#key, kind, offsetof(struct service_config, key), 0, least, most, value, NULL}
#define STRING(key, value)                                   \
    {#key, TEXT, offsetof(struct service_config, key),       \
     sizeof((struct service_config *)0)->key, 0, 0, 0, value}
    STRING(listen_address, "127.0.0.1"),
    NUMBER(listen_port, U16, 0, 65535, 8443),
    STRING(base_url, ""), /* empty: made from the port */
    STRING(crl_base_address, ""),   /* empty: certificates name no revocation list */
    STRING(image_base_address, ""), /* empty: devices download from the service */
    STRING(owner, "admin"),
    STRING(key, ""), /* empty: data.key beside the store's data */
    STRING(pkcs11_module, ""), /* empty: no token */
    STRING(pkcs11_pin, ""),
    STRING(pkcs11_paths, ""),
    STRING(pkcs11_connect, ""),
    STRING(database, ""), /* empty: SQLite in the data folder */
    NUMBER(check_interval_s, U32, 1, 604800, 72000),
    NUMBER(app_deferral_minutes, U32, 0, MANIFEST_SET_DEFERRAL_NONE - 1, DEFERRAL_APP_MINUTES),
    NUMBER(os_deferral_minutes, U32, 0, MANIFEST_SET_DEFERRAL_NONE - 1, DEFERRAL_OS_MINUTES),
    NUMBER(certificate_s, U32, 600, 86400, 86400),
    NUMBER(challenge_s, U32, 10, 3600, 300),
    NUMBER(crash_dump_days, U32, 1, 3650, 30),
    STRING(oidc_issuer, ""),
    STRING(oidc_audience, ""),
    NUMBER(oidc_skew_s, U32, 0, 600, 60),
    NUMBER(oidc_refresh_s, U32, 10, 86400, 3600),
    NUMBER(oidc_retry_s, U32, 1, 3600, 30),
    NUMBER(audit_seal_s, U32, 0, 86400, 300),
    NUMBER(audit_keep_days, U32, 30, 36500, 365),
    NUMBER(connections_max, U32, 16, 65536, 4096),
    NUMBER(header_timeout_s, U32, 1, 300, 10),
    NUMBER(request_timeout_s, U32, 1, 3600, 60),
    NUMBER(idle_timeout_s, U32, 1, 3600, 75),
    NUMBER(drain_s, U32, 0, 300, 10),
#undef NUMBER
#undef STRING
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static void number_store(struct service_config *config, const struct field *f, uint32_t v)
{
    char *to = (char *)config + f->offset;
    uint16_t narrow = (uint16_t)v;
    if (f->kind == U16)
        memcpy(to, &narrow, sizeof narrow);
    else
        memcpy(to, &v, sizeof v);
}

void config_default(struct service_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].kind == TEXT)
            snprintf((char *)config + fields[i].offset, fields[i].bytes, "%s", fields[i].text);
        else
            number_store(config, &fields[i], fields[i].value);
    }
}

static int field_store(struct service_config *config, const struct field *f, json_t *value,
                       char *why)
{
    if (f->kind == TEXT) {
        /* jansson refuses NUL in strings, so the length is the C length. */
        if (!json_is_string(value) || json_string_length(value) >= f->bytes) {
            snprintf(why, CONFIG_WHY_BYTES, "\"%s\" must be a string of at most %zu bytes", f->key,
                     f->bytes - 1);
            return E_RANGE;
        }
        memcpy((char *)config + f->offset, json_string_value(value),
               json_string_length(value) + 1);
        return 0;
    }
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < (json_int_t)f->least || n > (json_int_t)f->most) {
        snprintf(why, CONFIG_WHY_BYTES, "\"%s\" must be a whole number from %u to %u", f->key,
                 f->least, f->most);
        return E_RANGE;
    }
    number_store(config, f, (uint32_t)n);
    return 0;
}

static int key_store(struct service_config *config, const char *key, json_t *value, char *why)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].key, key) == 0)
            return field_store(config, &fields[i], value, why);
    snprintf(why, CONFIG_WHY_BYTES, "unknown key \"%.64s\"", key);
    return E_MALFORMED;
}

/* scheme: "https://", or what else is meant. */
static int url_check(const char *key, const char *url, const char *scheme, char *why)
{
    size_t len = strlen(url), head = strlen(scheme);
    if (len == 0)
        return 0;
    bool good = strncmp(url, scheme, head) == 0 && len > head && url[len - 1] != '/';
    for (size_t i = 0; i < len; i++)
        good &= url[i] > 0x20 && url[i] < 0x7f && url[i] != '"' && url[i] != '\\';
    if (!good)
        snprintf(why, CONFIG_WHY_BYTES, "\"%s\" must be %sHOST[:PORT] without a slash at the end", key, scheme);
    return good ? 0 : E_RANGE;
}

/* Where a secret is: file:/PATH or credential:NAME. */
static bool place_good(const char *place)
{
    return (strncmp(place, "file:/", 6) == 0 && place[6]) ||
           (strncmp(place, "credential:", 11) == 0 && place[11] && !strchr(place + 11, '/') && place[11] != '.');
}

static int key_check(const struct service_config *config, char *why)
{
    if (!config->key[0] || place_good(config->key))
        return 0;
    snprintf(why, CONFIG_WHY_BYTES, "\"key\" must be file:/PATH or credential:NAME, "
                                    "or empty for data.key beside the data");
    return E_RANGE;
}

static bool paths_good(const char *paths)
{
    while (*paths) {
        size_t len = strcspn(paths, ":");
        if (paths[0] != '/' || len < 2)
            return false;
        paths += len;
        if (*paths == ':' && *++paths == '\0')
            return false;
    }
    return true;
}

static int connect_read(const char *text, bool *sockets, uint16_t *port)
{
    unsigned number = 0;
    char end;
    *sockets = text[0] != '\0';
    *port = 0;
    if (!text[0] || strcmp(text, "unix") == 0)
        return 0;
    if (strncmp(text, "tcp:", 4) != 0 || text[4] < '1' || text[4] > '9' || sscanf(text + 4, "%5u%c", &number, &end) != 1 ||
        number > 65535)
        return E_RANGE;
    *port = (uint16_t)number;
    return 0;
}

static int pkcs11_check(struct service_config *config, char *why)
{
    const char *wrong = NULL;
    if (!config->pkcs11_module[0] && (config->pkcs11_pin[0] || config->pkcs11_paths[0] || config->pkcs11_connect[0]))
        wrong = "\"pkcs11_pin\", \"pkcs11_paths\" and \"pkcs11_connect\" are for a \"pkcs11_module\", which is missing";
    else if (config->pkcs11_module[0] && config->pkcs11_module[0] != '/')
        wrong = "\"pkcs11_module\" must be /PATH of a PKCS#11 module, or empty";
    else if (config->pkcs11_module[0] && !place_good(config->pkcs11_pin))
        wrong = "\"pkcs11_pin\" must be file:/PATH or credential:NAME, where the PIN is";
    else if (!paths_good(config->pkcs11_paths))
        wrong = "\"pkcs11_paths\" must be /PATH:/PATH... of what the module reads and writes";
    else if (connect_read(config->pkcs11_connect, &config->pkcs11_sockets, &config->pkcs11_port) != 0)
        wrong = "\"pkcs11_connect\" must be unix or tcp:PORT, or empty";
    if (wrong)
        snprintf(why, CONFIG_WHY_BYTES, "%s", wrong);
    return wrong ? E_RANGE : 0;
}

int config_pkcs11_set(struct service_config *config, const char *module, const char *pin, const char *paths,
                      const char *connect, char why[static CONFIG_WHY_BYTES])
{
    const struct {
        const char *text;
        char *to;
        size_t cap;
    } rows[] = {
        {module, config->pkcs11_module, sizeof config->pkcs11_module},
        {pin, config->pkcs11_pin, sizeof config->pkcs11_pin},
        {paths, config->pkcs11_paths, sizeof config->pkcs11_paths},
        {connect, config->pkcs11_connect, sizeof config->pkcs11_connect},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].text && snprintf(rows[i].to, rows[i].cap, "%s", rows[i].text) >= (int)rows[i].cap) {
            snprintf(why, CONFIG_WHY_BYTES, "longer than %zu bytes: %.64s", rows[i].cap - 1, rows[i].text);
            return E_RANGE;
        }
    return pkcs11_check(config, why);
}

static int database_check(const struct service_config *config, char *why)
{
    const char *url = config->database;
    if (!*url || strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0)
        return 0;
    snprintf(why, CONFIG_WHY_BYTES, "\"database\" must be postgresql://[USER[:PASSWORD]@]HOST[:PORT]/NAME, "
                                    "or empty for SQLite in the data folder");
    return E_RANGE;
}

int config_parse(struct span text, struct service_config *config, char why[static CONFIG_WHY_BYTES])
{
    json_error_t error;
    const char *key;
    json_t *value;
    int err = 0;
    struct service_config parsed;

    why[0] = '\0';
    config_default(config);
    config_default(&parsed);
    json_t *root = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        snprintf(why, CONFIG_WHY_BYTES, "line %d: %.160s", error.line, error.text);
        return E_MALFORMED;
    }
    if (!json_is_object(root)) {
        snprintf(why, CONFIG_WHY_BYTES, "must be one object");
        err = E_MALFORMED;
    }
    json_object_foreach(root, key, value) {
        if (!err)
            err = key_store(&parsed, key, value, why);
    }
    if (!err)
        err = url_check("base_url", parsed.base_url, "https://", why);
    if (!err)
        err = url_check("image_base_address", parsed.image_base_address, "https://", why);
    if (!err) /* who checks a certificate must not have to check another one for it: RFC 5280 section 8 */
        err = url_check("crl_base_address", parsed.crl_base_address, "http://", why);
    if (!err)
        err = database_check(&parsed, why);
    if (!err)
        err = key_check(&parsed, why);
    if (!err)
        err = pkcs11_check(&parsed, why);
    if (!err)
        *config = parsed;
    json_decref(root);
    return err;
}

int config_load(const char *path, struct service_config *config, char why[static CONFIG_WHY_BYTES])
{
    static uint8_t text[FILE_MAX_BYTES + 1];
    size_t len = 0;
    ssize_t n = 1;

    why[0] = '\0';
    config_default(config);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        snprintf(why, CONFIG_WHY_BYTES, "%s", strerror(errno));
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    }
    while (len < sizeof text && (n = read(fd, text + len, sizeof text - len)) > 0)
        len += (size_t)n;
    close(fd);
    if (n < 0) {
        snprintf(why, CONFIG_WHY_BYTES, "%s", strerror(errno));
        return E_IO;
    }
    if (len > FILE_MAX_BYTES) {
        snprintf(why, CONFIG_WHY_BYTES, "longer than %d bytes", FILE_MAX_BYTES);
        return E_RANGE;
    }
    return config_parse(span_of(text, len), config, why);
}

static int file_settle(const char *part, const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    int file = open(part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = file >= 0 && above >= 0 && fsync(file) == 0 && rename(part, path) == 0 && fsync(above) == 0;
    if (file >= 0)
        close(file);
    if (above >= 0)
        close(above);
    return good ? 0 : E_IO;
}

int config_database_set(const char *path, const char *database, char why[static CONFIG_WHY_BYTES])
{
    char part[4096];
    json_error_t error;
    json_t *settings = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    mode_t mask = umask(077);
    int err = settings ? 0 : E_MALFORMED;
    if (err)
        snprintf(why, CONFIG_WHY_BYTES, "line %d: %.160s", error.line, error.text);
    if (!err && (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part ||
                 json_object_set_new(settings, "database", json_string(database)) != 0 ||
                 json_dump_file(settings, part, JSON_INDENT(2)) != 0 || file_settle(part, path) != 0)) {
        snprintf(why, CONFIG_WHY_BYTES, "cannot be written: %s", strerror(errno));
        err = E_IO;
    }
    umask(mask);
    json_decref(settings);
    return err;
}
