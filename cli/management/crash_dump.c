/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri crash-dump ...: cores of crashed applications, where a device group allows them.
 * Source: docs/spec/crash-dump.md.
 * A dump is opened here, by a key pair of this one download: the service never has it in the clear.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client/client.h"
#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"
#include "lib/base64.h"
#include "lib/crash_dump.h"
#include "lib/ct.h"
#include "lib/guid.h"

static int list(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "providers", "Perisphere", "crashDumps", NULL);
    return client_show_list(peri, code, "GET", path, NULL);
}

static int one(struct peri *peri, const char *method, bool shown)
{
    char path[PATH_MAX_BYTES];
    int code = client_path(peri, path, "providers", "Perisphere", "crashDumps", arg_text(peri, "crash-dump"), NULL);
    if (shown)
        return client_show(peri, code, method, path, NULL);
    return code ? code : client_call(peri, method, path, NULL, NULL);
}

static int show(struct peri *peri) { return one(peri, "GET", true); }
static int delete(struct peri *peri) { return one(peri, "DELETE", false); }

/* malloc'd; NULL: it is no text, or no base64 of at most so many bytes. */
static uint8_t *bytes_of(const json_t *value, size_t max, size_t *len)
{
    const char *text = json_string_value(value);
    size_t chars = text ? strlen(text) : 0;
    if (!chars || chars > base64_encoded_bytes(max))
        return NULL;
    uint8_t *bytes = malloc(chars);
    struct writer w = writer_of(bytes, bytes ? chars : 0);
    if (bytes && base64_decode(span_of(text, chars), &w) == 0 && w.len <= max) {
        *len = w.len;
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* The service does not know by which of its keys the device sealed the dump: it answers with the message's key for each. */
static int key_try(const uint8_t private[static HPKE_PRIVATE_BYTES], const struct crash_dump *dump, const json_t *text,
                   uint8_t *core)
{
    struct hpke_secret secret = {{0}, {0}};
    size_t len = 0;
    uint8_t *key = bytes_of(text, CRASH_DUMP_KEY_BYTES, &len);
    int err = key && len == CRASH_DUMP_KEY_BYTES ? crash_dump_key_open(private, dump->head, key, &secret) : E_MALFORMED;
    if (!err)
        err = crash_dump_open(dump, &secret, core);
    ct_wipe(&secret, sizeof secret);
    free(key);
    return err;
}

/* The service's word for which dump it is is not taken: the dump says it, and its key is bound to that. */
static int dump_open(const uint8_t private[static HPKE_PRIVATE_BYTES], const json_t *answer, const char *name,
                     uint8_t **core, size_t *len)
{
    struct crash_dump dump;
    uint8_t want[GUID_BYTES];
    size_t dump_len = 0;
    const json_t *former = json_object_get(answer, "formerKeys");
    uint8_t *bytes = bytes_of(json_object_get(answer, "dump"), CRASH_DUMP_BYTES_MAX, &dump_len);
    int err = bytes ? crash_dump_parse(span_of(bytes, dump_len), &dump) : E_MALFORMED;
    if (!err && (guid_parse(span_of(name, strlen(name)), want) != 0 || !guid_equal(want, dump.dump)))
        err = E_BINDING;
    if (!err && !(*core = malloc(dump.core_bytes)))
        err = E_NOMEM;
    if (!err)
        err = key_try(private, &dump, json_object_get(answer, "key"), *core);
    for (size_t i = 0; err == E_CRYPTO && i < json_array_size(former); i++)
        err = key_try(private, &dump, json_array_get(former, i), *core);
    if (!err)
        *len = dump.core_bytes;
    free(bytes);
    return err ? fail(PERI_EXIT_REFUSED, "what the service sent does not open as crash dump '%s': %s", name, err_text(err))
               : PERI_EXIT_OK;
}

static json_t *request_make(const uint8_t public[static HPKE_PUBLIC_BYTES])
{
    uint8_t text[(HPKE_PUBLIC_BYTES + 2) / 3 * 4];
    struct writer w = writer_of(text, sizeof text);
    base64_encode(span_of(public, HPKE_PUBLIC_BYTES), &w);
    return w.err ? NULL : json_pack("{s:s%}", "publicKey", text, w.len);
}

static int download(struct peri *peri)
{
    char path[PATH_MAX_BYTES];
    const char *name = arg_text(peri, "crash-dump");
    uint8_t seed[HPKE_SEED_BYTES], private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], *core = NULL;
    json_t *body = NULL, *answer = NULL;
    size_t len = 0;
    int code = client_path(peri, path, "providers", "Perisphere", "crashDumps", name, "download", NULL);
    if (!code && (RAND_bytes(seed, sizeof seed) != 1 || hpke_pair(seed, private, public) != 0 ||
                  !(body = request_make(public))))
        code = fail(PERI_EXIT_ERROR, "no key can be made for the download");
    if (!code)
        code = client_call(peri, "POST", path, body, &answer);
    if (!code)
        code = dump_open(private, answer, name, &core, &len);
    if (!code)
        code = file_write(arg_text(peri, "output-file"), span_of(core, len), 0600); /* for its owner: it may hold secrets */
    ct_wipe(seed, sizeof seed);
    ct_wipe(private, sizeof private);
    if (core)
        ct_wipe(core, len);
    free(core);
    json_decref(body);
    json_decref(answer);
    return code;
}

#define DUMP {"crash-dump", "cd", OPTION_REQUIRED, "the dump, a GUID"}
static const struct option_row list_options[] = {SCOPE_FILTER, SCOPE_CATALOG, SCOPE_END};
static const struct option_row show_options[] = {DUMP, SCOPE_CATALOG, SCOPE_END};
static const struct option_row delete_options[] = {SCOPE_YES, DUMP, SCOPE_CATALOG, SCOPE_END};
static const struct option_row download_options[] = {
    DUMP, {"output-file", "of", OPTION_REQUIRED, "core file to write"}, SCOPE_CATALOG, SCOPE_END};
static const struct column columns[] = {
    {"Crash Dump", "name"}, {"Device", "properties.deviceId"}, {"Component", "properties.componentId"},
    {"Signal", "properties.signal"}, {"Crash Group", "properties.crashGroupName"},
    {"Crashed", "properties.crashedUtc"}, {"Until", "properties.expiresUtc"}, COLUMNS_END};

const struct verb crash_dump_verbs[] = {
    {"crash-dump", "list", list, NULL, "cores of crashed applications, where a device group allows them", list_options, columns, false},
    {"crash-dump", "show", show, NULL, "show what is known of a crash dump", show_options, columns, false},
    {"crash-dump", "download", download, NULL, "download a crash dump as a core file, for a debugger", download_options, NULL, false},
    {"crash-dump", "delete", delete, NULL, "delete a crash dump", delete_options, NULL, false},
    VERBS_END,
};
