/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that the service can put into an answer's body, and the stored
 * reports: refused or within the limits, and stored reports have one form. */
#include <stdlib.h>
#include <string.h>

#include "os/azured/attestation.h"
#include "os/azured/http_client.h"
#include "os/azured/problem.h"
#include "os/azured/reports.h"
#include "os/azured/update_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void attestation(struct span body)
{
    static const uint8_t key[ROT_KEY_BYTES] = {1};
    static uint8_t text[OS_PEM_MAX];
    uint8_t nonce[DEVICE_API_NONCE_BYTES];
    struct attestation a;
    (void)!attestation_challenge_parse(body, nonce);
    if (attestation_parse(body, key, &a))
        return;
    struct writer w = writer_of(text, sizeof text);
    if (attestation_pem(&a, &w) || a.not_after_s <= a.server_time_s)
        abort();
}

static void reports(struct span body)
{
    static struct reports r;
    static uint8_t again[REPORTS_BYTES_MAX];
    struct writer w = writer_of(again, sizeof again);
    if (reports_parse(body, &r) != 0)
        return;
    if (reports_write(&r, &w))
        abort();
    /* version 1 comes back as version 2, which stays as it is */
    bool old = body.at[4] == 1;
    if (!old && !span_equal(writer_view(&w), body))
        abort();
    if (old && reports_parse(writer_view(&w), &r) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct monitor_components installed = {.count = 1, .at = {{.type = 10}}};
    struct span body = span_of(data, size);
    struct update_set set;
    char title[PROBLEM_TEXT_MAX], host[HTTP_CLIENT_HOST_MAX + 1], port[6];
    attestation(body);
    reports(body);
    (void)!update_set_parse(body, &installed, &set);
    problem_title(body, title);
    if (strlen(title) == 0 || strlen(title) >= sizeof title)
        abort();
    char *url = calloc(1, size + 1);
    if (!url)
        return 0;
    memcpy(url, data, size);
    if (http_url_split(url, host, port) == 0 && (!host[0] || !port[0]))
        abort();
    free(url);
    return 0;
}
