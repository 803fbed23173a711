/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/body.h"

#include <stdio.h>
#include <string.h>

#define REASON(...) (void)snprintf(reason, 160, __VA_ARGS__)

/* jansson recurses: the depth is bounded before it sees the bytes. */
static bool depth_within(struct span bytes)
{
    unsigned depth = 0;
    bool text = false;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.at[i];
        if (text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                text = false;
        } else if (c == '"') {
            text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > BODY_DEPTH_MAX)
                return false;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return true;
}

int body_parse(struct span bytes, json_t **body, char reason[static 160])
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* U+FEFF, which editors and shells of Windows put before UTF-8 */
    json_error_t error;
    *body = NULL;
    if (bytes.len >= sizeof mark && memcmp(bytes.at, mark, sizeof mark) == 0)
        bytes = span_of(bytes.at + sizeof mark, bytes.len - sizeof mark);
    if (bytes.len == 0)
        return 0;
    if (!depth_within(bytes)) {
        REASON("the body is nested more than %d deep", BODY_DEPTH_MAX);
        return E_LIMIT;
    }
    *body = json_loadb((const char *)bytes.at, bytes.len, JSON_REJECT_DUPLICATES, &error);
    if (!*body) {
        REASON("the body is not JSON: line %d, column %d: %.90s", error.line, error.column, error.text);
        /* The text can quote the body: keep the answer plain. */
        for (char *c = reason; *c; c++)
            if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
                *c = '?';
        return json_error_code(&error) == json_error_duplicate_key ? E_DUPLICATE : E_MALFORMED;
    }
    if (!json_is_object(*body)) {
        REASON("the body is not a JSON object");
        json_decref(*body);
        *body = NULL;
        return E_MALFORMED;
    }
    return 0;
}

json_t *body_get(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

bool body_text(const json_t *object, const char *name, struct span *text)
{
    const json_t *value = body_get(object, name);
    *text = span_of(json_string_value(value), json_string_length(value));
    return json_is_string(value);
}
