/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * $filter through the API: each list takes the properties that the document names, nextLink
 * carries the condition, and what is wrong is refused with what was expected.
 */
#include "service/api/harness_test.h"
#include "tests/check.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-0000000000aa"
#define SPHERE "/providers/Microsoft.AzureSphere"
#define C SUB "/resourceGroups/rg" SPHERE "/catalogs/contoso"
#define V "?api-version=2024-04-01"

static const struct harness_answer *get(const char *path, const char *condition)
{
    char url[4096];
    size_t len = (size_t)snprintf(url, sizeof url, "%s" V "&$filter=", path);
    for (; *condition; condition++)
        len += (size_t)snprintf(url + len, sizeof url - len, *condition == ' ' ? "%%20" : "%c", *condition);
    return harness_request("GET", url, NULL);
}

static const char *member(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

/* The names of the answer's rows, with a space behind each. */
static const char *names(const struct harness_answer *a, const char *what)
{
    static char text[1024];
    *text = '\0';
    CHECK_INT(a->status, 200);
    for (size_t i = 0; i < json_array_size(json_object_get(a->json, "value")); i++) {
        const json_t *row = json_array_get(json_object_get(a->json, "value"), i);
        const char *name = member(row, what);
        strcat(strcat(text, name ? name : "?"), " ");
    }
    return text;
}

static void put(const char *path, const char *body)
{
    int status = harness_request("PUT", path, body)->status;
    CHECK(status == 200 || status == 201);
}

static void set_up(void)
{
    char path[512];
    put(C, "{\"location\":\"global\"}");
    put(SUB "/resourceGroups/rg" SPHERE "/catalogs/Fabrikam", "{\"location\":\"global\"}");
    put(C "/products/Dishwasher", "{\"properties\":{\"description\":\"DW100\"}}");
    put(C "/products/Oven", "{\"properties\":{\"description\":\"it's hot\"}}");
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, C "/products/Oven/deviceGroups/G%d", i);
        put(path, i % 2 ? "{\"properties\":{\"osFeedType\":\"RetailEval\"}}" : "{}");
    }
}

static void test_lists(void)
{
    CHECK_STR(names(get(SUB SPHERE "/catalogs", "name eq 'FABRIKAM'"), "name"), "Fabrikam ");
    CHECK_STR(names(get(SUB SPHERE "/catalogs", "createdBy ne 'olga'"), "name"), "");
    CHECK_STR(names(get(C "/products", "properties/description eq 'it''s hot'"), "name"), "Oven ");
    CHECK_STR(names(get(C "/products", "startswith(name,'d') or contains(description,'hot')"), "name"),
              "Dishwasher Oven ");
    CHECK_STR(names(get(C "/products/Oven/deviceGroups", "osFeedType eq 'RetailEval' and not name eq 'g3'"), "name"),
              "G1 G5 ");
    CHECK_STR(names(get(C "/products/Oven/deviceGroups", "hasDeployment eq true"), "name"), "");
    CHECK_STR(names(get("/providers/Perisphere/auditLog", "startswith(action,'Microsoft.AzureSphere/catalogs/products/write')"
                        " and contains(scope,'Dish')"), "principal"), "certificate:olga ");
    CHECK_STR(names(get("/providers/Microsoft.Authorization/roleAssignments", "principalId eq 'certificate:olga'"), "type"),
              "Microsoft.Authorization/roleAssignments ");
    CHECK_STR(names(get(C "/images", "imageType eq 'Applications'"), "name"), "");
    CHECK_STR(names(get("/providers/Perisphere/osReleases", "state eq 'Trusted'"), "name"), "");
    CHECK_STR(names(get("/providers/Perisphere/devices", "registeredUtc gt 2020-01-01"), "name"), "");
    const struct harness_answer *a = harness_request(
        "POST", C "/listDeviceInsights" V "&$filter=eventCategory%20eq%20'AppCrash'", NULL);
    CHECK_STR(names(a, "deviceId"), "");
    a = harness_request("GET", C "/products" V "&$filter=name+eq+'Oven'", NULL); /* as forms write it */
    CHECK_STR(names(a, "name"), "Oven ");
}

/* The condition stands in nextLink, and $skip and $top count what matches. */
static void test_next(void)
{
    char link[4096], seen[64] = "";
    const struct harness_answer *a =
        harness_request("GET", C "/products/Oven/deviceGroups" V "&$filter=osFeedType%20eq%20'RetailEval'&$maxpagesize=1", NULL);
    for (int page = 0; page < 5; page++) {
        strcat(seen, names(a, "name"));
        const char *next = member(a->json, "nextLink");
        if (!next)
            break;
        CHECK(strstr(next, "$filter=osFeedType%20eq%20%27RetailEval%27") != NULL);
        strcpy(link, next);
        a = harness_request("GET", link, NULL);
    }
    CHECK_STR(seen, "G1 G3 G5 ");
    a = harness_request("GET", C "/products/Oven/deviceGroups" V "&$filter=osFeedType%20eq%20'RetailEval'&$skip=1&$top=1", NULL);
    CHECK_STR(names(a, "name"), "G3 ");
    CHECK(member(a->json, "nextLink") == NULL);
}

static void refused(const char *path, const char *condition, const char *code, const char *says)
{
    const struct harness_answer *a = get(path, condition);
    const json_t *error = json_object_get(a->json, "error");
    CHECK_INT(a->status, 400);
    CHECK_STR(member(error, "code"), code);
    if (!strstr(member(error, "message"), says)) {
        fprintf(stderr, "  %s: %s\n", condition, member(error, "message"));
        CHECK(false);
    }
}

static void test_refused(void)
{
    static const char code[] = "InvalidFilterInQueryString";
    char longest[1100] = "name eq '";
    refused(C "/products", "colour eq 'red'", code, "expected one of name, description");
    refused(C "/products/Oven/deviceGroups", "osFeedType eq 'Beta'", code, "'Retail', 'RetailEval'");
    refused(C "/products", "name eq 'x", code, "the quote");
    memset(longest + 9, 'x', sizeof longest - 11);
    const struct harness_answer *a = get(C "/products", longest);
    CHECK_INT(a->status, 400);
    refused("/providers/Microsoft.AzureSphere/operations", "name eq 'x'", "FilterNotSupported", "not supported");
    refused(C, "name eq 'x'", "FilterNotSupported", "not supported");
}

int main(void)
{
    harness_start(false);
    set_up();
    test_lists();
    test_next();
    test_refused();
    harness_stop();
    return check_done();
}
