/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/admission.h"

#include <string.h>
#include <strings.h>

#include "service/ipc/http_message.h"
#include "service/ipc/oidc_ops.h"
#include "service/ipc/process.h"

static bool type_is(struct span value, const char *want)
{
    size_t len = strlen(want);
    return value.len >= len && strncasecmp((const char *)value.at, want, len) == 0 &&
           (value.len == len || value.at[len] == ';' || value.at[len] == ' ');
}

/* Only where there is a body; a chunked one counts as there. */
static bool type_allowed(const struct route *route, const struct request *r)
{
    struct span type = request_view(r, REQUEST_HEADER_content_type);
    bool chunked = r->value[REQUEST_HEADER_transfer_encoding].present;
    if (!chunked && (r->parser.content_length == 0 || r->parser.content_length == UINT64_MAX))
        return true;
    if (route->backend == PROCESS_API)
        return type_is(type, "application/json") || type_is(type, "text/json") ||
               (route->method == ROUTE_PATCH && type_is(type, "application/merge-patch+json"));
    if (route - route_table == ROUTE_ID_Daa_Attest)
        return type_is(type, "application/cose");
    if (route - route_table == ROUTE_ID_Reports_Dump)
        return type_is(type, "application/octet-stream");
    return type_is(type, "application/cbor");
}

/* Nothing here is ever unpacked: a small body stays small. */
static bool encoding_allowed(const struct request *r)
{
    struct span coding = request_view(r, REQUEST_HEADER_content_encoding);
    return !r->value[REQUEST_HEADER_content_encoding].present ||
           (coding.len == 8 && strncasecmp((const char *)coding.at, "identity", 8) == 0);
}

static bool expectation_known(const struct request *r)
{
    struct span expect = request_view(r, REQUEST_HEADER_expect);
    return expect.len == 0 ||
           (expect.len == 12 && strncasecmp((const char *)expect.at, "100-continue", 12) == 0);
}

int admission_check(struct request *r, const struct route *route, uint16_t identity, bool *by_token)
{
    struct span token;
    *by_token = false;
    if (!(route->auth & 1u << identity)) {
        if (identity != HTTP_IDENTITY_NONE)
            return 403;
        /* A certificate is looked at first; a token stands for those who have none. */
        *by_token = (route->auth & 1u << HTTP_IDENTITY_TOKEN) && request_bearer(r, &token);
        if (!*by_token || token.len == 0 || token.len > OIDC_TOKEN_MAX)
            return 401;
    }
    r->body_max = route->body_max;
    if (r->parser.content_length != UINT64_MAX && r->parser.content_length > r->body_max)
        return 413;
    if (!type_allowed(route, r) || !encoding_allowed(r))
        return 415;
    if (request_query(r).len > HTTP_QUERY_MAX)
        return 414;
    return expectation_known(r) ? 0 : 417;
}
