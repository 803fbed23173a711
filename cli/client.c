/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/profile.h"

enum { ANSWER_MAX_BYTES = 64 << 20, POLLS_MAX = 600 };

struct bytes {
    char *at;
    size_t len;
};

struct headers {
    char location[2048];
    char async_operation[2048];
    long retry_after_s;
};

struct exchange {
    long status;
    struct bytes body;
    struct headers headers;
};

static size_t body_take(char *data, size_t size, size_t count, void *context)
{
    struct bytes *body = context;
    size_t len = size * count;
    if (len > ANSWER_MAX_BYTES - body->len)
        return 0;
    char *grown = realloc(body->at, body->len + len + 1);
    if (!grown)
        return 0;
    memcpy(grown + body->len, data, len);
    body->at = grown;
    body->len += len;
    grown[body->len] = 0;
    return len;
}

static bool header_is(const char *line, size_t len, const char *name, char *value, size_t cap)
{
    size_t n = strlen(name);
    if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    len -= n + 1;
    while (len && (*line == ' ' || *line == '\t'))
        line++, len--;
    while (len && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
        len--;
    if (len >= cap)
        return false;
    memcpy(value, line, len);
    value[len] = 0;
    return true;
}

static size_t header_take(char *data, size_t size, size_t count, void *context)
{
    struct headers *headers = context;
    char number[32];
    size_t len = size * count;
    if (header_is(data, len, "Location", headers->location, sizeof headers->location) ||
        header_is(data, len, "Azure-AsyncOperation", headers->async_operation,
                  sizeof headers->async_operation))
        return len;
    if (header_is(data, len, "Retry-After", number, sizeof number))
        headers->retry_after_s = strtol(number, NULL, 10);
    return len;
}

static void exchange_release(struct exchange *exchange)
{
    free(exchange->body.at);
    memset(exchange, 0, sizeof *exchange);
}

/* One request to an absolute URL; no meaning is given to the status here. */
static int exchange_run(struct peri *peri, const char *method, const char *url, const char *body,
                        struct exchange *exchange)
{
    memset(exchange, 0, sizeof *exchange);
    const struct profile *profile = peri->profile;
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (!curl || !headers) {
        curl_easy_cleanup(curl);
        curl_slist_free_all(headers);
        return fail(PERI_EXIT_ERROR, "out of memory");
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    curl_easy_setopt(curl, CURLOPT_CAINFO, profile->ca);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, profile->certificate);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, profile->key);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "peri/" PERI_VERSION);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange->headers);
    if (body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? strlen(body) : 0));
    }
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (result == CURLE_OK)
        return PERI_EXIT_OK;
    exchange_release(exchange);
    return fail(PERI_EXIT_UNREACHABLE, "%s %s: %s\n      is the service running, and is the profile "
                "(%s) from it?", method, url, reason[0] ? reason : curl_easy_strerror(result),
                profile->folder);
}

static json_t *body_json(const struct exchange *exchange)
{
    return exchange->body.len
               ? json_loadb(exchange->body.at, exchange->body.len, JSON_DECODE_ANY, NULL)
               : NULL;
}

