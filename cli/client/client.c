/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/client/origin.h"
#include "cli/client/profile.h"
#include "cli/client/profile_certificate.h"
#include "cli/file.h"
#include "cli/output/progress.h"
#include "lib/cursor.h"

enum {
    ANSWER_MAX_BYTES = 64 << 20, /* a page is a hundred rows; an image some megabytes */
    LINK_MAX_BYTES = 4096,
    POLLS_MAX = 600,             /* 20 minutes where the service names no pace */
    PAUSE_MAX_MS = 2000,
    RETRY_AFTER_MAX_S = 30,
    PAGES_MAX = 10000,           /* a service that always names a next page ends here */
};

struct bytes {
    char *at;
    size_t len, cap;
    bool too_many;
};

struct headers {
    char location[LINK_MAX_BYTES];
    char async_operation[LINK_MAX_BYTES];
    long retry_after_s;
    bool too_long; /* an address did not fit */
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
    body->too_many = len > ANSWER_MAX_BYTES - body->len;
    if (body->too_many)
        return 0;
    if (len >= body->cap - body->len) {
        size_t cap = 2 * (body->len + len) + 1;
        char *grown = realloc(body->at, cap);
        if (!grown)
            return 0;
        body->at = grown;
        body->cap = cap;
    }
    memcpy(body->at + body->len, data, len);
    body->len += len;
    body->at[body->len] = 0;
    return len;
}

/* The value of the named header, when the line is it and it fits. */
static bool header_is(const char *line, size_t len, const char *name, char *value, size_t cap,
                      bool *too_long)
{
    size_t n = strlen(name);
    if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    len -= n + 1;
    while (len && (*line == ' ' || *line == '\t'))
        line++, len--;
    while (len && strchr("\r\n \t", line[len - 1]))
        len--;
    if (len >= cap) {
        *too_long = true;
        return false;
    }
    memcpy(value, line, len);
    value[len] = 0;
    return true;
}

static size_t header_take(char *data, size_t size, size_t count, void *context)
{
    struct headers *h = context;
    char number[32];
    size_t len = size * count;
    bool ignored;
    if (header_is(data, len, "Location", h->location, sizeof h->location, &h->too_long) ||
        header_is(data, len, "Azure-AsyncOperation", h->async_operation, sizeof h->async_operation,
                  &h->too_long))
        return len;
    if (header_is(data, len, "Retry-After", number, sizeof number, &ignored))
        h->retry_after_s = strtol(number, NULL, 10);
    return len;
}

static int transfer_show(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)context;
    if (down_total >= PROGRESS_BYTES_MIN)
        progress_bar("downloading", (uint64_t)down, (uint64_t)down_total);
    else if (up_total >= PROGRESS_BYTES_MIN)
        progress_bar("uploading", (uint64_t)up, (uint64_t)up_total);
    return 0;
}

static void exchange_release(struct exchange *exchange)
{
    free(exchange->body.at);
    memset(exchange, 0, sizeof *exchange);
}

/* Somebody answers there, and one of the two does not take the other's certificate; "" otherwise.  in_time: the profile's own. */
static const char *refusal_hint(CURLcode result, const char *reason, bool in_time)
{
    if (strstr(reason, "unable to get local issuer") || strstr(reason, "self-signed certificate"))
        return "; what answers has a root that is not in the profile's ca.pem: it is another service, or somebody in between. A new root you "
               "have from the service's owner, root.pem, and not from this connection";
    if (!in_time)
        return "";
    if (strstr(reason, "alert certificate expired") || strstr(reason, "alert bad certificate"))
        return "; the profile's certificate is in its time: then it is another service's, or this service's clock is wrong";
    if (result == CURLE_GOT_NOTHING)
        return "; it closes what it was asked by the profile's certificate: of a former CA that it does not take any more? peri operator "
               "create makes a new one, where the service is";
    return "";
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
    if (profile->token) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, profile->token);
    } else {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, profile->certificate);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, profile->key);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "peri/" PERI_VERSION);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* what is refused here must not be tidied there */
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)ANSWER_MAX_BYTES);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange->headers);
    if (body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? strlen(body) : 0));
    }
    if (progress_wanted(peri)) {
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, transfer_show);
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    }
    CURLcode result = curl_easy_perform(curl);
    progress_clear();
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (arg_has(peri, "verbose") || arg_has(peri, "debug"))
        fprintf(stderr, "peri: %s %s: %ld, %zu bytes\n", method, url, exchange->status, exchange->body.len);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (result == CURLE_OK)
        return PERI_EXIT_OK;
    bool too_many = exchange->body.too_many || result == CURLE_FILESIZE_EXCEEDED;
    exchange_release(exchange);
    if (too_many)
        return fail(PERI_EXIT_ERROR, "%s %s: the answer is larger than %d bytes", method, url,
                    ANSWER_MAX_BYTES);
    char hint[PROFILE_HINT_BYTES];
    profile_certificate_hint(profile, hint);
    return fail(PERI_EXIT_UNREACHABLE, "%s %s: %s (is the service running, and is the profile '%s' "
                "from it? peri config set endpoint=https://HOST:PORT changes where it is looked for%s%s)",
                method, url, reason[0] ? reason : curl_easy_strerror(result), profile->folder, hint,
                refusal_hint(result, reason, !hint[0] && !profile->token));
}

