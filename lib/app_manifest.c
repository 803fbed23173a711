/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/app_manifest.h"

#include <string.h>

#include "lib/app_capabilities.h"
#include "lib/guid.h"
#include "lib/text.h"

enum {
    KEYS_MAX = 64,         /* top-level keys, known or not */
    KEYS_BYTES_MAX = 1024, /* their decoded text, to tell them apart */
    WORD_BYTES = 64,
};

/* -- values ---------------------------------------------------------------- */

int app_reader_text(struct app_reader *a, int bad, uint16_t *at, struct span *view)
{
    size_t start = a->text.len;
    *at = 0;
    *view = span_of(NULL, 0);
    if (json_peek(&a->r) != JSON_STRING)
        return bad;
    json_get_string(&a->r, &a->text);
    size_t end = a->text.len;
    writer_u8(&a->text, 0);
    if (a->text.err)
        return APP_MANIFEST_TOO_LARGE;
    for (size_t i = start; i < end; i++)
        if (a->text.at[i] == 0)
            return bad;
    *at = (uint16_t)start;
    *view = span_of(a->text.at + start, end - start);
    return 0;
}

int app_reader_word(struct app_reader *a, char *room, size_t cap, struct span *view)
{
    struct writer w = writer_of(room, cap);
    *view = span_of(NULL, 0);
    if (json_peek(&a->r) != JSON_STRING)
        return E_MALFORMED;
    json_get_string(&a->r, &w);
    if (w.err)
        return E_LIMIT;
    *view = writer_view(&w);
    return 0;
}

int app_reader_guid(struct app_reader *a, uint8_t guid[static 16])
{
    char room[GUID_TEXT_BYTES];
    struct span text;
    int err = app_reader_word(a, room, sizeof room, &text);
    if (!err)
        err = guid_parse(text, guid);
    if (!err && guid_is_zero(guid))
        err = E_MALFORMED;
    return err;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < 0x20 || s.at[i] == 0x7f)
            return true;
    return false;
}

/* -- top-level keys -------------------------------------------------------- */

static int schema_version_read(struct app_reader *a)
{
    if (json_peek(&a->r) != JSON_NUMBER || json_get_uint(&a->r, 1) != 1)
        return APP_MANIFEST_BAD_SCHEMA_VERSION;
    return 0;
}

static int policy_read(struct app_reader *a)
{
    (void)a; /* whatever it says, it is the OS's and not a developer's to say */
    return APP_MANIFEST_POLICY_PRESENT;
}

static int application_type_read(struct app_reader *a)
{
    static const struct {
        const char *name;
        enum app_type type;
    } types[] = {
        {"Default", APP_TYPE_DEFAULT},
        {"Linux", APP_TYPE_DEFAULT}, /* before "Default" had its name */
        {"RealTimeCapable", APP_TYPE_REAL_TIME_CAPABLE},
        {"Debugger", APP_TYPE_DEBUGGER},
    };
    char room[WORD_BYTES];
    struct span word;
    if (app_reader_word(a, room, sizeof room, &word) != 0)
        return APP_MANIFEST_BAD_APPLICATION_TYPE;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (text_equal(word, types[i].name)) {
            a->m->type = types[i].type;
            return 0;
        }
    return APP_MANIFEST_BAD_APPLICATION_TYPE;
}

static int component_id_read(struct app_reader *a)
{
    return app_reader_guid(a, a->m->component) == 0 ? 0 : APP_MANIFEST_BAD_COMPONENT_ID;
}

/* It is printed in logs and tables, so it stays on one line. */
static int name_read(struct app_reader *a)
{
    struct span name;
    int err = app_reader_text(a, APP_MANIFEST_BAD_NAME, &a->m->name, &name);
    if (!err && (name.len == 0 || has_control(name)))
        err = APP_MANIFEST_BAD_NAME;
    return err;
}

/* "/a/b": every part named, none of them "." or "..". */
static bool path_valid(struct span path)
{
    size_t start = 1; /* of the part at hand */
    if (path.len < 2 || path.at[0] != '/' || has_control(path))
        return false;
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.at[i] != '/')
            continue;
        struct span part = {path.at + start, i - start};
        if (part.len == 0 || text_equal(part, ".") || text_equal(part, ".."))
            return false;
        start = i + 1;
    }
    return true;
}

static int entry_point_read(struct app_reader *a)
{
    struct span path;
    int err = app_reader_text(a, APP_MANIFEST_BAD_ENTRY_POINT, &a->m->entry_point, &path);
    if (!err && !path_valid(path))
        err = APP_MANIFEST_BAD_ENTRY_POINT;
    return err;
}

