/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/attached/find.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/attached/attached.h"
#include "cli/attached/link.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

enum {
    CANDIDATES_MAX = 32,
    ASK_CONNECT_MS = 2000, /* a cable answers within some */
    ASK_TOTAL_MS = 15000,  /* an MCU starts its gatewayd for this */
};

struct candidate {
    char address[KNOWN_ADDRESS_BYTES], id[ATTACHED_ID_BYTES]; /* id "": it does not answer, or not sensibly */
    const char *path; /* how it was found */
    CURL *curl;
    struct attached_answer answer;
};

struct candidates {
    size_t count;
    struct candidate at[CANDIDATES_MAX];
};

bool device_id_is_plain(const char *id)
{
    return id && strlen(id) == 128 && strspn(id, "0123456789abcdefABCDEF") == 128;
}

/* "A", "A:P", "V6", "[V6]:P" into "A:P"; the port is 443 where none is given. */
static int address_write(const char *given, char address[static KNOWN_ADDRESS_BYTES])
{
    if (!*given || strlen(given) > 80 || strspn(given, "0123456789abcdefABCDEF.:[]") != strlen(given))
        return fail(PERI_EXIT_USAGE, "'%.80s' is neither the address of an attached device (ADDRESS or ADDRESS:PORT) nor a device id",
                    given);
    const char *colon = strchr(given, ':');
    bool v6 = colon && strchr(colon + 1, ':') && *given != '[', port = colon && !v6 && given[strlen(given) - 1] != ']';
    snprintf(address, KNOWN_ADDRESS_BYTES, "%s%s%s%s", v6 ? "[" : "", given, v6 ? "]" : "", port ? "" : ":443");
    return PERI_EXIT_OK;
}

/* The next word of $PERI_DEVICE; false at its end. */
static bool word_next(const char **at, char word[static KNOWN_ADDRESS_BYTES])
{
    *at += strspn(*at, " ");
    size_t len = strcspn(*at, " ");
    if (len == 0)
        return false;
    snprintf(word, KNOWN_ADDRESS_BYTES, "%.*s", (int)len, *at);
    *at += len;
    return true;
}

static void candidate_add(struct candidates *all, const char *address, const char *path)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->at[i].address, address) == 0)
            return;
    if (all->count == CANDIDATES_MAX)
        return;
    struct candidate *c = &all->at[all->count++];
    *c = (struct candidate){.path = path};
    snprintf(c->address, sizeof c->address, "%s", address);
}

static int candidates_collect(struct peri *peri, struct candidates *all)
{
    char path[4096], word[KNOWN_ADDRESS_BYTES], address[KNOWN_ADDRESS_BYTES], *text;
    const char *named = getenv(ATTACHED_ENV);
    int code = PERI_EXIT_OK;
    all->count = 0;
    for (const char *at = named && *named ? named : ATTACHED_DEFAULT; !code && word_next(&at, word);) {
        code = address_write(word, address);
        if (!code)
            candidate_add(all, address, named && *named ? ATTACHED_ENV : "default");
    }
    if (!code)
        code = known_read(peri, path, &text);
    if (code)
        return code;
    for (const char *line = text; known_next(&line, address);)
        candidate_add(all, address, "known-devices");
    free(text);
    return PERI_EXIT_OK;
}

static void answer_read(struct candidate *c)
{
    json_t *answer = c->answer.at ? json_loads(c->answer.at, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *id = json_string_value(json_object_get(answer, "deviceIdentifier"));
    if (device_id_is_plain(id))
        for (size_t i = 0; i < 128; i++)
            c->id[i] = (char)(id[i] >= 'A' && id[i] <= 'F' ? id[i] - 'A' + 'a' : id[i]);
    json_decref(answer);
}

/* All are asked at the same time: most of them are not there. */
static int candidates_ask(struct candidates *all)
{
    CURLM *multi = curl_multi_init();
    int running = 1;
    bool ok = multi != NULL;
    for (size_t i = 0; ok && i < all->count; i++) {
        struct candidate *c = &all->at[i];
        c->curl = attached_handle(c->address, "/device/security_state", &c->answer);
        ok = c->curl && curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)ASK_CONNECT_MS) == CURLE_OK &&
             curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)ASK_TOTAL_MS) == CURLE_OK &&
             curl_multi_add_handle(multi, c->curl) == CURLM_OK;
    }
    while (ok && running)
        ok = curl_multi_perform(multi, &running) == CURLM_OK &&
             (!running || curl_multi_poll(multi, NULL, 0, 1000, NULL) == CURLM_OK);
    for (size_t i = 0; i < all->count; i++) {
        struct candidate *c = &all->at[i];
        long status = 0;
        if (c->curl && curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200)
            answer_read(c);
        if (multi && c->curl)
            curl_multi_remove_handle(multi, c->curl);
        curl_easy_cleanup(c->curl);
        free(c->answer.at);
        c->answer = (struct attached_answer){NULL, 0};
    }
    curl_multi_cleanup(multi);
    return ok ? PERI_EXIT_OK : fail(PERI_EXIT_ERROR, "cannot look for attached devices: out of memory");
}