/* Prints (Code) message from an ARM error body. */
static int error_report(const char *method, const char *url, const struct exchange *exchange)
{
    json_t *body = body_json(exchange);
    json_t *error = json_object_get(body, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    int exit_code = exchange->status == 404 ? PERI_EXIT_NOT_FOUND : PERI_EXIT_ERROR;
    if (code)
        fail(exit_code, "(%s) %s", code, message ? message : "");
    else
        fail(exit_code, "%s %s: HTTP status %ld", method, url, exchange->status);
    json_decref(body);
    return exit_code;
}

static void pause_for(long retry_after_s)
{
    if (retry_after_s > 0)
        sleep((unsigned)(retry_after_s < 30 ? retry_after_s : 30));
    else
        usleep(20000);
}

/* Polls Location until it answers something other than 202. */
static int location_follow(struct peri *peri, struct exchange *exchange)
{
    char url[2048];
    snprintf(url, sizeof url, "%s", exchange->headers.location);
    for (int polls = 0; polls < POLLS_MAX; polls++) {
        pause_for(exchange->headers.retry_after_s);
        exchange_release(exchange);
        int code = exchange_run(peri, "GET", url, NULL, exchange);
        if (code)
            return code;
        if (exchange->status != 202)
            return PERI_EXIT_OK;
    }
    return fail(PERI_EXIT_ERROR, "the operation at %s did not end", url);
}

/* Polls the status document, then reads the resource itself. */
static int async_follow(struct peri *peri, const char *resource, struct exchange *exchange)
{
    char url[2048];
    snprintf(url, sizeof url, "%s", exchange->headers.async_operation);
    for (int polls = 0; polls < POLLS_MAX; polls++) {
        pause_for(exchange->headers.retry_after_s);
        exchange_release(exchange);
        int code = exchange_run(peri, "GET", url, NULL, exchange);
        if (code)
            return code;
        if (exchange->status != 200)
            return error_report("GET", url, exchange);
        json_t *body = body_json(exchange);
        const char *status = json_string_value(json_object_get(body, "status"));
        bool good = status && strcmp(status, "Succeeded") == 0;
        bool bad = status && (strcmp(status, "Failed") == 0 || strcmp(status, "Canceled") == 0);
        json_decref(body);
        if (bad)
            return error_report("GET", url, exchange);
        if (good) {
            exchange_release(exchange);
            return exchange_run(peri, "GET", resource, NULL, exchange);
        }
    }
    return fail(PERI_EXIT_ERROR, "the operation at %s did not end", url);
}

static int url_call(struct peri *peri, const char *method, const char *url, json_t *body,
                    json_t **answer)
{
    struct exchange exchange;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int code = exchange_run(peri, method, url, text, &exchange);
    free(text);
    if (code)
        return code;
    if (exchange.status == 202 && exchange.headers.location[0])
        code = location_follow(peri, &exchange);
    else if ((exchange.status == 200 || exchange.status == 201) && exchange.headers.async_operation[0])
        code = async_follow(peri, url, &exchange);
    if (!code && (exchange.status < 200 || exchange.status > 299))
        code = error_report(method, url, &exchange);
    if (!code && answer)
        *answer = body_json(&exchange);
    if (!code && answer && exchange.body.len && !*answer)
        code = fail(PERI_EXIT_ERROR, "%s %s: the answer is not JSON", method, url);
    exchange_release(&exchange);
    return code;
}

static void url_of(struct peri *peri, const char *path, char url[static PATH_MAX_BYTES])
{
    size_t n = strlen(peri->profile->endpoint);
    while (n && peri->profile->endpoint[n - 1] == '/')
        n--;
    snprintf(url, PATH_MAX_BYTES, "%.*s%s%capi-version=%s", (int)n, peri->profile->endpoint, path,
             strchr(path, '?') ? '&' : '?', API_VERSION);
}

int client_call(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **answer)
{
    char url[PATH_MAX_BYTES];
    if (answer)
        *answer = NULL;
    url_of(peri, path, url);
    return url_call(peri, method, url, body, answer);
}

int client_list(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **rows)
{
    char url[PATH_MAX_BYTES];
    *rows = json_array();
    url_of(peri, path, url);
    for (;;) {
        json_t *page = NULL;
        int code = url_call(peri, method, url, body, &page);
        if (!code && !json_is_array(json_object_get(page, "value")))
            code = fail(PERI_EXIT_ERROR, "%s %s: the answer is not a list", method, url);
        if (code) {
            json_decref(page);
            json_decref(*rows);
            *rows = NULL;
            return code;
        }
        json_array_extend(*rows, json_object_get(page, "value"));
        const char *next = json_string_value(json_object_get(page, "nextLink"));
        bool more = next && snprintf(url, sizeof url, "%s", next) < (int)sizeof url;
        json_decref(page);
        if (!more)
            return PERI_EXIT_OK;
        method = "GET"; /* the next page of a POST list is a GET */
        body = NULL;
    }
}

static int segment_add(char path[static PATH_MAX_BYTES], const char *segment)
{
    size_t len = strlen(path);
    char *escaped = curl_easy_escape(NULL, segment, 0);
    int n = escaped ? snprintf(path + len, PATH_MAX_BYTES - len, "/%s", escaped) : -1;
    curl_free(escaped);
    if (n < 0 || (size_t)n >= PATH_MAX_BYTES - len)
        return fail(PERI_EXIT_USAGE, "'%s' makes the address too long", segment);
    return PERI_EXIT_OK;
}

static int segments_add(char path[static PATH_MAX_BYTES], va_list args)
{
    for (const char *segment; (segment = va_arg(args, const char *)) != NULL;) {
        int code = *segment ? segment_add(path, segment)
                            : fail(PERI_EXIT_USAGE, "a name in the command is empty");
        if (code)
            return code;
    }
    return PERI_EXIT_OK;
}

int client_path(struct peri *peri, char path[static PATH_MAX_BYTES], ...)
{
    const struct profile *profile = peri->profile;
    const char *group = arg_text(peri, "resource-group");
    const char *catalog = arg_text(peri, "catalog");
    if (!catalog)
        catalog = profile->catalog;
    if (!catalog)
        return fail(PERI_EXIT_USAGE, "which catalog? give --catalog, or peri config set catalog=NAME");
    path[0] = 0;
    int code = segment_add(path, "subscriptions");
    if (!code)
        code = segment_add(path, profile->subscription);
    if (!code)
        code = segment_add(path, "resourceGroups");
    if (!code)
        code = segment_add(path, group ? group : profile->resource_group);
    if (!code)
        code = segment_add(path, "providers");
    if (!code)
        code = segment_add(path, "Microsoft.AzureSphere");
    if (!code)
        code = segment_add(path, "catalogs");
    if (!code)
        code = segment_add(path, catalog);
    va_list args;
    va_start(args, path);
    if (!code)
        code = segments_add(path, args);
    va_end(args);
    return code;
}

int client_our_path(char path[static PATH_MAX_BYTES], ...)
{
    snprintf(path, PATH_MAX_BYTES, "/providers/Perisphere");
    va_list args;
    va_start(args, path);
    int code = segments_add(path, args);
    va_end(args);
    return code;
}
