/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/config/device_conf.h"

#include <stddef.h>
#include <string.h>

#include "lib/json_read.h"

/* Of trial_ms the longest: longer than a router takes to come back, and three starts of it are an hour. */
enum { TRIAL_MAX_MS = 20 * 60 * 1000 };

static const struct device_conf defaults = {
    .restart_delay_ms = 1000, .uid_base = 61200, .update_notice_ms = 10000, .trial_ms = TRIAL_MAX_MS};

const char *part_name(enum part part)
{
    static const char *const names[PARTS] = {
#define PART_NAME(name, text) text,
        PART_TABLE(PART_NAME)
#undef PART_NAME
    };
    return names[part];
}

/* Terminated text without U+0000, 1..DEVICE_CONF_TEXT_MAX bytes. */
static int read_text(struct json_reader *r, char *to)
{
    struct writer w = writer_of(to, DEVICE_CONF_TEXT_MAX);
    json_get_string(r, &w);
    if (w.err)
        return E_LIMIT;
    to[w.len] = '\0';
    return w.len == 0 || memchr(to, 0, w.len) ? E_MALFORMED : 0;
}

static int read_parts(struct json_reader *r, unsigned *parts)
{
    json_enter(r, JSON_ARRAY);
    while (json_next(r)) {
        char name[DEVICE_CONF_TEXT_MAX + 1];
        int e = read_text(r, name);
        if (e)
            return r->c.err ? r->c.err : e;
        unsigned bit = 0;
        for (unsigned i = 0; i < PARTS; i++)
            if (strcmp(name, part_name((enum part)i)) == 0)
                bit = 1u << i;
        if (!bit || bit == 1u << PART_NAMESPACES)
            return E_UNSUPPORTED;
        if (*parts & bit)
            return E_DUPLICATE;
        *parts |= bit;
    }
    return 0;
}

/* What may stand in the file. */
static const struct key {
    const char *name;
    enum { TEXT, NUMBER, NAMES } form;
    size_t offset;
    uint32_t min, max;
    bool or_zero;
} keys[] = {
    {"service_url", TEXT, offsetof(struct device_conf, service_url), 0, 0, false},
    {"trust_anchor", TEXT, offsetof(struct device_conf, trust_anchor), 0, 0, false},
    {"service_interface", TEXT, offsetof(struct device_conf, service_interface), 0, 0, false},
    {"restart_delay_ms", NUMBER, offsetof(struct device_conf, restart_delay_ms), 1, 60000, false},
    {"app_memory_kib", NUMBER, offsetof(struct device_conf, app_memory_kib), 256, 4194304, true},
    {"uid_base", NUMBER, offsetof(struct device_conf, uid_base), DEVICE_CONF_UID_MIN, DEVICE_CONF_UID_MAX,
     false},
    {"update_notice_ms", NUMBER, offsetof(struct device_conf, update_notice_ms), 100, 600000, false},
    {"trial_ms", NUMBER, offsetof(struct device_conf, trial_ms), 1000, TRIAL_MAX_MS, false},
    {"allow_missing", NAMES, offsetof(struct device_conf, allow_missing), 0, 0, false},
};
enum { KEYS = sizeof keys / sizeof *keys };

static int read_value(struct json_reader *r, const struct key *key, struct device_conf *conf)
{
    uint8_t *field = (uint8_t *)conf + key->offset;
    switch (key->form) {
    case TEXT:
        return read_text(r, (char *)field);
    case NAMES:
        return read_parts(r, &conf->allow_missing);
    case NUMBER: {
        uint32_t v = (uint32_t)json_get_uint(r, key->max);
        if (!r->c.err && v < key->min && !(key->or_zero && v == 0))
            return E_LIMIT;
        memcpy(field, &v, sizeof v);
        return 0;
    }
    }
    return E_INTERNAL;
}

int device_conf_parse(struct span text, struct device_conf *conf)
{
    struct json_reader r = json_reader_of(text);
    unsigned seen = 0;
    int e = 0;
    *conf = defaults;
    json_enter(&r, JSON_OBJECT);
    while (!e && json_next(&r)) {
        char name[32];
        struct writer w = writer_of(name, sizeof name - 1);
        json_get_key(&r, &w);
        name[w.len] = '\0';
        size_t i = 0;
        while (i < KEYS && (w.err || strlen(keys[i].name) != w.len ||
                            memcmp(keys[i].name, name, w.len) != 0))
            i++;
        if (i == KEYS)
            e = E_UNSUPPORTED;
        else if (seen & 1u << i)
            e = E_DUPLICATE;
        else
            e = read_value(&r, &keys[i], conf);
        seen |= 1u << (i % 32);
    }
    if (r.c.err)
        e = r.c.err; /* what went wrong first: a value after it is empty */
    if (!e)
        e = json_end(&r);
    if (e)
        *conf = defaults;
    return e;
}

uint16_t device_conf_service_port(const struct device_conf *conf)
{
    static const char scheme[] = "https://";
    const char *host = conf->service_url;
    if (strncmp(host, scheme, sizeof scheme - 1) != 0)
        return 0;
    host += sizeof scheme - 1;
    const char *bracket = *host == '[' ? strchr(host, ']') : NULL; /* an IPv6 address has colons */
    const char *colon = strchr(bracket ? bracket : host, ':');
    if (!colon)
        return 443;
    uint32_t port = 0;
    for (const char *c = colon + 1; *c >= '0' && *c <= '9' && port <= UINT16_MAX; c++)
        port = port * 10 + (uint32_t)(*c - '0');
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}
