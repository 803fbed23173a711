/* SPDX-License-Identifier: BSD-2-Clause */
/* The description names every route, and everything that it refers to. */
#include "service/api/openapi.h"

#include "service/api/contract.h"
#include "service/ipc/http_message.h"
#include "service/ipc/process.h"
#include "tests/check.h"

static const char *const methods[] = {"get", "put", "patch", "post", "delete"};

static bool tag_declared(const json_t *document, const char *name)
{
    size_t i, found = 0;
    json_t *tag;
    json_array_foreach(json_object_get(document, "tags"), i, tag)
        found += strcmp(json_string_value(json_object_get(tag, "name")), name) == 0;
    return found == 1;
}

/* A tag that the document declares once; a token where one may come with it, and nowhere else. */
static void operations_check(const json_t *document)
{
    static const char *const names[] = {
        [ROUTE_GET] = "get", [ROUTE_PUT] = "put", [ROUTE_PATCH] = "patch", [ROUTE_POST] = "post", [ROUTE_DELETE] = "delete",
        [ROUTE_HEAD] = "head",
    };
    CHECK(json_object_get(json_object_get(document, "securityDefinitions"), "token") != NULL);
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct route *route = &route_table[i];
        const json_t *operation = json_object_get(json_object_get(json_object_get(document, "paths"), route->pattern), names[route->method]);
        const json_t *security = json_object_get(operation, "security");
        CHECK(tag_declared(document, json_string_value(json_array_get(json_object_get(operation, "tags"), 0))));
        CHECK(json_is_array(security));
        CHECK_INT(json_array_size(security), route->auth & 1u << HTTP_IDENTITY_TOKEN ? 2 : 0);
        CHECK(!json_array_size(security) || json_object_get(json_array_get(security, 0), "token"));
    }
}

static size_t operations(const json_t *paths)
{
    size_t count = 0;
    for (void *at = json_object_iter((json_t *)(uintptr_t)paths); at;
         at = json_object_iter_next((json_t *)(uintptr_t)paths, at))
        for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
            count += json_object_get(json_object_iter_value(at), methods[m]) != NULL;
    return count;
}

/* Every "$ref" below json leads somewhere. */
static void references_check(const json_t *document, const json_t *json)
{
    size_t i;
    json_t *item;
    if (json_is_array(json))
        json_array_foreach((json_t *)(uintptr_t)json, i, item)
            references_check(document, item);
    if (!json_is_object(json))
        return;
    for (void *at = json_object_iter((json_t *)(uintptr_t)json); at;
         at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
        const json_t *value = json_object_iter_value(at);
        if (strcmp(json_object_iter_key(at), "$ref") != 0) {
            references_check(document, value);
            continue;
        }
        char folder[32], name[80];
        REQUIRE(sscanf(json_string_value(value), "#/%31[a-z]/%79s", folder, name) == 2);
        CHECK(json_object_get(json_object_get(document, folder), name) != NULL);
    }
}

/* A contract says what its route does: a body where one is read, and so on. */
static void test_contracts(void)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct contract *contract = &contract_table[i];
        const struct route *route = &route_table[i];
        if (!contract->known)
            fprintf(stderr, "no contract: %s\n", route->id);
        CHECK(contract->known);
        CHECK_INT((contract->flags & CONTRACT_CBOR) != 0, route->backend != PROCESS_API);
        CHECK(!contract->body_name || route->body_max > 0);
        CHECK_INT(contract->body != SCHEMA_NONE, contract->body_name != NULL);
        if (route->method == ROUTE_PUT)
            CHECK(contract->flags & CONTRACT_CREATES);
        if (route->method == ROUTE_DELETE)
            CHECK(contract->flags & CONTRACT_DELETES);
    }
}

int main(void)
{
    json_t *document = openapi_document("https://service.test:8443");
    REQUIRE(document != NULL);
    test_contracts();
    CHECK_STR(json_string_value(json_object_get(document, "host")), "service.test:8443");
    CHECK_INT(operations(json_object_get(document, "paths")), ROUTE_COUNT);
    references_check(document, document);
    operations_check(document);
    json_decref(document);
    return check_done();
}