static int cmd_args_read(struct app_reader *a)
{
    struct app_manifest *m = a->m;
    struct span arg;
    if (json_peek(&a->r) != JSON_ARRAY)
        return APP_MANIFEST_BAD_CMD_ARGS;
    json_enter(&a->r, JSON_ARRAY);
    while (json_next(&a->r)) {
        if (m->arg_count == APP_MANIFEST_ARGS_MAX)
            return APP_MANIFEST_TOO_LARGE;
        int err = app_reader_text(a, APP_MANIFEST_BAD_CMD_ARGS, &m->arg[m->arg_count++], &arg);
        if (err)
            return err;
    }
    return 0;
}

static int runtime_version_read(struct app_reader *a)
{
    if (json_peek(&a->r) != JSON_NUMBER)
        return APP_MANIFEST_BAD_RUNTIME_VERSION;
    a->m->runtime_version = (uint32_t)json_get_uint(&a->r, UINT32_MAX);
    return a->r.c.err ? APP_MANIFEST_BAD_RUNTIME_VERSION : 0;
}

/* In the order in which they are judged, so that the reported error does not
 * depend on the order of the keys, and the type is known before capabilities. */
static const struct member {
    const char *key;
    int (*read)(struct app_reader *a);
    int missing; /* 0: optional */
} members[] = {
    {"SchemaVersion", schema_version_read, APP_MANIFEST_NO_SCHEMA_VERSION},
    {"Policy", policy_read, 0},
    {"ApplicationType", application_type_read, 0},
    {"ComponentId", component_id_read, APP_MANIFEST_BAD_COMPONENT_ID},
    {"Name", name_read, APP_MANIFEST_BAD_NAME},
    {"EntryPoint", entry_point_read, APP_MANIFEST_NO_ENTRY_POINT},
    {"CmdArgs", cmd_args_read, 0}, /* some published manifests omit it */
    {"TargetApplicationRuntimeVersion", runtime_version_read, 0},
    {"Capabilities", app_capabilities_read, APP_MANIFEST_NO_CAPABILITIES},
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

/* -- the document ---------------------------------------------------------- */

/* Where the value of each member begins. */
struct index {
    struct json_reader at[MEMBER_COUNT];
    bool found[MEMBER_COUNT];
    struct span key[KEYS_MAX]; /* views into keys */
    size_t key_count;
    uint8_t keys[KEYS_BYTES_MAX];
};

static int index_add(struct index *index, const struct json_reader *value, struct span key)
{
    for (size_t i = 0; i < index->key_count; i++)
        if (span_equal(key, index->key[i]))
            return APP_MANIFEST_NOT_JSON; /* which of the two would count? */
    if (index->key_count == KEYS_MAX)
        return APP_MANIFEST_TOO_LARGE;
    index->key[index->key_count++] = key;
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (text_equal(key, members[i].key)) {
            index->at[i] = *value;
            index->found[i] = true;
        }
    return 0;
}

/* Checks the syntax of the whole text on the way. */
static int index_make(struct index *index, struct span json)
{
    struct json_reader r = json_reader_of(json);
    struct writer keys = writer_of(index->keys, sizeof index->keys);
    int err = 0;
    json_enter(&r, JSON_OBJECT);
    while (json_next(&r)) {
        size_t start = keys.len;
        json_get_key(&r, &keys);
        struct json_reader value = r;
        json_skip(&r);
        if (!err && keys.err)
            err = APP_MANIFEST_TOO_LARGE;
        if (!err)
            err = index_add(index, &value, span_of(index->keys + start, keys.len - start));
    }
    switch (json_end(&r)) {
    case 0: return err;
    case E_LIMIT: return APP_MANIFEST_TOO_LARGE;
    default: return APP_MANIFEST_NOT_JSON;
    }
}

static struct span mark_skip(struct span json)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    if (json.len >= sizeof mark && memcmp(json.at, mark, sizeof mark) == 0)
        return span_of(json.at + sizeof mark, json.len - sizeof mark);
    return json;
}

static int manifest_read(struct span json, struct app_manifest *m)
{
    struct index index = {.key_count = 0};
    struct app_reader a = {.m = m, .text = writer_of(m->text, sizeof m->text)};
    if (json.len > APP_MANIFEST_BYTES_MAX)
        return APP_MANIFEST_TOO_LARGE;
    int err = index_make(&index, mark_skip(json));
    writer_u8(&a.text, 0); /* offset 0 is the empty string */
    for (size_t i = 0; i < MEMBER_COUNT && !err; i++) {
        a.r = index.at[i];
        err = index.found[i] ? members[i].read(&a) : members[i].missing;
    }
    return err;
}

int app_manifest_parse(struct span json, struct app_manifest *manifest)
{
    memset(manifest, 0, sizeof *manifest);
    int err = manifest_read(json, manifest);
    if (err)
        memset(manifest, 0, sizeof *manifest);
    return err;
}

const char *app_manifest_error_text(int error)
{
    switch (error) {
#define APP_MANIFEST_ERROR_CASE(name, number, text) case number: return text;
        APP_MANIFEST_ERROR_TABLE(APP_MANIFEST_ERROR_CASE)
#undef APP_MANIFEST_ERROR_CASE
    default: return "unknown error";
    }
}
