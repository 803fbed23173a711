/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client/origin.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

/* Do both have the part, with the same text? */
static bool part_same(CURLU *a, CURLU *b, CURLUPart part)
{
    char *in_a = NULL, *in_b = NULL;
    bool same = curl_url_get(a, part, &in_a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_get(b, part, &in_b, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                strcasecmp(in_a, in_b) == 0;
    curl_free(in_a);
    curl_free(in_b);
    return same;
}

static bool part_has(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static bool plain_https(CURLU *url)
{
    char *scheme = NULL;
    bool https = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                 strcmp(scheme, "https") == 0;
    curl_free(scheme);
    return https && !part_has(url, CURLUPART_USER) && !part_has(url, CURLUPART_PASSWORD);
}

bool origin_valid(const char *endpoint)
{
    CURLU *url = curl_url();
    bool valid = url && curl_url_set(url, CURLUPART_URL, endpoint, 0) == CURLUE_OK &&
                 plain_https(url) && !strpbrk(endpoint, "?#");
    curl_url_cleanup(url);
    return valid;
}

bool origin_follow(const char *endpoint, const char *link, char *url, size_t cap)
{
    CURLU *from = curl_url(), *to = curl_url();
    char *text = NULL;
    url[0] = 0;
    /* set a second time, an address is taken as relative to the first */
    bool good = from && to && *link && curl_url_set(from, CURLUPART_URL, endpoint, 0) == CURLUE_OK &&
                curl_url_set(to, CURLUPART_URL, endpoint, 0) == CURLUE_OK &&
                curl_url_set(to, CURLUPART_URL, link, 0) == CURLUE_OK && plain_https(to) &&
                part_same(from, to, CURLUPART_HOST) && part_same(from, to, CURLUPART_PORT) &&
                !part_has(to, CURLUPART_FRAGMENT) &&
                curl_url_get(to, CURLUPART_URL, &text, 0) == CURLUE_OK && strlen(text) < cap;
    if (good)
        strcpy(url, text);
    curl_free(text);
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    return good;
}