static json_t *body_json(const struct exchange *exchange)
{
    return exchange->body.len
               ? json_loadb(exchange->body.at, exchange->body.len, JSON_DECODE_ANY, NULL)
               : NULL;
}

/* What of the address names the resource: the rest is the same in each command. */
static struct span resource_of(const char *url)
{
    static const char before[] = "/providers/Microsoft.AzureSphere/";
    const char *at = strstr(url, before);
    at = at ? at + strlen(before) : url;
    return span_of(at, strcspn(at, "?"));
}

/* Prints (Code) message from an ARM error body, and what was asked. */
static int error_report(const char *method, const char *url, const struct exchange *exchange)
{
    json_t *body = body_json(exchange);
    json_t *error = json_object_get(body, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    int exit_code = exchange->status == 404 ? PERI_EXIT_NOT_FOUND : PERI_EXIT_ERROR;
    struct span resource = resource_of(url);
    if (code)
        fail(exit_code, "(%s) %s: %s %.*s%s", code, message ? message : "the service says no more", method,
             (int)resource.len, (const char *)resource.at,
             exchange->status == 404 ? " (or no role of yours reaches it)" : ""); /* the service does not tell which */
    else if (exchange->status >= 200 && exchange->status <= 299)
        fail(exit_code, "%s %s: the operation failed, and the service says no more", method, url);
    else
        fail(exit_code, "%s %s: HTTP status %ld", method, url, exchange->status);
    json_decref(body);
    return exit_code;
}

/* At the service's pace, or ever slower. */
static void pause_before_poll(const struct peri *peri, long retry_after_s, int poll)
{
    static time_t began;
    if (poll == 0)
        began = time(NULL);
    if (progress_wanted(peri))
        progress_waiting("waiting for the service", (unsigned)(time(NULL) - began), -1);
    long ms = poll < 7 ? 20L << poll : PAUSE_MAX_MS;
    if (retry_after_s > 0)
        ms = (retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S) * 1000;
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
    progress_clear();
}

/* The address in an answer, when the certificate may be shown there. */
static int link_follow(struct peri *peri, const char *what, const char *link, char *url, size_t cap)
{
    const char *endpoint = peri->profile->endpoint;
    if (origin_follow(endpoint, link, url, cap))
        return PERI_EXIT_OK;
    return fail(PERI_EXIT_ERROR, "the service's %s '%.200s' is not below %s: not followed, the client "
                "certificate is for that service alone (is the profile's endpoint the service's base_url?)",
                what, link, endpoint);
}

/* Polls Location until it answers something other than 202. */
static int location_follow(struct peri *peri, struct exchange *exchange)
{
    char url[LINK_MAX_BYTES];
    int code = link_follow(peri, "Location", exchange->headers.location, url, sizeof url);
    for (int polls = 0; !code && polls < POLLS_MAX; polls++) {
        pause_before_poll(peri, exchange->headers.retry_after_s, polls);
        exchange_release(exchange);
        code = exchange_run(peri, "GET", url, NULL, exchange);
        if (!code && exchange->status != 202)
            return PERI_EXIT_OK;
    }
    return code ? code : fail(PERI_EXIT_ERROR, "the operation at %s did not end", url);
}

enum operation { OPERATION_RUNS, OPERATION_DONE, OPERATION_FAILED, OPERATION_UNREADABLE };

static enum operation operation_of(const struct exchange *exchange)
{
    json_t *body = body_json(exchange);
    const char *status = json_string_value(json_object_get(body, "status"));
    enum operation operation = OPERATION_RUNS;
    if (!status)
        operation = OPERATION_UNREADABLE;
    else if (strcmp(status, "Succeeded") == 0)
        operation = OPERATION_DONE;
    else if (strcmp(status, "Failed") == 0 || strcmp(status, "Canceled") == 0)
        operation = OPERATION_FAILED;
    json_decref(body);
    return operation;
}

/* Polls the status document, then reads the resource itself where there is one. */
static int async_follow(struct peri *peri, const char *resource, struct exchange *exchange)
{
    char url[LINK_MAX_BYTES];
    int code = link_follow(peri, "Azure-AsyncOperation", exchange->headers.async_operation, url, sizeof url);
    for (int polls = 0; !code && polls < POLLS_MAX; polls++) {
        pause_before_poll(peri, exchange->headers.retry_after_s, polls);
        exchange_release(exchange);
        code = exchange_run(peri, "GET", url, NULL, exchange);
        if (code)
            return code;
        if (exchange->status < 200 || exchange->status > 299)
            return PERI_EXIT_OK; /* the caller reports the status */
        switch (operation_of(exchange)) {
        case OPERATION_RUNS:
            break;
        case OPERATION_DONE:
            exchange_release(exchange);
            if (resource)
                return exchange_run(peri, "GET", resource, NULL, exchange);
            exchange->status = 204;
            return PERI_EXIT_OK;
        case OPERATION_FAILED:
            return error_report("GET", url, exchange);
        case OPERATION_UNREADABLE:
            return fail(PERI_EXIT_ERROR, "GET %s: the answer is no status document", url);
        }
    }
    return code ? code : fail(PERI_EXIT_ERROR, "the operation at %s did not end", url);
}

static int url_call(struct peri *peri, const char *method, const char *url, json_t *body,
                    json_t **answer)
{
    struct exchange exchange;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (body && !text)
        return fail(PERI_EXIT_ERROR, "out of memory");
    int code = exchange_run(peri, method, url, text, &exchange);
    free(text);
    if (code)
        return code;
    const struct headers *headers = &exchange.headers;
    bool made = strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    bool accepted = exchange.status >= 200 && exchange.status <= 202;
    bool waits = !arg_has(peri, "no-wait");
    if (!waits && accepted && (headers->location[0] || headers->async_operation[0]))
        code = PERI_EXIT_OK; /* accepted; the end is not waited for */
    else if (accepted && headers->too_long)
        code = fail(PERI_EXIT_ERROR, "%s %s: the address of the operation is too long", method, url);
    else if (exchange.status == 202 && headers->location[0])
        code = location_follow(peri, &exchange);
    else if (accepted && headers->async_operation[0])
        code = async_follow(peri, made ? url : NULL, &exchange);
    else if (exchange.status == 202) /* reporting success would be a guess */
        code = fail(PERI_EXIT_ERROR, "%s %s: accepted, but the service does not say where its end shows",
                    method, url);
    if (!code && (exchange.status < 200 || exchange.status > 299))
        code = error_report(method, url, &exchange);
    if (!code && answer)
        *answer = body_json(&exchange);
    if (!code && answer && exchange.body.len && !*answer)
        code = fail(PERI_EXIT_ERROR, "%s %s: the answer is not JSON", method, url);
    exchange_release(&exchange);
    return code;
}

/* The profile's endpoint and the path; escaping can make it too long. */
static int url_of(struct peri *peri, const char *path, char url[static PATH_MAX_BYTES])
{
    size_t n = strlen(peri->profile->endpoint);
    while (n && peri->profile->endpoint[n - 1] == '/')
        n--;
    int len = snprintf(url, PATH_MAX_BYTES, "%.*s%s%capi-version=%s", (int)n, peri->profile->endpoint,
                       path, strchr(path, '?') ? '&' : '?', API_VERSION);
    return len < PATH_MAX_BYTES ? PERI_EXIT_OK
                                : fail(PERI_EXIT_USAGE, "the names make the address too long");
}

int client_call(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **answer)
{
    char url[PATH_MAX_BYTES];
    if (answer)
        *answer = NULL;
    int code = url_of(peri, path, url);
    return code ? code : url_call(peri, method, url, body, answer);
}

/* Adds one page; url becomes the next page's, empty after the last. */
int client_save(struct peri *peri, const char *path, const char *file)
{
    char url[PATH_MAX_BYTES];
    struct exchange exchange;
    int code = url_of(peri, path, url);
    if (!code)
        code = exchange_run(peri, "GET", url, NULL, &exchange);
    if (code)
        return code;
    if (exchange.status != 200)
        code = error_report("GET", url, &exchange);
    else
        code = file_write(file, span_of(exchange.body.at, exchange.body.len), 0644);
    exchange_release(&exchange);
    return code;
}

static int page_take(struct peri *peri, json_t *page, json_t *rows, char *url, size_t cap)
{
    json_t *value = json_object_get(page, "value"), *next = json_object_get(page, "nextLink");
    if (!json_is_array(value))
        return fail(PERI_EXIT_ERROR, "GET %s: the answer is not a list", url);
    if (json_array_extend(rows, value) != 0)
        return fail(PERI_EXIT_ERROR, "out of memory");
    url[0] = 0;
    if (!next || json_is_null(next) || (json_is_string(next) && !json_string_length(next)))
        return PERI_EXIT_OK;
    if (!json_is_string(next)) /* a list cut short must not look whole */
        return fail(PERI_EXIT_ERROR, "the service's nextLink is not text");
    return link_follow(peri, "nextLink", json_string_value(next), url, cap);
}

/* rows is emptied behind each page where take is given. */
static int pages_walk(struct peri *peri, const char *method, const char *path, json_t *body, json_t *rows,
                      int (*take)(void *context, json_t *row), void *context)
{
    char url[PATH_MAX_BYTES];
    int code = url_of(peri, path, url);
    for (int pages = 0; !code && url[0]; pages++) {
        json_t *page = NULL, *row;
        size_t index;
        if (pages == PAGES_MAX)
            code = fail(PERI_EXIT_ERROR, "the list has more than %d pages", PAGES_MAX);
        if (!code)
            code = url_call(peri, method, url, body, &page);
        if (!code)
            code = page_take(peri, page, rows, url, sizeof url);
        json_decref(page);
        method = "GET"; /* the next page of a POST list is a GET */
        body = NULL;
        if (!take)
            continue;
        json_array_foreach(rows, index, row)
            if (!code)
                code = take(context, row);
        json_array_clear(rows);
    }
    return code;
}

int client_fetch(struct peri *peri, const char *link, uint8_t **bytes, size_t *len)
{
    char url[LINK_MAX_BYTES];
    struct exchange exchange;
    *bytes = NULL;
    int code = link_follow(peri, "uri", link, url, sizeof url);
    if (!code)
        code = exchange_run(peri, "GET", url, NULL, &exchange);
    if (code)
        return code;
    if (exchange.status != 200) {
        code = error_report("GET", url, &exchange);
    } else if ((*bytes = malloc(exchange.body.len + 1)) == NULL) {
        code = fail(PERI_EXIT_ERROR, "out of memory");
    } else {
        *len = exchange.body.len;
        if (*len)
            memcpy(*bytes, exchange.body.at, *len);
    }
    exchange_release(&exchange);
    return code;
}

int client_list(struct peri *peri, const char *method, const char *path, json_t *body,
                json_t **rows)
{
    json_t *found = json_array();
    *rows = NULL;
    int code = pages_walk(peri, method, path, body, found, NULL, NULL);
    if (code)
        json_decref(found);
    else
        *rows = found;
    return code;
}

int client_each(struct peri *peri, const char *path, int (*take)(void *context, json_t *row), void *context)
{
    json_t *rows = json_array();
    int code = pages_walk(peri, "GET", path, NULL, rows, take, context);
    json_decref(rows);
    return code;
}

int client_show(struct peri *peri, int code, const char *method, const char *path, json_t *body)
{
    json_t *answer = NULL;
    if (!code)
        code = client_call(peri, method, path, body, &answer);
    if (!code && answer)
        code = output_print(peri, answer);
    json_decref(answer);
    return code;
}

int client_show_list(struct peri *peri, int code, const char *method, const char *path, json_t *body)
{
    char chosen[PATH_MAX_BYTES];
    json_t *rows = NULL;
    if (!code && snprintf(chosen, sizeof chosen, "%s", path) >= (int)sizeof chosen)
        code = fail(PERI_EXIT_USAGE, "the names make the address too long");
    if (!code && arg_text(peri, "filter"))
        code = client_filter(chosen, arg_text(peri, "filter"));
    if (!code)
        code = client_list(peri, method, chosen, body, &rows);
    if (!code)
        code = output_print(peri, rows);
    json_decref(rows);
    return code;
}
