/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is accepted is an object, within the depth, and comes back the same from its own text; what is
 * refused says why in printable characters and leaves no object.  Each schema may then judge it.
 */
#include <stdlib.h>
#include <string.h>

#include "service/api/body.h"
#include "service/api/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static unsigned depth_of(const json_t *value)
{
    unsigned deepest = 0;
    const char *name;
    json_t *member;
    size_t i;
    if (!json_is_object(value) && !json_is_array(value))
        return 0;
    if (json_is_object(value))
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
            deepest = depth_of(member) > deepest ? depth_of(member) : deepest;
    else
        json_array_foreach(value, i, member)
            deepest = depth_of(member) > deepest ? depth_of(member) : deepest;
    return deepest + 1;
}

static void reason_check(const char reason[static 160])
{
    size_t len = strnlen(reason, 160);
    must(len > 0 && len < 160);
    for (size_t i = 0; i < len; i++)
        must((unsigned char)reason[i] >= 0x20 && (unsigned char)reason[i] <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char reason[160] = "";
    json_t *body, *again;
    struct span text;
    if (body_parse(span_of(data, size), &body, reason) != 0) {
        must(!body);
        reason_check(reason);
        return 0;
    }
    must((size == 0) == !body);
    if (!body)
        return 0;
    must(json_is_object(body) && depth_of(body) <= BODY_DEPTH_MAX);
    char *written = json_dumps(body, JSON_COMPACT);
    must(written != NULL);
    must(body_parse(span_of(written, strlen(written)), &again, reason) == 0);
    must(json_equal(body, again));
    must(body_text(body, "name", &text) == json_is_string(json_object_get(body, "name")));
    for (int id = SCHEMA_NONE + 1; id < SCHEMA_COUNT; id++) {
        reason[0] = '\0';
        if (schema_table[id].members && schema_check((enum schema_id)id, body, reason) != 0)
            must(strnlen(reason, 160) > 0 && strnlen(reason, 160) < 160);
    }
    json_decref(again);
    json_decref(body);
    free(written);
    return 0;
}
