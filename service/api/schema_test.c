/* SPDX-License-Identifier: BSD-2-Clause */
/* Every row of the schemas, with values of its kind and of every other kind. */
#include "service/api/schema.h"

#include "tests/check.h"

static char reason[160];

static int check(enum schema_id id, const char *text)
{
    json_t *body = json_loads(text, 0, NULL);
    REQUIRE(body != NULL);
    int err = schema_check(id, body, reason);
    json_decref(body);
    return err;
}

/* One value of each JSON kind, and what each kind of member makes of it. */
static const struct {
    const char *json;
    bool text, flag, int32, int64, number, object, tags, array, texts, numbers;
} values[] = {
    {"\"abc\"", true, false, false, false, false, false, false, false, false, false},
    {"true", false, true, false, false, false, false, false, false, false, false},
    {"7", false, false, true, true, true, false, false, false, false, false},
    {"2147483648", false, false, false, true, true, false, false, false, false, false},
    {"1.5", false, false, false, false, true, false, false, false, false, false},
    {"{}", false, false, false, false, false, true, true, false, false, false},
    {"{\"a\":1}", false, false, false, false, false, false, false, false, false, false},
    {"[]", false, false, false, false, false, false, false, true, true, true},
    {"[1]", false, false, false, false, false, false, false, false, false, true},
    {"[\"abc\"]", false, false, false, false, false, false, false, false, true, false},
};

static bool fits(enum schema_kind kind, size_t v)
{
    switch (kind) {
    case KIND_TEXT:
    case KIND_TIME:
    case KIND_URI:
        return values[v].text;
    case KIND_BOOL:
        return values[v].flag;
    case KIND_INT32:
        return values[v].int32;
    case KIND_INT64:
        return values[v].int64;
    case KIND_PERCENT:
        return values[v].number;
    case KIND_TAGS:
        return values[v].tags;
    case KIND_TEXTS:
        return values[v].texts;
    case KIND_NUMBERS:
        return values[v].numbers;
    case KIND_LIST:
    case KIND_CHOICES:
        return values[v].array;
    case KIND_FREE:
    case KIND_OBJECT:
        return values[v].object;
    case KIND_CHOICE:
        return false; /* "abc" is no value of any */
    }
    return false;
}

/* The member alone: whatever else is required is not there, so only what is said
 * about this one counts. */
static void test_rows(void)
{
    for (size_t id = SCHEMA_NONE + 1; id < SCHEMA_COUNT; id++) {
        const struct schema *schema = &schema_table[id];
        CHECK(schema->name && schema->text && (schema->count > 0) != (schema->value_count > 0));
        for (size_t m = 0; m < schema->count; m++) {
            const struct schema_member *member = &schema->members[m];
            bool refers = member->kind == KIND_OBJECT || member->kind == KIND_LIST ||
                          member->kind == KIND_CHOICE || member->kind == KIND_CHOICES;
            CHECK_INT(member->of != SCHEMA_NONE, refers);
            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
                char text[256], quoted[80];
                snprintf(text, sizeof text, "{\"%s\":%s}", member->name, values[v].json);
                snprintf(quoted, sizeof quoted, "\"%s\"", member->name);
                /* {"a":1} is an object with a member that may be unknown or fine */
                if (strcmp(values[v].json, "{\"a\":1}") == 0 &&
                    (member->kind == KIND_OBJECT || member->kind == KIND_FREE))
                    continue;
                /* an empty object may lack what is required in it */
                if (member->kind == KIND_OBJECT && strcmp(values[v].json, "{}") == 0)
                    continue;
                reason[0] = '\0';
                int err = check((enum schema_id)id, text);
                bool about = err && strstr(reason, quoted) && !strstr(reason, "is required");
                CHECK_INT(about, !(member->flags & SCHEMA_READ_ONLY) && !fits(member->kind, v));
            }
        }
    }
}

static void test_bodies(void)
{
    static const struct {
        enum schema_id id;
        const char *text, *says; /* NULL: fine */
    } rows[] = {
        {SCHEMA_Catalog, "{\"location\":\"global\"}", NULL},
        {SCHEMA_Catalog, "{\"location\":\"global\",\"tags\":{\"a\":\"b\"},\"later\":1}", NULL},
        {SCHEMA_Catalog, "{}", "\"location\" is required"},
        {SCHEMA_Catalog, "{\"location\":null}", "\"location\" is required"},
        {SCHEMA_Catalog, "{\"location\":\"x\",\"tags\":{\"a\":1}}", "an object of strings"},
        {SCHEMA_Product, "{\"id\":1,\"name\":{},\"type\":[],\"systemData\":4}", NULL}, /* read-only */
        {SCHEMA_Product, "{\"properties\":{\"provisioningState\":9}}", NULL},
        {SCHEMA_Product, "{\"properties\":{\"descriptoin\":\"x\"}}", "not known: \"descriptoin\""},
        {SCHEMA_Product, "{\"properties\":{\"description\":null}}", NULL},
        {SCHEMA_Product, "{\"properties\":null}", NULL},
        {SCHEMA_DeviceGroup, "{\"properties\":{\"osFeedType\":\"RetailEval\"}}", NULL},
        {SCHEMA_DeviceGroup, "{\"properties\":{\"osFeedType\":\"retaileval\"}}", "\"osFeedType\" must be one of: Retail, RetailEval"},
        {SCHEMA_ClaimDevicesRequest, "{}", "required"},
        {SCHEMA_ClaimDevicesRequest, "{\"deviceIdentifiers\":[\"a\",7]}", "item 1"},
        {SCHEMA_GenerateCapabilityImageRequest, "{\"capabilities\":[]}", NULL},
        {SCHEMA_GenerateCapabilityImageRequest, "{\"capabilities\":[\"FieldServicing\",\"Root\"]}", "item 1 of \"capabilities\" must be one of"},
        {SCHEMA_Deployment, "{\"properties\":{\"deployedImages\":[{\"id\":\"x\",\"properties\":{\"more\":1}}]}}", NULL},
        {SCHEMA_Deployment, "{\"properties\":{\"deployedImages\":[{\"properties\":{\"imageId\":1}}]}}", "\"imageId\""},
        {SCHEMA_Deployment, "{\"properties\":{\"deployedImages\":[\"x\"]}}", "item 0"},
        {SCHEMA_OsRelease, "{\"properties\":{\"feed\":\"Retail\"}}", "\"state\" is required"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err = check(rows[i].id, rows[i].text);
        if ((err == 0) != (rows[i].says == NULL) || (err && !strstr(reason, rows[i].says)))
            fprintf(stderr, "row %zu: %s\n", i, reason);
        CHECK_INT(err, rows[i].says ? E_MALFORMED : 0);
        CHECK(!err || strstr(reason, rows[i].says));
    }
    CHECK_INT(check(SCHEMA_NONE, "{\"anything\":1}"), 0);
}

int main(void)
{
    test_rows();
    test_bodies();
    return check_done();
}