static int candidates_find(struct peri *peri, struct candidates *all)
{
    int code = candidates_collect(peri, all);
    return code ? code : candidates_ask(all);
}

int attached_address(struct peri *peri, char address[static KNOWN_ADDRESS_BYTES])
{
    static struct candidates all;
    const char *given = arg_text(peri, "device"), *named = getenv(ATTACHED_ENV);
    char word[KNOWN_ADDRESS_BYTES];
    if (!given) {
        const char *at = named ? named : "";
        return address_write(word_next(&at, word) ? word : ATTACHED_DEFAULT, address);
    }
    if (!device_id_is_plain(given))
        return address_write(given, address);
    int code = candidates_find(peri, &all);
    for (size_t i = 0; !code && i < all.count; i++)
        if (strcasecmp(all.at[i].id, given) == 0) {
            memcpy(address, all.at[i].address, KNOWN_ADDRESS_BYTES);
            return PERI_EXIT_OK;
        }
    return code ? code
                : fail(PERI_EXIT_UNREACHABLE, "device '%s' is not attached: peri device list-attached shows which are; "
                       "--device ADDRESS reaches one whose address is new here", given);
}

int attached_identity(struct peri *peri, char id[static ATTACHED_ID_BYTES])
{
    json_t *answer = NULL;
    int code = attached_json(peri, "GET", "/device/security_state", NULL, &answer);
    const char *said = json_string_value(json_object_get(answer, "deviceIdentifier"));
    if (!code && !device_id_is_plain(said))
        code = fail(PERI_EXIT_ERROR, "the device does not say who it is");
    if (!code)
        strcpy(id, said);
    json_decref(answer);
    return code;
}

int attached_device_id(struct peri *peri, char id[static ATTACHED_ID_BYTES])
{
    const char *given = arg_text(peri, "device");
    if (given && !strpbrk(given, ".:")) {
        if (strlen(given) >= ATTACHED_ID_BYTES)
            return fail(PERI_EXIT_USAGE, "'%.140s' is no device id: 128 hex digits", given);
        strcpy(id, given);
        return PERI_EXIT_OK;
    }
    int code = attached_identity(peri, id);
    if (code == PERI_EXIT_UNREACHABLE && !given)
        fail(code, "without an attached device, --device names one by its id");
    return code;
}

int attached_list(struct peri *peri, json_t **rows)
{
    static struct candidates all;
    *rows = NULL;
    int code = candidates_find(peri, &all);
    if (code)
        return code;
    *rows = json_array();
    for (size_t i = 0; i < all.count; i++)
        if (all.at[i].id[0])
            json_array_append_new(*rows, json_pack("{s:s,s:s,s:s,s:b}", "deviceIdentifier", all.at[i].id, "ipAddress",
                                                   all.at[i].address, "connectionPath", all.at[i].path, "isResponsive", 1));
    return PERI_EXIT_OK;
}

static int list_attached(struct peri *peri)
{
    json_t *rows;
    int code = attached_list(peri, &rows);
    return attached_show(peri, code, rows);
}

static int rescan_attached(struct peri *peri)
{
    json_t *rows;
    int code = attached_list(peri, &rows);
    json_t *count = json_integer((json_int_t)json_array_size(rows));
    json_decref(rows);
    return attached_show(peri, code, count);
}

static const struct column columns[] = {
    {"Device ID", "deviceIdentifier"}, {"Address", "ipAddress"}, {"Found by", "connectionPath"}, COLUMNS_END};

const struct verb attached_find_verbs[] = {
    {"device", "list-attached", list_attached, NULL, "devices that answer on this computer's cables", NULL, columns, true,
     "Looks at $PERI_DEVICE (one address or several, blanks between them; without it 192.168.35.2) and at every address "
     "where a device was met before.  One at another address is met by --device ADDRESS."},
    {"device", "rescan-attached", rescan_attached, NULL, "count devices that answer on this computer's cables", NULL, NULL, true},
    VERBS_END,
};
